package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LeaseLasts is how long one worker may take to draw a card.
const LeaseLasts = 30 * time.Second

// ErrLeased says that somebody else is drawing the card just now.
var ErrLeased = errors.New("leased by another worker")

// CardToDraw is a posted card whose newest state is owed, leased to the caller,
// with all that it shows.
type CardToDraw struct {
	ID       int64
	Lease    int64
	Revision int // what is about to be drawn
	// Where the card stands; both are empty until it has been posted.
	Conversation Conversation
	Thread       string // root message of a channel conversation
	ActivityID   string

	Person     Person
	Submission Submission
	Requests   []Request
	Followers  []Request // what came of asking for the same again
}

// LeaseCard takes on the drawing of a card. It is nil if nothing is owed, and
// ErrLeased if somebody else is at it.
func (s *Store) LeaseCard(ctx context.Context, id int64) (*CardToDraw, error) {
	var c *CardToDraw
	err := s.inTx(ctx, func(tx pgx.Tx) (err error) {
		c, err = lease(ctx, tx, id)
		if err != nil || c == nil {
			return err
		}
		if c.Requests, err = requestsOf(ctx, tx, "r.submission_id = $1", c.Submission.ID); err != nil {
			return err
		}
		c.Followers, err = requestsOf(ctx, tx, `r.submission_id IN (
			SELECT s.id FROM submissions s WHERE s.asked ? 'follows' AND s.asked->>'follows' = $1)`, c.Submission.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lease card %d: %w", id, err)
	}
	if c == nil {
		return nil, nil
	}
	if c.Person, err = s.Person(ctx, c.Submission.Person); err != nil {
		return nil, err
	}
	return c, nil
}

func lease(ctx context.Context, tx pgx.Tx, id int64) (*CardToDraw, error) {
	var drawn, leased bool
	var submissionID string
	c := CardToDraw{ID: id}
	// The row lock makes the answer and the lease one step.
	err := tx.QueryRow(ctx, `
		SELECT p.drawn >= p.wanted, coalesce(p.leased_until > now(), false), p.wanted, p.submission_id, p.thread, coalesce(p.activity_id, ''),
		       coalesce(c.id, ''), coalesce(c.tenant_id, ''), coalesce(c.kind, ''), coalesce(c.service_url, '')
		FROM posted_cards p LEFT JOIN conversations c ON c.id = p.conversation_id
		WHERE p.id = $1 FOR UPDATE OF p`, id).Scan(&drawn, &leased, &c.Revision, &submissionID, &c.Thread, &c.ActivityID,
		&c.Conversation.ID, &c.Conversation.TenantID, &c.Conversation.Kind, &c.Conversation.ServiceURL)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && drawn:
		return nil, nil
	case err != nil:
		return nil, err
	case leased:
		return nil, ErrLeased
	}
	if c.Submission, err = submissionWhere(ctx, tx, "s.id = $1", submissionID); err != nil {
		return nil, err
	}
	return &c, tx.QueryRow(ctx, `
		UPDATE posted_cards SET lease = nextval('leases'), leased_until = now() + $2::interval
		WHERE id = $1 RETURNING lease`, id, LeaseLasts).Scan(&c.Lease)
}

// CardDrawn notes that the leased card stands in the conversation as that
// activity at its revision, and gives the lease back. Only who still holds the
// lease is heard. What became due meanwhile is owed anew.
func (s *Store) CardDrawn(ctx context.Context, c *CardToDraw, conversationID, activityID string) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var behind bool
		err := tx.QueryRow(ctx, `
			UPDATE posted_cards
			SET drawn = $3, conversation_id = $4, activity_id = $5, leased_until = NULL
			WHERE id = $1 AND lease = $2
			RETURNING wanted > drawn`, c.ID, c.Lease, c.Revision, conversationID, activityID).Scan(&behind)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil || !behind {
			return err
		}
		return s.owe(ctx, tx, DrawCard{c.ID})
	})
	if err != nil {
		return fmt.Errorf("note card %d as drawn: %w", c.ID, err)
	}
	return nil
}

// CardNotDrawn gives the lease of a card back undone. gone says that the posted
// message is no longer there: the next drawing posts a new one.
func (s *Store) CardNotDrawn(ctx context.Context, c *CardToDraw, gone bool) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE posted_cards SET leased_until = NULL, activity_id = CASE WHEN $3 THEN NULL ELSE activity_id END
		WHERE id = $1 AND lease = $2`, c.ID, c.Lease, gone)
	if err != nil {
		return fmt.Errorf("give card %d back: %w", c.ID, err)
	}
	return nil
}

// oweStory owes the person of a submission the card that tells of it.
func (s *Store) oweStory(ctx context.Context, tx pgx.Tx, sub Submission) error {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO posted_cards AS p (submission_id, tenant_id, object_id) VALUES ($1, $2, $3)
		ON CONFLICT (submission_id, tenant_id, object_id) DO UPDATE SET wanted = p.wanted + 1
		RETURNING id`, sub.ID, sub.Person.TenantID, sub.Person.ObjectID).Scan(&id)
	if err != nil {
		return err
	}
	return s.owe(ctx, tx, DrawCard{id})
}

// oweStories is oweStory, and a new state to the cards of the submission that
// this one follows.
func (s *Store) oweStories(ctx context.Context, tx pgx.Tx, sub Submission) error {
	if sub.Asked.Follows != "" {
		if err := s.wantCards(ctx, tx, sub.Asked.Follows); err != nil {
			return err
		}
	}
	return s.oweStory(ctx, tx, sub)
}

// wantCards owes a new state to every card that tells of a submission.
func (s *Store) wantCards(ctx context.Context, tx pgx.Tx, submissionID string) error {
	return s.oweCards(ctx, tx, `
		UPDATE posted_cards SET wanted = wanted + 1 WHERE submission_id = $1 RETURNING id`, submissionID)
}

// oweUndrawn owes a person every card that has not reached them.
func (s *Store) oweUndrawn(ctx context.Context, tx pgx.Tx, k PersonKey) error {
	return s.oweCards(ctx, tx, `
		SELECT id FROM posted_cards
		WHERE tenant_id = $1 AND object_id = $2 AND wanted > drawn`, k.TenantID, k.ObjectID)
}

func (s *Store) oweCards(ctx context.Context, tx pgx.Tx, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.owe(ctx, tx, DrawCard{id}); err != nil {
			return err
		}
	}
	return nil
}
