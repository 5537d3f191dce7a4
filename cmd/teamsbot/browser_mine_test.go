//go:build browser

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// adamUsesThePortal asks for six databases, one by one, and for a bundle of 65
// entries, none of it through the bot.
func adamUsesThePortal(t *testing.T, s site) {
	apono, err := aponoapi.New(aponoapi.Config{URL: "http://" + s.apono, Token: aponotest.NewPerson("Adam", "Admin").Token})
	must(t, err)
	search := aponoapi.EntitlementSearch{
		IntegrationName: "Orders database", ResourceTypeIDs: []string{"postgresql-database"}, PermissionNames: []string{"read-only"},
	}
	var asked []aponoapi.NewRequestV4
	for e, err := range apono.AvailableEntitlements(t.Context(), search) {
		must(t, err)
		asked = append(asked, aponoapi.NewRequestV4{Entitlements: []aponoapi.EntitlementRef{e.Ref()}, Justification: "made in the portal"})
	}
	if len(asked) != 6 {
		t.Fatalf("Adam may ask for %d databases, want 6", len(asked))
	}
	for _, n := range append(asked, aponoapi.NewRequestV4{Bundle: "Data analyst", Justification: "made in the portal"}) {
		_, err = apono.CreateRequestV4(t.Context(), n)
		must(t, err)
	}
}

// adamLooksThroughHisRequests finds in the bot what he asked for elsewhere.
func adamLooksThroughHisRequests(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "adam/apono")
	w.says("my requests")
	w.looks("lists-of-mine")
	w.awaits("adam", "granted", 7)
	w.presses("My requests")
	w.sees("#dialog", "1 to 5 of 7")
	w.looks("mine-first-page")
	w.answers("Next page")
	w.sees("#dialog", "6 to 7 of 7")
	w.looks("mine-last-page")
	w.answers("Closed")
	w.sees("#dialog", "You have no requests here")
	w.looks("mine-none")
	w.answers("Open")
	w.sees("#dialog", "Data analyst")

	w.answers("View resources")
	w.sees("#dialog", "1 to 25 of 65")
	w.looks("resources-first-page")
	w.answers("Next page")
	w.sees("#dialog", "26 to 50 of 65")
	w.fills("search", "refunds")
	w.answers("Search")
	w.sees("#dialog", "orders.public.refunds")
	w.looks("resources-found")
	w.fills("search", "no such table")
	w.answers("Search")
	w.sees("#dialog", "Nothing matches")
	w.answers("My requests")
	w.sees("#dialog", "1 to 5 of 7")
}

// adamEndsTwoAtOnce ends accesses that he has, and asks for one again.
func adamEndsTwoAtOnce(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "adam/apono")
	w.presses("My access")
	w.sees("#dialog", "1 to 5 of 7")
	w.sees("#dialog", "Time left")
	w.looks("my-access")
	w.chooses("revoke", "Orders database: orders")
	w.chooses("revoke", "Orders database: customers")
	w.clicks("#dialog .style-destructive")
	w.sees("#dialog", "Revoke this access?")
	w.sees("#dialog", "Revoke all 2")
	w.looks("revoke-several")
	w.answers("Revoke all 2")
	w.closed()
	w.awaits("adam", "revoked", 2)
	for _, r := range w.requests("adam") {
		named := len(r.Resources) == 1 && strings.Contains("orders customers", r.Resources[0])
		if named != (r.Status == "revoked") {
			t.Errorf("Apono has %+v", r)
		}
	}

	w.presses("My requests")
	w.answers("Closed")
	w.sees("#dialog", "Revoked")
	w.looks("mine-closed")
	w.answers("Request again")
	w.sees("#dialog", "For how long, and why?")
	w.ticked("permissions", "read-only")
	w.holds("justification", "")
	w.looks("request-again")
	w.fills("justification", "Once more, please")
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "You have access until about")
	if r := w.newest("adam"); r.Justification != "Once more, please" || !strings.Contains("orders customers", r.Resources[0]) {
		t.Errorf("Apono has %+v", r)
	}
}

// awaits waits until the simulated Apono has so many requests of somebody that
// stand at a status.
func (w *window) awaits(person, status string, n int) {
	w.t.Helper()
	w.does("wait for "+status, chromedp.Poll(fmt.Sprintf(`fetch("control/state").then((r) => r.json()).then(({ requests }) =>
		requests.filter((r) => r.grantee === "%s@acme.example" && r.status === %q).length === %d)`, person, status, n), nil))
}
