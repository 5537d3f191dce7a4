package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AuditAction is what somebody did, or tried to.
type AuditAction string

// What the audit tells of.
const (
	AuditConnect    AuditAction = "connect"
	AuditDisconnect AuditAction = "disconnect"
	AuditWatch      AuditAction = "watch"
	AuditUnwatch    AuditAction = "unwatch"
	AuditApprove    AuditAction = "approve"
	AuditReject     AuditAction = "reject"
	AuditDetails    AuditAction = "details" // access details were asked for
	AuditReset      AuditAction = "reset"   // credentials were to be reset
)

// AuditEntry is one row of the audit, as it is written.
type AuditEntry struct {
	Action  AuditAction
	Request string            // Apono's id; "" if it is about none
	Outcome string            // done, refused, failed, unknown …
	Detail  map[string]string // never secrets, never words of people
}

// Audit adds a row about what a person did. The audit knows them by a random id
// of their own.
func (s *Store) Audit(ctx context.Context, k PersonKey, e AuditEntry) error {
	return s.inTx(ctx, func(tx pgx.Tx) error { return audit(ctx, tx, k, e) })
}

// audit is Audit inside another method's transaction. Somebody who has been
// erased meanwhile gets no id any more.
func audit(ctx context.Context, tx pgx.Tx, k PersonKey, e AuditEntry) error {
	detail := e.Detail
	if detail == nil {
		detail = map[string]string{}
	}
	_, err := tx.Exec(ctx, `
		WITH known AS (
			SELECT id FROM audit_people WHERE tenant_id = $1 AND object_id = $2
		), new AS (
			INSERT INTO audit_people AS p (tenant_id, object_id)
			SELECT tenant_id, object_id FROM people
			WHERE tenant_id = $1 AND object_id = $2 AND NOT EXISTS (SELECT FROM known)
			ON CONFLICT (tenant_id, object_id) DO UPDATE SET id = p.id -- somebody else's is returned, too
			RETURNING id
		)
		INSERT INTO audit (person, action, request, outcome, detail)
		SELECT coalesce((SELECT id FROM known), (SELECT id FROM new)), $3, $4, $5, $6`,
		k.TenantID, k.ObjectID, e.Action, e.Request, e.Outcome, detail)
	if err != nil {
		return fmt.Errorf("audit %s by %s: %w", e.Action, k.ObjectID, err)
	}
	return nil
}

// AuditRow is one row of the audit, as it is read.
type AuditRow struct {
	ID      int64             `json:"id"`
	At      time.Time         `json:"at"`
	Person  string            `json:"person,omitempty"` // random; "" for who had been erased before
	Name    string            `json:"name,omitempty"`   // as now, "" once they are erased
	Email   string            `json:"email,omitempty"`
	Action  AuditAction       `json:"action"`
	Request string            `json:"request,omitempty"`
	Outcome string            `json:"outcome"`
	Detail  map[string]string `json:"detail,omitempty"`
}

// Audited calls each for the rows from since on and before until, the oldest
// first, as the database sends them: there may be more than fit into memory.
// Zero times are no bounds. An error of each ends it.
func (s *Store) Audited(ctx context.Context, since, until time.Time, each func(AuditRow) error) error {
	rows, err := s.pool.Query(ctx, `
		SELECT a.id, a.at, coalesce(a.person::text, ''), coalesce(p.name, ''), coalesce(p.email, ''),
		       a.action, a.request, a.outcome, a.detail
		FROM audit a
		LEFT JOIN audit_people m ON m.id = a.person
		LEFT JOIN people p ON p.tenant_id = m.tenant_id AND p.object_id = m.object_id
		WHERE ($1::timestamptz IS NULL OR a.at >= $1) AND ($2::timestamptz IS NULL OR a.at < $2)
		ORDER BY a.at, a.id`, timeOrNull(since), timeOrNull(until))
	if err != nil {
		return fmt.Errorf("read the audit: %w", err)
	}
	var r AuditRow
	var detail []byte
	_, err = pgx.ForEachRow(rows, []any{
		&r.ID, &r.At, &r.Person, &r.Name, &r.Email, &r.Action, &r.Request, &r.Outcome, &detail,
	}, func() error {
		r.At, r.Detail = r.At.UTC(), nil
		if err := json.Unmarshal(detail, &r.Detail); err != nil {
			return err
		}
		return each(r)
	})
	if err != nil {
		return fmt.Errorf("read the audit: %w", err)
	}
	return nil
}
