package teamsbot

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

const (
	sessionsPath       = "/api/user/v1/access-sessions"
	sessionDetailsPath = sessionsPath + "/*/access-details"
	sessionResetPath   = sessionsPath + "/*/reset-credentials"
)

// connected is a person who has connected their Apono account, with access to
// the orders database.
func (w *world) connected(name string) *someone {
	w.t.Helper()
	s := w.person(name)
	s.connects()
	s.says("help")
	w.submits(s, "Orders database")
	w.pass(time.Minute)
	w.pass(time.Minute)
	s.sees("Granted", "View details")
	return s
}

func TestDetailsOfASessionAreShownOnceAndReset(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	secret := w.secret()
	open := dana.presses("View details").shows("Orders database / ", "Shown once, for your eyes").tellsNo(secret)
	open.press("Show").shows("Shown once. Copy it now.", "password", secret, "psql", "apono access use ses_")
	w.settle()
	dana.sees("Access request", "Orders database / ", "Details viewed", "Reset credentials")
	dana.presses("Reset credentials").shows("Reset the credentials?", "System: Orders database").press("Reset credentials").shows("Resetting… since")
	w.awaitResets()
	if n := w.reads(); n != 1 {
		t.Errorf("waiting has read the details: %d times", n-1)
	}
	w.apono.Advance(5 * time.Second)
	w.awaitResets()
	dana.sees("New credentials", "The new ones are there.", "View details")
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret()).tellsNo(secret)
	if n := w.reads(); n != 2 {
		t.Errorf("Apono was asked %d times, want 2", n)
	}
	w.audits("details begun", "details done", "reset begun", "reset done", "details begun", "details done")
}

func TestDetailsOfASessionOfAHundredPresses(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.connected("Dana")
	secret := w.secret()
	open := dana.presses("View details")
	w.apono.Fault(aponotest.Fault{Path: sessionDetailsPath, Latency: 200 * time.Millisecond})
	var shown atomic.Int64
	var wait sync.WaitGroup
	for i := range 100 {
		a := dana.pressOf(open, "Show")
		wait.Go(func() {
			status, body := w.sendTo([]string{w.url, other}[i%2], a)
			switch {
			case strings.Contains(body, secret):
				shown.Add(1)
			case status != http.StatusOK || strings.Contains(body, "read before"):
				t.Errorf("got %d %.300s", status, body)
			}
		})
	}
	wait.Wait()
	if shown.Load() != 1 || w.reads() != 1 {
		t.Errorf("shown to %d, and Apono was asked %d times; want 1, 1", shown.Load(), w.reads())
	}
	w.audits("details begun", "details done")
}

// inPortalOf is a request in the portal for all resource types of an
// integration: each is a system of its own.
func (w *world) inPortalOf(s *someone, integration string) {
	w.t.Helper()
	own, err := s.acts()
	must(w.t, err)
	var wanted []aponoapi.EntitlementRef
	seen := make(map[string]bool)
	for e, err := range own.AvailableEntitlements(w.t.Context(), aponoapi.EntitlementSearch{IntegrationName: integration}) {
		must(w.t, err)
		if kind := e.ResourceType.ID + e.Resource.Type; !seen[kind] {
			seen[kind], wanted = true, append(wanted, e.Ref())
		}
	}
	_, err = own.CreateRequestV4(w.t.Context(), aponoapi.NewRequestV4{Entitlements: wanted, Justification: "made in the portal"})
	must(w.t, err)
	w.apono.Advance(2 * time.Minute)
}

func TestDetailsOfSeveralSystems(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.connects()
	w.inPortalOf(dana, "Orders database")
	list := dana.mine("My access").press("View details")
	secrets := w.apono.Secrets()
	if len(secrets) < 2 {
		t.Fatalf("%d systems, want several", len(secrets))
	}
	buttons := list.Buttons()
	if n := len(slices.DeleteFunc(slices.Clone(buttons), func(b string) bool { return b != "Show" })); n != len(secrets) {
		t.Fatalf("%d systems, and the buttons %q", len(secrets), buttons)
	}
	list.press("Show").shows("Copy it now.")
	if n := w.reads(); n != 1 {
		t.Errorf("%d were read, want 1", n)
	}
	w.settle()
	dana.mine("My access").shows("Details viewed", "View details", "Reset credentials").
		press("Reset credentials").press("Reset credentials").shows("Resetting…", "Show")
	w.apono.Advance(5 * time.Second)
	w.awaitResets()
	if n := w.reads(); n != 1 {
		t.Errorf("%d were read, want 1", n)
	}
}

func TestDetailsOfASessionWithoutASecret(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		for i := range world.Integrations {
			for j := range world.Integrations[i].ResourceTypes {
				world.Integrations[i].ResourceTypes[j].NoSecret = true
			}
		}
	})
	dana := w.connected("Dana")
	for range 2 {
		shown := dana.presses("View details").shows("There is no secret").press("Show").shows("You can view it again", "Sign in to Orders database")
		if !slices.Contains(shown.Buttons(), "Open Orders database") {
			t.Errorf("the buttons are %q", shown.Buttons())
		}
		w.settle()
		dana.sees("Granted", "View details")
	}
	w.audits("details done", "details done")
}

// What Apono did not hear of has not been used up, and Apono says so.
func TestDetailsOfASessionThatNeverReachedApono(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	w.apono.Fault(aponotest.Fault{Path: sessionDetailsPath, CutBefore: true, Times: 1})
	dana.presses("View details").press("Show").shows("may be used up")
	w.settle()
	dana.sees("Details perhaps used up")
	dana.presses("Reset credentials").shows("Nobody has viewed these details yet").press("Show").shows("Copy it now.", w.secret())
}

func TestDetailsOfASessionReadElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	own, err := dana.acts()
	must(t, err)
	before := dana.presses("View details")
	for s, err := range own.Sessions(t.Context(), aponoapi.SessionFilter{}) {
		must(t, err)
		_, err = own.SessionDetails(t.Context(), s.ID)
		must(t, err)
	}
	dana.presses("View details").shows("Details read elsewhere", "Reset credentials").tellsNo(w.secret())
	// The other dialog was open before. Apono is not asked for stars.
	before.press("Show").shows("Details read elsewhere").tellsNo(w.secret())
	dana.presses("View details").press("Reset credentials").press("Reset credentials").shows("Resetting…")
	w.apono.Advance(5 * time.Second)
	w.awaitResets()
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
}

// Reset in the portal, the details can be viewed here.
func TestResetOfASessionElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	dana.presses("View details").press("Show")
	w.settle()
	own, err := dana.acts()
	must(t, err)
	for s, err := range own.Sessions(t.Context(), aponoapi.SessionFilter{}) {
		must(t, err)
		_, err = own.ResetSession(t.Context(), s.ID)
		must(t, err)
	}
	dana.presses("Reset credentials").shows("being reset")
	w.apono.Advance(5 * time.Second)
	dana.presses("Reset credentials").shows("Nobody has viewed these details yet").press("Show").shows("Copy it now.", w.secret())
}

func TestResetOfASessionThatGoesWrong(t *testing.T) {
	for name, c := range map[string]struct {
		fault  aponotest.Fault
		passes time.Duration
		words  string
	}{
		"never begun": {aponotest.Fault{Method: http.MethodPost, Path: sessionResetPath, CutBefore: true, Times: 1}, resetBegins + time.Second, "were not reset"},
		"not told":    {aponotest.Fault{Method: http.MethodGet, Path: sessionsPath + "/*", Status: http.StatusInternalServerError}, resetLasts + time.Second, "takes too long"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dana := w.connected("Dana")
			dana.presses("View details").press("Show")
			w.settle()
			w.apono.Fault(c.fault)
			dana.presses("Reset credentials").press("Reset credentials").shows("Resetting…")
			w.apono.Advance(c.passes)
			w.awaitResets()
			dana.sees(c.words, "Reset credentials")
			w.apono.ClearFaults()
			if name == "not told" { // it has come about after all
				dana.presses("Reset credentials").shows("Nobody has viewed these details yet").press("Show").shows("Copy it now.", w.secret())
				return
			}
			dana.presses("Reset credentials").press("Reset credentials").shows("Resetting…")
			w.apono.Advance(5 * time.Second)
			w.awaitResets()
			dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
		})
	}
}

func TestResetOfASessionNamesWhatSharesIt(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	dana.says("help")
	w.submits(dana, "Orders database")
	w.pass(time.Minute)
	w.pass(time.Minute)
	dana.presses("View details").press("Show")
	w.settle()
	dana.presses("Reset credentials").shows("The same credentials serve", w.requests()[0].FriendlyID)
}

// A token that Apono does not know any more is asked for anew, and the press goes
// on.
func TestDetailsWithATokenThatHasEnded(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	w.apono.Fault(aponotest.Fault{Path: sessionsPath, Status: http.StatusUnauthorized, Times: 1})
	dana.presses("View details").shows("Your connection to Apono has ended").
		fill(cards.FieldToken, tokenOf(dana.Name)).press("Connect").shows("Shown once, for your eyes").press("Show").shows("Copy it now.", w.secret())
}

// Where Apono tells people nothing of sessions, the bot's own token will do.
func TestDetailsWithoutSessions(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	w.apono.Fault(aponotest.Fault{Path: sessionsPath, Status: http.StatusForbidden})
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
}

// Who disconnects while a reset is under way learns as much as the bot knows.
func TestResetOfASessionAndThenDisconnected(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	dana.presses("View details").press("Show")
	w.settle()
	dana.presses("Reset credentials").press("Reset credentials")
	_, err := w.store.DropLink(t.Context(), w.keyOf(dana), nil, db.DroppedByPerson)
	must(t, err)
	w.apono.Advance(resetUntold)
	w.awaitResets()
	dana.sees("New credentials", "does not tell this bot")
}

// What was viewed with a token that is gone can be reset without it, and the
// card follows.
func TestResetOfASessionAfterDisconnecting(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	secret := w.secret()
	dana.presses("View details").press("Show")
	w.settle()
	_, err := w.store.DropLink(t.Context(), w.keyOf(dana), nil, db.DroppedByPerson)
	must(t, err)
	ask := dana.presses("Reset credentials").shows("Reset the credentials?")
	dana.sees("Access request", "Details viewed", "Reset credentials")
	ask.press("Reset credentials").shows("Resetting…")
	w.settle()
	dana.sees("Access request", "Resetting…")
	w.apono.Advance(31 * time.Second)
	w.awaitResets()
	dana.sees("New credentials", "View details")
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret()).tellsNo(secret)
	dana.connects()
	dana.mine("My access").press("Reset credentials").tellsNo(w.secret()).shows("Reset credentials").tellsNo(w.secret())
}

// A reset that took too long can be tried again, also while Apono says that it
// goes on.
func TestResetOfASessionThatDoesNotEnd(t *testing.T) {
	w := newWorld(t)
	dana := w.connected("Dana")
	dana.presses("View details").press("Show")
	w.settle()
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Path: sessionsPath + "/*", Status: http.StatusInternalServerError})
	dana.presses("Reset credentials").press("Reset credentials").shows("Resetting…")
	w.apono.Advance(resetLasts + time.Second)
	w.awaitResets()
	w.apono.ClearFaults()
	own, err := dana.acts()
	must(t, err)
	for s, err := range own.Sessions(t.Context(), aponoapi.SessionFilter{}) {
		must(t, err)
		_, err = own.ResetSession(t.Context(), s.ID)
		must(t, err)
	}
	dana.presses("Reset credentials").shows("Reset the credentials?").press("Reset credentials").shows("Resetting…")
	w.apono.Advance(5 * time.Second)
	w.awaitResets()
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
}
