package aponotest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

func (s *Server) routeClient() {
	const requests = "/api/client/v1/access-requests"
	s.handle("GET /api/client/v1/session", s.me)
	s.handle("GET "+requests, s.listClient)
	s.handle("POST "+requests+"/dry-run", s.dryRun)
	s.handle("GET "+requests+"/{id}", s.onSeen(func(r *record, c caller, req *http.Request) (any, error) {
		limit, err := summaryLimit(req)
		return s.client(r, limit), err
	}))
	s.handle("POST "+requests+"/{id}/approve", s.onDecision(true))
	s.handle("POST "+requests+"/{id}/reject", s.onDecision(false))
	s.handle("POST "+requests+"/{id}/extend", s.onSeen(func(r *record, c caller, _ *http.Request) (any, error) {
		if r.Grantee != c.person.ID && r.Requester != c.person.ID {
			return nil, forbidden("You cannot extend this request")
		}
		return message{"Access has been extended"}, s.extend(r)
	}))
	s.handle("GET /api/client/v1/inventory/access-units", s.accessUnits)
	s.handle("GET /api/client/v1/inventory/grantees", s.grantees)
}

// me tells the token's owner, and what the company asks with a request.
func (s *Server) me(c caller, _ *http.Request) (any, error) {
	w := sessionClient{User: s.userClient(c.person.ID)}
	w.Account.ID, w.Account.Name, w.Account.Plan = id("account"), "Acme", "Enterprise"
	w.Settings.CustomFields = []fieldClient{}
	for _, f := range s.world.CustomFields {
		field := fieldClient{ID: f.ID, Type: "TEXT", Label: f.Label, Values: []optionClient{}, Required: f.Required}
		for _, option := range f.Options {
			field.Type = "SELECT"
			field.Values = append(field.Values, optionClient{option, option})
		}
		w.Settings.CustomFields = append(w.Settings.CustomFields, field)
	}
	w.Settings.MFA = slices.ContainsFunc(s.world.Flows, func(f Flow) bool { return f.MFA })
	return w, nil
}

func (s *Server) onDecision(approve bool) handler {
	return func(c caller, req *http.Request) (any, error) {
		var body struct {
			Justification string `json:"justification"`
		}
		if err := readJSON(req, &body); err != nil {
			return nil, err
		}
		r, err := s.lookupV4(req.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return message{"Your decision has been recorded"}, s.decide(r, c.person.ID, body.Justification, approve)
	}
}

// onSeen answers for a request that the caller made, receives or was asked
// to decide on.
func (s *Server) onSeen(do func(*record, caller, *http.Request) (any, error)) handler {
	return func(c caller, req *http.Request) (any, error) {
		r, err := s.lookupV4(req.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if r.Grantee != c.person.ID && r.Requester != c.person.ID && r.vote(c.person) == nil {
			return nil, notFound("Access request not found")
		}
		return do(r, c, req)
	}
}

func (r *record) vote(p *Person) *vote {
	i := slices.IndexFunc(r.Votes, func(v vote) bool { return v.Approver == p.Email })
	if i < 0 {
		return nil
	}
	return &r.Votes[i]
}

// inScope says whether a request is in one of the client API's lists.
func (s *Server) inScope(scope string, r *record, p *Person) (bool, error) {
	v := r.vote(p)
	own := p.ID == r.Requester || p.ID == r.Grantee
	mine := v != nil && (!own || s.world.flow(r.Flow).SelfApproval)
	waits := r.Status == aponoapi.Pending && v != nil && v.Decision == "Pending"
	switch aponoapi.Scope(scope) {
	case aponoapi.MyRequests:
		return r.Grantee == p.ID, nil
	case aponoapi.MyTasks:
		return mine && waits, nil
	case aponoapi.MyHistoricTasks:
		return mine && !waits, nil
	case aponoapi.MyDelegatedRequests:
		return r.delegatedBy(p), nil
	}
	return false, invalid("scope must be MyRequests, MyTasks, MyHistoricTasks or MyDelegatedRequests")
}

func (s *Server) listClient(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	limit, err := summaryLimit(req)
	if err != nil {
		return nil, err
	}
	if _, err := s.inScope(query.Get("scope"), &record{}, c.person); err != nil {
		return nil, err
	}
	all := []requestClient{}
	for _, r := range slices.Backward(s.requests) {
		if in, err := s.inScope(query.Get("scope"), r, c.person); err != nil || !in {
			continue
		}
		if (among(query["request_ids"], r.V4ID) || among(query["request_ids"], r.FriendlyID)) &&
			among(query["requestor_ids"], r.Requester) && among(query["grantee_ids"], r.Grantee) &&
			inStatus(query["statuses"], r) && query.Get("favorite_only") != "true" {
			all = append(all, s.client(r, limit))
		}
	}
	return skipPaged(req, all, itself)
}

func summaryLimit(req *http.Request) (int, error) {
	text := req.URL.Query().Get("access_units_summary_limit")
	if text == "" {
		return 5, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 0 {
		return 0, invalid("access_units_summary_limit must be a number")
	}
	return limit, nil
}

// trial is CreateAccessRequestClientModel.
type trial struct {
	IntegrationIDs  []string `json:"filter_integration_ids"`
	BundleIDs       []string `json:"filter_bundle_ids"`
	ResourceTypeIDs []string `json:"filter_resource_type_ids"`
	ResourceIDs     []string `json:"filter_resource_ids"`
	Resources       []struct {
		Value string `json:"value"`
	} `json:"filter_resources"`
	PermissionIDs []string          `json:"filter_permission_ids"`
	AccessUnitIDs []string          `json:"filter_access_unit_ids"`
	Justification string            `json:"justification"`
	DurationInSec int64             `json:"duration_in_sec"`
	CustomFields  map[string]string `json:"custom_fields"`
	GranteeID     string            `json:"grantee_id"`
}

type verdict struct {
	Status         string      `json:"status"`
	Errors         []objection `json:"errors"`
	MaxDurationSec int64       `json:"max_duration_in_sec,omitempty"`
}

// dryRun says what would be said to a request.
func (s *Server) dryRun(c caller, req *http.Request) (any, error) {
	var body trial
	if err := readJSON(req, &body); err != nil {
		return nil, err
	}
	if body.IntegrationIDs == nil || body.BundleIDs == nil || body.ResourceTypeIDs == nil || body.ResourceIDs == nil ||
		body.Resources == nil || body.PermissionIDs == nil || body.AccessUnitIDs == nil {
		return nil, invalid("All filters are required")
	}
	p, may, err := s.granteeOf(c, body.GranteeID)
	if err != nil {
		return nil, err
	}
	w := wish{
		requester: c.person, grantee: p, justification: body.Justification, fields: body.CustomFields,
		duration: time.Duration(body.DurationInSec) * time.Second,
	}
	if len(body.BundleIDs) > 0 {
		w.bundle = s.world.bundle(body.BundleIDs[0])
	}
	for _, u := range s.unitsFor(p, may, body.BundleIDs) {
		if s.picks(body, u) {
			w.units = append(w.units, u)
		}
	}
	return s.judge(w)
}

// picks says that a unit passes the filters of a trial.
func (s *Server) picks(t trial, u unit) bool {
	at := s.index.resources[u.Resource]
	ids := slices.Clone(t.ResourceIDs)
	for _, r := range t.Resources {
		ids = append(ids, r.Value)
	}
	permission := s.index.permissionID(at.kind, u.Permission)
	return among(t.IntegrationIDs, u.Integration) && among(t.ResourceTypeIDs, u.Type) && among(ids, u.Resource) &&
		(among(t.PermissionIDs, permission) || among(t.PermissionIDs, u.Permission)) &&
		among(t.AccessUnitIDs, unitID(u.Resource, permission))
}

func (s *Server) judge(w wish) (any, error) {
	if len(w.units) == 0 {
		return verdict{Status: "Invalid", Errors: []objection{{
			Code: "NO_ACCESS_FLOW", Field: "filter_integration_ids", Message: "Nothing that you may request was chosen",
			Details: map[string]any{},
		}}}, nil
	}
	parts, err := s.split(w)
	if err != nil {
		return nil, err
	}
	v := verdict{Status: "Valid", Errors: []objection{}}
	for _, p := range parts {
		v.Errors = append(v.Errors, s.objections(p.flow, w)...)
		if most := int64(p.flow.MaxDuration.Seconds()); most > 0 && (v.MaxDurationSec == 0 || most < v.MaxDurationSec) {
			v.MaxDurationSec = most
		}
	}
	if len(v.Errors) > 0 {
		v.Status = "Invalid"
	}
	return v, nil
}

type granteeWire struct {
	ID          string `json:"id"`
	SourceID    string `json:"source_id"`
	DisplayName string `json:"display_name"`
	Type        string `json:"type"`
}

func wireGrantee(p *Person) granteeWire {
	return granteeWire{ID: p.ID, SourceID: p.Email, DisplayName: p.name(), Type: "user"}
}

func (p *Person) name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// grantees are the people that the caller may request for.
func (s *Server) grantees(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	var all []granteeWire
	for i := range s.world.People {
		p := &s.world.People[i]
		may := slices.ContainsFunc(s.world.Flows, func(f Flow) bool {
			return slices.Contains(f.Requesters, p.Email) && f.allows(c.person, p)
		})
		kind := query.Get("grantee_type")
		if may && !p.Inactive && contains(p.name()+" "+p.Email, query.Get("search")) && (kind == "" || kind == "user") {
			all = append(all, wireGrantee(p))
		}
	}
	return skipPaged(req, all, itself)
}
