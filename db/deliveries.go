package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// LeaseLasts is how long one worker may take to deliver a card.
const LeaseLasts = 30 * time.Second

// ErrLeased says that somebody else delivers into the conversation just now.
// They look for more before they are done.
var ErrLeased = errors.New("leased by another worker")

// Pace bounds what the bot sends of its own accord, over all replicas.
type Pace struct {
	Conversation time.Duration // between two messages into one conversation; 0: none
	Burst        int           // how many may go into one without that pause
	Tenant       time.Duration // between two messages into one tenant; 0: none
}

// Lease is the right to write into a conversation, for LeaseLasts.
type Lease struct {
	Number       int64
	Conversation Conversation
}

// LeaseConversation takes on the delivery of the next card into a conversation.
// It is nil if nothing can be delivered: with a wait if it is too early, else
// because nothing is owed or Teams takes nothing there. ErrLeased says that
// somebody else is at it.
func (s *Store) LeaseConversation(ctx context.Context, id string, p Pace) (l *Lease, wait time.Duration, err error) {
	l = &Lease{Conversation: Conversation{ID: id}}
	var number *int64
	var leased, owed bool
	c := &l.Conversation
	// Whoever gives the lease back just now has to be waited for: they may not
	// have seen what is owed since.
	err = s.pool.QueryRow(ctx, `
		WITH c AS (
			SELECT *, coalesce(leased_until > now(), false) AS leased, greatest(next_send, now()) - now() AS wait,
			       closed = '' AND EXISTS (SELECT FROM posted_cards WHERE conversation_id = $1 AND wanted > drawn) AS owed
			FROM conversations WHERE id = $1 FOR UPDATE),
		taken AS (
			UPDATE conversations SET lease = nextval('leases'), leased_until = now() + $2::interval,
				next_send = greatest(c.next_send, now() - $3::interval) + $4::interval
			FROM c WHERE conversations.id = c.id AND c.owed AND NOT c.leased AND c.wait = interval '0'
			RETURNING conversations.lease)
		SELECT tenant_id, kind, service_url, owed, leased, wait, (SELECT lease FROM taken) FROM c`,
		id, LeaseLasts, p.Conversation*time.Duration(max(p.Burst-1, 0)), p.Conversation,
	).Scan(&c.TenantID, &c.Kind, &c.ServiceURL, &owed, &leased, &wait, &number)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && !owed:
		return nil, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("lease conversation %s: %w", id, err)
	case leased:
		return nil, 0, fmt.Errorf("lease conversation %s: %w", id, ErrLeased)
	case wait > 0:
		return nil, wait, nil
	case number == nil:
		return nil, 0, fmt.Errorf("lease conversation %s: it changed meanwhile", id) // the job tries again
	}
	l.Number = *number
	return l, 0, nil
}

// TenantSlot takes the next place in the line of everything that is sent into a
// tenant, and says how long it is till then. It is never longer than what all
// workers of all replicas can have taken before.
func (s *Store) TenantSlot(ctx context.Context, tenantID string, p Pace) (wait time.Duration, err error) {
	if p.Tenant == 0 {
		return 0, nil
	}
	err = s.pool.QueryRow(ctx, `
		INSERT INTO tenants AS t (tenant_id, next_send) VALUES ($1, now() + $2::interval)
		ON CONFLICT (tenant_id) DO UPDATE SET next_send = greatest(t.next_send, now()) + $2::interval
		RETURNING next_send - $2::interval - now()`, tenantID, p.Tenant).Scan(&wait)
	if err != nil {
		return 0, fmt.Errorf("take a place in the line of tenant %s: %w", tenantID, err)
	}
	return max(wait, 0), nil
}

// CardDrawn notes that a card stands in the leased conversation as that
// activity at its revision, and gives the lease back. Only who still holds the
// lease is heard. What is owed there besides is owed anew, and more says so.
func (s *Store) CardDrawn(ctx context.Context, l *Lease, c *CardToDraw, activityID string) (more bool, err error) {
	return s.released(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE posted_cards SET drawn = $2, activity_id = $3, posts = posts + CASE WHEN activity_id IS NULL THEN 1 ELSE 0 END,
				failed_at = NULL, urgent = urgent AND wanted > $2, wanted_at = CASE WHEN wanted > $2 THEN now() END
			WHERE id = $1 AND drawn < $2`, c.ID, c.Revision, activityID)
		return err
	})
}

// CardGone notes that the message of a card is no longer there: the card is
// posted anew.
func (s *Store) CardGone(ctx context.Context, l *Lease, c *CardToDraw) error {
	return s.release(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE posted_cards SET activity_id = NULL WHERE id = $1`, c.ID)
		return err
	})
}

// CardGivenUp notes that a card cannot be shown as it is now: nothing is owed
// before it changes.
func (s *Store) CardGivenUp(ctx context.Context, l *Lease, c *CardToDraw) error {
	return s.release(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE posted_cards SET drawn = $2, failed_at = NULL, wanted_at = CASE WHEN wanted > $2 THEN now() END
			WHERE id = $1`, c.ID, c.Revision)
		return err
	})
}

// Shut notes why Teams takes nothing in the leased conversation. What is owed
// there waits until something is heard from there.
func (s *Store) Shut(ctx context.Context, l *Lease, why string) error {
	return s.release(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE conversations SET closed = $2 WHERE id = $1`, l.Conversation.ID, why)
		return err
	})
}

// Pause gives the lease back undone, and lets nobody write there for a while.
// The tenant gets a moment's rest as well, of a second at most however many are
// throttled: Teams does not say whose limit it was.
func (s *Store) Pause(ctx context.Context, l *Lease, pause time.Duration) error {
	return s.release(ctx, l, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			UPDATE conversations SET next_send = now() + $2::interval WHERE id = $1`, l.Conversation.ID, pause); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE tenants SET next_send = greatest(next_send, now() + $2::interval)
			WHERE tenant_id = $1`, l.Conversation.TenantID, min(pause, time.Second))
		return err
	})
}

// Move notes that the leased conversation is reached by another service URL.
func (s *Store) Move(ctx context.Context, l *Lease, serviceURL string) error {
	return s.release(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE conversations SET service_url = $2, updated_at = now() WHERE id = $1`, l.Conversation.ID, serviceURL)
		return err
	})
}

// ReplaceChat notes that a person's own chat, which was leased, is another one
// now. Nothing of what was posted stands there.
func (s *Store) ReplaceChat(ctx context.Context, l *Lease, k PersonKey, id string) error {
	return s.release(ctx, l, func(tx pgx.Tx) error {
		chat := l.Conversation
		old := chat.ID
		chat.ID = id
		if err := rememberChat(ctx, tx, k, chat); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE posted_cards SET conversation_id = $2, activity_id = NULL
			WHERE conversation_id = $1 AND tenant_id = $3 AND object_id = $4`, old, id, k.TenantID, k.ObjectID); err != nil {
			return err
		}
		return s.oweUndrawn(ctx, tx, k)
	})
}

// GiveBack gives a lease back because a card was not delivered; the caller's job
// tries that one again. The other cards there, which have not failed, are owed
// anew. c is nil if it did not come to a card.
func (s *Store) GiveBack(ctx context.Context, l *Lease, c *CardToDraw) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE conversations SET leased_until = NULL WHERE id = $1 AND lease = $2`, l.Conversation.ID, l.Number)
		if err != nil || tag.RowsAffected() == 0 || c == nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE posted_cards SET failed_at = now() WHERE id = $1 AND wanted = $2`, c.ID, c.Revision); err != nil {
			return err
		}
		_, err = s.oweNext(ctx, tx, l.Conversation.ID, "failed_at IS NULL")
		return err
	})
	if err != nil {
		return fmt.Errorf("give conversation %s back: %w", l.Conversation.ID, err)
	}
	return nil
}

// Leave gives a lease back because nothing was found to deliver. What has come
// to be owed since is owed to a job: its own may have met the lease.
func (s *Store) Leave(ctx context.Context, l *Lease) error {
	return s.release(ctx, l, func(pgx.Tx) error { return nil })
}

// release is released, of which nobody wants to know more.
func (s *Store) release(ctx context.Context, l *Lease, rest func(pgx.Tx) error) error {
	_, err := s.released(ctx, l, rest)
	return err
}

// released gives a lease back and does the rest in the same transaction, if the
// lease is still held; and owes what is still to be delivered there.
func (s *Store) released(ctx context.Context, l *Lease, rest func(pgx.Tx) error) (more bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE conversations SET leased_until = NULL WHERE id = $1 AND lease = $2 AND leased_until IS NOT NULL`, l.Conversation.ID, l.Number)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := rest(tx); err != nil {
			return err
		}
		more, err = s.oweNext(ctx, tx, l.Conversation.ID, "true")
		return err
	})
	if err != nil {
		return false, fmt.Errorf("note what came of the delivery into %s: %w", l.Conversation.ID, err)
	}
	return more, nil
}

// oweNext owes a conversation what is still to be delivered there of the cards
// that a condition names, if anything.
func (s *Store) oweNext(ctx context.Context, tx pgx.Tx, conversationID, cards string) (owed bool, err error) {
	var urgent *bool
	err = tx.QueryRow(ctx, `
		SELECT (SELECT bool_or(urgent) FROM posted_cards WHERE conversation_id = $1 AND wanted > drawn AND `+cards+`)
		FROM conversations WHERE id = $1 AND closed = ''`, conversationID).Scan(&urgent)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && urgent == nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, s.oweDelivery(ctx, tx, conversationID, *urgent)
}

// OweAbandoned owes a delivery to the conversations whose lease has run out:
// who held it has died.
func (s *Store) OweAbandoned(ctx context.Context) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE conversations SET leased_until = NULL
			WHERE id IN (SELECT id FROM conversations WHERE leased_until < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)
			RETURNING id`)
		if err != nil {
			return err
		}
		abandoned, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, id := range abandoned {
			if _, err := s.oweNext(ctx, tx, id, "true"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("owe what dead replicas have left: %w", err)
	}
	return nil
}

// OweForgotten owes a delivery to the conversations where a card has been behind
// since some time and no job is about it: one that was tried as often as allowed,
// or that somebody deleted. A card that belongs nowhere yet is sent where its
// person is now.
func (s *Store) OweForgotten(ctx context.Context, since time.Duration) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		err := s.oweCards(ctx, tx, `
			UPDATE posted_cards b SET conversation_id = p.conversation_id FROM people p
			WHERE b.conversation_id IS NULL AND b.wanted > b.drawn AND b.wanted_at < now() - $1::interval
			  AND p.tenant_id = b.tenant_id AND p.object_id = b.object_id AND p.conversation_id IS NOT NULL
			RETURNING b.conversation_id, b.urgent`, since)
		if err != nil {
			return err
		}
		return s.oweCards(ctx, tx, `
			SELECT b.conversation_id, bool_or(b.urgent) FROM posted_cards b JOIN conversations c ON c.id = b.conversation_id
			WHERE b.wanted > b.drawn AND b.wanted_at < now() - $1::interval AND c.closed = '' AND c.leased_until IS NULL
			  AND NOT EXISTS (
				SELECT FROM river_job j WHERE j.kind = $2 AND j.state NOT IN ('completed', 'cancelled', 'discarded')
				AND j.args ->> 'conversation_id' = b.conversation_id)
			GROUP BY 1 LIMIT 1000`, since, Deliver{}.Kind())
	})
	if err != nil {
		return fmt.Errorf("owe what no job is about: %w", err)
	}
	return nil
}

// QueueDeliver is the queue of the deliveries, whose workers wait for their
// place in the tenant's line.
const QueueDeliver = "deliver"

// Deliver owes a conversation what is to be delivered there.
type Deliver struct {
	ConversationID string `json:"conversation_id"`
}

// Kind implements river.JobArgs.
func (Deliver) Kind() string { return "deliver" }

// oweDelivery enqueues a delivery for now. One that comes too early puts itself
// off: River looks at jobs that are enqueued for later only every five seconds.
func (s *Store) oweDelivery(ctx context.Context, tx pgx.Tx, conversationID string, urgent bool) error {
	priority := priorityRest
	if urgent {
		priority = priorityUrgent
	}
	_, err := s.jobs.InsertTx(ctx, tx, Deliver{conversationID}, &river.InsertOpts{Queue: QueueDeliver, Priority: priority})
	if err != nil {
		return fmt.Errorf("owe a delivery: %w", err)
	}
	return nil
}
