package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Turn is a replica's turn at regular work that one does for all.
type Turn struct {
	Name  string
	lease int64
}

// TakeTurn gives a turn at that work if it is due and nobody else is at it. It
// lasts so long, or until KeepTurn or EndTurn; whoever dies with it holds the
// others up no longer. Work that was never done is due after every.
func (s *Store) TakeTurn(ctx context.Context, name string, every, lasts time.Duration) (t Turn, ok bool, err error) {
	t.Name = name
	err = s.pool.QueryRow(ctx, `
		INSERT INTO sweeps AS w (name, next_at) VALUES ($1, clock_timestamp() + $2::interval)
		ON CONFLICT (name) DO UPDATE SET lease = nextval('leases'), began_at = clock_timestamp(),
			next_at = clock_timestamp() + $2::interval, leased_until = clock_timestamp() + $3::interval
		WHERE w.next_at <= clock_timestamp() AND coalesce(w.leased_until <= clock_timestamp(), true)
		RETURNING lease`, name, every, lasts).Scan(&t.lease)
	if errors.Is(err, pgx.ErrNoRows) {
		return Turn{}, false, nil
	}
	if err != nil {
		return Turn{}, false, fmt.Errorf("take the turn at %s: %w", name, err)
	}
	return t, t.lease > 0, nil
}

// KeepTurn makes a turn last longer. It is false if another replica has it.
func (s *Store) KeepTurn(ctx context.Context, t Turn, lasts time.Duration) (kept bool, err error) {
	tag, err := s.pool.Exec(ctx, `
		UPDATE sweeps SET leased_until = clock_timestamp() + $3::interval WHERE name = $1 AND lease = $2`, t.Name, t.lease, lasts)
	if err != nil {
		return false, fmt.Errorf("keep the turn at %s: %w", t.Name, err)
	}
	return tag.RowsAffected() > 0, nil
}

// EndTurn gives a turn back; complete says that all of the work was done.
func (s *Store) EndTurn(ctx context.Context, t Turn, complete bool) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE sweeps SET leased_until = NULL, ended_at = CASE WHEN $3 THEN clock_timestamp() ELSE ended_at END
		WHERE name = $1 AND lease = $2`, t.Name, t.lease, complete)
	if err != nil {
		return fmt.Errorf("end the turn at %s: %w", t.Name, err)
	}
	return nil
}

// BringForward makes that work due now, but no sooner than apart after it last
// began.
func (s *Store) BringForward(ctx context.Context, name string, apart time.Duration) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO sweeps AS w (name, next_at) VALUES ($1, clock_timestamp())
		ON CONFLICT (name) DO UPDATE
		SET next_at = least(w.next_at, greatest(clock_timestamp(), w.began_at + $2::interval))
		WHERE w.next_at > greatest(clock_timestamp(), w.began_at + $2::interval)`, name, apart)
	if err != nil {
		return fmt.Errorf("bring %s forward: %w", name, err)
	}
	return nil
}

// SinceTurn is how long ago any replica last completed that work. ever is false
// if none has.
func (s *Store) SinceTurn(ctx context.Context, name string) (age time.Duration, ever bool, err error) {
	var since *time.Duration
	err = s.pool.QueryRow(ctx, `
		SELECT clock_timestamp() - max(ended_at) FROM sweeps WHERE name = $1`, name).Scan(&since)
	if err != nil {
		return 0, false, fmt.Errorf("look up the last %s: %w", name, err)
	}
	if since == nil {
		return 0, false, nil
	}
	return *since, true, nil
}
