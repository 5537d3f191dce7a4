package aponotest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/google/go-cmp/cmp"
)

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
