package teamsbot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// approver is somebody who has connected their Apono account and gets what
// waits for them in their own chat.
func (w *world) approver(name string) *someone {
	w.t.Helper()
	s := w.person(name)
	s.connects()
	s.says("approvals on")
	return s
}

// tellsApprovers lets approvers know of what waits for them.
func (w *world) tellsApprovers() {
	w.t.Helper()
	w.settle()
	must(w.t, w.bot.LookAtTasks(w.t.Context()))
	w.settle()
}

// reviews are the cards for approvers in somebody's own chat, the oldest first.
func (s *someone) reviews() []teamstest.Message {
	return slices.DeleteFunc(s.Chat(), func(m teamstest.Message) bool { return m.Card == nil || !m.Has("asks for access", "Request ID") })
}

// reviewed is the newest of them.
func (s *someone) reviewed() teamstest.Message {
	s.w.t.Helper()
	all := s.reviews()
	if len(all) == 0 {
		s.w.t.Fatalf("%s has no card to decide on", s.Name)
	}
	return all[len(all)-1]
}

// pressesOn presses a button of a message.
func (s *someone) pressesOn(m teamstest.Message, title string) *dialogue {
	s.w.t.Helper()
	d, err := s.Presses(s.w.t.Context(), m, title)
	must(s.w.t, err)
	return s.opened(d)
}

// waitsFor submits a request that waits for approval.
func (w *world) waiting(name string) *someone {
	w.t.Helper()
	s := w.person(name)
	w.submits(s, "AWS production")
	w.settle()
	return s
}

func TestApproveInTheOwnChat(t *testing.T) {
	w := newWorld(t)
	omar, ava := w.approver("Omar"), w.approver("Ava")
	dana := w.waiting("Dana")
	w.tellsApprovers()
	card := omar.reviewed()
	if !card.Has("Approval needed", "Dana Developer", "AWS production", "Omar Approver", "The first request for this") {
		t.Errorf("Omar's card is\n%s", card.Visible())
	}
	want := []string{"Approve", "Reject", "View resources", "Open in Apono"}
	if got := card.Buttons(); !slices.Equal(got, want) {
		t.Errorf("the buttons are %v, want %v", got, want)
	}
	dialog := omar.pressesOn(card, "Approve").shows("Approve this request?", "Dana Developer", "AWS production", "INC-7")
	dialog.fill(cards.FieldReason, "Go ahead").press("Approve").shows("You approved it.")
	w.settle()
	for _, s := range []*someone{omar, ava} {
		if m := s.reviewed(); !m.Has("Approved", "Omar Approver", "Go ahead", "Decided") || len(m.Buttons()) != 0 {
			t.Errorf("%s sees\n%s\n%v", s.Name, m.Visible(), m.Buttons())
		}
	}
	dana.sees("Granting")
	w.pass(time.Minute)
	dana.sees("Access granted", "Omar Approver", "Go ahead")
	if r := w.requests()[0]; r.Status != aponoapi.Granted {
		t.Errorf("Apono has it as %v", r.Status)
	}
	if got := w.audited(); !slices.Contains(got, "approve done Omar Approver") {
		t.Errorf("the audit has %v", got)
	}
}

func TestRejectTellsWhy(t *testing.T) {
	w := newWorld(t)
	omar := w.approver("Omar")
	dana := w.waiting("Dana")
	w.tellsApprovers()
	omar.pressesOn(omar.reviewed(), "Reject").shows("Reject this request?", "The requester reads it").
		fill(cards.FieldReason, "Use the replica instead").press("Reject").shows("You rejected it.")
	w.settle()
	dana.sees("Request rejected", "Use the replica instead", "Omar Approver")
	if m := omar.reviewed(); !m.Has("Rejected", "Use the replica instead") || len(m.Buttons()) != 0 {
		t.Errorf("Omar sees\n%s", m.Visible())
	}
}

// Who is not connected is asked to in the very dialog, which then goes on.
func TestDecideAfterConnecting(t *testing.T) {
	w := newWorld(t)
	omar, ava := w.approver("Omar"), w.person("Ava")
	w.waiting("Dana")
	w.tellsApprovers()
	// The card was forwarded to Ava, who is an approver, too.
	dialog := ava.forwarded(omar.reviewed(), "Approve").shows("Personal token")
	dialog = dialog.fill(cards.FieldToken, "nonsense").press("Connect").shows("Apono does not accept this token")
	dialog.fill(cards.FieldToken, tokenOf("Ava Approver")).press("Connect").shows("Approve this request?", "Dana Developer").
		press("Approve").shows("You approved it.")
	w.settle()
	if m := omar.reviewed(); !m.Has("Approved", "Ava Approver") {
		t.Errorf("Omar sees\n%s", m.Visible())
	}
}

// forwarded presses a button of a card that stands in somebody else's chat.
func (s *someone) forwarded(m teamstest.Message, title string) *dialogue {
	s.w.t.Helper()
	m.Conversation = s.ChatID()
	return s.pressesOn(m, title)
}

// Who may not decide is told so, and nothing of the request.
func TestWhoMayNotDecide(t *testing.T) {
	w := newWorld(t)
	omar := w.approver("Omar")
	dana := w.waiting("Dana")
	w.tellsApprovers()
	devin := w.person("Devin")
	devin.connects()
	dana.connects()
	for _, button := range []string{"Approve", "Reject"} {
		d := devin.forwarded(omar.reviewed(), button).shows(string(wordsNotApprover))
		if strings.Contains(d.Text(), "INC-7") {
			t.Errorf("Devin learns %s", d.Text())
		}
		dana.forwarded(omar.reviewed(), button).shows(string(wordsOwnRequest))
	}
	if got := w.requests()[0].Status; got != aponoapi.Pending {
		t.Errorf("the request is %v", got)
	}
	if d := devin.forwarded(omar.reviewed(), "View resources"); strings.Contains(d.Text()+d.Message, "SupportEngineer") {
		t.Errorf("Devin learns %s%s", d.Text(), d.Message)
	}
}

// An approver who is also who asks may not decide, whatever Apono would say: it
// takes the bot for who asks.
func TestNobodyDecidesOnTheirOwn(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		for i := range world.Flows {
			world.Flows[i].SelfApproval = true
		}
	})
	omar, ava := w.approver("Omar"), w.approver("Ava")
	omar.says("request")
	w.submits(omar, "AWS production")
	w.tellsApprovers()
	omar.forwarded(ava.reviewed(), "Approve").shows(string(wordsOwnRequest))
	if len(omar.reviews()) != 0 {
		t.Error("Omar is asked to decide on his own request")
	}
}

func TestReasonIsCountedAndRequired(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.Flows[1].ReasonRequired = true })
	omar := w.approver("Omar")
	w.waiting("Dana")
	w.tellsApprovers()
	d := omar.pressesOn(omar.reviewed(), "Approve").shows("Reason (required)")
	d = d.press("Approve").shows("Apono wants a reason")
	long := strings.Repeat("ä", cards.DecisionLimit+1) // not every client counts
	_, body := omar.invoke(map[string]any{
		"apono": cards.Data{Verb: cards.VerbApprove, Do: cards.DoDecide, Request: w.requests()[0].FriendlyID}, cards.FieldReason: long,
	})
	if !strings.Contains(body, fmt.Sprintf("has %d characters", cards.DecisionLimit+1)) || !strings.Contains(body, long) {
		t.Errorf("got %s, want what was typed, and why not", body)
	}
	d.fill(cards.FieldReason, long[:2*cards.DecisionLimit]).press("Approve").shows("You approved it.")
}

func TestAllMustApprove(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.Flows[1].AllOf = true })
	omar, ava := w.approver("Omar"), w.approver("Ava")
	w.waiting("Dana")
	w.tellsApprovers()
	omar.pressesOn(omar.reviewed(), "Approve").press("Approve").shows("waits for the others: 1 of 2")
	w.settle()
	for _, s := range []*someone{omar, ava} {
		if m := s.reviewed(); !m.Has("Approval needed", "1 of 2", "Omar Approver ✓ approved") {
			t.Errorf("%s sees\n%s", s.Name, m.Visible())
		}
	}
	omar.pressesOn(omar.reviewed(), "Approve").press("Approve").shows("waits for the others: 1 of 2")
	ava.pressesOn(ava.reviewed(), "Approve").press("Approve").shows("You approved it.")
	w.settle()
	if m := omar.reviewed(); !m.Has("Approved") || len(m.Buttons()) != 0 {
		t.Errorf("Omar sees\n%s", m.Visible())
	}
}

// A lost answer is looked up before anything is said.
func TestDecisionWhoseAnswerIsLost(t *testing.T) {
	for name, arrived := range map[string]bool{"it arrived": true, "it did not": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			omar := w.approver("Omar")
			w.waiting("Dana")
			w.tellsApprovers()
			d := omar.pressesOn(omar.reviewed(), "Approve").fill(cards.FieldReason, "Yes")
			w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: "/api/client/v1/access-requests/*/approve", CutAfter: arrived, CutBefore: !arrived, Times: 1})
			d = d.press("Approve")
			if arrived {
				d.shows("approved")
			} else {
				d.shows("does not have your decision")
				if got := d.value(cards.FieldReason); got != "Yes" {
					t.Errorf("the reason is now %q", got)
				}
				d.press("Approve").shows("You approved it.")
			}
			w.settle()
			if m := omar.reviewed(); !m.Has("Approved") {
				t.Errorf("Omar sees\n%s", m.Visible())
			}
		})
	}
}

// What was decided or ended elsewhere meanwhile is no error.
func TestDecisionThatComesTooLate(t *testing.T) {
	for name, end := range map[string]struct {
		do    func(w *world, id string) error
		words string
	}{
		"approved in the portal": {func(w *world, id string) error { return w.apono.Approve(id, "ava@acme.example", "") }, "It is approved already: Ava Approver."},
		"rejected in the portal": {func(w *world, id string) error { return w.apono.Reject(id, "ava@acme.example", "No") }, "It is rejected already: Ava Approver."},
		"taken back":             {func(w *world, id string) error { return w.apono.Revoke(id) }, "nothing to decide any more"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			omar := w.approver("Omar")
			w.waiting("Dana")
			w.tellsApprovers()
			d := omar.pressesOn(omar.reviewed(), "Approve")
			must(t, end.do(w, w.requests()[0].FriendlyID))
			d.press("Approve").shows(end.words)
			must(t, w.teams.Await(t.Context(), func() bool {
				m := omar.reviewed()
				return !m.Has("Approval needed") && len(m.Buttons()) == 0
			}))
		})
	}
}

// Fifty decide at once on one request. One decision stands where any may
// decide, one for each approver where all must; everybody gets an answer that
// is true.
func TestFiftyDecideAtOnce(t *testing.T) {
	for name, allOf := range map[string]bool{"any of them": false, "all of them": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(world *aponotest.World) { world.Flows[1].AllOf = allOf })
			people := []*someone{w.approver("Omar"), w.approver("Ava"), w.approver("Adam")}
			w.waiting("Dana")
			w.tellsApprovers()
			var dialogs []*dialogue
			for i := range 50 {
				s := people[i%2] // the first tier
				dialogs = append(dialogs, s.pressesOn(s.reviewed(), []string{"Approve", "Reject"}[i/2%2*btoi(!allOf)]))
			}
			answers := make([]string, len(dialogs))
			var all sync.WaitGroup
			for i, d := range dialogs {
				all.Go(func() {
					button := "Approve"
					if d.Has("Reject this request?") {
						button = "Reject"
					}
					answer, err := d.Press(t.Context(), button)
					if err != nil {
						t.Error(err)
						return
					}
					answers[i] = answer.Message + answer.Notice
				})
			}
			all.Wait()
			w.settle()
			r := w.requests()[0]
			checkAnswers(t, answers, r, allOf)
		})
	}
}

func btoi(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// checkAnswers wants every answer to be true of the request.
func checkAnswers(t *testing.T, answers []string, r aponotest.Request, allOf bool) {
	t.Helper()
	mine := 0
	for _, a := range answers {
		rejected := r.Status == aponoapi.Rejected
		switch {
		case strings.HasPrefix(a, "You approved it.") && !rejected, strings.HasPrefix(a, "You rejected it.") && rejected:
			mine++
		case strings.HasPrefix(a, "It is approved already") && !rejected, strings.HasPrefix(a, "It is rejected already") && rejected:
		case allOf && strings.Contains(a, "waits for the others: 1 of 2"):
		default:
			t.Errorf("an answer is %q, and the request %v", a, r.Status)
		}
	}
	if mine == 0 || !allOf && mine != 1 {
		t.Errorf("%d say that theirs was the decision", mine)
	}
}

func TestMyApprovals(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	omar.connects()
	omar.says("approvals")
	omar.presses("My approvals").shows("Nothing waits for your decision.")
	w.waiting("Dana")
	w.waiting("Devin")
	omar.says("approvals")
	list := omar.presses("My approvals").shows("Dana Developer asks for access.", "Devin Developer asks for access.", "AWS production", "AR-")
	list.press("Approve").shows("Approve this request?", "Dana Developer").press("Approve").shows("You approved it.")
	omar.presses("My approvals").shows("Devin Developer")
}
