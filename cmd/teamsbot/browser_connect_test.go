//go:build browser

package main

import (
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// avaConnects takes her personal token from the simulator, and ends the
// connection again.
func avaConnects(t *testing.T, b *browser) {
	token := aponotest.NewPerson("Ava", "Approver").Token.Reveal()
	w := b.opens(t, laptop, "light", "ava/apono")
	w.simulator()
	w.clicks("#simulator summary")
	w.sees(`#simulator [data-token="ava@acme.example"]`, token)
	w.shot("connect-tokens")

	w.says("connect")
	w.sees(".message:last-child", "You are not connected")
	w.presses("Connect")
	w.sees("#dialog", "Personal token")
	w.looks("connect")
	w.fills("token", "aup_of_nobody")
	w.answers("Connect")
	w.sees("#dialog", "Apono does not accept this token")
	w.holds("token", "")
	w.looks("connect-refused")
	w.fills("token", token)
	w.answers("Connect")
	w.sees("#dialog", "You are connected to Apono")
	w.clicks("#dialog button.primary")
	w.closed()

	w.says("connect")
	w.sees(".message:last-child", "Since")
	w.looks("connected")
	w.presses("Disconnect")
	w.sees("#dialog", "Disconnect from Apono?")
	w.looks("disconnect")
	w.clicks("#dialog .style-destructive")
	w.sees("#dialog", "forgotten your personal token")
	w.clicks("#dialog button.primary")
	w.closed()
}
