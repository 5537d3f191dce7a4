package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// converge waits until nothing is owed and the bots know what Apono knows.
func (f *faults) converge() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), convergeLasts)
	defer cancel()
	conn, err := pgx.Connect(ctx, f.pg.URL())
	f.must(err)
	defer func() { f.must(conn.Close(context.WithoutCancel(ctx))) }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		owed, err := f.owed(ctx, conn)
		if err == nil && owed == "" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.dump(conn)
			f.t.Fatalf("still owed: %s (%v)", owed, err)
		}
	}
}

// owed tells what the bots still have to do; "" if that is nothing.
func (f *faults) owed(ctx context.Context, conn *pgx.Conn) (string, error) {
	var jobs, cards, leases, sending int
	var kinds string
	err := conn.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'pending')),
		       coalesce((SELECT string_agg(k, ', ') FROM (SELECT kind || ' ' || state || ' ' || count(*) AS k FROM river_job
		           WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'pending') GROUP BY kind, state ORDER BY 1) x), ''),
		       (SELECT count(*) FROM posted_cards WHERE wanted > drawn),
		       (SELECT count(*) FROM conversations WHERE leased_until IS NOT NULL),
		       (SELECT count(*) FROM submissions WHERE state = 'sending')`).Scan(&jobs, &kinds, &cards, &leases, &sending)
	if err != nil {
		return "", err
	}
	behind, err := f.behind(ctx, conn)
	if err != nil || jobs+cards+leases+sending+len(behind) == 0 {
		return "", err
	}
	return fmt.Sprintf("%d jobs (%s), %d cards, %d leases, %d submissions without an answer, %d requests that are not as in Apono %v",
		jobs, kinds, cards, leases, sending, len(behind), behind[:min(len(behind), 3)]), nil
}

// behind are the requests that the bots remember differently than Apono.
func (f *faults) behind(ctx context.Context, conn *pgx.Conn) (wrong []string, err error) {
	requests, err := f.requests()
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, `SELECT n.name, r.status FROM request_names n JOIN requests r ON r.id = n.request_id`)
	if err != nil {
		return nil, err
	}
	known := make(map[string]string)
	var name, status string
	if _, err := pgx.ForEachRow(rows, []any{&name, &status}, func() error {
		known[name] = status
		return nil
	}); err != nil {
		return nil, err
	}
	for _, r := range requests {
		if known[r.FriendlyID] != string(r.Status) {
			wrong = append(wrong, fmt.Sprintf("%s: %q, in Apono %q", r.FriendlyID, known[r.FriendlyID], r.Status))
		}
	}
	return wrong, nil
}

// dump tells what is stuck.
func (f *faults) dump(conn *pgx.Conn) {
	ctx := context.WithoutCancel(f.t.Context())
	for _, query := range []string{
		`SELECT j::text FROM (SELECT id, kind, state, attempt, attempted_at, scheduled_at, args, errors[cardinality(errors)] AS error FROM river_job
		 WHERE state NOT IN ('completed') ORDER BY id LIMIT 30) j`,
		`SELECT b::text FROM posted_cards b WHERE wanted > drawn LIMIT 30`,
		`SELECT c::text FROM conversations c WHERE leased_until IS NOT NULL OR closed <> '' LIMIT 30`,
		`SELECT s::text FROM submissions s WHERE state = 'sending' LIMIT 30`,
	} {
		rows, err := conn.Query(ctx, query)
		if err != nil {
			f.t.Log(err)
			continue
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		f.t.Log(strings.Join(lines, "\n"), err)
	}
}

// posted is a card that the bots know to stand in a chat.
type posted struct {
	ID         int64
	Kind       string
	ActivityID string
	Because    string
	State      string // of the submission
	Request    string // its friendly id; "" for a submission without one
}

func (f *faults) posted() []posted {
	f.t.Helper()
	ctx := f.t.Context()
	conn, err := pgx.Connect(ctx, f.pg.URL())
	f.must(err)
	defer func() { f.must(conn.Close(context.WithoutCancel(ctx))) }()
	rows, err := conn.Query(ctx, `
		SELECT b.id, b.kind, coalesce(b.activity_id, ''), s.asked ->> 'justification', s.state, coalesce(r.friendly_id, '')
		FROM posted_cards b JOIN submissions s ON s.id = b.submission_id
		LEFT JOIN requests r ON r.submission_id = s.id ORDER BY b.id`)
	f.must(err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[posted])
	f.must(err)
	return all
}

// check holds what stands in the chats against what Apono knows.
func (f *faults) check(wishes []wish, told *answersOf) {
	f.t.Helper()
	requests, err := f.requests()
	f.must(err)
	inApono := make(map[string][]aponotest.Request)
	for _, r := range requests {
		inApono[r.Justification] = append(inApono[r.Justification], r)
	}
	stories := f.checkCards(inApono)
	created, lost := 0, 0
	for i, w := range wishes {
		o, n := told.outcomes[i], len(inApono[w.Because])
		story, shown := stories[w.Because]
		switch {
		case n > 1:
			f.t.Errorf("%s: %d requests in Apono, want one (%+v)", w.Because, n, o)
		case n == 1 && !shown:
			f.t.Errorf("%s: no card tells of the request", w.Because)
		case n == 1:
			created++
		case !shown && (o.Accepted || strings.Contains(o.Told, "Your own chat")):
			f.t.Errorf("%s: nothing in Apono, and nobody says so: %+v", w.Because, o)
		case !shown:
			f.t.Logf("%s: given up after %+v", w.Because, o)
			lost++
		case story.State != "lost" && story.State != "refused":
			f.t.Errorf("%s: nothing in Apono, and the card tells of %s", w.Because, story.State)
		default:
			lost++
		}
	}
	f.t.Logf("%d requests in Apono, %d that were told not to be there", created, lost)
}

// titles are what a story begins with when Apono has nothing.
var titles = map[string]string{"lost": "Did not reach Apono", "refused": "Not accepted by Apono", "unknown": "Not known"}

// checkCards holds every card that the bots know against Apono's truth, and
// gives the stories by what was asked.
func (f *faults) checkCards(inApono map[string][]aponotest.Request) map[string]posted {
	f.t.Helper()
	var messages []shownMessage
	f.must(f.get(f.teams+"/messages", &messages))
	byID := make(map[string]shownMessage, len(messages))
	for _, m := range messages {
		byID[m.ID] = m
	}
	stories := make(map[string]posted)
	known := make(map[string]bool)
	for _, p := range f.posted() {
		m, there := byID[p.ActivityID]
		if !there || known[p.ActivityID] {
			f.t.Errorf("%+v is not a message of its own", p)
			continue
		}
		known[p.ActivityID] = true
		want := titles[p.State]
		if r := inApono[p.Because]; len(r) > 0 {
			want = r[0].Words
		}
		if p.Kind == "story" {
			stories[p.Because] = p
		}
		if !tells(p.Kind, m, want, p.Request) {
			f.t.Errorf("%+v shows %q, want %q:\n%s", p, m.Summary, want, m.Text)
		}
	}
	f.mendCopies(messages, known, inApono)
	return stories
}

// tells says that a message shows a request as it stands.
func tells(kind string, m shownMessage, status, request string) bool {
	switch {
	case !strings.Contains(m.Text, request):
		return false
	case kind == "story":
		return strings.HasPrefix(m.Summary, status+": ")
	case status == "Granted":
		return strings.Contains(m.Text, "You have access") || strings.Contains(m.Text, "It ends at about")
	}
	return strings.Contains(m.Text, status) || // or its title alone tells it
		status == "Rejected" && strings.Contains(m.Text, "Request rejected") || status == "Failed" && strings.Contains(m.Text, "Access failed")
}

// mendCopies presses a button on every message that a send without an answer
// has left and no bot knows, and waits until they tell the truth, too.
func (f *faults) mendCopies(messages []shownMessage, known map[string]bool, inApono map[string][]aponotest.Request) {
	f.t.Helper()
	pressed := make(map[string]string) // what they should show
	copies := 0
	for _, m := range messages {
		r, ok := requestOn(m, inApono)
		if !ok || known[m.ID] {
			continue
		}
		copies++
		if len(m.Buttons) > 0 { // a card without any is not pressed
			pressed[m.ID] = r.Words
			var told string
			f.must(f.post(f.teams+"/press", m, &told))
		}
	}
	f.t.Logf("%d messages, %d of them copies that no bot knew", len(messages), copies)
	f.until("copies are mended", patience, func() bool {
		f.must(f.get(f.teams+"/messages", &messages))
		return !slices.ContainsFunc(messages, func(m shownMessage) bool {
			words, ok := pressed[m.ID]
			kind := "story"
			if !strings.Contains(m.Text, "Access request") {
				kind = "message"
			}
			return ok && !tells(kind, m, words, "")
		})
	})
}

// requestOn is the request that a message tells of.
func requestOn(m shownMessage, inApono map[string][]aponotest.Request) (aponotest.Request, bool) {
	for because, all := range inApono {
		if strings.Contains(m.Text, because) || strings.Contains(m.Text, all[0].FriendlyID) {
			return all[0], true
		}
	}
	return aponotest.Request{}, false
}
