package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DetailsState is who has had the look at access details.
type DetailsState string

// The states of access details.
const (
	DetailsOpen      DetailsState = "open"      // nobody, as far as the bot knows
	DetailsClaimed   DetailsState = "claimed"   // somebody is being shown them, or was when a bot died
	DetailsViewed    DetailsState = "viewed"    // somebody: they must be reset first
	DetailsResetting DetailsState = "resetting" // Apono is making new credentials
)

// DetailsNote is what was special about how details came to stand so.
type DetailsNote string

// The notes.
const (
	DetailsMasked   DetailsNote = "masked"    // viewed: elsewhere, Apono showed stars
	DetailsUnclear  DetailsNote = "unclear"   // viewed: perhaps; the answer got lost or came too late
	DetailsNotReset DetailsNote = "not_reset" // viewed: and the reset that was asked for has failed
	DetailsSlow     DetailsNote = "slow"      // viewed: and the reset takes too long
	DetailsRenewed  DetailsNote = "renewed"   // open: after a reset of which Apono has told
	DetailsUntold   DetailsNote = "untold"    // open: after a reset of which Apono does not tell
)

// System is what has access details of its own: one of Apono's sessions that
// serve a request, or the request as a whole.
type System struct {
	RequestID string
	SessionID string // "": all of the request, as one text
}

// Details is how the access details of a system stand, and nothing of what is
// in them.
type Details struct {
	SessionID string       `json:"session"`
	Name      string       `json:"name"` // of the system, as people read it
	State     DetailsState `json:"state"`
	Number    int64        `json:"number"` // of the last claim or reset
	At        time.Time    `json:"at"`     // since when
	Note      DetailsNote  `json:"note"`
}

// detailsColumn are the details of request r as JSON.
const detailsColumn = `(
	SELECT json_agg(json_build_object('session', d.session_id, 'name', d.name, 'state', d.state, 'number', d.number,
		'at', d.at, 'note', d.note) ORDER BY d.name, d.session_id)
	FROM details d WHERE d.request_id = r.id)`

// KnowSystem remembers a system, so that there is something to claim or to
// reset, and says how its details stand.
func (s *Store) KnowSystem(ctx context.Context, x System, name string, now time.Time) (d Details, err error) {
	if d, err = detailsOf(ctx, s.pool, x); err == nil && d.Name == name {
		return d, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO details AS d (request_id, session_id, name, number, at) VALUES ($1, $2, $3, nextval('details_numbers'), $4)
			ON CONFLICT (request_id, session_id) DO UPDATE SET name = excluded.name`,
			x.RequestID, x.SessionID, name, now)
		if err != nil {
			return err
		}
		d, err = detailsOf(ctx, tx, x)
		return err
	})
	if err != nil {
		return Details{}, fmt.Errorf("look up the details of %s: %w", x, err)
	}
	return d, nil
}

// Details says how the details of a system stand; ErrNotFound if nobody has asked
// for them.
func (s *Store) Details(ctx context.Context, x System) (Details, error) {
	d, err := detailsOf(ctx, s.pool, x)
	if err != nil {
		return Details{}, fmt.Errorf("look up the details of %s: %w", x, err)
	}
	return d, nil
}

// String names a system in errors.
func (x System) String() string { return "request " + x.RequestID + ", session " + x.SessionID }

func detailsOf(ctx context.Context, q querier, x System) (Details, error) {
	rows, err := q.Query(ctx, `
		SELECT session_id, name, state, number, at, note FROM details
		WHERE request_id = $1 AND session_id = $2`, x.RequestID, x.SessionID)
	if err != nil {
		return Details{}, err
	}
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Details])
	if errors.Is(err, pgx.ErrNoRows) {
		return Details{}, ErrNotFound
	}
	return d, err
}

// ClaimDetails takes the one look at the details of a system. Only the first
// caller gets a claim, to be given back by its number; ok is false for the others,
// who get how it stands.
func (s *Store) ClaimDetails(ctx context.Context, x System, by PersonKey, now time.Time) (d Details, ok bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		ok, err = s.turnDetails(ctx, tx, x, detailsTurn{
			where: `state = 'open'`, to: DetailsClaimed, now: now, renumber: true,
			by: by, action: AuditDetails, outcome: "begun",
		})
		if err != nil {
			return err
		}
		d, err = detailsOf(ctx, tx, x)
		return err
	})
	if err != nil {
		return Details{}, false, fmt.Errorf("claim the details of %s: %w", x, err)
	}
	return d, ok, nil
}

// ReleaseDetails gives a claim back: Apono has shown nothing. A claim that is not
// the current one any more changes nothing, here and in what follows.
func (s *Store) ReleaseDetails(ctx context.Context, x System, claim int64, by PersonKey, now time.Time) error {
	return s.endClaim(ctx, x, claim, detailsTurn{
		to: DetailsOpen, now: now, by: by, action: AuditDetails, outcome: "failed",
	})
}

// DetailsShown notes that the look of a claim is gone, and with a note whether
// the person has seen anything.
func (s *Store) DetailsShown(ctx context.Context, x System, claim int64, note DetailsNote, by PersonKey, now time.Time) error {
	outcome := "done"
	if note != "" {
		outcome = string(note)
	}
	return s.endClaim(ctx, x, claim, detailsTurn{
		to: DetailsViewed, note: note, now: now, by: by, action: AuditDetails, outcome: outcome,
	})
}

func (s *Store) endClaim(ctx context.Context, x System, claim int64, t detailsTurn) error {
	t.where, t.number = `state = 'claimed'`, claim
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		_, err := s.turnDetails(ctx, tx, x, t)
		return err
	})
	if err != nil {
		return fmt.Errorf("end claim %d of the details of %s: %w", claim, x, err)
	}
	return nil
}

// FreshDetails notes that Apono says the details can be read, although the bot
// thought that they were: they have been reset elsewhere, or nobody has read
// them. Number is of what was thought.
func (s *Store) FreshDetails(ctx context.Context, x System, number int64, now time.Time) (d Details, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		_, err := s.turnDetails(ctx, tx, x, detailsTurn{
			where: `state IN ('claimed', 'viewed')`, number: number, to: DetailsOpen, now: now, renumber: true,
		})
		if err != nil {
			return err
		}
		d, err = detailsOf(ctx, tx, x)
		return err
	})
	if err != nil {
		return Details{}, fmt.Errorf("note fresh details of %s: %w", x, err)
	}
	return d, nil
}

// detailsTurn is one step in the life of details.
type detailsTurn struct {
	where    string // what they must stand at, in our own words
	number   int64  // and under which number; 0: any
	to       DetailsState
	note     DetailsNote
	now      time.Time
	renumber bool // it is a claim or a reset

	// For the audit, where there is something to tell.
	by      PersonKey
	action  AuditAction
	outcome string
}

// turnDetails takes a step, if it may be taken from where the details stand, and
// owes it to every card that shows the request.
func (s *Store) turnDetails(ctx context.Context, tx pgx.Tx, x System, t detailsTurn) (done bool, err error) {
	var submissionID string
	err = tx.QueryRow(ctx, `
		UPDATE details d SET state = $4, note = $5, at = $6,
			number = CASE WHEN $7 THEN nextval('details_numbers') ELSE d.number END
		FROM requests r
		WHERE d.request_id = $1 AND d.session_id = $2 AND ($3 = 0 OR d.number = $3) AND r.id = d.request_id AND d.`+t.where+`
		RETURNING r.submission_id`, x.RequestID, x.SessionID, t.number, t.to, t.note, t.now, t.renumber).Scan(&submissionID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := s.wantDetailsOf(ctx, tx, submissionID, x.RequestID); err != nil || t.action == "" {
		return true, err
	}
	entry := AuditEntry{Action: t.action, Request: x.RequestID, Outcome: t.outcome}
	if x.SessionID != "" {
		entry.Detail = map[string]string{"session": x.SessionID}
	}
	return true, audit(ctx, tx, t.by, entry)
}

// wantDetailsOf owes a new state to every card that tells how the details of a
// request stand.
func (s *Store) wantDetailsOf(ctx context.Context, tx pgx.Tx, submissionID, requestID string) error {
	return s.oweCards(ctx, tx, `
		UPDATE posted_cards SET wanted = wanted + 1, wanted_at = coalesce(wanted_at, now()), failed_at = NULL,
			urgent = urgent OR kind = 'story'
		WHERE submission_id = $1 AND (request_id IS NULL OR request_id = $2) AND kind = ANY ($3)
		RETURNING conversation_id, urgent`, submissionID, requestID, []CardKind{Story, ToldGranted, ToldReset})
}
