package teamsbot

import (
	"net/http"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
)

// forgets lets that time pass and the bot forget. Jobs about what is forgotten
// may become due meanwhile: they end.
func (w *world) forgets(after time.Duration) {
	w.t.Helper()
	w.apono.Advance(after)
	must(w.t, w.bot.forget(w.t.Context()))
	w.settle()
}

// The card of a request that the bot has forgotten is still in the chat. Its
// buttons say so, or ask Apono, who may know the request still.
func TestButtonsOfAForgottenRequest(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep().fill("duration", "4 hours").press("Submit")
	if !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	w.pass(5 * time.Minute)
	dana.sees("Granted")
	w.pass(5 * time.Hour)
	dana.sees("Expired")
	w.forgets(91 * 24 * time.Hour)
	if own, err := w.store.OwnRequests(t.Context(), w.keyOf(dana), time.Time{}); len(own) != 0 || err != nil {
		t.Fatalf("%d requests are remembered (%v), want none", len(own), err)
	}

	buttons := dana.story().Buttons()
	if len(buttons) < 2 {
		t.Fatalf("the card has the buttons %q", buttons)
	}
	for _, title := range buttons {
		dana.presses(title)
	}
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Path: "/api/v3/access-requests/*", Status: http.StatusNotFound})
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Path: "/api/user/v1/delegated-access-requests/*", Status: http.StatusNotFound})
	dana.presses("Request again").shows(string(wordsNoRequest))
}

// What could not be submitted any more says so too.
func TestTryAgainOfAForgottenDraft(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, CutBefore: true, Times: 1})
	form.press("Submit")
	w.settle()
	w.apono.Advance(2 * lookFor)
	w.settleSubmissions()
	dana.sees("Did not reach Apono")
	w.forgets(91 * 24 * time.Hour)
	dana.presses("Try again").shows(string(wordsNoDraft))
}

// A job whose subject was forgotten meanwhile has nothing left to do.
func TestJobsAboutWhatIsForgottenEnd(t *testing.T) {
	w := newWorld(t)
	const nothing = "00000000-0000-4000-8000-000000000000"
	for _, job := range []river.JobArgs{
		db.Welcome{TenantID: nothing, ObjectID: nothing},
		db.Reply{ConversationID: nothing, Card: "help"},
		db.SettleSubmission{SubmissionID: nothing, Attempt: 1},
		db.RefreshRequest{RequestID: nothing},
		db.Deliver{ConversationID: "a:forgotten"},
	} {
		must(t, w.store.Owe(t.Context(), job))
	}
	w.settle()
	w.tells(
		`teamsbot_job_attempts_total{kind="settle_submission",outcome="done"} 1`,
		`teamsbot_job_attempts_total{kind="refresh_request",outcome="done"} 1`,
		`teamsbot_job_attempts_total{kind="deliver",outcome="done"} 1`,
		`teamsbot_job_attempts_total{kind="welcome",outcome="done"} 1`,
		`teamsbot_job_attempts_total{kind="reply",outcome="done"} 1`,
	)
}
