package teamsbot

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

// Where Apono does not tell what a bundle contains, it is asked for whole, and
// that is remembered.
func TestContentsThatAreNotTold(t *testing.T) {
	for _, status := range []int{401, 403, 404} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			w.apono.Fault(aponotest.Fault{Path: unitsPath, Status: status})
			form := dana.opensBundle("On-call").shows("you ask for the whole of it", "Everything in the bundle")
			form = form.press("Back").shows("Which bundle?").press("Next").shows("you ask for the whole of it")
			form.fill("justification", "INC-6").submitted()
			if got := w.requests(); len(got) != 1 || got[0].Bundle != "On-call" {
				t.Errorf("Apono has %+v", got)
			}
			if n := w.calls(unitsPath); n != 1 {
				t.Errorf("Apono was asked %d times, want once", n)
			}
		})
	}
}

// calls is how often Apono was asked at a path.
func (w *world) calls(path string) (n int) {
	for _, e := range w.apono.Events() {
		if e.Kind == "call" && e.Path == path {
			n++
		}
	}
	return n
}

// A token that may not ask for bundles, such as a service account's, is said.
func TestBundlesThatAreClosed(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.NoEndUserTokens = true })
	dana := w.person("Dana")
	dana.says("bundle")
	form := dana.presses("Request bundle").shows("Bundles cannot be requested here", "Adam Admin")
	form.press("Try again").shows("Bundles cannot be requested here")
	if n := w.calls(bundlesPath); n != 1 {
		t.Errorf("Apono was asked %d times, want once", n)
	}
}

func TestNobodysBundlesAreSaid(t *testing.T) {
	w := newWorld(t)
	w.person("Noel").presses("Request bundle").shows("no bundle that you may request", "Adam Admin")
}

func TestBundleListsThatFailKeepTheForm(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("Request bundle").fill("bundle", "Reporting")
	w.apono.Fault(aponotest.Fault{Path: unitsPath, Status: 503})
	form = form.press("Next").shows("Not possible just now", "Try again", "Back")
	w.apono.ClearFaults()
	form = form.press("Try again").shows("Everything in the bundle (3)")
	w.apono.Fault(aponotest.Fault{Path: "/api/client/v1/session", Latency: 3 * time.Second, Times: 1})
	w.hurries(func() { form = form.press("Next").shows("Still loading") })
	form.press("Try again").shows("For how long, and why?", "Ticket")
}

// What was taken away while the form was open is not asked for.
func TestBundleThatIsTakenAway(t *testing.T) {
	t.Parallel()
	f := newBundleForm()
	f.Some, f.Units = true, []db.Named{{ID: "1", Name: "old name"}, {ID: "9", Name: "gone"}}
	units := []aponoapi.Entitlement{
		{ID: "1", Resource: aponoapi.Resource{ID: "r", Name: "orders"}, Permission: aponoapi.Permission{ID: "p", Name: "read"}},
	}
	f.Step = stepContents
	c := f.contents(listingOfUnits(units), nil)
	if len(f.Units) != 1 || f.Units[0].Name != "orders · read" || len(c.Units.Elsewhere) != 0 || len(c.Units.Ticked) != 1 {
		t.Errorf("kept are %v, shown is %+v", f.Units, c.Units)
	}
}

func TestRefusalOfABundleIsSaidAtItsField(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.opensBundle("On-call").press("Next").fill("hours", "200").fill("answer_0", "INC-3").press("Submit").
		shows("⚠ Apono says: Justification is required.")
	form = form.fill("justification", "INC-3").press("Submit").shows("⚠ Apono says", "maximum allowed duration")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createBundlePath, Status: 400, Message: "Ticket is unknown", Times: 1})
	form = form.fill("hours", "2").press("Submit").shows("⚠ Apono says: Ticket is unknown.")
	if form.value("answer_0") != "INC-3" || form.value("justification") != "INC-3" {
		t.Errorf("what was typed is lost:\n%s", form.Text())
	}
	form.submitted()
	dana.sees("On-call", "Pending approval")
}

// A create without an answer is looked for and never sent again, also where it
// became several requests.
func TestLostAnswerOfABundleIsLookedFor(t *testing.T) {
	for _, whole := range []bool{true, false} {
		t.Run(fmt.Sprintf("whole %t", whole), func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			form := dana.opensBundle("On-call")
			if !whole {
				form = form.fill("units", slices.Concat(form.titles("units", "orders"), form.titles("units", "SupportEngineer"))...)
			}
			form = form.press("Next").fill("justification", "INC-9")
			w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createBundlePath, CutAfter: true, Times: 1})
			form.press("Submit").shows("Apono has not answered yet")
			w.settle()
			made := w.requests()
			w.settleSubmissions()
			w.pass(3 * time.Second)
			for _, r := range made {
				dana.sees("On-call", r.FriendlyID)
			}
			if n := len(w.requests()); n != len(made) || whole && n != 1 || !whole && n != 2 {
				t.Errorf("Apono has %d requests", n)
			}
		})
	}
}

func TestBundleThatNeverArrivedIsSaid(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.opensBundle("On-call").press("Next").fill("justification", "INC-9")
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createBundlePath, CutBefore: true, Times: 1})
	form.press("Submit").shows("Apono has not answered yet")
	w.settle()
	w.apono.Advance(2 * lookFor)
	w.settleSubmissions()
	dana.sees("Did not reach Apono", "Try again")
	form = dana.presses("Try again").shows("Bundle: On-call")
	if form.value("justification") != "INC-9" {
		t.Errorf("the justification is %q", form.value("justification"))
	}
	form.submitted()
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
}

// Nobody sees or submits somebody else's draft, and choices that were not
// offered count for nothing, whatever verb they are sent with.
func TestForgedBundlePresses(t *testing.T) {
	w := newWorld(t)
	dana, devin := w.person("Dana"), w.person("Devin")
	form := dana.opensBundle("On-call").press("Next").fill("justification", "INC-9")
	draft := draftOf(t, form)
	for _, verb := range []cards.Verb{cards.VerbBundle, cards.VerbBundleStep, cards.VerbRequest, cards.VerbRequestStep} {
		for _, do := range []cards.Do{cards.DoSubmit, cards.DoNext, cards.DoFilter, cards.DoSelected, cards.DoAll} {
			status, body := devin.invoke(map[string]any{
				"apono": cards.Data{Verb: verb, Draft: draft.Draft, Revision: draft.Revision, Do: do},
			})
			if status != http.StatusOK || !strings.Contains(body, string(wordsNoDraft)) || strings.Contains(body, "On-call") {
				t.Errorf("%s %s: got %d %s", verb, do, status, body)
			}
		}
	}
	draft = draftOf(t, dana.opensBundle("On-call"))
	_, body := dana.invoke(map[string]any{
		"apono": cards.Data{Verb: cards.VerbBundleStep, Draft: draft.Draft, Revision: draft.Revision, Do: cards.DoNext},
		"take":  "some", "units": "99,-1,x", "bundle": "0",
	})
	if !strings.Contains(body, "Tick at least one") {
		t.Errorf("forged choices: got %s", body)
	}
	if n := len(w.requests()); n != 0 {
		t.Errorf("Apono has %d requests, want none", n)
	}
}

// Nobody ends what is not theirs, or learns of it.
func TestForgedRevokeOfSeveral(t *testing.T) {
	w := newWorld(t)
	dana := w.splitInTwo("Dana")
	w.pass(10 * time.Second)
	dana.sees("Granted (1 of 2)")
	devin := w.person("Devin")
	for _, r := range w.requests() {
		for _, id := range []string{r.V3ID, r.V4ID, r.FriendlyID} {
			for _, verb := range []cards.Verb{cards.VerbRevoke, cards.VerbRevokeNow, cards.VerbAgain, cards.VerbResources} {
				status, body := devin.invoke(map[string]any{
					"apono": cards.Data{Verb: verb, Request: id, Requests: []string{id}}, "revoke": "0,1",
				})
				if status != http.StatusOK || !strings.Contains(body, string(wordsNoRequest)) || strings.Contains(body, "INC-9") {
					t.Errorf("%s %s: got %d %s", verb, id, status, body)
				}
			}
		}
	}
	w.settle()
	if got := w.requests(); got[0].Status != aponoapi.Pending || got[1].Status != aponoapi.Granted {
		t.Errorf("the requests are %v and %v", got[0].Status, got[1].Status)
	}
	_, body := dana.invoke(map[string]any{
		"apono": cards.Data{Verb: cards.VerbRevoke, Requests: []string{w.requests()[1].V4ID}}, "revoke": "7,-1,x",
	})
	if !strings.Contains(body, "Nothing was ticked") {
		t.Errorf("places that there are not: got %s", body)
	}
}
