package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Link is a person's own Apono token, as somebody who has no key of LINK_KEYS
// can see it.
type Link struct {
	Person      PersonKey
	KeyID       string // of the key that opens it
	Sealed      []byte
	AponoID     string // whose token it was when it was checked
	ConnectedAt time.Time
}

// Link is the token that a person has connected, or ErrNotFound.
func (s *Store) Link(ctx context.Context, k PersonKey) (Link, error) {
	l := Link{Person: k}
	err := s.pool.QueryRow(ctx, `
		SELECT key_id, sealed, apono_id, connected_at FROM apono_links
		WHERE tenant_id = $1 AND object_id = $2`, k.TenantID, k.ObjectID).Scan(&l.KeyID, &l.Sealed, &l.AponoID, &l.ConnectedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Link{}, fmt.Errorf("link of %s: %w", k.ObjectID, ErrNotFound)
	}
	if err != nil {
		return Link{}, fmt.Errorf("look up the link of %s: %w", k.ObjectID, err)
	}
	return l, nil
}

// AnyLink says whether anybody has connected a token.
func (s *Store) AnyLink(ctx context.Context) (any bool, err error) {
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM apono_links)`).Scan(&any); err != nil {
		return false, fmt.Errorf("look for links: %w", err)
	}
	return any, nil
}

// RememberLink keeps a person's token, in the place of the one before.
// ErrNotFound says that they are not the Apono user any more whose it is.
func (s *Store) RememberLink(ctx context.Context, l Link) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO apono_links (tenant_id, object_id, key_id, sealed, apono_id, connected_at)
			SELECT tenant_id, object_id, $4, $5, apono_id, $6 FROM people
			WHERE tenant_id = $1 AND object_id = $2 AND apono_id = $3 FOR SHARE
			ON CONFLICT (tenant_id, object_id) DO UPDATE SET
				key_id = excluded.key_id, sealed = excluded.sealed, apono_id = excluded.apono_id, connected_at = excluded.connected_at`,
			l.Person.TenantID, l.Person.ObjectID, l.AponoID, l.KeyID, l.Sealed, l.ConnectedAt)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return audit(ctx, tx, l.Person, AuditEntry{Action: AuditConnect, Outcome: "done"})
	})
	if err != nil {
		return fmt.Errorf("remember the link of %s: %w", l.Person.ObjectID, err)
	}
	return nil
}

// Reseal puts the same token under another key, unless it has been replaced
// since it was read.
func (s *Store) Reseal(ctx context.Context, was Link, keyID string, sealed []byte) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE apono_links SET key_id = $4, sealed = $5
		WHERE tenant_id = $1 AND object_id = $2 AND sealed = $3`,
		was.Person.TenantID, was.Person.ObjectID, was.Sealed, keyID, sealed)
	if err != nil {
		return fmt.Errorf("reseal the link of %s: %w", was.Person.ObjectID, err)
	}
	return nil
}

// Why a token is forgotten, for the audit.
const (
	DroppedByPerson  = "by the person"
	DroppedByApono   = "Apono does not take it any more"
	DroppedNoAccount = "no active account in Apono"
	droppedOtherUser = "another Apono user"
)

// DropLink forgets the token that a person has connected; with sealed only if it
// is that one still.
func (s *Store) DropLink(ctx context.Context, k PersonKey, sealed []byte, why string) (dropped bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		dropped, err = dropLink(ctx, tx, k, why, `$3::bytea IS NULL OR sealed = $3`, sealed)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("drop the link of %s: %w", k.ObjectID, err)
	}
	return dropped, nil
}

// dropLink forgets a person's token, if it is as the condition on $3 says.
func dropLink(ctx context.Context, tx pgx.Tx, k PersonKey, why, condition string, arg any) (dropped bool, err error) {
	tag, err := tx.Exec(ctx, `
		DELETE FROM apono_links
		WHERE tenant_id = $1 AND object_id = $2 AND (`+condition+`)`, k.TenantID, k.ObjectID, arg)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	return true, audit(ctx, tx, k, AuditEntry{Action: AuditDisconnect, Outcome: "done", Detail: map[string]string{"why": why}})
}
