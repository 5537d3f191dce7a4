package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Listing is a list of Apono's requests that is about to be read: one reading
// for all that it tells.
type Listing struct {
	Reading int64
	Began   time.Time // by the clock of the database

	// Vague says that the list knows fewer words than Apono has: what seems
	// to stand the same may be owed a look nevertheless.
	Vague bool
	// NamedAfter is how young a request without a name for people may be to
	// be left to a look of its own, which finds the name. The zero time leaves
	// none.
	NamedAfter time.Time
	// ElsewhereAt is when those made elsewhere are looked at next.
	ElsewhereAt time.Time
}

// Told is what a list tells of one request.
type Told struct {
	Name     string // any of its names
	Status   aponoapi.Status
	Duration time.Duration // 0: not told
	LookAt   time.Time     // when it is looked at next, if it stands so
}

// StartListing is the reading of a list that is about to be asked for.
func (s *Store) StartListing(ctx context.Context) (l Listing, err error) {
	err = s.pool.QueryRow(ctx, `SELECT nextval('readings'), clock_timestamp()`).Scan(&l.Reading, &l.Began)
	if err != nil {
		return Listing{}, fmt.Errorf("number a reading: %w", err)
	}
	return l, nil
}

// Compare holds a part of a list against what is remembered, in one statement.
// What stands the same is next looked at as told, and no look is owed any more
// that was owed before the list was asked for. It gives the names of what
// stands differently. What is not remembered, is over, or was read with a
// higher number, is passed over.
func (s *Store) Compare(ctx context.Context, l Listing, told []Told) (changed []string, err error) {
	names, statuses := make([]string, len(told)), make([]string, len(told))
	durations, looks := make([]int64, len(told)), make([]time.Time, len(told))
	for i, t := range told {
		names[i], statuses[i], durations[i], looks[i] = t.Name, string(t.Status), t.Duration.Microseconds(), t.LookAt
	}
	rows, err := s.pool.Query(ctx, compareTold, names, statuses, durations, looks,
		l.Reading, l.Began, l.Vague, l.NamedAfter, l.ElsewhereAt)
	if err != nil {
		return nil, fmt.Errorf("compare %d requests: %w", len(told), err)
	}
	changed, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("compare %d requests: %w", len(told), err)
	}
	return changed, nil
}

// compareTold passes over rows that somebody else is at: they stay due. What a
// row says is asked once more when it is locked, since it may have been
// recorded meanwhile.
const compareTold = `
	WITH told AS (
		SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[]) t (name, status, micros, look)
	), known AS (
		SELECT DISTINCT ON (r.id) r.id, t.name, r.status,
			CASE WHEN s.state = 'elsewhere' THEN $9 ELSE t.look END AS look,
			(t.status = r.status OR $7 AND t.status = 'pending' AND r.status = 'pending_mfa')
			AND (t.micros = 0 OR r.ends_at IS NOT DISTINCT FROM r.granted_at + t.micros * interval '1 microsecond') AS same
		FROM told t
		JOIN request_names n ON n.name = t.name
		JOIN requests r ON r.id = n.request_id
		JOIN submissions s ON s.id = r.submission_id
		WHERE r.look_at IS NOT NULL AND r.reading < $5 AND (r.friendly_id <> '' OR r.created_at < $8)
		ORDER BY r.id
	), free AS (
		SELECT r.id, k.look FROM requests r JOIN known k ON k.id = r.id
		WHERE k.same AND r.look_at IS NOT NULL AND r.reading < $5 AND r.status = k.status
		ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
	), same AS (
		UPDATE requests r SET look_at = free.look,
			look_owed_at = CASE WHEN NOT $7 AND r.look_owed_at < $6 THEN NULL ELSE r.look_owed_at END
		FROM free WHERE r.id = free.id
	)
	SELECT name FROM known WHERE NOT same`
