package db_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

// What a press and a push ask of the database finds its rows by indexes, however
// many others there are.
func TestPressesAndPushesReadNoWholeTable(t *testing.T) {
	t.Parallel()
	w := &world{t: t, ctx: t.Context()}
	w.connect(pgtest.URL(t))
	c := company{people: 5000, requests: 5000}
	w.must(c.fill(w.ctx, w.sql))

	seen := &statements{asked: make(map[string][]any)}
	store, err := db.OpenTraced(w.ctx, db.Config{URL: w.sql.Config().ConnString(), MaxConns: 1}, seen)
	w.must(err)
	t.Cleanup(store.Close)
	w.must(c.press(w.ctx, store, 1))
	w.must(c.answer(w.ctx, store, 1))
	w.must(c.push(w.ctx, store, 1))
	_, err = store.AnswerTo(w.ctx, "a:crowd-1", "f:1")
	w.must(err)
	_, err = store.OweDueRefreshes(w.ctx, noon, noon, 100)
	w.must(err)

	explained := 0
	for _, sql := range slices.Sorted(maps.Keys(seen.asked)) {
		first, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(sql)), " ")
		if !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}, strings.TrimSpace(first)) {
			continue // begin, commit
		}
		explained++
		for _, table := range w.wholeTables(sql, seen.asked[sql]) {
			t.Errorf("all of %s is read by\n%s", table, sql)
		}
	}
	if explained < 15 {
		t.Errorf("%d statements were looked at, want those of a press and a push", explained)
	}
}

// wholeTables are the tables of the company that Postgres would read from their
// beginning to their end.
func (w *world) wholeTables(sql string, args []any) (tables []string) {
	w.t.Helper()
	tx, err := w.sql.Begin(w.ctx)
	w.must(err)
	defer func() { w.must(tx.Rollback(w.ctx)) }()
	var text []byte
	w.must(tx.QueryRow(w.ctx, `EXPLAIN (FORMAT JSON) `+sql, args...).Scan(&text))
	var plans []struct {
		Plan planNode
	}
	w.must(json.Unmarshal(text, &plans))
	for _, p := range plans {
		tables = append(tables, p.Plan.wholeTables()...)
	}
	return tables
}

// planNode is a step of what Postgres would do.
type planNode struct {
	Type  string     `json:"Node Type"`
	Table string     `json:"Relation Name"`
	Steps []planNode `json:"Plans"`
}

func (p planNode) wholeTables() (tables []string) {
	big := []string{"conversations", "people", "submissions", "requests", "request_names", "posted_cards", "activities", "drafts"}
	if p.Type == "Seq Scan" && slices.Contains(big, p.Table) {
		tables = append(tables, p.Table)
	}
	for _, step := range p.Steps {
		tables = append(tables, step.wholeTables()...)
	}
	return tables
}

var _ pgx.QueryTracer = (*statements)(nil)
