package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// OweWarnings owes a message about every access that ends within that time from
// now, once, and once more if it has been extended by more than that since. Who
// has muted them gets none, and there is none for access that was never to last
// longer than that.
func (s *Store) OweWarnings(ctx context.Context, now time.Time, within time.Duration) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		return s.oweCards(ctx, tx, `
			INSERT INTO posted_cards (kind, request_id, submission_id, tenant_id, object_id, conversation_id, urgent, wanted_at, warns_of)
			SELECT 'ending', r.id, s.id, p.tenant_id, p.object_id, p.conversation_id, true, now(), r.ends_at
			FROM requests r
			JOIN submissions s ON s.id = r.submission_id
			`+toldOf+`
			WHERE r.status = 'granted' AND r.ends_at > $1 AND r.ends_at <= $1 + $2::interval
			  AND r.ends_at > r.granted_at + $2::interval AND NOT p.muted
			  AND NOT EXISTS (
				SELECT FROM posted_cards b
				WHERE b.request_id = r.id AND b.kind = 'ending' AND b.warns_of >= r.ends_at - $2::interval)
			LIMIT 1000
			ON CONFLICT DO NOTHING
			RETURNING conversation_id, urgent`, now, within)
	})
	if err != nil {
		return fmt.Errorf("owe the warnings that are due: %w", err)
	}
	return nil
}
