package teamsbot

import (
	"net/http"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// An admin sees how the bot stands, and is told where Apono does not let it do
// something.
func TestStatusForAdmins(t *testing.T) {
	w := newWorld(t)
	adam, dana := w.person("Adam"), w.person("Dana")
	w.replica() // a second one
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Path: "/api/v3/activity", Status: http.StatusForbidden})
	w.settle()
	must(t, w.bot.Store.Beat(t.Context(), "00000000-0000-4000-8000-000000000001", "1.2.3", time.Hour))
	adam.says("status")
	adam.sees("How the bot stands", "1.2.3, since", "Cards to draw: 0, of which 0 are late", "Last look at Apono",
		"✓ offer bundles", "✗ Not allowed: tell who decided")

	for _, written := range []string{"status", "who dana@acme.example"} {
		dana.says(written)
		dana.sees("Only an admin of this bot can do that. Ask Adam Admin.")
	}
	channel := w.inChannel()
	if m := adam.saysIn(channel, "status"); m.Has("How the bot stands") {
		t.Errorf("the channel reads:\n%s", m.Visible())
	}
	adam.sees("How the bot stands")
}

func TestStatusWhileAponoIsSilent(t *testing.T) {
	w := newWorld(t)
	adam := w.person("Adam")
	w.apono.Fault(aponotest.Fault{Latency: 20 * time.Second})
	adam.says("status")
	adam.sees("How the bot stands", "Apono has not told in time")
}

// An admin finds out why somebody gets no further.
func TestWhoForAdmins(t *testing.T) {
	w := newWorld(t)
	adam, dana, devin := w.person("Adam"), w.person("Dana"), w.person("Devin")
	dana.presses("New request")
	dana.connects()
	devin.presses("New request")
	_, err := devin.Uninstalls(t.Context())
	must(t, err)
	for written, want := range map[string][]string{
		"who Dana@acme.example":   {"In Apono: Dana Developer, active", "In Teams: Dana Developer", "Connected to Apono: since", "Gets messages: yes"},
		"who devin@acme.example":  {"Connected to Apono: no", "Gets messages: no: has removed the app"},
		"who ines@acme.example":   {"Ines Inactive, inactive: may request nothing", "The bot has not met this person"},
		"who nobody@acme.example": {"In Apono: no account of this address", "The bot has not met this person"},
		"who":                     {"Write **who** and a mail address"},
		"who is it?":              {"Write **who** and a mail address"},
	} {
		adam.says(written)
		if card := adam.LastCard(); !card.Has(want...) {
			t.Errorf("%q is answered:\n%s", written, card.Visible())
		}
	}
	w.apono.Fault(aponotest.Fault{Status: http.StatusServiceUnavailable})
	adam.says("who dana@acme.example")
	adam.sees("In Apono: not known: Apono could not be asked", "In Teams: Dana Developer")
}
