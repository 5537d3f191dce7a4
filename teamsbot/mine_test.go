package teamsbot

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

// elsewhere makes a request in Apono without the bot, as the portal does.
func (w *world) elsewhere(s *someone, integration string) {
	w.t.Helper()
	w.elsewhereFor(s, integration, time.Hour)
}

func (w *world) elsewhereFor(s *someone, integration string, duration time.Duration) {
	w.t.Helper()
	apono := w.bot.Apono
	ctx := w.t.Context()
	user, err := apono.User(ctx, s.Email)
	must(w.t, err)
	all, err := apono.Integrations(ctx)
	must(w.t, err)
	for _, in := range all.Items {
		if in.Name != integration {
			continue
		}
		types, err := apono.SelectableResourceTypes(ctx, user.ID, in.ID)
		must(w.t, err)
		kind := types.Items[len(types.Items)-1].ID
		resources, err := apono.SelectableResources(ctx, user.ID, in.ID, kind)
		must(w.t, err)
		permissions, err := apono.SelectablePermissions(ctx, user.ID, in.ID, kind)
		must(w.t, err)
		_, err = apono.CreateRequestV3(ctx, aponoapi.NewRequest{
			UserID: user.ID, IntegrationID: in.ID, ResourceIDs: []string{resources.Items[0].ID},
			Permissions: permissions.Names[:1], Justification: "made in the portal", Duration: duration,
		})
		must(w.t, err)
	}
}

// mine opens one of somebody's lists by the typed command.
func (s *someone) mine(button string) *dialogue {
	s.w.t.Helper()
	s.says("my requests")
	return s.presses(button)
}

func TestMyRequestsAreThereOnce(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.mine("My requests").shows("You have no requests here")
	dana.mine("My access").shows("You have no access")

	dana.says("request")
	w.submits(dana, "Orders database")
	w.elsewhere(dana, "Orders database")
	w.elsewhere(w.person("Devin"), "Orders database")
	w.pass(time.Minute)
	w.pass(time.Minute)
	list := dana.mine("My requests")
	if n := strings.Count(list.Text(), "View resources"); n != 2 {
		t.Errorf("the list has %d requests, want 2:\n%s", n, list.Text())
	}
	list.shows("Granted: Orders database", "Time left: about")
	list.press("Closed").shows("You have no requests here").press("Open").shows("Granted")

	must(t, w.apono.Revoke(w.requests()[0].FriendlyID))
	w.pass(time.Minute)
	w.pass(time.Minute)
	list.press("Closed").shows("Revoked: Orders database", "Request again")
	dana.mine("My access").shows("Granted: Orders database")
	w.apono.Advance(30 * 24 * time.Hour)
	dana.mine("My requests").shows("You have no requests here")
}

func TestMyRequestsArePaged(t *testing.T) {
	for _, n := range []int{1, 5, 6, 26} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			for range n {
				w.elsewhere(dana, "Data lake")
			}
			list := dana.mine("My requests")
			shown := 0
			for {
				shown += strings.Count(list.Text(), "View resources")
				if len(list.Card()) > 25<<10 {
					t.Errorf("a page has %d bytes", len(list.Card()))
				}
				if !list.Has("Next page") {
					break
				}
				list = list.press("Next page")
			}
			if shown != n {
				t.Errorf("the pages show %d requests, want %d", shown, n)
			}
		})
	}
}

func TestViewResources(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.elsewhere(dana, "Data lake")
	w.submits(dana, "Orders database")
	w.pass(time.Minute)
	dana.presses("View resources").shows("customers – read-only", "Orders database", "Status")

	// The one that was made elsewhere: its names are looked up.
	_, body := dana.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbResources, Request: w.requests()[0].V3ID}})
	for _, want := range []string{"Data lake", w.requests()[0].Resources[0], `"My requests"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in %s", want, body)
		}
	}
}

func TestRequestAgainWhatWasMadeElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.elsewhere(dana, "Orders database")
	w.pass(time.Minute)
	w.pass(time.Minute)
	w.apono.Advance(3 * time.Hour)
	first := w.requests()[0]
	form := dana.mine("My requests").press("Request again").shows("Orders database", first.Resources[0])
	if got := form.value("justification"); got != "" {
		t.Errorf("the justification is %q", got)
	}
	if form = form.fill("justification", "once more").press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	if all := w.requests(); len(all) != 2 || all[1].Resources[0] != first.Resources[0] || all[1].Permissions[0] != first.Permissions[0] {
		t.Errorf("Apono has %+v", all)
	}
}

func TestRevokeSeveral(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	for range 3 {
		w.elsewhere(dana, "Orders database")
	}
	w.pass(time.Minute)
	w.pass(time.Minute)
	list := dana.mine("My access")
	in, _ := list.Input("revoke")
	if len(in.Choices) != 3 {
		t.Fatalf("the list offers to end %v", in.Choices)
	}
	_, body := dana.invoke(map[string]any{
		"apono": cards.Data{Verb: cards.VerbRevoke, Requests: []string{w.requests()[0].V3ID, w.requests()[1].V3ID, w.requests()[2].V3ID}},
	})
	if !strings.Contains(body, "Nothing was ticked") {
		t.Errorf("nothing ticked: got %s", body)
	}
	_, body = dana.invoke(map[string]any{
		"apono":  cards.Data{Verb: cards.VerbRevoke, Requests: []string{w.requests()[0].V3ID, w.requests()[1].V3ID, w.requests()[2].V3ID}},
		"revoke": "0,2",
	})
	for _, want := range []string{"Revoke all 2", w.requests()[0].FriendlyID, w.requests()[2].FriendlyID} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in %s", want, body)
		}
	}
	_, body = dana.invoke(map[string]any{
		"apono": cards.Data{Verb: cards.VerbRevokeNow, Requests: []string{w.requests()[0].V3ID, w.requests()[2].V3ID}},
	})
	for i, want := range []aponoapi.Status{aponoapi.Revoking, aponoapi.Granted, aponoapi.Revoking} {
		if got := w.requests()[i].Status; got != want {
			t.Errorf("request %d is %v, want %v (%s)", i, got, want, body)
		}
	}
}

// What is open is listed however old it is, and revoking several that were made
// elsewhere is quick enough where Apono is not.
func TestLongAccessMadeElsewhere(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		for i := range world.Flows {
			world.Flows[i].MaxDuration = 0
		}
	})
	dana := w.person("Dana")
	for range 5 {
		w.elsewhereFor(dana, "Orders database", 60*24*time.Hour)
	}
	w.pass(time.Minute)
	w.pass(30 * 24 * time.Hour)
	dana.mine("My access").shows("Granted: Orders database", "Revoke access")
	list := dana.mine("My requests").press("Open").shows("Granted: Orders database")
	if n := strings.Count(list.Text(), "View resources"); n != 5 {
		t.Errorf("the list has %d requests, want 5", n)
	}
	var ids []string
	for _, r := range w.requests() {
		ids = append(ids, r.V3ID)
	}
	w.apono.Fault(aponotest.Fault{Latency: 100 * time.Millisecond})
	_, body := dana.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbRevokeNow, Requests: ids}})
	for i, r := range w.requests() {
		if r.Status != aponoapi.Revoking {
			t.Errorf("request %d is %v (%s)", i, r.Status, body)
		}
	}
}

// A request that the bot made through v4 is there once, also before its name in
// v3 is known.
func TestBundleIsListedOnce(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep().fill("answer_0", "INC-9").press("Submit")
	if !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	list := dana.mine("My requests")
	if n := strings.Count(list.Text(), "View resources"); n != 1 {
		t.Errorf("the list has %d requests, want 1:\n%s", n, list.Text())
	}
}

func TestMyRequestsWhenAponoIsInTrouble(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.says("my requests")
	w.apono.Fault(aponotest.Fault{Path: "/api/v3/access-requests", Status: 429, RetryAfter: 9 * time.Second})
	dana.presses("My requests").shows("Apono is busy. Try again in 9 seconds.")
	w.apono.ClearFaults()
	w.apono.Fault(aponotest.Fault{Path: "/api/v3/access-requests", Latency: 4 * time.Second, Times: 1})
	w.hurries(func() { dana.presses("My requests").shows("Try again") })
}

// Nobody sees what is not theirs, in any list and by any forged name.
func TestForgedNamesInListsRevealNothing(t *testing.T) {
	w := newWorld(t)
	w.elsewhere(w.person("Dana"), "Orders database")
	w.submits(w.person("Dana"), "Orders database")
	devin := w.person("Devin")
	devin.mine("My requests").shows("You have no requests here")
	for _, r := range w.requests() {
		for _, verb := range []cards.Verb{cards.VerbResources, cards.VerbAgain, cards.VerbRevoke} {
			for _, id := range []string{r.V3ID, r.FriendlyID, r.V4ID} {
				status, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: verb, Request: id}})
				if status != http.StatusOK || !strings.Contains(body, string(wordsNoRequest)) {
					t.Errorf("%s %s: got %d %s", verb, id, status, body)
				}
			}
		}
		_, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbRevokeNow, Requests: []string{r.V3ID}}})
		if !strings.Contains(body, string(wordsNoRequest)) {
			t.Errorf("revoke %s: got %s", r.V3ID, body)
		}
	}
	_, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbMine, List: "everybody's", From: -3}})
	if strings.Contains(body, "customers") {
		t.Errorf("a forged list shows %s", body)
	}
}
