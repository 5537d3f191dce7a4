package teamsbot

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

// mixedBundle is a world whose bundle Mixed has two types of resources, each
// with permissions of its own.
func mixedBundle(world *aponotest.World) {
	tables := aponotest.ResourceType{
		ID: "warehouse-table", Name: "Table", Permissions: []string{"select", "insert"}, Resources: aponotest.Resources("orders", "customers"),
	}
	roles := aponotest.ResourceType{ID: "warehouse-role", Name: "Role", Permissions: []string{"assume"}, Resources: aponotest.Resources("loader")}
	world.Integrations = append(world.Integrations, aponotest.NewIntegration("Warehouse", "snowflake", tables, roles))
	world.Bundles = append(world.Bundles, aponotest.NewBundle("Mixed",
		aponotest.BundlePart{Integration: "Warehouse", ResourceType: tables.ID, Permissions: tables.Permissions},
		aponotest.BundlePart{Integration: "Warehouse", ResourceType: roles.ID, Permissions: roles.Permissions}))
	world.Flows[0].Integrations = append(world.Flows[0].Integrations, "Warehouse")
	world.Flows[0].Bundles = append(world.Flows[0].Bundles, "Mixed")
}

// bundleInPortal is a bundle that somebody requests in Apono's portal, granted.
func (w *world) bundleInPortal(s *someone, bundle string) aponotest.Request {
	w.t.Helper()
	var token aponoapi.Secret
	for _, p := range aponotest.DefaultWorld().People {
		if p.FirstName == strings.Fields(s.Name)[0] {
			token = p.Token
		}
	}
	_, err := w.bot.Apono.As(token).CreateRequestV4(w.t.Context(), aponoapi.NewRequestV4{Bundle: bundle, Justification: "in the portal", Duration: time.Hour})
	must(w.t, err)
	w.pass(3 * time.Second)
	w.pass(time.Minute)
	all := w.requests()
	return all[len(all)-1]
}

// viewsResources is what somebody is shown of a request's parts.
func (s *someone) viewsResources(name string) string {
	s.w.t.Helper()
	_, body := s.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbResources, Request: name}})
	return body
}

// What v3 tells of a request made elsewhere is all resources and all
// permissions. Nobody is told that they have a permission on something if Apono
// does not say so.
func TestNoPermissionIsInvented(t *testing.T) {
	for name, report := range map[string]int{"with the report": 0, "without": http.StatusForbidden} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, mixedBundle, hidesParts)
			if report > 0 {
				w.apono.Fault(aponotest.Fault{Path: activityPath, Status: report})
			}
			dana := w.person("Dana")
			r := w.bundleInPortal(dana, "Mixed")
			body := dana.viewsResources(r.V3ID)
			for _, want := range []string{"orders", "customers", "loader", "select, insert, assume", "does not tell which permission is on which resource"} {
				if !strings.Contains(body, want) {
					t.Errorf("%q is not in %s", want, body)
				}
			}
			if strings.Contains(body, " – ") {
				t.Errorf("a permission is told to be on a resource: %s", body)
			}
		})
	}
}

// Where there is one of either, what belongs to which is certain.
func TestOnePermissionOnSeveralResources(t *testing.T) {
	w := newWorld(t, hidesParts)
	dana := w.person("Dana")
	r := w.bundleInPortal(dana, "Reporting")
	body := dana.viewsResources(r.V3ID)
	if !strings.Contains(body, "orders – read-only") || strings.Contains(body, "does not tell which") {
		t.Errorf("it shows %s", body)
	}
}

// The lists tell of a request made in the portal what Apono's report does.
func TestListsTellWhatTheReportDoes(t *testing.T) {
	w := newWorld(t, mixedBundle)
	dana := w.person("Dana")
	r := w.bundleInPortal(dana, "Mixed")
	list := dana.mine("My requests").shows("Granted: Mixed", "orders, customers, loader", "Requested")
	if list.Has("3 resources") {
		t.Errorf("the list counts what it could name:\n%s", list.Text())
	}
	must(t, w.apono.Revoke(r.FriendlyID))
	w.pass(time.Minute)
	w.pass(time.Minute)
	dana.mine("My requests").press("Closed").shows("Revoked: Mixed", "Request again")
	if s := dana.viewsResources(r.V3ID); !strings.Contains(s, "Revoked") {
		t.Errorf("its resources: %s", s)
	}
}

// What ends in the portal is remembered as it did.
func TestRevokedInThePortalIsRemembered(t *testing.T) {
	w := newWorld(t, mixedBundle)
	dana := w.person("Dana")
	w.known(dana)
	r := w.bundleInPortal(dana, "Mixed")
	must(t, w.bot.LookElsewhere(t.Context()))
	must(t, w.apono.Revoke(r.FriendlyID))
	w.apono.Advance(elsewhereEvery)
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settle()
	if got := w.remembered(r.FriendlyID); got.Status != aponoapi.Revoked || got.EndedAt.IsZero() {
		t.Errorf("remembered is %+v", got)
	}
}

// The report keeps nobody waiting, and nobody needs it.
func TestListsWithoutTheReport(t *testing.T) {
	for name, fault := range map[string]aponotest.Fault{
		"slow": {Path: activityPath, Latency: 3 * time.Second}, "shut": {Path: activityPath, Status: 403}, "broken": {Path: activityPath, Status: 500},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, mixedBundle)
			dana := w.person("Dana")
			w.apono.Fault(fault)
			w.bundleInPortal(dana, "Mixed")
			w.hurries(func() { dana.mine("My requests").shows("Granted: Warehouse", "3 resources") })
		})
	}
}
