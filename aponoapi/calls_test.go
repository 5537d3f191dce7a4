package aponoapi_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/google/go-cmp/cmp"
)

// first asks for the first page of a list.
func first[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		return err
	}
	return nil
}

// TestEverythingIsSent calls each method that takes more than ids with all it
// takes. What comes of that, aponotest shows.
func TestEverythingIsSent(t *testing.T) {
	t.Parallel()
	two := func(name string) []string { return []string{name + "1", name + "2"} }
	fields := map[string]string{"ticket": "T-1"}
	type call func(ctx context.Context, c *aponoapi.Client) error
	for want, do := range map[string]call{
		`GET /api/user/v1/delegated-access-requests?grantee=g&limit=7&statuses=s1&statuses=s2`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.DelegatedRequests(ctx, aponoapi.DelegatedFilter{Grantee: "g", Statuses: two("s"), PageSize: 7}))
		},
		`GET /api/user/v4/access-requests?limit=7&requestor=r&statuses=s1&statuses=s2`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.RequestsV4(ctx, aponoapi.RequestFilterV4{Requestor: "r", Statuses: two("s"), PageSize: 7}))
		},
		`GET /api/user/v4/access-requests/id/entitlements?integration_ids=i1&integration_ids=i2&limit=7&resource_types=t1&resource_types=t2&statuses=s1&statuses=s2`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.EntitlementsV4(ctx, "id", aponoapi.EntitlementFilter{IntegrationIDs: two("i"), ResourceTypes: two("t"), Statuses: two("s"), PageSize: 7}))
		},
		`GET /api/user/v1/available-access/entitlements?grantee=g&integration_id=i&integration_name=n&limit=7&permission_name=p1&permission_name=p2&resource_name=r&resource_type_id=t1&resource_type_id=t2`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.AvailableEntitlements(ctx, aponoapi.EntitlementSearch{
				Grantee: "g", IntegrationID: "i", IntegrationName: "n", ResourceTypeIDs: two("t"), ResourceName: "r", PermissionNames: two("p"), PageSize: 7,
			}))
		},
		`GET /api/admin/v2/bundles?limit=7`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.Bundles(ctx, 7))
		},
		`GET /api/user/v1/available-access/bundles?grantee=g&limit=7&name=n1&name=n2`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.AvailableBundles(ctx, aponoapi.BundleFilter{Grantee: "g", Names: two("n"), PageSize: 7}))
		},
		`GET /api/user/v1/access-sessions?integration_id=i1&integration_id=i2&limit=7&request_ids=r1&request_ids=r2`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.Sessions(ctx, aponoapi.SessionFilter{RequestIDs: two("r"), IntegrationIDs: two("i"), PageSize: 7}))
		},
		`GET /api/v3/access-requests?days_offset=7&user_id=u`: func(ctx context.Context, c *aponoapi.Client) error {
			_, err := c.RequestsV3(ctx, "u", 7)
			return err
		},
		`GET /api/client/v1/access-requests?access_units_summary_limit=3&favorite_only=true&grantee_ids=g1&grantee_ids=g2&include_autogrant=true&limit=7&request_ids=r1&request_ids=r2&requestor_ids=q1&requestor_ids=q2&scope=MyTasks&skip=0&statuses=s1&statuses=s2`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.ClientRequests(ctx, aponoapi.ClientFilter{
				Scope: aponoapi.MyTasks, RequestIDs: two("r"), RequestorIDs: two("q"), GranteeIDs: two("g"), Statuses: two("s"),
				FavoriteOnly: true, IncludeAutoGrant: true, SummaryLimit: 3, PageSize: 7,
			}))
		},
		`GET /api/client/v1/inventory/access-units?bundle-ids=b1&bundle-ids=b2&grantee_id=g&integration-ids=i1&integration-ids=i2&limit=7&permission-ids=p1&permission-ids=p2&permission-search=ps&resource-ids=r1&resource-ids=r2&resource-type-ids=t1&resource-type-ids=t2&search=s&skip=0`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.AccessUnits(ctx, aponoapi.UnitFilter{
				BundleIDs: two("b"), IntegrationIDs: two("i"), ResourceTypeIDs: two("t"), ResourceIDs: two("r"), PermissionIDs: two("p"),
				Search: "s", PermissionSearch: "ps", GranteeID: "g", PageSize: 7,
			}))
		},
		`GET /api/client/v1/inventory/grantees?grantee_type=user&limit=7&search=s&skip=0`: func(ctx context.Context, c *aponoapi.Client) error {
			return first(c.Grantees(ctx, aponoapi.GranteeFilter{Search: "s", Type: "user", PageSize: 7}))
		},
		`POST /api/v3/access-requests {"user_id":"u","integration_id":"i","resource_ids":["r1","r2"],"permissions":["p1","p2"],"justification":"j","duration_in_sec":60}`: func(ctx context.Context, c *aponoapi.Client) error {
			_, err := c.CreateRequestV3(ctx, aponoapi.NewRequest{
				UserID: "u", IntegrationID: "i", ResourceIDs: two("r"), Permissions: two("p"), Justification: "j", Duration: time.Minute,
			})
			return err
		},
		`POST /api/v3/access-requests-bulk/revoke {"request_ids":["r1","r2"]}`: func(ctx context.Context, c *aponoapi.Client) error {
			_, err := c.RevokeV3(ctx, "r1", "r2")
			return err
		},
		`POST /api/user/v4/access-requests {"bundle_reference":"b","justification":"j","duration_in_sec":60,"custom_fields":{"ticket":"T-1"},"grantee":"g"}`: func(ctx context.Context, c *aponoapi.Client) error {
			_, err := c.CreateRequestV4(ctx, aponoapi.NewRequestV4{Bundle: "b", Justification: "j", Duration: time.Minute, CustomFields: fields, Grantee: "g"})
			return err
		},
		`POST /api/user/v4/access-requests {"entitlements":[{"resource_id":"r","permission_id":"p"}],"custom_fields":{}}`: func(ctx context.Context, c *aponoapi.Client) error {
			_, err := c.CreateRequestV4(ctx, aponoapi.NewRequestV4{Entitlements: []aponoapi.EntitlementRef{{ResourceID: "r", PermissionID: "p"}}})
			return err
		},
		`POST /api/user/v4/access-requests/id/request-again {"justification":"j","custom_fields":{"ticket":"T-1"}}`: func(ctx context.Context, c *aponoapi.Client) error {
			_, err := c.RequestAgain(ctx, "id", "j", fields)
			return err
		},
		`POST /api/client/v1/access-requests/id/reject {"justification":"j"}`: func(ctx context.Context, c *aponoapi.Client) error {
			return c.Reject(ctx, "id", "j")
		},
		`POST /api/client/v1/access-requests/dry-run {"filter_integration_ids":["i1","i2"],"filter_bundle_ids":["b1","b2"],"filter_resource_type_ids":["t1","t2"],"filter_resource_ids":["r1","r2"],"filter_resources":[],"filter_permission_ids":["p1","p2"],"filter_access_unit_ids":["a1","a2"],"justification":"j","duration_in_sec":60,"custom_fields":{"ticket":"T-1"},"grantee_id":"g"}`: func(ctx context.Context, c *aponoapi.Client) error {
			_, err := c.DryRun(ctx, aponoapi.Trial{
				IntegrationIDs: two("i"), BundleIDs: two("b"), ResourceTypeIDs: two("t"), ResourceIDs: two("r"), PermissionIDs: two("p"),
				AccessUnitIDs: two("a"), Justification: "j", Duration: time.Minute, CustomFields: fields, GranteeID: "g",
			})
			return err
		},
	} {
		w := &wire{}
		c, err := aponoapi.New(aponoapi.Config{URL: "https://apono.example", Token: token, HTTPClient: &http.Client{Transport: w}})
		if err != nil {
			t.Fatal(err)
		}
		// "{}" is an answer to everything but a create.
		if err := do(t.Context(), c); err != nil && !errors.Is(err, aponoapi.ErrUnknownOutcome) {
			t.Errorf("%s: %v", want, err)
		}
		if d := cmp.Diff(want, w.sent(t)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

// sent is the last request in one line: method, path, query and body.
func (w *wire) sent(t *testing.T) string {
	t.Helper()
	if w.last == nil {
		return "nothing"
	}
	if got := w.last.Header.Get("Authorization"); got != "Bearer "+token.Reveal() {
		t.Errorf("%s: sent with another token", w.last.URL.Path)
	}
	line := w.last.Method + " " + w.last.URL.EscapedPath()
	query, err := url.QueryUnescape(w.last.URL.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	if query != "" {
		line += "?" + query
	}
	body, err := io.ReadAll(w.last.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 0 {
		line += " " + string(body)
	}
	return line
}
