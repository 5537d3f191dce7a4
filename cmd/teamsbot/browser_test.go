//go:build browser

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestBrowser uses the playground as people do, with a browser, and takes
// pictures of it. The parts follow each other, as a morning in the company;
// in the middle of it several people work at once, each at their own screen.
func TestBrowser(t *testing.T) {
	s := newSite(t)
	p := s.playground(t)
	p.says(s.ready())
	b := newBrowser(t, s.url())

	if !plays(t, b, []part{
		{"welcome", danaIsWelcomed},
		{"data lake", danaSearchesFiveThousandTables},
		{"narrow", danaAsksOnHerPhone},
		{"details", danaLogsIn},
		{"reset", danaResetsOnHerPhone},
		{"approval", omarApprovesInTheSimulator},
	}) {
		return
	}
	if !t.Run("at once", func(t *testing.T) { everybodyWorks(t, s) }) {
		return
	}
	plays(t, b, []part{
		{"faults", aponoIsInTrouble},
		{"others", othersAreToldWhomToAsk},
		{"omar", omarSeesNothingOfIt},
		{"review", approversDecide},
		{"approvals", omarWorksThroughHisApprovals},
	})
}

// part is a part of the morning.
type part struct {
	name string
	play func(*testing.T, *browser)
}

// plays plays parts one after the other, up to the first that fails.
func plays(t *testing.T, b *browser, parts []part) bool {
	for _, p := range parts {
		if !t.Run(p.name, func(t *testing.T) { p.play(t, b) }) {
			return false
		}
	}
	return true
}

func everybodyWorks(t *testing.T, s site) {
	for person, parts := range map[string][]part{
		"dana": {
			{"lists", danaLooksThroughHerRequests},
			{"favorites", danaKeepsAFavorite},
			{"favorite of a form", danaSavesAForm},
			{"many favorites", func(t *testing.T, _ *browser) { danaHasManyFavorites(t, s) }},
			{"old favorite", danaUsesAnOldFavorite},
		},
		"devin": {
			{"whole bundle", devinTakesAWholeBundle},
			{"some of a bundle", devinTakesSomeOfABundle},
			{"two requests", devinMakesTwoRequestsOfOne},
			{"somebody else", devinAsksForSomebodyElse},
		},
		"ava": {
			{"one line", avaWritesOneLine},
			{"extension", avaAsksFromAnywhere},
			{"home", avaIsAtHome},
			{"connect", avaConnects},
		},
		"greta": {{"German", gretaReadsGerman}},
		"adam": {
			{"portal", func(t *testing.T, _ *browser) { adamUsesThePortal(t, s) }},
			{"requests of the portal", adamLooksThroughHisRequests},
			{"several at once", adamEndsTwoAtOnce},
			{"watch", adamSaysWhatIsShown},
		},
	} {
		t.Run(person, func(t *testing.T) {
			t.Parallel()
			plays(t, newBrowser(t, s.url()), parts)
		})
	}
}

func danaIsWelcomed(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "dana/apono")
	w.sees(".card", "Welcome to Apono")
	w.looks("welcome")

	w.says("help")
	w.sees(".message:last-child", "What you can do here")
	w.says("please let me into the thing")
	w.sees(".message:last-child", "I did not understand that")
	w.says("request")
	w.sees(".message:last-child button", "New request")
	w.inView(".message:last-child")
	w.looks("commands")
}

func danaSearchesFiveThousandTables(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "dana/apono")
	w.stays()
	messages := w.count(".message")

	w.presses("New request")
	w.sees("#dialog", "What do you need access to?")
	w.looks("form-integration")
	w.answers("Next")
	w.sees("#dialog", "Choose an integration.")
	w.looks("form-integration-refused")
	w.chooses("integration", "Data lake")
	w.answers("Next")

	// The only type of resource is not asked for.
	w.sees("#dialog", "1 to 25 of 5,000")
	w.looks("form-resources")
	w.chooses("resources", "curated.catalog.accounts_daily")
	w.chooses("resources", "curated.catalog.accounts_hourly")
	w.answers("Next page")
	w.sees("#dialog", "26 to 50 of 5,000")
	w.sees("#dialog", "Chosen on other pages (2)")
	w.fills("search", "curated.sales.orders")
	w.answers("Search")
	w.sees("#dialog", "1 to 2 of 2")
	w.chooses("resources", "curated.sales.orders_daily")
	w.looks("form-resources-found")
	w.fills("search", "no such table")
	w.answers("Search")
	w.sees("#dialog", "Nothing matches")
	w.sees("#dialog", "Chosen on other pages (3)")
	w.looks("form-resources-nothing")
	w.answers("Next")

	w.sees("#dialog", "For how long, and why?")
	w.sees("#dialog", "curated.catalog.accounts_daily, curated.catalog.accounts_hourly, curated.sales.orders_daily")
	w.looks("form-finish")
	w.fills("hours", "soon")
	w.fills("justification", "Monthly report: the totals of October do not add up")
	w.answers("Submit")
	w.sees("#dialog", "Choose a permission.")
	w.sees("#dialog", "“soon” is not one")
	w.looks("form-finish-refused")

	// Back and forth keeps everything.
	w.chooses("permissions", "SELECT")
	w.chooses("duration", "4 hours")
	w.fills("hours", "")
	w.answers("Back")
	w.ticked("chosen", "curated.sales.orders_daily")
	w.answers("Next")
	w.ticked("permissions", "SELECT")
	w.ticked("duration", "4 hours")
	w.holds("justification", "Monthly report: the totals of October do not add up")
	w.looks("form-finish-filled")
	w.detail("readme/form", "#dialog")
	w.answers("Submit")
	w.closed()

	w.sees(".message:last-child", "Pending approval")
	w.shot("status-pending-briefly")
	w.sees(".message:last-child", "Granting")
	w.shot("status-granting")
	w.sees(".message:last-child", "Access granted")
	w.sees(story, "You have access until about")
	w.inView(".message:last-child")
	w.looks("status-granted")
	w.shot("readme/granted")
	if got := w.count(".message"); got != messages+2 {
		t.Errorf("there are %d messages, want two more than %d: the card, and that the access is granted", got, messages)
	}
	w.stayed()
}

func danaAsksOnHerPhone(t *testing.T, b *browser) {
	w := b.opens(t, phone, "dark", "dana/apono")
	w.inView(".message:last-child")
	w.shot("phone-granted")
	w.says("request")
	w.presses("New request")
	w.chooses("integration", "Orders database")
	w.shot("phone-form-integration")
	w.answers("Next")
	w.chooses("resource_type", "Database")
	w.shot("phone-form-type")
	w.answers("Next")
	w.chooses("resources", "orders")
	w.chooses("resources", "customers")
	w.shot("phone-form-resources")
	w.answers("Next")
	w.chooses("permissions", "read-write")
	w.fills("hours", "1.5")
	w.fills("justification", "Incident 4711: the payment of order 31415 hangs")
	w.shot("phone-form-finish")
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "You have access until about")
	w.sees(story, "1 hour 30 minutes")
	w.inView(".message:last-child")
	w.shot("phone-status")
	w.shot("readme/phone")
	w.clicks("#back")
	w.sees("#people", "Omar Approver")
	w.shot("phone-lists")
}

func omarApprovesInTheSimulator(t *testing.T, b *browser) {
	w := b.opens(t, laptop, "dark", "dana/apono")
	w.stays()
	w.says("request")
	w.presses("New request")
	w.chooses("integration", "AWS production")
	w.answers("Next")
	w.chooses("resource_type", "S3 bucket")
	w.shot("dark-form-type")
	w.answers("Next")
	w.sees("#dialog", "1 to 25 of 30")
	w.chooses("resources", "acme-checkout-logs")
	w.answers("Next")
	w.chooses("permissions", "GetObject")
	w.chooses("permissions", "ListBucket")
	w.answers("Submit")

	// Apono refuses, at the field.
	w.sees("#dialog", "ustification")
	w.sees("#dialog", "⚠")
	w.shot("dark-form-refused-by-apono")
	w.fills("justification", "Find the payment of order 31415")
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "Pending approval")

	w.simulator()
	w.sees("#simulator .request", "Pending")
	w.shot("dark-simulator")
	w.clicks(`#simulator .request:first-of-type [data-control="approve"]`)
	w.sees(".message:last-child", "You have access until about")
	w.sees("#simulator .request", "Granted")
	w.shot("dark-granted")

	for range 3 { // an hour, but for a quarter
		w.clicks(`[data-advance="900"]`)
	}
	w.sees(".message:last-child", "Access ends soon")
	w.looks("warning")
	w.detail("readme/warning", ".message:last-child .card")
	w.clicks(`[data-advance="3600"]`)
	w.sees(".message:last-child", "Access ended")
	w.looks("ended")
	w.inView(".message:last-child")
	w.shot("dark-expired")
	w.stayed()
}

func aponoIsInTrouble(t *testing.T, b *browser) {
	w := b.opens(t, laptop, "light", "devin/apono")
	w.simulator()
	w.says("request")
	w.presses("New request")
	w.chooses("integration", "AWS production")
	w.turns("Apono is down (503)", true)
	w.answers("Next")
	w.sees("#dialog", "Apono cannot be reached just now")
	w.looks("apono-down")
	w.turns("Apono is down (503)", false)
	w.answers("Try again")
	w.chooses("resource_type", "EC2 instance")

	w.turns("Apono is slow (5 s)", true)
	w.answers("Next")
	w.sees("#dialog", "Still loading")
	w.looks("apono-slow")
	w.turns("Apono is slow (5 s)", false)
	for w.text("#dialog-body [role=heading]") == "Still loading" { // the slow answer is still on its way
		w.answers("Try again")
		w.until(`!document.querySelector("#dialog .busy")`)
	}
	w.sees("#dialog", "bastion")
	w.clicks("#dialog-close")
	w.closed()
}

func othersAreToldWhomToAsk(t *testing.T, b *browser) {
	for person, words := range map[string]string{
		"nora": "Apono has no account for nora@acme.example",
		"ines": "inactive",
		"noel": "no access flow",
		"gus":  "Guests",
	} {
		w := b.opens(t, desktop, "dark", person+"/apono")
		w.presses("New request")
		w.sees("#dialog", words)
		w.sees("#dialog", "Adam Admin")
		w.shot("dark-refused-" + person)
		w.does("press Escape", chromedp.KeyEvent(kb.Escape))
		w.closed()
	}
}

func omarSeesNothingOfIt(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "omar/apono")
	for _, secret := range []string{"Dana", "4711", "Data lake", "Granted"} {
		if seen := w.text("#messages"); strings.Contains(seen, secret) {
			t.Errorf("Omar sees %q:\n%s", secret, seen)
		}
	}
	w.shot("omar-apono")
}

// stays marks the page, and stayed checks that it was not loaded again.
func (w *window) stays() {
	w.t.Helper()
	w.does("mark the page", chromedp.Evaluate(`window.marked = true`, nil))
}

func (w *window) stayed() {
	w.t.Helper()
	w.until(`window.marked === true`)
}

// inView waits until an element's end can be seen among the messages.
func (w *window) inView(selector string) {
	w.t.Helper()
	w.until(`(() => {
		const box = document.querySelector("#messages").getBoundingClientRect(), end = document.querySelector("` + selector + `").getBoundingClientRect().bottom;
		return end <= box.bottom && end > box.top;
	})()`)
}

// simulator opens the simulator's panel, unless it was left open.
func (w *window) simulator() {
	w.t.Helper()
	w.does("wait for the simulator", chromedp.WaitVisible("#simulator-toggle"))
	if w.count("#simulator:not([hidden])") == 0 {
		w.clicks("#simulator-toggle")
	}
	w.sees("#simulator", "Clock")
}

// turns switches one of the simulator's faults on or off.
func (w *window) turns(fault string, on bool) {
	w.t.Helper()
	w.clicks(fmt.Sprintf(`[data-fault=%q]`, fault))
	w.until(fmt.Sprintf(`document.querySelector('[data-fault=%q]').checked === %t`, fault, on))
	w.until(fmt.Sprintf(`fetch("control/state").then((r) => r.json()).then(({ faults }) => faults.length === %d)`, map[bool]int{true: 1}[on]))
}
