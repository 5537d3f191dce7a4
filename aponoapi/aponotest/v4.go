package aponotest

import (
	"net/http"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

func (s *Server) routeV4() {
	s.handle("GET /api/user/v4/access-requests/{id}", s.getV4)
	s.handle("GET /api/user/v1/delegated-access-requests/{id}", s.getDelegated)
}

// wireV4 is AccessRequestV4, and DelegatedAccessRequestV1: what is absent is
// left out.
type wireV4 struct {
	ID             string            `json:"id"`
	Status         string            `json:"status"`
	DurationInSec  int32             `json:"duration_in_sec,omitempty"`
	Justification  string            `json:"justification,omitempty"`
	CreationDate   time.Time         `json:"creation_date"`
	RevocationDate time.Time         `json:"revocation_date,omitzero"`
	CustomFields   map[string]string `json:"custom_fields"`
	AccessGroups   []groupWire       `json:"access_groups"`
	Requestor      *identityWire     `json:"requestor,omitempty"`
	Grantee        *identityWire     `json:"grantee,omitempty"`
}

type groupWire struct {
	Integration   namedWire   `json:"integration"`
	ResourceTypes []labelWire `json:"resource_types"`
}

type namedWire struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type labelWire struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

type identityWire struct {
	ID       string `json:"id"`
	SourceID string `json:"source_id"`
}

func (s *Server) identity(id string) *identityWire {
	return &identityWire{ID: id, SourceID: s.email(id)}
}

// statusV4 is how v4, the delegated list and the client API spell statuses.
func (s *Server) statusV4(r *record) string {
	switch r.Status {
	case aponoapi.Pending:
		if len(r.Votes) == 0 {
			return "Initializing"
		}
		return "Pending"
	case aponoapi.PendingMFA:
		return "PendingMFA"
	case aponoapi.Granted:
		return "Active"
	}
	return r.Status.String()
}

func (s *Server) v4(r *record) wireV4 {
	w := wireV4{
		ID: r.V4ID, Status: s.statusV4(r), DurationInSec: int32(r.Duration / time.Second),
		Justification: r.Justification, CreationDate: r.Created, RevocationDate: r.EndedAt,
		CustomFields: r.CustomFields, AccessGroups: s.groups(r),
		Requestor: s.identity(r.Requester), Grantee: s.identity(r.Grantee),
	}
	if w.CustomFields == nil {
		w.CustomFields = map[string]string{}
	}
	if r.GrantedAt.IsZero() {
		// Access that never was has no end.
		w.RevocationDate = time.Time{}
	}
	return w
}

// groups tells the integrations and resource types of a request.
func (s *Server) groups(r *record) []groupWire {
	groups := []groupWire{}
	for _, id := range distinct(r.Units, func(u unit) string { return u.Integration }) {
		in := s.world.integration(id)
		if in == nil {
			continue
		}
		g := groupWire{Integration: namedWire{in.ID, in.Name}, ResourceTypes: []labelWire{}}
		for _, typeID := range distinct(r.Units, func(u unit) string { return u.Type }) {
			if t := in.resourceType(typeID); t != nil {
				g.ResourceTypes = append(g.ResourceTypes, labelWire{t.ID, t.Name})
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// lookupV4 finds a request by the ids that v4 takes: its own, and the one
// that people read.
func (s *Server) lookupV4(id string) (*record, error) {
	r, err := s.lookup(id)
	if err == nil && r.V3ID == id {
		return nil, notFound("Access request not found")
	}
	return r, err
}

// getV4 tells people of their own requests only.
func (s *Server) getV4(c caller, req *http.Request) (any, error) {
	r, err := s.lookupV4(req.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if r.Grantee != c.person.ID {
		return nil, notFound("Access request not found")
	}
	return s.v4(r), nil
}

// getDelegated tells what the caller asked for on behalf of others.
func (s *Server) getDelegated(c caller, req *http.Request) (any, error) {
	r, err := s.lookupV4(req.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if r.Requester != c.person.ID || r.Grantee == c.person.ID {
		return nil, notFound("Access request not found")
	}
	return s.v4(r), nil
}
