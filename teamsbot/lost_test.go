package teamsbot

import (
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// An answer that is lost is looked for; the create is never sent again.
func TestLostAnswerIsLookedFor(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, CutAfter: true})
	form.press("Submit").shows("Apono has not answered yet")
	w.settle()
	dana.sees("Sending to Apono", "nothing is sent twice")
	w.apono.ClearFaults()

	w.settleSubmissions()
	dana.sees("AR-", "Request ID")
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
	w.pass(time.Minute)
	dana.sees("Granted")
}

func TestCreateThatNeverArrivedIsSaid(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, CutBefore: true, Times: 1})
	form.press("Submit").shows("Apono has not answered yet")
	w.settle()

	w.apono.Advance(2 * lookFor)
	w.settleSubmissions()
	dana.sees("Did not reach Apono", "Try again")
	if n := len(w.requests()); n != 0 {
		t.Fatalf("Apono has %d requests, want none", n)
	}
	form = dana.presses("Try again")
	if got := form.value("justification"); got != "INC-42: orders are stuck" {
		t.Errorf("the justification is %q", got)
	}
	form.press("Submit")
	w.settle()
	dana.sees("AR-")
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
}

// An older request for the very same thing is not taken for the lost one.
func TestLostAnswerIsNotMistakenForAnOlderRequest(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, CutAfter: true, Times: 1})
	form.press("Submit").shows("Apono has not answered yet")
	older := w.requests()[0]
	must(t, w.apono.Fail(older.FriendlyID, "never mind"))
	w.apono.Advance(time.Hour)
	w.settleSubmissions()
	dana.sees("AR-") // it is the very one: made after the intent was written

	form = dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, CutBefore: true, Times: 1})
	form.press("Submit")
	w.apono.Advance(2 * lookFor)
	w.settleSubmissions()
	dana.sees("Did not reach Apono")
}

func TestSlowCreateGoesOn(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, AnswerAfter: 4 * time.Second, Times: 1})
	w.hurries(func() { form.press("Submit").shows("Apono has not answered yet") })
	must(t, w.teams.Await(t.Context(), func() bool { return dana.LastCard().Has("AR-") }))
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
}

func TestRefusalAfterTheDialogClosedIsOnTheCard(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep().fill("hours", "200")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, Latency: 4 * time.Second, Times: 1})
	w.hurries(func() { form.press("Submit").shows("Apono has not answered yet") })
	must(t, w.teams.Await(t.Context(), func() bool { return dana.LastCard().Has("Not accepted by Apono") }))
	form = dana.presses("Try again")
	if got := form.value("hours"); got != "200" {
		t.Errorf("the hours are %q", got)
	}
}

// Of two submissions that ask for the same, the one whose answer was lost does
// not keep the other's request.
func TestLostAnswerDoesNotTakeAnothersRequest(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	lost := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, CutBefore: true, Times: 1})
	lost.press("Submit").shows("Apono has not answered yet")
	w.settle()
	// The second one is slow; meanwhile the first is looked for.
	dana.says("request")
	slow := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, AnswerAfter: 4 * time.Second, Times: 1})
	w.hurries(func() { slow.press("Submit").shows("Apono has not answered yet") })
	w.settleFirst()
	must(t, w.teams.Await(t.Context(), func() bool {
		asking, known := 0, 0
		for _, m := range dana.Chat() {
			if m.Has("Sending to Apono") {
				asking++
			} else if m.Has("Request ID") {
				known++
			}
		}
		return asking == 1 && known == 1
	}))
	w.apono.Advance(2 * lookFor)
	w.settleSubmissions()
	dana.sees("INC-42")
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
}

// Without the delegated list Apono tells no times: what is over is not taken
// for a request that was made just now.
func TestOldRequestIsNotTakenForALostOne(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.apono.Fault(aponotest.Fault{Path: "/api/user", Status: 403})
	w.submits(dana, "Orders database")
	conn, err := pgx.Connect(t.Context(), w.dbURL)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	must(t, w.apono.Fail(w.requests()[0].FriendlyID, "never mind"))
	_, err = conn.Exec(t.Context(), "DELETE FROM requests") // as if made elsewhere
	must(t, err)
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, CutBefore: true, Times: 1})
	dana.says("request")
	dana.presses("New request").atLastStep().fill("justification", "INC-7: look at the logs").press("Submit")
	w.apono.Advance(2 * lookFor)
	w.settleSubmissions()
	dana.sees("Did not reach Apono")
}
