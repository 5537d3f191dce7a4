package aponoapi

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"slices"
	"strings"
)

// Session is one system that a person has access to now. It has credentials
// of its own, and may serve several requests: resetting them cuts off
// whoever still uses the old ones.
type Session struct {
	ID          string
	Name        string
	RequestIDs  []string // v4's
	Integration Integration
	Credentials Credentials
	// CanReset means something only where there are credentials.
	CanReset bool
}

// Credentials is whether a session's details can be read.
type Credentials string

// What Apono says of credentials (AccessSessionV1, credentials_status).
const (
	Available     Credentials = "AVAILABLE"      // can be read, once
	Viewed        Credentials = "VIEWED"         // must be reset first
	Resetting     Credentials = "RESETTING"      // will be available soon
	NotApplicable Credentials = "NOT_APPLICABLE" // no secret: read as often as you like
)

// Readable says that the details can be read now.
func (c Credentials) Readable() bool { return c == Available || c == NotApplicable }

// Details is how to get in, with the secret in it. Apono shows the secret to
// the first reader only; later ones get asterisks.
type Details struct {
	Instructions Secret
	// AdminMessage is what the company's admins say to everybody who uses
	// this integration; no secret.
	AdminMessage string
	Parameters   map[string]Secret
	CLI          Secret // a command line
	LinkURL      Secret // may carry a token
	LinkTitle    string
}

// Masked says that somebody has read the secret before: it is asterisks. The
// credentials must be reset.
func (d Details) Masked() bool {
	for _, s := range d.Parameters {
		if isMasked(s) {
			return true
		}
	}
	return isMasked(d.Instructions) || isMasked(d.CLI) || isMasked(d.LinkURL)
}

// isMasked says that a text has asterisks for a secret in it: four or more
// anywhere, or three that stand for all of it or of one of its words.
func isMasked(s Secret) bool {
	text := s.Reveal()
	return strings.Contains(text, "****") || slices.Contains(strings.Fields(text), "***")
}

type sessionWire struct {
	ID                string      `json:"id"`
	Name              string      `json:"name"`
	RequestIDs        []string    `json:"request_ids"`
	Integration       Integration `json:"integration"`
	CredentialsStatus string      `json:"credentials_status"`
	CanReset          bool        `json:"can_reset_credentials"`
}

func (w sessionWire) session() Session {
	return Session{
		ID: w.ID, Name: w.Name, RequestIDs: w.RequestIDs, Integration: w.Integration,
		Credentials: Credentials(strings.ToUpper(clean(w.CredentialsStatus, 40))), CanReset: w.CanReset,
	}
}

// SessionFilter narrows Sessions; the zero filter takes all.
type SessionFilter struct {
	RequestIDs     []string
	IntegrationIDs []string
	PageSize       int // 0: Apono's 100
}

// Sessions lists what the token's owner has access to now
// (GET /api/user/v1/access-sessions). It reads no details.
func (c *Client) Sessions(ctx context.Context, f SessionFilter) iter.Seq2[Session, error] {
	query := arguments{}.texts("request_ids", f.RequestIDs).texts("integration_id", f.IntegrationIDs).number("limit", f.PageSize)
	return tokenPages(ctx, c, "list sessions", query.values(), sessionWire.session, "api", "user", "v1", "access-sessions")
}

// Session reads one session of the token's owner; it reads no details.
func (c *Client) Session(ctx context.Context, id string) (Session, error) {
	var w sessionWire
	err := c.do(ctx, call{
		op: "get session", method: http.MethodGet, parts: []string{"api", "user", "v1", "access-sessions", id}, out: &w,
	})
	return w.session(), err
}

// SessionDetails reads a session's details, which uses up the one look that
// there is (GET …/access-details). It is sent exactly once; after
// ErrUnknownOutcome the look may be gone.
func (c *Client) SessionDetails(ctx context.Context, id string) (Details, error) {
	var w struct {
		Instructions loose     `json:"instructions"`
		AdminMessage loose     `json:"custom_admin_message"`
		Parameters   looseMap  `json:"parameters"`
		CLI          loose     `json:"cli"`
		Link         looseLink `json:"link"`
	}
	err := c.do(ctx, call{
		op: "read access details", method: http.MethodGet, once: true, out: &w,
		parts: []string{"api", "user", "v1", "access-sessions", id, "access-details"},
	})
	if err != nil {
		return Details{}, err
	}
	d := Details{
		Instructions: Secret(w.Instructions), AdminMessage: string(w.AdminMessage), CLI: Secret(w.CLI),
		LinkURL: Secret(w.Link.URL), LinkTitle: string(w.Link.Title),
	}
	for name, value := range w.Parameters {
		if d.Parameters == nil {
			d.Parameters = make(map[string]Secret, len(w.Parameters))
		}
		d.Parameters[name] = Secret(value)
	}
	return d, nil
}

// loose is a text, or whatever JSON comes instead of one: an answer that can
// be read only once must not be lost over the type of a port number.
type loose string

// UnmarshalJSON never fails.
func (l *loose) UnmarshalJSON(raw []byte) error {
	*l = loose(plain(raw))
	return nil
}

// looseMap are named values, or one that holds whatever comes instead.
type looseMap map[string]loose

// UnmarshalJSON never fails.
func (l *looseMap) UnmarshalJSON(raw []byte) error {
	var named map[string]loose
	if json.Unmarshal(raw, &named) != nil {
		named = map[string]loose{"parameters": loose(plain(raw))}
	}
	*l = named
	return nil
}

// looseLink is a link, or the address of one.
type looseLink struct {
	URL   loose `json:"url"`
	Title loose `json:"title"`
}

// UnmarshalJSON never fails.
func (l *looseLink) UnmarshalJSON(raw []byte) error {
	type link looseLink
	if json.Unmarshal(raw, (*link)(l)) != nil {
		*l = looseLink{URL: loose(plain(raw))}
	}
	return nil
}

// ResetSession asks for new credentials (POST …/reset-credentials) and
// returns what Apono says to that. It takes Apono some seconds: watch
// Session until its credentials are Available.
func (c *Client) ResetSession(ctx context.Context, id string) (message string, err error) {
	return c.act(ctx, "reset credentials", nil, "api", "user", "v1", "access-sessions", id, "reset-credentials")
}

// DetailsV3 reads all the details of a request as one text, with an admin's
// token (GET /api/v3/access-requests/{id}/access-details). It is sent exactly
// once, as SessionDetails is.
func (c *Client) DetailsV3(ctx context.Context, id string) (Details, error) {
	var w struct {
		Details loose `json:"details"`
	}
	err := c.do(ctx, call{
		op: "read access details", method: http.MethodGet, once: true, out: &w,
		parts: []string{"api", "v3", "access-requests", id, "access-details"},
	})
	if err != nil {
		return Details{}, err
	}
	return Details{Instructions: Secret(w.Details)}, nil
}

// ResetV3 asks for new credentials for a request, with an admin's token
// (POST /api/v3/access-requests/{id}/reset), and returns what Apono says to
// that. v3 does not tell when they are there.
func (c *Client) ResetV3(ctx context.Context, id string) (message string, err error) {
	return c.act(ctx, "reset credentials", nil, "api", "v3", "access-requests", id, "reset")
}
