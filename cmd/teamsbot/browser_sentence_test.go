//go:build browser

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// avaWritesOneLine asks for access in one line, which is never sent by itself.
func avaWritesOneLine(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "ava/apono")
	w.says("request prod-postgres orders read-only 4h because INC-123")
	w.sees(".message:last-child", "Is this what you mean?")
	w.sees(".message:last-child", "prod-postgres")
	w.looks("line-partly")
	w.says("request orders database customers read-only 4h because INC-123")
	w.sees(".message:last-child", "Resources: customers")
	w.sees(".message:last-child", "Duration: 4 hours")
	w.looks("line-understood")
	w.detail("readme/line", ".message:last-child .card")
	if all := w.requests("ava"); len(all) != 0 {
		t.Errorf("Apono has %+v before anything was submitted", all)
	}
	w.presses("Open the form")
	w.sees("#dialog", "For how long, and why?")
	w.ticked("duration", "4 hours")
	w.ticked("permissions", "read-only")
	w.holds("justification", "INC-123")
	w.looks("line-form")
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "You have access until about")
	r := w.newest("ava")
	if r.Integration != "Orders database" || r.DurationSec != 4*3600 || r.Justification != "INC-123" || len(r.Resources) != 1 {
		t.Errorf("Apono has %+v", r)
	}
}

// avaAsksFromAnywhere uses the message extension, where she writes and on what
// a colleague wrote.
func avaAsksFromAnywhere(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "ava/apono")
	w.clicks(`[data-chat="channel"]`)
	w.sees("#chat-title", "Access approvals")
	w.clicks("#plus")
	w.sees("#plus-menu", "Request access")
	w.shot("extension-menu")
	w.clicks("#extension-request")
	w.sees("#dialog", "What do you need access to?")
	w.looks("extension-form")
	w.clicks("#dialog-close")
	w.closed()

	const words = "The pager rings: who looks at the exports?"
	w.does("write a post", chromedp.SendKeys("#compose", words+"\r"))
	w.sees(".message:last-child .bubble", words)
	w.clicks(".message:last-child .message-options > button")
	w.looks("extension-on-message")
	w.clicks(".message:last-child .message-options li button")
	w.chooses("integration", "AWS production")
	w.answers("Next")
	w.chooses("resource_type", "IAM role")
	w.answers("Next")
	w.chooses("resources", "ReadOnlyAccess")
	w.answers("Next")
	w.holds("justification", words)
	w.chooses("permissions", "AssumeRole")
	w.looks("extension-finish")
	w.answers("Submit")
	w.sees("#dialog", "Your own chat")
	w.looks("extension-submitted")
	w.clicks("#dialog button.primary")
	w.closed()
	w.clicks(`[data-chat="apono"]`)
	w.sees(".message:last-child", "Pending approval")
	if r := w.newest("ava"); r.Justification != words || r.Status != "pending" {
		t.Errorf("Apono has %+v", r)
	}
}

// avaIsAtHome sees on the home card how her requests stand, and takes back the
// one that waits.
func avaIsAtHome(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "ava/apono")
	w.sees(".message:last-child", "Pending approval")
	w.looks("status-pending")
	w.presses("Cancel request")
	w.sees("#dialog", "Cancel this request?")
	w.looks("cancel")
	w.clicks("#dialog-close")
	w.closed()

	w.says("help")
	w.sees(".message:last-child", "1 waiting, 1 active, which ends in")
	w.looks("home")
	w.detail("readme/home", ".message:last-child .card")
	waits := fmt.Sprintf(`.message:has(button[data-action=%q])`, "Cancel request")
	w.clicks(waits + ` button[data-action="Cancel request"]`)
	w.answers("Cancel request")
	w.sees("#messages", "Revoked")
	w.until(`!document.querySelector('` + waits + `')`)
	if r := w.newest("ava"); r.Status != "revoked" {
		t.Errorf("Apono has %+v", r)
	}
	w.says("help")
	w.sees(".message:last-child", "Now: 1 active, which ends in")
	w.avaAsksAgain(t)
}

// avaAsksAgain asks for what she took back; its card names the new request.
func (w *window) avaAsksAgain(t *testing.T) {
	old := w.newest("ava").FriendlyID
	w.clicks(`.message button[data-action="Request again"]`)
	w.sees("#dialog", "For how long, and why?")
	w.holds("justification", "")
	w.fills("justification", "It rings again")
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "Pending approval")
	again := w.newest("ava").FriendlyID
	w.sees(".message", "Requested again: "+again)
	if seen := w.text(".message:has(.card button[data-action=\"Request again\"])"); again == old || !strings.Contains(seen, old) {
		t.Errorf("the old card is\n%s", seen)
	}
	w.does("scroll to the old card", chromedp.ScrollIntoView(`.message button[data-action="Request again"]`))
	w.shot("asked-again")
}
