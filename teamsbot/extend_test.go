package teamsbot

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

const clientRequestsPath = "/api/client/v1/access-requests"

// warned is somebody with an access of an hour that ends in 12 minutes, who is
// connected.
func (w *world) warned(name string) *someone {
	w.t.Helper()
	s := w.granted(name)
	s.connects()
	w.pass(time.Hour - 12*time.Minute)
	w.warns()
	return s
}

// warns lets the bot warn who is to be warned.
func (w *world) warns() {
	w.t.Helper()
	must(w.t, w.bot.warnOfEnds(w.t.Context()))
	w.settle()
}

// hours is how long Apono gives the newest request.
func (w *world) hours() float64 {
	all := w.requests()
	return float64(all[len(all)-1].DurationSec) / 3600
}

func TestAccessIsExtended(t *testing.T) {
	w := newWorld(t)
	dana := w.warned("Dana")
	dana.sees("Access ends soon", "Extend access", "Revoke access")
	if dana.has("Access ends soon", "Request again") {
		t.Error("she can also request it again")
	}
	d := dana.presses("Extend access").shows("Extend this access?", "Orders database", "By: 1 hour", "Ends then:").press("Extend access")
	if !d.Closed {
		t.Fatalf("the dialog stays: %s", d.Text())
	}
	w.settle()
	if got := w.hours(); got != 2 {
		t.Errorf("Apono gives it for %g hours, want 2", got)
	}
	w.pass(50 * time.Minute)
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests", n)
	}
	w.pass(10 * time.Minute)
	w.warns()
	dana.sees("Access ends soon", "Extend access")
	dana.presses("Extend access").press("Extend access")
	w.settle()
	w.pass(time.Hour)
	w.warns()
	dana.sees("Access ends soon", "Request again") // Apono extends it twice
	if got := w.hours(); got != 3 {
		t.Errorf("Apono gives it for %g hours, want 3", got)
	}
}

// Who is not connected, or whose access Apono does not extend or not tell of,
// can request it again.
func TestAccessThatIsNotExtended(t *testing.T) {
	for name, f := range map[string]aponotest.Fault{
		"refused": {Status: 403}, "down": {Status: 503}, "slow": {Latency: 5 * time.Second}, "odd": {Malformed: true}, "ended": {Status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dana := w.granted("Dana")
			dana.connects()
			w.pass(time.Hour - 12*time.Minute)
			f.Path = clientRequestsPath
			w.apono.Fault(f)
			w.hurries(w.warns)
			dana.sees("Access ends soon", "Request again", "Revoke access")
		})
	}
}

// The button works, or asks for what is missing, whatever has become of the
// connection since it was drawn.
func TestExtendAsksToConnect(t *testing.T) {
	w := newWorld(t)
	dana := w.warned("Dana")
	for _, lost := range []func() func(){
		func() func() {
			must(t, w.bot.dropLink(t.Context(), w.keyOf(dana)))
			return func() {}
		},
		func() func() {
			w.apono.Fault(aponotest.Fault{Path: clientRequestsPath, Status: 401})
			return w.apono.ClearFaults
		},
	} {
		back := lost()
		d := dana.presses("Extend access").shows("Personal token")
		back()
		d.fill(cards.FieldToken, tokenOf("Dana Developer")).press("Connect").shows("Extend this access?")
	}
	d := dana.presses("Extend access")
	w.apono.Fault(aponotest.Fault{Path: clientRequestsPath + "/*/extend", Status: 401})
	d = d.press("Extend access").shows("Your connection to Apono has ended")
	w.apono.ClearFaults()
	if d = d.fill(cards.FieldToken, tokenOf("Dana Developer")).press("Connect"); !d.Closed {
		t.Errorf("it does not go on: %s", d.Text())
	}
	if got := w.hours(); got != 2 {
		t.Errorf("Apono gives it for %g hours, want 2", got)
	}
}

func TestAnExtensionThatFails(t *testing.T) {
	w := newWorld(t)
	dana := w.warned("Dana")
	d := dana.presses("Extend access")
	for _, c := range []struct {
		words string
		fault aponotest.Fault
	}{
		{"cannot be extended", aponotest.Fault{Status: 409}},
		{"cannot be extended", aponotest.Fault{Status: 400}},
		{"Apono is busy", aponotest.Fault{Status: 429, RetryAfter: 30 * time.Second}},
		{"Apono has not answered yet", aponotest.Fault{CutAfter: true}},
	} {
		c.fault.Path = clientRequestsPath + "/*/extend"
		w.apono.Fault(c.fault)
		d.press("Extend access").shows(c.words)
		w.apono.ClearFaults()
	}
	if got := w.hours(); got != 2 { // the last one has been made
		t.Errorf("Apono gives it for %g hours, want 2", got)
	}
	if d := d.press("Extend access"); !d.Closed || w.hours() != 2 {
		t.Errorf("pressed once more, it is %g hours: %s", w.hours(), d.Text())
	}
}

// However often one dialog's button is pressed, it extends once.
func TestManyPressesExtendOnce(t *testing.T) {
	w := newWorld(t)
	dana := w.warned("Dana")
	dana.presses("Extend access")
	request := w.requests()[0]
	var presses sync.WaitGroup
	for range 10 {
		presses.Go(func() {
			status, body := dana.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbExtendNow, Request: request.V3ID}})
			if status != http.StatusOK || strings.Contains(body, "went wrong") {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
	presses.Wait()
	if got := w.hours(); got != 2 {
		t.Errorf("Apono gives it for %g hours, want 2", got)
	}
}

func TestForgedExtensions(t *testing.T) {
	w := newWorld(t)
	w.warned("Dana")
	devin := w.person("Devin")
	devin.connects()
	r := w.requests()[0]
	for _, verb := range []cards.Verb{cards.VerbExtend, cards.VerbExtendNow} {
		for _, name := range []string{r.V3ID, r.V4ID, r.FriendlyID, "", "../x"} {
			_, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: name}})
			if !strings.Contains(body, string(wordsNoRequest)) || strings.Contains(body, "Orders") {
				t.Errorf("%s %q: %s", verb, name, body)
			}
		}
	}
	if got := w.hours(); got != 1 {
		t.Errorf("Apono gives it for %g hours, want 1", got)
	}
}
