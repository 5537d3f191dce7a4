package aponotest

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

func (s *Server) routeV2() {
	s.handle("GET /api/v2/users", s.listUsers)
	s.handle("GET /api/v2/users/{id}", s.getUser)
	s.handle("GET /api/v2/integrations", s.listIntegrations)
	s.handle("GET /api/admin/v2/bundles", s.listBundles)
}

func (s *Server) routeV3() {
	s.handle("GET /api/v3/access-requests", s.listV3)
	s.handle("POST /api/v3/access-requests", s.createV3)
	s.handle("GET /api/v3/access-requests/{id}", s.getV3)
	s.handle("POST /api/v3/access-requests-bulk/revoke", s.revokeV3)
	s.handle("GET /api/v3/activity", s.activity)
	const selectable = "GET /api/v3/selectable-integrations"
	s.handle(selectable, s.selectableIntegrations)
	s.handle(selectable+"/{integration}/resource-types", s.selectableTypes)
	s.handle(selectable+"/{integration}/{type}/resources", s.selectableResources)
	s.handle(selectable+"/{integration}/{type}/permissions", s.selectablePermissions)
}

type userWire struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Active    bool   `json:"active"`
}

func wireUser(p *Person) userWire {
	return userWire{ID: p.ID, Email: p.Email, FirstName: p.FirstName, LastName: p.LastName, Active: !p.Inactive}
}

func (s *Server) listUsers(caller, *http.Request) (any, error) {
	var all []userWire
	for i := range s.world.People {
		all = append(all, wireUser(&s.world.People[i]))
	}
	return paged(s, all), nil
}

func (s *Server) getUser(_ caller, r *http.Request) (any, error) {
	p := s.world.person(r.PathValue("id"))
	if p == nil {
		return nil, notFound("User not found")
	}
	return wireUser(p), nil
}

type integrationWire struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Type          string   `json:"type"`
	Status        string   `json:"status"`
	Metadata      struct{} `json:"metadata"`
	ResourceTypes []string `json:"connected_resource_types"`
}

func (s *Server) listIntegrations(caller, *http.Request) (any, error) {
	var all []integrationWire
	for i := range s.world.Integrations {
		in := &s.world.Integrations[i]
		all = append(all, integrationWire{
			ID: in.ID, Name: in.Name, Type: in.Type, Status: "Active",
			ResourceTypes: distinct(in.ResourceTypes, func(t ResourceType) string { return t.ID }),
		})
	}
	return paged(s, all), nil
}

// bundleWire is BundleV2 without what the bundle is made of.
type bundleWire struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	AccessTargets []struct{} `json:"access_targets"`
	CreationDate  time.Time  `json:"creation_date"`
	UpdateDate    time.Time  `json:"update_date"`
}

// bundlesMade is when all bundles were made and last changed.
var bundlesMade = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func (s *Server) listBundles(_ caller, r *http.Request) (any, error) {
	query := r.URL.Query()
	all := slices.DeleteFunc(slices.Clone(s.world.Bundles), func(b Bundle) bool { return !alike(query["name"], b.Name) })
	return tokenPaged(r, all, func(b Bundle) bundleWire {
		return bundleWire{ID: b.ID, Name: b.Name, AccessTargets: []struct{}{}, CreationDate: bundlesMade, UpdateDate: bundlesMade}
	})
}

// wireV3 is AccessRequest of /api/v3: no times, no names, and a status that
// knows neither Granting nor Revoked.
type wireV3 struct {
	RequestID         string   `json:"request_id"`
	FriendlyRequestID string   `json:"friendly_request_id"`
	UserID            string   `json:"user_id"`
	Status            string   `json:"status"`
	IntegrationID     string   `json:"integration_id"`
	ResourceIDs       []string `json:"resource_ids"`
	Permissions       []string `json:"permissions"`
	Justification     string   `json:"justification"`
}

var statusV3 = map[aponoapi.Status]string{
	aponoapi.Pending: "PENDING", aponoapi.PendingMFA: "PENDING", aponoapi.Granting: "APPROVED",
	aponoapi.Granted: "GRANTED", aponoapi.Revoking: "REVOKING", aponoapi.Revoked: "EXPIRED",
	aponoapi.Expired: "EXPIRED", aponoapi.Rejected: "REJECTED", aponoapi.Failed: "FAILED",
}

func (r *record) v3() wireV3 {
	return wireV3{
		RequestID: r.V3ID, FriendlyRequestID: r.FriendlyID, UserID: r.Grantee, Status: statusV3[r.Status],
		IntegrationID: r.Units[0].Integration, ResourceIDs: r.resources(), Permissions: r.permissions(),
		Justification: r.Justification,
	}
}

// lookupV3 finds a request by the ids that v3 tells.
func (s *Server) lookupV3(id string) (*record, error) {
	r, err := s.lookup(id)
	if err == nil && r.V4ID == id {
		return nil, notFound("Access request not found")
	}
	return r, err
}

func (s *Server) getV3(_ caller, req *http.Request) (any, error) {
	r, err := s.lookupV3(req.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return r.v3(), nil
}

func (s *Server) listV3(_ caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	var since time.Time
	if text := query.Get("days_offset"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil || days < 0 {
			return nil, invalid("days_offset must be a number of days")
		}
		since = s.clock().AddDate(0, 0, -days)
	}
	var all []wireV3
	for _, r := range slices.Backward(s.requests) {
		if user := query.Get("user_id"); (user == "" || user == r.Grantee) && !r.Created.Before(since) {
			all = append(all, r.v3())
		}
	}
	return paged(s, all), nil
}

type createV3 struct {
	UserID        string   `json:"user_id"`
	IntegrationID string   `json:"integration_id"`
	ResourceIDs   []string `json:"resource_ids"`
	Permissions   []string `json:"permissions"`
	Justification *string  `json:"justification"`
	DurationInSec *int32   `json:"duration_in_sec"`
}

func (s *Server) createV3(c caller, req *http.Request) (any, error) {
	var body createV3
	if err := readJSON(req, &body); err != nil {
		return nil, err
	}
	w, err := s.wishV3(c, body)
	if err != nil {
		return nil, err
	}
	opened, err := s.submit(w)
	if err != nil {
		return nil, err
	}
	return opened[0].v3(), nil
}

func (s *Server) wishV3(c caller, body createV3) (wish, error) {
	if body.Justification == nil {
		return wish{}, invalid("justification is missing")
	}
	// v3 documents an id, not an address.
	p := s.world.person(body.UserID)
	if p == nil || p.ID != body.UserID {
		return wish{}, invalid("Unknown user_id")
	}
	in := s.world.integration(body.IntegrationID)
	if in == nil {
		return wish{}, invalid("Unknown integration_id")
	}
	w := wish{requester: c.person, grantee: p, justification: *body.Justification, v3: true}
	if body.DurationInSec != nil {
		if w.duration = time.Duration(*body.DurationInSec) * time.Second; w.duration <= 0 {
			return wish{}, invalid("Duration must be positive")
		}
	}
	var err error
	w.units, err = s.unitsOf(in, body.ResourceIDs, body.Permissions)
	return w, err
}

// revokeV3 ends those of the requests that are active.
func (s *Server) revokeV3(c caller, req *http.Request) (any, error) {
	var body struct {
		RequestIDs []string `json:"request_ids"`
	}
	if err := readJSON(req, &body); err != nil {
		return nil, err
	}
	if len(body.RequestIDs) == 0 {
		return nil, invalid("request_ids is missing")
	}
	var all []*record
	for _, id := range body.RequestIDs {
		r, err := s.lookupV3(id)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	var refusal error
	begun := 0
	for _, r := range all {
		if err := s.revoke(r, c.person.ID); err != nil {
			refusal = err
			continue
		}
		begun++
	}
	if begun == 0 {
		return nil, refusal
	}
	return message{"Access revocation has started"}, nil
}

// selecting is the person a selectable list is for: user_id, or the caller.
func (s *Server) selecting(c caller, req *http.Request) (*Person, error) {
	id := req.URL.Query().Get("user_id")
	if id == "" {
		return c.person, nil
	}
	p := s.world.person(id)
	if p == nil || p.ID != id {
		return nil, notFound("User not found")
	}
	return p, nil
}

type idWire struct {
	ID string `json:"id"`
}

func (s *Server) selectableIntegrations(c caller, req *http.Request) (any, error) {
	p, err := s.selecting(c, req)
	if err != nil {
		return nil, err
	}
	var all []idWire
	for i := range s.world.Integrations {
		if in := &s.world.Integrations[i]; s.world.flowFor(p, in) != nil {
			all = append(all, idWire{in.ID})
		}
	}
	return paged(s, all), nil
}

// selected is the integration of a selectable list; nil if it exists but the
// person may not request it.
func (s *Server) selected(c caller, req *http.Request) (*Integration, error) {
	p, err := s.selecting(c, req)
	if err != nil {
		return nil, err
	}
	in := s.world.integration(req.PathValue("integration"))
	if in == nil {
		return nil, notFound("Integration not found")
	}
	if s.world.flowFor(p, in) == nil {
		return &Integration{}, nil
	}
	return in, nil
}

type typeWire struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (s *Server) selectableTypes(c caller, req *http.Request) (any, error) {
	in, err := s.selected(c, req)
	if err != nil {
		return nil, err
	}
	var all []typeWire
	for _, t := range in.ResourceTypes {
		all = append(all, typeWire{t.ID, t.Name})
	}
	return paged(s, all), nil
}

type resourceWire struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

func (s *Server) selectableResources(c caller, req *http.Request) (any, error) {
	in, err := s.selected(c, req)
	if err != nil {
		return nil, err
	}
	var all []resourceWire
	if t := in.resourceType(req.PathValue("type")); t != nil {
		all = make([]resourceWire, len(t.Resources))
		for i, r := range t.Resources {
			all[i] = resourceWire{ID: r.ID, Type: t.ID, Name: r.Name}
		}
	}
	return paged(s, all), nil
}

func (s *Server) selectablePermissions(c caller, req *http.Request) (any, error) {
	in, err := s.selected(c, req)
	if err != nil {
		return nil, err
	}
	answer := struct {
		page[string]
		AllowMultiple bool `json:"allow_multiple"`
	}{page: paged(s, []string{})}
	if t := in.resourceType(req.PathValue("type")); t != nil {
		answer.page, answer.AllowMultiple = paged(s, t.Permissions), t.AllowMultiple
	}
	return answer, nil
}
