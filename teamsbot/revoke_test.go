package teamsbot

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

const revokePath = "/api/v3/access-requests-bulk/revoke"

// granted is a person with access to the orders database.
func (w *world) granted(name string) *someone {
	w.t.Helper()
	s := w.person(name)
	w.submits(s, "Orders database")
	w.pass(time.Minute)
	w.pass(time.Minute)
	s.sees("Granted", "Revoke access")
	return s
}

func TestRevokeEndsTheAccess(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	form := dana.presses("Revoke access").shows("Revoke this access?", "Orders database", "AR-")
	if form = form.press("Revoke access"); !form.Closed {
		t.Fatalf("the dialog did not close:\n%s", form.Text())
	}
	w.settle()
	dana.sees("Revoking")
	w.pass(time.Minute)
	dana.sees("Revoked", "Request again")

	if buttons := dana.LastCard().Buttons(); slices.Contains(buttons, "Revoke access") {
		t.Errorf("the card still offers %v", buttons)
	}
}

func TestCancelARequestThatWaits(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "AWS production")
	dana.sees("Pending approval", "Cancel request")
	form := dana.presses("Cancel request").shows("Cancel this request?", "AWS production")
	if form = form.press("Cancel request"); !form.Closed {
		t.Fatalf("the dialog did not close:\n%s", form.Text())
	}
	w.pass(time.Minute)
	w.pass(time.Minute)
	dana.sees("Revoked", "Request again")
	if err := w.apono.Approve(w.requests()[0].FriendlyID, "", ""); err == nil {
		t.Error("what was cancelled can still be approved")
	}
}

func TestRevokePressedTwiceAndTooLate(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	form := dana.presses("Revoke access")
	form.press("Revoke access")
	w.settle()
	form.press("Revoke access").shows("not active any more")
	w.pass(time.Minute)
	w.pass(time.Hour) // a look that was under way may have told what was before
	dana.sees("Revoked")
}

func TestRevokeWhoseAnswerIsLost(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	form := dana.presses("Revoke access")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: revokePath, CutAfter: true, Times: 1})
	form.press("Revoke access").shows("Apono has not answered yet")
	w.settle()
	dana.sees("Revoking")
}

func TestRevokeThatAponoRefuses(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	form := dana.presses("Revoke access")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: revokePath, Status: 429, RetryAfter: 5 * time.Second, Times: 1})
	form.press("Revoke access").shows("Apono is busy. Try again in 5 seconds.")
	w.settle()
	dana.sees("Granted")
}

func TestRequestAgain(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	first := w.requests()[0]
	w.pass(9 * time.Hour)
	dana.sees("Expired", "Request again")
	old := dana.LastCard().ID

	form := dana.presses("Request again").shows("Orders database", first.Resources[0])
	if got := form.value("justification"); got != "" {
		t.Errorf("the justification is %q, want a new one to be asked for", got)
	}
	form = form.press("Back").shows("Which resources?").press("Back").shows("What kind of resource?").press("Back").
		shows("What do you need access to?").press("Next").press("Next").press("Next")
	if form = form.fill("justification", "INC-8: and again").press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	if n := len(w.requests()); n != 2 {
		t.Fatalf("Apono has %d requests, want 2", n)
	}
	again := w.requests()[1]
	if again.Integration != first.Integration || strings.Join(again.Resources, ",") != strings.Join(first.Resources, ",") ||
		again.DurationSec != first.DurationSec || again.Justification != "INC-8: and again" {
		t.Errorf("asked again is %+v, want %+v", again, first)
	}
	if m, _ := dana.Message(old); !m.Has("Requested again", again.FriendlyID) {
		t.Errorf("the old card does not point to the new request:\n%s", m.Visible())
	}
}

// Nobody revokes, repeats or learns of what is not theirs, whatever they forge.
func TestForgedRequestRevealsAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.granted("Dana")
	devin := w.person("Devin")
	theirs := w.requests()[0]
	for _, verb := range []cards.Verb{cards.VerbRevoke, cards.VerbRevokeNow, cards.VerbAgain} {
		for _, id := range []string{theirs.V3ID, theirs.FriendlyID, theirs.V4ID, "", "../users", "'; --", strings.Repeat("x", 10000)} {
			status, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: id}})
			if status != http.StatusOK || !strings.Contains(body, string(wordsNoRequest)) || strings.Contains(body, "INC-7") {
				t.Errorf("%s %.20q: got %d %s", verb, id, status, body)
			}
		}
	}
	w.settle()
	if got := w.requests(); len(got) != 1 || got[0].Status != aponoapi.Granted {
		t.Errorf("Apono has %+v", got)
	}
}

// Apono's word counts for who receives the access, not the bot's memory alone.
func TestRevokeOfWhoIsNotTheGrantee(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	form := dana.presses("Revoke access")
	// Her address now leads to another Apono user.
	must(t, w.store.RememberApono(t.Context(), w.keyOf(dana), "somebody-else", w.apono.Now()))
	form.press("Revoke access").shows(string(wordsNoRequest))
	if got := w.requests()[0].Status; got != aponoapi.Granted {
		t.Errorf("the request is %v", got)
	}
}
