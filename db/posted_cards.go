package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// CardKind is what a posted card is there for.
type CardKind string

// The kinds of cards. All but the story are about one request, and must not be
// missed.
const (
	Story        CardKind = "story" // tells of a submission from its beginning to its end
	ToldGranted  CardKind = "granted"
	ToldRejected CardKind = "rejected"
	ToldFailed   CardKind = "failed"
	ToldMFA      CardKind = "mfa"    // Apono wants to be sure who it is
	ToldEnding   CardKind = "ending" // the access ends soon
	ToldEnded    CardKind = "ended"
	ToldReset    CardKind = "reset" // there are new credentials

	// For approvers, in a channel or in their own chats.
	ToReviewHere CardKind = "review"
	StillWaits   CardKind = "review_waits" // in the thread of the card before
)

// CardToDraw is a posted card whose newest state is owed, with all that it
// shows.
type CardToDraw struct {
	ID         int64
	Kind       CardKind
	RequestID  string // whom a message is about; "" for a story
	Revision   int    // what is about to be drawn
	Thread     string // root message of a channel conversation
	ActivityID string // "" until it stands in its conversation
	Posts      int    // how often it was posted
	Due        time.Time

	Person     Person // whose card it is; zero in a channel
	Requester  Person // whose submission it is, of a card for approvers; zero if the bot does not know them
	TimeZone   string // IANA, of a channel
	Locale     string // of a channel, such as "de-DE"
	Submission Submission
	Requests   []Request
	Followers  []Request // what came of asking for the same again
}

// nextCard is the order in which a conversation's cards are delivered.
const nextCard = `failed_at NULLS FIRST, urgent DESC, wanted_at, id`

// NextCard is the card to deliver next into the leased conversation: what is
// urgent first, then what has waited longest, and last what Teams did not take
// before. It is nil if nothing is owed.
func (s *Store) NextCard(ctx context.Context, l *Lease) (*CardToDraw, error) {
	c := new(CardToDraw)
	var submissionID string
	var k personOrNobody
	err := s.pool.QueryRow(ctx, `
		SELECT id, kind, coalesce(request_id, ''), wanted, thread, coalesce(activity_id, ''), posts,
		       coalesce(wanted_at, now()), time_zone, locale, submission_id, tenant_id, object_id
		FROM posted_cards WHERE conversation_id = $1 AND wanted > drawn
		ORDER BY `+nextCard+` LIMIT 1`, l.Conversation.ID).Scan(
		&c.ID, &c.Kind, &c.RequestID, &c.Revision, &c.Thread, &c.ActivityID, &c.Posts, &c.Due, &c.TimeZone, &c.Locale,
		&submissionID, &k.tenant, &k.object)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		// What is read after the revision is at least as new.
		err = c.read(ctx, s.pool, submissionID, k.key())
	}
	if err != nil {
		return nil, fmt.Errorf("read what is owed to %s: %w", l.Conversation.ID, err)
	}
	return c, nil
}

// CopyOf is a posted card as it is to be drawn now, a person's own or one for
// approvers in a channel, if the activity that shows it is not the one that is
// known to, or none is yet: Teams took a message and the answer got lost. It is
// nil otherwise, also where the card is somebody else's.
func (s *Store) CopyOf(ctx context.Context, k PersonKey, card int64, conversationID, activityID string) (*CardToDraw, error) {
	c := &CardToDraw{ID: card, ActivityID: activityID}
	var submissionID string
	var whose personOrNobody
	err := s.pool.QueryRow(ctx, `
		SELECT kind, coalesce(request_id, ''), wanted, thread, time_zone, locale, submission_id, tenant_id, object_id FROM posted_cards
		WHERE id = $1 AND (tenant_id = $2 AND object_id = $3 OR object_id IS NULL)
			AND conversation_id = $4 AND activity_id IS DISTINCT FROM $5`,
		card, k.TenantID, k.ObjectID, conversationID, activityID,
	).Scan(&c.Kind, &c.RequestID, &c.Revision, &c.Thread, &c.TimeZone, &c.Locale, &submissionID, &whose.tenant, &whose.object)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = c.read(ctx, s.pool, submissionID, whose.key())
	}
	if err != nil {
		return nil, fmt.Errorf("look for a copy of card %d: %w", card, err)
	}
	return c, nil
}

// read fills in what the card shows.
func (c *CardToDraw) read(ctx context.Context, q querier, submissionID string, k PersonKey) (err error) {
	if c.Submission, err = submissionWhere(ctx, q, "s.id = $1", submissionID); err != nil {
		return err
	}
	if c.Requests, err = requestsOf(ctx, q, "r.submission_id = $1", submissionID); err != nil {
		return err
	}
	c.Followers, err = requestsOf(ctx, q, `r.submission_id IN (
		SELECT s.id FROM submissions s WHERE s.asked ? 'follows' AND s.asked->>'follows' = $1)`, submissionID)
	if err != nil {
		return err
	}
	if c.Kind == ToReviewHere || c.Kind == StillWaits {
		if c.Requester, err = requesterOf(ctx, q, c.Submission); err != nil {
			return err
		}
	}
	if k != (PersonKey{}) {
		c.Person, err = personWhere(ctx, q, k)
	}
	return err
}

// oweStory owes the person of a submission the card that tells of it.
func (s *Store) oweStory(ctx context.Context, tx pgx.Tx, sub Submission) error {
	return s.oweCards(ctx, tx, `
		INSERT INTO posted_cards AS b (submission_id, tenant_id, object_id, conversation_id, wanted_at)
		SELECT $1, p.tenant_id, p.object_id, p.conversation_id, now()
		FROM people p WHERE p.tenant_id = $2 AND p.object_id = $3
		ON CONFLICT (submission_id, tenant_id, object_id) WHERE kind = 'story'
		DO UPDATE SET wanted = b.wanted + 1, wanted_at = coalesce(b.wanted_at, now()), failed_at = NULL
		RETURNING conversation_id, urgent`, sub.ID, sub.Person.TenantID, sub.Person.ObjectID)
}

// oweGrantees owes the story of what is asked on behalf of somebody to them, as
// soon as the bot knows them: of the submissions s that fit.
func (s *Store) oweGrantees(ctx context.Context, tx pgx.Tx, fit string, arg any) error {
	return s.oweCards(ctx, tx, `
		INSERT INTO posted_cards AS b (submission_id, tenant_id, object_id, conversation_id, wanted_at)
		SELECT s.id, p.tenant_id, p.object_id, p.conversation_id, now()
		FROM submissions s JOIN people p ON p.apono_id = s.asked ->> 'apono_user_id' AND p.apono_id <> ''
		WHERE s.asked ? 'for' AND s.state = 'created' AND `+fit+`
			AND EXISTS (SELECT FROM requests r WHERE r.submission_id = s.id AND r.look_at IS NOT NULL)
			AND (p.tenant_id, p.object_id) <> (s.tenant_id, s.object_id)
		ON CONFLICT DO NOTHING
		RETURNING conversation_id, urgent`, arg)
}

// AwaitsGrantee says that something open was asked for on behalf of somebody
// whom the bot does not know yet.
func (s *Store) AwaitsGrantee(ctx context.Context) (awaits bool, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM submissions s JOIN requests r ON r.submission_id = s.id AND r.look_at IS NOT NULL
			WHERE s.asked ? 'for' AND NOT EXISTS (SELECT FROM people p WHERE p.apono_id = s.asked ->> 'apono_user_id'))`).Scan(&awaits)
	if err != nil {
		return false, fmt.Errorf("look for unknown grantees: %w", err)
	}
	return awaits, nil
}

// toldOf joins people p to submissions s: who asked, and whom it was asked for.
const toldOf = `JOIN people p ON p.tenant_id = s.tenant_id AND p.object_id = s.object_id
			OR s.asked ? 'for' AND p.apono_id = s.asked ->> 'apono_user_id' AND p.apono_id <> ''`

// oweStories is oweStory, and a new state to the cards of the submission that
// this one follows.
func (s *Store) oweStories(ctx context.Context, tx pgx.Tx, sub Submission) error {
	if sub.Asked.Follows != "" {
		if err := s.wantCards(ctx, tx, sub.Asked.Follows); err != nil {
			return err
		}
	}
	if sub.Asked.OnBehalf() {
		if err := s.oweGrantees(ctx, tx, `s.id = $1`, sub.ID); err != nil {
			return err
		}
	}
	return s.oweStory(ctx, tx, sub)
}

// oweMessage owes the person of a request a message about it, once.
func (s *Store) oweMessage(ctx context.Context, tx pgx.Tx, kind CardKind, requestID string) error {
	return s.oweCards(ctx, tx, `
		INSERT INTO posted_cards (kind, request_id, submission_id, tenant_id, object_id, conversation_id, urgent, wanted_at)
		SELECT $1, r.id, s.id, p.tenant_id, p.object_id, p.conversation_id, true, now()
		FROM requests r
		JOIN submissions s ON s.id = r.submission_id
		`+toldOf+`
		WHERE r.id = $2
		ON CONFLICT DO NOTHING
		RETURNING conversation_id, urgent`, kind, requestID)
}

// wantCards owes a new state to every card that tells of a submission.
func (s *Store) wantCards(ctx context.Context, tx pgx.Tx, submissionID string) error {
	return s.oweCards(ctx, tx, `
		UPDATE posted_cards SET wanted = wanted + 1, wanted_at = coalesce(wanted_at, now()), failed_at = NULL
		WHERE submission_id = $1
		RETURNING conversation_id, urgent`, submissionID)
}

// wantCardsOf owes a new state to every card that shows a request. Where it is
// urgent, the story goes before the messages of before.
func (s *Store) wantCardsOf(ctx context.Context, tx pgx.Tx, submissionID, requestID string, urgent bool) error {
	return s.oweCards(ctx, tx, `
		UPDATE posted_cards SET wanted = wanted + 1, wanted_at = coalesce(wanted_at, now()), failed_at = NULL,
			urgent = urgent OR $3 AND kind IN ('story', 'review')
		WHERE submission_id = $1 AND (request_id IS NULL OR request_id = $2)
		RETURNING conversation_id, urgent`, submissionID, requestID, urgent)
}

// oweUndrawn owes a person every card that has not reached them. What had no
// conversation yet belongs into their own chat.
func (s *Store) oweUndrawn(ctx context.Context, tx pgx.Tx, k PersonKey) error {
	return s.oweCards(ctx, tx, `
		UPDATE posted_cards b SET conversation_id = CASE WHEN b.activity_id IS NULL THEN p.conversation_id ELSE b.conversation_id END
		FROM people p
		WHERE b.tenant_id = $1 AND b.object_id = $2 AND b.wanted > b.drawn
		  AND p.tenant_id = b.tenant_id AND p.object_id = b.object_id
		RETURNING b.conversation_id, b.urgent`, k.TenantID, k.ObjectID)
}

// oweCards does what a statement says to posted cards, and owes a delivery to
// every conversation that it returns.
func (s *Store) oweCards(ctx context.Context, tx pgx.Tx, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	urgent := make(map[string]bool)
	var place *string
	var goesFirst bool
	if _, err := pgx.ForEachRow(rows, []any{&place, &goesFirst}, func() error {
		if place != nil {
			urgent[*place] = urgent[*place] || goesFirst
		}
		return nil
	}); err != nil {
		return err
	}
	for place, first := range urgent {
		if err := s.oweDelivery(ctx, tx, place, first); err != nil {
			return err
		}
	}
	return nil
}
