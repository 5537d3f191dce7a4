package teamsbot

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// The same activity reaches another replica as well: it acts once, and both
// give the same answer.
func TestActivityDeliveredTwiceActsOnce(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	form.press("Submit")
	w.settle()
	submitted := w.teams.LastActivityID()

	_, first, err := w.teams.Resend(t.Context(), submitted)
	must(t, err)
	w.teams.SetBot(other + "/api/messages")
	status, second, err := w.teams.Resend(t.Context(), submitted)
	must(t, err)
	if status != http.StatusOK || !slices.Equal(first, second) {
		t.Errorf("got %d %q, want what the first replica answered: %q", status, second, first)
	}
	w.settle()
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}

	before := len(dana.Chat())
	_, err = dana.Says(t.Context(), "help")
	must(t, err)
	said := w.teams.LastActivityID()
	_, _, err = w.teams.Resend(t.Context(), said)
	must(t, err)
	if got := len(dana.Chat()) - before; got != 2 { // her own and one answer
		t.Errorf("a message delivered twice made %d messages, want 2", got)
	}
}

// What only opens a dialog is done each time it comes, and either dialog can be
// filled in.
func TestAFormOpenedTwiceIsTwoForms(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request")
	status, second, err := w.teams.Resend(t.Context(), w.teams.LastActivityID())
	must(t, err)
	if status != http.StatusOK || !strings.Contains(string(second), "Integration") || slices.Equal(form.Body, second) {
		t.Errorf("got %d %s, want a form of its own", status, second)
	}
	form.atLastStep().submitted()
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
}

// A hundred presses of Submit, over two replicas and with ids of their own, are
// one request.
func TestSubmitPressedManyTimes(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, Latency: 200 * time.Millisecond})

	var wait sync.WaitGroup
	for i := range 100 {
		if i == 50 {
			wait.Wait()
			w.teams.SetBot(other + "/api/messages")
		}
		wait.Go(func() {
			if _, err := form.Press(t.Context(), "Submit"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	w.settle()
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
	dana.sees("AR-")
}

// A form that is open twice does not undo what was done in the other one.
func TestFormThatIsOpenTwice(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	first := dana.presses("New request")
	second := first.atLastStep()
	first.press("Next").shows("open twice", "For how long, and why?")
	if second = second.fill("hours", "2").press("Submit"); second.Closed {
		t.Fatal("the older of two dialogs was submitted")
	}
	second.shows("open twice")
	if got := second.value("justification") + second.value("hours"); got != "INC-42: orders are stuck2" {
		t.Errorf("what was typed in the older dialog has become %q", got)
	}
}

func TestWelcomeIsOneOverReplicas(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.stranger("Dana")
	_, err := dana.Installs(t.Context())
	must(t, err)
	install := w.teams.LastActivityID()
	w.teams.SetBot(other + "/api/messages")
	_, _, err = w.teams.Resend(t.Context(), install)
	must(t, err)
	w.settle()
	if n := len(dana.Chat()); n != 1 {
		t.Errorf("got %d messages, want the welcome alone", n)
	}
}
