package teamsbot

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

const activityPath = "/api/v3/activity"

func TestTheCardTellsWhoRejectedAndWhy(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "AWS production")
	must(t, w.apono.Reject(w.requests()[0].FriendlyID, "omar@acme.example", "**not** today"))
	w.pass(time.Minute)
	dana.sees("Rejected", "Decided by: Omar", "Reason: **not** today")
	w.pass(time.Hour)
	if n := w.calls(activityPath); n != 1 {
		t.Errorf("the report was read %d times, want once", n)
	}
}

// The end counts from when Apono gave the access, not from when the bot saw it.
func TestTheEndCountsFromApono(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "AWS production")
	w.pass(time.Second)
	id := w.requests()[0].FriendlyID
	must(t, w.apono.Approve(id, "omar@acme.example", "for the incident"))
	w.apono.Advance(20 * time.Minute) // nobody looks
	w.pass(0)
	dana.sees("Granted", "Decided by: Omar", "Reason: for the incident")
	r, told := w.remembered(id), w.requests()[0]
	if want := told.GrantedAt.Add(time.Duration(told.DurationSec) * time.Second); r.EndsAt.Sub(want).Abs() > time.Millisecond {
		t.Errorf("it ends at %v, want %v", r.EndsAt, want)
	}
}

// Without the report a status comes as soon, and without the words.
func TestStatusWithoutTheReport(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusInternalServerError} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			w.apono.Fault(aponotest.Fault{Path: activityPath, Status: status})
			w.submits(dana, "AWS production")
			must(t, w.apono.Reject(w.requests()[0].FriendlyID, "", "not today"))
			w.pass(5 * time.Second)
			dana.sees("Rejected")
			before := w.calls(activityPath)
			dana.says("request")
			w.submits(dana, "AWS production")
			must(t, w.apono.Reject(w.requests()[1].FriendlyID, "", "not today"))
			w.pass(5 * time.Second)
			dana.sees("Rejected")
			if n := w.calls(activityPath) - before; before == 0 || n != 0 {
				t.Errorf("the report was read %d times, then %d times, want it left alone then", before, n)
			}
		})
	}
}

// What the report could not tell when a request was decided is told later.
func TestWhatTheReportTellsLate(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.apono.Fault(aponotest.Fault{Path: activityPath, Status: http.StatusInternalServerError})
	w.submits(dana, "AWS production")
	must(t, w.apono.Reject(w.requests()[0].FriendlyID, "omar@acme.example", "not today"))
	w.pass(20 * time.Second)
	w.submits(dana, "AWS production")
	granted := w.requests()[1].FriendlyID
	must(t, w.apono.Approve(granted, "omar@acme.example", "for the incident"))
	w.pass(5 * time.Second) // while the report is left alone
	w.pass(5 * time.Second)
	dana.sees("Granted")
	w.apono.ClearFaults()
	w.apono.Advance(time.Minute)
	w.do(`UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE kind = 'explain_request'`)
	w.settle()
	for _, texts := range [][]string{{"Request rejected", "Decided by: Omar", "Reason: not today"}, {"Access granted", "Reason: for the incident"}} {
		if !slices.ContainsFunc(dana.Chat(), func(m teamstest.Message) bool { return m.Has(texts...) }) {
			t.Errorf("she does not see %q", texts)
		}
	}
	told := w.requests()[1]
	if want := told.GrantedAt.Add(time.Duration(told.DurationSec) * time.Second); w.remembered(granted).EndsAt.Sub(want).Abs() > time.Millisecond {
		t.Errorf("it ends at %v, want %v", w.remembered(granted).EndsAt, want)
	}
}
