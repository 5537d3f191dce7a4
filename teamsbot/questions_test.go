package teamsbot

import (
	"net/http"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

const createV4Path = "/api/user/v4/access-requests"

// What the company asks is asked in the form for single resources, too, and
// goes to Apono with the request.
func TestTheCompanysQuestionIsAnswered(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.CustomFields[0].Required = true })
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep().shows("Ticket").press("Submit").shows("This has to be answered.")
	if form = form.fill("answer_0", "INC-42").press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	dana.sees("Orders database", "customers", "Ticket", "INC-42")
	if n := w.calls(createV4Path); n != 1 {
		t.Errorf("v4 was asked %d times, want once: v3 carries no answers", n)
	}
	all := w.requests()
	if len(all) != 1 || all[0].Resources[0] != "customers" || all[0].Permissions[0] != "read-only" {
		t.Errorf("Apono has %+v", all)
	}
}

func TestAnswerThatIsNotNeededIsNotMissed(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	if form := dana.presses("New request").atLastStep().shows("Ticket").press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	if n := w.calls(createV4Path); n != 0 {
		t.Errorf("v4 was asked %d times, want not at all", n)
	}
}

// Where Apono does not let the bot's token ask by v4, the form says so and
// keeps everything.
func TestAnswersThatAponoDoesNotTake(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep().fill("answer_0", "INC-42")
	w.apono.Fault(aponotest.Fault{Path: "/api/user/v1/available-access/entitlements", Status: 403})
	form = form.press("Submit").shows("does not take your answers")
	if form = form.fill("answer_0", "").press("Submit"); !form.Closed {
		t.Fatalf("not submitted without the answer:\n%s", form.Text())
	}
}

func TestLostAnswerToARequestWithQuestions(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep().fill("answer_0", "INC-42")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createV4Path, CutAfter: true, Times: 1})
	form.press("Submit").shows("Apono has not answered yet")
	w.settle()
	w.settleSubmissions()
	w.pass(time.Minute)
	dana.sees("AR-", "INC-42")
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
}
