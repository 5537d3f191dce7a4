package aponoapi

import (
	"context"
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
	return u, err
}
