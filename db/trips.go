package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// tripsAtOnce is how many trips to Postgres are under way at most, and
	// partiesAtOnce how many travel on one.
	tripsAtOnce   = 2
	partiesAtOnce = 64
	// tripLasts is how long one may take: longer than a press waits.
	tripLasts = 5 * time.Second
)

// Question is what Postgres is asked on a trip, and where the answer goes.
type Question struct {
	sql  string
	args []any
	read func(pgx.Rows) error // may be called again if Postgres ended what it was part of
}

// trips are the ways to Postgres and back that presses share: those who come
// while as many as may be are under way go together on the next one, which costs
// both sides about half.
type trips struct {
	pool *pgxpool.Pool

	mu       sync.Mutex
	waiting  []*party
	underWay int
}

// party is who wants several questions answered in one transaction.
type party struct {
	questions []Question
	failed    error       // errUnread, which nobody else is concerned by
	gone      atomic.Bool // does not wait any more
	back      chan error
}

// errUnread says that Postgres has done what it was asked for, and that its answer
// could not be read.
var errUnread = errors.New("cannot read the answer")

// ask has questions answered in one transaction, which others may share and wait
// for: they must find what they are about by an index, and wait for nobody but who
// is about the same. What they read must not be looked at if that fails, unless it
// is errUnread: it may still be on its way.
func (t *trips) ask(ctx context.Context, questions ...Question) error {
	p := &party{questions: questions, back: make(chan error, 1)}
	if t.setsOut(p) {
		defer t.comeBack()
		return t.alone(ctx, p)
	}
	select {
	case err := <-p.back:
		return err
	case <-ctx.Done():
		p.gone.Store(true)
		return ctx.Err()
	}
}

// askAlone has a question answered that may have to wait for a lock.
func (t *trips) askAlone(ctx context.Context, q Question) error {
	return t.alone(ctx, &party{questions: []Question{q}})
}

func (t *trips) alone(ctx context.Context, p *party) error {
	if err := t.trip(ctx, p); err != nil {
		return err
	}
	return p.failed
}

// setsOut says that a party travels at once; else it waits for the next trip.
func (t *trips) setsOut(p *party) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.underWay == tripsAtOnce {
		t.waiting = append(t.waiting, p)
		return false
	}
	t.underWay++
	return true
}

// next is who sets out when a trip has come back; nil if nobody waits.
func (t *trips) next() (together []*party) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = slices.DeleteFunc(t.waiting, func(p *party) bool { return p.gone.Load() })
	together = slices.Clone(t.waiting[:min(len(t.waiting), partiesAtOnce)])
	t.waiting = slices.Delete(t.waiting, 0, len(together))
	if len(together) == 0 {
		t.underWay--
		return nil
	}
	return together
}

// comeBack lets those go who wait, until nobody does.
func (t *trips) comeBack() {
	together := t.next()
	if together == nil {
		return
	}
	go func() {
		for ; together != nil; together = t.next() {
			t.guide(together)
		}
	}()
}

// guide lets some travel together, and each alone if what one of them asked has
// undone it for all.
func (t *trips) guide(together []*party) {
	ctx := context.Background()
	err := t.trip(ctx, together...)
	var refused *pgconn.PgError
	undone := len(together) > 1 && errors.As(err, &refused)
	for _, p := range together {
		switch {
		case undone && p.gone.Load():
		case undone:
			p.back <- t.alone(ctx, p)
		case err != nil:
			p.back <- err
		default:
			p.back <- p.failed
		}
	}
}

// trip asks what some want to know, in one transaction.
func (t *trips) trip(ctx context.Context, together ...*party) error {
	ctx, cancel := context.WithTimeout(ctx, tripLasts)
	defer cancel()
	var batch pgx.Batch
	for _, p := range together {
		p.failed = nil
		for _, q := range p.questions {
			batch.Queue(q.sql, q.args...).Query(func(rows pgx.Rows) error {
				err := q.read(ownRows{rows})
				var refused *pgconn.PgError
				if err == nil || errors.As(err, &refused) {
					return err
				}
				p.failed = fmt.Errorf("%w: %w", errUnread, err)
				return nil
			})
		}
	}
	if err := t.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

// ownRows are rows that fail alone when they cannot be read: pgx would end the
// whole batch, which Postgres has carried out by then.
type ownRows struct{ pgx.Rows }

// Scan is pgx.Rows' but for that.
func (r ownRows) Scan(into ...any) error {
	return pgx.ScanRow(r.Conn().TypeMap(), r.FieldDescriptions(), r.RawValues(), into...)
}
