package teamsbot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

func TestInstallIsWelcomedOnce(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	if n := len(dana.Chat()); n != 1 {
		t.Errorf("got %d messages after the install, want the welcome alone", n)
	}
	dana.sees("Welcome to Apono", "New request")

	_, err := dana.Upgrades(t.Context())
	must(t, err)
	w.settle()
	if n := len(dana.Chat()); n != 1 {
		t.Errorf("got %d messages after an upgrade, want still 1", n)
	}

	_, err = dana.Uninstalls(t.Context())
	must(t, err)
	_, err = dana.Installs(t.Context())
	must(t, err)
	w.settle()
	if n := len(dana.Chat()); n != 2 {
		t.Errorf("got %d messages after installing again, want 2", n)
	}
}

func TestEveryTextIsAnswered(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	for text, want := range map[string]string{
		"help":           "What you can do here",
		"HELP ":          "What you can do here",
		"request":        "fill in what you need",
		"what's up":      "did not understand",
		"<b>request</b>": "fill in what you need",
	} {
		got := dana.says(text)
		if len(got) != 1 || !got[0].Has(want, "New request") {
			t.Errorf("%q is answered by %v, want one card with %q", text, got, want)
		}
	}
}

func TestDeveloperAsksAndIsGranted(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")

	form := dana.presses("New request").shows("What do you need access to?")
	form = form.atLastStep().shows("Orders database", "Submit").fill("duration", "4 hours").press("Submit")
	if !form.Closed {
		t.Fatalf("the dialog did not close:\n%s", form.Text())
	}
	w.settle()
	dana.sees("Orders database", "4 hours", "INC-42: orders are stuck", "Requested", "AR-")
	card := dana.story()

	w.pass(3 * time.Second)
	w.pass(time.Minute)
	dana.sees("Granted", "You have access until about", "CE") // CET or CEST: Dana is in Berlin
	if got := dana.story(); got.ID != card.ID || got.Edited == 0 {
		t.Errorf("the status came as message %s, edited %d times; want %s, edited", got.ID, got.Edited, card.ID)
	}
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}

	w.pass(5 * time.Hour)
	dana.sees("Expired", "New request")
}

func TestStatusOfAnApproverFlow(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "AWS production")
	dana.sees("Pending approval")

	must(t, w.apono.Reject(w.requests()[0].FriendlyID, "", "not today"))
	w.pass(time.Minute)
	dana.sees("Rejected", "New request")
}

func TestFormKeepsWhatIsTyped(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")

	form := dana.presses("New request").press("Next").shows("Choose an integration.")
	form = form.atLastStep().fill("hours", "soon").press("Submit").shows("“soon” is not one")
	if got := form.value("justification"); got != "INC-42: orders are stuck" {
		t.Errorf("the justification is %q after a refusal", got)
	}
	form = form.press("Back").shows("Which resources?").press("Next")
	if got := form.value("hours"); got != "soon" {
		t.Errorf("the hours are %q after Back and Next", got)
	}
	if in, _ := form.Input("permissions"); in.Value == "" {
		t.Error("the permission is gone after Back and Next")
	}
	form = form.fill("hours", "1,5").press("Submit")
	if !form.Closed {
		t.Fatalf("the dialog did not close:\n%s", form.Text())
	}
	w.settle()
	dana.sees("1 hour 30 minutes")
}

func TestChoosesAcrossPages(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").fill("integration", "Data lake").press("Next").
		shows("Search 5,000", "1 to 25 of 5,000").
		press("Back").shows("What do you need access to?").press("Next") // the one type is passed over both ways
	first, _ := form.Input("resources")
	form = form.fill("resources", first.Choices[0].Title, first.Choices[1].Title).press("Next page").
		shows("26 to 50 of 5,000", "Chosen on other pages (2)", first.Choices[0].Title)
	second, _ := form.Input("resources")
	form = form.fill("resources", second.Choices[4].Title).fill("search", "zzz-nothing").press("Search").
		shows("Nothing matches", "Chosen on other pages (3)")
	form = form.fill("chosen", first.Choices[1].Title, second.Choices[4].Title). // the first is unticked
											fill("search", second.Choices[4].Title).press("Search")
	if in, _ := form.Input("resources"); in.Value == "" {
		t.Errorf("what is chosen is not ticked where it is shown:\n%s", form.Text())
	}
	form = form.press("Next").shows("Permissions", first.Choices[1].Title, second.Choices[4].Title)
	in, _ := form.Input("permissions")
	form.fill("permissions", in.Choices[0].Title).fill("justification", "quarterly numbers").press("Submit")
	w.settle()
	got := strings.Join(w.requests()[0].Resources, " ")
	if !strings.Contains(got, first.Choices[1].Title) || !strings.Contains(got, second.Choices[4].Title) || len(w.requests()[0].Resources) != 2 {
		t.Errorf("Apono was asked for %q", got)
	}
}

// submits asks for the first resource of an integration.
func (w *world) submits(s *someone, integration string) {
	w.t.Helper()
	form := s.presses("New request").fill("integration", integration).press("Next")
	if in, ok := form.Input("resource_type"); ok {
		form = form.fill("resource_type", in.Choices[0].Title).press("Next")
	}
	in, _ := form.Input("resources")
	form = form.fill("resources", in.Choices[0].Title).press("Next")
	in, _ = form.Input("permissions")
	form = form.fill("permissions", in.Choices[0].Title).fill("justification", "INC-7: look at the logs").press("Submit")
	if !form.Closed {
		w.t.Fatalf("the dialog did not close:\n%s", form.Text())
	}
	w.settle()
}

// Lists of any length keep what is chosen in sight and the dialog small.
func TestLongListsOfEveryKind(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		world.Grow(300, 3)
		for i := range world.Integrations {
			for j := range world.Integrations[i].ResourceTypes {
				kind := &world.Integrations[i].ResourceTypes[j]
				for n := range 400 {
					kind.Permissions = append(kind.Permissions, fmt.Sprintf("projects/orders-production/roles/custom-role-%03d", n))
				}
			}
		}
	})
	dana := w.person("Dana")
	form := dana.presses("New request")
	in, _ := form.Input("integration")
	form = form.fill("integration", in.Choices[0].Title).press("Next page").shows("Chosen on another page", in.Choices[0].Title)
	form = form.fill("search", "orders data").press("Search").toLastStep().shows("Search 403", "custom-role-000")
	form = form.fill("search", "role-399").press("Search").fill("permissions", "projects/orders-production/roles/custom-role-399")
	form = form.fill("search", "role-1").fill("justification", "INC-3").press("Search").shows("custom-role-399")
	if n := len(form.Card()); n > 25<<10 {
		t.Errorf("the dialog has %d bytes, want 25 KB at most", n)
	}
	if form = form.press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	dana.sees("custom-role-399", "INC-3")
}
