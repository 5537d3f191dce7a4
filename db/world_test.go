package db_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, db.Migrate)) }

// world is a memory of its own, and a second way into its database: to see the
// jobs, and to let time pass.
type world struct {
	*db.Store
	t      *testing.T
	ctx    context.Context
	sql    *pgxpool.Pool
	number atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	url := pgtest.URL(t)
	store, err := db.Open(t.Context(), db.Config{URL: url, MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	w := &world{Store: store, t: t, ctx: t.Context()}
	w.connect(url)
	return w
}

// connect opens the second way into the database.
func (w *world) connect(url string) {
	w.t.Helper()
	sql, err := pgxpool.New(w.ctx, url)
	w.must(err)
	w.t.Cleanup(sql.Close)
	w.sql = sql
}

// noon is when things happen that Teams or Apono tell the time of.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const tenant = "tenant-1"

// arrival is a first activity of somebody in their own chat.
func arrival(name string) db.Arrival {
	return db.Arrival{
		ActivityID:   "activity-1",
		Conversation: db.Conversation{ID: "a:" + name, TenantID: tenant, Kind: "personal", ServiceURL: "https://smba.test/emea/"},
		Person:       db.PersonKey{TenantID: tenant, ObjectID: name}, TeamsID: "29:" + name, Name: name,
		Locale: "de-DE", TimeZone: "Europe/Berlin",
	}
}

// person is somebody new, who has spoken to the bot.
func (w *world) person() db.PersonKey {
	w.t.Helper()
	a := arrival(fmt.Sprintf("person-%d", w.number.Add(1)))
	_, _, _, err := w.Arrive(w.ctx, a)
	w.must(err)
	return a.Person
}

type form struct {
	Text string `json:"text"`
}

// asked is what everybody asks for here.
var asked = db.Asked{
	AponoUserID: "apono-dana", Integration: db.Named{ID: "i1", Name: "AWS"}, ResourceType: db.Named{ID: "t1", Name: "RDS"},
	Resources: []db.Named{{ID: "r1", Name: "orders-db"}}, Permissions: []string{"read-only"},
	Duration: time.Hour, Justification: "Ticket 4711",
}

// draft is a new draft of a new person.
func (w *world) draft() db.Draft {
	w.t.Helper()
	d, err := w.NewDraft(w.ctx, w.person(), form{"new"})
	w.must(err)
	return d
}

// submitted is what a new person has just submitted.
func (w *world) submitted() db.Submission {
	w.t.Helper()
	sub, fresh, err := w.Submit(w.ctx, w.draft(), asked, time.Now(), 0)
	w.must(err)
	if !fresh {
		w.t.Fatal("the first press is not fresh")
	}
	return sub
}

// request is one that Apono has just made, with a name of each kind.
func (w *world) request(s aponoapi.Status) db.Request {
	w.t.Helper()
	n := w.number.Add(1)
	r := db.Request{
		ID: fmt.Sprintf("v3-%d", n), FriendlyID: fmt.Sprintf("AR-%d", n), Names: []string{fmt.Sprintf("v4-%d", n)},
		Status: s, Reading: w.reading(),
	}
	if !s.Over() {
		r.LookAt = noon
	}
	return r
}

// created is a submission of which Apono made one request.
func (w *world) created(s aponoapi.Status) (db.Submission, db.Request) {
	w.t.Helper()
	sub, r := w.submitted(), w.request(s)
	w.must(w.SubmissionCreated(w.ctx, sub, r))
	return sub, r
}

func (w *world) reading() int64 {
	w.t.Helper()
	n, err := w.NextReading(w.ctx)
	w.must(err)
	return n
}

// jobs are the jobs of a kind that are owed, the oldest first.
func jobs[J river.JobArgs](w *world) (all []J) {
	w.t.Helper()
	var j J
	rows, err := w.sql.Query(w.ctx, `SELECT args FROM river_job WHERE kind = $1 ORDER BY id`, j.Kind())
	w.must(err)
	raw, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	w.must(err)
	for _, args := range raw {
		var j J
		w.must(json.Unmarshal(args, &j))
		all = append(all, j)
	}
	return all
}

// do changes the database behind the store's back.
func (w *world) do(sql string, args ...any) {
	w.t.Helper()
	_, err := w.sql.Exec(w.ctx, sql, args...)
	w.must(err)
}

// ask reads one value behind the store's back.
func ask[V any](w *world, sql string, args ...any) (v V) {
	w.t.Helper()
	w.must(w.sql.QueryRow(w.ctx, sql, args...).Scan(&v))
	return v
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// together calls f n times at once.
func (w *world) together(n int, f func(i int) error) {
	w.t.Helper()
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			if err := f(i); err != nil {
				w.t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
}

// queue calls f n times at once, and lets none go on before all stand where
// the statement, which is about one row, has locked it.
func (w *world) queue(lock string, id any, n int, f func(i int) error) {
	w.t.Helper()
	tx, err := w.sql.Begin(w.ctx)
	w.must(err)
	defer func() { _ = tx.Rollback(w.ctx) }() // once committed, nothing
	_, err = tx.Exec(w.ctx, lock, id)
	w.must(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.together(n, f)
	}()
	for ask[int](w, `
		SELECT count(*) FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND datname = current_database()`) < n {
		select {
		case <-done:
			w.t.Fatal("they did not wait for the row")
		default:
		}
	}
	w.must(tx.Commit(w.ctx))
	<-done
}
