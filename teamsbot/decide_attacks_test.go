package teamsbot

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

// Whatever a button carries, somebody who may not decide learns and changes
// nothing.
func TestForgedDecisionRevealsNothing(t *testing.T) {
	w := newWorld(t)
	omar := w.approver("Omar")
	w.waiting("Dana")
	w.tellsApprovers()
	devin := w.person("Devin")
	devin.connects()
	r := w.requests()[0]
	for _, verb := range []cards.Verb{cards.VerbApprove, cards.VerbReject, cards.VerbReviewResources} {
		for _, id := range []string{r.V3ID, r.V4ID, r.FriendlyID, "", "../../users", "'; DROP TABLE requests; --", strings.Repeat("x", 10_000)} {
			for _, do := range []cards.Do{"", cards.DoDecide} {
				status, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: id, Do: do}, "reason": "mine"})
				if status != http.StatusOK || strings.Contains(body, "INC-7") || strings.Contains(body, "SupportEngineer") {
					t.Errorf("%s %.20q %s: got %d %s", verb, id, do, status, body)
				}
			}
		}
	}
	w.settle()
	if got := w.requests()[0].Status; got != aponoapi.Pending {
		t.Errorf("the request is %v", got)
	}
	if m := omar.reviewed(); !m.Has("Approval needed") {
		t.Errorf("Omar sees\n%s", m.Visible())
	}
}

// A press that Teams sends twice decides once, and is answered alike.
func TestADecisionDeliveredTwice(t *testing.T) {
	w := newWorld(t)
	omar := w.approver("Omar")
	w.waiting("Dana")
	w.tellsApprovers()
	omar.pressesOn(omar.reviewed(), "Approve").press("Approve").shows("You approved it.")
	id := w.teams.LastActivityID()
	w.settle()
	for range 3 {
		status, body, err := w.teams.Resend(t.Context(), id)
		must(t, err)
		if status != http.StatusOK || !strings.Contains(string(body), "You approved it.") {
			t.Errorf("got %d %s", status, body)
		}
	}
	if got := w.audited(); len(slices.DeleteFunc(got, func(row string) bool { return row != "approve done Omar Approver" })) != 1 {
		t.Errorf("the audit has %v", w.audited())
	}
}

// Who is called like an approver is none.
func TestARenamedPersonIsNoApprover(t *testing.T) {
	w := newWorld(t)
	omar := w.approver("Omar")
	w.waiting("Dana")
	w.tellsApprovers()
	devin := w.person("Devin")
	devin.connects()
	devin.Name, devin.GivenName, devin.Surname = omar.Name, omar.GivenName, omar.Surname
	devin.forwarded(omar.reviewed(), "Approve").shows(string(wordsNotApprover))
	// Nor is who is found at an approver's address, with a token of their own.
	devin.Email, devin.UPN = omar.Email, omar.UPN
	must(t, w.store.RememberApono(t.Context(), w.keyOf(devin), omar.aponoID(), w.apono.Now()))
	d := devin.forwarded(omar.reviewed(), "Approve").shows("Personal token")
	d.fill(cards.FieldToken, tokenOf("Devin Developer")).press("Connect").shows("somebody else's")
	if got := w.requests()[0].Status; got != aponoapi.Pending {
		t.Errorf("the request is %v", got)
	}
}

// aponoID is the Apono user that somebody is, as the bot knows.
func (s *someone) aponoID() string {
	s.w.t.Helper()
	p, err := s.w.store.Person(s.w.t.Context(), s.w.keyOf(s))
	must(s.w.t, err)
	return p.AponoID
}

// A guest decides nothing, even with an approver's account in Apono.
func TestGuestsCannotDecide(t *testing.T) {
	w := newWorld(t)
	omar, ava := w.approver("Omar"), w.approver("Ava")
	w.waiting("Dana")
	w.tellsApprovers()
	ava.Role = "guest"
	_, err := ava.Uninstalls(t.Context())
	must(t, err)
	_, err = ava.Installs(t.Context())
	must(t, err)
	w.settle()
	ava.forwarded(omar.reviewed(), "Approve").shows("Guests cannot")
	if got := w.requests()[0].Status; got != aponoapi.Pending {
		t.Errorf("the request is %v", got)
	}
}

// The bot's own token decides nothing, even where Apono would let it.
func TestTheServiceTokenNeverDecides(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		world.Flows[1].Approvers[0] = append(world.Flows[1].Approvers[0], "bot@acme.example")
	})
	omar := w.person("Omar")
	w.waiting("Dana")
	r := w.requests()[0]
	for _, verb := range []cards.Verb{cards.VerbApprove, cards.VerbReject} {
		status, body := omar.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: r.FriendlyID, Do: cards.DoDecide}})
		if status != http.StatusOK || !strings.Contains(body, "Personal token") {
			t.Errorf("got %d %s", status, body)
		}
	}
	if got := w.requests()[0].Status; got != aponoapi.Pending {
		t.Errorf("the request is %v", got)
	}
}
