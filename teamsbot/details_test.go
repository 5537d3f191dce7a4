package teamsbot

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

const (
	detailsPath = "/api/v3/access-requests/*/access-details"
	resetPath   = "/api/v3/access-requests/*/reset"
)

// secret is the newest one that Apono has made.
func (w *world) secret() string {
	w.t.Helper()
	all := w.apono.Secrets()
	if len(all) == 0 {
		w.t.Fatal("Apono has made no secret")
	}
	return all[len(all)-1]
}

// reads counts how often Apono has given a secret away.
func (w *world) reads() (n int) {
	for _, e := range w.apono.Events() {
		if e.Kind == "details" {
			n++
		}
	}
	return n
}

// tellsNo wants a dialog without the secret, and without stars in its place.
func (f *dialogue) tellsNo(secret string) *dialogue {
	f.s.w.t.Helper()
	if f.Has(secret) || strings.Contains(string(f.Body), secret) || strings.Contains(string(f.Body), "***") {
		f.s.w.t.Errorf("the dialog shows a secret or stars:\n%s", f.Text())
	}
	return f
}

// awaitResets does the work of the jobs that wait for a reset.
func (w *world) awaitResets() {
	w.t.Helper()
	for _, job := range jobsOf[db.AwaitReset](w) {
		if err := w.bot.awaitReset(w.t.Context(), job); err != nil && !isSnooze(err) {
			w.t.Error(err)
		}
	}
	w.settle()
}

func TestDetailsAreShownOnceAndReset(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	secret := w.secret()
	dana.sees("Granted", "View details")
	open := dana.presses("View details").shows("Access details", "Shown once, for your eyes", "Orders database").tellsNo(secret)
	shown := open.press("Show").shows("Shown once. Copy it now.", "Password:", secret, "apono access use", "Adam Admin")
	if n := w.reads(); n != 1 {
		t.Errorf("Apono was asked %d times", n)
	}
	for _, in := range shown.Inputs() {
		t.Errorf("there is an input %s", in.ID)
	}
	w.settle()
	dana.sees("Access request", "Details viewed", "Reset credentials")
	dana.sees("Access granted", "Details viewed", "Reset credentials")
	if buttons := dana.story().Buttons(); slices.Contains(buttons, "View details") {
		t.Errorf("the card still offers %q", buttons)
	}

	// The dialog of before, and the old copy of the card.
	open.press("Show").shows("Show was pressed before", "Details viewed", "Reset credentials").tellsNo(secret)
	dana.presses("Reset credentials").shows("Reset the credentials?", "This is about all of this request").
		press("Reset credentials").shows("Resetting…", "30 seconds").tellsNo(secret)
	w.settle()
	dana.sees("Resetting…")
	open.press("Show").shows("Resetting…").tellsNo(secret)

	w.apono.Advance(5 * time.Second)
	w.awaitResets()
	dana.sees("Resetting…")
	w.apono.Advance(26 * time.Second)
	w.awaitResets()
	dana.sees("New credentials", "does not tell this bot", "View details")
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret()).tellsNo(secret)
	if w.secret() == secret || w.reads() != 2 {
		t.Errorf("%d reads, and the new secret is the old one: %t", w.reads(), w.secret() == secret)
	}
	w.settle()
	dana.sees("The credentials were reset", "Details viewed", "Reset credentials")
	w.audits("details begun", "details done", "reset begun", "reset unknown", "details begun", "details done")
}

// audits wants the audit to tell that about details and resets.
func (w *world) audits(want ...string) {
	w.t.Helper()
	var got []string
	must(w.t, w.store.Audited(w.t.Context(), time.Time{}, time.Time{}, func(r db.AuditRow) error {
		if r.Action == db.AuditDetails || r.Action == db.AuditReset {
			got = append(got, string(r.Action)+" "+r.Outcome)
			if r.Person == "" || r.Request == "" {
				w.t.Errorf("the audit does not say who, or about what: %+v", r)
			}
		}
		return nil
	}))
	if !slices.Equal(got, want) {
		w.t.Errorf("the audit tells %q, want %q", got, want)
	}
}

// A hundred presses at once over three replicas, each an activity of its own.
func TestDetailsOfAHundredPressesAreShownOnce(t *testing.T) {
	w := newWorld(t)
	_, second := w.replica()
	_, third := w.replica()
	dana := w.granted("Dana")
	secret := w.secret()
	open := dana.presses("View details")
	w.apono.Fault(aponotest.Fault{Path: detailsPath, Latency: 300 * time.Millisecond})
	var shown, others atomic.Int64
	var wait sync.WaitGroup
	for i := range 100 {
		a := dana.pressOf(open, "Show")
		wait.Go(func() {
			status, body := w.sendTo([]string{w.url, second, third}[i%3], a)
			switch {
			case status == http.StatusOK && strings.Contains(body, secret):
				shown.Add(1)
			case status == http.StatusOK && (strings.Contains(body, string(wordsShownBefore)) || strings.Contains(body, string(wordsTookTooLong))):
				others.Add(1)
			default:
				t.Errorf("got %d %.300s", status, body)
			}
		})
	}
	wait.Wait()
	if shown.Load() != 1 || others.Load() != 99 || w.reads() != 1 {
		t.Errorf("shown to %d, %d were told why not, and Apono was asked %d times; want 1, 99, 1", shown.Load(), others.Load(), w.reads())
	}
}

// The same press twice: the second gets what the first got, once, while it is in
// memory; then, and on other replicas, only that it was shown.
func TestDetailsOfAPressDeliveredTwice(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.granted("Dana")
	secret := w.secret()
	press := dana.pressOf(dana.presses("View details"), "Show")
	w.apono.Fault(aponotest.Fault{Path: detailsPath, Latency: 400 * time.Millisecond})
	answers := make(chan string, 2)
	for range 2 {
		go func() {
			_, body := w.sendTo(w.url, press)
			answers <- body
		}()
	}
	for range 2 {
		if body := <-answers; !strings.Contains(body, secret) {
			t.Errorf("got %.300s, want the details for both", body)
		}
	}
	for _, url := range []string{w.url, other} {
		if status, body := w.sendTo(url, press); status != http.StatusOK || strings.Contains(body, secret) || !strings.Contains(body, "were shown before") {
			t.Errorf("got %d %.300s, want that they were shown", status, body)
		}
	}
	if n := w.reads(); n != 1 {
		t.Errorf("Apono was asked %d times", n)
	}
}

// The replica that has shown them is the only one that can repeat the answer.
func TestDetailsAreNotRepeatedByOthers(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.granted("Dana")
	press := dana.pressOf(dana.presses("View details"), "Show")
	if _, body := w.sendTo(w.url, press); !strings.Contains(body, w.secret()) {
		t.Fatalf("not shown: %.300s", body)
	}
	if _, body := w.sendTo(other, press); strings.Contains(body, w.secret()) || !strings.Contains(body, "Reset credentials") {
		t.Errorf("another replica says %.300s", body)
	}
	// Somebody else who knows the name of the activity gets nothing of it.
	devin := w.person("Devin")
	forged := devin.pressOf(nil, "")
	forged["id"], forged["value"] = press["id"], press["value"]
	if _, body := w.sendTo(w.url, forged); strings.Contains(body, w.secret()) {
		t.Error("somebody else is shown the details")
	}
	if _, body := w.sendTo(w.url, press); !strings.Contains(body, w.secret()) {
		t.Error("the one repeat has been used up by others")
	}
}

// Nobody but who receives the access is shown or resets anything, and nowhere
// but in their own chat.
func TestForgedDetailsRevealAndChangeNothing(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	devin := w.person("Devin")
	secret, r := w.secret(), w.requests()[0]
	for _, verb := range []cards.Verb{cards.VerbDetails, cards.VerbDetailsShow, cards.VerbReset, cards.VerbResetNow} {
		for _, id := range []string{r.V3ID, r.V4ID, r.FriendlyID, "", "../users", "'; --", strings.Repeat("x", 10000)} {
			status, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: id}})
			if status != http.StatusOK || !strings.Contains(body, string(wordsNoRequest)) || strings.Contains(body, "Orders") {
				t.Errorf("%s %.20q: got %d %s", verb, id, status, body)
			}
		}
		for _, place := range []string{w.teams.Channel().ID, teamstest.Elsewhere} {
			for _, name := range []string{"task/fetch", "task/submit", "composeExtension/submitAction"} {
				a := dana.ActivityIn(place, "invoke")
				a["name"], a["value"] = name, map[string]any{"data": map[string]any{"apono": cards.Data{Verb: verb, Request: r.V3ID}}}
				if status, body := w.sendTo(w.url, a); status != http.StatusOK || !strings.Contains(body, string(wordsOwnChat)) {
					t.Errorf("%s by %s in %s: got %d %s", verb, name, place, status, body)
				}
			}
		}
		status, body := dana.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: r.V3ID, Session: "ses_forged", Revision: 1}})
		if status != http.StatusOK || strings.Contains(body, secret) {
			t.Errorf("%s of no session: got %d %s", verb, status, body)
		}
	}
	// Her address leads to somebody else now.
	open := dana.presses("View details")
	must(t, w.store.RememberApono(t.Context(), w.keyOf(dana), "somebody-else", w.apono.Now()))
	open.press("Show").shows(string(wordsNoRequest))
	if n := w.reads(); n != 0 {
		t.Errorf("Apono was asked %d times", n)
	}
	w.audits()
}

func TestDetailsAfterTheEnd(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	secret := w.secret()
	open := dana.presses("View details")
	reset := map[string]any{"apono": cards.Data{Verb: cards.VerbResetNow, Request: w.requests()[0].V3ID}}
	must(t, w.apono.Revoke(w.requests()[0].V3ID))
	w.apono.Advance(time.Minute)
	open.press("Show").shows("not active any more").tellsNo(secret)
	if _, body := dana.invoke(reset); !strings.Contains(body, "not active any more") {
		t.Errorf("reset: %s", body)
	}
	w.pass(time.Minute)
	for _, card := range dana.cards() {
		for _, title := range []string{"View details", "Reset credentials"} {
			if slices.Contains(card.Buttons(), title) {
				t.Errorf("%s is still offered on:\n%s", title, card.Visible())
			}
		}
	}
}

// What has no secret cannot be reset, and can be viewed again.
func TestDetailsWithoutASecret(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		for i := range world.Integrations {
			for j := range world.Integrations[i].ResourceTypes {
				world.Integrations[i].ResourceTypes[j].NoSecret = true
			}
		}
	})
	dana := w.granted("Dana")
	dana.presses("View details").press("Show").shows("Sign in to Orders database")
	w.settle()
	dana.presses("Reset credentials").press("Reset credentials").shows("no credentials to reset", "You can view the details again").
		press("Show").shows("Sign in to Orders database")
	w.audits("details begun", "details done", "reset begun", "reset refused", "details begun", "details done")
}

// What was made in the portal has details, too, also before the bot has come
// across it.
func TestDetailsOfARequestMadeElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.presses("New request") // so that the bot knows who she is in Apono
	w.elsewhere(dana, "Orders database")
	w.apono.Advance(2 * time.Minute)
	list := dana.mine("My access").shows("Orders database", "View details")
	list.press("View details").shows("Shown once, for your eyes").press("Show").shows("Copy it now.", w.secret())
	w.settle()
	dana.mine("My access").shows("Details viewed").press("Reset credentials").press("Reset credentials").shows("Resetting…")
}

// A bundle that became several requests has details for each.
func TestDetailsOfSeveralRequests(t *testing.T) {
	w := newWorld(t)
	dana := w.splitInTwo("Dana")
	must(t, w.apono.Approve(w.requests()[0].FriendlyID, "omar@acme.example", ""))
	w.pass(10 * time.Second)
	w.pass(time.Minute)
	var story teamstest.Message
	for _, m := range dana.Chat() {
		if m.Has("Access request", "Apono made 2 requests") {
			story = m
		}
	}
	d, err := dana.Presses(t.Context(), story, "View details")
	must(t, err)
	list := dana.opened(d).shows("Each part has details of its own", "Orders database", "AWS production")
	list.pressOn("Orders database", "View details").shows("Shown once, for your eyes").press("Show").shows("Copy it now.", w.secret())
	w.settle()
	d, err = dana.Presses(t.Context(), story, "View details")
	must(t, err)
	dana.opened(d).shows("Details viewed").pressOn("AWS production", "View details").press("Show").shows("Sign in to AWS production")
	if n := w.reads(); n != 1 {
		t.Errorf("%d secrets were read, want 1", n)
	}
}

// Who asked for somebody else's access views nothing of it.
func TestDetailsOnBehalf(t *testing.T) {
	w := newWorld(t)
	dana, devin := w.person("Dana"), w.person("Devin")
	dana.presses("My requests") // so that the bot knows who she is in Apono
	devin.connects()
	w.forDana(devin, "request", "New request").atLastStep().fill("duration", "4 hours").submitted()
	w.pass(time.Minute)
	w.pass(time.Minute)
	devin.sees("Access granted", "They have access")
	for _, card := range devin.cards() {
		if slices.Contains(card.Buttons(), "View details") {
			t.Errorf("Devin is offered details on\n%s", card.Visible())
		}
	}
	for _, verb := range []cards.Verb{cards.VerbDetails, cards.VerbDetailsShow, cards.VerbReset, cards.VerbResetNow} {
		status, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: w.requests()[0].V3ID, Do: cards.DoOne}})
		if status != http.StatusOK || !strings.Contains(body, string(wordsNoRequest)) {
			t.Errorf("%s: got %d %s", verb, status, body)
		}
	}
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
	w.settle()
	dana.sees("Details viewed")
	if devin.has("Details viewed") {
		t.Error("Devin is told when she viewed them")
	}
}
