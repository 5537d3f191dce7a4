package aponotest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/google/go-cmp/cmp"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   aponotest.Fault
		want    error // of a create
		created int
	}{
		"503 later":  {aponotest.Fault{Status: 503, RetryAfter: time.Hour}, aponoapi.ErrUnavailable, 0},
		"429":        {aponotest.Fault{Status: 429}, aponoapi.ErrUnavailable, 0},
		"502":        {aponotest.Fault{Status: 502}, aponoapi.ErrUnknownOutcome, 0},
		"409":        {aponotest.Fault{Status: 409}, aponoapi.ErrConflict, 0},
		"cut before": {aponotest.Fault{CutBefore: true}, aponoapi.ErrUnknownOutcome, 0},
		"cut after":  {aponotest.Fault{CutAfter: true}, aponoapi.ErrUnknownOutcome, 1},
		"malformed":  {aponotest.Fault{Malformed: true}, aponoapi.ErrUnknownOutcome, 1},
		"no answer":  {aponotest.Fault{AnswerAfter: time.Hour}, aponoapi.ErrUnknownOutcome, 1},
		"too slow":   {aponotest.Fault{Latency: time.Hour}, aponoapi.ErrUnknownOutcome, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, aponotest.Config{})
			wish := w.wish(t, "Orders database")
			c.fault.Method, c.fault.Path = http.MethodPost, "/api/v3/access-requests"
			w.Fault(c.fault)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if c.fault.Latency+c.fault.AnswerAfter > 0 {
				go func() { // who asks gives up once the call has come that far
					for range time.Tick(5 * time.Millisecond) {
						if ctx.Err() != nil || w.faulty() > 0 && len(w.Requests()) >= c.created {
							cancel()
							return
						}
					}
				}()
			}
			if _, err := w.bot.CreateRequestV3(ctx, wish); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got := len(w.Requests()); got != c.created {
				t.Errorf("got %d requests, want %d", got, c.created)
			}
			if posts := w.faulty(); posts != 1 {
				t.Errorf("the create was sent %d times, want once", posts)
			}
			w.ClearFaults()
			if r := w.create(t, "Orders database"); r.ID == "" {
				t.Error("no request after the fault")
			}
		})
	}
}

// faulty is how many creates a fault has hit.
func (w *world) faulty() (posts int) {
	for _, e := range w.Events() {
		if e.Kind == "fault" && e.Method == http.MethodPost {
			posts++
		}
	}
	return posts
}

func TestReadsSurviveShortFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]aponotest.Fault{
		"503": {Status: 503, Times: 2}, "cut": {CutBefore: true, Times: 2}, "malformed": {Malformed: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, aponotest.Config{})
			fault.Path = "/api/v2/users/*"
			w.Fault(fault)
			if _, err := w.bot.User(t.Context(), "dana@acme.example"); err != nil {
				t.Error(err)
			}
			if left := w.Faults(); len(left) != 0 {
				t.Errorf("left: %+v", left)
			}
		})
	}
}

// webhookTemplate is what an operator pastes into Apono.
func webhookTemplate(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(page), `{"event_type": "{{event_type}}"`)
	if at < 0 {
		t.Fatal("docs/install.md has no template for the webhook")
	}
	line, _, _ := strings.Cut(string(page[at:]), "\n")
	return line
}

// inbox takes webhooks.
type inbox struct {
	template string

	mu     sync.Mutex
	events []string
	wrong  []string
}

func (i *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var body struct {
		EventType string `json:"event_type"`
		Data      struct {
			ID         string `json:"id"`
			FriendlyID string `json:"friendly_id"`
		} `json:"data"`
	}
	raw, err := io.ReadAll(r.Body)
	i.mu.Lock()
	defer i.mu.Unlock()
	unmarshalled := json.Unmarshal(raw, &body)
	want := strings.NewReplacer("{{event_type}}", body.EventType, "{{data.id}}", body.Data.ID, "{{data.friendly_id}}", body.Data.FriendlyID).Replace(i.template)
	if err != nil || unmarshalled != nil || body.Data.ID == "" || string(raw) != want ||
		r.Header.Get("Authorization") != "Bearer hook-secret" {
		i.wrong = append(i.wrong, string(raw))
	}
	i.events = append(i.events, body.EventType+" "+body.Data.FriendlyID)
}

func (i *inbox) take() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	events := i.events
	i.events = nil
	return events
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	box := &inbox{template: webhookTemplate(t)}
	bot := httptest.NewServer(box)
	t.Cleanup(bot.Close)
	w := newWorld(t, aponotest.Config{WebhookURL: bot.URL, WebhookSecret: "hook-secret"})
	step := func(name string, want ...string) {
		t.Helper()
		w.Step(t.Context())
		if d := cmp.Diff(want, box.take()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	w.create(t, "Orders database")
	step("created", "RequestCreated AR-1001")
	w.Advance(4 * time.Second)
	step("granted", "RequestApproved AR-1001", "RequestGranted AR-1001")

	w.Disturb(aponotest.Disturbance{Duplicate: true, Reorder: true})
	second := w.create(t, "AWS production")
	if err := w.Reject(second.ID, "", "no"); err != nil {
		t.Fatal(err)
	}
	step("twice and backwards", "RequestRejected AR-1002", "RequestRejected AR-1002", "RequestCreated AR-1002", "RequestCreated AR-1002")

	w.Disturb(aponotest.Disturbance{Drop: true})
	w.Advance(time.Hour)
	step("dropped")

	w.Disturb(aponotest.Disturbance{Delay: time.Minute})
	third := w.create(t, "AWS production")
	step("not yet")
	w.Advance(time.Minute)
	step("late", "RequestCreated AR-1003")
	w.Disturb(aponotest.Disturbance{})
	if err := w.Fail(third.ID, "x"); err != nil {
		t.Fatal(err)
	}
	step("failed", "RequestFailed AR-1003")
	fourth := w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	step("granted again", "RequestCreated AR-1004", "RequestApproved AR-1004", "RequestGranted AR-1004")
	if err := w.Revoke(fourth.ID); err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Hour)
	step("Apono tells nobody of a revoke")
	w.create(t, "Orders database")
	w.Advance(2 * time.Hour)
	step("expired", "RequestCreated AR-1005", "RequestApproved AR-1005", "RequestGranted AR-1005", "RequestExpired AR-1005")
	if box.wrong != nil {
		t.Errorf("wrong webhooks: %v", box.wrong)
	}
}

func TestRunMovesThingsOn(t *testing.T) {
	t.Parallel()
	arrived := make(chan string, 10)
	bot := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		arrived <- string(body)
	}))
	t.Cleanup(bot.Close)
	world := aponotest.DefaultWorld()
	world.Flows[0].StartAfter, world.Flows[0].GrantAfter = 0, 0
	w := newWorld(t, aponotest.Config{World: world, WebhookURL: bot.URL, WebhookSecret: "s", Now: time.Now})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	w.create(t, "Orders database")
	for _, want := range []string{"RequestCreated", "RequestApproved", "RequestGranted"} {
		if got := <-arrived; !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	stop()
	running.Wait()
}

func TestStateThatCannotBeSavedIsTold(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gone", "apono.json")
	server, err := aponotest.New(aponotest.Config{ServiceToken: "x", StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	server.Advance(time.Second)
	told := slices.ContainsFunc(server.Events(), func(e aponotest.Event) bool { return e.Kind == "state" })
	if err := server.Close(); err == nil || !told {
		t.Errorf("got %v, told %v", err, told)
	}
}

func TestStateOutlivesRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "apono.json")
	w := newWorld(t, aponotest.Config{StateFile: file})
	r := w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	again := newWorld(t, aponotest.Config{StateFile: file})
	wantStatus(t, again.status(t, r.ID), aponoapi.Granted)
	if d := cmp.Diff(w.Requests(), again.Requests()); d != "" {
		t.Errorf("requests differ:\n%s", d)
	}
	if other := again.create(t, "Orders database"); other.FriendlyID != "AR-1002" {
		t.Errorf("got %s, want AR-1002", other.FriendlyID)
	}
	if _, err := aponotest.New(aponotest.Config{ServiceToken: "x", StateFile: t.TempDir()}); err == nil {
		t.Error("took a directory for a state file")
	}
}

// A new version may bring other access flows and people than the state was
// saved with.
func TestStateOutlivesItsWorld(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "apono.json")
	w := newWorld(t, aponotest.Config{StateFile: file})
	waiting, decided := w.create(t, "Orders database"), w.create(t, "AWS production")
	if err := w.Reject(decided.ID, "ava@acme.example", "no"); err != nil {
		t.Fatal(err)
	}
	world := aponotest.DefaultWorld()
	world.Flows[0].Approvers, world.Flows[0].EscalateAfter = [][]string{{"omar@acme.example"}}, time.Hour
	world.Flows[1].Approvers[0] = world.Flows[1].Approvers[0][:1]
	world.People = slices.DeleteFunc(world.People, func(p aponotest.Person) bool { return p.FirstName == "Ava" })
	for i, f := range world.Flows {
		world.Flows[i].Requesters = slices.DeleteFunc(slices.Clone(f.Requesters), func(a string) bool { return a == "ava@acme.example" })
	}
	again := newWorld(t, aponotest.Config{StateFile: file, World: world})
	again.Advance(time.Minute)
	if err := again.Approve(waiting.ID, "omar@acme.example", ""); err != nil {
		t.Error(err)
	}
	report, err := again.bot.Activity(t.Context(), aponoapi.ActivityFilter{RequestIDs: []string{decided.ID}})
	if err != nil || len(report.Items) != 1 || !slices.Equal(report.Items[0].Approvers, []string{"ava@acme.example"}) {
		t.Errorf("activity: %+v, %v", report, err)
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	panel := httptest.NewServer(w.Control())
	t.Cleanup(panel.Close)
	type state struct {
		AheadSec float64             `json:"ahead_sec"`
		Requests []aponotest.Request `json:"requests"`
		Faults   []aponotest.Fault   `json:"faults"`
		Events   []aponotest.Event   `json:"events"`
		Message  string              `json:"message"`
	}
	call := func(method, path, body string) (int, state) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, panel.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var s state
		if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, s
	}
	r := w.create(t, "AWS production")
	if code, s := call("POST", "/requests/"+r.ID+"/approve", `{"by":"devin@acme.example"}`); code != 403 || s.Message == "" {
		t.Errorf("devin: got %d %+v", code, s)
	}
	if code, s := call("POST", "/requests/AR-1001/approve", `{"by":"omar@acme.example"}`); code != 200 || s.Requests[0].Words != "Granting" {
		t.Errorf("omar: got %d %+v", code, s.Requests)
	}
	if code, s := call("POST", "/advance", `{"seconds":900}`); code != 200 || s.AheadSec != 900 || s.Requests[0].Words != "Granted" {
		t.Errorf("advance: got %d %+v", code, s.Requests)
	}
	if code, s := call("POST", "/requests/AR-1001/expire", ""); code != 200 || s.Requests[0].Words != "Expired" {
		t.Errorf("expire: got %d %+v", code, s.Requests)
	}
	if code, s := call("POST", "/faults", `{"path":"/api","status":503}`); code != 200 || len(s.Faults) != 1 {
		t.Errorf("fault: got %d %+v", code, s.Faults)
	}
	if code, s := call("DELETE", "/faults", ""); code != 200 || len(s.Faults) != 0 || len(s.Events) == 0 {
		t.Errorf("faults: got %d %+v", code, s.Faults)
	}
	if code, _ := call("POST", "/faults", `{"status":5}`); code != 400 {
		t.Errorf("a status that is none: got %d, want 400", code)
	}
	if code, _ := call("POST", "/advance", `{"seconds":-1}`); code != 400 {
		t.Errorf("backwards: got %d, want 400", code)
	}
}

func TestBiggerWorld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{World: aponotest.DefaultWorld().Grow(300, 3)})
	got, err := w.bot.SelectableIntegrations(t.Context(), w.ids["dana@acme.example"])
	if err != nil || len(got.Items) != 303 {
		t.Errorf("got %d, %v", len(got.Items), err)
	}
	bad := aponotest.DefaultWorld()
	bad.Flows[0].Requesters = []string{"nobody@acme.example"}
	if _, err := aponotest.New(aponotest.Config{ServiceToken: "x", World: bad}); err == nil {
		t.Error("took a flow for somebody who does not exist")
	}
	bad = aponotest.DefaultWorld()
	bad.People = append(bad.People, aponotest.Person{ID: "another", Email: "Dana@acme.example"})
	if _, err := aponotest.New(aponotest.Config{ServiceToken: "x", World: bad}); err == nil || !strings.Contains(err.Error(), "Dana@acme.example") {
		t.Errorf("two people with one address: got %v", err)
	}
}
