package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// pressesOn presses a button of the card that tells of a request, wherever it
// stands in the chat.
func (o *outside) pressesOn(p *teamstest.Person, title string) *teamstest.Dialog {
	o.t.Helper()
	for _, m := range p.Chat() {
		for _, b := range m.Buttons() {
			if b == title {
				d, err := p.Presses(o.t.Context(), m, title)
				must(o.t, err)
				return d
			}
		}
	}
	o.t.Fatalf("no card has the button %s", title)
	return nil
}

// offers tells whether a card in somebody's chat has a button.
func offers(p *teamstest.Person, title string) bool {
	for _, m := range p.Chat() {
		if strings.Contains(strings.Join(m.Buttons(), "\n")+"\n", title+"\n") {
			return true
		}
	}
	return false
}

// The bot is killed when Apono has told the details and nobody has seen them.
// The next one says so, and shows no stars.
func TestDetailsOfABotThatIsKilled(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	first := o.serve()
	dana := o.installs("Dana")
	_, err := o.form(dana).Press(t.Context(), "Submit")
	must(t, err)
	o.until("Dana has access", func() bool { return offers(dana, "View details") })
	open := o.pressesOn(dana, "View details")
	o.apono.Fault(aponotest.Fault{Path: "/api/v3/access-requests/*/access-details", AnswerAfter: time.Minute, Times: 1})
	pressed := make(chan struct{})
	go func() {
		defer close(pressed)
		_, _ = open.Press(t.Context(), "Show") // breaks off
	}()
	o.until("Apono tells the details", func() bool {
		for _, e := range o.apono.Events() {
			if e.Kind == "details" {
				return true
			}
		}
		return false
	})
	first.signals(syscall.SIGKILL)
	first.waits()

	second := o.serve()
	<-pressed
	o.until("the card says so", func() bool { return offers(dana, "Reset credentials") })
	d, err := open.Press(t.Context(), "Show")
	must(t, err)
	if !d.Has("If you did not see them, reset the credentials") {
		t.Errorf("Show says\n%s", d.Text())
	}
	o.untilEvery(time.Second, "it can be reset", func() bool { return o.pressesOn(dana, "Reset credentials").Has("Reset the credentials?") })
	d, err = o.pressesOn(dana, "Reset credentials").Press(t.Context(), "Reset credentials")
	must(t, err)
	if !d.Has("Resetting…") {
		t.Errorf("not reset:\n%s", d.Text())
	}
	for _, secret := range o.apono.Secrets() {
		if strings.Contains(first.output()+second.output(), secret) {
			t.Error("the secret is in what the bot has said")
		}
		for _, m := range dana.Chat() {
			if strings.Contains(string(m.Activity), secret) {
				t.Errorf("the secret is in a message:\n%s", m.Visible())
			}
		}
	}
}
