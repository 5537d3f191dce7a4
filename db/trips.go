package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// tripsAtOnce is how many trips to Postgres are under way at most, and
	// partiesAtOnce how many travel on one.
	tripsAtOnce   = 4
	partiesAtOnce = 32
	// tripLasts is how long one may take: longer than a press waits.
	tripLasts = 5 * time.Second
)

// Question is what Postgres is asked on a trip, and where the answer goes.
type Question struct {
	sql  string
	args []any
	read func(pgx.Rows) error // may be called again if Postgres ended what it was part of
}

// trips are the ways to Postgres and back that presses share: those who come at
// the same time ask together, which costs both sides about half.
type trips struct {
	mu       sync.Mutex
	waiting  []*party
	underWay int
}

// party is who wants several questions answered in one transaction.
type party struct {
	questions []Question
	failed    error // of what was read, which nobody else is concerned by
	back      chan error
}

// ask has questions answered in one transaction, which others may share and wait
// for: they must find what they are about by an index, and wait for no lock. What
// they read must not be looked at if that fails: it may still be on its way.
func (s *Store) ask(ctx context.Context, questions ...Question) error {
	p := &party{questions: questions, back: make(chan error, 1)}
	if together := s.trips.join(p); together != nil {
		// The others came before, so that their time ends before that of ctx.
		s.guide(ctx, together)
		if together = s.trips.next(); together != nil {
			go s.travel(together)
		}
	}
	select {
	case err := <-p.back:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join lets a party wait for the next trip, or tells with whom it sets out on one
// now.
func (t *trips) join(p *party) (together []*party) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, p)
	if t.underWay == tripsAtOnce {
		return nil
	}
	t.underWay++
	return t.take()
}

// next is who sets out when a trip has come back; nil if nobody waits.
func (t *trips) next() (together []*party) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.underWay--
		return nil
	}
	return t.take()
}

func (t *trips) take() (together []*party) {
	together = t.waiting[:min(len(t.waiting), partiesAtOnce)]
	t.waiting = t.waiting[len(together):]
	return together
}

// askAlone has a question answered that may have to wait for a lock.
func (s *Store) askAlone(ctx context.Context, q Question) error {
	p := &party{questions: []Question{q}}
	return errors.Join(s.trip(ctx, p), p.failed)
}

// travel goes until nobody waits.
func (s *Store) travel(together []*party) {
	for ; together != nil; together = s.trips.next() {
		s.guide(context.Background(), together)
	}
}

// guide lets some travel together, and each alone if what one of them asked has
// undone it for all.
func (s *Store) guide(ctx context.Context, together []*party) {
	end := time.Now().Add(tripLasts)
	if sooner, ok := ctx.Deadline(); ok && sooner.Before(end) {
		end = sooner
	}
	// The others do not give up when the first of them does.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	err := s.trip(ctx, together...)
	var refused *pgconn.PgError
	alone := len(together) > 1 && errors.As(err, &refused)
	for _, p := range together {
		if alone {
			err = s.trip(ctx, p)
		}
		p.back <- errors.Join(err, p.failed)
	}
}

// trip asks what some want to know, in one transaction.
func (s *Store) trip(ctx context.Context, together ...*party) error {
	var batch pgx.Batch
	for _, p := range together {
		p.failed = nil
		for _, q := range p.questions {
			batch.Queue(q.sql, q.args...).Query(func(rows pgx.Rows) error {
				err := q.read(rows)
				var refused *pgconn.PgError
				if errors.As(err, &refused) {
					return err
				}
				p.failed = errors.Join(p.failed, err)
				return nil
			})
		}
	}
	if err := s.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}
