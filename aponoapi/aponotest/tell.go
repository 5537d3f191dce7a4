package aponotest

import (
	"cmp"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Request is how a request stands, for tests and the playground's panel.
type Request struct {
	V3ID          string          `json:"v3_id"`
	FriendlyID    string          `json:"friendly_id"`
	V4ID          string          `json:"v4_id"`
	Status        aponoapi.Status `json:"status"`
	Words         string          `json:"words"` // Status as people read it
	Requester     string          `json:"requester"`
	Grantee       string          `json:"grantee"` // both are mail addresses
	Bundle        string          `json:"bundle"`
	Integration   string          `json:"integration"` // the first
	Resources     []string        `json:"resources"`   // names
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
		Requester: s.email(r.Requester), Grantee: s.email(r.Grantee), Permissions: r.permissions(), Bundle: r.Bundle,
		Justification: r.Justification, DurationSec: int64(r.Duration / time.Second),
		Approvers: []string{}, Created: r.Created, GrantedAt: r.GrantedAt, EndedAt: r.EndedAt,
	}
	for _, v := range r.Votes {
		told.Approvers = append(told.Approvers, v.Approver)
	}
	for _, id := range r.resources() {
		at := s.index.resources[id]
		told.Resources = append(told.Resources, at.res.Name)
		told.Integration = cmp.Or(told.Integration, at.in.Name)
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
