package aponotest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/google/go-cmp/cmp"
)

func TestApproversDecideWithTheirOwnTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r, err := w.as("dana").CreateRequestV4(t.Context(), aponoapi.NewRequestV4{Bundle: "On-call", Justification: "pager"})
	if err != nil {
		t.Fatal(err)
	}
	id := r[0].ID
	tasks := all(t, w.as("omar").ClientRequests(t.Context(), aponoapi.ClientFilter{Scope: aponoapi.MyTasks, PageSize: 1}))
	if len(tasks) != 1 || tasks[0].ID != id || tasks[0].Requester.Name != "Dana Developer" || len(tasks[0].Summary) != 5 {
		t.Fatalf("omar's tasks: %+v", tasks)
	}
	for name, want := range map[string]error{
		"dana": aponoapi.ErrForbidden, "devin": aponoapi.ErrForbidden, "adam": aponoapi.ErrForbidden,
	} {
		if err := w.as(name).Approve(t.Context(), id, ""); !errors.Is(err, want) {
			t.Errorf("%s approves: got %v, want %v", name, err, want)
		}
	}
	if _, err := w.as("devin").ClientRequest(t.Context(), id, 0); !errors.Is(err, aponoapi.ErrNotFound) {
		t.Errorf("devin reads: %v", err)
	}
	if err := w.as("omar").Reject(t.Context(), id, strings.Repeat("x", 124)); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("124 characters: %v", err)
	}
	if err := w.as("omar").Reject(t.Context(), id, "not tonight"); err != nil {
		t.Fatal(err)
	}
	if err := w.as("ava").Approve(t.Context(), id, ""); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("ava is late: %v", err)
	}
	if err := w.as("devin").Approve(t.Context(), id, ""); !errors.Is(err, aponoapi.ErrForbidden) {
		t.Errorf("devin learns that it is decided: %v", err)
	}
	got, err := w.as("dana").ClientRequest(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, got.Status, aponoapi.Rejected)
	want := []aponoapi.Approver{
		{Name: "Omar Approver", Type: "user", Decision: aponoapi.Refused, Tier: 1, EscalatedAt: w.tick},
		{Name: "Ava Approver", Type: "user", Decision: aponoapi.Undecided, Tier: 1, EscalatedAt: w.tick},
	}
	if d := cmp.Diff(want, got.Approvers); d != "" || got.Note != "not tonight" || len(got.Summary) != 1 || got.Bundle.Name != "On-call" {
		t.Errorf("got %+v\n%s", got, d)
	}
	done := all(t, w.as("omar").ClientRequests(t.Context(), aponoapi.ClientFilter{
		Scope: aponoapi.MyHistoricTasks, RequestIDs: []string{id}, Statuses: []string{"Rejected"},
	}))
	if len(done) != 1 {
		t.Errorf("omar's history: %+v", done)
	}
	report, err := w.bot.Activity(t.Context(), aponoapi.ActivityFilter{RequestIDs: []string{id}})
	if err != nil || len(report.Items) != 1 {
		t.Fatalf("activity: %+v, %v", report, err)
	}
	line := report.Items[0]
	if line.ApproverReason != "not tonight" || line.RequestID != "AR-1001" || line.Status != aponoapi.Rejected ||
		!cmp.Equal(line.ApproverEmails, []string{"omar@acme.example"}) || line.Bundle != "On-call" || !line.RequestedAt.Equal(w.tick) {
		t.Errorf("activity: %+v", line)
	}
}

// strict is a world whose flow wants everything.
func strict() *aponotest.World {
	world := aponotest.DefaultWorld()
	f := &world.Flows[1]
	f.AllOf, f.ReasonRequired, f.MFA = true, true, true
	f.Approvers[0] = append(f.Approvers[0], "dana@acme.example")
	world.CustomFields = append(world.CustomFields, aponotest.CustomField{
		ID: "team", Label: "Team", Required: true, Options: []string{"web", "data"},
	})
	return world
}

func TestEverybodyMustApprove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{World: strict()})
	ask := func(team string) ([]aponoapi.AccessRequest, error) {
		return w.as("devin").CreateRequestV4(t.Context(), aponoapi.NewRequestV4{
			Bundle: "On-call", Justification: "x", CustomFields: map[string]string{"team": team},
		})
	}
	for _, team := range []string{"", "sales"} {
		if _, err := ask(team); !errors.Is(err, aponoapi.ErrInvalid) {
			t.Errorf("team %q: %v", team, err)
		}
	}
	created, err := ask("web")
	if err != nil {
		t.Fatal(err)
	}
	id := created[0].ID
	wantStatus(t, created[0].Status, aponoapi.PendingMFA)
	if err := w.as("omar").Approve(t.Context(), id, "fine"); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("before MFA: %v", err)
	}
	if err := w.PassMFA(id); err != nil {
		t.Fatal(err)
	}
	if err := w.as("omar").Approve(t.Context(), id, " "); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("without a reason: %v", err)
	}
	for _, name := range []string{"omar", "ava"} {
		if err := w.as(name).Approve(t.Context(), id, "fine"); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, w.Requests()[0].Status, aponoapi.Pending)
	}
	if err := w.as("omar").Approve(t.Context(), id, "fine"); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("twice: %v", err)
	}
	r, err := w.as("dana").ClientRequest(t.Context(), id, 0)
	if err != nil || !r.AllMustApprove || !r.ReasonRequired {
		t.Errorf("got %+v, %v", r, err)
	}
	if err := w.as("dana").Approve(t.Context(), id, "fine"); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, w.Requests()[0].Status, aponoapi.Granting)
}

func TestNobodyApprovesTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r, err := w.as("omar").CreateRequestV4(t.Context(), aponoapi.NewRequestV4{Bundle: "On-call", Justification: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.as("omar").Approve(t.Context(), r[0].ID, ""); !errors.Is(err, aponoapi.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	if tasks := all(t, w.as("omar").ClientRequests(t.Context(), aponoapi.ClientFilter{Scope: aponoapi.MyTasks})); len(tasks) != 0 {
		t.Errorf("tasks: %+v", tasks)
	}
	if mine := all(t, w.as("omar").ClientRequests(t.Context(), aponoapi.ClientFilter{Scope: aponoapi.MyRequests})); len(mine) != 1 {
		t.Errorf("mine: %+v", mine)
	}
	if err := failure(w.as("omar").ClientRequests(t.Context(), aponoapi.ClientFilter{Scope: "All"})); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("scope All: %v", err)
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	created, err := w.as("dana").CreateRequestV4(t.Context(), aponoapi.NewRequestV4{Bundle: "Reporting", Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	id := created[0].ID
	if err := w.as("dana").Extend(t.Context(), id); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("before it is granted: %v", err)
	}
	w.Advance(4 * time.Second)
	for left := 2; left >= 0; left-- {
		r, err := w.as("dana").ClientRequest(t.Context(), id, 0)
		want := aponoapi.Extension{Possible: left > 0, Availability: r.Extension.Availability, By: time.Hour, Remaining: left, Used: 2 - left}
		if err != nil || r.Extension != want || r.Duration != time.Duration(3-left)*time.Hour {
			t.Errorf("%d left: got %+v for %v, %v", left, r.Extension, r.Duration, err)
		}
		err = w.as("dana").Extend(t.Context(), id)
		if (err == nil) != (left > 0) || (left == 0 && !errors.Is(err, aponoapi.ErrInvalid)) {
			t.Errorf("%d left: %v", left, err)
		}
	}
	w.Advance(3*time.Hour - time.Second)
	wantStatus(t, w.Requests()[0].Status, aponoapi.Granted)
	w.Advance(time.Second)
	wantStatus(t, w.Requests()[0].Status, aponoapi.Expired)
}

func TestAccessWithoutEndCannotBeExtended(t *testing.T) {
	t.Parallel()
	world := aponotest.DefaultWorld()
	world.Flows[0].MaxDuration = 0
	w := newWorld(t, aponotest.Config{World: world})
	created, err := w.as("dana").CreateRequestV4(t.Context(), aponoapi.NewRequestV4{Bundle: "Reporting"})
	if err != nil {
		t.Fatal(err)
	}
	w.Advance(4 * time.Second)
	r, err := w.as("dana").ClientRequest(t.Context(), created[0].ID, 0)
	if err != nil || !r.Status.Active() || r.Extension.Possible || r.Duration != 0 {
		t.Errorf("got %+v, %v", r, err)
	}
	if err := w.as("dana").Extend(t.Context(), created[0].ID); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("extend: got %v, want ErrInvalid", err)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	buckets := aponoapi.Trial{
		IntegrationIDs: []string{w.ids["AWS production"]}, ResourceTypeIDs: []string{"aws-account-s3-bucket"},
		PermissionIDs: []string{"GetObject"}, Duration: 13 * time.Hour,
	}
	v, err := w.as("dana").DryRun(t.Context(), buckets)
	if err != nil || len(v.Problems) != 2 || v.Problems[0].Code != "FIELD_MISSING" || v.Problems[0].Field != "justification" ||
		v.Problems[1].Details["max_duration"] != "43200" || v.MaxDuration != 12*time.Hour {
		t.Errorf("got %+v, %v", v, err)
	}
	buckets.Justification, buckets.Duration = "x", time.Hour
	if v, err = w.as("dana").DryRun(t.Context(), buckets); err != nil || len(v.Problems) != 0 {
		t.Errorf("got %+v, %v", v, err)
	}
	if v, err = w.as("noel").DryRun(t.Context(), buckets); err != nil || len(v.Problems) != 1 {
		t.Errorf("noel: got %+v, %v", v, err)
	}
	if len(w.Requests()) != 0 {
		t.Errorf("a dry run made requests: %+v", w.Requests())
	}
}

func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	world := aponotest.DefaultWorld()
	world.ServiceAccounts = []aponotest.ServiceAccount{{Name: "teams_bot", Token: "svc_token"}}
	w := newWorld(t, aponotest.Config{World: world})
	account := w.bot.As("svc_token")
	n := w.wish(t, "Orders database")
	r, err := account.CreateRequestV3(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := account.Request(t.Context(), r.ID); err != nil || got.V4ID != "" || got.Status != aponoapi.Pending {
		t.Errorf("the account sees v3 only: %+v, %v", got, err)
	}
	if _, err := account.Me(t.Context()); !errors.Is(err, aponoapi.ErrForbidden) {
		t.Errorf("the account is nobody: %v", err)
	}
	me, err := w.as("dana").Me(t.Context())
	if err != nil || me.User.ID != w.ids["dana@acme.example"] || len(me.CustomFields) != 1 || me.CustomFields[0].Type != "TEXT" {
		t.Errorf("dana: %+v, %v", me, err)
	}
	for _, call := range []error{
		func() error { _, err := w.as("dana").RequestV3(t.Context(), r.ID); return err }(),
		func() error { _, err := w.as("dana").DetailsV3(t.Context(), r.ID); return err }(),
		func() error { _, err := w.as("dana").Activity(t.Context(), aponoapi.ActivityFilter{}); return err }(),
	} {
		if !errors.Is(call, aponoapi.ErrForbidden) {
			t.Errorf("dana is no admin: %v", call)
		}
	}
	if _, err := w.as("ines").Me(t.Context()); !errors.Is(err, aponoapi.ErrUnauthorized) {
		t.Errorf("ines has left: %v", err)
	}
	forOthers := all(t, w.as("devin").Grantees(t.Context(), aponoapi.GranteeFilter{Search: "dana"}))
	if len(forOthers) != 1 || forOthers[0].Name != "Dana Developer" || forOthers[0].Email != "dana@acme.example" {
		t.Errorf("devin's grantees: %+v", forOthers)
	}
	if self := all(t, w.as("omar").Grantees(t.Context(), aponoapi.GranteeFilter{})); len(self) != 1 {
		t.Errorf("omar's grantees: %+v", self)
	}

	closed := aponotest.DefaultWorld()
	closed.NoEndUserTokens = true
	w = newWorld(t, aponotest.Config{World: closed})
	if _, err := w.as("dana").Me(t.Context()); !errors.Is(err, aponoapi.ErrForbidden) {
		t.Errorf("closed: %v", err)
	}
	if r := w.create(t, "Orders database"); w.status(t, r.ID) != aponoapi.Pending {
		t.Error("v3 does not stand alone")
	}
}

func TestActivityTellsWhatV3Does(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r := w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	report, err := w.bot.Activity(t.Context(), aponoapi.ActivityFilter{
		RequestIDs: []string{r.ID}, IntegrationIDs: []string{w.ids["Orders database"]}, Statuses: []string{"GRANTED"},
		Resources: []string{"orders"}, Permissions: []string{"read-only"}, ResourceTypes: []string{"postgresql-database"},
		RequestorIDs: []string{w.ids["bot@acme.example"]}, TriggerTypes: []string{"SELF_SERVE"},
		AccessFlowIDs: []string{"auto"}, From: w.tick.Add(-time.Hour), To: w.tick.Add(time.Hour),
	})
	if err != nil || len(report.Items) != 1 || !report.Items[0].GrantedAt.Equal(w.tick.Add(4*time.Second)) || report.Cut() != 0 {
		t.Errorf("got %+v, %v", report, err)
	}
	few, err := w.bot.Activity(t.Context(), aponoapi.ActivityFilter{Fields: []string{"status"}})
	if err != nil || len(few.Items) != 1 || few.Items[0].Status != aponoapi.Granted || few.Items[0].RequestID != "" {
		t.Errorf("status only: %+v, %v", few, err)
	}
	if later, err := w.bot.Activity(t.Context(), aponoapi.ActivityFilter{From: w.tick.Add(time.Hour)}); err != nil || len(later.Items) != 0 {
		t.Errorf("later: %+v, %v", later, err)
	}
}
