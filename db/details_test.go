package db_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// system is what a new person has got access to, whose details nobody has read.
func (w *world) system() (db.System, db.PersonKey, db.Details) {
	w.t.Helper()
	sub, r := w.created(aponoapi.Granted)
	x := db.System{RequestID: r.ID}
	d, err := w.KnowSystem(w.ctx, x, "", noon)
	w.must(err)
	return x, sub.Person, d
}

// details is how they stand.
func (w *world) details(x db.System) db.Details {
	w.t.Helper()
	d, err := w.KnowSystem(w.ctx, x, "", noon)
	w.must(err)
	return d
}

// stand wants details to stand so.
func (w *world) stand(x db.System, state db.DetailsState, note db.DetailsNote) db.Details {
	w.t.Helper()
	d := w.details(x)
	if d.State != state || d.Note != note {
		w.t.Errorf("the details are %s (%s), want %s (%s)", d.State, d.Note, state, note)
	}
	return d
}

// claimed claims details, which must be open.
func (w *world) claimed(x db.System, by db.PersonKey) int64 {
	w.t.Helper()
	d, ok, err := w.ClaimDetails(w.ctx, x, by, noon)
	w.must(err)
	if !ok {
		w.t.Fatalf("not claimed: %+v", d)
	}
	return d.Number
}

// reset begins a reset of details as they stand.
func (w *world) reset(x db.System, by db.PersonKey) (db.Details, bool) {
	w.t.Helper()
	d, ok, err := w.StartReset(w.ctx, x, w.details(x).Number, by, noon, noon.Add(-15*time.Second), time.Hour)
	w.must(err)
	return d, ok
}

func TestDetailsAreClaimedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x, dana, _ := w.system()
	var claims atomic.Int64
	w.together(100, func(int) error {
		d, ok, err := w.ClaimDetails(w.ctx, x, dana, noon)
		if ok {
			claims.Add(1)
		}
		if err == nil && d.State != db.DetailsClaimed {
			t.Errorf("somebody is told %+v", d)
		}
		return err
	})
	if n := claims.Load(); n != 1 {
		t.Errorf("%d have claimed them, want 1", n)
	}
	if n := ask[int](w, `SELECT count(*) FROM audit WHERE action = 'details' AND outcome = 'begun' AND request = $1`, x.RequestID); n != 1 {
		t.Errorf("the audit has %d claims, want 1", n)
	}
}

func TestDetailsAreReleasedByTheirClaimOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x, dana, _ := w.system()
	slow := w.claimed(x, dana)
	w.must(w.ReleaseDetails(w.ctx, x, slow, dana, noon))
	w.stand(x, db.DetailsOpen, "")
	newer := w.claimed(x, dana)

	// The slow one comes back once more, with everything it could say.
	w.must(w.ReleaseDetails(w.ctx, x, slow, dana, noon))
	w.must(w.DetailsShown(w.ctx, x, slow, db.DetailsUnclear, dana, noon))
	w.must(w.ResetFailed(w.ctx, x, slow, db.DetailsSlow, dana, noon))
	w.must(w.ReopenDetails(w.ctx, x, slow, db.DetailsRenewed, dana, noon))
	if d := w.stand(x, db.DetailsClaimed, ""); d.Number != newer {
		t.Errorf("claim %d is there, want %d", d.Number, newer)
	}
	w.must(w.DetailsShown(w.ctx, x, newer, "", dana, noon.Add(time.Minute)))
	if d := w.stand(x, db.DetailsViewed, ""); !d.At.Equal(noon.Add(time.Minute)) {
		t.Errorf("viewed at %v", d.At)
	}
	w.must(w.ReleaseDetails(w.ctx, x, newer, dana, noon)) // it is no claim any more
	w.stand(x, db.DetailsViewed, "")
}

func TestResetOfDetails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x, dana, _ := w.system()
	w.must(w.DetailsShown(w.ctx, x, w.claimed(x, dana), "", dana, noon))

	before := w.details(x)
	var first atomic.Int64
	w.together(20, func(int) error {
		d, ok, err := w.StartReset(w.ctx, x, before.Number, dana, noon, noon, time.Hour)
		if ok {
			first.Add(1)
		}
		if err == nil && d.State != db.DetailsResetting {
			t.Errorf("somebody is told %+v", d)
		}
		return err
	})
	if n := first.Load(); n != 1 {
		t.Fatalf("%d resets were begun, want 1", n)
	}
	now := w.stand(x, db.DetailsResetting, "")
	want := []db.AwaitReset{{TenantID: dana.TenantID, ObjectID: dana.ObjectID, RequestID: x.RequestID, Number: now.Number}}
	if diff := cmp.Diff(want, jobs[db.AwaitReset](w)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	if _, ok, err := w.ClaimDetails(w.ctx, x, dana, noon); ok || err != nil {
		t.Errorf("claimed while they are being reset (%v)", err)
	}
	w.must(w.ReopenDetails(w.ctx, x, before.Number, db.DetailsRenewed, dana, noon)) // of no reset
	w.stand(x, db.DetailsResetting, "")
	w.must(w.ReopenDetails(w.ctx, x, now.Number, db.DetailsRenewed, dana, noon))
	w.must(w.ReopenDetails(w.ctx, x, now.Number, db.DetailsRenewed, dana, noon))
	w.stand(x, db.DetailsOpen, db.DetailsRenewed)
	w.must(w.ResetFailed(w.ctx, x, now.Number, db.DetailsSlow, dana, noon)) // too late
	w.stand(x, db.DetailsOpen, db.DetailsRenewed)
	if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind = 'reset' AND urgent AND request_id = $1`, x.RequestID); n != 1 {
		t.Errorf("%d messages tell of it, want 1", n)
	}

	// Once more: with a message of its own.
	w.must(w.DetailsShown(w.ctx, x, w.claimed(x, dana), "", dana, noon))
	again, ok := w.reset(x, dana)
	if !ok || again.Number == now.Number {
		t.Fatalf("not reset once more: %+v", again)
	}
	w.must(w.ReopenDetails(w.ctx, x, again.Number, db.DetailsUntold, dana, noon.Add(time.Minute)))
	if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind = 'reset'`); n != 2 {
		t.Errorf("%d messages tell of two resets", n)
	}
}

func TestResetThatFailsCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x, dana, _ := w.system()
	w.must(w.DetailsShown(w.ctx, x, w.claimed(x, dana), db.DetailsMasked, dana, noon))
	d, ok := w.reset(x, dana)
	if !ok {
		t.Fatal("not begun")
	}
	w.must(w.ResetFailed(w.ctx, x, d.Number, db.DetailsNotReset, dana, noon))
	w.stand(x, db.DetailsViewed, db.DetailsNotReset)
	if d, ok = w.reset(x, dana); !ok {
		t.Fatal("not begun again")
	}
	w.must(w.ReadableAgain(w.ctx, x, d.Number, dana, noon))
	w.stand(x, db.DetailsOpen, "")
}

// Nobody resets under the hands of who is just being shown the details; but what
// a bot left behind that died can be reset.
func TestResetOfClaimedDetails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x, dana, _ := w.system()
	n := w.claimed(x, dana)
	if d, ok := w.reset(x, dana); ok || d.State != db.DetailsClaimed {
		t.Errorf("reset while somebody looks: %+v", d)
	}
	d, ok, err := w.StartReset(w.ctx, x, n, dana, noon.Add(time.Minute), noon.Add(time.Second), time.Hour)
	if !ok || err != nil || d.State != db.DetailsResetting {
		t.Errorf("what was left behind is not reset: %+v, %v", d, err)
	}
	w.must(w.DetailsShown(w.ctx, x, n, "", dana, noon)) // it was only slow
	w.stand(x, db.DetailsResetting, "")
}

func TestDetailsThatAreFreshAfterAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x, dana, _ := w.system()
	n := w.claimed(x, dana)
	w.must(w.DetailsShown(w.ctx, x, n, db.DetailsUnclear, dana, noon))
	d, err := w.FreshDetails(w.ctx, x, n, noon)
	if w.must(err); d.State != db.DetailsOpen || d.Number == n {
		t.Errorf("they are %+v", d)
	}
	newer := w.claimed(x, dana)
	if d, err = w.FreshDetails(w.ctx, x, n, noon); err != nil || d.Number != newer || d.State != db.DetailsClaimed {
		t.Errorf("what was thought long ago has changed them: %+v, %v", d, err)
	}
}

func TestDetailsAreToldWithTheirRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x, dana, _ := w.system()
	w.must(w.DetailsShown(w.ctx, x, w.claimed(x, dana), "", dana, noon))
	second := db.System{RequestID: x.RequestID, SessionID: "ses_1"}
	_, err := w.KnowSystem(w.ctx, second, "Orders", noon)
	w.must(err)
	r, err := w.Request(w.ctx, x.RequestID)
	w.must(err)
	want := []db.Details{{State: db.DetailsViewed, At: noon}, {SessionID: "ses_1", Name: "Orders", State: db.DetailsOpen, At: noon}}
	if diff := cmp.Diff(want, r.Details, cmpopts.IgnoreFields(db.Details{}, "Number"), cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	if n := ask[int](w, `SELECT wanted FROM posted_cards WHERE kind = 'story'`); n < 3 {
		t.Errorf("the card is wanted in its state %d; two steps are to be seen", n)
	}
	p, err := w.Person(w.ctx, dana)
	w.must(err)
	_, err = w.Erase(w.ctx, p)
	w.must(err)
	if n := ask[int](w, `SELECT count(*) FROM details`); n != 0 {
		t.Errorf("%d are left of who was erased", n)
	}
}
