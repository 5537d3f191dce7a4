package teamsbot

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
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
