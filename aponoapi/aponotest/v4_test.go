package aponotest_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/google/go-cmp/cmp"
)

// all reads a list to its end.
func all[T any](t *testing.T, list iter.Seq2[T, error]) []T {
	t.Helper()
	var items []T
	for item, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

// failure is the error that a list ends with.
func failure[T any](list iter.Seq2[T, error]) (err error) {
	for _, err = range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func statuses(rs []aponoapi.AccessRequest) string {
	var words []string
	for _, r := range rs {
		words = append(words, r.Status.String())
	}
	return strings.Join(words, ", ")
}

func TestOneSubmissionBecomesTwoRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	dana := w.as("dana")
	var refs []aponoapi.EntitlementRef
	for _, s := range []aponoapi.EntitlementSearch{
		{IntegrationName: "Orders database", ResourceName: "orders", PermissionNames: []string{"read-only"}},
		{IntegrationID: w.ids["AWS production"], ResourceTypeIDs: []string{"aws-account-ec2-instance"}, ResourceName: "web-*"},
	} {
		for _, e := range all(t, dana.AvailableEntitlements(t.Context(), s)) {
			refs = append(refs, e.Ref())
		}
	}
	if len(refs) != 1+2*2 {
		t.Fatalf("got %d entitlements, want 5", len(refs))
	}
	created, err := dana.CreateRequestV4(t.Context(), aponoapi.NewRequestV4{
		Entitlements: refs, Justification: "INC-2", Duration: 30 * time.Minute, CustomFields: map[string]string{"ticket": "T-1"},
	})
	if err != nil || len(created) != 2 {
		t.Fatalf("got %+v, %v, want two requests", created, err)
	}
	if created[0].Groups[0].Integration.Name != "Orders database" || created[1].Groups[0].Integration.Name != "AWS production" {
		t.Errorf("groups: %+v, %+v", created[0].Groups, created[1].Groups)
	}
	if created[0].CustomFields["ticket"] != "T-1" || created[0].Requester != created[0].Grantee {
		t.Errorf("created: %+v", created[0])
	}
	w.Advance(4 * time.Second)
	mine := all(t, dana.RequestsV4(t.Context(), aponoapi.RequestFilterV4{PageSize: 1}))
	if got := statuses(mine); got != "Pending approval, Granted" {
		t.Errorf("mine: %s", got)
	}
	granted := all(t, dana.RequestsV4(t.Context(), aponoapi.RequestFilterV4{Statuses: []string{"Active"}}))
	if len(granted) != 1 || granted[0].ID != created[0].ID {
		t.Errorf("granted: %+v", granted)
	}
	parts := all(t, dana.EntitlementsV4(t.Context(), created[1].ID, aponoapi.EntitlementFilter{PageSize: 3}))
	if len(parts) != 4 || parts[0].Permission.Name != "Connect" || parts[0].Resource.Name != "web-1" || parts[0].Status != aponoapi.Pending {
		t.Errorf("entitlements: %+v", parts)
	}
	if _, err := w.as("devin").RevokeV4(t.Context(), created[0].ID); !errors.Is(err, aponoapi.ErrNotFound) {
		t.Errorf("devin revokes: %v", err)
	}
	if message, err := dana.RevokeV4(t.Context(), created[0].ID); err != nil || message == "" {
		t.Errorf("revoke: %q, %v", message, err)
	}
	stands := func(want aponoapi.Status) {
		t.Helper()
		r, err := dana.RequestV4(t.Context(), created[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, r.Status, want)
	}
	stands(aponoapi.Revoking)
	w.Advance(3 * time.Second)
	again, err := dana.RequestAgain(t.Context(), created[0].ID, "INC-3", nil)
	if err != nil || len(again) != 1 || again[0].Duration != 30*time.Minute || again[0].Justification != "INC-3" {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := dana.RequestAgain(t.Context(), created[1].ID, "", nil); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("again while it waits: %v", err)
	}
	stands(aponoapi.Revoked)
}

func TestBundlesOnBehalf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	const dana = "dana@acme.example"
	names := func(list []aponoapi.Bundle) string { return fmt.Sprint(len(list), list) }
	bundles := all(t, w.bot.AvailableBundles(t.Context(), aponoapi.BundleFilter{Grantee: dana}))
	if len(bundles) != 3 {
		t.Errorf("for dana: %s", names(bundles))
	}
	if some := all(t, w.bot.AvailableBundles(t.Context(), aponoapi.BundleFilter{Grantee: dana, Names: []string{"on*"}})); len(some) != 1 {
		t.Errorf("on*: %s", names(some))
	}
	if every := all(t, w.bot.Bundles(t.Context(), 2)); len(every) != 3 || every[2].Name == "" || every[2].ID == every[0].ID {
		t.Errorf("all bundles are %+v", every)
	}
	if err := failure(w.as("dana").Bundles(t.Context(), 0)); !errors.Is(err, aponoapi.ErrForbidden) {
		t.Errorf("Dana lists all bundles: %v", err)
	}
	if none := all(t, w.as("omar").AvailableBundles(t.Context(), aponoapi.BundleFilter{Grantee: dana})); len(none) != 0 {
		t.Errorf("omar may not ask for dana: %s", names(none))
	}
	inside := all(t, w.bot.AccessUnits(t.Context(), aponoapi.UnitFilter{
		BundleIDs: []string{bundles[0].ID}, GranteeID: w.ids[dana], PageSize: 2,
	}))
	if len(inside) != 3 || inside[0].Permission.Name != "read-only" || inside[0].Resource.Name != "orders" || inside[0].ID == "" {
		t.Errorf("contents: %+v", inside)
	}
	created, err := w.bot.CreateRequestV4(t.Context(), aponoapi.NewRequestV4{Bundle: "Reporting", Grantee: dana})
	if err != nil || len(created) != 1 || created[0].Bundle != bundles[0] || created[0].Grantee.Email != dana {
		t.Fatalf("created: %+v, %v", created, err)
	}
	if created[0].Duration != 8*time.Hour {
		t.Errorf("duration: %v, want the flow's", created[0].Duration)
	}
	delegated := all(t, w.bot.DelegatedRequests(t.Context(), aponoapi.DelegatedFilter{Grantee: dana, Statuses: []string{"PENDING"}}))
	if len(delegated) != 1 || delegated[0].ID != created[0].ID {
		t.Errorf("delegated: %+v", delegated)
	}
	if hers := all(t, w.as("dana").RequestsV4(t.Context(), aponoapi.RequestFilterV4{})); len(hers) != 0 {
		t.Errorf("she submitted none: %+v", hers)
	}
	byBot := all(t, w.as("dana").RequestsV4(t.Context(), aponoapi.RequestFilterV4{Requestor: "bot@acme.example"}))
	if len(byBot) != 1 {
		t.Errorf("the bot submitted one: %+v", byBot)
	}
	for name, n := range map[string]aponoapi.NewRequestV4{
		"unknown":   {Bundle: "Nothing"},
		"both":      {Bundle: "Reporting", Entitlements: []aponoapi.EntitlementRef{{ResourceID: "x"}}},
		"neither":   {},
		"stranger":  {Bundle: "Reporting", Grantee: "nora@acme.example"},
		"forged":    {Entitlements: []aponoapi.EntitlementRef{{ResourceID: "x", PermissionID: "y"}}},
		"too long":  {Bundle: "Reporting", Duration: 9 * time.Hour},
		"no reason": {Bundle: "On-call", Grantee: dana},
	} {
		if _, err := w.bot.CreateRequestV4(t.Context(), n); err == nil || errors.Is(err, aponoapi.ErrUnknownOutcome) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := w.as("omar").CreateRequestV4(t.Context(), aponoapi.NewRequestV4{Bundle: "Reporting", Grantee: dana}); !errors.Is(err, aponoapi.ErrForbidden) {
		t.Errorf("omar for dana: got %v, want ErrForbidden", err)
	}
}

func TestEntitlementsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	var refs []aponoapi.EntitlementRef
	search := aponoapi.EntitlementSearch{IntegrationName: "Data lake", PermissionNames: []string{"SELECT"}, PageSize: 1000}
	for e, err := range w.as("dana").AvailableEntitlements(t.Context(), search) {
		if err != nil {
			t.Fatal(err)
		}
		if refs = append(refs, e.Ref()); len(refs) > 1000 {
			break
		}
	}
	for _, c := range []struct {
		refs []aponoapi.EntitlementRef
		want int
	}{
		{append(refs[:2:2], refs[0]), 2},
		{refs[:1000], 1000},
		{refs, 0},
	} {
		created, err := w.as("dana").CreateRequestV4(t.Context(), aponoapi.NewRequestV4{Entitlements: c.refs})
		if c.want == 0 {
			if !errors.Is(err, aponoapi.ErrInvalid) {
				t.Errorf("%d entitlements: got %v, want ErrInvalid", len(c.refs), err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if parts := all(t, w.as("dana").EntitlementsV4(t.Context(), created[0].ID, aponoapi.EntitlementFilter{})); len(parts) != c.want {
			t.Errorf("%d entitlements: got %d, want %d", len(c.refs), len(parts), c.want)
		}
	}
}

func TestListsStopWhenTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	rows := 0
	for _, err := range w.as("dana").AvailableEntitlements(t.Context(), aponoapi.EntitlementSearch{IntegrationName: "Data lake"}) {
		if err != nil {
			t.Fatal(err)
		}
		if rows++; rows == 150 {
			break
		}
	}
	calls := 0
	for _, e := range w.Events() {
		if e.Kind == "call" {
			calls++
		}
	}
	if calls != 2 {
		t.Errorf("read %d pages of 100 for 150 rows, want 2", calls)
	}
	w.Fault(aponotest.Fault{Path: "/api/user/v1/available-access/bundles", Status: 403})
	if err := failure(w.as("dana").AvailableBundles(t.Context(), aponoapi.BundleFilter{})); !errors.Is(err, aponoapi.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	list := w.as("dana").AvailableEntitlements(t.Context(), aponoapi.EntitlementSearch{IntegrationName: "Orders database", PageSize: 10})
	if d := cmp.Diff(all(t, list), all(t, list)); d != "" {
		t.Errorf("the same list twice differs: %s", d)
	}
}
