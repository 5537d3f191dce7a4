package teamsbot

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
)

// callsUnder is how often Apono was asked at a path and below it.
func (w *world) callsUnder(path string) (n int) {
	for _, e := range w.apono.Events() {
		if e.Kind == "call" && strings.HasPrefix(e.Path, path) {
			n++
		}
	}
	return n
}

// answerForApono is Apono, unless something else is to answer instead.
func (w *world) answerForApono(rw http.ResponseWriter, r *http.Request) {
	if f := w.instead.Load(); f == nil || !(*f)(rw, r) {
		w.apono.ServeHTTP(rw, r)
	}
}

// onList answers instead of Apono where a list of delegated requests is asked
// for, unless f leaves it to Apono.
func (w *world) onList(f func(http.ResponseWriter, *http.Request) bool) {
	instead := func(rw http.ResponseWriter, r *http.Request) bool { return r.URL.Path == delegatedList && f(rw, r) }
	w.instead.Store(&instead)
}

// remembered is what the bot remembers of a request.
func (w *world) remembered(name string) db.Request {
	w.t.Helper()
	r, err := w.store.Request(w.t.Context(), name)
	must(w.t, err)
	return r
}

// sql changes the database behind the bot's back.
func (w *world) sql(statement string, args ...any) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, conn.Close(w.t.Context())) }()
	_, err = conn.Exec(w.t.Context(), statement, args...)
	must(w.t, err)
}

// leaveSweeps leaves the sweeps to the test.
func (w *world) leaveSweeps() {
	w.t.Helper()
	w.sql(`INSERT INTO sweeps (name, next_at) VALUES ($1, 'infinity') ON CONFLICT (name) DO UPDATE SET next_at = 'infinity'`, turnSweep)
}

// crowd makes n requests of Dana's that stand at a status, as if the bot had made
// them and looked at them a while ago. None of them has a card.
func (w *world) crowd(n int, integration string, status aponoapi.Status) []aponotest.Request {
	w.t.Helper()
	dana := w.person("Dana")
	w.submits(dana, integration)
	must(w.t, w.apono.Repeat(w.requests()[0].FriendlyID, n, status))
	all := w.requests()[1:]
	w.rememberFrom(1, dana, all, w.bot.Now())
	return all
}

// rememberFrom writes requests into the bot's memory, to be looked at from then
// on. Their submissions are numbered from first.
func (w *world) rememberFrom(first int, s *someone, all []aponotest.Request, lookAt time.Time) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, conn.Close(w.t.Context())) }()
	var submissions, requests, names [][]any
	for i, r := range all {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012x", first+i)
		submissions = append(submissions, []any{id, id, s.TenantID, s.ObjectID, `{"duration": 14400000000000}`, "created"})
		var granted, ends *time.Time
		if !r.GrantedAt.IsZero() {
			at := r.GrantedAt.Add(time.Duration(r.DurationSec) * time.Second)
			granted, ends = &r.GrantedAt, &at
		}
		requests = append(requests, []any{r.V3ID, id, r.FriendlyID, r.V4ID, string(r.Status), int64(0), lookAt, granted, ends})
		for _, name := range []string{r.V3ID, r.FriendlyID, r.V4ID} {
			names = append(names, []any{name, r.V3ID})
		}
	}
	for _, table := range []struct {
		name    string
		columns []string
		rows    [][]any
	}{
		{"submissions", []string{"id", "draft_id", "tenant_id", "object_id", "asked", "state"}, submissions},
		{"requests", []string{"id", "submission_id", "friendly_id", "v4_id", "status", "reading", "look_at", "granted_at", "ends_at"}, requests},
		{"request_names", []string{"name", "request_id"}, names},
	} {
		_, err := conn.CopyFrom(w.t.Context(), pgx.Identifier{table.name}, table.columns, pgx.CopyFromRows(table.rows))
		must(w.t, err)
	}
	_, err = conn.Exec(w.t.Context(), "ANALYZE")
	must(w.t, err)
}
