package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// redrawFirst is when the card of a request that waits is drawn anew first. Then
// it is whenever the request has waited for twice as long.
const redrawFirst = 5 * time.Minute

// OweReminders reminds of every request that has waited for a decision for that
// long, once in the thread of each card that stands in a channel which watches
// still.
func (s *Store) OweReminders(ctx context.Context, now time.Time, after time.Duration) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		return s.oweCards(ctx, tx, `
			INSERT INTO posted_cards (kind, request_id, submission_id, conversation_id, thread, time_zone, locale, wanted_at)
			SELECT $3, b.request_id, b.submission_id, b.conversation_id, b.activity_id, b.time_zone, b.locale, now()
			FROM requests r
			JOIN posted_cards b ON b.request_id = r.id AND b.kind = $4
			JOIN conversations c ON c.id = b.conversation_id
			WHERE r.status = 'pending' AND b.asks_since <= $1::timestamptz - $2::interval AND b.activity_id IS NOT NULL AND c.kind = 'channel'
			  AND EXISTS (SELECT FROM watches v WHERE v.conversation_id = b.conversation_id)
			  AND NOT EXISTS (
				SELECT FROM posted_cards w
				WHERE w.request_id = r.id AND w.kind = $3 AND w.conversation_id = b.conversation_id)
			LIMIT 1000
			ON CONFLICT DO NOTHING
			RETURNING conversation_id, urgent`, now, after, StillWaits, ToReviewHere)
	})
	if err != nil {
		return fmt.Errorf("owe the reminders of what waits: %w", err)
	}
	return nil
}

// OweWaits owes a new state to the cards of requests that wait, so that they
// tell for how long.
func (s *Store) OweWaits(ctx context.Context, now time.Time) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		return s.oweCards(ctx, tx, `
			UPDATE posted_cards b SET wanted = wanted + 1, wanted_at = coalesce(wanted_at, now()),
				redraw_at = $1::timestamptz + greatest($1 - r.created_at, $2::interval)
			FROM requests r
			WHERE r.id = b.request_id AND r.status = 'pending' AND b.kind = $3 AND b.redraw_at <= $1 AND b.activity_id IS NOT NULL
			RETURNING b.conversation_id, b.urgent`, now, redrawFirst, ToReviewHere)
	})
	if err != nil {
		return fmt.Errorf("owe the cards of what waits: %w", err)
	}
	return nil
}
