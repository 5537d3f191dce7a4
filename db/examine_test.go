package db_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

// as is the same database as another user, or another database.
func as(t *testing.T, raw string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func TestExamine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	address := w.sql.Config().ConnString()
	w.exec(`
		INSERT INTO people (tenant_id, object_id, teams_id, name) SELECT 't', 'p' || i, '29:' || i, '' FROM generate_series(1, 3) i;
		INSERT INTO apono_links (tenant_id, object_id, key_id, sealed, apono_id, connected_at)
		SELECT 't', 'p' || i, CASE i WHEN 1 THEN 'old' ELSE 'new' END, '', 'a', now() FROM generate_series(1, 3) i`)
	h, err := db.Examine(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if h.VersionNo < db.MinPostgres || h.Version == "" || h.Encrypted || h.ReadOnly || !h.MayCreate || h.Foreign != 0 {
		t.Errorf("the server is %+v", h)
	}
	if h.Ahead.Abs() > time.Minute {
		t.Errorf("the server's clock, which is this machine's, is %v ahead", h.Ahead)
	}
	if h.Known < 19 || h.Behind() || h.Newer() || h.People != 3 || h.LinkKeys["old"] != 1 || h.LinkKeys["new"] != 2 {
		t.Errorf("what is in it: %+v", h)
	}

	w.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	if h, err = db.Examine(t.Context(), address); err != nil || !h.Newer() || h.Behind() {
		t.Errorf("after a later version: %+v, %v", h, err)
	}
	w.exec(`DELETE FROM goose_db_version WHERE version_id > 18`)
	if h, err = db.Examine(t.Context(), address); err != nil || h.Newer() || !h.Behind() || h.Schema != 18 {
		t.Errorf("before the last migrations: %+v, %v", h, err)
	}
}

// Who may read but not own, and a database in which there is nothing.
func TestExamineWithoutRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := "reader_" + strings.ReplaceAll(w.sql.Config().ConnConfig.Database, "-", "_")
	role := pgx.Identifier{name}.Sanitize()
	w.exec(`CREATE ROLE ` + role + ` LOGIN PASSWORD 'reads-only';
		REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ` + role)
	defer w.exec(`DROP OWNED BY ` + role + `; DROP ROLE ` + role)
	address := as(t, w.sql.Config().ConnString(), func(u *url.URL) { u.User = url.UserPassword(name, "reads-only") })
	h, err := db.Examine(t.Context(), address)
	if err != nil || h.MayCreate || h.Foreign == 0 || h.Behind() {
		t.Errorf("as a reader: %+v, %v", h, err)
	}

	w.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	h, err = db.Examine(t.Context(), w.sql.Config().ConnString())
	if err != nil || !h.MayCreate || h.Foreign != 0 || !h.Behind() || h.Schema != 0 || h.JobSchema != 0 {
		t.Errorf("an empty database: %+v, %v", h, err)
	}
}

func TestExamineSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	for _, tt := range []struct {
		name   string
		change func(*url.URL)
		want   error
	}{
		{"password", func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "guessed-secret") }, db.ErrPassword},
		{"user", func(u *url.URL) { u.User = url.UserPassword("nobody", "guessed-secret") }, db.ErrPassword},
		{"database", func(u *url.URL) { u.Path = "/nowhere" }, db.ErrNoDatabase},
		{"port", func(u *url.URL) { u.Host = "127.0.0.1:1" }, db.ErrUnreachable},
	} {
		address := as(t, address, tt.change)
		_, err := db.Examine(t.Context(), address)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		u, _ := url.Parse(address) // as has just made it
		if password, _ := u.User.Password(); err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%s: %q tells the password", tt.name, err)
		}
	}
}

// exec changes the database behind the store's back.
func (w *world) exec(sql string) {
	w.t.Helper()
	_, err := w.sql.Exec(w.ctx, sql)
	w.must(err)
}
