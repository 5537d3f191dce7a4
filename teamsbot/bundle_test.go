package teamsbot

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

const (
	createBundlePath = "/api/user/v4/access-requests"
	unitsPath        = "/api/client/v1/inventory/access-units"
	bundlesPath      = "/api/user/v1/available-access/bundles"
)

// opensBundle opens the form for a bundle and goes to its contents.
func (s *someone) opensBundle(name string) *dialogue {
	s.w.t.Helper()
	s.says("bundle")
	return s.presses("Request bundle").shows("Which bundle?").fill("bundle", name).press("Next")
}

// titles are the choices of an input that contain every part.
func (f *dialogue) titles(input string, parts ...string) []string {
	f.s.w.t.Helper()
	in, ok := f.Input(input)
	if !ok {
		f.s.w.t.Fatalf("there is no input %s:\n%s", input, f.Text())
	}
	var titles []string
	for _, c := range in.Choices {
		if containsAll(c.Title, parts) {
			titles = append(titles, c.Title)
		}
	}
	return titles
}

// submitted presses Submit, which must be taken.
func (f *dialogue) submitted() {
	f.s.w.t.Helper()
	if d := f.press("Submit"); !d.Closed {
		f.s.w.t.Fatalf("the dialog did not close:\n%s", d.Text())
	}
	f.s.w.settle()
}

// splitInTwo is a person with a part of the bundle On-call, which became two
// requests: one granted, one that waits.
func (w *world) splitInTwo(name string) *someone {
	w.t.Helper()
	s := w.person(name)
	form := s.opensBundle("On-call")
	form = form.fill("units", slices.Concat(form.titles("units", "orders"), form.titles("units", "SupportEngineer"))...).
		press("Next")
	form.fill("justification", "INC-9: the pager").submitted()
	if n := len(w.requests()); n != 2 {
		w.t.Fatalf("Apono has %d requests, want 2", n)
	}
	w.pass(3 * time.Second)
	return s
}

func TestBundleAskedWhole(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.opensBundle("Reporting").shows("Everything in the bundle (3)", "orders · read-only")
	form = form.press("Next").shows("Bundle: Reporting", "Everything in the bundle", "Ticket")
	form.fill("justification", "quarterly numbers").fill("answer_0", "INC-77").fill("duration", "4 hours").submitted()
	dana.sees("Reporting", "Everything in the bundle", "quarterly numbers", "Ticket: INC-77", "4 hours")
	got := w.requests()
	if len(got) != 1 || got[0].Bundle != "Reporting" || got[0].Grantee != "dana@acme.example" || got[0].DurationSec != 4*3600 {
		t.Fatalf("Apono has %+v", got)
	}
	w.pass(3 * time.Second)
	w.pass(time.Minute)
	dana.sees("Granted", "until about", got[0].FriendlyID, "Revoke access")

	dana.presses("Revoke access").shows("Bundle: Reporting").press("Revoke access")
	w.settle()
	w.pass(time.Minute)
	dana.sees("Revoked", "Request again")
	form = dana.presses("Request again").shows("Bundle: Reporting", "Everything in the bundle")
	if form.value("justification") != "" || form.value("answer_0") != "INC-77" || form.value("duration") == "" {
		t.Errorf("the form is not filled in as asked before:\n%s", form.Text())
	}
	form.fill("justification", "once more").submitted()
	if got := w.requests(); len(got) != 2 || got[1].Bundle != "Reporting" || got[1].Justification != "once more" {
		t.Errorf("Apono has %+v", got)
	}
}

// What is ticked is all that is asked for, and what goes through two access
// flows becomes two requests, whose story one card tells.
func TestPartOfABundleBecomesTwoRequests(t *testing.T) {
	w := newWorld(t)
	dana := w.splitInTwo("Dana")
	before := dana.LastCard()
	w.pass(10 * time.Second)
	second, first := w.requests()[0], w.requests()[1] // AWS comes first in the list
	dana.sees("Granted (1 of 2)", "Apono made 2 requests", "orders · read-write", "SupportEngineer · AssumeRole",
		first.FriendlyID, "Orders database", second.FriendlyID, "AWS production", "Pending approval")
	if got := dana.LastCard(); got.ID != before.ID {
		t.Error("the story goes on in another card")
	}
	if len(first.Resources) != 1 || len(second.Resources) != 1 || first.Bundle != "" {
		t.Errorf("Apono was asked for %+v and %+v", first, second)
	}

	must(t, w.apono.Approve(second.FriendlyID, "omar@acme.example", ""))
	w.pass(10 * time.Second)
	w.pass(time.Minute)
	dana.sees("Granted", "Revoke access")
	form := dana.presses("Revoke access").shows(first.FriendlyID, second.FriendlyID)
	in, _ := form.Input("revoke")
	form = form.fill("revoke", in.Choices[1].Title).press("Next").shows("Revoke this access?", "In: ")
	if form = form.press("Revoke access"); !form.Closed {
		t.Fatalf("not revoked:\n%s", form.Text())
	}
	w.settle()
	w.pass(time.Minute)
	got := w.requests()
	if got[0].Status == got[1].Status || got[0].Status != aponoapi.Granted && got[1].Status != aponoapi.Granted {
		t.Errorf("the requests are %s and %s, want one revoked", got[0].Status, got[1].Status)
	}
	dana.sees("Granted (1 of 2)", "Revoked")
	dana.presses("Revoke access").press("Next").shows("Revoke this access?")

	w.pass(9 * time.Hour)
	dana.sees("Request again")
	form = dana.presses("Request again").shows("SupportEngineer · AssumeRole", "orders · read-write")
	form.fill("justification", "INC-10").submitted()
	if n := len(w.requests()); n != 4 {
		t.Errorf("Apono has %d requests, want 4", n)
	}
}

// A request for a bundle is in the lists once, tells what is in it, and is no
// favorite.
func TestBundleInTheLists(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.opensBundle("Reporting").press("Next").fill("justification", "INC-2").submitted()
	w.pass(3 * time.Second)
	w.pass(time.Minute)
	form := dana.presses("View resources").shows("Reporting", "orders – read-only", "customers – read-only")
	form = form.press("My requests").shows("Granted: Reporting", "Everything in the bundle", "In: Orders database (Database)")
	if n := strings.Count(form.Text(), "View resources"); n != 1 {
		t.Errorf("the list has %d requests, want 1:\n%s", n, form.Text())
	}
	if buttons := dana.LastCard().Buttons(); slices.Contains(buttons, "Add to favorites") {
		t.Errorf("the card offers %v", buttons)
	}
	id := w.requests()[0].V4ID
	_, body := dana.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbFavoriteName, Request: id}})
	if !strings.Contains(body, wordsNoBundles) {
		t.Errorf("to make it a favorite is answered by %s", body)
	}
}

func TestTickingMeansOnlyThat(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.opensBundle("Reporting").fill("take", "Only what I tick below").press("Next").
		shows("Tick at least one, or take everything")
	form = form.fill("take", "Everything in the bundle (3)").press("Next").shows("Everything in the bundle").press("Back")
	form = form.fill("units", form.titles("units", "customers")...).press("Next").shows("Resources: customers · read-only")
	form = form.press("Back")
	if form.value("take") != cards.TakeSome {
		t.Errorf("what was ticked is not what is taken:\n%s", form.Text())
	}
	// To take all again is the newer word, and the ticks are kept.
	form = form.fill("take", "Everything in the bundle (3)").press("Next").shows("Everything in the bundle").press("Back")
	if form.value("units") == "" || form.value("take") != cards.TakeAll {
		t.Errorf("the ticks are lost or count:\n%s", form.Text())
	}
}

// bigBundle is a bundle of 2,000 units: of 500 databases, two of whose
// permissions are rare.
func bigBundle(world *aponotest.World) {
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("shard-%03d.eu-central-1.rds.amazonaws.com/customers-of-the-biggest-tenant", i))
	}
	kind := aponotest.ResourceType{
		ID: "postgresql-database", Name: "Database", Permissions: []string{"read", "write", "own", "backup"},
		Resources: aponotest.Resources(names...),
	}
	world.Integrations = append(world.Integrations, aponotest.NewIntegration("Shards", "postgresql", kind))
	world.Bundles = append(world.Bundles, aponotest.NewBundle("Everything", aponotest.BundlePart{
		Integration: "Shards", ResourceType: kind.ID, Permissions: kind.Permissions,
	}, aponotest.BundlePart{
		Integration: "Orders database", ResourceType: "postgresql-table", Permissions: []string{"read-only"},
	}))
	world.Flows[0].Integrations = append(world.Flows[0].Integrations, "Shards")
	world.Flows[0].Bundles = append(world.Flows[0].Bundles, "Everything")
}

func TestBundleOfTwoThousandUnits(t *testing.T) {
	w := newWorld(t, bigBundle)
	dana := w.person("Dana")
	form := dana.opensBundle("Everything").shows("Search 2,003", "1 to 25 of 2,003")
	form = form.fill("units", form.titles("units", "order_lines")...).press("Filter").shows("What is the list to show?")
	form = form.fill("types", "Database").fill("grants", "own", "backup").press("Show").
		shows("Filter: Database, backup, own", "1 to 25 of 1,000", "Chosen on other pages (1)", "order_lines")
	form = form.fill("search", "shard-499 own").press("Search").shows("1 to 1 of 1")
	form = form.fill("units", form.titles("units", "shard-499", "own")...).fill("search", "shard-0").press("Search").
		shows("1 to 25 of 200", "Chosen on other pages (2)").press("Next page").shows("26 to 50 of 200", "Chosen on other pages (2)")
	if n := len(form.Card()); n > 25<<10 {
		t.Errorf("the dialog has %d bytes, want 25 KB at most", n)
	}
	form = form.press("Filter")
	if form.value("types") == "" || form.value("grants") == "" {
		t.Errorf("the filter is forgotten:\n%s", form.Text())
	}
	form = form.fill("types").fill("grants").press("Show").shows("1 to 25 of 400")
	form = form.press("Next").shows("order_lines", "shard-499")
	form.fill("justification", "INC-4").submitted()
	if got := w.requests(); len(got) != 1 || len(got[0].Resources) != 2 {
		t.Errorf("Apono has %+v", got)
	}
}

func TestSelectedIsShownAndKept(t *testing.T) {
	w := newWorld(t, bigBundle)
	dana := w.person("Dana")
	form := dana.opensBundle("Everything").press("Show selected").shows("Nothing is ticked yet.").press("Show all")
	one := form.titles("units", "order_lines")
	form = form.fill("units", one...).fill("search", "shard-123").press("Search").shows("1 to 4 of 4")
	form = form.fill("units", form.titles("units", "write")...).press("Show selected").
		shows("1 to 2 of 2", "order_lines", "shard-123", "Show all")
	if got := form.titles("units"); len(got) != 2 {
		t.Errorf("selected are %v", got)
	}
	form = form.fill("units", form.titles("units", "write")...).press("Show all").shows("1 to 4 of 4")
	if in, _ := form.Input("search"); in.Value != "shard-123" {
		t.Errorf("the search is lost: %q", in.Value)
	}
	form = form.press("Next").shows("write")
	form.fill("justification", "INC-5").submitted()
	got := w.requests()
	if len(got) != 1 || len(got[0].Resources) != 1 || !strings.HasPrefix(got[0].Resources[0], "shard-123") {
		t.Errorf("Apono has %+v", got)
	}
}

// Where Apono does not tell what a bundle contains, it is asked for whole, and
// that is remembered.
func TestContentsThatAreNotTold(t *testing.T) {
	for _, status := range []int{401, 403, 404} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			w.apono.Fault(aponotest.Fault{Path: unitsPath, Status: status})
			form := dana.opensBundle("On-call").shows("you ask for the whole of it", "Everything in the bundle")
			form = form.press("Back").shows("Which bundle?").press("Next").shows("you ask for the whole of it")
			form.fill("justification", "INC-6").submitted()
			if got := w.requests(); len(got) != 1 || got[0].Bundle != "On-call" {
				t.Errorf("Apono has %+v", got)
			}
			if n := w.calls(unitsPath); n != 1 {
				t.Errorf("Apono was asked %d times, want once", n)
			}
		})
	}
}

// calls is how often Apono was asked at a path.
func (w *world) calls(path string) (n int) {
	for _, e := range w.apono.Events() {
		if e.Kind == "call" && e.Path == path {
			n++
		}
	}
	return n
}

// A token that may not ask for bundles, such as a service account's, is said.
func TestBundlesThatAreClosed(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.NoEndUserTokens = true })
	dana := w.person("Dana")
	dana.says("bundle")
	form := dana.presses("Request bundle").shows("Bundles cannot be requested here", "Adam Admin")
	form.press("Try again").shows("Bundles cannot be requested here")
	if n := w.calls(bundlesPath); n != 1 {
		t.Errorf("Apono was asked %d times, want once", n)
	}
}

func TestNobodysBundlesAreSaid(t *testing.T) {
	w := newWorld(t)
	w.person("Noel").presses("Request bundle").shows("no bundle that you may request", "Adam Admin")
}

func TestBundleListsThatFailKeepTheForm(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("Request bundle").fill("bundle", "Reporting")
	w.apono.Fault(aponotest.Fault{Path: unitsPath, Status: 503})
	form = form.press("Next").shows("Not possible just now", "Try again", "Back")
	w.apono.ClearFaults()
	form = form.press("Try again").shows("Everything in the bundle (3)")
	w.apono.Fault(aponotest.Fault{Path: "/api/client/v1/session", Latency: 3 * time.Second, Times: 1})
	form = form.press("Next").shows("Still loading")
	form = form.press("Try again")
	if form.Has("Still loading") {
		form = form.press("Try again")
	}
	form.shows("For how long, and why?", "Ticket")
}

func TestQuestionsOfTheCompany(t *testing.T) {
	var centres []string
	for i := range 400 {
		centres = append(centres, fmt.Sprintf("Cost centre %03d", i))
	}
	w := newWorld(t, func(world *aponotest.World) {
		world.CustomFields = []aponotest.CustomField{
			{ID: "ticket", Label: "Ticket"},
			{ID: "env", Label: "Environment", Options: []string{"production", "staging, shared"}, Required: true},
			{ID: "cost", Label: "Cost centre", Options: centres},
		}
	})
	dana := w.person("Dana")
	form := dana.opensBundle("Reporting").press("Next").shows("Environment", "Answer (required)")
	form = form.fill("justification", "INC-1").fill("answer_2", "Centre 9").press("Submit").shows("This has to be answered.")
	if form.value("answer_2") != "Centre 9" || form.value("justification") != "INC-1" {
		t.Errorf("what was typed is lost:\n%s", form.Text())
	}
	form = form.fill("answer_0", "staging, shared").press("Submit").shows("Apono has no such answer to choose: Centre 9")
	form.fill("answer_2", "cost centre 017").submitted()
	dana.sees("Environment: staging, shared", "Cost centre: Cost centre 017")
	if len(w.requests()) != 1 {
		t.Errorf("Apono has %d requests, want 1", len(w.requests()))
	}
}

// The last step stays small, whatever the company asks and the person answers.
func TestLastStepOfABundleStaysSmall(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat("🔑", 1000)
	var fields []aponoapi.CustomField
	f := newBundleForm()
	f.Some, f.Justification, f.Bundle.Name = true, cards.Paragraph(wide, cards.JustificationLimit), wide
	for i := range cards.MaxQuestions {
		field := aponoapi.CustomField{ID: strconv.Itoa(i), Label: wide, Required: true}
		f.answer(field.ID, cards.Line(wide, cards.AnswerLimit))
		f.Units = append(f.Units, db.Named{ID: field.ID, Name: cards.Line(wide, cards.UnitLimit)})
		for n := range i * 30 {
			field.Options = append(field.Options, aponoapi.Option{Key: strconv.Itoa(n), Value: wide})
		}
		fields = append(fields, field)
	}
	last := f.lastOfBundle(fields, problems{})
	view := cards.Form{Draft: strings.Repeat("x", 36), Revision: 1, Step: cards.VerbBundleStep}
	f.Step = stepFinish
	view.Chosen = f.chosenOfBundle()
	if n := len(cards.BundleFinishStep(view, last).JSON()); n > 25<<10 {
		t.Errorf("the dialog has %d bytes, want 25 KB at most", n)
	}
}

// What was taken away while the form was open is not asked for.
func TestBundleThatIsTakenAway(t *testing.T) {
	t.Parallel()
	f := newBundleForm()
	f.Some, f.Units = true, []db.Named{{ID: "1", Name: "old name"}, {ID: "9", Name: "gone"}}
	units := []aponoapi.Entitlement{
		{ID: "1", Resource: aponoapi.Resource{ID: "r", Name: "orders"}, Permission: aponoapi.Permission{ID: "p", Name: "read"}},
	}
	f.Step = stepContents
	c := f.contents(listingOfUnits(units), nil)
	if len(f.Units) != 1 || f.Units[0].Name != "orders · read" || len(c.Units.Elsewhere) != 0 || len(c.Units.Ticked) != 1 {
		t.Errorf("kept are %v, shown is %+v", f.Units, c.Units)
	}
}

func TestRefusalOfABundleIsSaidAtItsField(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.opensBundle("On-call").press("Next").fill("hours", "200").fill("answer_0", "INC-3").press("Submit").
		shows("⚠ Apono says: Justification is required.")
	form = form.fill("justification", "INC-3").press("Submit").shows("⚠ Apono says", "maximum allowed duration")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createBundlePath, Status: 400, Message: "Ticket is unknown", Times: 1})
	form = form.fill("hours", "2").press("Submit").shows("⚠ Apono says: Ticket is unknown.")
	if form.value("answer_0") != "INC-3" || form.value("justification") != "INC-3" {
		t.Errorf("what was typed is lost:\n%s", form.Text())
	}
	form.submitted()
	dana.sees("On-call", "Pending approval")
}

// A create without an answer is looked for and never sent again, also where it
// became several requests.
func TestLostAnswerOfABundleIsLookedFor(t *testing.T) {
	for _, whole := range []bool{true, false} {
		t.Run(fmt.Sprintf("whole %t", whole), func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			form := dana.opensBundle("On-call")
			if !whole {
				form = form.fill("units", slices.Concat(form.titles("units", "orders"), form.titles("units", "SupportEngineer"))...)
			}
			form = form.press("Next").fill("justification", "INC-9")
			w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createBundlePath, CutAfter: true, Times: 1})
			form.press("Submit").shows("Apono has not answered yet")
			w.settle()
			made := w.requests()
			w.settleSubmissions()
			w.pass(3 * time.Second)
			for _, r := range made {
				dana.sees("On-call", r.FriendlyID)
			}
			if n := len(w.requests()); n != len(made) || whole && n != 1 || !whole && n != 2 {
				t.Errorf("Apono has %d requests", n)
			}
		})
	}
}

func TestBundleThatNeverArrivedIsSaid(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.opensBundle("On-call").press("Next").fill("justification", "INC-9")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createBundlePath, CutBefore: true, Times: 1})
	form.press("Submit").shows("Apono has not answered yet")
	w.settle()
	w.apono.Advance(2 * lookFor)
	w.settleSubmissions()
	dana.sees("Did not reach Apono", "Try again")
	form = dana.presses("Try again").shows("Bundle: On-call")
	if form.value("justification") != "INC-9" {
		t.Errorf("the justification is %q", form.value("justification"))
	}
	form.submitted()
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
}

// Nobody sees or submits somebody else's draft, and choices that were not
// offered count for nothing, whatever verb they are sent with.
func TestForgedBundlePresses(t *testing.T) {
	w := newWorld(t)
	dana, devin := w.person("Dana"), w.person("Devin")
	form := dana.opensBundle("On-call").press("Next").fill("justification", "INC-9")
	draft := draftOf(t, form)
	for _, verb := range []cards.Verb{cards.VerbBundle, cards.VerbBundleStep, cards.VerbRequest, cards.VerbRequestStep} {
		for _, do := range []cards.Do{cards.DoSubmit, cards.DoNext, cards.DoFilter, cards.DoSelected, cards.DoAll} {
			status, body := devin.invoke(map[string]any{
				"apono": cards.Data{Verb: verb, Draft: draft.Draft, Revision: draft.Revision, Do: do},
			})
			if status != http.StatusOK || !strings.Contains(body, wordsNoDraft) || strings.Contains(body, "On-call") {
				t.Errorf("%s %s: got %d %s", verb, do, status, body)
			}
		}
	}
	draft = draftOf(t, dana.opensBundle("On-call"))
	_, body := dana.invoke(map[string]any{
		"apono": cards.Data{Verb: cards.VerbBundleStep, Draft: draft.Draft, Revision: draft.Revision, Do: cards.DoNext},
		"take":  "some", "units": "99,-1,x", "bundle": "0",
	})
	if !strings.Contains(body, "Tick at least one") {
		t.Errorf("forged choices: got %s", body)
	}
	if n := len(w.requests()); n != 0 {
		t.Errorf("Apono has %d requests, want none", n)
	}
}

// Nobody ends what is not theirs, or learns of it.
func TestForgedRevokeOfSeveral(t *testing.T) {
	w := newWorld(t)
	dana := w.splitInTwo("Dana")
	w.pass(10 * time.Second)
	dana.sees("Granted (1 of 2)")
	devin := w.person("Devin")
	for _, r := range w.requests() {
		for _, id := range []string{r.V3ID, r.V4ID, r.FriendlyID} {
			for _, verb := range []cards.Verb{cards.VerbRevoke, cards.VerbRevokeNow, cards.VerbAgain, cards.VerbResources} {
				status, body := devin.invoke(map[string]any{
					"apono": cards.Data{Verb: verb, Request: id, Requests: []string{id}}, "revoke": "0,1",
				})
				if status != http.StatusOK || !strings.Contains(body, wordsNoRequest) || strings.Contains(body, "INC-9") {
					t.Errorf("%s %s: got %d %s", verb, id, status, body)
				}
			}
		}
	}
	w.settle()
	if got := w.requests(); got[0].Status != aponoapi.Pending || got[1].Status != aponoapi.Granted {
		t.Errorf("the requests are %v and %v", got[0].Status, got[1].Status)
	}
	_, body := dana.invoke(map[string]any{
		"apono": cards.Data{Verb: cards.VerbRevoke, Requests: []string{w.requests()[1].V4ID}}, "revoke": "7,-1,x",
	})
	if !strings.Contains(body, "Nothing was ticked") {
		t.Errorf("places that there are not: got %s", body)
	}
}

func TestBundleFromAChannelAnswersInTheOwnChat(t *testing.T) {
	w := newWorld(t)
	channel := w.teams.Channel()
	_, err := channel.Installs(t.Context(), w.teams.Person("Adam"))
	must(t, err)
	dana := w.person("Dana")
	answer, err := dana.SaysIn(t.Context(), channel.ID, "bundle")
	must(t, err)
	d, err := dana.Presses(t.Context(), answer.Messages[0], "Request bundle")
	must(t, err)
	form := dana.opened(d).fill("bundle", "Reporting").press("Next").press("Next").fill("justification", "INC-42")
	form.press("Submit").shows("Your own chat")
	w.settle()
	dana.sees("Reporting", "INC-42")
	if slices.ContainsFunc(channel.Messages(), func(m teamstest.Message) bool { return m.Has("INC-42") }) {
		t.Error("the channel shows the justification")
	}
}
