package teamsbot

import (
	"testing"
	"time"
)

// Greta's Teams is in German: so is all that she reads, also what comes by
// itself, and she writes German commands.
func TestTheBotSpeaksGerman(t *testing.T) {
	w := newWorld(t)
	greta := w.person("Greta")
	greta.sees("Willkommen bei Apono", "Neue Anfrage")
	greta.says("hilfe")
	greta.sees("Was Sie hier tun können", "meine anfragen")
	greta.says("anfrage orders database customers read-only 90 Minuten weil INC-7")
	greta.sees("Meinen Sie das?", "Dauer: 1 Stunde 30 Minuten", "Begründung: INC-7")
	form := greta.presses("Formular öffnen").shows("Für wie lange, und warum?")
	form.press("Absenden")
	w.settle()
	w.pass(time.Minute)
	greta.sees("Zugriff erteilt", "Sie haben Zugriff bis etwa", "Zugriff beenden")
	w.pass(2 * time.Hour)
	greta.sees("Abgelaufen")
}

// A channel reads the language of who told it to watch, and the approver's
// dialog is in the approver's own.
func TestAChannelReadsGerman(t *testing.T) {
	w := newWorld(t)
	adam := w.person("Adam")
	adam.Locale = "de-DE"
	channel := w.inChannel()
	adam.asked(channel, "watch all", "Alle Anfragen werden ab jetzt hier gezeigt")
	w.submits(w.person("Dana"), "AWS production")
	w.settle()
	if card := channel.LastCard(); !card.Has("Genehmigung nötig", "Dana Developer fragt Zugriff an.", "Begründung") {
		t.Errorf("the channel shows:\n%s", card.Visible())
	}
}
