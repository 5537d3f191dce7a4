package teamsbot

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
	"github.com/apono-teams/teamsbot/texts"
)

const wholeSentence = "request orders database reporting read-only 4h because INC-123: *why* <at>Omar</at>"

func TestSentenceFillsTheForm(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.says(wholeSentence)
	dana.sees("Is this what you mean?", "Orders database", "Database", "reporting", "read-only", "4 hours", "INC-123: *why*", "Nothing is asked for yet")
	if card := dana.LastCard(); card.Has("Not clear") || card.Has("Not understood") {
		t.Errorf("something is not understood:\n%s", card.Visible())
	}
	if n := len(w.requests()); n != 0 {
		t.Fatalf("Apono has %d requests, want none before Submit", n)
	}
	form := dana.presses("Open the form").shows("For how long, and why?", "reporting")
	if form = form.press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	got := w.requests()[0]
	if got.Integration != "Orders database" || strings.Join(got.Resources, ",") != "reporting" || strings.Join(got.Permissions, ",") != "read-only" ||
		got.DurationSec != 4*3600 || !strings.HasPrefix(got.Justification, "INC-123: *why*") {
		t.Errorf("Apono was asked for %+v", got)
	}
}

func TestSentenceOpensTheFirstStepThatIsNotFilledIn(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	for text, want := range map[string]struct{ card, form []string }{
		"request aws 2h": {
			[]string{"AWS production", "2 hours"}, []string{"What kind of resource?", "AWS production"},
		},
		"request data 30m": {
			[]string{"Not clear", "data (Data lake, Orders database)", "30 minutes"},
			[]string{"What do you need access to?", "Not clear: data (Data lake, Orders database)"},
		},
		"request world peace": {
			[]string{"I did not understand what you need", "world peace"}, []string{"What do you need access to?", "Not understood: world peace"},
		},
		"request orders database order_lines read-write": { // the type is that of the resource
			[]string{"Table", "orders.public.order_lines", "read-write"}, []string{"For how long, and why?"},
		},
		"request orders database orders": { // the database, and parts of the names of tables
			[]string{"Database", "orders"}, []string{"For how long, and why?"},
		},
		"request aws bucket search getobject putobject": {
			[]string{"S3 bucket", "GetObject, PutObject", "search (acme-search-assets, acme-search-backups, acme-search-exports, acme-search-logs and 1 more)"},
			[]string{"Which resources?", "Not clear: search"},
		},
		"request orders database reporting read-only read-write": { // only one may be asked for
			[]string{"read-only read-write (read-only, read-write)"}, []string{"For how long, and why?", "Not clear"},
		},
		"request lake curated.sales.orders_daily select 1h for 2h": {
			[]string{"Data lake", "curated.sales.orders_daily", "SELECT", "Duration (1 hour, 2 hours)"},
			[]string{"For how long, and why?", "Not clear: Duration"},
		},
	} {
		dana.says(text)
		dana.sees(want.card...)
		form := dana.presses("Open the form").shows(want.form...)
		on := "Back" // nothing is submitted here
		if !slices.Contains(form.Buttons(), on) {
			on = "Next"
		}
		if form = form.press(on); form.Has("Not clear") || form.Has("Not understood") {
			t.Errorf("%q: the note stays:\n%s", text, form.Text())
		}
	}
}

// In a channel nothing is shown but the person's own words, and not why.
func TestSentenceInAChannel(t *testing.T) {
	w := newWorld(t)
	channel := w.inChannel()
	dana, devin := w.person("Dana"), w.person("Devin")
	card := dana.saysIn(channel, "request data orders 4h because of the Smith case")
	if !card.Has("You wrote", "data orders", "Open the form", "New request") {
		t.Errorf("the channel shows:\n%s", card.Visible())
	}
	for _, private := range []string{"Smith", "Data lake", "database", "4 hours", "Not clear"} {
		if card.Has(private) {
			t.Errorf("the channel shows %q:\n%s", private, card.Visible())
		}
	}
	d, err := devin.Presses(t.Context(), card, "Open the form")
	must(t, err)
	if devin.opened(d).shows(string(wordsNoDraft)); d.Has("Smith") {
		t.Errorf("Devin sees:\n%s", d.Text())
	}
	d, err = dana.Presses(t.Context(), card, "Open the form")
	must(t, err)
	form := dana.opened(d).shows("What do you need access to?", "Not clear: data").toLastStep()
	if got := form.value("justification"); got != "of the Smith case" {
		t.Errorf("the justification is %q", got)
	}

	noel := w.stranger("Noel")
	if card := noel.saysIn(channel, "request orders"); !card.Has("You wrote") || card.Has("access flow") {
		t.Errorf("the channel shows, for somebody in no flow:\n%s", card.Visible())
	}
}

func TestSentenceOfWhoMayNothing(t *testing.T) {
	w := newWorld(t)
	noel := w.person("Noel")
	noel.says("request orders")
	noel.sees("you are in no access flow")
}

func TestSentenceWhileAponoIsSlow(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Latency: 5 * time.Second})
	w.hurries(func() { dana.says("request orders database 30m because INC-5") })
	dana.sees("30 minutes", "INC-5", "Not looked up", "orders database", "has not told me in time")
	w.apono.ClearFaults()
	form := dana.presses("Open the form").shows("What kind of resource?", "Orders database") // looked up now
	in, _ := form.Input("resource_type")
	form = form.fill("resource_type", in.Choices[0].Title).press("Next")
	in, _ = form.Input("resources")
	form = form.fill("resources", in.Choices[0].Title).press("Next")
	if got := form.value("justification"); got != "INC-5" {
		t.Errorf("the justification is %q", got)
	}
}

func TestSentenceWhoseCardTeamsDoesNotTake(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.teams.Fail(teamstest.Fault{Op: "send", Status: 429, Times: 1})
	dana.says(wholeSentence)
	w.settle()
	dana.presses("Open the form").shows("For how long, and why?", "reporting")
	if strings.Contains(w.log.String(), "INC-123") {
		t.Error("the log tells the justification")
	}
}

// The button carries the name of the draft and nothing else.
func TestSentenceIsNotOnItsButton(t *testing.T) {
	t.Parallel()
	card := string(cards.OpenFilled(cards.Sentence{Draft: "a-draft", Said: "orders", Justification: "secret", Integration: "hidden"}).JSON(texts.InEnglish))
	if strings.Contains(card, "secret") || strings.Contains(card, "hidden") {
		t.Error(card)
	}
}

// What a word may be is said in the person's language.
func TestResourceOrPermission(t *testing.T) {
	t.Parallel()
	u := understanding{sentence: readSentence("orders")}
	u.noteClash([]db.Named{{ID: "r1", Name: "orders"}}, []db.Named{{ID: "p1", Name: "orders"}})
	if len(u.unclear) != 1 {
		t.Fatalf("%d words are unclear, want 1", len(u.unclear))
	}
	for locale, want := range map[string]string{
		"en-GB": "orders (resource), orders (permission)", "de-DE": "orders (Ressource), orders (Berechtigung)",
	} {
		if got := texts.Join(texts.Outside(", "), u.unclear[0].Names...).In(texts.For(locale)); got != want {
			t.Errorf("in %s it may be %q, want %q", locale, got, want)
		}
	}
}
