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

// giveBackLasts is how long it may take to give back what cannot be acted on.
const giveBackLasts = 400 * time.Millisecond

// Arrival is what every activity tells: who did it, and where.
type Arrival struct {
	ActivityID   string
	Conversation Conversation
	Person       PersonKey
	TeamsID      string
	Name         string
	Locale       string     // "" leaves what is remembered
	TimeZone     string     // IANA; "" leaves what is remembered
	Looks        bool       // it changes nothing, so that it need not be taken on: repeats may be acted on as well
	Also         []Question // are answered on the same trip; not to be looked at where Arrive fails
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
	var is visit
	var questions []Question
	if !a.Looks {
		questions = append(questions, a.askFirst(&is.first)) // first: see lockActivities
	}
	questions = append(append(questions, a.askWho(&is)), a.Also...)
	if err := s.trips.ask(ctx, questions...); err != nil {
		err = fmt.Errorf("take on activity %s: %w", a.ActivityID, err)
		if errors.Is(err, errUnread) {
			err = errors.Join(err, s.giveBack(ctx, a, is.first))
		}
		return Person{}, false, nil, err
	}
	first = a.Looks || is.first
	if !is.knows(a) {
		if err := s.trips.askAlone(ctx, a.askToRemember(&is)); err != nil {
			return Person{}, false, nil, errors.Join(fmt.Errorf("remember who did %s: %w", a.ActivityID, err), s.giveBack(ctx, a, first))
		}
	}
	if is.behind && first {
		if err := s.inTx(ctx, func(tx pgx.Tx) error { return s.oweUndrawn(ctx, tx, a.Person) }); err != nil {
			return Person{}, false, nil, errors.Join(fmt.Errorf("owe %s what has waited: %w", a.Person.ObjectID, err), s.giveBack(ctx, a, first))
		}
	}
	if a.Conversation.Kind == "personal" {
		is.person.Chat = a.Conversation // the statement saw the place as it was before
	}
	if first {
		return is.person, true, nil, nil
	}
	answer, err = s.AnswerTo(ctx, a.Conversation.ID, a.ActivityID)
	return is.person, false, answer, err
}

// giveBack releases what has just been taken on, for a moment even when the time
// for it is over.
func (s *Store) giveBack(ctx context.Context, a Arrival, taken bool) error {
	if !taken || a.Looks {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackLasts)
	defer cancel()
	return s.Release(ctx, a.Conversation.ID, a.ActivityID)
}

// visit is what is known of an arrival.
type visit struct {
	person Person
	there  bool // the person is remembered
	behind bool // they have cards that have not reached them
	first  bool

	serviceURL, closed string // of the place; "" where it is not remembered
}

// knows says that there is nothing about an arrival that is not remembered yet.
func (v visit) knows(a Arrival) bool {
	p, said := v.person, func(now, before string) bool { return now == "" || now == before }
	return v.there && v.serviceURL == a.Conversation.ServiceURL && v.closed == "" &&
		p.TeamsID == a.TeamsID && said(a.Name, p.Name) && said(a.Locale, p.Locale) && said(a.TimeZone, p.TimeZone) &&
		(a.Conversation.Kind != "personal" || p.Chat.ID == a.Conversation.ID)
}

// askFirst takes the activity on.
func (a Arrival) askFirst(first *bool) Question {
	return Question{
		`
		INSERT INTO activities AS a (conversation_id, activity_id) VALUES ($1, $2)
		ON CONFLICT (conversation_id, activity_id) DO UPDATE SET claimed_at = now()
		WHERE a.answered_at IS NULL AND a.claimed_at < now() - $3::interval`,
		[]any{a.Conversation.ID, a.ActivityID, claimLasts},
		func(rows pgx.Rows) error {
			rows.Close()
			*first = rows.CommandTag().RowsAffected() == 1
			return rows.Err()
		},
	}
}

// isBehind says that a person whose own chat this is has cards that have not
// reached them: $1 and $2 are the person, and $3 is the kind of place.
const isBehind = `$3 = 'personal' AND EXISTS (
			SELECT FROM posted_cards b LEFT JOIN conversations at ON at.id = b.conversation_id
			WHERE b.tenant_id = $1 AND b.object_id = $2 AND b.wanted > b.drawn AND at.leased_until IS NULL)`

// askWho asks what is remembered of the person and the place.
func (a Arrival) askWho(v *visit) Question {
	return Question{
		`
		SELECT ` + personColumns + `, ` + isBehind + `, coalesce(place.service_url, ''), coalesce(place.closed, '')
		FROM people p LEFT JOIN conversations c ON c.id = p.conversation_id LEFT JOIN conversations place ON place.id = $4
		WHERE p.tenant_id = $1 AND p.object_id = $2`,
		[]any{a.Person.TenantID, a.Person.ObjectID, a.Conversation.Kind, a.Conversation.ID},
		func(rows pgx.Rows) (err error) {
			v.person, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Person, error) {
				return scanPerson(row, &v.behind, &v.serviceURL, &v.closed)
			})
			if v.there = err == nil; errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		},
	}
}

// askToRemember writes down what an arrival tells of the person and the place.
func (a Arrival) askToRemember(v *visit) Question {
	return Question{
		`
		WITH place AS (
			INSERT INTO conversations (id, tenant_id, kind, service_url)
			VALUES ($4, $5, $3, $6)
			ON CONFLICT (id) DO UPDATE SET service_url = excluded.service_url, closed = '', updated_at = now()
			WHERE conversations.service_url <> excluded.service_url OR conversations.closed <> ''
		), who AS (
			INSERT INTO people AS p (tenant_id, object_id, teams_id, name, locale, time_zone, conversation_id)
			VALUES ($1, $2, $7, $8, $9, $10, CASE WHEN $3 = 'personal' THEN $4 END)
			ON CONFLICT (tenant_id, object_id) DO UPDATE SET
				teams_id = excluded.teams_id,
				name = coalesce(nullif(excluded.name, ''), p.name),
				locale = coalesce(nullif(excluded.locale, ''), p.locale),
				time_zone = coalesce(nullif(excluded.time_zone, ''), p.time_zone),
				conversation_id = coalesce(excluded.conversation_id, p.conversation_id)
			RETURNING *
		)
		SELECT ` + personColumns + `, ` + isBehind + `
		FROM who p LEFT JOIN conversations c ON c.id = p.conversation_id`,
		[]any{
			a.Person.TenantID, a.Person.ObjectID, a.Conversation.Kind, a.Conversation.ID, a.Conversation.TenantID, a.Conversation.ServiceURL,
			a.TeamsID, a.Name, a.Locale, a.TimeZone,
		},
		func(rows pgx.Rows) (err error) {
			v.person, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Person, error) { return scanPerson(row, &v.behind) })
			return err
		},
	}
}

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
