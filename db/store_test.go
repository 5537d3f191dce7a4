package db_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

// emptyDatabase is one that nobody has migrated.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	admin, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/") + "_empty"
	exec := func(sql string) {
		if _, err := admin.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
			t.Error(err)
		}
	}
	exec(`CREATE DATABASE ` + pgx.Identifier{name}.Sanitize())
	t.Cleanup(func() {
		exec(`DROP DATABASE ` + pgx.Identifier{name}.Sanitize() + ` WITH (FORCE)`)
		if err := admin.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

// Several replicas start at once on a database that is new.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	s, err := db.Open(t.Context(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Ready(t.Context()); err == nil {
		t.Error("it is ready before it was migrated")
	}
	w := &world{t: t}
	w.together(8, func(int) error { return db.Migrate(t.Context(), url) })
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if _, _, _, err := s.Arrive(t.Context(), arrival("dana")); err != nil {
		t.Error(err)
	}
	if err := s.Added(t.Context(), arrival("dana").Person, noon); err != nil {
		t.Error(err)
	}
	if n, err := s.Owed(t.Context()); n != 1 || err != nil {
		t.Errorf("%d jobs are owed (%v), want the welcome", n, err)
	}
}

func TestMigrateAgainKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.person()
	w.must(db.Migrate(w.ctx, w.sql.Config().ConnString()))
	if _, err := w.Person(w.ctx, k); err != nil {
		t.Error(err)
	}
}

func TestMigrateStopsWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, err := w.sql.Acquire(w.ctx)
	w.must(err)
	defer other.Release()
	_, err = other.Exec(w.ctx, `SELECT pg_advisory_lock($1)`, 0x61706f6e6f)
	w.must(err)
	ctx, cancel := context.WithCancelCause(w.ctx)
	stopped := errors.New("stopped")
	done := make(chan error)
	go func() { done <- db.Migrate(ctx, w.sql.Config().ConnString()) }()
	for ask[int](w, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 0 {
		select {
		case err := <-done:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
	cancel(stopped)
	if err := <-done; err == nil {
		t.Error("want an error")
	}
}

func TestErrorsKeepThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://bot:hunter2@127.0.0.1:1/bot?connect_timeout=5",
		"postgres://bot:hunter2@127.0.0.1:port/bot",
		"postgres://bot:hunter2@127.0.0.1/bot?sslmode=maybe",
		"host=127.0.0.1 port=x password=hunter2",
		"://bot:hunter2@127.0.0.1",
	} {
		s, err := db.Open(t.Context(), db.Config{URL: url})
		if err == nil {
			s.Close()
			t.Fatalf("%s was opened", url)
		}
		for _, err := range []error{err, db.Migrate(t.Context(), url)} {
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		}
	}
}

func TestOwedCountsWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.Owe(w.ctx, db.Reply{ConversationID: "a:1", Card: "help"}))
	w.must(w.Owe(w.ctx, db.Reply{ConversationID: "19:c", Thread: "1", Card: "help"}))
	if got := jobs[db.Reply](w); len(got) != 2 || got[1].Thread != "1" {
		t.Errorf("owed are %+v", got)
	}
	// A job outlasts a day of trouble.
	if n := ask[int](w, `SELECT min(max_attempts) FROM river_job`); n < 100 {
		t.Errorf("a job is tried %d times", n)
	}
	for _, row := range []struct {
		change string
		want   int
	}{
		{`UPDATE river_job SET state = 'running' WHERE id = (SELECT min(id) FROM river_job)`, 2},
		{`UPDATE river_job SET state = 'completed', finalized_at = now() WHERE id = (SELECT min(id) FROM river_job)`, 1},
		{`UPDATE river_job SET state = 'retryable', scheduled_at = now() + interval '1 hour' WHERE state = 'available'`, 0},
		{`UPDATE river_job SET scheduled_at = now() WHERE state = 'retryable'`, 1},
		{`UPDATE river_job SET state = 'discarded', finalized_at = now()`, 0},
	} {
		w.do(row.change)
		if n, err := w.Owed(w.ctx); n != row.want || err != nil {
			t.Errorf("after %s: %d are owed (%v), want %d", row.change, n, err, row.want)
		}
	}
}

// A statement must not be read as part of another's words.
func TestWordsAreOnlyWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, words := range []string{`'; DROP TABLE people; --`, `$1`, `{"a":1}`, "\u202e\u2028", strings.Repeat("x", 100_000)} {
		a := arrival(fmt.Sprintf("%d%.50s", i, words))
		a.Name, a.Locale, a.TimeZone = words, words, words
		p, _, _, err := w.Arrive(w.ctx, a)
		w.must(err)
		if p.Name != words || p.TimeZone != words {
			t.Errorf("%.30q came back as %.30q", words, p.Name)
		}
		d, err := w.NewDraft(w.ctx, a.Person, form{words})
		w.must(err)
		sub, _, err := w.Submit(w.ctx, d, asked, time.Now(), 0)
		w.must(err)
		w.must(w.SubmissionRefused(w.ctx, sub, words))
		if got := w.stands(sub.ID).Refusal; got != words {
			t.Errorf("%.30q came back as %.30q", words, got)
		}
	}
	w.created(aponoapi.Pending)
}

// A press whose transaction Postgres has ended, and that finds the other press
// first when it tries again, is not the first.
func TestOnePressIsFirstAlsoAfterADeadlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(`CREATE SEQUENCE tries`)
	w.do(`
		CREATE FUNCTION deadlocked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('tries') = 1 THEN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END IF;
			RETURN NEW;
		END $$`)
	w.do(`CREATE TRIGGER deadlocked BEFORE INSERT ON river_job FOR EACH ROW EXECUTE FUNCTION deadlocked()`)
	for i := range 20 {
		d := w.draft()
		w.do(`SELECT setval('tries', 1, false)`)
		var first atomic.Int64
		w.together(2, func(int) error {
			_, fresh, err := w.Submit(w.ctx, d, asked, time.Now(), time.Minute)
			if fresh {
				first.Add(1)
			}
			return err
		})
		if n := first.Load(); n != 1 {
			t.Fatalf("round %d: %d presses are told that they are the first", i, n)
		}
	}
}
