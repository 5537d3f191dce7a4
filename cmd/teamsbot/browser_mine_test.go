//go:build browser

package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// adamUsesThePortal asks for six databases, one by one, and for thirty tables,
// none of it through the bot.
func adamUsesThePortal(t *testing.T, s site) {
	apono, err := aponoapi.New(aponoapi.Config{URL: "http://" + s.apono, Token: aponotest.NewPerson("Adam", "Admin").Token})
	must(t, err)
	asks := func(wanted ...aponoapi.EntitlementRef) {
		_, err := apono.CreateRequestV4(t.Context(), aponoapi.NewRequestV4{Entitlements: wanted, Justification: "made in the portal"})
		must(t, err)
	}
	for e, err := range apono.AvailableEntitlements(t.Context(), aponoapi.EntitlementSearch{
		IntegrationName: "Orders database", ResourceTypeIDs: []string{"postgresql-database"}, PermissionNames: []string{"read-only"},
	}) {
		must(t, err)
		asks(e.Ref())
	}
	var tables []aponoapi.EntitlementRef
	for e, err := range apono.AvailableEntitlements(t.Context(), aponoapi.EntitlementSearch{
		IntegrationName: "Data lake", PermissionNames: []string{"SELECT"},
	}) {
		must(t, err)
		if tables = append(tables, e.Ref()); len(tables) == 30 {
			break
		}
	}
	asks(tables...)
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
	w.sees("#dialog", "Data lake")

	w.answers("View resources")
	w.sees("#dialog", "1 to 25 of 30")
	w.looks("resources-first-page")
	w.answers("Next page")
	w.sees("#dialog", "26 to 30 of 30")
	w.fills("search", "raw.sales.orders_daily")
	w.answers("Search")
	w.sees("#dialog", "raw.sales.orders_daily – SELECT")
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
	w.looks("my-access")
	for _, value := range []string{"3", "4"} {
		w.clicks(`#dialog [data-input="revoke"] input[value="` + value + `"]`)
	}
	w.clicks("#dialog .style-destructive")
	w.sees("#dialog", "Revoke this access?")
	w.sees("#dialog", "Revoke all 2")
	w.looks("revoke-several")
	w.answers("Revoke all 2")
	w.sees("#dialog", "The access is ending.")
	w.clicks("#dialog button.primary")
	w.closed()
	w.awaits("adam", "revoked", 2)
	var ended []string
	for _, r := range w.requests("adam") {
		if r.Status == "revoked" {
			ended = append(ended, r.FriendlyID)
		}
	}

	w.presses("My requests")
	w.answers("Closed")
	for _, id := range ended {
		w.sees("#dialog", "Revoked: Orders database (Database) · "+id)
	}
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
	if r := w.newest("adam"); r.Justification != "Once more, please" || r.Integration != "Orders database" {
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
