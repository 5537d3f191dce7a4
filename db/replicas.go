package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Replica is one running program of the bot.
type Replica struct {
	Version   string
	StartedAt time.Time
}

// Beat notes that a replica runs, and drops those that were last heard of that
// long ago.
func (s *Store) Beat(ctx context.Context, id, version string, gone time.Duration) error {
	_, err := s.pool.Exec(ctx, `
		WITH dropped AS (DELETE FROM replicas WHERE seen_at < now() - $3::interval AND id <> $1::uuid)
		INSERT INTO replicas (id, version) VALUES ($1::uuid, $2)
		ON CONFLICT (id) DO UPDATE SET seen_at = now()`, id, version, gone)
	if err != nil {
		return fmt.Errorf("note that this replica runs: %w", err)
	}
	return nil
}

// Leaves notes that a replica runs no more.
func (s *Store) Leaves(ctx context.Context, id string) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM replicas WHERE id = $1`, id); err != nil {
		return fmt.Errorf("note that this replica ends: %w", err)
	}
	return nil
}

// Replicas are those that were heard of within a time, the oldest first.
func (s *Store) Replicas(ctx context.Context, within time.Duration) ([]Replica, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT version, started_at FROM replicas WHERE seen_at > now() - $1::interval ORDER BY started_at, id`, within)
	if err != nil {
		return nil, fmt.Errorf("list the replicas: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Replica])
	if err != nil {
		return nil, fmt.Errorf("list the replicas: %w", err)
	}
	return all, nil
}

// Acquaintance is somebody whom the bot has met, and what keeps it from writing
// to them.
type Acquaintance struct {
	Person
	ConnectedAt time.Time // zero: they are not
	Closed      string    // why Teams does not take messages for them; "" if it does
}

// Acquaintances are those of that mail address: several where it was given to
// somebody else, or where people meet the bot in several tenants.
func (s *Store) Acquaintances(ctx context.Context, email string) ([]Acquaintance, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+personColumns+`, l.connected_at, coalesce(c.closed, '')
		FROM people p LEFT JOIN conversations c ON c.id = p.conversation_id
			LEFT JOIN apono_links l ON l.tenant_id = p.tenant_id AND l.object_id = p.object_id
		WHERE lower(p.email) = lower($1) AND $1 <> '' ORDER BY p.tenant_id, p.object_id LIMIT 10`, email)
	if err != nil {
		return nil, fmt.Errorf("look up who has an address: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Acquaintance, err error) {
		var connected *time.Time
		a.Person, err = scanPerson(row, &connected, &a.Closed)
		a.ConnectedAt = timeOf(connected)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("look up who has an address: %w", err)
	}
	return all, nil
}
