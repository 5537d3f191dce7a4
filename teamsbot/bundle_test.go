package teamsbot

import (
	"fmt"
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
	"github.com/apono-teams/teamsbot/texts"
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
	if got := dana.story(); got.ID != before.ID {
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

// Whoever ends one line of a list means that one.
func TestRevokeOneLineOfSeveral(t *testing.T) {
	w := newWorld(t)
	dana := w.splitInTwo("Dana")
	must(t, w.apono.Approve(w.requests()[0].FriendlyID, "omar@acme.example", ""))
	w.pass(10 * time.Second)
	w.pass(time.Minute)
	card := dana.LastCard()
	// The same line, also when it is not the first of its submission.
	for _, system := range []string{"AWS production", "Orders database"} {
		list := dana.mine("My access").shows("In: AWS production", "In: Orders database")
		form := list.pressOn("In: "+system, "Revoke access").shows("What is to end?")
		in, _ := form.Input("revoke")
		if len(in.Choices) != 2 || !strings.Contains(in.Choices[0].Title, system) || in.Value != in.Choices[0].Value {
			t.Errorf("%s was pressed, and %q of %v is ticked", system, in.Value, in.Choices)
		}
		form.press("Next").shows("Revoke this access?", "In: "+system)
	}
	d, err := dana.Presses(t.Context(), card, "Revoke access")
	must(t, err)
	in, _ := dana.opened(d).Input("revoke")
	if in.Value != "0,1" {
		t.Errorf("of what the card tells of, %q is ticked, want all", in.Value)
	}
}

// A request for a bundle is in the lists once, and tells what is in it.
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
	if n := len(cards.BundleFinishStep(view, last).JSON(texts.InEnglish)); n > 25<<10 {
		t.Errorf("the dialog has %d bytes, want 25 KB at most", n)
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
