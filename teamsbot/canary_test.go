package teamsbot

import (
	"context"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

// hasNowhere looks for a secret in the log, in the whole database and in all
// that the bot wrote.
func (w *world) hasNowhere(secret string) {
	w.t.Helper()
	for _, spelled := range []string{secret, hex.EncodeToString([]byte(secret))} {
		if strings.Contains(w.log.String(), spelled) {
			w.t.Error("the log has it")
		}
		for table, n := range w.tablesWith(spelled) {
			w.t.Errorf("%d rows of %s have it", n, table)
		}
		for _, m := range w.teams.Messages() {
			if m.From == "bot" && strings.Contains(string(m.Activity)+m.Text+string(m.Card), spelled) {
				w.t.Errorf("the bot wrote it: %s", m.Visible())
			}
		}
	}
}

// tablesWith are the tables in whose rows a text is somewhere.
func (w *world) tablesWith(text string) map[string]int {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	conn, err := pgx.Connect(ctx, w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, conn.Close(ctx)) }()
	rows, err := conn.Query(ctx, `SELECT quote_ident(table_name) FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`)
	must(w.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	if len(tables) < 10 {
		w.t.Fatalf("only the tables %q are there", tables)
	}
	found := make(map[string]int)
	for _, table := range tables {
		var n int
		must(w.t, conn.QueryRow(ctx, `SELECT count(*) FROM `+table+` AS r WHERE strpos(r::text, $1) > 0`, text).Scan(&n))
		if n > 0 {
			found[table] = n
		}
	}
	return found
}

// The canary: a token that is connected, refused and delivered twice is nowhere
// afterwards.
func TestCanaryOfATokenIsNowhere(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	mine, wrong := tokenOf("Omar Approver"), "aup_canary0123456789"
	omar.says("connect")
	dialog := omar.presses("Connect")
	for _, f := range []aponotest.Fault{{Status: 401, Message: "no such token: " + mine}, {Status: 403}, {Status: 500}, {Malformed: true}, {CutAfter: true}, {Latency: 5 * time.Second}} {
		end := w.refuse(f)
		w.hurries(func() { dialog = dialog.fill(cards.FieldToken, mine).press("Connect").shows("Personal token") })
		end()
	}
	dialog = dialog.fill(cards.FieldToken, wrong).press("Connect").shows("does not accept")
	dialog.fill(cards.FieldToken, mine).press("Connect").shows("You are connected")
	first := w.teams.LastActivityID()
	status, body, err := w.teams.Resend(t.Context(), first)
	if must(t, err); status != 200 || !strings.Contains(string(body), "You are connected") {
		t.Errorf("delivered twice: %d %s", status, body)
	}
	if n := len(omar.Chat()); n == 0 {
		t.Error("the chat is empty: nothing was looked at")
	}
	omar.says("connect")
	w.settle()
	// Of the faults, the two refusals; then the token of nobody, and the one that was taken.
	if n := w.tablesWith("connect")["audit"]; n != 4 {
		t.Errorf("the audit tells of %d attempts, want 4", n)
	}
	w.hasNowhere(mine)
	w.hasNowhere(wrong)
	if len(w.tablesWith("omar@acme.example")) == 0 {
		t.Error("the search finds nothing at all")
	}
}
