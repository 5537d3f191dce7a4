package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// lateAfter is how long after a change a card may show what was before.
const lateAfter = 10 * time.Second

// Owing is what the bot owes over all replicas, for those who watch it.
type Owing struct {
	CardsDue  int           // behind what they should show; some wait for a person to add the bot
	CardsLate int           // of those that are worked on, owed for more than 10 s
	Overdue   time.Duration // how long the longest-waiting look at Apono has been due
	Jobs      []JobCount
}

// JobCount is how many jobs of a kind are in a state: due (now, or being worked
// on), later (to be tried or begun at a set time), cancelled (Teams or Apono
// will not have it) or discarded (tried as often as allowed).
type JobCount struct {
	Kind, State string
	Count       int
}

// Owing counts what is owed now.
func (s *Store) Owing(ctx context.Context, now time.Time) (Owing, error) {
	var o Owing
	var first *time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM posted_cards WHERE wanted > drawn),
		       (SELECT count(*) FROM posted_cards b JOIN conversations c ON c.id = b.conversation_id
		        WHERE b.wanted > b.drawn AND b.wanted_at < now() - $1::interval AND c.closed = ''),
		       (SELECT min(look_at) FROM requests WHERE look_at IS NOT NULL)`,
		lateAfter).Scan(&o.CardsDue, &o.CardsLate, &first)
	if err != nil {
		return Owing{}, fmt.Errorf("count what is owed: %w", err)
	}
	if first != nil {
		o.Overdue = max(now.Sub(*first), 0)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT kind, CASE
			WHEN state IN ('cancelled', 'discarded') THEN state::text
			WHEN state IN ('available', 'scheduled', 'retryable') AND scheduled_at > now() THEN 'later'
			ELSE 'due' END, count(*)
		FROM river_job
		WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'cancelled', 'discarded')
		GROUP BY 1, 2 ORDER BY 1, 2`)
	if err != nil {
		return Owing{}, fmt.Errorf("count the jobs: %w", err)
	}
	if o.Jobs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[JobCount]); err != nil {
		return Owing{}, fmt.Errorf("count the jobs: %w", err)
	}
	return o, nil
}
