//go:build browser

package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// adamSaysWhatIsShown lets a channel be shown requests, and one where a guest
// reads them; Dana may not. What is shown there begins threads of its own, below
// the answers.
func adamSaysWhatIsShown(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "adam/apono")
	w.clicks(`[data-chat="channel"]`)
	w.sees("#chat-title", "Access approvals")
	w.posts("@Apono watch")
	w.sees(".message.reply", "No requests are shown in this channel")
	w.shot("watch-how")
	w.posts("@Apono watch integration aws production")
	w.sees(".message.reply", "Requests for AWS production are shown here from now on")
	w.posts("@Apono watch bundle on-call")
	w.sees(".message.reply", "Requests for the bundle On-call are shown here from now on")
	w.posts("@Apono watch")
	w.sees(".message.reply", "Shown in this channel")
	w.looks("watch-list")

	w.clicks(`[data-chat="shared"]`)
	w.sees("#chat-about", "Shared channel")
	w.posts("@Apono watch all")
	w.sees(".message.reply", "This channel is shared")
	w.shot("watch-shared")

	w.clicks(`[data-chat="partners"]`)
	w.sees("#chat-title", "Partner project")
	w.posts("@Apono watch all")
	w.sees(".message.reply", "1 guest is a member here")
	w.looks("watch-guests")
	w.presses("Watch anyway…")
	w.sees("#dialog", "Show requests here?")
	w.looks("watch-anyway")
	w.answers("Watch anyway")
	w.closed()
	w.sees(".message.reply", "All requests are shown here from now on")
	w.posts("@Apono unwatch")
	w.sees(".message.reply", "No requests are shown here any more")

	own := b.opens(t, desktop, "light", "adam/apono")
	own.says("status")
	own.sees(".message:last-child", "How the bot stands")
	own.looks("status")
	own.says("who dana@acme.example")
	own.sees(".message:last-child", "Dana Developer, active")
	own.looks("who")

	dana := b.opens(t, phone, "dark", "dana/partners")
	dana.posts("@Apono watch all")
	dana.sees(".message.reply", "I answered in your own chat")
	dana.shot("watch-no-admin")
}

// posts writes into a channel.
func (w *window) posts(text string) {
	w.t.Helper()
	w.does("write "+text, chromedp.SendKeys("#compose", text+"\r"))
}
