package teamsbot

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

const createPath = "/api/v3/access-requests"

func TestWhoMayNotAskIsToldWhomToAsk(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]string{
		"Nora": "Apono has no account for nora@acme.example",
		"Ines": "Your Apono account is inactive",
		"Noel": "you are in no access flow",
		"Gus":  "Guests cannot request access",
	} {
		d := w.person(name).presses("New request").shows(want, "Adam Admin")
		if len(d.Buttons()) != 0 {
			t.Errorf("%s gets buttons: %v", name, d.Buttons())
		}
	}
	shared := w.teams.ChannelNamed("Joint operations")
	_, err := shared.Installs(t.Context(), w.teams.Person("Adam"))
	must(t, err)
	fay := w.stranger("Fay")
	answer, err := fay.SaysIn(t.Context(), shared.ID, "request")
	must(t, err)
	d, err := fay.Presses(t.Context(), answer.Messages[0], "New request")
	must(t, err)
	fay.opened(d).shows("not available for your organisation", "Adam Admin")
}

func TestForeignTenantIsNotRemembered(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	foreign := dana.Activity("message")
	foreign["text"] = "help"
	foreign["id"] = "f:foreign"
	tenant := map[string]any{"id": "11111111-2222-4333-8444-555555555555"}
	foreign["channelData"] = map[string]any{"tenant": tenant}
	foreign["conversation"].(map[string]any)["tenantId"] = tenant["id"]
	status, _, err := w.teams.Send(t.Context(), foreign)
	must(t, err)
	if status != http.StatusOK {
		t.Errorf("got %d, want 200", status)
	}
	if got := dana.Chat()[len(dana.Chat())-1]; !got.Has("not available for your organisation") {
		t.Errorf("the foreigner reads %q", got.Visible())
	}
	if _, err := w.store.Person(t.Context(), db.PersonKey{TenantID: tenant["id"].(string), ObjectID: dana.ObjectID}); err == nil {
		t.Error("a person of a foreign tenant is remembered")
	}
}

func TestRefusalIsSaidAtItsField(t *testing.T) {
	for name, c := range map[string]struct {
		field, value, want string
	}{
		"justification": {"justification", "", "ustification"},
		"duration":      {"hours", "200", "uration"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(world *aponotest.World) {
				for i := range world.Flows {
					world.Flows[i].JustificationRequired = true
				}
			})
			dana := w.person("Dana")
			form := dana.presses("New request").atLastStep().fill("hours", "2").fill(c.field, c.value).press("Submit").
				shows("⚠ Apono says", c.want)
			if form.Closed {
				t.Fatal("the dialog closed")
			}
			form = form.fill("justification", "INC-1").fill("hours", "2").press("Submit")
			if !form.Closed {
				t.Fatalf("the corrected form is not taken:\n%s", form.Text())
			}
			if n := len(w.requests()); n != 1 {
				t.Errorf("Apono has %d requests, want 1", n)
			}
		})
	}
}

func TestAponoRefusesToBeAsked(t *testing.T) {
	for name, c := range map[string]struct {
		fault aponotest.Fault
		want  string
	}{
		"busy":        {aponotest.Fault{Status: 429, RetryAfter: 20 * time.Second}, "Apono is busy. Try again in 20 seconds."},
		"unavailable": {aponotest.Fault{Status: 503, RetryAfter: 2 * time.Minute}, "Apono is busy. Try again in 2 minutes."},
		"forbidden":   {aponotest.Fault{Status: 403}, "You may not request this"},
		"token":       {aponotest.Fault{Status: 401}, "own token"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			form := dana.presses("New request").atLastStep()
			c.fault.Method, c.fault.Path = http.MethodPost, createPath
			w.apono.Fault(c.fault)
			form = form.press("Submit").shows(c.want)
			if got := form.value("justification"); got != "INC-42: orders are stuck" {
				t.Errorf("the justification is %q after a refusal", got)
			}
			w.apono.ClearFaults()
			if form = form.press("Submit"); !form.Closed {
				t.Fatalf("the second Submit is not taken:\n%s", form.Text())
			}
			if n := len(w.requests()); n != 1 {
				t.Errorf("Apono has %d requests, want 1", n)
			}
		})
	}
}

func TestAponoIsDown(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.aponoHTTP.Close()
	// A create on a connection that is not yet known to be closed might have been
	// taken; a read finds out.
	if _, err := w.bot.Apono.User(t.Context(), "dana@acme.example"); !errors.Is(err, aponoapi.ErrUnavailable) {
		t.Fatalf("Apono answers: %v", err)
	}
	form = form.press("Submit").shows("Apono cannot be reached just now")
	if got := form.value("justification"); got != "INC-42: orders are stuck" {
		t.Errorf("the justification is %q", got)
	}
}

func TestListThatIsSlowIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").fill("integration", "Orders database")
	w.apono.Fault(aponotest.Fault{Path: "/api/v3/selectable-integrations", Latency: 3 * time.Second, Times: 1})
	w.hurries(func() { form = form.press("Next").shows("Still loading", "Try again") })
	form = form.press("Try again").shows("Orders database")
	if _, ok := form.Input("resources"); !ok {
		if _, ok := form.Input("resource_type"); !ok {
			t.Errorf("the list did not come:\n%s", form.Text())
		}
	}
}

func TestListThatFailsKeepsTheForm(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").fill("integration", "Orders database")
	w.apono.Fault(aponotest.Fault{Path: "/api/v3/selectable-integrations", Status: 500})
	form = form.press("Next").shows("Not possible just now", "Try again", "Back")
	w.apono.ClearFaults()
	form.press("Try again").shows("Orders database")
}

func TestAskingFromAChannelAnswersInTheOwnChat(t *testing.T) {
	w := newWorld(t)
	channel := w.teams.Channel()
	_, err := channel.Installs(t.Context(), w.teams.Person("Adam"))
	must(t, err)
	dana := w.person("Dana")
	answer, err := dana.SaysIn(t.Context(), channel.ID, "request")
	must(t, err)
	d, err := dana.Presses(t.Context(), answer.Messages[0], "New request")
	must(t, err)
	dana.opened(d).atLastStep().press("Submit").shows("Your own chat")
	w.settle()
	dana.sees("Orders database", "INC-42")
	for _, m := range channel.Messages() {
		if m.Has("INC-42") {
			t.Errorf("the channel shows the justification: %s", m.Visible())
		}
	}
}

func TestAskingBeforeInstalling(t *testing.T) {
	w := newWorld(t)
	dana := w.stranger("Dana")
	w.teams.Fail(teamstest.Fault{Op: "create", Status: 403, Code: "BotNotInConversationRoster"})
	d, err := dana.OpensExtension(t.Context(), "request", teamstest.Elsewhere)
	must(t, err)
	form := dana.opened(d).shows("Add Apono first", "Try again")
	w.teams.ClearFaults()
	_, err = dana.Installs(t.Context())
	must(t, err)
	w.settle() // the welcome comes first
	form.press("Try again").atLastStep().press("Submit").shows("Your own chat")
	w.settle()
	dana.sees("INC-42")
}

func TestUninstalledWhileAskingIsToldToAddTheApp(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	_, err := dana.Uninstalls(t.Context())
	must(t, err)
	form = form.press("Submit").shows("Add Apono first")
	_, err = dana.Installs(t.Context())
	must(t, err)
	w.settle() // the welcome comes first
	form = form.press("Try again")
	if got := form.value("justification"); got != "INC-42: orders are stuck" {
		t.Errorf("the justification is %q", got)
	}
	if form = form.press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	dana.sees("INC-42")
}

func TestCardWaitsForWhoBlockedTheBot(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	dana.Blocks()
	if form = form.press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	dana.Unblocks()
	dana.says("help")
	w.settle()
	if !slices.ContainsFunc(dana.Chat(), func(m teamstest.Message) bool { return m.Has("INC-42") }) {
		t.Error("the card did not come when she could be reached again")
	}
}

// Back, on a dialog that had no room for inputs, keeps what was filled in.
func TestBackFromAStopKeepsTheForm(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").fill("integration", "Data lake").press("Next")
	in, _ := form.Input("resources")
	form = form.fill("resources", in.Choices[0].Title)
	w.bot.catalog.kept.InvalidateAll()
	w.apono.Fault(aponotest.Fault{Path: "/api/v3/selectable-integrations", Status: 400})
	form = form.press("Next").shows("Not possible just now")
	w.apono.ClearFaults()
	form = form.press("Back")
	if in, _ := form.Input("resources"); in.Value == "" {
		t.Errorf("what was chosen is gone:\n%s", form.Text())
	}
}

// A message that may have arrived is not sent twice.
func TestUnclearReplyIsNotDoubled(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	before := len(dana.Chat())
	w.teams.Fail(teamstest.Fault{Op: "send", Drop: true, Times: 1})
	_, err := dana.Says(t.Context(), "help")
	must(t, err)
	w.settle()
	if got := len(dana.Chat()) - before; got != 2 { // her own and the answer
		t.Errorf("got %d new messages, want 2", got)
	}
}

func TestLooksDoNotPileUpWhileAponoIsDown(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "Orders database")
	w.apono.Fault(aponotest.Fault{Status: 400})
	for range 5 {
		w.pass(time.Minute)
	}
	conn, err := pgx.Connect(t.Context(), w.dbURL)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	var waiting, attempts int
	must(t, conn.QueryRow(t.Context(), `
		SELECT count(*) FILTER (WHERE kind = 'refresh_request' AND state NOT IN ('completed', 'discarded')),
		       min(max_attempts) FILTER (WHERE kind <> 'refresh_request')
		FROM river_job`).Scan(&waiting, &attempts))
	if waiting != 0 {
		t.Errorf("%d looks are waiting to be tried again", waiting)
	}
	if attempts < 100 {
		t.Errorf("jobs are given up after %d attempts, want a day's worth", attempts)
	}
	w.apono.ClearFaults()
	w.pass(time.Minute)
	dana.sees("Granted")
}

func TestTeamsTroubleDoesNotLoseACard(t *testing.T) {
	for name, fault := range map[string]teamstest.Fault{
		"throttled": {Op: "update", Status: 429, RetryAfter: time.Second, Times: 2},
		"broken":    {Op: "update", Status: 500, Times: 1},
		"gone":      {Op: "update", Status: 404, Code: "ActivityNotFoundInConversation", Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			w.submits(dana, "Orders database")
			w.teams.Fail(fault)
			w.pass(time.Minute)
			w.pass(time.Minute)
			must(t, w.teams.Await(t.Context(), func() bool { return dana.has("Granted") }))
		})
	}
}

func TestReplyThatTeamsDoesNotTakeIsOwed(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.teams.Fail(teamstest.Fault{Op: "send", Status: 500, Times: 1})
	_, err := dana.Says(t.Context(), "help")
	must(t, err)
	must(t, w.teams.Await(t.Context(), func() bool { return dana.LastCard().Has("What you can do here") }))
}

func TestEventIsOnlyAHint(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "Orders database")
	w.apono.Advance(time.Minute)
	id := w.requests()[0].FriendlyID
	hint := `{"event_type":"RequestRejected","data":{"friendly_id":"` + id + `"}}`

	for secret, want := range map[string]int{
		"":                             http.StatusUnauthorized,
		"wrong":                        http.StatusUnauthorized,
		webhookSecret + "x":            http.StatusUnauthorized,
		strings.ToUpper(webhookSecret): http.StatusUnauthorized,
		webhookSecret:                  http.StatusAccepted,
	} {
		if got := w.event(secret, hint); got != want {
			t.Errorf("secret %q: got %d, want %d", secret, got, want)
		}
	}
	w.settle()
	dana.sees("Granted") // what Apono says, not what the event says

	if got := w.event(webhookSecret, `{"data":{"id":"unknown"}}`); got != http.StatusAccepted {
		t.Errorf("an unknown request: got %d, want 202", got)
	}
	if got := w.event(webhookSecret, `{"data":{"id":"un\u0000known"}}`); got != http.StatusAccepted {
		t.Errorf("an id that is none: got %d, want 202", got)
	}
	if got := w.event(webhookSecret, `]`); got != http.StatusBadRequest {
		t.Errorf("no JSON: got %d, want 400", got)
	}
}

// A look that Apono fails on is done again soon, and not when the sweep would
// have come to it.
func TestLookThatFailsIsDoneAgainSoon(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "Orders database")
	w.pass(time.Minute)
	must(t, w.apono.Revoke(w.requests()[0].FriendlyID))
	w.apono.Advance(time.Minute)
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Path: "/api", Status: 503})
	if got := w.event(webhookSecret, `{"data":{"friendly_id":"`+w.requests()[0].FriendlyID+`"}}`); got != http.StatusAccepted {
		t.Fatalf("got %d, want 202", got)
	}
	w.settle()
	w.apono.ClearFaults()
	w.pass(lookSoon)
	dana.sees("Revoked")
}

func TestManyIntegrations(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.Grow(300, 3) })
	dana := w.person("Dana")
	form := dana.presses("New request").shows("1 to 25 of 303", "Next page")
	form.fill("search", "orders data").press("Search").shows("Orders database").atLastStep().press("Submit")
	w.settle()
	dana.sees("Orders database")
	if r := w.requests()[0]; r.Status == aponoapi.Failed {
		t.Errorf("the request is %v", r.Status)
	}
}
