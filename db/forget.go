package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// How long the bot remembers what only served an exchange.
const (
	activitiesLast = 10 * time.Minute
	draftsLast     = 30 * 24 * time.Hour
)

const (
	// forgetAtOnce bounds one statement, so that nobody waits for it long.
	forgetAtOnce = 500
	// forgetLasts is for one such statement.
	forgetLasts = 20 * time.Second
)

// Each statement forgets up to $2 of what is older than $1, and leaves out what
// somebody else is at, such as another replica that forgets.
const (
	forgetActivities = `
		DELETE FROM activities WHERE (conversation_id, activity_id) IN (
			SELECT conversation_id, activity_id FROM activities WHERE claimed_at < $1
			ORDER BY claimed_at LIMIT $2 FOR UPDATE SKIP LOCKED)`

	forgetDrafts = `
		DELETE FROM drafts WHERE id IN (
			SELECT d.id FROM drafts d WHERE d.updated_at < $1
				AND NOT EXISTS (SELECT FROM submissions s WHERE s.draft_id = d.id)
			ORDER BY d.updated_at LIMIT $2 FOR UPDATE SKIP LOCKED)`

	forgetAudit = `
		DELETE FROM audit WHERE id IN (
			SELECT id FROM audit WHERE at < $1 ORDER BY at, id LIMIT $2 FOR UPDATE SKIP LOCKED)`

	// A submission is over when all of its requests are, or when it brought none;
	// one that is being sent is being looked for. (Counted, for NOT EXISTS would
	// read all requests to find out.)
	forgetSubmissions = `
		WITH old AS (
			SELECT s.id, s.draft_id FROM submissions s
			WHERE s.asked_at < $1 AND s.state <> 'sending' AND 0 = (
				SELECT count(*) FROM requests r
				WHERE r.submission_id = s.id AND (r.look_at IS NOT NULL OR r.ended_at IS NULL OR r.ended_at >= $1))
			ORDER BY s.asked_at LIMIT $2 FOR UPDATE SKIP LOCKED
		)` + deleteOld

	// deleteOld deletes the submissions of old, and all that came of them. A draft
	// that somebody has come back to stays.
	deleteOld = `, cards AS (
			DELETE FROM posted_cards WHERE submission_id IN (SELECT id FROM old)
		), told AS (
			DELETE FROM requests WHERE submission_id IN (SELECT id FROM old)
		), filled AS (
			DELETE FROM drafts WHERE id IN (SELECT draft_id FROM old) AND updated_at < $1
		)
		DELETE FROM submissions WHERE id IN (SELECT id FROM old)`
)

// Retention is how long what has its own time is remembered.
type Retention struct {
	Requests time.Duration // after they ended
	Audit    time.Duration
}

// Forget drops answers that nobody can ask for again, drafts that were left
// lying and never submitted, requests that ended too long ago, with all that
// tells of them, and what the audit has told for long enough.
func (s *Store) Forget(ctx context.Context, now time.Time, keep Retention) error {
	for _, f := range []struct {
		what, sql string
		lasts     time.Duration
	}{
		{"activities", forgetActivities, activitiesLast},
		{"submissions", forgetSubmissions, keep.Requests},
		{"drafts", forgetDrafts, draftsLast},
		{"audit", forgetAudit, keep.Audit},
	} {
		for n := int64(forgetAtOnce); n == forgetAtOnce; {
			var err error
			if n, err = s.forget(ctx, f.what, f.sql, now.Add(-f.lasts)); err != nil {
				return fmt.Errorf("forget %s: %w", f.what, err)
			}
		}
	}
	return nil
}

// forget is one such statement. The database is told what is being forgotten,
// for the audit refuses to be shortened otherwise.
func (s *Store) forget(ctx context.Context, what, sql string, before time.Time) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, forgetLasts)
	defer cancel()
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('teamsbot.forgets', $1, true)`, what); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sql, before, forgetAtOnce)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}
