package aponoapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

const token = aponoapi.Secret("aup_very-secret")

// answering is a client for a server that answers everything with h.
func answering(t *testing.T, h http.HandlerFunc) *aponoapi.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return clientFor(t, server.URL)
}

func clientFor(t *testing.T, url string) *aponoapi.Client {
	t.Helper()
	c, err := aponoapi.New(aponoapi.Config{URL: url, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []aponoapi.Config{
		{URL: "", Token: token},
		{URL: "api.apono.io", Token: token},
		{URL: "http://api.apono.io", Token: token},
		{URL: "http://localhost.example", Token: token},
		{URL: "ftp://127.0.0.1", Token: token},
		{URL: "https://me:secret@api.apono.io", Token: token},
		{URL: "https://api.apono.io?x=1", Token: token},
		{URL: "https://api.apono.io", Token: ""},
		{URL: "https://api.apono.io", Token: "a\nb"},
		{URL: "https://api.apono.io", Token: "a b"},
	} {
		if _, err := aponoapi.New(c); err == nil {
			t.Errorf("%q with %d characters of token: no error", c.URL, len(c.Token))
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the secret: %v", c.URL, err)
		}
	}
	for _, url := range []string{"https://api.apono.io", "https://api.apono.io/", "http://127.0.0.1:8090", "http://[::1]:1", "http://localhost:1"} {
		if _, err := aponoapi.New(aponoapi.Config{URL: url, Token: token}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 400)
	for _, c := range []struct {
		code int
		body string
		want error
		says string
	}{
		{401, `{"status":"401","code":"Unauthorized"}`, aponoapi.ErrUnauthorized, "Unauthorized"},
		{403, `{"message":"no \u0007\nway"}`, aponoapi.ErrForbidden, "no way"},
		{404, `not here`, aponoapi.ErrNotFound, "not here"},
		{409, `{"error":{"message":"closed"}}`, aponoapi.ErrConflict, "closed"},
		{400, `{"detail":"too long","status":400}`, aponoapi.ErrInvalid, "too long"},
		{422, `{"title":"Bad","code":7}`, aponoapi.ErrInvalid, "Bad"},
		{400, `<html>gateway</html>`, aponoapi.ErrInvalid, ""},
		{400, ``, aponoapi.ErrInvalid, ""},
		{400, `["x"]`, aponoapi.ErrInvalid, `["x"]`},
		{400, "\xff\xfeabc", aponoapi.ErrInvalid, "abc"},
		{400, long, aponoapi.ErrInvalid, strings.Repeat("ä", 148) + "…"},
		{400, `{"message":"token aup_very-secret is odd"}`, aponoapi.ErrInvalid, "token ••• is odd"},
		{400, "Bearer aup_very\x00-\u200bsecret", aponoapi.ErrInvalid, "Bearer •••"},
	} {
		_, err := answering(t, status(c.code, c.body)).User(t.Context(), "dana")
		var e *aponoapi.Error
		if !errors.As(err, &e) || !errors.Is(err, c.want) || e.Status != c.code || e.Message != c.says {
			t.Errorf("%d %.40s: got %v, want %v saying %q", c.code, c.body, err, c.want, c.says)
		}
		if strings.Contains(fmt.Sprintf("%v %+v", err, e), "very-secret") {
			t.Errorf("%d: the error tells the token", c.code)
		}
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		code  int
		after string
		tries int32
		wait  time.Duration
	}{
		{"reads try again", 503, "", 3, 0},
		{"a short wait", 429, "1", 3, time.Second},
		{"a long wait is the caller's", 429, "3600", 1, time.Hour},
		{"500", 500, "", 3, 0},
		{"refusals are final", 400, "", 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				tries.Add(1)
				w.Header().Set("Retry-After", c.after)
				w.WriteHeader(c.code)
			})
			_, err := client.User(t.Context(), "dana")
			var e *aponoapi.Error
			if !errors.As(err, &e) || e.RetryAfter != c.wait || tries.Load() != c.tries {
				t.Errorf("got %v after %d tries, want %d and %v", err, tries.Load(), c.tries, c.wait)
			}
		})
	}
}

func TestRetryAfterBeyondDeadline(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.Header().Set("Retry-After", "4")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, err := client.User(short{t.Context()}, "dana")
	if !errors.Is(err, aponoapi.ErrUnavailable) || tries.Load() != 1 {
		t.Errorf("got %v after %d tries", err, tries.Load())
	}
}

// short is a context that has 3 s left, whenever it is asked, and so does not
// end on a slow machine.
type short struct{ context.Context }

func (short) Deadline() (time.Time, bool) { return time.Now().Add(3 * time.Second), true }

func TestUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	_, err := clientFor(t, url).CreateRequestV3(t.Context(), aponoapi.NewRequest{UserID: "u"})
	if !errors.Is(err, aponoapi.ErrUnavailable) || errors.Is(err, aponoapi.ErrUnknownOutcome) {
		t.Errorf("refused connection: got %v, want ErrUnavailable", err)
	}
	_, err = clientFor(t, "https://apono.invalid").CreateRequestV3(t.Context(), aponoapi.NewRequest{UserID: "u"})
	if !errors.Is(err, aponoapi.ErrUnavailable) {
		t.Errorf("unknown host: got %v, want ErrUnavailable", err)
	}
}

func TestLostCreates(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"nothing":  status(200, ""),
		"no id":    status(200, "{}"),
		"half":     status(200, `{"request_id":"1`),
		"plain503": status(503, ""),
		"504":      status(504, ""),
		"408":      status(408, ""),
	} {
		_, err := answering(t, h).CreateRequestV3(t.Context(), aponoapi.NewRequest{UserID: "u"})
		if !errors.Is(err, aponoapi.ErrUnknownOutcome) || errors.Is(err, aponoapi.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnknownOutcome", name, err)
		}
	}
}

// A person without an id would be taken for the token's owner in later calls.
func TestUserWithoutAnIDIsNobody(t *testing.T) {
	t.Parallel()
	if u, err := answering(t, status(200, `{"active":true}`)).User(t.Context(), "dana"); err == nil {
		t.Errorf("got %+v, want an error", u)
	}
}

func TestPathsStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	var paths sync.Map
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		paths.Store(r.URL.EscapedPath(), true)
		fmt.Fprint(w, `{"id":"1"}`)
	})
	for id, want := range map[string]string{
		"dana@acme.example": "dana@acme.example",
		"a/b":               "a%2Fb",
		"a b?c#d":           "a%20b%3Fc%23d",
		"100%":              "100%25",
		"...":               "...",
		"größe":             "gr%C3%B6%C3%9Fe",
	} {
		if _, err := client.User(t.Context(), id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
		if _, ok := paths.LoadAndDelete("/api/v2/users/" + want); !ok {
			t.Errorf("%q: not asked as %s", id, want)
		}
	}
	for _, id := range []string{
		"", ".", "..", "../x", "a/../b", `a\..\b`, "%2e%2e", "%252e%252e", "a%2f..%2fb", "..;x", "a\nb", "a\x00", "\xff", "a\u0085b",
	} {
		if _, err := client.User(t.Context(), id); !errors.Is(err, aponoapi.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", id, err)
		}
	}
	if _, err := client.SelectableIntegrations(t.Context(), "a\nb"); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("query: got %v, want ErrInvalid", err)
	}
	if _, err := client.As("").User(t.Context(), "dana"); !errors.Is(err, aponoapi.ErrUnauthorized) {
		t.Errorf("empty token: got %v, want ErrUnauthorized", err)
	}
	paths.Range(func(path, _ any) bool {
		t.Errorf("also asked: %v", path)
		return true
	})
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	var posts atomic.Int32
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			posts.Add(1)
			http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
		case strings.HasSuffix(r.URL.Path, "/away"):
			http.Redirect(w, r, other.URL, http.StatusFound)
		case strings.HasSuffix(r.URL.Path, "/moved"):
			http.Redirect(w, r, "/api/v2/users/here", http.StatusFound)
		default:
			fmt.Fprint(w, `{"id":"here"}`)
		}
	})
	if _, err := client.User(t.Context(), "away"); err == nil || elsewhere.Load() != 0 {
		t.Errorf("away: got %v, %d calls elsewhere", err, elsewhere.Load())
	}
	if u, err := client.User(t.Context(), "moved"); err != nil || u.ID != "here" {
		t.Errorf("moved: got %+v, %v", u, err)
	}
	if _, err := client.CreateRequestV3(t.Context(), aponoapi.NewRequest{}); err == nil || posts.Load() != 1 {
		t.Errorf("create: got %v after %d posts", err, posts.Load())
	}
}

func TestFewCallsAtOnce(t *testing.T) {
	t.Parallel()
	var running atomic.Int32
	full := make(chan struct{})
	open := sync.OnceFunc(func() { close(full) })
	client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		now := running.Add(1)
		defer running.Add(-1)
		if now == 6 {
			open()
		}
		if now > 6 {
			t.Errorf("%d calls at once, want 6", now)
		}
		<-full
		fmt.Fprint(w, `{"id":"1"}`)
	})
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			// The same token through another client shares the limit.
			if _, err := client.As(token).User(t.Context(), "dana"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]aponoapi.Status{
		"PENDING": aponoapi.Pending, "Initializing": aponoapi.Pending, "Pending Approval": aponoapi.Pending,
		"PENDING_MFA": aponoapi.PendingMFA, "PendingMFA": aponoapi.PendingMFA, "APPROVED": aponoapi.Granting,
		"Active": aponoapi.Granted, "GRANTED": aponoapi.Granted, "Revoking": aponoapi.Revoking,
		"REVOKED": aponoapi.Revoked, "expired": aponoapi.Expired, "Rejected": aponoapi.Rejected, "FAILED": aponoapi.Failed,
		"Paused for\nlunch": "Paused for lunch", "": "",
	} {
		if got := aponoapi.ParseStatus(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, string(got), string(want))
		}
	}
	for _, s := range []aponoapi.Status{
		aponoapi.Pending, aponoapi.PendingMFA, aponoapi.Granting, aponoapi.Granted, aponoapi.Revoking, aponoapi.Revoked,
		aponoapi.Expired, aponoapi.Rejected, aponoapi.Failed, "Paused for lunch",
	} {
		if again := aponoapi.ParseStatus(string(s)); again != s {
			t.Errorf("%q stored and read: got %q", string(s), string(again))
		}
		if again := aponoapi.ParseStatus(s.String()); again != s {
			t.Errorf("%q shown and read: got %q", s, string(again))
		}
		states := 0
		for _, is := range []bool{s.Waiting(), s.Active(), s.Over()} {
			if is {
				states++
			}
		}
		if neither := s == aponoapi.Revoking || s == "Paused for lunch"; neither != (states == 0) || states > 1 {
			t.Errorf("%v is waiting, active or over %d times", s, states)
		}
	}
	if got := aponoapi.Status("").String(); got != "Unknown" {
		t.Errorf("no status: got %q", got)
	}
}

func TestSlowReadsAreNotRepeated(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tries.Add(1)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	client, err := aponoapi.New(aponoapi.Config{URL: server.URL, Token: token, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.User(t.Context(), "dana")
	if !errors.Is(err, aponoapi.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || tries.Load() != 1 {
		t.Errorf("got %v after %d tries", err, tries.Load())
	}
}

func TestEndlessAnswersAreCut(t *testing.T) {
	t.Parallel()
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"message":"`)
		for line := []byte(strings.Repeat("x", 1<<20)); r.Context().Err() == nil; {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	})
	if _, err := client.RevokeV4(t.Context(), "r"); !errors.Is(err, aponoapi.ErrUnknownOutcome) {
		t.Errorf("got %v, want ErrUnknownOutcome", err)
	}
}
