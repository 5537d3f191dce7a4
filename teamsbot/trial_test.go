package teamsbot

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

const (
	dryRunPath   = "/api/client/v1/access-requests/dry-run"
	createV3Path = "/api/v3/access-requests"
)

// asked is how often Apono was asked for access by v3 or v4.
func (w *world) asked() (n int) {
	for _, e := range w.apono.Events() {
		if e.Kind == "call" && e.Method == http.MethodPost && (e.Path == createV3Path || e.Path == createBundlePath) {
			n++
		}
	}
	return n
}

// What Apono would refuse is said before it is asked, to who is connected.
func TestATrialSaysWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.connects()
	dana.says("request")
	form := dana.presses("New request").atLastStep().shows("Apono gives this for 8 hours at most.")
	form = form.fill("hours", "9").press("Submit").shows("⚠ Apono gives this for 8 hours at most.")
	if form.value("hours") != "9" || form.value("justification") == "" {
		t.Error("what was typed is lost")
	}
	if n := w.asked(); n != 0 {
		t.Errorf("Apono was asked %d times for what it does not give", n)
	}
	form.fill("hours", "8").submitted()
	if got := w.requests(); len(got) != 1 || got[0].DurationSec != 8*3600 {
		t.Errorf("Apono has %+v", got)
	}
}

func TestATrialOfAnApproversSystem(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.connects()
	dana.says("request")
	form := dana.presses("New request").fill("integration", "AWS production").press("Next").fill("resource_type", "S3 bucket").press("Next")
	form = form.fill("resources", "acme-billing-logs").press("Next").shows("Apono gives this for 12 hours at most.")
	form = form.fill("permissions", "GetObject", "ListBucket").press("Submit").shows("Apono says: Justification is required.")
	if n := w.asked(); n != 0 {
		t.Errorf("Apono was asked %d times for what it does not give", n)
	}
	form.fill("justification", "INC-1").submitted()
}

func TestATrialOfABundle(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.connects()
	form := dana.opensBundle("Reporting").press("Next").shows("Apono gives this for 8 hours at most.")
	form = form.fill("hours", "10").press("Submit").shows("⚠ Apono gives this for 8 hours at most.").press("Back")
	form = form.fill("units", form.titles("units", "orders")...).press("Next").shows("Apono gives this for 8 hours at most.")
	form = form.fill("hours", "20").press("Submit").shows("⚠ Apono gives this for 8 hours at most.")
	if n := w.asked(); n != 0 {
		t.Errorf("Apono was asked %d times for what it does not give", n)
	}
	form.fill("hours", "2").submitted()
}

// A trial that does not come about keeps nobody from asking.
func TestATrialThatFailsIsNoObstacle(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.connects()
	for name, f := range map[string]aponotest.Fault{
		"down": {Status: 503}, "refused": {Status: 403}, "unknown": {Status: 404}, "odd": {Status: 422}, "slow": {Latency: 5 * time.Second},
		"cut": {CutAfter: true}, "malformed": {Malformed: true},
	} {
		for _, path := range []string{dryRunPath, unitsPath} {
			w.apono.ClearFaults()
			f.Path = path
			w.apono.Fault(f)
			w.bot.catalog.kept.InvalidateAll()
			before := len(w.requests())
			dana.says("request")
			w.hurries(func() {
				if d := dana.presses("New request").atLastStep().press("Submit"); !d.Closed || len(w.requests()) != before+1 {
					t.Errorf("%s at %s: %s", name, path, d.Text())
				}
			})
			w.settle()
		}
	}
	if _, err := dana.acts(); err != nil {
		t.Errorf("she is not connected any more: %v", err)
	}
}

// What the form has no field for, or what is about something else, is left to
// Apono.
func TestATrialIsBelievedAboutFieldsAlone(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.connects()
	w.answers(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != dryRunPath {
			return false
		}
		_, err := rw.Write([]byte(`{"status":"Invalid","errors":[{"code":"NO_ACCESS_FLOW","field":"filter_integration_ids","message":"No"},{"code":"X","field":""}]}`))
		return err == nil
	})
	dana.says("request")
	dana.presses("New request").atLastStep().submitted()
}

// Permissions that the client API names otherwise are not tried: that would be a
// trial of something else.
func TestWhatHasNoNameIsNotTried(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.connects()
	dana.says("request")
	form := dana.presses("New request").atLastStep()
	before := w.calls(dryRunPath)
	w.answers(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != unitsPath {
			return false
		}
		_, err := rw.Write([]byte(`{"data":[],"pagination":{"total":0}}`))
		return err == nil
	})
	form.submitted()
	if n := w.calls(dryRunPath) - before; n != 0 {
		t.Errorf("it was tried %d times", n)
	}
}

func TestATrialNoticesThatTheConnectionHasEnded(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.connects()
	dana.says("request")
	w.apono.Fault(aponotest.Fault{Path: dryRunPath, Status: 401})
	dana.presses("New request").atLastStep().submitted()
	if _, err := dana.acts(); !errors.Is(err, errNotConnected) {
		t.Errorf("the token that Apono refused is kept: %v", err)
	}
}

func TestWhoIsNotConnectedIsNotTried(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	if form.Has("at most") {
		t.Errorf("the limit is known:\n%s", form.Text())
	}
	form.submitted()
	if n := w.calls(dryRunPath); n != 0 {
		t.Errorf("Apono was asked for %d trials", n)
	}
}
