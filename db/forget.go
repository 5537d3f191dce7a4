package db

import (
	"context"
	"fmt"
	"time"
)

// How long the bot remembers what only served an exchange.
const (
	activitiesLast = 10 * time.Minute
	draftsLast     = 30 * 24 * time.Hour
)

// Forget drops answers that nobody can ask for again, and drafts that were left
// lying and never submitted.
func (s *Store) Forget(ctx context.Context, now time.Time) error {
	_, err := s.pool.Exec(ctx, `
		WITH old AS (DELETE FROM activities WHERE claimed_at < $1)
		DELETE FROM drafts d WHERE d.updated_at < $2
			AND NOT EXISTS (SELECT FROM submissions s WHERE s.draft_id = d.id)`,
		now.Add(-activitiesLast), now.Add(-draftsLast))
	if err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	return nil
}
