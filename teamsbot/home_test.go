package teamsbot

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// The home card says how things stand from memory: Apono is not asked.
func TestHomeCardCounts(t *testing.T) {
	w := newWorld(t)
	channel := w.inChannel()
	dana := w.granted("Dana")
	for range 2 {
		dana.says("request")
		w.submits(dana, "AWS production")
	}
	w.pass(time.Minute)
	w.apono.Fault(aponotest.Fault{Status: http.StatusServiceUnavailable})
	dana.says("help")
	w.apono.ClearFaults()
	dana.sees("2 waiting, 1 active, which ends in", "New request", "My requests", "My access")

	if card := dana.saysIn(channel, "help"); card.Has("waiting") || !slices.Contains(card.Buttons(), "New request") {
		t.Errorf("the channel shows:\n%s", card.Visible())
	}
	_, err := dana.Uninstalls(t.Context())
	must(t, err)
	_, err = dana.Installs(t.Context())
	must(t, err)
	w.settle()
	dana.sees("Welcome to Apono", "2 waiting, 1 active, which ends in")

	devin := w.person("Devin")
	devin.says("help")
	if card := devin.LastCard(); card.Has("waiting") || card.Has("active") {
		t.Errorf("Devin, who asked for nothing, sees:\n%s", card.Visible())
	}
}
