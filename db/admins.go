package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// IsAdmin says that one of the addresses, in small letters, led to this person
// before.
func (s *Store) IsAdmin(ctx context.Context, addresses []string, k PersonKey) (is bool, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM admins WHERE email = ANY ($1) AND tenant_id = $2 AND object_id = $3)`,
		addresses, k.TenantID, k.ObjectID).Scan(&is)
	if err != nil {
		return false, fmt.Errorf("look up admin %s: %w", k.ObjectID, err)
	}
	return is, nil
}

// ResolveAdmin notes that an address, in small letters, leads to this person,
// unless it has led to somebody else before, and says whether it is theirs.
func (s *Store) ResolveAdmin(ctx context.Context, address string, k PersonKey) (is bool, err error) {
	err = s.pool.QueryRow(ctx, `
		INSERT INTO admins AS a (email, tenant_id, object_id) VALUES ($1, $2, $3)
		ON CONFLICT (email) DO UPDATE SET email = a.email
		RETURNING a.tenant_id = $2 AND a.object_id = $3`, address, k.TenantID, k.ObjectID).Scan(&is)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("resolve admin %s: %w", k.ObjectID, err)
	}
	return is, nil
}
