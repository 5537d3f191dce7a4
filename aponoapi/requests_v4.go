package aponoapi

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// RequestFilterV4 narrows RequestsV4; the zero filter takes all.
type RequestFilterV4 struct {
	// Requestor is the id or address of who submitted; "" means the owner of
	// the token.
	Requestor string
	Statuses  []string // as Apono spells them
	PageSize  int      // 0: Apono's 100
}

// RequestsV4 lists the requests of the token's owner, the newest first as
// Apono orders them (GET /api/user/v4/access-requests).
func (c *Client) RequestsV4(ctx context.Context, f RequestFilterV4) iter.Seq2[AccessRequest, error] {
	query := arguments{}.text("requestor", f.Requestor).texts("statuses", f.Statuses).number("limit", f.PageSize)
	return tokenPages(ctx, c, "list requests", query.values(), requestV4.request, "api", "user", "v4", "access-requests")
}

// DelegatedFilter narrows DelegatedRequests; the zero filter takes all.
type DelegatedFilter struct {
	Grantee  string   // id or address of who receives the access
	Statuses []string // as Apono spells them
	PageSize int      // 0: Apono's 100
}

// DelegatedRequests lists what the token's owner asked for on behalf of
// others (GET /api/user/v1/delegated-access-requests).
func (c *Client) DelegatedRequests(ctx context.Context, f DelegatedFilter) iter.Seq2[AccessRequest, error] {
	query := arguments{}.text("grantee", f.Grantee).texts("statuses", f.Statuses).number("limit", f.PageSize)
	return tokenPages(ctx, c, "list delegated requests", query.values(), requestV4.request,
		"api", "user", "v1", "delegated-access-requests")
}

// NewRequestV4 is what a person asks for: a bundle, or entitlements of any
// number of integrations.
type NewRequestV4 struct {
	Bundle        string // id or display name; or Entitlements
	Entitlements  []EntitlementRef
	Justification string
	Duration      time.Duration     // whole seconds; 0 leaves it to the access flow
	CustomFields  map[string]string // by the field's id
	// Grantee is the id or address of who receives the access; "" means the
	// token's owner. Somebody else only where the access flow allows it.
	Grantee string
}

// EntitlementRef names one permission on one resource, by the ids of
// AvailableEntitlements.
type EntitlementRef struct {
	ResourceID   string `json:"resource_id"`
	PermissionID string `json:"permission_id"`
}

// CreateRequestV4 asks for access (POST /api/user/v4/access-requests). One
// submission may become several requests, one per access flow. It is sent
// once; after ErrUnknownOutcome look before asking again.
func (c *Client) CreateRequestV4(ctx context.Context, n NewRequestV4) ([]AccessRequest, error) {
	const op = "create request"
	seconds, err := wholeSeconds(op, n.Duration)
	if err != nil {
		return nil, err
	}
	return c.submitV4(ctx, op, struct {
		BundleReference string            `json:"bundle_reference,omitempty"`
		Entitlements    []EntitlementRef  `json:"entitlements,omitempty"`
		Justification   string            `json:"justification,omitempty"`
		DurationInSec   int32             `json:"duration_in_sec,omitempty"`
		CustomFields    map[string]string `json:"custom_fields"`
		Grantee         string            `json:"grantee,omitempty"`
	}{n.Bundle, n.Entitlements, n.Justification, seconds, orNone(n.CustomFields), n.Grantee},
		"api", "user", "v4", "access-requests")
}

// RequestAgain asks once more for what one's own request id gave
// (POST …/request-again); like CreateRequestV4 in everything else.
func (c *Client) RequestAgain(ctx context.Context, id, justification string, customFields map[string]string) ([]AccessRequest, error) {
	return c.submitV4(ctx, "request again", struct {
		Justification string            `json:"justification,omitempty"`
		CustomFields  map[string]string `json:"custom_fields"`
	}{justification, orNone(customFields)}, "api", "user", "v4", "access-requests", id, "request-again")
}

func (c *Client) submitV4(ctx context.Context, op string, body any, parts ...string) ([]AccessRequest, error) {
	var answer []requestV4
	err := c.do(ctx, call{op: op, method: http.MethodPost, parts: parts, body: body, out: &answer})
	if err != nil {
		return nil, err
	}
	created := make([]AccessRequest, len(answer))
	for i, r := range answer {
		if r.ID == "" {
			return nil, nameless(op)
		}
		created[i] = r.request()
	}
	if len(created) == 0 {
		return nil, nameless(op)
	}
	return created, nil
}

// RevokeV4 ends one's own request (POST …/revoke) and returns what Apono says
// to that. Revoking takes Apono a while: watch the status.
func (c *Client) RevokeV4(ctx context.Context, id string) (message string, err error) {
	return c.act(ctx, "revoke request", nil, "api", "user", "v4", "access-requests", id, "revoke")
}

// RevokeV3 ends requests of anybody, with an admin's token
// (POST /api/v3/access-requests-bulk/revoke), and returns what Apono says to
// that. It takes the ids of v3.
func (c *Client) RevokeV3(ctx context.Context, ids ...string) (message string, err error) {
	return c.act(ctx, "revoke requests", struct {
		RequestIDs []string `json:"request_ids"`
	}{orEmpty(ids)}, "api", "v3", "access-requests-bulk", "revoke")
}

// act sends an action that is answered with a message.
func (c *Client) act(ctx context.Context, op string, body any, parts ...string) (string, error) {
	var answer struct {
		Message string `json:"message"`
	}
	err := c.do(ctx, call{op: op, method: http.MethodPost, parts: parts, body: body, out: &answer})
	return clean(answer.Message, maxMessage), err
}

// orNone keeps the required custom_fields from being sent as null.
func orNone(fields map[string]string) map[string]string {
	if fields == nil {
		return map[string]string{}
	}
	return fields
}
