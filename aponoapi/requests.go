package aponoapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// AccessRequest is one request as Apono tells it. The families tell
// different parts; what a family does not tell is zero.
type AccessRequest struct {
	// ID is how the family that answered names the request, and what to
	// give to further calls of the same family.
	ID string
	// FriendlyID is the id that people read, for example AR-123 (v3 only).
	FriendlyID string
	// V3ID and V4ID are the ids in v3 and in v4 (and the delegated list).
	V3ID, V4ID string

	Status    Status
	Requester Party // who submitted; zero in v3, and in v4 if it is the token's owner
	Grantee   Party // who receives the access; only the ID in v3

	Bundle      Bundle // zero unless a bundle was asked for (v4)
	Groups      []Group
	ResourceIDs []string // v3 only
	Permissions []string // v3 only

	Duration      time.Duration // 0: not told (v3), or without end
	Justification string
	CustomFields  map[string]string
	CreatedAt     time.Time // zero in v3
	RevokedAt     time.Time // when the access ended; zero before that, and in v3

	// What follows is told by the client API only.

	Note           string // Apono's remark on the status
	Approvers      []Approver
	AllMustApprove bool     // else any of a tier
	ReasonRequired bool     // approvers must give a reason
	Summary        []Access // the first few entitlements
	ResourceNames  []string
	Extension      Extension
	Favorite       bool
}

// Access is one permission on one resource, by the names that people see.
type Access struct {
	Resource   string
	Permission string
}

// Party is a person in a request. Email is what Apono calls source_id: the
// address as the identity provider has it. v3 and v4 tell no name.
type Party struct {
	ID    string
	Email string
	Name  string
}

// Bundle is a named set of access.
type Bundle struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Group is the part of a request that lies in one integration. v3 tells the
// integration's id only, v4 no integration type.
type Group struct {
	ID            string // client API only, as are Outcome and Note
	Integration   Integration
	ResourceTypes []ResourceType
	Outcome       string // Success, Failure or Warning: grants may be partial
	Note          string
}

// IDs is every id that is known to name this request.
func (r AccessRequest) IDs() []string {
	var ids []string
	for _, id := range []string{r.ID, r.V3ID, r.V4ID, r.FriendlyID} {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// NewRequest is what a person asks for in one integration.
type NewRequest struct {
	UserID        string // who receives the access: the Apono id, not an address
	IntegrationID string
	ResourceIDs   []string
	Permissions   []string // names, as SelectablePermissions tells them
	Justification string
	// Duration is whole seconds; 0 leaves it to the access flow.
	Duration time.Duration
}

// CreateRequestV3 asks for access on behalf of n.UserID with an admin's token
// (POST /api/v3/access-requests). It is sent once. ErrInvalid carries Apono's
// reason, for example a missing justification; after ErrUnknownOutcome look
// with RequestsV3 before asking again.
func (c *Client) CreateRequestV3(ctx context.Context, n NewRequest) (AccessRequest, error) {
	const op = "create request"
	seconds, err := wholeSeconds(op, n.Duration)
	if err != nil {
		return AccessRequest{}, err
	}
	var r requestV3
	err = c.do(ctx, call{
		op: op, method: http.MethodPost, parts: []string{"api", "v3", "access-requests"}, out: &r,
		body: struct {
			UserID        string   `json:"user_id"`
			IntegrationID string   `json:"integration_id"`
			ResourceIDs   []string `json:"resource_ids"`
			Permissions   []string `json:"permissions"`
			Justification string   `json:"justification"`
			DurationInSec int32    `json:"duration_in_sec,omitempty"`
		}{n.UserID, n.IntegrationID, orEmpty(n.ResourceIDs), orEmpty(n.Permissions), n.Justification, seconds},
	})
	if err != nil {
		return AccessRequest{}, err
	}
	if r.RequestID == "" {
		return AccessRequest{}, nameless(op)
	}
	return r.request(), nil
}

var errNameless = errors.New("the answer names no request")

// nameless is a create that was answered without an id: something was
// created, but there is no telling what.
func nameless(op string) error {
	return &Error{Op: op, kind: ErrUnknownOutcome, cause: errNameless}
}

// RequestV3 reads one request by its v3 id or friendly id, with an admin's
// token.
func (c *Client) RequestV3(ctx context.Context, id string) (AccessRequest, error) {
	var r requestV3
	err := c.do(ctx, call{
		op: "get request", method: http.MethodGet, parts: []string{"api", "v3", "access-requests", id}, out: &r,
	})
	if err != nil {
		return AccessRequest{}, err
	}
	return r.request(), nil
}

// RequestsV3 lists the requests of the last daysOffset days, of one person
// or ("") of everybody, with an admin's token. 0 days leaves the range to
// Apono. v3 tells no times, and may cut the list: see List.Cut.
func (c *Client) RequestsV3(ctx context.Context, userID string, daysOffset int) (List[AccessRequest], error) {
	query := make(map[string][]string)
	if userID != "" {
		query["user_id"] = []string{userID}
	}
	if daysOffset > 0 {
		query["days_offset"] = []string{strconv.Itoa(daysOffset)}
	}
	found, err := getList[requestV3](ctx, c, "list requests", query, "api", "v3", "access-requests")
	list := List[AccessRequest]{Total: found.Total, Items: make([]AccessRequest, len(found.Items))}
	for i, r := range found.Items {
		list.Items[i] = r.request()
	}
	return list, err
}

// RequestV4 reads one request of the token's owner
// (GET /api/user/v4/access-requests/{id}).
func (c *Client) RequestV4(ctx context.Context, id string) (AccessRequest, error) {
	return c.getV4(ctx, "api", "user", "v4", "access-requests", id)
}

// DelegatedRequest reads one request that the token's owner made for
// somebody else (GET /api/user/v1/delegated-access-requests/{id}).
func (c *Client) DelegatedRequest(ctx context.Context, id string) (AccessRequest, error) {
	return c.getV4(ctx, "api", "user", "v1", "delegated-access-requests", id)
}

// Request reads one request with the service token, by any of its ids: as
// the bot's own delegated request, which tells people, duration and times;
// else from v3. A request that v3 knows is then asked for once more as
// delegated by its friendly id, because v3's status cannot tell Revoked from
// Expired, and both are merged.
func (c *Client) Request(ctx context.Context, id string) (AccessRequest, error) {
	delegated, err := c.DelegatedRequest(ctx, id)
	if err == nil || !elsewhere(err) {
		return delegated, err
	}
	r, err := c.RequestV3(ctx, id)
	if err != nil || r.FriendlyID == "" || r.FriendlyID == id {
		return r, err
	}
	delegated, err = c.DelegatedRequest(ctx, r.FriendlyID)
	switch {
	case err == nil:
		return merge(r, delegated), nil
	case elsewhere(err):
		return r, nil
	}
	return AccessRequest{}, err
}

// elsewhere says that this family does not tell this token of the request;
// another may.
func elsewhere(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrUnauthorized)
}

// merge completes what v3 tells of a request with what v4 does.
func merge(v3, v4 AccessRequest) AccessRequest {
	r := v4
	r.ID, r.V3ID, r.FriendlyID = v3.ID, v3.V3ID, v3.FriendlyID
	r.ResourceIDs, r.Permissions = v3.ResourceIDs, v3.Permissions
	if len(r.Groups) == 0 {
		r.Groups = v3.Groups
	}
	if r.Justification == "" {
		r.Justification = v3.Justification
	}
	return r
}

func (c *Client) getV4(ctx context.Context, parts ...string) (AccessRequest, error) {
	var r requestV4
	err := c.do(ctx, call{op: "get request", method: http.MethodGet, parts: parts, out: &r})
	if err == nil && r.ID == "" {
		err = &Error{Op: "get request", kind: ErrUnavailable, cause: errNameless}
	}
	if err != nil {
		return AccessRequest{}, err
	}
	return r.request(), nil
}
