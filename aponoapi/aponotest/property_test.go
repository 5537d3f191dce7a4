package aponotest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"pgregory.net/rapid"
)

// edges are the ways that a request may go, in the words that people see.
var edges = map[string][]string{
	"":                 {"Pending approval", "Pending MFA"},
	"Pending MFA":      {"Pending approval", "Revoking", "Failed"},
	"Pending approval": {"Granting", "Rejected", "Revoking", "Failed"},
	"Granting":         {"Granted", "Revoking", "Failed"},
	"Granted":          {"Expired", "Revoking", "Failed"},
	"Revoking":         {"Revoked", "Failed"},
}

// TestNothingImpossibleHappens does random things, with faults, and checks
// what must hold whatever happens.
func TestNothingImpossibleHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMayhem(t)
		t.Repeat(map[string]func(*rapid.T){
			"":        m.check,
			"create":  m.create,
			"bundle":  m.createBundle,
			"again":   m.again,
			"decide":  m.decide,
			"end":     m.end,
			"revoke":  m.revoke,
			"extend":  m.extend,
			"advance": m.advance,
			"look":    m.look,
			"look v3": m.lookV3,
			"reset":   m.reset,
			"fault":   m.fault,
		})
	})
}

// mayhem is a world in which random things happen.
type mayhem struct {
	*world
	asked int             // creates sent, each with a justification of its own
	shown map[string]bool // secrets that were seen
}

func newMayhem(t *rapid.T) *mayhem {
	world := aponotest.DefaultWorld()
	world.Flows[1].MFA = rapid.Bool().Draw(t, "mfa")
	world.Flows[1].AllOf = rapid.Bool().Draw(t, "all of")
	return &mayhem{world: newWorld(t, aponotest.Config{World: world}), shown: make(map[string]bool)}
}

// any picks a request; there may be none.
func (m *mayhem) any(t *rapid.T) aponotest.Request {
	requests := m.Requests()
	if len(requests) == 0 {
		t.Skip("no request yet")
	}
	return requests[rapid.IntRange(0, len(requests)-1).Draw(t, "request")]
}

// room keeps the worlds small.
func (m *mayhem) room(t *rapid.T) {
	if len(m.Requests()) >= 8 {
		t.Skip("enough requests")
	}
}

func (m *mayhem) create(t *rapid.T) {
	m.room(t)
	n := m.wish(t, rapid.SampledFrom([]string{"Orders database", "AWS production"}).Draw(t, "integration"))
	m.asked++
	n.Justification = fmt.Sprintf("create %d", m.asked)
	n.Duration = time.Duration(rapid.IntRange(1, 14).Draw(t, "hours")) * time.Hour
	_, err := m.bot.CreateRequestV3(t.Context(), n)
	m.outcome(t, n.Justification, err)
}

func (m *mayhem) createBundle(t *rapid.T) {
	m.room(t)
	m.asked++
	n := aponoapi.NewRequestV4{Justification: fmt.Sprintf("create %d", m.asked), Bundle: rapid.SampledFrom([]string{"Reporting", "On-call"}).Draw(t, "bundle")}
	_, err := m.as("dana").CreateRequestV4(t.Context(), n)
	m.outcome(t, n.Justification, err)
}

func (m *mayhem) again(t *rapid.T) {
	m.room(t)
	r := m.any(t)
	m.asked++
	justification := fmt.Sprintf("create %d", m.asked)
	_, err := m.as("dana").RequestAgain(t.Context(), r.V4ID, justification, nil)
	m.outcome(t, justification, err)
}

// outcome checks what a create did against what its error says.
func (m *mayhem) outcome(t *rapid.T, justification string, err error) {
	made := slices.ContainsFunc(m.Requests(), func(r aponotest.Request) bool { return r.Justification == justification })
	if err == nil && !made || err != nil && made && !errors.Is(err, aponoapi.ErrUnknownOutcome) {
		t.Fatalf("%s: exists %v, but the error is %v", justification, made, err)
	}
}

// mayFail takes any refusal that says what it is; what it led to, check finds.
func mayFail(t *rapid.T, err error) {
	var refusal *aponoapi.Error
	if err != nil && !errors.As(err, &refusal) {
		t.Fatal(err)
	}
}

func (m *mayhem) decide(t *rapid.T) {
	r := m.any(t)
	client := m.as(rapid.SampledFrom([]string{"omar", "ava", "adam", "dana", "devin"}).Draw(t, "who"))
	decide := client.Approve
	if rapid.Bool().Draw(t, "reject") {
		decide = client.Reject
	}
	mayFail(t, decide(t.Context(), r.V4ID, "because"))
}

func (m *mayhem) end(t *rapid.T) {
	id := m.any(t).FriendlyID
	end := map[string]func() error{
		"fail": func() error { return m.Fail(id, "broken") }, "expire": func() error { return m.Expire(id) },
		"mfa": func() error { return m.PassMFA(id) },
	}
	if err := end[rapid.SampledFrom([]string{"fail", "expire", "mfa"}).Draw(t, "how")](); err != nil {
		t.Log(err)
	}
}

func (m *mayhem) revoke(t *rapid.T) {
	r := m.any(t)
	if rapid.Bool().Draw(t, "her own") {
		_, err := m.as("dana").RevokeV4(t.Context(), r.V4ID)
		mayFail(t, err)
		return
	}
	_, err := m.bot.RevokeV3(t.Context(), r.V3ID)
	mayFail(t, err)
}

func (m *mayhem) extend(t *rapid.T) {
	mayFail(t, m.as("dana").Extend(t.Context(), m.any(t).V4ID))
}

func (m *mayhem) advance(t *rapid.T) {
	m.Advance(time.Duration(rapid.SampledFrom([]int{1, 3, 60, 3600, 40000}).Draw(t, "seconds")) * time.Second)
}

func (m *mayhem) look(t *rapid.T) {
	for session, err := range m.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		m.saw(t, func() (aponoapi.Details, error) { return m.as("dana").SessionDetails(t.Context(), session.ID) })
	}
}

func (m *mayhem) lookV3(t *rapid.T) {
	r := m.any(t)
	m.saw(t, func() (aponoapi.Details, error) { return m.bot.DetailsV3(t.Context(), r.V3ID) })
}

// saw reads details; a secret must never be shown again.
func (m *mayhem) saw(t *rapid.T, read func() (aponoapi.Details, error)) {
	d, err := read()
	mayFail(t, err)
	for _, secret := range m.Secrets() {
		if !strings.Contains(d.Instructions.Reveal(), secret) {
			continue
		}
		if m.shown[secret] {
			t.Fatal("a secret was shown twice")
		}
		m.shown[secret] = true
	}
}

func (m *mayhem) reset(t *rapid.T) {
	if rapid.Bool().Draw(t, "v3") {
		_, err := m.bot.ResetV3(t.Context(), m.any(t).V3ID)
		mayFail(t, err)
		return
	}
	for session, err := range m.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		_, err := m.as("dana").ResetSession(t.Context(), session.ID)
		mayFail(t, err)
	}
}

// fault breaks the next few actions. Reads are left alone, because they try
// again and that takes real time.
func (m *mayhem) fault(t *rapid.T) {
	f := rapid.SampledFrom([]aponotest.Fault{
		{Status: 500}, {Status: 429, RetryAfter: time.Minute}, {CutBefore: true}, {CutAfter: true}, {Malformed: true},
	}).Draw(t, "fault")
	f.Times = rapid.IntRange(1, 2).Draw(t, "times")
	f.Method = "POST"
	if rapid.Bool().Draw(t, "details") {
		f.Method = "GET"
		f.Path = rapid.SampledFrom([]string{
			"/api/v3/access-requests/*/access-details", "/api/user/v1/access-sessions/*/access-details",
		}).Draw(t, "path")
	}
	m.Fault(f)
}

// check is what holds after every step.
func (m *mayhem) check(t *rapid.T) {
	told := make(map[string]aponoapi.Status) // by v3 and v4
	v3, err := m.bot.RequestsV3(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range v3.Items {
		told[r.V3ID] = r.Status
	}
	for _, requestor := range []string{"", "bot@acme.example"} {
		for r, err := range m.as("dana").RequestsV4(t.Context(), aponoapi.RequestFilterV4{Requestor: requestor}) {
			if err != nil {
				t.Fatal(err)
			}
			told[r.V4ID] = r.Status
		}
	}
	created := make(map[string]int)
	for _, r := range m.Requests() {
		if created[r.Justification]++; created[r.Justification] > 1 {
			t.Fatalf("%s was created twice", r.Justification)
		}
		if in3 := told[r.V3ID]; in3.Over() != r.Status.Over() || in3.Active() != r.Status.Active() {
			t.Fatalf("%s: v3 tells %v, it is %v", r.FriendlyID, in3, r.Status)
		}
		if in4 := told[r.V4ID]; in4 != r.Status {
			t.Fatalf("%s: v4 tells %v, it is %v", r.FriendlyID, in4, r.Status)
		}
	}
	m.checkSteps(t)
}

func (m *mayhem) checkSteps(t *rapid.T) {
	stands := make(map[string]string)
	for _, e := range m.Events() {
		if e.Kind != "status" {
			continue
		}
		if !slices.Contains(edges[stands[e.RequestID]], e.Text) {
			t.Fatalf("%s went from %q to %q", e.RequestID, stands[e.RequestID], e.Text)
		}
		stands[e.RequestID] = e.Text
	}
}
