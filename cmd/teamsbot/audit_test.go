package main

import (
	"bufio"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

// exported are the lines of an export.
func exported(t *testing.T, dbURL string, args ...string) (all []db.AuditRow) {
	t.Helper()
	p := start(t, []string{"DATABASE_URL=" + dbURL}, append([]string{"audit", "export"}, args...)...)
	if code := p.waits(); code != 0 {
		t.Fatalf("ended with %d", code)
	}
	lines := bufio.NewScanner(strings.NewReader(p.output()))
	for lines.Scan() {
		var r db.AuditRow
		must(t, json.Unmarshal(lines.Bytes(), &r))
		all = append(all, r)
	}
	return all
}

func TestAuditExport(t *testing.T) {
	t.Parallel()
	dbURL := pgtest.URL(t)
	if got := exported(t, dbURL); len(got) != 0 {
		t.Errorf("got %d lines of nothing", len(got))
	}
	sql, err := pgx.Connect(t.Context(), dbURL)
	must(t, err)
	defer func() { must(t, sql.Close(t.Context())) }()
	_, err = sql.Exec(t.Context(), `
		INSERT INTO people (tenant_id, object_id, teams_id, name, email) VALUES ('t', 'dana', '29:1', 'Dana "D" <&>', 'dana@acme.example');
		INSERT INTO audit_people (tenant_id, object_id) VALUES ('t', 'dana');
		INSERT INTO audit (at, action, request, outcome, person, detail)
		SELECT timestamptz '2026-11-01 12:00Z' - i * interval '1 minute', 'details', i::text, 'done',
			CASE WHEN i % 2 = 0 THEN (SELECT id FROM audit_people) ELSE gen_random_uuid() END, '{"system": "a\nb"}'
		FROM generate_series(1, 10000) i`)
	must(t, err)

	all := exported(t, dbURL)
	if len(all) != 10_000 {
		t.Fatalf("got %d lines, want 10000", len(all))
	}
	for i, r := range all {
		known := i%2 == 0
		if want := 10_000 - i; r.Request != strconv.Itoa(want) || r.Person == "" || known != (r.Name == `Dana "D" <&>`) || known != (r.Email != "") {
			t.Fatalf("line %d is %+v", i, r)
		}
	}
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{"--since", "2026-11-01"}, 720},
		{[]string{"--until", "2026-11-01"}, 10_000 - 720},
		{[]string{"--since", "2026-11-01T12:50:00+01:00"}, 10},
		{[]string{"--since", "2026-10-31", "--until", "2026-11-01"}, 1440},
		{[]string{"--since", noon.Format(time.RFC3339)}, 0},
	} {
		if got := exported(t, dbURL, tt.args...); len(got) != tt.want {
			t.Errorf("%q: %d lines, want %d", tt.args, len(got), tt.want)
		}
	}
}

func TestAuditIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	start(t, nil, "audit", "export").fails("DATABASE_URL is missing")
	env := []string{"DATABASE_URL=" + pgtest.URL(t)}
	start(t, env, "audit", "export", "--since", "yesterday").fails("--since", "neither a day")
	start(t, env, "audit").fails("export")
}
