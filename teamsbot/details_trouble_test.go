package teamsbot

import (
	"net/http"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
)

// What fails before anything was shown loses nothing.
func TestDetailsThatAponoRefuses(t *testing.T) {
	for name, fault := range map[string]aponotest.Fault{
		"busy":      {Status: http.StatusTooManyRequests, RetryAfter: 5 * time.Second},
		"away":      {Status: http.StatusServiceUnavailable, RetryAfter: time.Second},
		"forbidden": {Status: http.StatusForbidden},
		"invalid":   {Status: http.StatusBadRequest},
		"conflict":  {Status: http.StatusConflict, Message: "The credentials are being reset"},
		"not found": {Status: http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dana := w.granted("Dana")
			fault.Path, fault.Times = detailsPath, 1
			w.apono.Fault(fault)
			again := dana.presses("View details").press("Show").shows("nothing is lost", "Show")
			w.settle()
			dana.sees("Granted", "View details")
			again.press("Show").shows("Copy it now.", w.secret())
			w.audits("details begun", "details failed", "details begun", "details done")
		})
	}
}

// Where nobody can know whether the look is used up, it is not tried again.
func TestDetailsWhoseAnswerIsLost(t *testing.T) {
	for name, fault := range map[string]aponotest.Fault{
		"cut after":  {CutAfter: true},
		"cut before": {CutBefore: true},
		"half of it": {Malformed: true},
		"elsewhere":  {Status: http.StatusFound},
		"gateway":    {Status: http.StatusBadGateway, Message: "upstream said pw-123"},
		"empty":      {Status: http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dana := w.granted("Dana")
			secret := w.secret()
			fault.Path, fault.Times = detailsPath, 1
			w.apono.Fault(fault)
			dana.presses("View details").press("Show").shows("may be used up", "Reset credentials").tellsNo(secret)
			w.settle()
			dana.sees("Details perhaps used up", "Reset credentials")
			dana.presses("Reset credentials").press("Reset credentials").shows("Resetting…")
			w.apono.Advance(31 * time.Second)
			w.awaitResets()
			dana.presses("View details").press("Show").shows("Copy it now.", w.secret()).tellsNo(secret)
			w.audits("details begun", "details unclear", "reset begun", "reset unknown", "details begun", "details done")
		})
	}
}

// Details that come after their time are thrown away.
func TestDetailsThatComeTooLate(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	secret := w.secret()
	w.apono.Fault(aponotest.Fault{Path: detailsPath, AnswerAfter: time.Minute, Times: 1})
	open := dana.presses("View details")
	w.hurries(func() { open.press("Show").shows("did not answer in time", "Reset credentials").tellsNo(secret) })
	w.settle()
	dana.sees("Details perhaps used up", "Reset credentials")
	if n := w.reads(); n != 1 {
		t.Errorf("Apono was asked %d times", n)
	}
}

// Slow is not late.
func TestDetailsThatTakeLong(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	w.apono.Fault(aponotest.Fault{Path: detailsPath, AnswerAfter: 4 * time.Second, Times: 1})
	dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
}

func TestDetailsReadElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	secret := w.secret()
	_, err := w.bot.Apono.DetailsV3(t.Context(), w.requests()[0].V3ID) // as in the portal
	must(t, err)
	dana.presses("View details").press("Show").
		shows("Somebody has read credentials of it before", "portal", "command line", "tell Adam Admin", "[read before]").tellsNo(secret)
	w.settle()
	dana.sees("Details read elsewhere", "Reset credentials")
	w.audits("details begun", "details masked")
}

// The bot died after the claim, before or after Apono was asked.
func TestDetailsAfterACrash(t *testing.T) {
	for name, died := range map[string]func(w *world){
		"before reading": func(*world) {},
		"after reading": func(w *world) {
			_, err := w.bot.Apono.DetailsV3(w.t.Context(), w.requests()[0].V3ID)
			must(w.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, other := w.replica()
			dana := w.granted("Dana")
			secret := w.secret()
			old := dana.presses("View details")
			r, err := w.store.Request(t.Context(), w.requests()[0].FriendlyID)
			must(t, err)
			_, ok, err := w.store.ClaimDetails(t.Context(), db.System{RequestID: r.ID}, w.keyOf(dana), w.bot.Now())
			if must(t, err); !ok {
				t.Fatal("not claimed")
			}
			died(w)
			w.settle()
			w.teams.SetBot(other + "/api/messages")
			dana.sees("Details asked for", "If you did not see them, reset the credentials")
			old.press("Show").shows("Show was pressed before", "If you did not see them").tellsNo(secret)
			dana.presses("Reset credentials").shows("being shown just now")
			w.apono.Advance(busyLasts)
			dana.presses("Reset credentials").press("Reset credentials").shows("Resetting…")
			w.apono.Advance(31 * time.Second)
			w.awaitResets()
			dana.presses("View details").press("Show").shows("Copy it now.", w.secret())
		})
	}
}
