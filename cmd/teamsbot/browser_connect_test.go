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

// devinAsksForSomebodyElse asks for what Dana needs.
func devinAsksForSomebodyElse(t *testing.T, b *browser) {
	w := b.opens(t, laptop, "light", "devin/apono")
	w.says("connect")
	w.presses("Connect")
	w.fills("token", aponotest.NewPerson("Devin", "Developer").Token.Reveal())
	w.answers("Connect")
	w.sees("#dialog", "You are connected to Apono")
	w.clicks("#dialog button.primary")
	w.closed()

	w.says("request")
	w.presses("New request")
	w.sees("#dialog", "For: Me")
	w.looks("for-me")
	w.answers("For somebody else")
	w.sees("#dialog", "Who is it for?")
	w.chooses("for", "Dana Developer (dana@acme.example)")
	w.looks("for-whom")
	w.answers("Next")
	w.sees("#dialog", "For: Dana Developer")
	for w.text("#dialog-body [role=heading]") == "Still loading" { // 10,000 entitlements
		w.answers("Try again")
		w.until(`!document.querySelector("#dialog .busy")`)
	}
	w.chooses("integration", "Orders database")
	w.looks("for-somebody-else")
	w.answers("Next")
	w.chooses("resource_type", "Database")
	w.answers("Next")
	w.chooses("resources", "payments")
	w.answers("Next")
	w.sees("#dialog", "Apono gives this for 8 hours at most.")
	w.chooses("permissions", "read-only")
	w.fills("justification", "Dana is on call and has no laptop yet")
	w.looks("for-finish")
	w.answers("Submit")
	w.closed()
	w.sees(".message:last-child", "They have access until about")
	w.looks("for-granted")
}
