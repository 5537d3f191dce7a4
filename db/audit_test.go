package db_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/db"
)

// audited is the audit from since on and before until.
func (w *world) audited(since, until time.Time) (all []db.AuditRow) {
	w.t.Helper()
	w.must(w.Audited(w.ctx, since, until, func(r db.AuditRow) error {
		all = append(all, r)
		return nil
	}))
	return all
}

// auditedAt lets n rows be written at a time, behind the store's back.
func (w *world) auditedAt(at time.Time, n int) {
	w.t.Helper()
	w.do(`INSERT INTO audit (at, action, outcome) SELECT $1, 'watch', i::text FROM generate_series(1, $2) i`, at, n)
}

func TestAuditTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana, devin := w.person(), w.person()
	w.must(w.RememberMember(w.ctx, db.Person{PersonKey: dana, Name: "Dana", Email: "dana@acme.example", ReadAt: noon}))
	w.must(w.Audit(w.ctx, dana, db.AuditEntry{Action: db.AuditApprove, Request: "r1", Outcome: "done"}))
	w.must(w.Audit(w.ctx, devin, db.AuditEntry{Action: db.AuditWatch, Outcome: "refused", Detail: map[string]string{"of": "all"}}))
	w.must(w.Audit(w.ctx, dana, db.AuditEntry{Action: db.AuditReject, Request: "r2", Outcome: "unknown"}))
	w.must(w.Audit(w.ctx, db.PersonKey{TenantID: tenant, ObjectID: "nobody"}, db.AuditEntry{Action: db.AuditReset, Outcome: "done"}))

	got := w.audited(time.Time{}, time.Time{})
	name := ask[string](w, `SELECT name FROM people WHERE object_id = $1`, devin.ObjectID)
	want := []db.AuditRow{
		{Name: "Dana", Email: "dana@acme.example", Action: "approve", Request: "r1", Outcome: "done"},
		{Name: name, Action: "watch", Outcome: "refused", Detail: map[string]string{"of": "all"}},
		{Name: "Dana", Email: "dana@acme.example", Action: "reject", Request: "r2", Outcome: "unknown"},
		{Action: "reset", Outcome: "done"}, // nobody is remembered, so nobody gets an id
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(db.AuditRow{}, "ID", "At", "Person")); diff != "" {
		t.Errorf("audited (-want +got):\n%s", diff)
	}
	if got[0].Person == "" || got[0].Person != got[2].Person || got[0].Person == got[1].Person || got[3].Person != "" {
		t.Errorf("the ids are %q, %q, %q, %q; want one for each person", got[0].Person, got[1].Person, got[2].Person, got[3].Person)
	}
	if age := time.Since(got[0].At); age < -time.Minute || age > time.Hour || got[0].At.Location() != time.UTC {
		t.Errorf("written at %v", got[0].At)
	}
}

func TestAuditOnlyGrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.Audit(w.ctx, w.person(), db.AuditEntry{Action: db.AuditDetails, Request: "r1", Outcome: "done"}))
	before := w.audited(time.Time{}, time.Time{})
	for _, forgets := range []string{"", "drafts"} {
		for _, sql := range []string{
			`UPDATE audit SET outcome = 'refused'`, `UPDATE audit SET person = NULL WHERE false`, `DELETE FROM audit`,
			`TRUNCATE audit`, `TRUNCATE audit, audit_people`,
			`INSERT INTO audit (id, action, outcome) OVERRIDING SYSTEM VALUE SELECT id, 'details', 'refused' FROM audit
				ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome`,
		} {
			if err := w.changes(forgets, sql); err == nil {
				t.Errorf("%s was done (%q)", sql, forgets)
			}
		}
	}
	for _, sql := range []string{`UPDATE audit SET outcome = 'refused'`, `TRUNCATE audit`} {
		if err := w.changes("audit", sql); err == nil {
			t.Errorf("%s was done while forgetting", sql)
		}
	}
	if diff := cmp.Diff(before, w.audited(time.Time{}, time.Time{})); diff != "" {
		t.Errorf("the audit has changed (-before +after):\n%s", diff)
	}
}

// changes does what a statement says, in a transaction that forgets that.
func (w *world) changes(forgets, sql string) error {
	return pgx.BeginFunc(w.ctx, w.sql, func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.ctx, `SELECT set_config('teamsbot.forgets', $1, true)`, forgets); err != nil {
			return err
		}
		_, err := tx.Exec(w.ctx, sql)
		return err
	})
}

func TestAuditOutlastsWhoIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.known("dana@acme.example")
	before := w.audited(time.Time{}, time.Time{})
	_, err := w.Erase(w.ctx, dana)
	w.must(err)
	got := w.audited(time.Time{}, time.Time{})
	if len(before) != 1 || before[0].Email != dana.Email {
		t.Fatalf("before: %+v", before)
	}
	before[0].Name, before[0].Email = "", ""
	if diff := cmp.Diff(before, got); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}

	// Who comes back is new.
	_, _, _, err = w.Arrive(w.ctx, arrival(dana.ObjectID))
	w.must(err)
	w.must(w.Audit(w.ctx, dana.PersonKey, db.AuditEntry{Action: db.AuditConnect, Outcome: "done"}))
	if got := w.audited(time.Time{}, time.Time{}); len(got) != 2 || got[0].Name != "" || got[1].Name == "" || got[0].Person == got[1].Person {
		t.Errorf("she did something again: %+v", got)
	}
}

func TestAuditIsForgottenInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now()
	w.auditedAt(now.Add(-366*day), 1200) // more than are forgotten at once
	w.auditedAt(now.Add(-364*day), 2)
	w.together(3, func(int) error { return w.Forget(w.ctx, now, keep) })
	w.must(w.Forget(w.ctx, now, keep)) // what the last had in hand when the others looked
	if n := len(w.audited(time.Time{}, time.Time{})); n != 2 {
		t.Errorf("%d rows are left, want 2", n)
	}
	w.must(w.Forget(w.ctx, now.Add(2*day), db.Retention{Requests: day, Audit: 500 * day}))
	if n := len(w.audited(time.Time{}, time.Time{})); n != 2 {
		t.Errorf("%d rows are left, want 2: the audit has a time of its own", n)
	}
	w.must(w.Forget(w.ctx, now.Add(2*day), keep))
	if n := len(w.audited(time.Time{}, time.Time{})); n != 0 {
		t.Errorf("%d rows are left, want none", n)
	}
}

// What is written by many at once is all there, and each has one id.
func TestAuditAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := []db.PersonKey{w.person(), w.person(), w.person()}
	w.together(60, func(i int) error {
		return w.Audit(w.ctx, people[i%3], db.AuditEntry{Action: db.AuditApprove, Request: strconv.Itoa(i), Outcome: "done"})
	})
	ids, requests := make(map[string]string), make(map[string]bool)
	for _, r := range w.audited(time.Time{}, time.Time{}) {
		ids[r.Name], requests[r.Request] = r.Person, true
	}
	if n := ask[int](w, `SELECT count(DISTINCT person) FROM audit`); n != 3 || len(ids) != 3 || len(requests) != 60 {
		t.Errorf("%d requests, and %d ids for %d people; want 60, and 3 for 3", len(requests), n, len(ids))
	}
}

func TestAuditWhileAPersonIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.known("dana@acme.example")
	w.together(8, func(i int) error {
		if i == 0 {
			_, err := w.Erase(w.ctx, dana)
			return err
		}
		return w.Audit(w.ctx, dana.PersonKey, db.AuditEntry{Action: db.AuditReset, Outcome: "done"})
	})
	if n := ask[int](w, `SELECT count(*) FROM audit_people`); n != 0 {
		t.Errorf("%d are still known", n)
	}
	if n := len(w.audited(time.Time{}, time.Time{})); n != 8 {
		t.Errorf("%d rows, want all 8", n)
	}
}

func TestAuditIsReadInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.auditedAt(noon.Add(time.Hour), 2)
	w.auditedAt(noon, 10_000)
	w.do(`ANALYZE`)
	count := func(since, until time.Time) int { return len(w.audited(since, until)) }
	for _, tt := range []struct {
		since, until time.Time
		want         int
	}{
		{time.Time{}, time.Time{}, 10_002},
		{noon, time.Time{}, 10_002},
		{noon.Add(time.Microsecond), noon.Add(time.Hour), 0},
		{noon.Add(time.Minute), time.Time{}, 2},
		{time.Time{}, noon, 0},
		{time.Time{}, noon.Add(time.Hour), 10_000},
	} {
		if got := count(tt.since, tt.until); got != tt.want {
			t.Errorf("from %v to %v: %d rows, want %d", tt.since, tt.until, got, tt.want)
		}
	}
	var last db.AuditRow
	for i, r := range w.audited(time.Time{}, time.Time{}) {
		if r.At.Before(last.At) || r.At.Equal(last.At) && r.ID <= last.ID {
			t.Fatalf("row %d is of %v, after one of %v", i, r.At, last.At)
		}
		last = r
	}
	enough := errors.New("enough")
	n := 0
	err := w.Audited(w.ctx, time.Time{}, time.Time{}, func(db.AuditRow) error {
		if n++; n == 3 {
			return enough
		}
		return nil
	})
	if n != 3 || !errors.Is(err, enough) {
		t.Errorf("after %d rows it ended with %v", n, err)
	}
}
