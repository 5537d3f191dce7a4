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

// A request that Apono does not know any more is not counted as open, and can
// be made again; should Apono show it again, so does the bot.
func TestRequestThatIsGone(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Status: http.StatusNotFound})
	w.pass(2 * time.Minute)
	dana.sees("No longer in Apono", "Apono does not know this request any more", "Request again")
	dana.says("help")
	if card := dana.LastCard(); card.Has("1 active") {
		t.Errorf("it is counted:\n%s", card.Visible())
	}
	w.apono.ClearFaults()
	w.apono.Fault(aponotest.Fault{Path: "/api/v3/access-requests", Status: http.StatusOK}) // a list of none
	dana.mine("My access").shows("You have no access")
	list := dana.mine("My requests").press("Open").shows("You have no requests here")
	list.press("Closed").shows("No longer in Apono: Orders database", "Request again")
	w.apono.ClearFaults()

	w.pass(61 * time.Minute)
	w.elsewhere(dana, "Data lake") // Apono's clock goes on
	w.pass(time.Minute)
	dana.mine("My requests").press("Closed").shows("Expired: Orders database")
}

// One that has just been made may not be everywhere yet.
func TestYoungRequestIsNotGone(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "AWS production")
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Status: http.StatusNotFound})
	w.pass(20 * time.Second)
	dana.sees("Pending approval")
	w.apono.ClearFaults()
	w.pass(20 * time.Second)
	dana.says("help")
	dana.sees("1 waiting")
}
