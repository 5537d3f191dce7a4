package db_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

// company is people who have long used the bot: each has a chat, and some have
// a request that stands in it.
type company struct {
	people, requests int
}

// filling is what the company has, in the order of the tables' needs. $1 are
// people, $2 requests.
var filling = []string{
	`INSERT INTO conversations (id, tenant_id, kind, service_url)
	 SELECT 'a:crowd-' || i, 'tenant-1', 'personal', 'https://smba.test/emea/' FROM generate_series(0, $1::int - 1) i WHERE $2::int >= 0`,
	`INSERT INTO people (tenant_id, object_id, teams_id, name, locale, time_zone, conversation_id, apono_id, added_at)
	 SELECT 'tenant-1', 'crowd-' || i, '29:crowd-' || i, 'crowd-' || i, 'de-DE', 'Europe/Berlin', 'a:crowd-' || i, 'apono-' || i, now()
	 FROM generate_series(0, $1::int - 1) i WHERE $2::int >= 0`,
	`INSERT INTO submissions (id, draft_id, tenant_id, object_id, asked, state, asked_at)
	 SELECT lpad(to_hex(i), 32, '0')::uuid, lpad(to_hex(i), 32, '0')::uuid, 'tenant-1', 'crowd-' || i % $1::int,
		jsonb_build_object('apono_user_id', 'apono-' || i % $1::int, 'duration', 14400000000000, 'justification', 'INC-' || i), 'created', now() - i * interval '1 s'
	 FROM generate_series(0, $2::int - 1) i`,
	`INSERT INTO requests (id, submission_id, friendly_id, v4_id, status, reading, look_at, granted_at, ends_at, created_at)
	 SELECT 'v3-crowd-' || i, lpad(to_hex(i), 32, '0')::uuid, 'AR-crowd-' || i, 'v4-crowd-' || i, 'granted', 0,
		now() + i * interval '1 s', now(), now() + interval '4 h' + i * interval '1 s', now() - i * interval '1 s'
	 FROM generate_series(0, $2::int - 1) i WHERE $1::int > 0`,
	`INSERT INTO request_names (name, request_id)
	 SELECT kind || '-crowd-' || i, 'v3-crowd-' || i FROM generate_series(0, $2::int - 1) i, unnest(ARRAY['v3', 'v4', 'AR']) kind WHERE $1::int > 0`,
	`INSERT INTO posted_cards (submission_id, tenant_id, object_id, conversation_id, activity_id, wanted, drawn, posts)
	 SELECT lpad(to_hex(i), 32, '0')::uuid, 'tenant-1', 'crowd-' || i % $1::int, 'a:crowd-' || i % $1::int, 'posted-' || i, 1, 1, 1
	 FROM generate_series(0, $2::int - 1) i`,
	`INSERT INTO activities (conversation_id, activity_id, answered_at, status)
	 SELECT 'a:crowd-' || i, 'f:' || i, now(), 200 FROM generate_series(0, least($1::int, 20000) - 1) i WHERE $2::int >= 0`,
	`INSERT INTO drafts (tenant_id, object_id, form)
	 SELECT 'tenant-1', 'crowd-' || i, '{}' FROM generate_series(0, least($1::int, 20000) - 1) i WHERE $2::int >= 0`,
}

func (c company) fill(ctx context.Context, sql *pgxpool.Pool) error {
	for _, statement := range filling {
		if _, err := sql.Exec(ctx, statement, c.people, c.requests); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	_, err := sql.Exec(ctx, `VACUUM ANALYZE`)
	return err
}

// press is what the database does for a press of somebody of the company, the
// n-th of all.
func (c company) press(ctx context.Context, s *db.Store, n int) error {
	a := arrival(fmt.Sprintf("crowd-%d", n*7919%c.people))
	a.ActivityID = fmt.Sprintf("f:press-%d", n)
	if _, first, _, err := s.Arrive(ctx, a); err != nil || !first {
		return fmt.Errorf("arrive (first: %t): %w", first, err)
	}
	d := db.BlankDraft(a.Person)
	if err := s.SaveDraft(ctx, &d, form{"new"}); err != nil {
		return err
	}
	if _, _, err := s.FavoritesAndRecent(ctx, a.Person, 3); err != nil {
		return err
	}
	_, err := s.Standing(ctx, a.Person)
	return err
}

// answer is what it does when the press has been answered.
func (c company) answer(ctx context.Context, s *db.Store, n int) error {
	a := arrival(fmt.Sprintf("crowd-%d", n*7919%c.people))
	a.ActivityID = fmt.Sprintf("f:press-%d", n)
	return s.Answered(ctx, a.Conversation.ID, a.ActivityID, db.Answer{Status: 200, Body: make([]byte, 2000)})
}

// push is what it does for a change of one of the company's requests, until the
// card that shows it is drawn.
func (c company) push(ctx context.Context, s *db.Store, n int) error {
	of := n * 7919 % c.requests
	name := fmt.Sprintf("AR-crowd-%d", of)
	if _, err := s.Request(ctx, name); err != nil {
		return err
	}
	reading, err := s.NextReading(ctx)
	if err != nil {
		return err
	}
	status := []aponoapi.Status{aponoapi.Granting, aponoapi.Granted}[n/c.requests%2]
	r := db.Request{ID: fmt.Sprintf("v3-crowd-%d", of), FriendlyID: name, Status: status, Reading: reading, LookAt: noon}
	if err := s.RecordStatus(ctx, r); err != nil {
		return err
	}
	chat := fmt.Sprintf("a:crowd-%d", of%c.people)
	lease, _, err := s.LeaseConversation(ctx, chat, db.Pace{})
	if err != nil || lease == nil {
		return fmt.Errorf("nothing is owed to %s: %w", chat, err)
	}
	card, err := s.NextCard(ctx, lease)
	if err != nil || card == nil {
		return fmt.Errorf("no card is owed to %s: %w", chat, err)
	}
	_, err = s.CardDrawn(ctx, lease, card, card.ActivityID)
	return err
}

// BenchmarkGrowth is what a press and a push cost the database and the bot's way
// to it, as the company grows.
func BenchmarkGrowth(b *testing.B) {
	for b.Loop() {
		fmt.Fprint(os.Stdout, "\n| Conversations | Open requests | Press, p50 | p99 | Push, p50 | p99 |\n|---|---|---|---|---|---|\n")
		for _, c := range []company{{100, 100}, {10_000, 1000}, {100_000, 10_000}, {1_000_000, 100_000}} {
			pressing, pushing := c.measure(b)
			fmt.Fprintf(os.Stdout, "| %d | %d | %s | %s | %s | %s |\n", c.people, c.requests,
				within(pressing, 50), within(pressing, 99), within(pushing, 50), within(pushing, 99))
		}
	}
}

// measure is how long each of many presses and pushes took.
func (c company) measure(b *testing.B) (pressing, pushing []time.Duration) {
	b.Helper()
	url := pgtest.URL(b)
	s, err := db.Open(b.Context(), db.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	sql, err := pgxpool.New(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer sql.Close()
	if err := c.fill(b.Context(), sql); err != nil {
		b.Fatal(err)
	}
	const warm, n = 200, 2200
	for i := range n {
		began := time.Now()
		err := c.press(b.Context(), s, i)
		pressed := time.Now()
		if err == nil {
			err = c.push(b.Context(), s, i)
		}
		if err != nil {
			b.Fatal(err)
		}
		if i >= warm {
			pressing, pushing = append(pressing, pressed.Sub(began)), append(pushing, time.Since(pressed))
		}
		if err := c.answer(b.Context(), s, i); err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(pressing)
	slices.Sort(pushing)
	return pressing, pushing
}

func within(sorted []time.Duration, percent int) string {
	return fmt.Sprintf("%.2f ms", float64(sorted[len(sorted)*percent/100].Microseconds())/1000)
}

// statements are those that a store asks.
type statements struct {
	asked map[string][]any
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.asked[q.SQL] = q.Args
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (*statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	s.asked[q.SQL] = q.Args
}

func (*statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
