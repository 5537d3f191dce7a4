package db_test

import (
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// The end is the beginning, as Apono tells it, else as first seen, plus the
// duration, as Apono tells it, else as asked.
func TestTheEndIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	n := r.Reading
	for _, row := range []struct {
		what string
		told db.Request
		want time.Time
	}{
		{"waits", db.Request{Status: aponoapi.Pending, Duration: 2 * time.Hour}, time.Time{}},
		{"first seen, the duration not told", db.Request{Status: aponoapi.Granted, GrantedAt: noon}, noon.Add(time.Hour)},
		{"seen again", db.Request{Status: aponoapi.Granted, GrantedAt: noon.Add(time.Minute)}, noon.Add(time.Hour)},
		{"its duration is told", db.Request{Status: aponoapi.Granted, Duration: 2 * time.Hour}, noon.Add(2 * time.Hour)},
		{"not told again", db.Request{Status: aponoapi.Granted}, noon.Add(2 * time.Hour)},
		{"its beginning is told", db.Request{Status: aponoapi.Granted, Duration: 2 * time.Hour, BeganAt: noon.Add(-time.Minute)}, noon.Add(119 * time.Minute)},
		{"extended", db.Request{Status: aponoapi.Granted, Duration: 3 * time.Hour}, noon.Add(179 * time.Minute)},
		{"over", db.Request{Status: aponoapi.Revoked, EndedAt: noon.Add(time.Hour)}, noon.Add(179 * time.Minute)},
	} {
		n++
		row.told.ID, row.told.Reading = r.ID, n
		w.must(w.RecordStatus(w.ctx, row.told))
		got, err := w.Request(w.ctx, r.ID)
		w.must(err)
		if !got.EndsAt.Equal(row.want) {
			t.Errorf("%s: it ends at %v, want %v", row.what, got.EndsAt, row.want)
		}
	}
}

func TestTheEndOfWhatIsGrantedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub := w.submitted()
	asked, told := w.request(aponoapi.Granted), w.request(aponoapi.Granted)
	asked.GrantedAt, told.GrantedAt, told.Duration = noon, noon, 30*time.Minute
	w.must(w.SubmissionCreated(w.ctx, sub, asked, told))
	for _, row := range []struct {
		r    db.Request
		want time.Duration
	}{{asked, time.Hour}, {told, 30 * time.Minute}} {
		got, err := w.Request(w.ctx, row.r.ID)
		w.must(err)
		if !got.EndsAt.Equal(noon.Add(row.want)) {
			t.Errorf("it ends at %v, want %v after noon", got.EndsAt, row.want)
		}
	}
}

// Who decided, and why, is told once; cards that show it are owed.
func TestADecisionIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub, r := w.created(aponoapi.Pending)
	w.must(w.RecordStatus(w.ctx, db.Request{
		ID: r.ID, Status: aponoapi.Rejected, Reading: w.reading(), DecidedBy: "Omar Haddad", Reason: "not today",
	}))
	owed := len(jobs[db.Deliver](w))
	w.must(w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: aponoapi.Rejected, Reading: w.reading()}))
	if n := len(jobs[db.Deliver](w)); n != owed {
		t.Errorf("a reading that tells nothing new owes %d cards", n-owed)
	}
	all, err := w.RequestsOf(w.ctx, sub.ID)
	w.must(err)
	if all[0].DecidedBy != "Omar Haddad" || all[0].Reason != "not today" {
		t.Errorf("it was decided by %q: %q", all[0].DecidedBy, all[0].Reason)
	}
	w.must(w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: aponoapi.Rejected, Reading: w.reading(), Reason: "really not"}))
	if n := len(jobs[db.Deliver](w)); n != owed+1 {
		t.Errorf("another reason owes %d cards, want 1", n-owed)
	}
}

// An access that has been extended has another end, of which its person is
// warned as well. An end that only moves a little is the same.
func TestEveryEndIsWarnedOfOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	r.Status, r.GrantedAt = aponoapi.Granted, noon
	const quarter = 15 * time.Minute
	for _, row := range []struct {
		what     string
		duration time.Duration
		now      time.Duration // after noon
		warned   int
	}{
		{"far from its end", time.Hour, 30 * time.Minute, 0},
		{"it ends soon", time.Hour, 50 * time.Minute, 1},
		{"again", time.Hour, 51 * time.Minute, 1},
		{"its end is told better", time.Hour + time.Minute, 51 * time.Minute, 1},
		{"extended", 3 * time.Hour, 52 * time.Minute, 1},
		{"that ends soon, too", 3 * time.Hour, 170 * time.Minute, 2},
		{"it has ended", 3 * time.Hour, 181 * time.Minute, 2},
	} {
		r.Duration, r.Reading = row.duration, w.reading()
		w.must(w.RecordStatus(w.ctx, r))
		w.together(3, func(int) error { return w.OweWarnings(w.ctx, noon.Add(row.now), quarter) })
		if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind = 'ending'`); n != row.warned {
			t.Errorf("%s: warned %d times, want %d", row.what, n, row.warned)
		}
	}
}
