package aponoapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// saying answers a request with a status and body. After that the caller has no
// time for another try or page.
type saying struct {
	status int
	body   string
	cancel context.CancelFunc
}

func (s *saying) RoundTrip(r *http.Request) (*http.Response, error) {
	s.cancel()
	return &http.Response{
		StatusCode: s.status, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(s.body)), Request: r,
	}, nil
}

// drain reads a list until it ends.
func drain[T any](list iter.Seq2[T, error]) (last any, err error) {
	for item, failure := range list {
		last, err = item, failure
	}
	return last, err
}

// two makes one result of a call's two.
func two[T any](value T, err error) (any, error) { return value, err }

// asks are all calls that read something.
func asks(c *aponoapi.Client) map[string]func(context.Context) (any, error) {
	return map[string]func(context.Context) (any, error){
		"user":         func(ctx context.Context) (any, error) { return two(c.User(ctx, "x")) },
		"me":           func(ctx context.Context) (any, error) { return two(c.Me(ctx)) },
		"integrations": func(ctx context.Context) (any, error) { return two(c.Integrations(ctx)) },
		"selectable":   func(ctx context.Context) (any, error) { return two(c.SelectableIntegrations(ctx, "u")) },
		"types":        func(ctx context.Context) (any, error) { return two(c.SelectableResourceTypes(ctx, "u", "i")) },
		"resources":    func(ctx context.Context) (any, error) { return two(c.SelectableResources(ctx, "u", "i", "t")) },
		"permissions":  func(ctx context.Context) (any, error) { return two(c.SelectablePermissions(ctx, "u", "i", "t")) },
		"delegated":    func(ctx context.Context) (any, error) { return two(c.DelegatedRequest(ctx, "r")) },
		"v3":           func(ctx context.Context) (any, error) { return two(c.RequestV3(ctx, "r")) },
		"v4":           func(ctx context.Context) (any, error) { return two(c.RequestV4(ctx, "r")) },
		"client":       func(ctx context.Context) (any, error) { return two(c.ClientRequest(ctx, "r", 10)) },
		"any":          func(ctx context.Context) (any, error) { return two(c.Request(ctx, "r")) },
		"v3 list":      func(ctx context.Context) (any, error) { return two(c.RequestsV3(ctx, "u", 1)) },
		"activity":     func(ctx context.Context) (any, error) { return two(c.Activity(ctx, aponoapi.ActivityFilter{})) },
		"details":      func(ctx context.Context) (any, error) { return two(c.DetailsV3(ctx, "r")) },
		"its details":  func(ctx context.Context) (any, error) { return two(c.SessionDetails(ctx, "s")) },
		"session":      func(ctx context.Context) (any, error) { return two(c.Session(ctx, "s")) },
		"sessions":     func(ctx context.Context) (any, error) { return drain(c.Sessions(ctx, aponoapi.SessionFilter{})) },
		"grantees":     func(ctx context.Context) (any, error) { return drain(c.Grantees(ctx, aponoapi.GranteeFilter{})) },
		"bundles":      func(ctx context.Context) (any, error) { return drain(c.AvailableBundles(ctx, aponoapi.BundleFilter{})) },
		"entitlements": func(ctx context.Context) (any, error) {
			return drain(c.EntitlementsV4(ctx, "r", aponoapi.EntitlementFilter{}))
		},
		"units":     func(ctx context.Context) (any, error) { return drain(c.AccessUnits(ctx, aponoapi.UnitFilter{})) },
		"requests":  func(ctx context.Context) (any, error) { return drain(c.RequestsV4(ctx, aponoapi.RequestFilterV4{})) },
		"tasks":     func(ctx context.Context) (any, error) { return drain(c.ClientRequests(ctx, aponoapi.ClientFilter{})) },
		"create":    func(ctx context.Context) (any, error) { return two(c.CreateRequestV4(ctx, aponoapi.NewRequestV4{})) },
		"create v3": func(ctx context.Context) (any, error) { return two(c.CreateRequestV3(ctx, aponoapi.NewRequest{})) },
		"approve":   func(ctx context.Context) (any, error) { return nil, c.Approve(ctx, "r", "because") },
		"reset":     func(ctx context.Context) (any, error) { return two(c.ResetSession(ctx, "s")) },
		"revoke":    func(ctx context.Context) (any, error) { return two(c.RevokeV4(ctx, "r")) },
		"dry run":   func(ctx context.Context) (any, error) { return two(c.DryRun(ctx, aponoapi.Trial{})) },
	}
}

// FuzzAnswer is whatever Apono, or something between it and us, answers:
//
//	go test -run '^$' -fuzz FuzzAnswer -fuzztime 2m ./aponoapi
//
// Every call ends, with a value or an error that says what kind it is, without
// the token or more of the answer than can be shown.
func FuzzAnswer(f *testing.F) {
	for _, body := range answers() {
		f.Add(200, body)
	}
	for _, status := range []int{201, 204, 301, 400, 401, 403, 404, 409, 422, 499, 777} {
		f.Add(status, `{"message":"\u0000 \ud800 \u202e","errors":[{"detail":{}}],"error":["x"]}`)
		f.Add(status, "<html>"+string(token)+"\x00\xff")
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 999 || status == http.StatusTooManyRequests || status/100 == 5 || status == http.StatusRequestTimeout {
			return // not another kind of answer
		}
		answer := &saying{status: status, body: body}
		c, err := aponoapi.New(aponoapi.Config{URL: "https://apono.example", Token: token, HTTPClient: &http.Client{Transport: answer}})
		if err != nil {
			t.Fatal(err)
		}
		for name, ask := range asks(c) {
			ctx, cancel := context.WithCancel(t.Context())
			answer.cancel = cancel
			value, err := ask(ctx)
			if err != nil {
				failsWell(t, name, err)
				continue
			}
			if _, err := json.Marshal(value); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// failsWell wants an error to be of a kind that callers know, and fit for a log.
func failsWell(t *testing.T, name string, err error) {
	t.Helper()
	var known *aponoapi.Error
	if text := err.Error(); !errors.As(err, &known) || strings.Contains(text, string(token)) || !utf8.ValidString(text) || len(text) > 4096 {
		t.Errorf("%s: an error of no kind, or that tells too much: %q", name, text)
	}
}

// answers are bodies that no call expects, or nearly.
func answers() []string {
	all := []string{
		``, `null`, `true`, `7`, `"x"`, `[]`, `{}`, `[null]`, `{"items":null}`, `{"items":[null]}`, `{"data":[null]}`, `{"items":{}}`, `{"data":7}`,
		`{"items":[{}],"pagination":{"next_page_token":"again"}}`, `{"data":[{}],"pagination":{"has_more":true}}`, `{"data":[{}],"pagination":{"total":1e99}}`,
		`{"data":[],"pagination":{"total":-1,"limit":-1}}`, strings.Repeat(`[`, 20_000), strings.Repeat(`{"items":`, 11_000), "\xff\xfe", "{\"id\":\"\x00\"}", `{"id":"\ud800"}`,
	}
	for _, odd := range []string{`null`, `7`, `-1`, `1e308`, `""`, `"\u0000\u202e"`, `[]`, `[[{}]]`, `{}`, `{"id":[]}`, `"9999999999"`, `"0000-00-00T00:00:00Z"`} {
		fields := make([]string, 0, 40)
		for _, name := range []string{
			"id", "status", "request_id", "friendly_request_id", "creation_date", "creation_time", "revocation_date", "duration_in_sec", "grantee", "requestor",
			"requested_grantee", "justification", "access_groups", "access_units", "bundle", "resource", "integration", "permission", "type", "name", "display_name",
			"custom_fields", "challenge", "approvers", "groups", "summary", "total", "instructions", "json", "cli", "link", "credentials", "fields", "user", "email",
			"active", "roles", "can_reset_credentials", "is_new", "entitlements", "data", "items", "permissions", "resources", "date", "activity", "errors",
		} {
			fields = append(fields, strconv.Quote(name)+":"+odd)
		}
		one := "{" + strings.Join(fields, ",") + "}"
		all = append(all, one, `{"items":[`+one+`]}`, `{"data":[`+one+`]}`, `[`+one+`]`)
	}
	return all
}
