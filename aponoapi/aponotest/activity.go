package aponotest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// publicFields is what the published model of the report lists.
var publicFields = []string{
	"request_id", "request_date", "requestor_name", "requestor_email", "integration", "resource_type", "resources",
	"permissions", "justification", "status", "trigger_type", "access_flow", "extension_count",
}

// activity is the report of GET /api/v3/activity, the newest first.
func (s *Server) activity(_ caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	from, err := reportDate(query.Get("start_date"))
	if err != nil {
		return nil, err
	}
	to, err := reportDate(query.Get("end_date"))
	if err != nil {
		return nil, err
	}
	fields := query["fields"]
	if len(fields) == 0 {
		fields = publicFields
	}
	var all []map[string]any
	for _, r := range slices.Backward(s.requests) {
		ids := query["filter[access_request_id]"]
		if len(ids) > 0 && !slices.ContainsFunc(ids, r.named) {
			continue
		}
		if r.Created.Before(from) || !to.IsZero() && r.Created.After(to) || !s.reported(r, query) {
			continue
		}
		row := s.reportRow(r)
		for name, value := range row {
			if !slices.Contains(fields, name) || value == "" {
				delete(row, name)
			}
		}
		all = append(all, row)
	}
	return paged(s, all), nil
}

// reported says that the report's filters take a request.
func (s *Server) reported(r *record, query map[string][]string) bool {
	any := func(filter []string, of []string) bool {
		return len(filter) == 0 || slices.ContainsFunc(of, func(v string) bool { return slices.Contains(filter, v) })
	}
	var names []string
	for _, id := range r.resources() {
		names = append(names, id, s.index.resources[id].res.Name)
	}
	return among(query["filter[requestor_id]"], r.Requester) && among(query["filter[access_flow_id]"], r.Flow) &&
		any(query["filter[integration_id]"], distinct(r.Units, func(u unit) string { return u.Integration })) &&
		any(query["filter[resource_type]"], distinct(r.Units, func(u unit) string { return u.Type })) &&
		any(query["filter[resource]"], names) && any(query["filter[permission]"], r.permissions()) &&
		inStatus(query["filter[status]"], r) && among(query["filter[trigger_type]"], "SELF_SERVE")
}

func (s *Server) reportRow(r *record) map[string]any {
	requester, grantee := s.userClient(r.Requester), s.userClient(r.Grantee)
	var integrations, types []string
	for _, in := range s.integrationsOf(r) {
		integrations = append(integrations, in.Name)
		for _, t := range r.typesIn(in) {
			types = append(types, t.Name)
		}
	}
	var names, emails, kinds, reasons []string
	for _, v := range r.Votes {
		if v.Decision == "Pending" {
			continue
		}
		emails, kinds = append(emails, v.Approver), append(kinds, "user")
		names = append(names, s.userClient(v.Approver).Name)
		if v.Reason != "" {
			reasons = append(reasons, v.Reason)
		}
	}
	return map[string]any{
		"request_id": r.FriendlyID, "request_date": iso(r.Created), "request_grant_date": iso(r.GrantedAt),
		"request_revoke_date": iso(r.ended()), "requestor_name": requester.Name, "requestor_email": requester.Email,
		"grantee_name": grantee.Name, "grantee_id": grantee.ID, "grantee_type": "user",
		"integration": strings.Join(integrations, ", "), "resource_type": strings.Join(types, ", "),
		"resources":   distinct(r.resources(), func(id string) string { return s.index.resources[id].res.Name }),
		"permissions": r.permissions(), "approver_names": orEmpty(names), "approver_emails": orEmpty(emails),
		"approver_types": orEmpty(kinds), "approver_reason": cmp.Or(strings.Join(reasons, "; "), r.Reason),
		"justification": r.Justification, "status": r.Status.String(), "trigger_type": "SELF_SERVE",
		"access_flow": r.Flow, "bundle_name": r.Bundle, "extension_count": strconv.Itoa(r.Extensions),
	}
}

func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// reportDate reads epoch seconds, or milliseconds: the unit is not published.
func reportDate(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, invalid("dates are numbers")
	}
	if n > 1e11 {
		return time.UnixMilli(n), nil
	}
	return time.Unix(n, 0), nil
}
