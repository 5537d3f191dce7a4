package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Conversation is a place where the bot can speak.
type Conversation struct {
	ID         string // as Teams names it, without ";messageid=…"
	TenantID   string
	Kind       string // personal, groupChat or channel
	ServiceURL string // the connector that reaches it
}

// claimLasts is how long an activity that was taken on counts as being worked
// on. After that a repeat is acted on anew: whoever had it has died.
const claimLasts = 10 * time.Second

// Arrival is what every activity tells: who did it, and where.
type Arrival struct {
	ActivityID   string
	Conversation Conversation
	Person       PersonKey
	TeamsID      string
	Name         string
	Locale       string // "" leaves what is remembered
	TimeZone     string // IANA; "" leaves what is remembered
	Standing     bool   // tell how the person's requests stand as well
}

// Answer is what was answered to an activity over HTTP.
type Answer struct {
	Status int
	Body   []byte
}

// Arrive refreshes what is remembered of the person and the place, and takes
// the activity on. A card that waited until the person can be reached is owed
// anew. Only the first caller gets first; the others get the answer
// that the first one gave, or none while it is not there yet.
func (s *Store) Arrive(ctx context.Context, a Arrival) (p Person, first bool, answer *Answer, err error) {
	var behind bool
	var standing Standing
	var batch pgx.Batch
	batch.Queue(arrive,
		a.Conversation.ID, a.Conversation.TenantID, a.Conversation.Kind, a.Conversation.ServiceURL,
		a.ActivityID, a.Person.TenantID, a.Person.ObjectID, a.TeamsID, a.Name, a.Locale, a.TimeZone, claimLasts).Query(func(rows pgx.Rows) (err error) {
		p, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Person, error) { return scanPerson(row, &first, &behind) })
		return err
	})
	if a.Standing {
		batch.Queue(countStanding, a.Person.TenantID, a.Person.ObjectID).Query(standing.read)
	}
	if err := s.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return Person{}, false, nil, fmt.Errorf("take on activity %s: %w", a.ActivityID, err)
	}
	if a.Standing {
		p.Standing = &standing
	}
	if behind && first {
		if err := s.inTx(ctx, func(tx pgx.Tx) error { return s.oweUndrawn(ctx, tx, a.Person) }); err != nil {
			return Person{}, false, nil, fmt.Errorf("owe %s what has waited: %w", a.Person.ObjectID, err)
		}
	}
	if a.Conversation.Kind == "personal" {
		p.Chat = a.Conversation // the statement saw the place as it was before
	}
	if first {
		return p, true, nil, nil
	}
	answer, err = s.AnswerTo(ctx, a.Conversation.ID, a.ActivityID)
	return p, false, answer, err
}

// arrive is the one statement that every activity costs before it is acted on.
const arrive = `
		WITH place AS (
			INSERT INTO conversations (id, tenant_id, kind, service_url)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET service_url = excluded.service_url, closed = '', updated_at = now()
			WHERE conversations.service_url <> excluded.service_url OR conversations.closed <> ''
		), claim AS (
			INSERT INTO activities AS a (conversation_id, activity_id) VALUES ($1, $5)
			ON CONFLICT (conversation_id, activity_id) DO UPDATE SET claimed_at = now()
			WHERE a.answered_at IS NULL AND a.claimed_at < now() - $12::interval
			RETURNING 1
		), who AS (
			INSERT INTO people AS p (tenant_id, object_id, teams_id, name, locale, time_zone, conversation_id)
			VALUES ($6, $7, $8, $9, $10, $11, CASE WHEN $3 = 'personal' THEN $1 END)
			ON CONFLICT (tenant_id, object_id) DO UPDATE SET
				teams_id = excluded.teams_id,
				name = coalesce(nullif(excluded.name, ''), p.name),
				locale = coalesce(nullif(excluded.locale, ''), p.locale),
				time_zone = coalesce(nullif(excluded.time_zone, ''), p.time_zone),
				conversation_id = coalesce(excluded.conversation_id, p.conversation_id)
			WHERE p.teams_id <> excluded.teams_id
				OR excluded.name NOT IN ('', p.name)
				OR excluded.locale NOT IN ('', p.locale)
				OR excluded.time_zone NOT IN ('', p.time_zone)
				OR excluded.conversation_id <> coalesce(p.conversation_id, '')
				OR NOT EXISTS (SELECT FROM people WHERE tenant_id = $6 AND object_id = $7) -- came at the same time
			RETURNING *
		), person AS (
			SELECT * FROM who
			UNION ALL
			SELECT * FROM people WHERE tenant_id = $6 AND object_id = $7 AND NOT EXISTS (SELECT FROM who)
		)
		SELECT ` + personColumns + `, EXISTS (SELECT FROM claim) AS first, $3 = 'personal' AND EXISTS (
			SELECT FROM posted_cards b LEFT JOIN conversations at ON at.id = b.conversation_id
			WHERE b.tenant_id = $6 AND b.object_id = $7 AND b.wanted > b.drawn AND at.leased_until IS NULL) AS behind
		FROM person p LEFT JOIN conversations c ON c.id = p.conversation_id`

// AnswerTo is what was answered to an activity; nil while that is not known.
func (s *Store) AnswerTo(ctx context.Context, conversationID, activityID string) (*Answer, error) {
	var status *int
	var a Answer
	err := s.pool.QueryRow(ctx, `
		SELECT status, answer FROM activities
		WHERE conversation_id = $1 AND activity_id = $2`, conversationID, activityID).Scan(&status, &a.Body)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && status == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up the answer to %s: %w", activityID, err)
	}
	a.Status = *status
	return &a, nil
}

// Release gives back an activity that failed, so that a repeat is acted on.
func (s *Store) Release(ctx context.Context, conversationID, activityID string) error {
	_, err := s.pool.Exec(ctx, `
		DELETE FROM activities
		WHERE conversation_id = $1 AND activity_id = $2 AND answered_at IS NULL`, conversationID, activityID)
	if err != nil {
		return fmt.Errorf("release activity %s: %w", activityID, err)
	}
	return nil
}

// Conversation is what is remembered of a place, or ErrNotFound.
func (s *Store) Conversation(ctx context.Context, id string) (Conversation, error) {
	c := Conversation{ID: id}
	err := s.pool.QueryRow(ctx, `
		SELECT tenant_id, kind, service_url FROM conversations WHERE id = $1`, id).Scan(&c.TenantID, &c.Kind, &c.ServiceURL)
	if errors.Is(err, pgx.ErrNoRows) {
		return Conversation{}, fmt.Errorf("conversation %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Conversation{}, fmt.Errorf("look up conversation %s: %w", id, err)
	}
	return c, nil
}

// withoutNUL takes the one character out of encoded JSON that Postgres does not
// take, and leaves an escaped backslash before the same letters alone.
var withoutNUL = strings.NewReplacer(`\\`, `\\`, `\u0000`, ``)

// marshal encodes what the bot keeps as JSON. Its types cannot fail to encode.
func marshal(v any) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return json.RawMessage(withoutNUL.Replace(string(b))), nil
}
