package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Request is one of Apono's access requests, as last read.
type Request struct {
	ID           string
	FriendlyID   string
	Names        []string // every other name it goes by; not read back
	SubmissionID string
	About        string   // integrations and resource types; "" where Apono did not tell
	Integrations []string // ids of the integrations it lies in; none where Apono did not tell
	Status       aponoapi.Status
	Reading      int64     // number of the reading that told the status
	GrantedAt    time.Time // when the access began, as Apono tells, else first seen Granted
	EndsAt       time.Time // when it will end; zero while that is not known. Set by the store
	DecidedBy    string    // who approved or rejected; "" where Apono did not tell
	Reason       string    // their words; "" where Apono did not tell
	EndedAt      time.Time // when it ended, as Apono tells, else first seen over
	LookAt       time.Time // when the sweep reads it again; zero when it is over
	CreatedAt    time.Time // when it was asked for, or first remembered
	RevokedHere  bool      // somebody has ended it through the bot
	Review       Review    // what approvers are told; set by RecordReview
	DecidedAt    time.Time // when it was first seen decided; zero before that
	Details      []Details // how its access details stand, as far as anybody asked for them; not recorded

	// What follows is recorded if it is set, and not read back.

	// ToldSince is when the reading began, by the clock of the database: looks
	// that were owed before are made with it.
	ToldSince time.Time

	ReadAt time.Time // when it was read, by the bot's clock: of a decision that is new

	V4ID     string        // how v4 names it
	BeganAt  time.Time     // when the access began, as Apono tells: wins over first seen
	Duration time.Duration // as Apono tells; 0: as it was asked for

	Untold bool // Apono may tell later why it stands so: it is owed to be asked

	Tell CardKind // the message that this status deserves when it is new; "": none
}

// askedDuration is how long submission s asked for; null for no end.
const askedDuration = `nullif((s.asked ->> 'duration')::bigint, 0) / 1000 * interval '1 microsecond'`

// NextReading is the number of a reading that is about to be made.
func (s *Store) NextReading(ctx context.Context) (n int64, err error) {
	if err := s.pool.QueryRow(ctx, `SELECT nextval('readings')`).Scan(&n); err != nil {
		return 0, fmt.Errorf("number a reading: %w", err)
	}
	return n, nil
}

// RecordStatus remembers what reading r.Reading told of a request, and owes an
// update to every card that shows it, and once the message that a new status
// deserves. The first times of grant and end stay, but that of one that was
// Gone: it may have come back. A reading with a lower number than the recorded
// one is ignored, and so is one that overlapped with it and tells of an earlier
// part of the request's life: it was answered first.
func (s *Store) RecordStatus(ctx context.Context, r Request) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		submissionID, changed, turned, err := record(ctx, tx, r)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // an older reading than the recorded one
		}
		if err != nil {
			return err
		}
		if err := insertNames(ctx, tx, r); err != nil || !changed {
			return err
		}
		if turned && r.Untold {
			if err := s.oweAfter(ctx, tx, ExplainRequest{r.ID}, ExplainAgain); err != nil {
				return err
			}
		}
		if turned && r.Status == aponoapi.Pending {
			if err := s.owe(ctx, tx, AnnounceRequest{r.ID}); err != nil {
				return err
			}
		}
		tell := turned && r.Tell != ""
		if err := s.wantCardsOf(ctx, tx, submissionID, r.ID, tell); err != nil || !tell {
			return err
		}
		return s.oweMessage(ctx, tx, r.Tell, r.ID)
	})
	if err != nil {
		return fmt.Errorf("record the status of request %s: %w", r.ID, err)
	}
	return nil
}

// lifeOf is how far a status is in the life of a request, which goes one way.
func lifeOf(status string) string {
	return `CASE ` + status + ` WHEN 'granting' THEN 1 WHEN 'granted' THEN 2 WHEN 'revoking' THEN 3
		WHEN 'rejected' THEN 4 WHEN 'failed' THEN 4 WHEN 'revoked' THEN 4 WHEN 'expired' THEN 4 ELSE 0 END`
}

// record is the row of RecordStatus. changed says that cards show something of
// it that they did not before, turned that it is the status.
func record(ctx context.Context, tx pgx.Tx, r Request) (submissionID string, changed, turned bool, err error) {
	err = tx.QueryRow(ctx, `
		WITH before AS (
			SELECT r.*, `+askedDuration+` AS asked, coalesce($9, r.granted_at, $5) AS began
			FROM requests r JOIN submissions s ON s.id = r.submission_id
			WHERE r.id = $1 FOR UPDATE OF r)
		UPDATE requests SET status = $2, reading = $3, look_at = $4,
			friendly_id = coalesce(nullif($7, ''), before.friendly_id),
			about = coalesce(nullif($8, ''), before.about),
			integrations = coalesce(nullif($13, '{}'::text[]), before.integrations),
			granted_at = before.began,
			v4_id = coalesce(nullif($14, ''), before.v4_id),
			look_owed_at = CASE WHEN before.look_owed_at < $15 THEN NULL ELSE before.look_owed_at END,
			changed_at = CASE WHEN before.status = $2 THEN before.changed_at ELSE clock_timestamp() END,
			ended_at = coalesce(CASE WHEN before.status <> 'gone' THEN before.ended_at END, $6),
			ends_at = coalesce(before.began + nullif($10::interval, '0'), before.ends_at, before.began + before.asked),
			decided_by = coalesce(nullif($11, ''), before.decided_by),
			reason = coalesce(nullif($12, ''), before.reason),
			decided_at = coalesce(before.decided_at, CASE WHEN before.status IN ('pending', 'pending_mfa')
				AND $2 IN ('granting', 'granted', 'rejected') THEN $16::timestamptz END)
		FROM before
		WHERE requests.id = $1 AND requests.reading < $3
			AND (coalesce($15 >= before.changed_at, true) OR `+lifeOf("$2::text")+` >= `+lifeOf("before.status")+`)
		RETURNING requests.submission_id,
			(before.status, before.friendly_id, before.about, before.ends_at, before.decided_by, before.reason)
			IS DISTINCT FROM (requests.status, requests.friendly_id, requests.about, requests.ends_at,
				requests.decided_by, requests.reason),
			before.status <> requests.status`,
		r.ID, r.Status, r.Reading, timeOrNull(r.LookAt), timeOrNull(r.GrantedAt), timeOrNull(r.EndedAt), r.FriendlyID, r.About,
		timeOrNull(r.BeganAt), r.Duration, r.DecidedBy, r.Reason, r.Integrations, r.V4ID,
		timeOrNull(r.ToldSince), timeOrNull(r.ReadAt),
	).Scan(&submissionID, &changed, &turned)
	return submissionID, changed, turned, err
}

// Explained adds what Apono has told of a decision since its status was
// recorded, and owes it to the cards that show the request.
func (s *Store) Explained(ctx context.Context, r Request) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var submissionID string
		var changed bool
		err := tx.QueryRow(ctx, `
			WITH before AS (SELECT * FROM requests WHERE id = $1 FOR UPDATE)
			UPDATE requests SET granted_at = coalesce($2, before.granted_at),
				ends_at = coalesce(before.ends_at + ($2 - before.granted_at), before.ends_at),
				decided_by = coalesce(nullif(before.decided_by, ''), $3),
				reason = coalesce(nullif(before.reason, ''), $4)
			FROM before WHERE requests.id = before.id
			RETURNING requests.submission_id, (before.ends_at, before.decided_by, before.reason)
				IS DISTINCT FROM (requests.ends_at, requests.decided_by, requests.reason)`,
			r.ID, timeOrNull(r.BeganAt), r.DecidedBy, r.Reason).Scan(&submissionID, &changed)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !changed {
			return nil
		}
		if err != nil {
			return err
		}
		return s.wantCardsOf(ctx, tx, submissionID, r.ID, false)
	})
	if err != nil {
		return fmt.Errorf("explain request %s: %w", r.ID, err)
	}
	return nil
}

// Request is what is remembered of a request, by any of its names, or
// ErrNotFound.
func (s *Store) Request(ctx context.Context, name string) (Request, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+requestColumns+` FROM requests r
		WHERE r.id = (SELECT request_id FROM request_names WHERE name = $1)`, name)
	if err != nil {
		return Request{}, fmt.Errorf("look up request %q: %w", name, err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRequest)
	if errors.Is(err, pgx.ErrNoRows) {
		return Request{}, fmt.Errorf("request %q: %w", name, ErrNotFound)
	}
	if err != nil {
		return Request{}, fmt.Errorf("look up request %q: %w", name, err)
	}
	return r, nil
}

// KnownRequests says which of the names belong to requests that are remembered.
func (s *Store) KnownRequests(ctx context.Context, names []string) (map[string]bool, error) {
	rows, err := s.pool.Query(ctx, `SELECT name FROM request_names WHERE name = ANY ($1)`, names)
	if err != nil {
		return nil, fmt.Errorf("look up %d requests: %w", len(names), err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look up %d requests: %w", len(names), err)
	}
	known := make(map[string]bool, len(found))
	for _, name := range found {
		known[name] = true
	}
	return known, nil
}

// RevokedHere notes that somebody has ended requests through the bot.
func (s *Store) RevokedHere(ctx context.Context, names []string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE requests SET revoked_here = true
		WHERE id IN (SELECT request_id FROM request_names WHERE name = ANY ($1))`, names)
	if err != nil {
		return fmt.Errorf("note the end of %d requests: %w", len(names), err)
	}
	return nil
}

const requestColumns = `r.id, r.friendly_id, r.submission_id, r.about, nullif(r.integrations, '{}'), r.status, r.reading,
	r.granted_at, r.ended_at, r.look_at, r.created_at, r.ends_at, r.decided_by, r.reason, r.revoked_here, r.review, r.decided_at, ` + detailsColumn

func scanRequest(row pgx.CollectableRow) (Request, error) {
	return scanRequestAnd(row)
}

// scanRequestAnd reads requestColumns and what follows them.
func scanRequestAnd(row pgx.CollectableRow, more ...any) (Request, error) {
	var r Request
	var granted, ended, look, ends, decided *time.Time
	err := row.Scan(append([]any{
		&r.ID, &r.FriendlyID, &r.SubmissionID, &r.About, &r.Integrations, &r.Status, &r.Reading,
		&granted, &ended, &look, &r.CreatedAt, &ends, &r.DecidedBy, &r.Reason, &r.RevokedHere,
		&r.Review, &decided, &r.Details,
	}, more...)...)
	r.GrantedAt, r.EndedAt, r.LookAt, r.EndsAt, r.DecidedAt = timeOf(granted), timeOf(ended), timeOf(look), timeOf(ends), timeOf(decided)
	return r, err
}

// insertRequest remembers a request that Apono has just told of, and owes it to
// approvers if it waits for them. One that another submission has is left to it.
func (s *Store) insertRequest(ctx context.Context, tx pgx.Tx, submissionID string, r Request) error {
	tag, err := tx.Exec(ctx, `
		INSERT INTO requests (id, submission_id, friendly_id, status, reading, granted_at, ended_at, look_at, about,
			ends_at, decided_by, reason, integrations, v4_id, created_at)
		SELECT $1, s.id, $3, $4, $5, $6::timestamptz, $7, $8, $9,
			$6 + coalesce(nullif($10::interval, '0'), `+askedDuration+`), $11, $12, coalesce($13, '{}'::text[]), $14, s.asked_at
		FROM submissions s WHERE s.id = $2
		ON CONFLICT (id) DO NOTHING`,
		r.ID, submissionID, r.FriendlyID, r.Status, r.Reading,
		timeOrNull(cmp.Or(r.BeganAt, r.GrantedAt)), timeOrNull(r.EndedAt), timeOrNull(r.LookAt), r.About,
		r.Duration, r.DecidedBy, r.Reason, r.Integrations, r.V4ID)
	if err != nil {
		return fmt.Errorf("remember request %s: %w", r.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("request %s: %w", r.ID, ErrTaken)
	}
	if err := insertNames(ctx, tx, r); err != nil || r.Status != aponoapi.Pending {
		return err
	}
	return s.owe(ctx, tx, AnnounceRequest{r.ID})
}

// insertNames remembers by what names a request goes.
func insertNames(ctx context.Context, tx pgx.Tx, r Request) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO request_names (name, request_id)
		SELECT DISTINCT name, $2::text FROM unnest($1::text[]) name WHERE name <> ''
		ON CONFLICT (name) DO NOTHING`, append([]string{r.ID, r.FriendlyID}, r.Names...), r.ID)
	if err != nil {
		return fmt.Errorf("remember the names of request %s: %w", r.ID, err)
	}
	return nil
}

// releaseRequest takes a request from another submission, which was given it by
// mistake and has to look for its own again.
func (s *Store) releaseRequest(ctx context.Context, tx pgx.Tx, submissionID, requestID string) error {
	var robbed SettleSubmission
	err := tx.QueryRow(ctx, `
		WITH taken AS (
			DELETE FROM requests WHERE id = $1 AND submission_id <> $2 RETURNING submission_id
		)
		UPDATE submissions s SET state = 'sending' FROM taken
		WHERE s.id = taken.submission_id AND s.state <> 'elsewhere' RETURNING s.id, s.attempt`, requestID, submissionID,
	).Scan(&robbed.SubmissionID, &robbed.Attempt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("release request %s: %w", requestID, err)
	}
	if err := s.owe(ctx, tx, robbed); err != nil {
		return err
	}
	return s.wantCards(ctx, tx, robbed.SubmissionID)
}

// RequestsOf are the requests of a submission, in the order in which its card
// shows them.
func (s *Store) RequestsOf(ctx context.Context, submissionID string) ([]Request, error) {
	requests, err := requestsOf(ctx, s.pool, "r.submission_id = $1", submissionID)
	if err != nil {
		return nil, fmt.Errorf("list the requests of submission %s: %w", submissionID, err)
	}
	return requests, nil
}

// requestsOf are the requests that a condition on a submission names, oldest
// first.
func requestsOf(ctx context.Context, q querier, condition, submissionID string) ([]Request, error) {
	rows, err := q.Query(ctx, `
		SELECT `+requestColumns+` FROM requests r
		WHERE `+condition+` ORDER BY r.created_at, r.id`, submissionID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRequest)
}
