package aponoapi

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"time"
)

// Approver is somebody who was asked to decide, in the order of Apono.
type Approver struct {
	Name        string
	Type        string // user, group, …
	Decision    Decision
	Tier        int       // 1 is asked first; 0: not told
	EscalatedAt time.Time // when the tier was asked
}

// Decision is what an approver has said so far.
type Decision string

// The decisions that Apono tells (ClientChallengeStatus).
const (
	Undecided Decision = "Pending"
	Approved  Decision = "Approved"
	Refused   Decision = "Rejected"
)

// Extension is whether, and by how much, a request can be extended.
type Extension struct {
	Possible     bool
	Availability string // why not, or when, in Apono's words
	By           time.Duration
	Remaining    int
	Used         int
}

// Scope is whose requests ClientRequests lists.
type Scope string

// The scopes of the client API.
const (
	MyRequests          Scope = "MyRequests"
	MyTasks             Scope = "MyTasks"         // that wait for my decision
	MyHistoricTasks     Scope = "MyHistoricTasks" // on which I had to decide
	MyDelegatedRequests Scope = "MyDelegatedRequests"
)

// ClientFilter narrows ClientRequests; only the scope must be set.
type ClientFilter struct {
	Scope            Scope
	RequestIDs       []string
	RequestorIDs     []string
	GranteeIDs       []string
	Statuses         []string // as Apono spells them
	FavoriteOnly     bool
	IncludeAutoGrant bool
	SummaryLimit     int // how many entitlements are summarised; 0: Apono's 5
	PageSize         int // 0: Apono's 100
}

// ClientRequests lists requests as the token's owner sees them in Apono's
// own portal (GET /api/client/v1/access-requests).
func (c *Client) ClientRequests(ctx context.Context, f ClientFilter) iter.Seq2[AccessRequest, error] {
	query := arguments{}.text("scope", string(f.Scope)).texts("request_ids", f.RequestIDs).
		texts("requestor_ids", f.RequestorIDs).texts("grantee_ids", f.GranteeIDs).texts("statuses", f.Statuses).
		flag("favorite_only", f.FavoriteOnly).flag("include_autogrant", f.IncludeAutoGrant).
		number("access_units_summary_limit", f.SummaryLimit).number("limit", f.PageSize)
	return skipPages(ctx, c, "list requests", query.values(), requestClient.request, "api", "client", "v1", "access-requests")
}

// ClientRequest reads one request that the token's owner made, receives or
// may decide on, with its approvers (GET /api/client/v1/access-requests/{id}).
// summaryLimit is how many entitlements are summarised; 0 means Apono's 5.
func (c *Client) ClientRequest(ctx context.Context, id string, summaryLimit int) (AccessRequest, error) {
	var r requestClient
	err := c.do(ctx, call{
		op: "get request", method: http.MethodGet, parts: []string{"api", "client", "v1", "access-requests", id},
		query: arguments{}.number("access_units_summary_limit", summaryLimit).values(), out: &r,
	})
	if err != nil {
		return AccessRequest{}, err
	}
	return r.request(), nil
}

// Approve decides on a request as the token's owner
// (POST /api/client/v1/access-requests/{id}/approve). The reason is of less
// than 124 characters, and "" where the access flow needs none. ErrForbidden:
// not an approver of this one; ErrConflict: it is decided already.
func (c *Client) Approve(ctx context.Context, id, reason string) error {
	return c.decide(ctx, "approve request", id, "approve", reason)
}

// Reject is Approve's opposite; Apono shows the reason to the requester.
func (c *Client) Reject(ctx context.Context, id, reason string) error {
	return c.decide(ctx, "reject request", id, "reject", reason)
}

func (c *Client) decide(ctx context.Context, op, id, verb, reason string) error {
	body := struct {
		Justification *string `json:"justification"`
	}{}
	if reason != "" {
		body.Justification = &reason
	}
	_, err := c.act(ctx, op, body, "api", "client", "v1", "access-requests", id, verb)
	return err
}

// Extend lengthens granted access by what AccessRequest.Extension says
// (POST /api/client/v1/access-requests/{id}/extend).
func (c *Client) Extend(ctx context.Context, id string) error {
	_, err := c.act(ctx, "extend request", nil, "api", "client", "v1", "access-requests", id, "extend")
	return err
}

// Trial is a request that is not to be made, only checked.
type Trial struct {
	IntegrationIDs  []string
	BundleIDs       []string
	ResourceTypeIDs []string
	ResourceIDs     []string
	PermissionIDs   []string
	AccessUnitIDs   []string
	Justification   string
	Duration        time.Duration // whole seconds; 0: not said
	CustomFields    map[string]string
	GranteeID       string // "" means the token's owner
}

// Verdict is what Apono would say to a request.
type Verdict struct {
	Status   string
	Problems []Problem // none: it would take it
	// MaxDuration is the longest that may be asked for; 0: not told.
	MaxDuration time.Duration
}

// Problem is one reason for which Apono would not take a request.
type Problem struct {
	Code    string // FIELD_MISSING, INVALID_DURATION, …
	Field   string // justification, duration_in_sec, …
	Message string
	Details map[string]string
}

// DryRun asks what Apono would say to a request, and makes none
// (POST /api/client/v1/access-requests/dry-run).
func (c *Client) DryRun(ctx context.Context, t Trial) (Verdict, error) {
	const op = "check request"
	seconds, err := wholeSeconds(op, t.Duration)
	if err != nil {
		return Verdict{}, err
	}
	var answer verdictWire
	err = c.do(ctx, call{
		op: op, method: http.MethodPost, body: t.wire(seconds), out: &answer,
		parts: []string{"api", "client", "v1", "access-requests", "dry-run"},
	})
	if err != nil {
		return Verdict{}, err
	}
	return answer.verdict(), nil
}

// trialWire is Apono's CreateAccessRequestClientModel, in which all arrays are
// required.
type trialWire struct {
	IntegrationIDs  []string          `json:"filter_integration_ids"`
	BundleIDs       []string          `json:"filter_bundle_ids"`
	ResourceTypeIDs []string          `json:"filter_resource_type_ids"`
	ResourceIDs     []string          `json:"filter_resource_ids"`
	Resources       []struct{}        `json:"filter_resources"`
	PermissionIDs   []string          `json:"filter_permission_ids"`
	AccessUnitIDs   []string          `json:"filter_access_unit_ids"`
	Justification   string            `json:"justification,omitempty"`
	DurationInSec   int32             `json:"duration_in_sec,omitempty"`
	CustomFields    map[string]string `json:"custom_fields,omitempty"`
	GranteeID       string            `json:"grantee_id,omitempty"`
}

func (t Trial) wire(seconds int32) trialWire {
	return trialWire{
		IntegrationIDs: orEmpty(t.IntegrationIDs), BundleIDs: orEmpty(t.BundleIDs),
		ResourceTypeIDs: orEmpty(t.ResourceTypeIDs), ResourceIDs: orEmpty(t.ResourceIDs), Resources: []struct{}{},
		PermissionIDs: orEmpty(t.PermissionIDs), AccessUnitIDs: orEmpty(t.AccessUnitIDs),
		Justification: t.Justification, DurationInSec: seconds, CustomFields: t.CustomFields, GranteeID: t.GranteeID,
	}
}

type verdictWire struct {
	Status string `json:"status"`
	Errors []struct {
		Code    string                     `json:"code"`
		Field   string                     `json:"field"`
		Message string                     `json:"message"`
		Details map[string]json.RawMessage `json:"details"`
	} `json:"errors"`
	MaxDurationInSec int64 `json:"max_duration_in_sec"`
}

func (w verdictWire) verdict() Verdict {
	v := Verdict{Status: w.Status, MaxDuration: time.Duration(w.MaxDurationInSec) * time.Second}
	for _, e := range w.Errors {
		p := Problem{Code: e.Code, Field: e.Field, Message: clean(e.Message, maxMessage), Details: make(map[string]string)}
		for name, value := range e.Details {
			p.Details[name] = plain(value)
		}
		v.Problems = append(v.Problems, p)
		// Apono's own command line reads the limit here.
		if seconds, err := strconv.ParseFloat(p.Details["max_duration"], 64); err == nil && v.MaxDuration == 0 {
			v.MaxDuration = time.Duration(seconds) * time.Second
		}
	}
	return v
}

// plain is a JSON value as text, without the quotes of a string.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}
