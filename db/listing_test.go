package db_test

import (
	"slices"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// listing is the reading of a list that is asked for now.
func (w *world) listing() db.Listing {
	w.t.Helper()
	l, err := w.StartListing(w.ctx)
	w.must(err)
	l.ElsewhereAt = noon.Add(time.Hour)
	return l
}

// compared is what a list tells differently.
func (w *world) compared(l db.Listing, told ...db.Told) []string {
	w.t.Helper()
	changed, err := w.Compare(w.ctx, l, told)
	w.must(err)
	return changed
}

func TestAListIsHeldAgainstWhatIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, same := w.created(aponoapi.Pending)
	_, other := w.created(aponoapi.Pending)
	_, over := w.created(aponoapi.Rejected)
	_, untold := w.created(aponoapi.Pending)
	later := noon.Add(time.Minute)
	var told []db.Told
	for _, name := range []string{same.FriendlyID, over.ID, "nobody"} {
		told = append(told, db.Told{Name: name, Status: aponoapi.Pending, LookAt: later})
	}
	told = append(told, db.Told{Name: other.Names[0], Status: aponoapi.Granted, LookAt: later})
	if got := w.compared(w.listing(), told...); !slices.Equal(got, []string{other.Names[0]}) {
		t.Errorf("%q stand differently, want %q", got, other.Names[0])
	}
	for _, row := range []struct {
		r    db.Request
		want time.Time
	}{{same, later}, {other, noon}, {over, time.Time{}}, {untold, noon}} {
		got, err := w.Request(w.ctx, row.r.ID)
		w.must(err)
		if got.Status != row.r.Status || !got.LookAt.Equal(row.want) {
			t.Errorf("%s stands at %s and is looked at %v, want %s and %v", got.ID, got.Status, got.LookAt, row.r.Status, row.want)
		}
	}
}

// A list tells nothing of what was read after it was asked for.
func TestAListIsOlderThanALook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	l := w.listing()
	w.must(w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: aponoapi.Granted, Reading: w.reading(), LookAt: noon}))
	for _, s := range []aponoapi.Status{aponoapi.Pending, aponoapi.Granted} {
		if got := w.compared(l, db.Told{Name: r.ID, Status: s, LookAt: noon.Add(time.Hour)}); len(got) > 0 {
			t.Errorf("%q stand differently", got)
		}
	}
	if got, err := w.Request(w.ctx, r.ID); err != nil || !got.LookAt.Equal(noon) {
		t.Errorf("it is looked at %v, want what the look said (%v)", got.LookAt, err)
	}
}

// A list that was asked for after a look was owed makes it needless; a vague
// one does not, nor one that was asked for before.
func TestAListMakesLooksNeedless(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, row := range []struct {
		name          string
		vague, before bool
		wantLook      bool
	}{{"a list", false, false, false}, {"a vague list", true, false, true}, {"a list from before", false, true, true}} {
		_, r := w.created(aponoapi.Pending)
		early := w.listing()
		_, err := w.OweRefresh(w.ctx, r.FriendlyID, noon)
		w.must(err)
		l := w.listing()
		if row.before {
			l = early
		}
		l.Vague = row.vague
		w.compared(l, db.Told{Name: r.ID, Status: aponoapi.Pending, LookAt: noon.Add(time.Minute)})
		w.must(w.DropNeedlessLooks(w.ctx))
		if queued := len(jobs[db.RefreshRequest](w)) > 0; queued != row.wantLook {
			t.Errorf("after %s a look is queued: %t, want %t", row.name, queued, row.wantLook)
		}
		look, err := w.StartLook(w.ctx, r.ID, noon.Add(time.Second))
		w.must(err)
		w.must(w.DropNeedlessLooks(w.ctx))
		if (look != nil) != row.wantLook {
			t.Errorf("after %s there is a look to make: %t, want %t", row.name, look != nil, row.wantLook)
		}
	}
}

// What is vague about MFA is no change; what has been extended is.
func TestWhatCountsAsAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, mfa := w.created(aponoapi.PendingMFA)
	_, r := w.created(aponoapi.Pending)
	w.must(w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: aponoapi.Granted, Reading: w.reading(), LookAt: noon, GrantedAt: noon}))
	vague := w.listing()
	vague.Vague = true
	asPending := db.Told{Name: mfa.ID, Status: aponoapi.Pending, LookAt: noon}
	if got := w.compared(vague, asPending); len(got) > 0 {
		t.Errorf("v3's word for it is a change")
	}
	if got := w.compared(w.listing(), asPending); len(got) != 1 {
		t.Errorf("that MFA was passed is no change")
	}
	for _, row := range []struct {
		lasts time.Duration
		want  int
	}{{0, 0}, {time.Hour, 0}, {2 * time.Hour, 1}} {
		if got := w.compared(w.listing(), db.Told{Name: r.ID, Status: aponoapi.Granted, Duration: row.lasts, LookAt: noon}); len(got) != row.want {
			t.Errorf("told to last %v, %d changes, want %d", row.lasts, len(got), row.want)
		}
	}
}

// One that is locked is passed over, and stays due.
func TestAListDoesNotWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	_, free := w.created(aponoapi.Pending)
	tx, err := w.sql.Begin(w.ctx)
	w.must(err)
	defer func() { _ = tx.Rollback(w.ctx) }()
	_, err = tx.Exec(w.ctx, `SELECT FROM requests WHERE id = $1 FOR UPDATE`, r.ID)
	w.must(err)
	l := w.listing()
	w.compared(l, db.Told{Name: r.ID, Status: aponoapi.Pending, LookAt: noon.Add(time.Hour)},
		db.Told{Name: free.ID, Status: aponoapi.Pending, LookAt: noon.Add(time.Hour)})
	if n, err := w.DueLooks(w.ctx, noon, 10); n != 1 || err != nil {
		t.Errorf("%d are due, want the one that somebody is at (%v)", n, err)
	}
}

// Of two readings at once, the one that tells of an earlier part of the
// request's life was answered first, whatever its number.
func TestReadingsThatOverlap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, row := range []struct {
		first, second, want aponoapi.Status
	}{
		{aponoapi.Granted, aponoapi.Granting, aponoapi.Granted},
		{aponoapi.Granting, aponoapi.Granted, aponoapi.Granted},
		{aponoapi.Expired, aponoapi.Granted, aponoapi.Expired},
		{aponoapi.PendingMFA, aponoapi.Pending, aponoapi.Pending},
		{aponoapi.Gone, aponoapi.Granted, aponoapi.Granted},
	} {
		_, r := w.created("thinking it over")
		first, second := w.listing(), w.listing()
		w.must(w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: row.first, Reading: first.Reading, ToldSince: first.Began, LookAt: noon}))
		w.must(w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: row.second, Reading: second.Reading, ToldSince: second.Began, LookAt: noon}))
		if got, err := w.Request(w.ctx, r.ID); err != nil || got.Status != row.want {
			t.Errorf("%s, then %s: it stands at %s, want %s (%v)", row.first, row.second, got.Status, row.want, err)
		}
		// What is asked for now is newer than both.
		now := w.listing()
		w.must(w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: aponoapi.Pending, Reading: now.Reading, ToldSince: now.Began, LookAt: noon}))
		if got, err := w.Request(w.ctx, r.ID); err != nil || got.Status != aponoapi.Pending {
			t.Errorf("it stands at %s, want what was read last (%v)", got.Status, err)
		}
	}
}
