package aponotest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/google/uuid"
)

// record is one request, as it is saved.
type record struct {
	V3ID, FriendlyID, V4ID string
	Requester, Grantee     string // ids of people
	Units                  []unit
	FailedUnits            []unit // of them, those that Apono could not give
	Flow                   string
	Bundle                 string // a name; "" unless one was asked for
	Justification          string
	Extensions             int
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
	Asked    time.Time
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
	r.ask(f, 0, r.Created)
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
func (r *record) ask(f *Flow, tier int, at time.Time) {
	if tier >= len(f.Approvers) {
		return
	}
	for _, address := range f.Approvers[tier] {
		r.Votes = append(r.Votes, vote{Approver: address, Tier: tier + 1, Decision: "Pending", Asked: at})
	}
}

// tier is the last that was asked; 0 if none was, as in a request that was
// saved before its flow had approvers.
func (r *record) tier() int {
	if len(r.Votes) == 0 {
		return 0
	}
	return r.Votes[len(r.Votes)-1].Tier
}

// settle does everything that has become due, each at its own time and in
// that order: requests may share a session.
func (s *Server) settle() {
	now := s.clock()
	for r := s.nextDue(now); r != nil; r = s.nextDue(now) {
		s.pass(r, r.Due)
	}
	s.settleSessions(now)
}

// nextDue is the request that is due first; nil if none is yet.
func (s *Server) nextDue(now time.Time) (next *record) {
	for _, r := range s.requests {
		if !r.Due.IsZero() && !r.Due.After(now) && (next == nil || r.Due.Before(next.Due)) {
			next = r
		}
	}
	return next
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
		r.ask(f, r.tier(), at)
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
		if f.EscalateAfter > 0 && r.tier() < len(f.Approvers) {
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
	if to == aponoapi.Granted {
		s.connect(r)
	} else {
		s.disconnect(r)
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

// FailUnit lets a part of a request fail while the rest goes on: the permission
// of that name, or any if it is "", on the resource of that name. Apono tells of
// it from when it tries to give the access.
func (s *Server) FailUnit(id, resource, permission string) error {
	return s.change(id, func(r *record) error {
		if r.Status.Over() {
			return conflict("The request is already closed")
		}
		before := len(r.FailedUnits)
		for _, u := range r.Units {
			at := s.index.resources[u.Resource]
			if at.res.Name == resource && (permission == "" || u.Permission == permission) && !slices.Contains(r.FailedUnits, u) {
				r.FailedUnits = append(r.FailedUnits, u)
			}
		}
		if len(r.FailedUnits) == before {
			return notFound("The request has no such unit")
		}
		s.changed = true
		s.note(Event{Kind: "unit failed", RequestID: r.FriendlyID, Text: resource})
		return nil
	})
}

// failed says that Apono could not give u, a part of the request.
func (r *record) failed(u unit) bool {
	tried := !r.GrantedAt.IsZero() || r.Status == aponoapi.Granting
	return r.Status == aponoapi.Failed || tried && slices.Contains(r.FailedUnits, u)
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

// Revoke begins to take granted access away; Apono needs a while for it. A
// request that waits is cancelled so.
func (s *Server) Revoke(id string) error {
	return s.change(id, func(r *record) error { return s.revoke(r, "") })
}

func (s *Server) revoke(r *record, by string) error {
	if r.Status.Over() || r.Status == aponoapi.Revoking {
		return conflict("The request is not active")
	}
	s.move(r, aponoapi.Revoking, s.clock(), by, "")
	return nil
}

// extend lengthens granted access as the flow allows.
func (s *Server) extend(r *record) error {
	f := s.world.flow(r.Flow)
	switch {
	case r.Status != aponoapi.Granted:
		return conflict("The request is not active")
	case r.Extensions >= f.MaxExtensions || r.Duration == 0:
		return invalid("The request cannot be extended any more")
	}
	r.Extensions++
	r.Duration += f.ExtendBy
	r.Due = r.Due.Add(f.ExtendBy)
	s.changed = true
	s.note(Event{Kind: "extension", RequestID: r.FriendlyID})
	return nil
}
