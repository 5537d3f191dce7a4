package aponoapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// wire answers every request without a network, and keeps the last.
type wire struct{ last *http.Request }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.last = r
	return &http.Response{
		StatusCode: http.StatusOK, Header: make(http.Header), Body: io.NopCloser(strings.NewReader("{}")), Request: r,
	}, nil
}

// FuzzPath tries to reach another path than the one that a method is for.
func FuzzPath(f *testing.F) {
	for _, id := range []string{
		"AR-1", "dana@acme.example", "", ".", "..", "../x", "a/../b", "%2e%2e", "%252e%252e", "..%2f", "..;/", `..\`, "a/b",
		"a?b=c", "a#b", "a\nb", "a\x00", "\xff", "//evil.example", "a%", "%", " ", "é", "a;b", "..%00", ".%2e",
	} {
		f.Add(id)
	}
	type method struct {
		before, after string
		call          func(ctx context.Context, c *aponoapi.Client, id string) error
	}
	methods := []method{
		{"/api/v2/users/", "", func(ctx context.Context, c *aponoapi.Client, id string) error {
			_, err := c.User(ctx, id)
			return err
		}},
		{"/api/user/v4/access-requests/", "/revoke", func(ctx context.Context, c *aponoapi.Client, id string) error {
			_, err := c.RevokeV4(ctx, id)
			return err
		}},
		{"/api/user/v1/access-sessions/", "/access-details", func(ctx context.Context, c *aponoapi.Client, id string) error {
			_, err := c.SessionDetails(ctx, id)
			return err
		}},
		{"/api/v3/selectable-integrations/in/", "/resources", func(ctx context.Context, c *aponoapi.Client, id string) error {
			_, err := c.SelectableResources(ctx, id, "in", id)
			return err
		}},
		{"/api/client/v1/access-requests/", "/approve", func(ctx context.Context, c *aponoapi.Client, id string) error {
			return c.Approve(ctx, id, "")
		}},
	}
	f.Fuzz(func(t *testing.T, id string) {
		w := &wire{}
		c, err := aponoapi.New(aponoapi.Config{URL: "https://apono.example", Token: token, HTTPClient: &http.Client{Transport: w}})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range methods {
			w.last = nil
			err := m.call(t.Context(), c, id)
			if w.last == nil {
				if !errors.Is(err, aponoapi.ErrInvalid) {
					t.Fatalf("%q was not sent, and not refused: %v", id, err)
				}
				continue
			}
			staysOn(t, w.last.URL, m.before, m.after, id)
		}
	})
}

// staysOn checks that an address has id as one segment between before and
// after, for servers and for proxies that decode it however often.
func staysOn(t *testing.T, u *url.URL, before, after, id string) {
	t.Helper()
	sent := u.EscapedPath()
	middle, begins := strings.CutPrefix(sent, before)
	middle, ends := strings.CutSuffix(middle, after)
	plain, err := url.PathUnescape(middle)
	if !begins || !ends || strings.Contains(middle, "/") || err != nil || plain != id || u.Host != "apono.example" {
		t.Fatalf("%q is sent to %s", id, u)
	}
	for decoded := sent; ; {
		if clean := path.Clean(strings.ReplaceAll(decoded, `\`, "/")); !strings.HasPrefix(clean+"/", before) {
			t.Fatalf("%q leads to %s", id, clean)
		}
		next, err := url.PathUnescape(decoded)
		if err != nil || next == decoded {
			return
		}
		decoded = next
	}
}
