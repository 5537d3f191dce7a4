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

// Question is what Postgres is asked on a trip, and where the answer goes. It
// must find what it asks for by an index: others wait for it.
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

// ask has questions answered in one transaction. What they read must not be
// looked at if that fails: it may still be on its way.
func (s *Store) ask(ctx context.Context, questions ...Question) error {
	p := &party{questions: questions, back: make(chan error, 1)}
	s.trips.mu.Lock()
	s.trips.waiting = append(s.trips.waiting, p)
	if s.trips.underWay < tripsAtOnce {
		s.trips.underWay++
		go s.travel()
	}
	s.trips.mu.Unlock()
	select {
	case err := <-p.back:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// travel goes until nobody waits.
func (s *Store) travel() {
	for {
		s.trips.mu.Lock()
		together := s.trips.waiting[:min(len(s.trips.waiting), partiesAtOnce)]
		s.trips.waiting = s.trips.waiting[len(together):]
		if len(together) == 0 {
			s.trips.underWay--
		}
		s.trips.mu.Unlock()
		if len(together) == 0 {
			return
		}
		err := s.trip(together)
		var refused *pgconn.PgError
		alone := len(together) > 1 && errors.As(err, &refused)
		for _, p := range together {
			if alone { // what one asked has undone it for all
				err = s.trip([]*party{p})
			}
			p.back <- errors.Join(err, p.failed)
		}
	}
}

// trip asks what some want to know, in one transaction.
func (s *Store) trip(together []*party) error {
	ctx, cancel := context.WithTimeout(context.Background(), tripLasts)
	defer cancel()
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
