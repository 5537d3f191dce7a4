package db_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

const day = 24 * time.Hour

var keep = db.Retention{Requests: 90 * day, Audit: 365 * day}

func TestForget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	arrived := arrival("dana")
	_, _, _, err := w.Arrive(w.ctx, arrived)
	w.must(err)
	lying, submitted := w.draft(), w.draft()
	_, _, err = w.Submit(w.ctx, submitted, asked, time.Now(), 0)
	w.must(err)

	now := time.Now()
	for _, row := range []struct {
		later             time.Duration
		activities, draft bool // are still there
	}{{9 * time.Minute, true, true}, {11 * time.Minute, false, true}, {29 * day, false, true}, {31 * day, false, false}} {
		w.must(w.Forget(w.ctx, now.Add(row.later), keep))
		if there := ask[bool](w, `SELECT EXISTS (SELECT FROM activities)`); there != row.activities {
			t.Errorf("after %v the activities are there: %t", row.later, there)
		}
		if _, err := w.Draft(w.ctx, lying.Person, lying.ID); errors.Is(err, db.ErrNotFound) == row.draft {
			t.Errorf("after %v the draft that was left lying: %v", row.later, err)
		}
	}
	if _, err := w.Draft(w.ctx, submitted.Person, submitted.ID); err != nil {
		t.Errorf("the draft that was submitted: %v", err)
	}
}

// over is a submission whose request ended that long ago.
func (w *world) over(ago time.Duration) (db.Submission, db.Request) {
	w.t.Helper()
	sub, r := w.created(aponoapi.Pending)
	r.Status, r.Reading, r.LookAt, r.EndedAt = aponoapi.Expired, w.reading(), time.Time{}, time.Now().Add(-ago)
	w.must(w.RecordStatus(w.ctx, r))
	w.askedAgo(sub, ago+time.Hour)
	return sub, r
}

// askedAgo lets a submission and its draft be that old.
func (w *world) askedAgo(sub db.Submission, ago time.Duration) {
	w.t.Helper()
	w.do(`UPDATE submissions SET asked_at = $2 WHERE id = $1`, sub.ID, time.Now().Add(-ago))
	w.do(`UPDATE drafts SET updated_at = $2 WHERE id = $1`, sub.DraftID, time.Now().Add(-ago))
}

// left is what is remembered of a submission.
func (w *world) left(sub db.Submission) string {
	w.t.Helper()
	return ask[string](w, `
		SELECT concat_ws(' ',
			(SELECT 'submission' FROM submissions WHERE id = $1),
			(SELECT 'draft' FROM drafts WHERE id = $2),
			(SELECT 'card' FROM posted_cards WHERE submission_id = $1),
			(SELECT string_agg('request', ' ') FROM requests WHERE submission_id = $1),
			(SELECT 'names' FROM request_names n JOIN requests r ON r.id = n.request_id WHERE r.submission_id = $1 LIMIT 1))`,
		sub.ID, sub.DraftID)
}

const all = "submission draft card request names"

func TestRequestsAreForgottenWhenTheyEndedLongAgo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, _ := w.over(91 * day)
	young, _ := w.over(89 * day)
	open, _ := w.created(aponoapi.Granted)
	w.askedAgo(open, 200*day)
	half, ended := w.created(aponoapi.Pending) // of two requests, one has ended
	w.askedAgo(half, 200*day)
	w.do(`INSERT INTO requests (id, submission_id, status, reading, look_at) VALUES ('second', $1, 'active', 1, now())`, half.ID)
	ended.Status, ended.Reading, ended.LookAt, ended.EndedAt = aponoapi.Expired, w.reading(), time.Time{}, time.Now().Add(-100*day)
	w.must(w.RecordStatus(w.ctx, ended))

	w.must(w.Forget(w.ctx, time.Now(), keep))
	for name, row := range map[string]struct {
		sub  db.Submission
		want string
	}{
		"ended long ago":           {old, ""},
		"ended lately":             {young, all},
		"open since long":          {open, all},
		"one of two is still open": {half, "submission draft card request request names"},
	} {
		if got := w.left(row.sub); got != row.want {
			t.Errorf("%s: %q is left, want %q", name, got, row.want)
		}
	}
	if n := ask[int](w, `SELECT count(*) FROM request_names WHERE name NOT IN (SELECT r.id FROM requests r)
		AND request_id NOT IN (SELECT r.id FROM requests r)`); n != 0 {
		t.Errorf("%d names of nothing are left", n)
	}
	if n := ask[int](w, `SELECT count(*) FROM people`); n != 4 {
		t.Errorf("%d people are left, want all 4", n)
	}
}

func TestSubmissionsThatBroughtNothingAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused, lost, sending := w.submitted(), w.submitted(), w.submitted()
	w.must(w.SubmissionRefused(w.ctx, refused, "no"))
	w.must(w.SubmissionGivenUp(w.ctx, lost, db.Lost))
	for _, sub := range []db.Submission{refused, lost, sending} {
		w.askedAgo(sub, 91*day)
	}
	comeBack := w.submitted() // somebody is filling in again what was refused
	w.must(w.SubmissionRefused(w.ctx, comeBack, "no"))
	w.askedAgo(comeBack, 91*day)
	w.do(`UPDATE drafts SET updated_at = now() WHERE id = $1`, comeBack.DraftID)

	w.must(w.Forget(w.ctx, time.Now(), keep))
	for want, sub := range map[string]db.Submission{"": refused, "submission draft": sending, "draft": comeBack} {
		if got := w.left(sub); got != want {
			t.Errorf("%q is left, want %q", got, want)
		}
	}
	if got := w.left(lost); got != "" {
		t.Errorf("%q is left of a lost one", got)
	}
	if _, fresh, err := w.Submit(w.ctx, db.Draft{ID: comeBack.DraftID, Person: comeBack.Person}, asked, time.Now(), 0); err != nil || !fresh {
		t.Errorf("what was refused is submitted again: fresh %t, %v", fresh, err)
	}
}

// old puts n submissions into the database that ended a year ago, with as many
// others around them.
func (w *world) old(n int) {
	w.t.Helper()
	k := w.person()
	for _, sql := range []string{
		`
		INSERT INTO submissions (id, draft_id, tenant_id, object_id, asked, state, asked_at)
		SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, gen_random_uuid(), $2, $3, '{}', 'created',
			now() - CASE WHEN i % 100 = 0 THEN interval '1 year' ELSE interval '1 day' END
		FROM generate_series(1, $1::int) i`, `
		INSERT INTO drafts (id, tenant_id, object_id, form)
		SELECT draft_id, tenant_id, object_id, '{}' FROM submissions WHERE $1::int > 0 AND tenant_id = $2 AND object_id = $3`, `
		INSERT INTO requests (id, submission_id, status, reading, ended_at)
		SELECT 'r' || row_number() OVER (), id, 'expired', 1, asked_at FROM submissions
		WHERE $1::int > 0 AND tenant_id = $2 AND object_id = $3`, `
		INSERT INTO request_names SELECT id, id FROM requests WHERE $1::int > 0 AND $2 <> $3`, `
		INSERT INTO posted_cards (submission_id, tenant_id, object_id, drawn)
		SELECT id, tenant_id, object_id, 1 FROM submissions WHERE $1::int > 0 AND tenant_id = $2 AND object_id = $3`,
	} {
		w.do(sql, n, k.TenantID, k.ObjectID)
	}
	w.do(`ANALYZE`)
}

// Forgetting must not read all that is remembered, a hundred thousand requests
// included: nobody waits for it, but it takes from those who work.
func TestForgettingFindsWhatIsOldByIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.old(100_000)
	plan := w.plan(db.ForgetSubmissions, time.Now().Add(-90*day), 500)
	plan += w.plan(`DELETE FROM request_names WHERE request_id = $1`, "r7") // what the database does for each request
	if bad := regexp.MustCompile(`Seq Scan on \w+`).FindAllString(plan, -1); len(bad) > 0 {
		t.Errorf("forgetting does %q:\n%s", bad, plan)
	}
	w.together(3, func(int) error { return w.Forget(w.ctx, time.Now(), keep) })
	w.must(w.Forget(w.ctx, time.Now(), keep)) // what the last had in hand when the others looked
	for _, table := range []string{"submissions", "requests", "request_names", "posted_cards"} {
		if n := ask[int](w, `SELECT count(*) FROM `+table); n != 99_000 {
			t.Errorf("%d %s are left, want 99000", n, table)
		}
	}
}

func (w *world) plan(sql string, args ...any) string {
	w.t.Helper()
	args = append([]any{pgx.QueryExecModeSimpleProtocol}, args...)
	rows, err := w.sql.Query(w.ctx, `EXPLAIN `+sql, args...)
	w.must(err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	return strings.Join(lines, "\n") + "\n"
}
