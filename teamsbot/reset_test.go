package teamsbot

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
)

func TestResetThatAponoRefuses(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	dana.presses("View details").press("Show")
	w.settle()
	w.apono.Fault(aponotest.Fault{Path: resetPath, Status: http.StatusTooManyRequests, RetryAfter: 5 * time.Second, Times: 1})
	old := dana.presses("Reset credentials")
	again := old.press("Reset credentials").shows("busy", "Nothing was reset", "Try it again")
	w.settle()
	dana.sees("were not reset", "Reset credentials")
	old.press("Reset credentials").shows("changed meanwhile") // it asked about the state before
	again.press("Reset credentials").shows("Reset the credentials?").press("Reset credentials").shows("Resetting…")
	w.audits("details begun", "details done", "reset begun", "reset failed", "reset begun")
}

// A reset whose answer gets lost may have been begun: it is waited for.
func TestResetWhoseAnswerIsLost(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	dana.presses("View details").press("Show")
	w.settle()
	w.apono.Fault(aponotest.Fault{Path: resetPath, CutAfter: true, Times: 1})
	dana.presses("Reset credentials").press("Reset credentials").shows("Resetting…")
	w.apono.Advance(31 * time.Second)
	w.awaitResets()
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
}

// A request may be in between for a while; its reset is not forgotten.
func TestResetOfARequestThatIsNotActiveForAWhile(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	dana.presses("View details").press("Show")
	w.settle()
	dana.presses("Reset credentials").press("Reset credentials").shows("Resetting…")
	conn, err := pgx.Connect(t.Context(), w.dbURL)
	must(t, err)
	defer func() { must(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	w.apono.Advance(31 * time.Second)
	_, err = conn.Exec(t.Context(), `UPDATE requests SET status = $1`, aponoapi.Granting)
	must(t, err)
	for _, job := range jobsOf[db.AwaitReset](w) {
		if err := w.bot.awaitReset(t.Context(), job); !isSnooze(err) {
			t.Errorf("the job ends with %v", err)
		}
	}
	_, err = conn.Exec(t.Context(), `UPDATE requests SET status = $1`, aponoapi.Granted)
	must(t, err)
	w.awaitResets()
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
}

func TestResetPressedManyTimes(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.granted("Dana")
	dana.presses("View details").press("Show")
	w.settle()
	ask := dana.presses("Reset credentials")
	var wait sync.WaitGroup
	for i := range 30 {
		a := dana.pressOf(ask, "Reset credentials")
		wait.Go(func() {
			status, body := w.sendTo([]string{w.url, other}[i%2], a)
			if status != http.StatusOK || !strings.Contains(body, "Resetting…") {
				t.Errorf("got %d %.300s", status, body)
			}
		})
	}
	wait.Wait()
	resets := 0
	for _, e := range w.apono.Events() {
		if e.Kind == "reset" {
			resets++
		}
	}
	if resets != 1 {
		t.Errorf("Apono has reset them %d times", resets)
	}
}

// Other requests that may have the same credentials are named before a reset.
func TestResetNamesWhatItAffects(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	dana.says("help")
	w.submits(dana, "Orders database")
	w.pass(time.Minute)
	w.pass(time.Minute)
	dana.presses("View details").press("Show")
	w.settle()
	dana.presses("Reset credentials").shows("May also be affected", w.requests()[0].FriendlyID)
}
