package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Review is what approvers are told of a request beside what was asked, as last
// read. What is not known is zero.
type Review struct {
	Requester Party `json:"requester,omitzero"` // who submitted it
	Grantee   Party `json:"grantee,omitzero"`   // who receives the access

	Approvers      []Approver `json:"approvers,omitempty"`
	AllMustApprove bool       `json:"all_must_approve,omitempty"` // of a tier; else any one
	ReasonRequired bool       `json:"reason_required,omitempty"`
	Reading        int64      `json:"reading,omitempty"` // that told of the approvers

	Before *Before `json:"before,omitempty"` // as it was when the request came up
}

// Party is a person in a request, as Apono knows them.
type Party struct {
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Approver is somebody who was asked to decide, or a group of them.
type Approver struct {
	Name     string            `json:"name"`
	Type     string            `json:"type,omitempty"` // user, group, …, as Apono spells it
	Decision aponoapi.Decision `json:"decision"`
	Tier     int               `json:"tier,omitempty"` // 1 is asked first; 0: not told
}

// Before is what the person who is to receive an access asked for before.
type Before struct {
	FirstTime bool          `json:"first_time"`        // none of the resources was asked for before
	Last      []Past        `json:"last,omitempty"`    // the newest first
	Overlap   []string      `json:"overlap,omitempty"` // ids, as people read them, of what is granted now and has the same resources
	Usual     time.Duration `json:"usual,omitempty"`   // how long they usually ask for; 0: not known
}

// Past is a request of before, and how it ended or stands.
type Past struct {
	ID     string          `json:"id"`              // as people read it
	About  string          `json:"about"`           // the integration or bundle
	Names  []string        `json:"names,omitempty"` // the first of the resources, where they are known by name
	Count  int             `json:"count,omitempty"` // how many resources
	Status aponoapi.Status `json:"status"`
}

// ToReview is a request that waits for a decision.
type ToReview struct {
	Request
	Submission Submission
	Email      string // of who asked for it here, as the roster says; "" of what was made elsewhere
}

// IsFor says that the request is of those that a watch is for.
func (t ToReview) IsFor(w Watch) bool {
	a := t.Submission.Asked
	ids, names := t.Integrations, []string{a.Integration.Name}
	if len(ids) == 0 {
		ids = []string{a.Integration.ID}
		for _, u := range a.Units {
			ids, names = append(ids, u.Integration.ID), append(names, u.Integration.Name)
		}
	}
	return slices.ContainsFunc([]string{t.Email, t.Review.Requester.Email, t.Review.Grantee.Email}, func(email string) bool {
		return w.Matches(ids, names, a.Bundle, email)
	})
}

// PendingMatching is how many requests that wait for a decision a watch would
// show, of those that the bot remembers.
func (s *Store) PendingMatching(ctx context.Context, w Watch) (n int, err error) {
	pending, err := s.Pending(ctx, PendingRead)
	for _, t := range pending {
		if t.IsFor(w) {
			n++
		}
	}
	return n, err
}

// PendingAtOnce bounds how many requests that wait are shown in a channel that
// has just begun to watch, and PendingRead among how many they are looked for:
// the oldest ones.
const (
	PendingAtOnce = 500
	PendingRead   = 10_000
)

// The jobs that approvers' cards owe.

// AnnounceRequest owes a request that waits for approval a card wherever it is
// watched for.
type AnnounceRequest struct {
	RequestID string `json:"request_id"`
}

// Kind implements river.JobArgs.
func (AnnounceRequest) Kind() string { return "announce_request" }

// AnnouncePending owes a channel that has begun to watch the cards of what waits
// for approval already.
type AnnouncePending struct {
	ConversationID string `json:"conversation_id"`
}

// Kind implements river.JobArgs.
func (AnnouncePending) Kind() string { return "announce_pending" }

// Place is where a card for approvers is to stand: a channel, or somebody's own
// chat.
type Place struct {
	ConversationID string
	TimeZone       string    // IANA, of a channel
	Locale         string    // of a channel
	Person         PersonKey // zero in a channel
	Since          time.Time // now, by the bot's clock
}

// OweReview owes a request that waits for approval a card in a place, once. A
// channel that does not watch any more is owed none.
func (s *Store) OweReview(ctx context.Context, requestID string, p Place) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		if p.Person != (PersonKey{}) {
			return s.oweCards(ctx, tx, `
				INSERT INTO posted_cards (kind, request_id, submission_id, tenant_id, object_id, conversation_id, urgent, wanted_at,
					asks_since, redraw_at)
				SELECT $1, r.id, r.submission_id, p.tenant_id, p.object_id, p.conversation_id, true, now(), $5::timestamptz, $5::timestamptz + $6::interval
				FROM requests r, people p
				WHERE r.id = $2 AND r.status = 'pending' AND p.tenant_id = $3 AND p.object_id = $4
				ON CONFLICT DO NOTHING
				RETURNING conversation_id, urgent`, ToReviewHere, requestID, p.Person.TenantID, p.Person.ObjectID, p.Since, redrawFirst)
		}
		return s.oweCards(ctx, tx, `
			INSERT INTO posted_cards (kind, request_id, submission_id, conversation_id, time_zone, locale, urgent, wanted_at,
				asks_since, redraw_at)
			SELECT $1, r.id, r.submission_id, c.id, $4, $5, true, now(), $6::timestamptz, $6::timestamptz + $7::interval
			FROM requests r, conversations c
			WHERE r.id = $2 AND r.status = 'pending' AND c.id = $3 AND EXISTS (SELECT FROM watches w WHERE w.conversation_id = c.id)
			ON CONFLICT DO NOTHING
			RETURNING conversation_id, urgent`, ToReviewHere, requestID, p.ConversationID, p.TimeZone, p.Locale, p.Since, redrawFirst)
	})
	if err != nil {
		return fmt.Errorf("owe a card for the approvers of request %s: %w", requestID, err)
	}
	return nil
}

// StandsIn says that a card for the approvers of a request, by any of its names,
// stands in a conversation.
func (s *Store) StandsIn(ctx context.Context, name, conversationID string) (stands bool, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM posted_cards b JOIN request_names n ON n.request_id = b.request_id
			WHERE n.name = $1 AND b.conversation_id = $2 AND b.kind = $3)`, name, conversationID, ToReviewHere).Scan(&stands)
	if err != nil {
		return false, fmt.Errorf("look for the card of request %q: %w", name, err)
	}
	return stands, nil
}

// RecordReview adds what was read of a request for its approvers, and owes it to
// their cards. What is zero in r stays as it was. A reading with a lower number
// than the recorded one is ignored.
func (s *Store) RecordReview(ctx context.Context, requestID string, r Review) error {
	body, err := marshal(r)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		var changed bool
		err := tx.QueryRow(ctx, `
			WITH before AS (SELECT review FROM requests WHERE id = $1 FOR UPDATE)
			UPDATE requests SET review = before.review || $2::jsonb FROM before
			WHERE id = $1 AND coalesce(($2::jsonb ->> 'reading')::bigint > (before.review ->> 'reading')::bigint, true)
			RETURNING before.review - 'reading' IS DISTINCT FROM requests.review - 'reading'`, requestID, body).Scan(&changed)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !changed {
			return nil
		}
		if err != nil {
			return err
		}
		return s.oweCards(ctx, tx, `
			UPDATE posted_cards SET wanted = wanted + 1, wanted_at = coalesce(wanted_at, now()), failed_at = NULL
			WHERE request_id = $1 AND kind = $2
			RETURNING conversation_id, urgent`, requestID, ToReviewHere)
	})
	if err != nil {
		return fmt.Errorf("record what approvers are told of request %s: %w", requestID, err)
	}
	return nil
}

// ToReview is a request by any of its names, with what was asked, or
// ErrNotFound.
func (s *Store) ToReview(ctx context.Context, name string) (ToReview, error) {
	all, err := s.toReview(ctx, `r.id = (SELECT request_id FROM request_names WHERE name = $1)`, name)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return ToReview{}, fmt.Errorf("look up request %q: %w", name, err)
	}
	return all[0], nil
}

// Pending are up to limit requests that wait for a decision, the oldest first.
func (s *Store) Pending(ctx context.Context, limit int) ([]ToReview, error) {
	all, err := s.toReview(ctx, `r.status = 'pending' ORDER BY r.created_at, r.id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list what waits for a decision: %w", err)
	}
	return all, nil
}

// WithoutApprovers are up to limit requests that wait for a decision and of which
// nobody has told yet who decides: the newest ones, and as many others by chance,
// so that each has its turn however many nobody can tell of.
func (s *Store) WithoutApprovers(ctx context.Context, limit int) ([]ToReview, error) {
	all, err := s.toReview(ctx, `r.status = 'pending' AND r.friendly_id <> '' AND NOT r.review ? 'approvers'
		ORDER BY row_number() OVER (ORDER BY r.created_at DESC, r.id) > $1 / 2, random() LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list what waits and nobody knows for whom: %w", err)
	}
	return all, nil
}

func (s *Store) toReview(ctx context.Context, condition string, arg any) ([]ToReview, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+requestColumns+`, `+submissionColumns+`, coalesce(p.email, '')
		FROM requests r
		JOIN submissions s ON s.id = r.submission_id
		LEFT JOIN people p ON p.tenant_id = s.tenant_id AND p.object_id = s.object_id
		WHERE `+condition, arg)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (ToReview, error) {
		var t ToReview
		var asked json.RawMessage
		var k personOrNobody
		sub := &t.Submission
		r, err := scanRequestAnd(row, &sub.ID, &sub.DraftID, &k.tenant, &k.object, &asked, &sub.Attempt, &sub.State, &sub.Refusal, &sub.AskedAt,
			&t.Email)
		if err != nil {
			return t, err
		}
		t.Request, sub.Person = r, k.key()
		return t, json.Unmarshal(asked, &sub.Asked)
	})
}

// personOrNobody is the person of a submission or a card, which may have none.
type personOrNobody struct{ tenant, object *string }

func (p personOrNobody) key() (k PersonKey) {
	if p.tenant != nil && p.object != nil {
		k = PersonKey{*p.tenant, *p.object}
	}
	return k
}

// OfGrantee are the newest requests that the bot knows of for an Apono user, the
// newest first.
func (s *Store) OfGrantee(ctx context.Context, aponoID string, limit int) ([]ToReview, error) {
	all, err := s.toReview(ctx, fmt.Sprintf(`
		s.asked ->> 'apono_user_id' = $1 ORDER BY r.created_at DESC, r.id LIMIT %d`, limit), aponoID)
	if err != nil {
		return nil, fmt.Errorf("list the requests of Apono user %s: %w", aponoID, err)
	}
	return all, nil
}

// Watched says that somebody wants to see what waits for approval: a channel, or
// an approver in their own chat.
func (s *Store) Watched(ctx context.Context) (watched bool, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM watches) OR EXISTS (SELECT FROM people WHERE approvals)`).Scan(&watched)
	if err != nil {
		return false, fmt.Errorf("look for who watches: %w", err)
	}
	return watched, nil
}

// Reviewers are the connected people whose tasks are worth reading now: those
// who want them in their own chats, and while a card stands somewhere that waits
// for a decision all others, too.
func (s *Store) Reviewers(ctx context.Context) ([]Person, error) {
	rows, err := s.pool.Query(ctx, `
		WITH waiting AS (
			SELECT EXISTS (
				SELECT FROM requests r JOIN posted_cards b ON b.request_id = r.id AND b.kind = $1
				WHERE r.status = 'pending') AS cards)
		SELECT `+personColumns+`
		FROM apono_links l
		JOIN people p ON p.tenant_id = l.tenant_id AND p.object_id = l.object_id
		LEFT JOIN conversations c ON c.id = p.conversation_id
		WHERE p.approvals OR (SELECT cards FROM waiting)
		ORDER BY p.tenant_id, p.object_id`, ToReviewHere)
	if err == nil {
		people, failed := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Person, error) { return scanPerson(row) })
		if failed == nil {
			return people, nil
		}
		err = failed
	}
	return nil, fmt.Errorf("list who approves: %w", err)
}

// SetApprovals notes whether a person wants what they have to decide in their
// own chat.
func (s *Store) SetApprovals(ctx context.Context, k PersonKey, on bool) error {
	_, err := s.pool.Exec(ctx, `UPDATE people SET approvals = $3 WHERE tenant_id = $1 AND object_id = $2`, k.TenantID, k.ObjectID, on)
	if err != nil {
		return fmt.Errorf("set the approvals of %s: %w", k.ObjectID, err)
	}
	return nil
}

// requesterOf is the person of a submission, if the bot knows them.
func requesterOf(ctx context.Context, q querier, sub Submission) (Person, error) {
	p, err := personWhere(ctx, q, sub.Person)
	if errors.Is(err, ErrNotFound) {
		return Person{}, nil
	}
	return p, err
}
