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
	if len(bundles) != 2 {
		t.Errorf("for dana: %s", names(bundles))
	}
	if some := all(t, w.bot.AvailableBundles(t.Context(), aponoapi.BundleFilter{Grantee: dana, Names: []string{"on*"}})); len(some) != 1 {
		t.Errorf("on*: %s", names(some))
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

func TestDetailsAreShownOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	dana := w.as("dana")
	r := w.create(t, "Orders database")
	if _, err := w.bot.DetailsV3(t.Context(), r.ID); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("before it is granted: %v", err)
	}
	w.Advance(4 * time.Second)
	open := all(t, dana.Sessions(t.Context(), aponoapi.SessionFilter{RequestIDs: []string{r.FriendlyID}}))
	if len(open) != 1 || open[0].Credentials != aponoapi.Available || !open[0].CanReset || len(open[0].RequestIDs) != 1 {
		t.Fatalf("sessions: %+v", open)
	}
	id := open[0].ID
	for _, client := range []*aponoapi.Client{w.as("devin"), w.bot} {
		if _, err := client.SessionDetails(t.Context(), id); !errors.Is(err, aponoapi.ErrNotFound) {
			t.Errorf("somebody else's: %v", err)
		}
	}
	first, err := dana.SessionDetails(t.Context(), id)
	if err != nil || first.Masked() || !strings.Contains(first.Instructions.Reveal(), w.Secrets()[0]) {
		t.Fatalf("first look: masked %v, %v", first.Masked(), err)
	}
	if text := fmt.Sprintf("%+v %v %#v", first, first, first); strings.Contains(text, w.Secrets()[0]) {
		t.Errorf("printing tells the secret: %s", text)
	}
	second, err := dana.SessionDetails(t.Context(), id)
	if err != nil || !second.Masked() || strings.Contains(second.CLI.Reveal(), w.Secrets()[0]) {
		t.Errorf("second look: masked %v, %v", second.Masked(), err)
	}
	now, err := dana.Session(t.Context(), id)
	if err != nil || now.Credentials != aponoapi.Viewed || now.Credentials.Readable() {
		t.Errorf("viewed: %+v, %v", now, err)
	}
	if _, err := dana.ResetSession(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := dana.ResetSession(t.Context(), id); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("reset twice: %v", err)
	}
	if now, err = dana.Session(t.Context(), id); err != nil || now.Credentials != aponoapi.Resetting {
		t.Errorf("resetting: %+v, %v", now, err)
	}
	w.Advance(4 * time.Second)
	third, err := w.bot.DetailsV3(t.Context(), r.FriendlyID)
	if err != nil || third.Masked() || !strings.Contains(third.Instructions.Reveal(), w.Secrets()[1]) {
		t.Errorf("after the reset: masked %v, %v", third.Masked(), err)
	}
	if fourth, err := w.bot.DetailsV3(t.Context(), r.ID); err != nil || !fourth.Masked() {
		t.Errorf("v3 again: masked %v, %v", fourth.Masked(), err)
	}
	if _, err := w.bot.ResetV3(t.Context(), r.ID); err != nil {
		t.Error(err)
	}
	if err := w.Expire(r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := dana.Session(t.Context(), id); !errors.Is(err, aponoapi.ErrNotFound) {
		t.Errorf("after the end: %v", err)
	}
}

func TestDetailsWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r := w.create(t, "AWS production")
	if err := w.Approve(r.ID, "", ""); err != nil {
		t.Fatal(err)
	}
	w.Advance(3 * time.Second)
	open := all(t, w.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{IntegrationIDs: []string{w.ids["AWS production"]}}))
	if len(open) != 1 || open[0].Credentials != aponoapi.NotApplicable || open[0].CanReset {
		t.Fatalf("sessions: %+v", open)
	}
	for range 2 {
		d, err := w.as("dana").SessionDetails(t.Context(), open[0].ID)
		if err != nil || d.Masked() || d.LinkURL.Reveal() == "" || d.LinkTitle == "" {
			t.Errorf("got %+v, %v", d, err)
		}
	}
	if _, err := w.as("dana").ResetSession(t.Context(), open[0].ID); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("reset: %v", err)
	}
	if _, err := w.bot.ResetV3(t.Context(), r.ID); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("v3 reset: %v", err)
	}
}

func TestLostDetailsAreNotAskedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r := w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	w.Fault(aponotest.Fault{Path: "/api/v3/access-requests/*/access-details", CutAfter: true})
	if _, err := w.bot.DetailsV3(t.Context(), r.ID); !errors.Is(err, aponoapi.ErrUnknownOutcome) {
		t.Errorf("got %v, want ErrUnknownOutcome", err)
	}
	reads := 0
	for _, e := range w.Events() {
		if e.Kind == "call" && strings.HasSuffix(e.Path, "/access-details") {
			reads++
		}
		if strings.Contains(fmt.Sprint(e), w.Secrets()[0]) {
			t.Errorf("the event log tells the secret: %+v", e)
		}
	}
	if reads != 1 {
		t.Errorf("asked %d times, want once", reads)
	}
	w.ClearFaults()
	if d, err := w.bot.DetailsV3(t.Context(), r.ID); err != nil || !d.Masked() {
		t.Errorf("the look is used up: masked %v, %v", d.Masked(), err)
	}
}

func TestSessionServesSeveralRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	first, second := w.create(t, "Orders database"), w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	open := all(t, w.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{}))
	if len(open) != 1 || len(open[0].RequestIDs) != 2 {
		t.Fatalf("sessions: %+v", open)
	}
	if _, err := w.bot.RevokeV3(t.Context(), first.ID, second.FriendlyID); err != nil {
		t.Fatal(err)
	}
	if open := all(t, w.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{})); len(open) != 0 {
		t.Errorf("after the revoke: %+v", open)
	}
	if _, err := w.bot.RevokeV3(t.Context(), first.ID); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("again: %v", err)
	}
	if _, err := w.bot.RevokeV3(t.Context(), "nothing"); !errors.Is(err, aponoapi.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	w.Advance(3 * time.Second)
	v3, err := w.bot.RequestV3(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	// v3 does not know Revoked; the delegated request does.
	wantStatus(t, v3.Status, aponoapi.Expired)
	wantStatus(t, w.status(t, first.ID), aponoapi.Revoked)
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

// One long step of the clock must do what many short ones do.
func TestLongStepsKeepTheOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	session := all(t, w.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{}))[0]
	if _, err := w.as("dana").SessionDetails(t.Context(), session.ID); err != nil {
		t.Fatal(err)
	}
	w.Advance(59 * time.Minute)
	w.create(t, "Orders database")
	w.Advance(30 * time.Minute)
	shared, err := w.as("dana").Session(t.Context(), session.ID)
	if err != nil || shared.Credentials != aponoapi.Viewed || len(shared.RequestIDs) != 1 {
		t.Errorf("the second request joins the first one's session: got %+v, %v", shared, err)
	}
}
