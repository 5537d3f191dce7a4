package teamsbot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

const granteesPath = "/api/client/v1/inventory/grantees"

// forDana opens the form for Dana, whom Devin may request for, and goes to its
// first step.
func (w *world) forDana(devin *someone, command, button string) *dialogue {
	w.t.Helper()
	devin.says(command)
	form := devin.presses(button).shows("For: Me").press("For somebody else").shows("Who is it for?")
	form = form.fill(cards.FieldFor, "Dana Developer (dana@acme.example)").press("Next").shows("For: Dana Developer")
	return form.patiently() // 10,000 entitlements
}

func TestRequestOnBehalf(t *testing.T) {
	w := newWorld(t)
	dana, devin := w.person("Dana"), w.person("Devin")
	dana.presses("My requests") // so that the bot knows who she is in Apono
	devin.connects()
	form := w.forDana(devin, "request", "New request").atLastStep().shows("For: Dana Developer", "at most")
	form.fill("duration", "4 hours").submitted()

	got := w.requests()
	if len(got) != 1 || got[0].Grantee != "dana@acme.example" || got[0].Requester != "devin@acme.example" {
		t.Fatalf("Apono has %+v", got)
	}
	devin.sees("Access request", "For: Dana Developer", "Orders database", got[0].FriendlyID)
	dana.sees("Access request", "Requested for you by: Devin Developer", "Orders database")
	w.pass(time.Minute)
	w.pass(time.Minute)
	devin.sees("Access granted", "They have access", "For: Dana Developer")
	dana.sees("Access granted", "You have access", "Requested for you by: Devin Developer")
	if n := w.calls(createV3Path); n != 0 {
		list := 0
		for _, e := range w.apono.Events() {
			if e.Path == createV3Path && e.Method == http.MethodPost {
				list++
			}
		}
		if list != 0 {
			t.Error("it was asked for with the bot's own token")
		}
	}

	// She views and ends it, and it is hers alone.
	dana.presses("View details").shows("Shown once, for your eyes")
	dana.presses("View resources").shows("Orders database")
	devin.says("my access")
	devin.presses("My access").shows("no access")
	if d := dana.presses("Revoke access").press("Revoke access"); !d.Closed {
		t.Errorf("she cannot end it: %s", d.Text())
	}
	w.settle()
	w.pass(time.Minute)
	for _, s := range []*someone{dana, devin} {
		if s.messages("Revoked") == 0 {
			t.Errorf("%s does not see that it has ended", s.Name)
		}
	}
}

func TestBundleOnBehalf(t *testing.T) {
	w := newWorld(t)
	devin := w.person("Devin")
	devin.connects()
	form := w.forDana(devin, "bundle", "Request bundle").fill("bundle", "Reporting").press("Next").shows("For: Dana Developer")
	form = form.fill("units", form.titles("units", "orders")...).press("Next")
	form.fill("justification", "INC-7").submitted()
	devin.says("bundle")
	form = w.forDana(devin, "bundle", "Request bundle").fill("bundle", "Reporting").press("Next").press("Next")
	form.fill("justification", "INC-8").submitted()
	got := w.requests()
	if len(got) != 2 || got[0].Grantee != "dana@acme.example" || got[1].Bundle != "Reporting" || got[1].Requester != "devin@acme.example" {
		t.Fatalf("Apono has %+v", got)
	}
	// Who asked can take it back.
	if d := devin.presses("Cancel request").press("Cancel request"); !d.Closed {
		t.Errorf("he cannot cancel it: %s", d.Text())
	}
}

// Whom the bot does not know yet gets the card when they install it.
func TestTheGranteeInstallsTheBotLater(t *testing.T) {
	w := newWorld(t)
	devin := w.person("Devin")
	devin.connects()
	w.forDana(devin, "request", "New request").atLastStep().submitted()
	dana := w.person("Dana")
	isHers := func(m teamstest.Message) bool {
		return m.Has("Access request", "Requested for you by: Devin Developer", "Orders database")
	}
	if !slices.ContainsFunc(dana.Chat(), isHers) { // before the welcome or after it
		t.Error("Dana does not see what was requested for her")
	}
	w.pass(time.Minute)
	w.pass(time.Minute)
	dana.sees("Access granted")
}

// Only who is connected is asked for whom it is.
func TestForIsForTheConnected(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.says("request")
	if form := dana.presses("New request"); form.Has("For: Me") || slices.Contains(form.Buttons(), "For somebody else") {
		t.Errorf("who is not connected is asked for whom it is:\n%s", form.Text())
	}
	dana.connects()
	dana.says("request")
	form := dana.presses("New request").press("For somebody else").shows("Who is it for?")
	if in, ok := form.Input(cards.FieldFor); !ok || len(in.Choices) != 1 || in.Choices[0].Title != "Me" {
		t.Errorf("she may request for nobody else: %+v", in)
	}
	form.press("Next").shows("For: Me").atLastStep().submitted()
	if got := w.requests(); len(got) != 1 || got[0].Grantee != "dana@acme.example" {
		t.Errorf("Apono has %+v", got)
	}
}

// What was chosen for one is not kept for another.
func TestForAnotherTheFormIsEmpty(t *testing.T) {
	w := newWorld(t)
	devin := w.person("Devin")
	devin.connects()
	form := w.forDana(devin, "request", "New request").fill("integration", "AWS production").press("Next")
	form = form.press("Back").press("For somebody else").fill(cards.FieldFor, "Me").press("Next").shows("For: Me")
	if v := form.value("integration"); v != "" {
		t.Errorf("%q is chosen", v)
	}
}

// The connection may go while the form is open.
func TestOnBehalfAsksToConnect(t *testing.T) {
	w := newWorld(t)
	devin := w.person("Devin")
	devin.connects()
	form := w.forDana(devin, "request", "New request").fill("integration", "Orders database")
	must(t, w.bot.dropLink(t.Context(), w.keyOf(devin)))
	form = form.press("Next").shows("Personal token").fill(cards.FieldToken, tokenOf("Devin Developer")).press("Connect").
		patiently().shows("For: Dana Developer", "Integration: Orders database")
	w.bot.catalog.kept.InvalidateAll()
	w.apono.Fault(aponotest.Fault{Path: unitsPath, Status: 401})
	form = form.fill("resource_type", "Database").press("Next")
	form.shows("Your connection to Apono has ended")
	w.apono.ClearFaults()
	form = form.fill(cards.FieldToken, tokenOf("Devin Developer")).press("Connect").patiently().shows("For: Dana Developer")
	form = form.fill("resources", "orders").press("Next").fill("permissions", "read-only")
	w.apono.Fault(aponotest.Fault{Path: createBundlePath, Method: http.MethodPost, Status: 401})
	form.fill("justification", "INC-3").press("Submit").shows("Personal token")
	if n := len(w.requests()); n != 0 {
		t.Errorf("Apono has %d requests", n)
	}
}

func TestGranteesThatFail(t *testing.T) {
	w := newWorld(t)
	devin := w.person("Devin")
	devin.connects()
	devin.says("request")
	form := devin.presses("New request")
	w.apono.Fault(aponotest.Fault{Path: granteesPath, Status: 503})
	form = form.press("For somebody else").shows("Apono cannot be reached just now")
	w.apono.ClearFaults()
	form.press("Try again").shows("Who is it for?")
}

// An answer that got lost is looked for with the token that asked.
func TestALostAnswerOnBehalf(t *testing.T) {
	w := newWorld(t)
	devin := w.person("Devin")
	devin.connects()
	form := w.forDana(devin, "request", "New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Path: createBundlePath, Method: http.MethodPost, CutAfter: true, Times: 1})
	form.press("Submit").shows(string(wordsWaiting))
	w.settleSubmissions()
	devin.sees("Access request", "For: Dana Developer", "Request ID")
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests", n)
	}
}

// Who is neither who asked nor who receives learns nothing.
func TestForgedPressesOnWhatIsOnBehalf(t *testing.T) {
	w := newWorld(t)
	devin, omar := w.person("Devin"), w.person("Omar")
	devin.connects()
	w.forDana(devin, "request", "New request").atLastStep().submitted()
	r := w.requests()[0]
	for _, who := range []*someone{omar, devin} { // who asked may not look, either
		_, body := who.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbDetails, Request: r.V3ID}})
		if !strings.Contains(body, string(wordsNoRequest)) {
			t.Errorf("%s looks at the details: %s", who.Name, body)
		}
	}
	for _, verb := range []cards.Verb{cards.VerbRevoke, cards.VerbResources, cards.VerbAgain, cards.VerbFavoriteName, cards.VerbExtend} {
		for _, name := range []string{r.V3ID, r.V4ID, r.FriendlyID} {
			_, body := omar.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: name}})
			if strings.Contains(body, "Orders database") || strings.Contains(body, "Dana") {
				t.Errorf("%s %s: %s", verb, name, body)
			}
		}
	}
	_, body := omar.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbRevokeNow, Requests: []string{r.V3ID}}})
	if !strings.Contains(body, string(wordsNoRequest)) {
		t.Errorf("he ends it: %s", body)
	}
}

// However many people there are, the list works.
func TestManyGrantees(t *testing.T) {
	for _, n := range []int{0, 1, 25, 26, 99, 100, 5000} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			w := newWorld(t)
			devin := w.person("Devin")
			devin.connects()
			w.answers(func(rw http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != granteesPath {
					return false
				}
				type grantee struct {
					ID   string `json:"id"`
					Name string `json:"display_name"`
				}
				var all []grantee
				skip, _ := strconv.Atoi(r.URL.Query().Get("skip"))
				for i := skip; i < min(n, skip+1000); i++ {
					all = append(all, grantee{fmt.Sprint("id-", i), fmt.Sprintf("<at>Person</at> **%04d**", i)})
				}
				return json.NewEncoder(rw).Encode(map[string]any{"data": all, "pagination": map[string]any{"total": n}}) == nil
			})
			devin.says("request")
			form := devin.presses("New request").press("For somebody else")
			if n >= cards.FilteredChoices {
				form = form.fill("search", fmt.Sprintf("%04d", n-1)).press("Search")
			}
			if n > 0 {
				form = form.fill(cards.FieldFor, fmt.Sprintf("<at>Person</at> **%04d**", n-1))
			}
			form = form.press("Next")
			if n > 0 {
				form.shows(fmt.Sprintf("For: <at>Person</at> **%04d**", n-1))
			}
		})
	}
}
