package teamsbot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

const partsPath = "/api/user/v4/access-requests/*/entitlements"

// hidesParts is an Apono whose v4 tells of a request's parts to who receives the
// access only, and not to the bot.
func hidesParts(world *aponotest.World) { world.TellsRequestors = false }

// partsAsked counts how often Apono was asked for the parts of a request.
func (w *world) partsAsked() (n int) {
	for _, e := range w.apono.Events() {
		if e.Kind == "call" && strings.HasPrefix(e.Path, createBundlePath) && strings.HasSuffix(e.Path, "/entitlements") {
			n++
		}
	}
	return n
}

// reporting is a person with access to the bundle Reporting.
func (w *world) reporting(name string) *someone {
	w.t.Helper()
	s := w.person(name)
	s.opensBundle("Reporting").press("Next").fill("justification", "INC-2").submitted()
	w.pass(3 * time.Second)
	w.pass(time.Minute)
	return s
}

func TestPartialGrantSaysWhatFailed(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.opensBundle("Reporting").press("Next").fill("justification", "INC-2").submitted()
	must(t, w.apono.FailUnit(w.requests()[0].FriendlyID, "reporting", ""))
	w.pass(3 * time.Second)
	w.pass(time.Minute)
	dana.sees("Granted")
	form := dana.presses("View resources").shows("Status: Granted", "1 Failed, 2 Granted",
		"customers – read-only · Granted", "orders – read-only · Granted", "reporting – read-only · Failed")
	text := form.Text()
	if strings.Index(text, "reporting – read-only") > strings.Index(text, "customers – read-only") {
		t.Errorf("what failed is not the first:\n%s", text)
	}

	// One that was made elsewhere, and one through v3.
	w.elsewhere(dana, "Data lake")
	must(t, w.apono.FailUnit(w.requests()[1].FriendlyID, w.requests()[1].Resources[0], ""))
	w.pass(time.Minute)
	_, body := dana.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbResources, Request: w.requests()[1].V3ID}})
	if !strings.Contains(body, "Failed") || !strings.Contains(body, w.requests()[1].Resources[0]) {
		t.Errorf("the one made elsewhere: %s", body)
	}
	omar := w.granted("Omar")
	omar.presses("View resources").shows("1 Granted", "customers – read-only · Granted")
}

// manyOf is a world in which the bundle Many has so many units.
func manyOf(n int) func(*aponotest.World) {
	return func(world *aponotest.World) {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("shard-%04d", i+1))
		}
		kind := aponotest.ResourceType{ID: "shard", Name: "Shard", Permissions: []string{"read"}, Resources: aponotest.Resources(names...)}
		world.Integrations = append(world.Integrations, aponotest.NewIntegration("Shards", "postgresql", kind))
		world.Bundles = append(world.Bundles, aponotest.NewBundle("Many", aponotest.BundlePart{
			Integration: "Shards", ResourceType: kind.ID, Permissions: kind.Permissions,
		}))
		world.Flows[0].Integrations = append(world.Flows[0].Integrations, "Shards")
		world.Flows[0].Bundles = append(world.Flows[0].Bundles, "Many")
	}
}

// patiently tries again until what takes long on a busy machine is there.
func (f *dialogue) patiently() *dialogue {
	for slices.Contains(f.Buttons(), "Try again") {
		f = f.press("Try again")
	}
	return f
}

func TestResourcesOfAnyNumber(t *testing.T) {
	for _, n := range []int{1, 25, 26, 5000} {
		for name, hide := range map[string]func(*aponotest.World){"told": func(*aponotest.World) {}, "remembered": hidesParts} {
			t.Run(fmt.Sprintf("%d %s", n, name), func(t *testing.T) {
				w := newWorld(t, manyOf(n), hide)
				dana := w.person("Dana")
				dana.opensBundle("Many").patiently().press("Next").fill("justification", "INC-2").submitted()
				last := fmt.Sprintf("shard-%04d", n)
				must(t, w.apono.FailUnit(w.requests()[0].FriendlyID, last, ""))
				w.pass(3 * time.Second)
				w.pass(time.Minute)
				form := dana.presses("View resources").patiently().shows("shard-0001 – read")
				if told := form.Has("1 Failed"); told != (name == "told") {
					t.Errorf("that one has failed is told: %v\n%s", told, form.Text())
				}
				if paged := form.Has("Next page"); paged != (n > cards.PageSize) {
					t.Errorf("there are pages: %v", paged)
				}
				if n > cards.PageSize {
					form = form.press("Next page").shows("26 to ").fill("search", "SHARD "+last[6:]).press("Search").shows(last + " – read")
				}
				if size := len(form.Card()); size > 25<<10 {
					t.Errorf("the dialog has %d bytes", size)
				}
				if n > cards.PageSize && name == "told" {
					form.fill("search", "failed").press("Search").shows(last+" – read · Failed").fill("search", "nothing of that").
						press("Search").shows("Nothing matches")
				}
			})
		}
	}
}

// Where nobody tells what a bundle contains, that is said.
func TestResourcesThatNobodyTells(t *testing.T) {
	w := newWorld(t, hidesParts)
	w.apono.Fault(aponotest.Fault{Path: unitsPath, Status: 403})
	dana := w.person("Dana")
	dana.says("bundle")
	dana.presses("Request bundle").fill("bundle", "Reporting").press("Next").fill("justification", "INC-2").submitted()
	w.pass(3 * time.Second)
	w.pass(time.Minute)
	dana.presses("View resources").shows("Apono does not tell what this request is for")
}

// What the bot's token may not know is asked for once, and what the bot
// remembers is shown.
func TestResourcesWithoutStatuses(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			w := newWorld(t)
			w.apono.Fault(aponotest.Fault{Path: partsPath, Status: status})
			dana := w.reporting("Dana")
			for range 3 {
				form := dana.presses("View resources").shows("orders – read-only", "customers – read-only")
				if form.Has(" · ") || form.Has("Try again") {
					t.Errorf("the dialog tells statuses, or of trouble:\n%s", form.Text())
				}
			}
			if n := w.partsAsked(); n != 1 {
				t.Errorf("Apono was asked %d times, want once", n)
			}
		})
	}
}

// A slow or broken Apono keeps nobody waiting.
func TestResourcesWhileAponoIsSlow(t *testing.T) {
	w := newWorld(t)
	dana := w.reporting("Dana")
	w.apono.Fault(aponotest.Fault{Path: partsPath, Latency: 2 * time.Second, Times: 1})
	var form *dialogue
	w.hurries(func() { form = dana.presses("View resources").shows("orders – read-only", "has not told in time") })
	form.press("Try again").shows("orders – read-only · Granted", "3 Granted")

	w.bot.catalog.kept.InvalidateAll()
	w.apono.Fault(aponotest.Fault{Path: partsPath, Status: 500})
	form = dana.presses("View resources").shows("orders – read-only", "Try again")
	w.apono.ClearFaults()
	form.press("Try again").shows("3 Granted")
}

// Apono's word counts for who receives the access.
func TestResourcesOfWhoIsNotTheGrantee(t *testing.T) {
	w := newWorld(t)
	dana := w.reporting("Dana")
	must(t, w.store.RememberApono(t.Context(), w.keyOf(dana), "somebody-else", w.apono.Now()))
	dana.presses("View resources").shows(string(wordsNoRequest))
	if n := w.partsAsked(); n != 0 {
		t.Errorf("Apono was asked %d times", n)
	}

	devin := w.person("Devin")
	for _, id := range []string{w.requests()[0].V3ID, w.requests()[0].V4ID, w.requests()[0].FriendlyID, "", "../x", "\x00"} {
		status, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbResources, Request: id}})
		if status != http.StatusOK || !strings.Contains(body, string(wordsNoRequest)) || strings.Contains(body, "read-only") {
			t.Errorf("%q: got %d %s", id, status, body)
		}
	}
}

// twoSystems is a world in which a bundle lies in two integrations, of which one
// has the other's name within its own, and a flow each.
func twoSystems(world *aponotest.World) {
	kind := func() aponotest.ResourceType {
		return aponotest.ResourceType{ID: "role", Name: "Role", Permissions: []string{"Use"}, Resources: aponotest.Resources("admin", "guest")}
	}
	near, far := kind(), kind()
	near.Resources, far.Resources = aponotest.Resources("near-admin"), aponotest.Resources("far-admin")
	world.Integrations = append(world.Integrations, aponotest.NewIntegration("Prod", "x", near), aponotest.NewIntegration("Prod, EU (new)", "x", far))
	world.Bundles = append(world.Bundles, aponotest.NewBundle("Both",
		aponotest.BundlePart{Integration: "Prod", ResourceType: "role", Permissions: []string{"Use"}},
		aponotest.BundlePart{Integration: "Prod, EU (new)", ResourceType: "role", Permissions: []string{"Use"}}))
	world.Flows[0].Integrations = append(world.Flows[0].Integrations, "Prod")
	world.Flows[0].Bundles = append(world.Flows[0].Bundles, "Both")
	world.Flows[1].Integrations = append(world.Flows[1].Integrations, "Prod, EU (new)")
}

func TestResourcesOfOneOfSeveralRequests(t *testing.T) {
	for name, hide := range map[string]func(*aponotest.World){"told": func(*aponotest.World) {}, "remembered": hidesParts} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, twoSystems, hide)
			dana := w.person("Dana")
			form := dana.opensBundle("Both")
			form.fill("units", form.titles("units", "admin")...).press("Next").fill("justification", "INC-9").submitted()
			w.pass(3 * time.Second)
			w.pass(time.Minute)
			if n := len(w.requests()); n != 2 {
				t.Fatalf("Apono has %d requests, want 2", n)
			}
			dana.showsOfEach("")
			if name == "told" {
				return
			}
			// As if it had been remembered before it was kept where it lies.
			conn, err := pgx.Connect(t.Context(), w.dbURL)
			must(t, err)
			_, err = conn.Exec(t.Context(), "UPDATE requests SET integrations = '{}' WHERE id = $1", w.requests()[0].V4ID)
			must(t, err)
			must(t, conn.Close(t.Context()))
			dana.showsOfEach("Here is the whole submission.")
		})
	}
}

// showsOfEach wants each of two requests to show only its own resource, or with
// words to the person both.
func (s *someone) showsOfEach(words string) {
	s.w.t.Helper()
	others := map[string]string{"near-admin": "far-admin", "far-admin": "near-admin"}
	for _, r := range s.w.requests() {
		_, body := s.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbResources, Request: r.V4ID}})
		own := r.Resources[0]
		if !strings.Contains(body, own) || strings.Contains(body, others[own]) != (words != "") || !strings.Contains(body, words) {
			s.w.t.Errorf("the request for %s shows %s", own, body)
		}
	}
}
