package teamsbot

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

const (
	clientRequestPath = "/api/client/v1/access-requests/*"
	approvePath       = clientRequestPath + "/approve"
)

// What Apono answers instead of taking a decision is said, and audited, as what
// it is.
func TestDecisionThatAponoDoesNotTake(t *testing.T) {
	for name, one := range map[string]struct {
		fault          aponotest.Fault
		words, outcome string
	}{
		"busy":       {aponotest.Fault{Status: http.StatusTooManyRequests, RetryAfter: 20 * time.Second}, "Apono is busy", "failed"},
		"forbidden":  {aponotest.Fault{Status: http.StatusForbidden}, string(wordsMayNotDecide), "refused"},
		"invalid":    {aponotest.Fault{Status: http.StatusUnprocessableEntity}, "does not accept this decision", "refused"},
		"dead token": {aponotest.Fault{Status: http.StatusUnauthorized}, "Personal token", "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			omar := w.approver("Omar")
			w.waiting("Dana")
			w.tellsApprovers()
			d := omar.pressesOn(omar.reviewed(), "Approve")
			one.fault.Path, one.fault.Method, one.fault.Times = approvePath, http.MethodPost, 1
			w.apono.Fault(one.fault)
			d.press("Approve").shows(one.words)
			w.settle()
			if got := w.audited(); !slices.Contains(got, "approve "+one.outcome+" Omar Approver") {
				t.Errorf("the audit has %v", got)
			}
			if m := omar.reviewed(); !m.Has("Approval needed") || len(m.Buttons()) != 4 {
				t.Errorf("Omar sees\n%s", m.Visible())
			}
		})
	}
}

// However slow Apono is, and whichever call of a decision, Teams gets its answer
// in time.
func TestASlowDecisionIsAnsweredInTime(t *testing.T) {
	for name, fault := range map[string]aponotest.Fault{
		"the request":       {Method: http.MethodGet, Path: clientRequestPath, Latency: 8 * time.Second},
		"the decision":      {Method: http.MethodPost, Path: approvePath, Latency: 8 * time.Second, Times: 1},
		"its answer":        {Method: http.MethodPost, Path: approvePath, AnswerAfter: 8 * time.Second, Times: 1},
		"the person":        {Method: http.MethodGet, Path: "/api/v2/users", Latency: 8 * time.Second},
		"whose token it is": {Method: http.MethodGet, Path: "/api/client/v1/session", Latency: 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			omar, ava := w.approver("Omar"), w.person("Ava")
			w.waiting("Dana")
			w.tellsApprovers()
			d := omar.pressesOn(omar.reviewed(), "Approve")
			c := ava.forwarded(omar.reviewed(), "Approve").fill(cards.FieldToken, tokenOf("Ava Approver"))
			if name == "the person" {
				w.sql(`UPDATE people SET apono_read_at = '2000-01-01'`)
			}
			w.apono.Fault(fault)
			for button, d := range map[string]*dialogue{"Approve": d, "Connect": c} {
				w.hurries(func() {
					answer, err := d.Press(t.Context(), button)
					must(t, err)
					if answer.Notice != "" {
						t.Errorf("%s was answered %q", button, answer.Notice)
					}
				})
			}
			w.apono.ClearFaults()
		})
	}
}

// What Apono refuses after the press was answered is told in the approver's own
// chat: the card only stays.
func TestADecisionThatIsRefusedLate(t *testing.T) {
	w := newWorld(t)
	omar := w.approver("Omar")
	w.waiting("Dana")
	w.tellsApprovers()
	d := omar.pressesOn(omar.reviewed(), "Approve")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: approvePath, Latency: 4 * time.Second, Status: http.StatusForbidden, Times: 1})
	w.hurries(func() { d.press("Approve").shows(string(wordsDeciding)) })
	must(t, w.teams.Await(t.Context(), func() bool {
		return omar.LastCard().Has("Your decision did not count", w.requests()[0].FriendlyID, string(wordsMayNotDecide))
	}))
	if got := w.audited(); !slices.Equal(got[len(got)-2:], []string{"approve begun Omar Approver", "approve refused Omar Approver"}) {
		t.Errorf("the audit has %v", got)
	}
}

// The look after a decision may fail: what is said then is true, too.
func TestTheLookAfterADecisionFails(t *testing.T) {
	w := newWorld(t)
	omar := w.approver("Omar")
	w.waiting("Dana")
	w.tellsApprovers()
	d := omar.pressesOn(omar.reviewed(), "Approve")
	said := false
	w.answers(func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/approve") {
			said = true
			return false
		}
		if !said || r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/api/client/v1/access-requests/") {
			return false
		}
		rw.WriteHeader(http.StatusInternalServerError)
		return true
	})
	d.press("Approve").shows("Apono took your decision.")
	w.pass(time.Minute)
	if m := omar.reviewed(); !m.Has("Approved", "Omar Approver") {
		t.Errorf("Omar sees\n%s", m.Visible())
	}
}

// Whose the access will be is known here where Apono does not tell it.
func TestOwnRequestWhoseGranteeIsNotTold(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		for i := range world.Flows {
			world.Flows[i].SelfApproval = true
		}
	})
	omar, ava := w.approver("Omar"), w.approver("Ava")
	w.inPortal(w.stranger("Omar"), "AWS production", "mine")
	w.watching("Access approvals", "watch all")
	must(t, w.bot.LookElsewhere(t.Context()))
	w.tellsApprovers()
	w.sql(`UPDATE submissions SET tenant_id = NULL, object_id = NULL`) // as if he had not been known then
	w.answers(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/api/client/v1/access-requests/") {
			return false
		}
		rec := httptest.NewRecorder()
		w.apono.ServeHTTP(rec, r)
		var body map[string]any
		if json.Unmarshal(rec.Body.Bytes(), &body) == nil {
			delete(body, "grantee")
			delete(body, "requestor")
		}
		rw.WriteHeader(rec.Code)
		_ = json.NewEncoder(rw).Encode(body)
		return true
	})
	omar.forwarded(ava.reviewed(), "Approve").shows(string(wordsOwnRequest))
}

// Two replicas, and a request that is taken back meanwhile: nobody sees an error.
func TestDecisionsOfTwoReplicas(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	c := w.watching("Access approvals", "watch all")
	omar, ava := w.approver("Omar"), w.approver("Ava")
	w.waiting("Dana")
	w.tellsApprovers()
	ids := []*dialogue{omar.pressesOn(w.review(c), "Approve"), ava.pressesOn(w.review(c), "Reject")}
	w.teams.SetBot(other + "/api/messages")
	var all sync.WaitGroup
	answers := make([]string, 3)
	for i, d := range ids {
		all.Go(func() {
			if i == 1 {
				w.teams.SetBot(w.url + "/api/messages")
			}
			answer, err := d.Press(t.Context(), []string{"Approve", "Reject"}[i])
			must(t, err)
			answers[i] = answer.Message + answer.Notice
		})
	}
	all.Go(func() { _ = w.apono.Revoke(w.requests()[0].FriendlyID) })
	all.Wait()
	w.settle()
	for _, a := range answers[:2] {
		if !strings.HasPrefix(a, "You ") && !strings.Contains(a, "already") && !strings.Contains(a, "nothing to decide") {
			t.Errorf("an answer is %q", a)
		}
	}
	// What a press finds decided, the cards follow beside it.
	must(t, w.teams.Await(t.Context(), func() bool {
		m := w.review(c)
		return !m.Has("Approval needed") && len(m.Buttons()) == 0
	}))
}

// Apono may not heed which requests a list of tasks was asked for.
func TestOtherTasksAreNotTakenForThisOne(t *testing.T) {
	w := newWorld(t)
	omar := w.approver("Omar")
	w.waiting("Devin")
	w.waiting("Dana")
	w.tellsApprovers()
	own, err := omar.acts()
	must(t, err)
	w.answers(func(_ http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		q.Del("request_ids")
		r.URL.RawQuery = q.Encode()
		return false
	})
	asked, err := isAsked(t.Context(), own, "another")
	if err != nil || asked {
		t.Errorf("asked: %t (%v)", asked, err)
	}
}
