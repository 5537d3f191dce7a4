//go:build browser

package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// devinTakesAWholeBundle sees what is in a bundle and asks for all of it.
func devinTakesAWholeBundle(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "devin/apono")
	w.says("bundle")
	w.presses("Request bundle")
	w.sees("#dialog", "Which bundle?")
	w.answers("Next")
	w.sees("#dialog", "Choose a bundle.")
	w.looks("bundle")
	w.chooses("bundle", "Reporting")
	w.answers("Next")
	w.sees("#dialog", "Everything in the bundle (3)")
	w.ticked("take", "Everything in the bundle (3)")
	w.looks("bundle-whole")
	w.answers("Next")
	w.sees("#dialog", "Everything in the bundle")
	w.chooses("duration", "30 minutes")
	w.fills("justification", "The numbers of the quarter")
	w.fills("answer_0", "INC-77")
	w.looks("bundle-finish")
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "You have access until about")
	w.sees(story, "Ticket: INC-77")
	w.looks("bundle-granted")

	r := w.newest("devin")
	if r.Bundle != "Reporting" || r.Justification != "The numbers of the quarter" || r.DurationSec != 1800 || len(r.Resources) != 3 {
		t.Errorf("Apono has %+v", r)
	}
}

// devinTakesSomeOfABundle finds what he needs among 65 entries.
func devinTakesSomeOfABundle(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "devin/apono")
	w.says("bundle")
	w.presses("Request bundle")
	w.chooses("bundle", "Data analyst")
	w.answers("Next")
	w.sees("#dialog", "1 to 25 of 65")
	w.looks("bundle-contents")
	w.chooses("take", "Only what I tick below")
	w.answers("Next")
	w.sees("#dialog", "Tick at least one")
	w.picks("curated.finance.orders_daily · SELECT")
	w.answers("Next page")
	w.sees("#dialog", "26 to 50 of 65")
	w.sees("#dialog", "Chosen on other pages (1)")
	w.looks("bundle-next-page")

	w.fills("search", "refunds")
	w.answers("Search")
	w.sees("#dialog", "1 to 1 of 1")
	w.picks("orders.public.refunds · read-only")
	w.looks("bundle-found")
	w.fills("search", "")
	w.answers("Filter")
	w.sees("#dialog", "What is the list to show?")
	w.chooses("types", "Database")
	w.chooses("grants", "read-write")
	w.looks("bundle-filter")
	w.answers("Show")
	w.sees("#dialog", "1 to 1 of 1")
	w.sees("#dialog", "Filter: Database, read-write")
	w.picks("reporting · read-write")
	w.looks("bundle-filtered")
	w.detail("readme/bundle", "#dialog")
	w.answers("Show selected")
	w.sees("#dialog", "1 to 3 of 3")
	w.ticked("units", "curated.finance.orders_daily · SELECT")
	w.ticked("units", "orders.public.refunds · read-only")
	w.ticked("units", "reporting · read-write")
	w.looks("bundle-selected")
	w.devinSubmits(t)
}

// devinSubmits takes one of his choices back and submits the rest.
func (w *window) devinSubmits(t *testing.T) {
	w.picks("reporting · read-write")
	w.answers("Show all")
	w.sees("#dialog", "Chosen on other pages (2)")
	w.answers("Next")
	w.sees("#dialog", "curated.finance.orders_daily · SELECT")
	w.fills("justification", "Why are there so many refunds?")
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "You have access until about")
	w.looks("bundle-part-granted")
	got := slices.Sorted(slices.Values(w.newest("devin").Resources))
	if want := []string{"curated.finance.orders_daily", "orders.public.refunds"}; !slices.Equal(got, want) {
		t.Errorf("Apono was asked for %v, want %v", got, want)
	}
}

// devinMakesTwoRequestsOfOne asks for a part of a bundle that two access flows
// decide on.
func devinMakesTwoRequestsOfOne(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "devin/apono")
	before := len(w.requests("devin"))
	w.says("bundle")
	w.presses("Request bundle")
	w.chooses("bundle", "On-call")
	w.answers("Next")
	w.picks("orders · read-write")
	w.picks("SupportEngineer · AssumeRole")
	w.answers("Next")
	w.fills("justification", "The pager rings")
	w.answers("Submit")
	w.closed()
	w.sees(story, "Apono made 2 requests of this")
	w.sees(story, "Granted (1 of 2)")
	w.sees(story, "Pending approval")
	w.looks("bundle-two-requests")
	w.detail("readme/several", story+" .card")
	if got := len(w.requests("devin")); got != before+2 {
		t.Errorf("Apono has %d requests of Devin's, want 2 more than %d", got, before)
	}
	w.clicks(story + ` button[data-action="Revoke access"]`)
	w.sees("#dialog", "What is to end?")
	w.looks("bundle-revoke-some")
	w.clicks("#dialog-close")
	w.closed()
}

// picks ticks, or unticks, what of a bundle's contents begins so.
func (w *window) picks(title string) {
	w.t.Helper()
	label := fmt.Sprintf(`//*[@id="dialog"]//*[@data-input="units"]//label[starts-with(normalize-space(), %q)]`, title)
	w.does("choose "+title, click(label, chromedp.BySearch, chromedp.NodeVisible))
}

// requests are those of somebody that the simulated Apono has, newest first.
func (w *window) requests(person string) []aponotest.Request {
	w.t.Helper()
	var state struct{ Requests []aponotest.Request }
	w.does("ask the simulator", chromedp.Evaluate(`fetch("control/state").then((r) => r.json())`, &state, awaited))
	return slices.DeleteFunc(state.Requests, func(r aponotest.Request) bool { return r.Grantee != person+"@acme.example" })
}

// newest is the last request of somebody.
func (w *window) newest(person string) aponotest.Request {
	w.t.Helper()
	all := w.requests(person)
	if len(all) == 0 {
		w.t.Fatalf("Apono has no request of %s's", person)
	}
	return all[0]
}
