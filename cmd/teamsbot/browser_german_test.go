//go:build browser

package main

import "testing"

// gretaReadsGerman asks for access with her Teams in German.
func gretaReadsGerman(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "greta/apono")
	w.sees(".card", "Willkommen bei Apono")
	w.looks("german-welcome")
	w.says("hilfe")
	w.sees(".message:last-child", "Was Sie hier tun können")
	w.looks("german-help")
	w.says("anfrage orders database customers read-only 4h weil INC-123")
	w.sees(".message:last-child", "Dauer: 4 Stunden")
	w.looks("german-line")
	w.presses("Formular öffnen")
	w.sees("#dialog", "Für wie lange, und warum?")
	w.looks("german-form")
	w.answers("Absenden")
	w.closed()
	w.sees(".message:last-child", "Sie haben Zugriff bis etwa")
	w.looks("german-granted")
	w.detail("readme/german", ".message:last-child .card")
	w.says("meine anfragen")
	w.presses("Meine Anfragen")
	w.sees("#dialog", "Erteilt")
	w.looks("german-requests")
}
