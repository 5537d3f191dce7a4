package aponoapi

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"
)

// User is a person as Apono knows them.
type User struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	// Active is false for people who may not use Apono any more.
	Active bool `json:"active"`
}

// Name is the person's full name, or the mail address if Apono has no name.
func (u User) Name() string {
	name := strings.TrimSpace(u.FirstName + " " + u.LastName)
	if name == "" {
		return u.Email
	}
	return name
}

// User finds a person by Apono id or mail address (GET /api/v2/users/{id}:
// "get user by Id or Email"); ErrNotFound if Apono has nobody of that name.
// It needs an admin's token.
func (c *Client) User(ctx context.Context, idOrEmail string) (User, error) {
	var u User
	err := c.do(ctx, call{
		op: "find user", method: http.MethodGet,
		parts: []string{"api", "v2", "users", idOrEmail}, out: &u,
	})
	if err == nil && u.ID == "" {
		return User{}, &Error{Op: "find user", kind: ErrUnavailable, cause: errors.New("the answer names no id")}
	}
	return u, err
}

// Account is what a token's owner sees of themselves and of the company's
// settings.
type Account struct {
	User Party
	ID   string // of the company
	Name string
	Plan string
	// DurationRequired: a request must say for how long.
	DurationRequired bool
	MFA              bool
	CustomFields     []CustomField
	// NoApproverReason: approvers are not to be asked for a reason.
	NoApproverReason bool
}

// CustomField is a question that the company asks with every request.
type CustomField struct {
	ID          string
	Type        string // TEXT, SELECT
	Label       string
	Placeholder string
	Options     []Option // of a SELECT
	Default     string
	Required    bool
}

// Option is one choice of a CustomField: Key is sent, Value is shown.
type Option struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Me tells whose token this is (GET /api/client/v1/session). It fails with
// ErrUnauthorized, ErrForbidden or ErrNotFound for tokens that the client API
// does not take.
func (c *Client) Me(ctx context.Context) (Account, error) {
	var w struct {
		User    person `json:"user"`
		Account struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			Plan string `json:"plan"`
		} `json:"account"`
		Settings struct {
			DurationRequired bool              `json:"require_duration_for_access_request"`
			MFA              bool              `json:"mfa_enabled_for_account"`
			CustomFields     []customFieldWire `json:"request_custom_fields"`
			NoApproverReason bool              `json:"disable_approver_reason"`
		} `json:"settings"`
	}
	err := c.do(ctx, call{op: "read session", method: http.MethodGet, parts: []string{"api", "client", "v1", "session"}, out: &w})
	a := Account{
		User: w.User.party(), ID: w.Account.ID, Name: w.Account.Name, Plan: w.Account.Plan,
		DurationRequired: w.Settings.DurationRequired, MFA: w.Settings.MFA, NoApproverReason: w.Settings.NoApproverReason,
	}
	for _, f := range w.Settings.CustomFields {
		a.CustomFields = append(a.CustomFields, CustomField(f))
	}
	return a, err
}

type customFieldWire struct {
	ID          string   `json:"id"`
	Type        string   `json:"type"`
	Label       string   `json:"label"`
	Placeholder string   `json:"placeholder"`
	Options     []Option `json:"values"`
	Default     string   `json:"default"`
	Required    bool     `json:"required"`
}

// Grantee is somebody, or something, that access can be requested for.
type Grantee struct {
	ID    string
	Email string // Apono's source_id: of a person the mail address
	Name  string
	Type  string
}

// GranteeFilter narrows Grantees; the zero filter takes all.
type GranteeFilter struct {
	Search   string
	Type     string
	PageSize int // 0: Apono's 100
}

// Grantees lists for whom the token's owner may request access
// (GET /api/client/v1/inventory/grantees).
func (c *Client) Grantees(ctx context.Context, f GranteeFilter) iter.Seq2[Grantee, error] {
	query := arguments{}.text("search", f.Search).text("grantee_type", f.Type).number("limit", f.PageSize)
	read := func(p person) Grantee {
		return Grantee{ID: p.ID, Email: p.SourceID, Name: cmp.Or(p.DisplayName, p.SourceID), Type: p.Type}
	}
	return skipPages(ctx, c, "list grantees", query.values(), read, "api", "client", "v1", "inventory", "grantees")
}
