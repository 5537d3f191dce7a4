package teamsbot

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/cards"
)

// pressy is a world of people who have used up what they may do in a minute, but
// for what they do before tired is called.
type pressy struct {
	*world
	door *door
}

func newPressy(t *testing.T) *pressy {
	t.Helper()
	d := newDoor(t)
	d.open(func(c *Config) { c.PersonRate, c.Verifier = 30, d.w.bot.Verifier })
	d.w.teams.SetBot("http://" + d.addr + "/api/messages")
	return &pressy{d.w, d}
}

// tired is what somebody sees who has pressed so often that it is too much.
func (p *pressy) tired(s *someone) string {
	p.t.Helper()
	for range 50 {
		_, body := s.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbMine, List: cards.ListAll}})
		if strings.Contains(body, "Try again") || strings.Contains(body, "Erneut versuchen") {
			return body
		}
	}
	p.t.Fatal("nobody is asked to wait")
	return ""
}

// waits wants a dialog that asks to wait, and that nothing was done for it.
func (p *pressy) waits(f *dialogue, press string) *dialogue {
	p.t.Helper()
	before := p.door.traces()
	f = f.press(press).shows(string(wordsTooMuch))
	if got := f.Buttons(); f.Closed || !slices.Equal(got, []string{"Try again"}) || len(f.Inputs()) != 0 {
		p.t.Errorf("the dialog has the buttons %v and the inputs %v", got, f.Inputs())
	}
	if p.door.traces() != before {
		p.t.Error("something was remembered, sent or asked")
	}
	return f
}

// Who is over the limit inside a form keeps the dialog and all that they have
// typed and ticked there, however often they try.
func TestWhoHasToWaitLosesNothing(t *testing.T) {
	p := newPressy(t)
	dana := p.person("Dana")
	form := dana.presses("New request").atLastStep()
	p.tired(dana)
	why := "INC-42: \"orders\" are <b>stuck</b>\n\n" + strings.Repeat("ワ", 900)
	form = p.waits(form.fill("justification", why).fill("duration", "4 hours"), "Submit").shows("What you filled in is kept.")
	p.apono.Advance(time.Second / 2)
	form = p.waits(form, "Try again").shows("What you filled in is kept.")
	p.apono.Advance(time.Minute)
	if form = form.press("Try again"); !form.Closed {
		t.Errorf("after a minute:\n%s", form.Text())
	}
	p.settle()
	all := p.requests()
	if len(all) != 1 || all[0].Justification != why || all[0].DurationSec != 4*3600 {
		t.Errorf("Apono has %+v", all)
	}
}

// So it is in the message extension, and for an approver's reason.
func TestWhoHasToWaitElsewhereLosesNothing(t *testing.T) {
	p := newPressy(t)
	omar, dana := p.approver("Omar"), p.waiting("Dana")
	p.tellsApprovers()
	d := omar.pressesOn(omar.reviewed(), "Reject").fill(cards.FieldReason, "Use the replica instead")
	p.tired(omar)
	d = p.waits(d, "Reject")
	form := dana.asksElsewhere("Orders are stuck").toLastStep()
	in, _ := form.Input("permissions")
	p.tired(dana)
	form = p.waits(form.fill("permissions", in.Choices[0].Title), "Submit")
	p.apono.Advance(time.Minute)
	d.press("Try again").shows("You rejected it.")
	form.press("Try again").shows("Submitted. Your own chat")
	p.settle()
	if all := p.requests(); len(all) != 2 || all[1].Justification != "Orders are stuck" {
		t.Errorf("Apono has %+v", all)
	}
	for _, card := range dana.Chat() {
		if card.Has("Use the replica instead") {
			return
		}
	}
	t.Error("Dana is not told why")
}

// A token is in no card: who pastes one too soon pastes it again, and what they
// had pressed before goes on then.
func TestWhoHasToWaitWithAToken(t *testing.T) {
	p := newPressy(t)
	omar := p.approver("Omar")
	omar.says("disconnect")
	p.waiting("Dana")
	p.settle()
	omar.says("connect")
	d := omar.presses("Connect")
	p.tired(omar)
	before := p.door.traces()
	token := tokenOf("Omar Approver")
	d = d.fill(cards.FieldToken, token).press("Connect").shows(string(wordsTooMuch), "Personal token")
	if strings.Contains(string(d.Body), token) || d.value(cards.FieldToken) != "" {
		t.Errorf("the token is in the answer: %s", d.Body)
	}
	then := cards.Press{Data: cards.Data{Verb: cards.VerbApprovals, Then: &cards.Press{}}, Inputs: map[string]string{cards.FieldToken: token, "search": "kept"}}
	_, body := omar.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbConnectNow, Then: &then}, cards.FieldToken: token})
	if strings.Contains(body, token) || !strings.Contains(body, `"kept"`) {
		t.Errorf("got %s", body)
	}
	for _, verb := range []cards.Verb{cards.VerbRequestStep, cards.VerbConnect, "made.up"} {
		_, body = omar.invoke(map[string]any{"apono": cards.Data{Verb: verb}, cards.FieldToken: token, "filled": map[string]any{cards.FieldToken: token, "a": "kept"}})
		if strings.Contains(body, token) || !strings.Contains(body, `"kept"`) {
			t.Errorf("%s: got %s", verb, body)
		}
	}
	if p.door.traces() != before || strings.Contains(p.log.String(), token) {
		t.Error("something was remembered, sent, asked or logged")
	}
	p.apono.Advance(time.Minute)
	d.fill(cards.FieldToken, token).press("Connect").shows("You are connected")
}

// What no dialog of ours holds is not sent back: then a sentence has to do.
func TestWhoHasToWaitIsToldInTheirWords(t *testing.T) {
	p := newPressy(t)
	dana := p.person("Dana")
	dana.Locale = "de-DE"
	if body := p.tired(dana); !strings.Contains(body, "Warten Sie eine Minute") || !strings.Contains(body, "Eine Minute Geduld") || strings.Contains(body, "ausgefüllt") {
		t.Errorf("got %s", body)
	}
	step := cards.Data{Verb: cards.VerbRequestStep, Do: cards.DoSubmit}
	for size, kept := range map[int]bool{20: true, 12 << 10: true, 26 << 10: false, 40 << 10: false, 200 << 10: false} {
		status, body := dana.invoke(map[string]any{"apono": step, cards.FieldJustification: strings.Repeat("x", size)})
		if got := strings.Contains(body, "Was Sie ausgefüllt haben, bleibt erhalten."); status != http.StatusOK || got != kept || !strings.Contains(body, "Warten Sie eine Minute") || len(body) > 25<<10 {
			t.Errorf("%d bytes: got %d, %d bytes: %.300s", size, status, len(body), body)
		}
	}
	for name, data := range map[string]any{"no data": nil, "no press": map[string]any{"justification": "x"}, "a list": []int{1}} {
		if status, body := dana.invoke(data); status != http.StatusOK || !strings.Contains(body, `"message"`) || !strings.Contains(body, "Warten Sie eine Minute") {
			t.Errorf("%s: got %d %s", name, status, body)
		}
	}
	if body := dana.invokeIn(dana.ChatID(), "task/fetch", cards.Data{Verb: cards.VerbRequest}); !strings.Contains(body, `"message"`) {
		t.Errorf("a press in the chat: got %s", body)
	}
}
