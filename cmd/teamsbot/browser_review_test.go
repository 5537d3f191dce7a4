//go:build browser

package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// approversDecide lets two approvers and the person who asks sit side by side:
// what one of them does, the others see.
func approversDecide(t *testing.T, b *browser) {
	adam := b.opens(t, desktop, "light", "adam/channel")
	adam.does("watch", chromedp.SendKeys("#compose", "@Apono watch all\r"))
	adam.sees(".message", "All requests are shown here from now on")

	omar, ava := b.opens(t, laptop, "light", "omar/channel"), b.opens(t, laptop, "dark", "ava/channel")
	dana := b.opens(t, laptop, "light", "dana/apono")
	dana.asks("SupportEngineer", "The pager rings: checkout fails in production")
	for _, w := range []*window{omar, ava} {
		w.sees(newestReview, "checkout fails in production")
	}
	omar.looks("review")
	omar.shot("readme/review")

	ava.clicks(newestReview + ` button[data-action="Reject"]`)
	ava.connects("Ava")
	ava.sees("#dialog", "Reject this request?")
	ava.looks("reject")
	ava.clicks("#dialog-close")
	ava.closed()

	omar.clicks(newestReview + ` button[data-action="Approve"]`)
	omar.connects("Omar")
	omar.sees("#dialog", "Approve this request?")
	omar.fills("reason", "Go ahead, INC-2077")
	omar.looks("approve")
	omar.detail("readme/approve", "#dialog")
	omar.answers("Approve")
	omar.sees("#dialog", "You approved it.")
	omar.clicks("#dialog button.primary")
	omar.closed()
	for _, w := range []*window{omar, ava, adam} {
		w.sees(newestReview, "Approved")
		w.sees(newestReview, "Omar Approver")
		w.sees(newestReview, "Go ahead, INC-2077")
		w.until(fmt.Sprintf(`!document.querySelector('%s button[data-action]')`, newestReview))
	}
	ava.inView(newestReview)
	ava.shot("review-seen-by-another")
	omar.inView(newestReview)
	omar.looks("review-approved")
	omar.detail("readme/approved", newestReview+" .card")
	dana.sees(".message:last-child", "Access granted")
	dana.sees(".message:last-child", "Go ahead, INC-2077")
	dana.looks("granted-by-omar")
}

// newestReview is the newest card in the channel for those who decide.
const newestReview = ".message:last-child"

// omarWorksThroughHisApprovals decides from his list, on a phone.
func omarWorksThroughHisApprovals(t *testing.T, b *browser) {
	dana := b.opens(t, laptop, "light", "dana/apono")
	dana.asks("ReadOnlyAccess", "Read the logs of last night")
	omar := b.opens(t, desktop, "light", "omar/apono")
	omar.says("approvals")
	omar.presses("My approvals")
	omar.sees("#dialog", "Read the logs of last night")
	omar.looks("approvals")
	omar.detail("readme/approvals", "#dialog")
	newest := `(//*[@id="dialog"]//button[@data-action="Reject"])[last()]`
	omar.does("reject the newest", click(newest, chromedp.BySearch, chromedp.NodeVisible))
	omar.sees("#dialog", "Reject this request?")
	omar.sees("#dialog", "Read the logs of last night")
	omar.fills("reason", "Use the copy in the data lake")
	omar.answers("Reject")
	omar.sees("#dialog", "You rejected it.")
	dana.sees(".message:last-child", "Request rejected")
	dana.sees(".message:last-child", "Use the copy in the data lake")
	dana.looks("rejected-by-omar")
}

// asks asks for a role in AWS production.
func (w *window) asks(role, why string) {
	w.t.Helper()
	w.says("request")
	w.presses("New request")
	w.chooses("integration", "AWS production")
	w.answers("Next")
	w.chooses("resource_type", "IAM role")
	w.answers("Next")
	w.chooses("resources", role)
	w.answers("Next")
	w.chooses("permissions", "AssumeRole")
	w.fills("justification", why)
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "Pending approval")
}

// connects fills in somebody's own token in the dialog that asks for it, unless
// they are connected already.
func (w *window) connects(first string) {
	w.t.Helper()
	w.sees("#dialog", "Personal token")
	w.fills("token", aponotest.NewPerson(first, "Approver").Token.Reveal())
	w.answers("Connect")
}
