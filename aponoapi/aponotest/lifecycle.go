package aponotest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/google/uuid"
)

// record is one request, as it is saved.
type record struct {
	V3ID, FriendlyID, V4ID string
	Requester, Grantee     string // ids of people
	Units                  []unit
	Flow                   string
	Justification          string
	Duration               time.Duration // 0: without end
	CustomFields           map[string]string
	Votes                  []vote
	Created                time.Time
	Status                 aponoapi.Status
	Since                  time.Time // when Status was reached
	Due                    time.Time // when Apono moves it on by itself; zero: never
	GrantedAt, EndedAt     time.Time
	Reason                 string // why it was rejected or failed
}

// unit is one permission on one resource.
type unit struct {
	Integration, Type, Resource, Permission string // ids; the permission's name
}

// vote is one approver's part in a request.
type vote struct {
	Approver string // mail address
	Tier     int
	Decision string // Pending, Approved, Rejected
	Reason   string
}

func (r *record) named(id string) bool {
	return r.V3ID == id || r.FriendlyID == id || r.V4ID == id
}

// Now is the simulated time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock()
}

func (s *Server) clock() time.Time { return s.now().UTC().Add(s.offset) }

// Advance moves the simulated clock, and what becomes due by that.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.unlock()
	s.offset += max(0, d)
	s.changed = true
	s.settle()
}

// open adds a request to the world, at the beginning of its life.
func (s *Server) open(r *record) {
	n := len(s.requests) + 1
	r.FriendlyID = fmt.Sprintf("AR-%d", 1000+n)
	r.V3ID = s.newID("v3", n)
	r.V4ID = "req_" + strings.ReplaceAll(s.newID("v4", n), "-", "")
	r.Created = s.clock()
	f := s.world.flow(r.Flow)
	r.ask(f, 0)
	s.requests = append(s.requests, r)
	s.changed = true
	s.announce(r, "RequestCreated", r.Created)
	first := aponoapi.Pending
	if f.MFA {
		first = aponoapi.PendingMFA
	}
	s.move(r, first, r.Created, r.Requester, "")
}

func (s *Server) newID(family string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", s.seed, family, n))
	u, err := uuid.FromBytes(sum[:16])
	if err != nil {
		panic(err) // 16 bytes are always a UUID
	}
	return u.String()
}

// ask puts a tier of approvers on the request.
func (r *record) ask(f *Flow, tier int) {
	if tier >= len(f.Approvers) {
		return
	}
	for _, address := range f.Approvers[tier] {
		r.Votes = append(r.Votes, vote{Approver: address, Tier: tier + 1, Decision: "Pending"})
	}
}

// settle does everything that has become due, each at its own time.
func (s *Server) settle() {
	now := s.clock()
	for _, r := range s.requests {
		for !r.Due.IsZero() && !r.Due.After(now) {
			s.pass(r, r.Due)
		}
	}
}

// pass is what Apono does by itself when a request's time has come.
func (s *Server) pass(r *record, at time.Time) {
	f := s.world.flow(r.Flow)
	switch r.Status {
	case aponoapi.Pending:
		if len(f.Approvers) == 0 {
			s.move(r, aponoapi.Granting, at, "Apono", "")
			return
		}
		tier := r.Votes[len(r.Votes)-1].Tier
		r.ask(f, tier)
		r.Due = due(r, f, at)
		s.changed = true
		s.note(Event{At: at, Kind: "escalation", RequestID: r.FriendlyID})
	case aponoapi.Granting:
		r.GrantedAt = at
		s.move(r, aponoapi.Granted, at, "Apono", "")
	case aponoapi.Granted:
		s.move(r, aponoapi.Expired, at, "Apono", "")
	case aponoapi.Revoking:
		s.move(r, aponoapi.Revoked, at, "Apono", "")
	default:
		r.Due = time.Time{}
	}
}

// due is when Apono will move a request on that reached its status at at.
func due(r *record, f *Flow, at time.Time) time.Time {
	switch r.Status {
	case aponoapi.Pending:
		if len(f.Approvers) == 0 {
			return at.Add(f.StartAfter)
		}
		if f.EscalateAfter > 0 && r.Votes[len(r.Votes)-1].Tier < len(f.Approvers) {
			return at.Add(f.EscalateAfter)
		}
	case aponoapi.Granting:
		return at.Add(f.GrantAfter)
	case aponoapi.Granted:
		if r.Duration > 0 {
			return at.Add(r.Duration)
		}
	case aponoapi.Revoking:
		return at.Add(f.RevokeAfter)
	}
	return time.Time{}
}

// told are the changes that Apono's webhook tells; never Revoked.
var told = map[aponoapi.Status]string{
	aponoapi.Granting: "RequestApproved", aponoapi.Granted: "RequestGranted", aponoapi.Rejected: "RequestRejected",
	aponoapi.Expired: "RequestExpired", aponoapi.Failed: "RequestFailed",
}

// move brings a request to a status.
func (s *Server) move(r *record, to aponoapi.Status, at time.Time, by, reason string) {
	r.Status, r.Since = to, at
	r.Due = due(r, s.world.flow(r.Flow), at)
	if to.Over() {
		r.EndedAt = at
		r.Reason = reason
	}
	s.changed = true
	if p := s.world.person(by); p != nil {
		by = p.Email
	}
	s.note(Event{At: at, Kind: "status", RequestID: r.FriendlyID, Actor: by, Text: to.String()})
	if event, ok := told[to]; ok {
		s.announce(r, event, at)
	}
}

// lookup finds a request by any of its ids.
func (s *Server) lookup(id string) (*record, error) {
	for _, r := range s.requests {
		if r.named(id) {
			return r, nil
		}
	}
	return nil, notFound("Access request not found")
}

// change does something to one request at the present time.
func (s *Server) change(id string, do func(r *record) error) error {
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	r, err := s.lookup(id)
	if err != nil {
		return err
	}
	return do(r)
}

// Approve decides a pending request as the approver by (id or address); ""
// decides for everybody who was asked.
func (s *Server) Approve(id, by, reason string) error {
	return s.change(id, func(r *record) error { return s.decide(r, by, reason, true) })
}

// Reject is Approve's opposite.
func (s *Server) Reject(id, by, reason string) error {
	return s.change(id, func(r *record) error { return s.decide(r, by, reason, false) })
}

// Fail ends a request as failed, whatever it was doing.
func (s *Server) Fail(id, reason string) error {
	return s.change(id, func(r *record) error {
		if r.Status.Over() {
			return conflict("The request is already closed")
		}
		s.move(r, aponoapi.Failed, s.clock(), "Apono", reason)
		return nil
	})
}

// Expire ends granted access before its time.
func (s *Server) Expire(id string) error {
	return s.change(id, func(r *record) error {
		if r.Status != aponoapi.Granted {
			return conflict("The request is not active")
		}
		s.move(r, aponoapi.Expired, s.clock(), "Apono", "")
		return nil
	})
}

// PassMFA lets a request go on whose requester had to pass MFA.
func (s *Server) PassMFA(id string) error {
	return s.change(id, func(r *record) error {
		if r.Status != aponoapi.PendingMFA {
			return conflict("The request does not wait for MFA")
		}
		s.move(r, aponoapi.Pending, s.clock(), r.Requester, "")
		return nil
	})
}

const maxReason = 124 // Apono: less than 124 characters in every UI

func (s *Server) decide(r *record, by, reason string, approve bool) error {
	f := s.world.flow(r.Flow)
	if r.Status != aponoapi.Pending {
		return conflict("The request is not waiting for approval")
	}
	if utf8.RuneCountInString(reason) >= maxReason {
		return invalid("The reason must have less than %d characters", maxReason)
	}
	if by == "" {
		s.settled(r, approve, "Apono", reason)
		return nil
	}
	p := s.world.person(by)
	mine := slices.IndexFunc(r.Votes, func(v vote) bool { return p != nil && v.Approver == p.Email })
	switch {
	case mine < 0:
		return forbidden("You are not an approver of this request")
	case !f.SelfApproval && (p.ID == r.Requester || p.ID == r.Grantee):
		return forbidden("The requestor cannot approve their own request")
	case f.ReasonRequired && strings.TrimSpace(reason) == "":
		return invalid("A reason is required")
	case r.Votes[mine].Decision != "Pending":
		return conflict("You have already decided on this request")
	}
	s.changed = true
	r.Votes[mine].Reason = reason
	r.Votes[mine].Decision = "Rejected"
	if approve {
		r.Votes[mine].Decision = "Approved"
	}
	if !approve || !f.AllOf || r.unanimous(r.Votes[mine].Tier) {
		s.settled(r, approve, p.ID, reason)
	}
	return nil
}

// unanimous says that everybody of a tier has approved.
func (r *record) unanimous(tier int) bool {
	return !slices.ContainsFunc(r.Votes, func(v vote) bool { return v.Tier == tier && v.Decision != "Approved" })
}

// settled moves a decided request on.
func (s *Server) settled(r *record, approved bool, by, reason string) {
	to, why := aponoapi.Granting, ""
	if !approved {
		to, why = aponoapi.Rejected, reason
	}
	s.move(r, to, s.clock(), by, why)
}

// Request is how a request stands, for tests and the playground's panel.
type Request struct {
	V3ID          string          `json:"v3_id"`
	FriendlyID    string          `json:"friendly_id"`
	V4ID          string          `json:"v4_id"`
	Status        aponoapi.Status `json:"status"`
	Words         string          `json:"words"` // Status as people read it
	Requester     string          `json:"requester"`
	Grantee       string          `json:"grantee"` // both are mail addresses
	Integration   string          `json:"integration"`
	Resources     []string        `json:"resources"` // names
	Permissions   []string        `json:"permissions"`
	Justification string          `json:"justification"`
	DurationSec   int64           `json:"duration_sec"`
	Approvers     []string        `json:"approvers"`
	Created       time.Time       `json:"created"`
	GrantedAt     time.Time       `json:"granted_at,omitzero"`
	EndedAt       time.Time       `json:"ended_at,omitzero"`
}

// Requests tells every request, the oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	list := make([]Request, len(s.requests))
	for i, r := range s.requests {
		list[i] = s.tell(r)
	}
	return list
}

func (s *Server) tell(r *record) Request {
	told := Request{
		V3ID: r.V3ID, FriendlyID: r.FriendlyID, V4ID: r.V4ID, Status: r.Status, Words: r.Status.String(),
		Requester: s.email(r.Requester), Grantee: s.email(r.Grantee), Permissions: r.permissions(),
		Justification: r.Justification, DurationSec: int64(r.Duration / time.Second),
		Approvers: []string{}, Created: r.Created, GrantedAt: r.GrantedAt, EndedAt: r.EndedAt,
	}
	for _, v := range r.Votes {
		told.Approvers = append(told.Approvers, v.Approver)
	}
	if in := s.world.integration(r.Units[0].Integration); in != nil {
		told.Integration = in.Name
		for _, id := range r.resources() {
			if _, res := in.find(id); res != nil {
				told.Resources = append(told.Resources, res.Name)
			}
		}
	}
	return told
}

func (s *Server) email(id string) string {
	if p := s.world.person(id); p != nil {
		return p.Email
	}
	return cmp.Or(id, "?")
}

func (r *record) resources() []string {
	return distinct(r.Units, func(u unit) string { return u.Resource })
}
func (r *record) permissions() []string {
	return distinct(r.Units, func(u unit) string { return u.Permission })
}

// distinct keeps the first of each value, in order.
func distinct[T any](from []T, value func(T) string) []string {
	list := []string{}
	seen := make(map[string]bool)
	for _, item := range from {
		if v := value(item); !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	return list
}
