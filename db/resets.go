package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AwaitReset owes a person a look whether their new credentials are there.
type AwaitReset struct {
	TenantID  string `json:"tenant_id"`
	ObjectID  string `json:"object_id"`
	RequestID string `json:"request_id"`
	SessionID string `json:"session_id,omitempty"`
	Number    int64  `json:"number"` // of the reset
}

// Kind implements river.JobArgs.
func (AwaitReset) Kind() string { return "await_reset" }

// System is what is being reset.
func (j AwaitReset) System() System { return System{j.RequestID, j.SessionID} }

// Person is who has asked for it.
func (j AwaitReset) Person() PersonKey { return PersonKey{j.TenantID, j.ObjectID} }

// StartReset notes, before Apono is told, that the credentials of a system are
// being reset, and owes a look at it after a while. Number is of how its details
// stood for who pressed: only the first of several presses is ok. A look that
// somebody is having, which began after busy, is not disturbed.
func (s *Store) StartReset(ctx context.Context, x System, number int64, by PersonKey, now, busy time.Time, after time.Duration) (d Details, ok bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		d, err = detailsOf(ctx, tx, x)
		if err != nil {
			return err
		}
		where := `state IN ('open', 'viewed')`
		if d.State == DetailsClaimed && !d.At.After(busy) {
			where = `state = 'claimed'` // whoever had it has died
		}
		ok, err = s.turnDetails(ctx, tx, x, detailsTurn{
			where: where, number: number, to: DetailsResetting, now: now, renumber: true,
			by: by, action: AuditReset, outcome: "begun",
		})
		if err != nil {
			return err
		}
		if d, err = detailsOf(ctx, tx, x); err != nil || !ok {
			return err
		}
		return s.oweAfter(ctx, tx, AwaitReset{by.TenantID, by.ObjectID, x.RequestID, x.SessionID, d.Number}, after)
	})
	if err != nil {
		return Details{}, false, fmt.Errorf("start the reset of %s: %w", x, err)
	}
	return d, ok, nil
}

// ResetFailed notes that a reset did not come about: the old credentials are
// what there is.
func (s *Store) ResetFailed(ctx context.Context, x System, number int64, note DetailsNote, by PersonKey, now time.Time) error {
	return s.endReset(ctx, x, detailsTurn{
		number: number, to: DetailsViewed, note: note, now: now, by: by, action: AuditReset, outcome: "failed",
	}, "")
}

// ReopenDetails notes that new credentials are there, as far as is known, and
// owes the person a message of it.
func (s *Store) ReopenDetails(ctx context.Context, x System, number int64, note DetailsNote, by PersonKey, now time.Time) error {
	outcome := "done"
	if note == DetailsUntold {
		outcome = "unknown"
	}
	return s.endReset(ctx, x, detailsTurn{
		number: number, to: DetailsOpen, note: note, now: now, by: by, action: AuditReset, outcome: outcome,
	}, ToldReset)
}

// ReadableAgain notes that there was nothing to reset: the details have no
// secret, and can be read again.
func (s *Store) ReadableAgain(ctx context.Context, x System, number int64, by PersonKey, now time.Time) error {
	return s.endReset(ctx, x, detailsTurn{
		number: number, to: DetailsOpen, now: now, by: by, action: AuditReset, outcome: "refused",
	}, "")
}

func (s *Store) endReset(ctx context.Context, x System, t detailsTurn, tell CardKind) error {
	t.where = `state = 'resetting'`
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		done, err := s.turnDetails(ctx, tx, x, t)
		if err != nil || !done || tell == "" {
			return err
		}
		return s.oweNews(ctx, tx, tell, x.RequestID, t.by, t.now)
	})
	if err != nil {
		return fmt.Errorf("end reset %d of %s: %w", t.number, x, err)
	}
	return nil
}

// oweNews owes one person a message about a request, once for what happened at
// that time.
func (s *Store) oweNews(ctx context.Context, tx pgx.Tx, kind CardKind, requestID string, to PersonKey, at time.Time) error {
	return s.oweCards(ctx, tx, `
		INSERT INTO posted_cards (kind, request_id, submission_id, tenant_id, object_id, conversation_id, urgent, wanted_at, warns_of)
		SELECT $1, r.id, r.submission_id, p.tenant_id, p.object_id, p.conversation_id, true, now(), $5
		FROM requests r, people p
		WHERE r.id = $2 AND p.tenant_id = $3 AND p.object_id = $4
		ON CONFLICT DO NOTHING
		RETURNING conversation_id, urgent`, kind, requestID, to.TenantID, to.ObjectID, at)
}
