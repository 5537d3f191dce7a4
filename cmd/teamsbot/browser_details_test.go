//go:build browser

package main

import (
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// danaLogsIn views how to get into the database that she was granted, once.
func danaLogsIn(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "dana/apono")
	w.sees(".message:last-child", "Access granted")
	w.inView(".message:last-child")
	w.shot("details-offered")
	w.presses("View details")
	w.sees("#dialog", "Shown once, for your eyes")
	w.looks("details-open")
	w.answers("Show")
	w.sees("#dialog", "Shown once. Copy it now.")
	w.sees("#dialog", "Password:")
	w.sees("#dialog", "apono access use")
	w.looks("details-shown")
	w.detail("readme/details", "#dialog")
	w.clicks("#dialog-close")
	w.closed()

	w.sees(".message:last-child", "Details viewed")
	w.sees(story, "Details viewed")
	w.inView(".message:last-child")
	w.looks("details-viewed")
	w.presses("Reset credentials")
	w.sees("#dialog", "Reset the credentials?")
	w.looks("details-reset")
	w.clicks("#dialog-close")
	w.closed()
}

// danaResetsOnHerPhone connects her account, so that the bot learns from Apono
// when the new credentials are there.
func danaResetsOnHerPhone(t *testing.T, b *browser) {
	w := b.opens(t, phone, "dark", "dana/apono")
	w.says("connect")
	w.presses("Connect")
	w.fills("token", aponotest.NewPerson("Dana", "Developer").Token.Reveal())
	w.answers("Connect")
	w.sees("#dialog", "You are connected to Apono")
	w.clicks("#dialog button.primary")
	w.closed()

	w.says("my requests")
	w.presses("My access")
	w.sees("#dialog", "Details viewed")
	w.shot("phone-details-mine")
	w.answers("Reset credentials")
	w.sees("#dialog", "Reset the credentials?")
	w.shot("phone-details-reset")
	w.answers("Reset credentials")
	w.sees("#dialog", "Resetting…")
	w.shot("phone-details-resetting")
	w.clicks("#dialog-close")
	w.closed()

	w.sees(".message:last-child", "New credentials")
	w.inView(".message:last-child")
	w.shot("phone-details-renewed")
	w.presses("View details")
	w.sees("#dialog", "Shown once, for your eyes")
	w.answers("Show")
	w.sees("#dialog", "Shown once. Copy it now.")
	w.sees("#dialog", "psql")
	w.shot("phone-details-shown")
	w.until(`document.querySelector("#dialog-body").scrollWidth <= document.querySelector("#dialog-body").clientWidth`) // long values wrap
	w.clicks("#dialog-close")
	w.closed()
	w.sees(".message:last-child", "Details viewed")
}
