package main

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db/pgtest"
	"github.com/apono-teams/teamsbot/migrations"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// What older databases are brought up from: before the audit, connecting and
// channels; and one step before this version.
const longAgo = 13

// A database of an older version, with what people did then, is brought up to
// date, and all of it goes on. So it does after going back by one version.
func TestUpgradeAndRollBack(t *testing.T) {
	t.Parallel()
	u := newUpgrade(t)
	last := u.lastStep()
	u.lived()
	today := u.dbURL
	for _, tt := range []struct {
		step   int64
		person string
	}{{longAgo, "Dana"}, {last - 1, "Devin"}} {
		u.dbURL = u.older(today, tt.step)
		b := u.serve(u.env...)
		u.goesOn(b, tt.person, fmt.Sprintf("from migration %d", tt.step))
		if tt.step == longAgo {
			u.kills(b) // its database is not used any more
			continue
		}
		u.isStillConnectedAndWatched()
		u.stops(b)
	}
	u.laterVersion()
	b := u.serve(u.env...)
	if !strings.Contains(b.output(), "a later version has migrated the database") {
		t.Error("that a later version was there is not said")
	}
	u.isStillConnectedAndWatched()
	u.kills(b)
}

// upgrade is a company whose bot is stopped and started on other databases.
type upgrade struct {
	*outside
	env []string
}

func newUpgrade(t *testing.T) *upgrade {
	return &upgrade{newOutside(t), []string{
		"ADMINS=adam@acme.example", "LINK_KEYS=first:" + doctorSecrets[4], "APONO_WEBHOOK_SECRETS=" + doctorSecrets[3],
	}}
}

// lived is what happened in the old version: Dana and Devin wait for an
// approval, Omar has connected, and a channel is shown all requests.
func (u *upgrade) lived() {
	u.t.Helper()
	b := u.serve(u.env...)
	adam, omar := u.installs("Adam"), u.installs("Omar")
	_, err := u.teams.Channel().Installs(u.t.Context(), adam)
	must(u.t, err)
	_, err = adam.SaysIn(u.t.Context(), u.teams.Channel().ID, "watch all")
	must(u.t, err)
	_, err = omar.Says(u.t.Context(), "connect")
	must(u.t, err)
	d := u.pressesOn(omar, "Connect")
	must(u.t, d.Fill("token", aponotest.NewPerson("Omar", "Approver").Token.Reveal()))
	_, err = d.Press(u.t.Context(), "Connect")
	must(u.t, err)
	for _, name := range []string{"Dana", "Devin"} {
		u.shown(u.asks(u.installs(name)))
	}
	u.stops(b)
}

// asks requests something that needs an approval.
func (u *upgrade) asks(p *teamstest.Person) (id string) {
	u.t.Helper()
	_, err := u.formFor(p, "AWS production").Press(u.t.Context(), "Submit")
	must(u.t, err)
	for _, r := range u.apono.Requests() {
		if r.Grantee == p.Email {
			id = r.FriendlyID // the last one stays
		}
	}
	u.until(p.Name+" sees "+id, func() bool {
		return slices.ContainsFunc(p.Chat(), func(m teamstest.Message) bool { return m.Has(id) })
	})
	return id
}

// shown waits for the card for approvers in the channel.
func (u *upgrade) shown(id string) (card teamstest.Message) {
	u.t.Helper()
	u.until("the channel is shown "+id, func() bool {
		all := u.teams.Channel().Messages()
		i := slices.IndexFunc(all, func(m teamstest.Message) bool { return m.Card != nil && m.Has(id) })
		if i >= 0 {
			card = all[i]
		}
		return i >= 0
	})
	return card
}

// goesOn approves what somebody asked for before: their card of then tells so.
func (u *upgrade) goesOn(b bot, name, when string) {
	u.t.Helper()
	p := u.teams.Person(name)
	all := u.apono.Requests()
	i := slices.IndexFunc(all, func(r aponotest.Request) bool { return r.Grantee == p.Email })
	id := all[i].FriendlyID
	card := func() teamstest.Message {
		for _, m := range p.Chat() {
			if m.Has(id) && m.Card != nil {
				return m
			}
		}
		u.t.Fatalf("%s: %s has no card of %s", when, name, id)
		return teamstest.Message{}
	}
	was := card()
	must(u.t, u.apono.Approve(id, "", "as always"))
	u.apono.Advance(4 * time.Second)
	u.tells(b, id)
	u.until(when+" "+name+"'s card is granted", func() bool { return card().Has("Granted") })
	if card().ID != was.ID {
		u.t.Errorf("%s: another card tells of it", when)
	}
	mine := u.pressesOn(p, "My requests")
	if !mine.Has("Granted") {
		u.t.Errorf("%s: %s's requests are\n%s", when, name, mine.Text())
	}
	u.asks(p)
}

// isStillConnectedAndWatched presses what needs a token and a watch of before.
func (u *upgrade) isStillConnectedAndWatched() {
	u.t.Helper()
	id := u.asks(u.teams.Person("Devin"))
	omar := u.teams.Person("Omar")
	d, err := omar.Presses(u.t.Context(), u.shown(id), "Approve")
	must(u.t, err)
	d, err = d.Press(u.t.Context(), "Approve")
	must(u.t, err)
	for _, r := range u.apono.Requests() {
		if r.FriendlyID == id && r.Status == aponoapi.Pending {
			u.t.Errorf("Omar could not approve %s:\n%s", id, d.Text())
		}
	}
}

// tells is Apono's webhook.
func (u *upgrade) tells(b bot, id string) {
	u.t.Helper()
	body := strings.NewReader(fmt.Sprintf(`{"event_type": "RequestGranted", "data": {"id": %q}}`, id))
	req, err := http.NewRequestWithContext(u.t.Context(), http.MethodPost, "http://"+b.addr+"/api/apono/events", body)
	must(u.t, err)
	req.Header.Set("Authorization", "Bearer "+doctorSecrets[3])
	res, err := http.DefaultClient.Do(req)
	must(u.t, err)
	must(u.t, res.Body.Close())
	if res.StatusCode != http.StatusAccepted {
		u.t.Errorf("the event is answered with %d", res.StatusCode)
	}
}

func (u *upgrade) stops(b bot) {
	u.t.Helper()
	b.signals(syscall.SIGTERM)
	if code := b.waits(); code != 0 {
		u.t.Errorf("ended with %d", code)
	}
}

func (u *upgrade) kills(b bot) {
	u.t.Helper()
	b.signals(syscall.SIGKILL)
	b.waits()
}

// provider is goose over a database.
func (u *upgrade) provider(address string) (*goose.Provider, *pgxpool.Pool) {
	u.t.Helper()
	pool, err := pgxpool.New(u.t.Context(), address)
	must(u.t, err)
	u.t.Cleanup(pool.Close)
	opened := stdlib.OpenDBFromPool(pool)
	u.t.Cleanup(func() { _ = opened.Close() })
	steps, err := goose.NewProvider(goose.DialectPostgres, opened, migrations.Files)
	must(u.t, err)
	return steps, pool
}

func (u *upgrade) lastStep() int64 {
	steps, _ := u.provider(u.dbURL)
	sources := steps.ListSources()
	return sources[len(sources)-1].Version
}

// older is a database that has been migrated up to a step, and what of today's
// its tables can hold.
func (u *upgrade) older(today string, step int64) (address string) {
	u.t.Helper()
	address = pgtest.URL(u.t)
	steps, pool := u.provider(address)
	_, err := pool.Exec(u.t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	must(u.t, err)
	jobs, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	must(u.t, err)
	_, err = jobs.Migrate(u.t.Context(), rivermigrate.DirectionUp, nil)
	must(u.t, err)
	_, err = steps.UpTo(u.t.Context(), step)
	must(u.t, err)

	from, err := pgx.Connect(u.t.Context(), today)
	must(u.t, err)
	to, err := pgx.Connect(u.t.Context(), address)
	must(u.t, err)
	u.copies(from, to)
	must(u.t, from.Close(u.t.Context()))
	must(u.t, to.Close(u.t.Context()))
	return address
}

// copies fills every table of ours with those columns that it has, from the
// rows that it takes: of long ago every card was somebody's. Jobs are not
// copied: a bot that was stopped in order owes none.
func (u *upgrade) copies(from, to *pgx.Conn) {
	u.t.Helper()
	_, err := to.Exec(u.t.Context(), `SET session_replication_role = replica`) // in any order
	must(u.t, err)
	rows, err := to.Query(u.t.Context(), `
		SELECT table_name, string_agg(quote_ident(column_name), ', '),
			string_agg(quote_ident(column_name) || ' IS NOT NULL', ' AND ') FILTER (WHERE is_nullable = 'NO')
		FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'river%' AND table_name <> 'goose_db_version' GROUP BY table_name`)
	must(u.t, err)
	type table struct{ Name, Columns, Takes string }
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	must(u.t, err)
	for _, t := range tables {
		var content bytes.Buffer
		_, err := from.PgConn().CopyTo(u.t.Context(), &content, fmt.Sprintf(`COPY (SELECT %s FROM %s WHERE %s) TO STDOUT`, t.Columns, t.Name, t.Takes))
		must(u.t, err)
		_, err = to.PgConn().CopyFrom(u.t.Context(), &content, fmt.Sprintf(`COPY %s (%s) FROM STDIN`, t.Name, t.Columns))
		must(u.t, err)
	}
	u.counts(from, to)
}

// counts lets the sequences go on where they were.
func (u *upgrade) counts(from, to *pgx.Conn) {
	u.t.Helper()
	rows, err := to.Query(u.t.Context(), `SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequencename NOT LIKE 'river%' AND sequencename NOT LIKE 'goose%'`)
	must(u.t, err)
	sequences, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(u.t, err)
	for _, s := range sequences {
		var at int64
		must(u.t, from.QueryRow(u.t.Context(), `SELECT last_value FROM `+s).Scan(&at))
		_, err := to.Exec(u.t.Context(), `SELECT setval($1::regclass, $2)`, s, at)
		must(u.t, err)
	}
}

// laterVersion does to the database what the next version might.
func (u *upgrade) laterVersion() {
	u.t.Helper()
	_, pool := u.provider(u.dbURL)
	_, err := pool.Exec(u.t.Context(), `
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true);
		CREATE TABLE later (id text PRIMARY KEY, person text NOT NULL);
		ALTER TABLE requests ADD COLUMN later text NOT NULL DEFAULT '';
		ALTER TABLE people ADD COLUMN later_at timestamptz;
		ALTER TABLE posted_cards ADD COLUMN later int NOT NULL DEFAULT 0;
		ALTER TABLE conversations ADD COLUMN later boolean NOT NULL DEFAULT false;
		ALTER TABLE submissions ADD COLUMN later jsonb NOT NULL DEFAULT '{}'`)
	must(u.t, err)
}
