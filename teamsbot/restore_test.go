package teamsbot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// onTables does something with every table that is worth a backup.
func (w *world) onTables(before, each, after string) {
	w.t.Helper()
	ctx := w.t.Context()
	c, err := pgx.Connect(ctx, w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, c.Close(ctx)) }()
	rows, err := c.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND (tablename = 'river_job' OR tablename NOT LIKE 'river%' AND tablename <> 'goose_db_version')`)
	must(w.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	must(w.t, pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, before); err != nil {
			return err
		}
		for _, table := range tables {
			if _, err := tx.Exec(ctx, fmt.Sprintf(each, pgx.Identifier{table}.Sanitize())); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		_, err := tx.Exec(ctx, after)
		return err
	}))
}

// backUp keeps what the database has now.
func (w *world) backUp() {
	w.onTables(`CREATE SCHEMA backup`, `CREATE TABLE backup.%[1]s AS TABLE public.%[1]s`, ``)
}

// restore puts it back, and nothing else is left.
func (w *world) restore() {
	w.onTables(`ALTER TABLE audit DISABLE TRIGGER ALL; SET LOCAL session_replication_role = replica`,
		`DELETE FROM public.%[1]s; INSERT INTO public.%[1]s OVERRIDING SYSTEM VALUE TABLE backup.%[1]s`,
		`ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_only_grows`)
}

// What docs/operate.md tells of a database that was restored.
func TestRestoredFromABackup(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.presses("New request").atLastStep().press("Submit")
	w.settle()
	kept := dana.story()
	w.backUp()
	w.pass(time.Minute)
	dana.says("request")
	dana.presses("New request").atLastStep().press("Submit")
	w.settle()
	w.pass(time.Minute)
	lost := dana.story()
	devin := w.person("Devin")

	w.settle()
	w.restore()
	w.pass(time.Minute) // what is due is looked at
	w.pass(time.Minute) // and told

	chat := dana.Chat()
	at := slices.IndexFunc(chat, func(m teamstest.Message) bool { return m.ID == kept.ID })
	if !chat[at].Has("Granted", w.requests()[0].FriendlyID) || chat[at].Edited <= kept.Edited {
		t.Errorf("the card that the backup knew was not drawn anew:\n%s", chat[at].Visible())
	}
	if n := len(w.requests()); n != 2 {
		t.Errorf("Apono has %d requests, want 2", n)
	}
	list := dana.mine("My requests")
	if n := strings.Count(list.Text(), "View resources"); n != 2 {
		t.Errorf("the list has %d requests, want the one from after the backup, too:\n%s", n, list.Text())
	}
	d, err := dana.Presses(t.Context(), lost, "View details")
	must(t, err)
	dana.opened(d).shows("Show")
	if got := devin.says("help"); len(got) != 1 {
		t.Errorf("who is new again is answered by %v", got)
	}
}
