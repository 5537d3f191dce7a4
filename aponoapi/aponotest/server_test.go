package aponotest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
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

const serviceToken = aponoapi.Secret("service-token")

// world is a simulated Apono and the bot's client for it.
type world struct {
	*aponotest.Server
	URL  string
	bot  *aponoapi.Client
	ids  map[string]string // integrations and people by name
	tick time.Time
}

func newWorld(t *testing.T, c aponotest.Config) *world {
	t.Helper()
	w := &world{tick: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), ids: make(map[string]string)}
	c.ServiceToken = serviceToken
	if c.Now == nil {
		c.Now = func() time.Time { return w.tick }
	}
	if c.World == nil {
		c.World = aponotest.DefaultWorld()
	}
	var err error
	if w.Server, err = aponotest.New(c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Server)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	w.URL = server.URL
	if w.bot, err = aponoapi.New(aponoapi.Config{URL: server.URL, Token: serviceToken}); err != nil {
		t.Fatal(err)
	}
	for _, in := range c.World.Integrations {
		w.ids[in.Name] = in.ID
	}
	for _, p := range c.World.People {
		w.ids[p.Email] = p.ID
		w.ids[p.Email+"/token"] = p.Token.Reveal()
	}
	return w
}

func (w *world) as(name string) *aponoapi.Client {
	return w.bot.As(aponoapi.Secret(w.ids[name+"@acme.example/token"]))
}

// wish is what Dana asks for in an integration: the first resource of the
// first type with its first permission.
func (w *world) wish(t *testing.T, integration string) aponoapi.NewRequest {
	t.Helper()
	dana, in := w.ids["dana@acme.example"], w.ids[integration]
	types, err := w.bot.SelectableResourceTypes(t.Context(), dana, in)
	if err != nil {
		t.Fatal(err)
	}
	kind := types.Items[0].ID
	resources, err := w.bot.SelectableResources(t.Context(), dana, in, kind)
	if err != nil {
		t.Fatal(err)
	}
	permissions, err := w.bot.SelectablePermissions(t.Context(), dana, in, kind)
	if err != nil {
		t.Fatal(err)
	}
	return aponoapi.NewRequest{
		UserID: dana, IntegrationID: in, ResourceIDs: []string{resources.Items[0].ID},
		Permissions: permissions.Names[:1], Justification: "INC-1", Duration: time.Hour,
	}
}

func (w *world) create(t *testing.T, integration string) aponoapi.AccessRequest {
	t.Helper()
	r, err := w.bot.CreateRequestV3(t.Context(), w.wish(t, integration))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) status(t *testing.T, id string) aponoapi.Status {
	t.Helper()
	r, err := w.bot.Request(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Status
}

func wantStatus(t *testing.T, got, want aponoapi.Status) {
	t.Helper()
	if got != want {
		t.Errorf("status: got %v, want %v", got, want)
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	for address, active := range map[string]bool{"dana@acme.example": true, "INES@acme.example": false} {
		u, err := w.bot.User(t.Context(), address)
		if err != nil || u.Active != active || !strings.EqualFold(u.Email, address) {
			t.Errorf("%s: got %+v, %v", address, u, err)
		}
		byID, err := w.bot.User(t.Context(), u.ID)
		if err != nil || byID != u {
			t.Errorf("%s by id: got %+v, %v", address, byID, err)
		}
	}
	if _, err := w.bot.User(t.Context(), "nora@acme.example"); !errors.Is(err, aponoapi.ErrNotFound) {
		t.Errorf("nora: got %v, want ErrNotFound", err)
	}
	if _, err := w.as("dana").User(t.Context(), "dana@acme.example"); !errors.Is(err, aponoapi.ErrForbidden) {
		t.Errorf("dana is no admin: got %v, want ErrForbidden", err)
	}
	if _, err := w.bot.As("wrong").User(t.Context(), "dana@acme.example"); !errors.Is(err, aponoapi.ErrUnauthorized) {
		t.Errorf("wrong token: got %v, want ErrUnauthorized", err)
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	all, err := w.bot.Integrations(t.Context())
	if err != nil || len(all.Items) != 3 || all.Cut() != 0 {
		t.Fatalf("integrations: got %+v, %v", all, err)
	}
	for name, want := range map[string]int{"dana": 3, "noel": 0, "ines": 0} {
		got, err := w.bot.SelectableIntegrations(t.Context(), w.ids[name+"@acme.example"])
		if err != nil || len(got.Items) != want {
			t.Errorf("selectable for %s: got %v, %v, want %d", name, got, err, want)
		}
	}
	dana, lake := w.ids["dana@acme.example"], w.ids["Data lake"]
	tables, err := w.bot.SelectableResources(t.Context(), dana, lake, "databricks-table")
	if err != nil || len(tables.Items) != 5000 {
		t.Fatalf("tables: got %d, %v", len(tables.Items), err)
	}
	names := make(map[string]bool)
	for _, r := range tables.Items {
		names[r.Name] = true
	}
	if len(names) != 5000 {
		t.Errorf("got %d distinct names, want 5000", len(names))
	}
	p, err := w.bot.SelectablePermissions(t.Context(), dana, w.ids["AWS production"], "aws-account-s3-bucket")
	if err != nil || !p.AllowMultiple || len(p.Names) != 4 {
		t.Errorf("permissions: got %+v, %v", p, err)
	}
	if _, err := w.bot.SelectableResourceTypes(t.Context(), dana, "nothing"); !errors.Is(err, aponoapi.ErrNotFound) {
		t.Errorf("unknown integration: got %v, want ErrNotFound", err)
	}
}

func TestListsMayBeCut(t *testing.T) {
	t.Parallel()
	world := aponotest.DefaultWorld()
	world.ListLimit = 100
	w := newWorld(t, aponotest.Config{World: world})
	got, err := w.bot.SelectableResources(t.Context(), w.ids["dana@acme.example"], w.ids["Data lake"], "databricks-table")
	if err != nil || len(got.Items) != 100 || got.Cut() != 4900 {
		t.Errorf("got %d items, %d cut, %v", len(got.Items), got.Cut(), err)
	}
}

func TestGrantedByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r := w.create(t, "Orders database")
	if r.FriendlyID == "" || r.ID == r.FriendlyID || r.Grantee.ID != w.ids["dana@acme.example"] {
		t.Errorf("created: %+v", r)
	}
	wantStatus(t, r.Status, aponoapi.Pending)
	for _, step := range []struct {
		after time.Duration
		want  aponoapi.Status
	}{
		{2 * time.Second, aponoapi.Granting},
		{2 * time.Second, aponoapi.Granted},
		{time.Hour - time.Second, aponoapi.Granted},
		{time.Second, aponoapi.Expired},
	} {
		w.Advance(step.after)
		wantStatus(t, w.status(t, r.ID), step.want)
	}
	got, err := w.bot.Request(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := aponoapi.AccessRequest{
		ID: r.ID, V3ID: r.V3ID, V4ID: got.V4ID, FriendlyID: "AR-1001", Status: aponoapi.Expired,
		Requester:   aponoapi.Party{ID: w.ids["bot@acme.example"], Email: "bot@acme.example"},
		Grantee:     aponoapi.Party{ID: w.ids["dana@acme.example"], Email: "dana@acme.example"},
		ResourceIDs: r.ResourceIDs, Permissions: []string{"read-only"}, Duration: time.Hour, Justification: "INC-1",
		CreatedAt: w.tick, RevokedAt: w.tick.Add(4*time.Second + time.Hour),
		Groups: []aponoapi.Group{{
			Integration:   aponoapi.Integration{ID: w.ids["Orders database"], Name: "Orders database"},
			ResourceTypes: []aponoapi.ResourceType{{ID: "postgresql-database", Name: "Database"}},
		}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("request (-want +got):\n%s", d)
	}
	if ids := got.IDs(); len(ids) != 3 || !slices.Contains(ids, got.V4ID) {
		t.Errorf("ids: %v", ids)
	}
}

func TestOneRequestHasThreeIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r := w.create(t, "Orders database")
	merged, err := w.bot.Request(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	type get func(context.Context, string) (aponoapi.AccessRequest, error)
	for _, c := range []struct {
		name  string
		get   get
		id    string
		found bool
	}{
		{"v3 by its own", w.bot.RequestV3, r.ID, true},
		{"v3 by the friendly", w.bot.RequestV3, r.FriendlyID, true},
		{"v3 by v4's", w.bot.RequestV3, merged.V4ID, false},
		{"delegated by its own", w.bot.DelegatedRequest, merged.V4ID, true},
		{"delegated by the friendly", w.bot.DelegatedRequest, r.FriendlyID, true},
		{"delegated by v3's", w.bot.DelegatedRequest, r.ID, false},
		{"Dana's own", w.as("dana").RequestV4, merged.V4ID, true},
		{"Devin's", w.as("devin").RequestV4, merged.V4ID, false},
		{"Dana did not delegate it", w.as("dana").DelegatedRequest, merged.V4ID, false},
		{"any by v4's", w.bot.Request, merged.V4ID, true},
		{"any by the friendly", w.bot.Request, r.FriendlyID, true},
		{"unknown", w.bot.Request, "AR-9", false},
	} {
		got, err := c.get(t.Context(), c.id)
		if c.found && (err != nil || got.Status != aponoapi.Pending) {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
		if !c.found && !errors.Is(err, aponoapi.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", c.name, err)
		}
	}
}

func TestApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r := w.create(t, "AWS production")
	for _, c := range []struct {
		by, reason string
		want       string
	}{
		{"devin@acme.example", "", "not an approver"},
		{"adam@acme.example", "", "not an approver"}, // second tier, not yet asked
		{"omar@acme.example", strings.Repeat("x", 124), "less than 124"},
	} {
		if err := w.Approve(r.ID, c.by, c.reason); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.by, err, c.want)
		}
	}
	w.Advance(30 * time.Minute)
	if err := w.Approve(r.FriendlyID, "adam@acme.example", "fine"); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, w.status(t, r.ID), aponoapi.Granting)
	if err := w.Reject(r.ID, "omar@acme.example", ""); err == nil {
		t.Error("rejected after the approval")
	}

	second := w.create(t, "AWS production")
	if err := w.Reject(second.ID, "omar@acme.example", "not now"); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, w.status(t, second.ID), aponoapi.Rejected)
	third := w.create(t, "AWS production")
	if err := w.Fail(third.ID, "connector is down"); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, w.status(t, third.ID), aponoapi.Failed)
	list, err := w.bot.RequestsV3(t.Context(), w.ids["dana@acme.example"], 7)
	if err != nil || len(list.Items) != 3 || list.Items[0].ID != third.ID {
		t.Errorf("list: got %+v, %v", list, err)
	}
	if err := w.Approve("AR-1", "", ""); err == nil {
		t.Error("approved an unknown request")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	aws, orders := w.wish(t, "AWS production"), w.wish(t, "Orders database")
	for name, c := range map[string]struct {
		from aponoapi.NewRequest
		with func(*aponoapi.NewRequest)
		want error
		says string
	}{
		"no justification": {aws, func(n *aponoapi.NewRequest) { n.Justification = " " }, aponoapi.ErrInvalid, "Justification is required"},
		"too long":         {orders, func(n *aponoapi.NewRequest) { n.Duration = 9 * time.Hour }, aponoapi.ErrInvalid, "8 hours"},
		"two of one":       {orders, func(n *aponoapi.NewRequest) { n.Permissions = []string{"read-only", "admin"} }, aponoapi.ErrInvalid, "Only one"},
		"permission":       {orders, func(n *aponoapi.NewRequest) { n.Permissions = []string{"root"} }, aponoapi.ErrInvalid, "permission"},
		"resource":         {orders, func(n *aponoapi.NewRequest) { n.ResourceIDs = aws.ResourceIDs }, aponoapi.ErrInvalid, "resource"},
		"nothing":          {orders, func(n *aponoapi.NewRequest) { n.ResourceIDs = nil }, aponoapi.ErrInvalid, "At least one"},
		"integration":      {orders, func(n *aponoapi.NewRequest) { n.IntegrationID = "x" }, aponoapi.ErrInvalid, "integration"},
		"address":          {orders, func(n *aponoapi.NewRequest) { n.UserID = "dana@acme.example" }, aponoapi.ErrInvalid, "user_id"},
		"noel":             {orders, func(n *aponoapi.NewRequest) { n.UserID = w.ids["noel@acme.example"] }, aponoapi.ErrForbidden, "not entitled"},
		"ines":             {orders, func(n *aponoapi.NewRequest) { n.UserID = w.ids["ines@acme.example"] }, aponoapi.ErrForbidden, "not active"},
		"half a second":    {orders, func(n *aponoapi.NewRequest) { n.Duration = time.Second / 2 }, aponoapi.ErrInvalid, "duration"},
	} {
		n := c.from
		c.with(&n)
		_, err := w.bot.CreateRequestV3(t.Context(), n)
		var refusal *aponoapi.Error
		if !errors.Is(err, c.want) || !errors.As(err, &refusal) || !strings.Contains(refusal.Message, c.says) {
			t.Errorf("%s: got %v, want %v saying %q", name, err, c.want, c.says)
		}
	}
	if len(w.Requests()) != 0 {
		t.Errorf("refused requests exist: %+v", w.Requests())
	}
}

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
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if c.fault.Latency+c.fault.AnswerAfter > 0 {
				ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
				defer cancel()
			}
			if _, err := w.bot.CreateRequestV3(ctx, wish); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got := len(w.Requests()); got != c.created {
				t.Errorf("got %d requests, want %d", got, c.created)
			}
			posts := 0
			for _, e := range w.Events() {
				if e.Kind == "fault" && e.Method == http.MethodPost {
					posts++
				}
			}
			if posts != 1 {
				t.Errorf("the create was sent %d times, want once", posts)
			}
			w.ClearFaults()
			if r := w.create(t, "Orders database"); r.ID == "" {
				t.Error("no request after the fault")
			}
		})
	}
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

// inbox takes webhooks.
type inbox struct {
	mu     sync.Mutex
	events []string
	wrong  []string
}

func (i *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var body struct {
		EventType string      `json:"event_type"`
		EventTime json.Number `json:"event_time"`
		Data      struct {
			ID         string `json:"id"`
			FriendlyID string `json:"friendly_id"`
		} `json:"data"`
	}
	raw, err := io.ReadAll(r.Body)
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil || json.Unmarshal(raw, &body) != nil || body.Data.ID == "" || body.EventTime == "" ||
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
	box := &inbox{}
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
	if box.wrong != nil {
		t.Errorf("wrong webhooks: %v", box.wrong)
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
}
