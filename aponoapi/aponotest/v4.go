package aponotest

import (
	"net/http"
	"slices"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

func (s *Server) routeV4() {
	const requests, delegated = "/api/user/v4/access-requests", "/api/user/v1/delegated-access-requests"
	s.handle("GET "+requests, s.listV4)
	s.handle("POST "+requests, s.createV4)
	s.handle("GET "+requests+"/{id}", s.onOwn(func(r *record, _ caller, _ *http.Request) (any, error) { return s.v4(r), nil }))
	s.handle("GET "+requests+"/{id}/entitlements", s.listEntitlements)
	s.handle("POST "+requests+"/{id}/request-again", s.onOwn(s.again))
	s.handle("POST "+requests+"/{id}/revoke", s.onOwn(func(r *record, c caller, _ *http.Request) (any, error) {
		return message{"Access revocation has started"}, s.revoke(r, c.person.ID)
	}))
	s.handle("GET "+delegated, s.listDelegated)
	s.handle("GET "+delegated+"/{id}", s.getDelegated)
	s.handle("GET /api/user/v1/available-access/bundles", s.availableBundles)
	s.handle("GET /api/user/v1/available-access/entitlements", s.availableEntitlements)
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
	Bundle         *namedWire        `json:"bundle,omitempty"`
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
func statusV4(r *record) string {
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

// ended is when the access ended. Access that never was has no end.
func (r *record) ended() time.Time {
	if r.GrantedAt.IsZero() {
		return time.Time{}
	}
	return r.EndedAt
}

func (r *record) fields() map[string]string {
	if r.CustomFields == nil {
		return map[string]string{}
	}
	return r.CustomFields
}

func (s *Server) v4(r *record) wireV4 {
	w := wireV4{
		ID: r.V4ID, Status: statusV4(r), DurationInSec: int32(r.Duration / time.Second),
		Justification: r.Justification, CreationDate: r.Created, RevocationDate: r.ended(),
		CustomFields: r.fields(), AccessGroups: s.groups(r),
		Requestor: s.identity(r.Requester), Grantee: s.identity(r.Grantee),
	}
	if b := s.world.bundle(r.Bundle); b != nil {
		w.Bundle = &namedWire{b.ID, b.Name}
	}
	return w
}

// groups tells the integrations and resource types of a request.
func (s *Server) groups(r *record) []groupWire {
	groups := []groupWire{}
	for _, in := range s.integrationsOf(r) {
		g := groupWire{Integration: namedWire{in.ID, in.Name}, ResourceTypes: []labelWire{}}
		for _, t := range r.typesIn(in) {
			g.ResourceTypes = append(g.ResourceTypes, labelWire{t.ID, t.Name})
		}
		groups = append(groups, g)
	}
	return groups
}

func (s *Server) integrationsOf(r *record) []*Integration {
	var list []*Integration
	for _, id := range distinct(r.Units, func(u unit) string { return u.Integration }) {
		if in := s.world.integration(id); in != nil {
			list = append(list, in)
		}
	}
	return list
}

func (r *record) typesIn(in *Integration) []*ResourceType {
	var list []*ResourceType
	for _, id := range distinct(r.Units, func(u unit) string { return u.Type }) {
		if t := in.resourceType(id); t != nil {
			list = append(list, t)
		}
	}
	return list
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

// onOwn answers for a request whose access the caller receives.
func (s *Server) onOwn(do func(*record, caller, *http.Request) (any, error)) handler {
	return func(c caller, req *http.Request) (any, error) {
		r, err := s.lookupV4(req.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if r.Grantee != c.person.ID {
			return nil, notFound("Access request not found")
		}
		return do(r, c, req)
	}
}

// inStatus says that a filter of statuses, however spelled, takes r.
func inStatus(filter []string, r *record) bool { return takes(filter, r.Status) }

// takes says that a filter of statuses, however spelled, takes s.
func takes(filter []string, s aponoapi.Status) bool { return statusFilter(filter)(s) }

// statusFilter is takes for many.
func statusFilter(filter []string) func(aponoapi.Status) bool {
	wanted := make(map[aponoapi.Status]bool, len(filter))
	for _, status := range filter {
		wanted[aponoapi.ParseStatus(status)] = true
	}
	return func(s aponoapi.Status) bool { return len(filter) == 0 || wanted[s] }
}

// listV4 lists what the caller receives and has submitted, or what requestor
// has submitted for the caller.
func (s *Server) listV4(c caller, req *http.Request) (any, error) {
	query, by := req.URL.Query(), c.person
	if requestor := query.Get("requestor"); requestor != "" {
		if by = s.world.person(requestor); by == nil {
			return nil, notFound("User not found")
		}
	}
	var all []*record
	takes := statusFilter(query["statuses"])
	for _, r := range slices.Backward(s.requests) {
		if r.Grantee == c.person.ID && r.Requester == by.ID && takes(r.Status) {
			all = append(all, r)
		}
	}
	return tokenPaged(req, all, s.v4)
}

func (s *Server) listDelegated(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	grantee := s.world.person(query.Get("grantee"))
	if query.Get("grantee") != "" && grantee == nil {
		return nil, notFound("User not found")
	}
	var all []*record
	takes := statusFilter(query["statuses"])
	for _, r := range slices.Backward(s.requests) {
		if r.delegatedBy(c.person) && (grantee == nil || r.Grantee == grantee.ID) && takes(r.Status) {
			all = append(all, r)
		}
	}
	return tokenPaged(req, all, s.v4)
}

func (r *record) delegatedBy(p *Person) bool { return r.Requester == p.ID && r.Grantee != p.ID }

// getDelegated tells what the caller asked for on behalf of others.
func (s *Server) getDelegated(c caller, req *http.Request) (any, error) {
	r, err := s.lookupV4(req.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if !r.delegatedBy(c.person) {
		return nil, notFound("Access request not found")
	}
	return s.v4(r), nil
}

type createV4 struct {
	BundleReference string            `json:"bundle_reference"`
	Entitlements    []entitlementRef  `json:"entitlements"`
	Justification   string            `json:"justification"`
	DurationInSec   *int32            `json:"duration_in_sec"`
	CustomFields    map[string]string `json:"custom_fields"`
	Grantee         string            `json:"grantee"`
}

type entitlementRef struct {
	ResourceID   string `json:"resource_id"`
	PermissionID string `json:"permission_id"`
}

func (s *Server) createV4(c caller, req *http.Request) (any, error) {
	var body createV4
	if err := readJSON(req, &body); err != nil {
		return nil, err
	}
	w, err := s.wishV4(c, body)
	if err != nil {
		return nil, err
	}
	return s.submitV4(w)
}

func (s *Server) submitV4(w wish) (any, error) {
	opened, err := s.submit(w)
	if err != nil {
		return nil, err
	}
	answer := make([]wireV4, len(opened))
	for i, r := range opened {
		answer[i] = s.v4(r)
	}
	return answer, nil
}

func (s *Server) wishV4(c caller, body createV4) (wish, error) {
	w := wish{requester: c.person, grantee: c.person, justification: body.Justification, fields: body.CustomFields}
	if body.CustomFields == nil {
		return w, invalid("custom_fields is missing")
	}
	if body.Grantee != "" {
		if w.grantee = s.world.person(body.Grantee); w.grantee == nil {
			return w, invalid("Unknown grantee")
		}
	}
	if body.DurationInSec != nil {
		if w.duration = time.Duration(*body.DurationInSec) * time.Second; w.duration <= 0 {
			return w, invalid("Duration must be positive")
		}
	}
	if (body.BundleReference == "") == (len(body.Entitlements) == 0) {
		return w, invalid("Either bundle_reference or entitlements is required")
	}
	if body.BundleReference != "" {
		if w.bundle = s.world.bundle(body.BundleReference); w.bundle == nil {
			return w, invalid("Unknown bundle")
		}
		w.units = s.world.contents(w.bundle)
		return w, nil
	}
	var err error
	w.units, err = s.entitled(body.Entitlements)
	return w, err
}

// entitled finds the units that entitlements name, each once.
func (s *Server) entitled(list []entitlementRef) ([]unit, error) {
	var units []unit
	chosen, resources := make(map[unit]bool), make(map[string]bool)
	for _, e := range list {
		at, known := s.index.resources[e.ResourceID]
		permission, named := s.index.permissions[e.PermissionID]
		if !known || !named || permission.kind != at.kind {
			return nil, invalid("Unknown entitlement")
		}
		u := unit{Integration: at.in.ID, Type: at.kind.ID, Resource: e.ResourceID, Permission: permission.name}
		if resources[u.Resource] = true; len(resources) > maxResources {
			return nil, invalid("At most %d resources can be requested at once", maxResources)
		}
		if !chosen[u] {
			chosen[u] = true
			units = append(units, u)
		}
	}
	return units, nil
}

// again makes a new request of one that is over.
func (s *Server) again(r *record, c caller, req *http.Request) (any, error) {
	var body struct {
		Justification string            `json:"justification"`
		CustomFields  map[string]string `json:"custom_fields"`
	}
	if err := readJSON(req, &body); err != nil {
		return nil, err
	}
	switch {
	case body.CustomFields == nil:
		return nil, invalid("custom_fields is missing")
	case !r.Status.Over():
		return nil, conflict("The request is not closed")
	}
	return s.submitV4(wish{
		requester: c.person, grantee: c.person, bundle: s.world.bundle(r.Bundle), units: r.Units,
		justification: body.Justification, duration: r.Duration, fields: body.CustomFields,
	})
}
