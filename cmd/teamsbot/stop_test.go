package main

import (
	"net/http"
	"syscall"
	"testing"

	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// A bot that is told to end says so, answers what is under way and what still
// comes, and leaves nothing undone that another does not do.
func TestAStoppedBotLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	first := o.serve()
	dana, devin := o.installs("Dana"), o.installs("Devin")

	// A job hangs at Teams: the card of Devin's request.
	hold := make(chan struct{})
	defer close(hold)
	o.teams.Fail(teamstest.Fault{Op: teamstest.OpSend, Conversation: devin.ChatID(), Hold: hold})
	sent := o.teams.Calls(teamstest.OpSend)
	_, err := o.form(devin).Press(t.Context(), "Submit")
	must(t, err)
	o.until("Devin's card is being sent", func() bool { return o.teams.Calls(teamstest.OpSend) > sent })

	// And a press: Apono takes its time to create Dana's request.
	begun, goOn := make(chan struct{}), make(chan struct{})
	o.creating(func() {
		close(begun)
		<-goOn
	})
	form, pressed := o.form(dana), make(chan error, 1)
	go func() {
		d, err := form.Press(t.Context(), "Submit")
		if err == nil && d.Notice != "" {
			t.Errorf("Teams told Dana: %s", d.Notice)
		}
		pressed <- err
	}()
	<-begun
	first.signals(syscall.SIGTERM)
	o.until("the bot is not ready", func() bool { return first.readiness(t) == http.StatusServiceUnavailable })
	answer, err := dana.Says(t.Context(), "help")
	must(t, err)
	if answer.Notice != "" || len(answer.Messages) == 0 {
		t.Errorf("a bot that is being stopped answers %v %q, want help", answer.Messages, answer.Notice)
	}
	close(goOn)
	must(t, <-pressed)
	if code := first.waits(); code != 0 {
		t.Errorf("ended with %d", code)
	}

	o.teams.ClearFaults()
	o.creating(func() {})
	o.serve()
	for _, p := range []*teamstest.Person{dana, devin} {
		o.until(p.Name+" sees the request", func() bool {
			for _, m := range p.Chat() {
				if m.Has("AR-") {
					return true
				}
			}
			return false
		})
	}
	if n := len(o.apono.Requests()); n != 2 {
		t.Errorf("Apono has %d requests, want 2", n)
	}
}
