package aponotest

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Approve decides a pending request as the approver by (id or address); ""
// decides for everybody who was asked.
func (s *Server) Approve(id, by, reason string) error {
	return s.change(id, func(r *record) error { return s.decide(r, by, reason, true) })
}

// Reject is Approve's opposite.
func (s *Server) Reject(id, by, reason string) error {
	return s.change(id, func(r *record) error { return s.decide(r, by, reason, false) })
}

const maxReason = 124 // Apono: less than 124 characters in every UI

func (s *Server) decide(r *record, by, reason string, approve bool) error {
	f, p := s.world.flow(r.Flow), s.world.person(by)
	mine := slices.IndexFunc(r.Votes, func(v vote) bool { return p != nil && v.Approver == p.Email })
	switch {
	case by != "" && mine < 0:
		return forbidden("You are not an approver of this request")
	case by != "" && !f.SelfApproval && (p.ID == r.Requester || p.ID == r.Grantee):
		return forbidden("The requestor cannot approve their own request")
	case r.Status != aponoapi.Pending:
		return conflict("The request is not waiting for approval")
	case utf8.RuneCountInString(reason) >= maxReason:
		return invalid("The reason must have less than %d characters", maxReason)
	case by == "":
		s.settled(r, approve, "Apono", reason)
		return nil
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
