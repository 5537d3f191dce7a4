package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// ErrNotFound says that the bot remembers nothing under that name.
var ErrNotFound = errors.New("not found")

// ErrStale says that somebody changed a draft since it was read.
var ErrStale = errors.New("changed since it was read")

// ErrTaken says that a request belongs to another submission.
var ErrTaken = errors.New("taken by another submission")

// Config says where the memory is.
type Config struct {
	URL      string // postgres://…
	MaxConns int32  // 0: 16
}

// Store is the bot's memory in Postgres.
type Store struct {
	pool *pgxpool.Pool
	jobs *river.Client[pgx.Tx] // enqueues only

	answers answers
	trips   *trips
	drafts  *trips // of their own: who begins one may have to wait for who erases the person
}

// Open connects to a database that Migrate has prepared.
func Open(ctx context.Context, c Config) (*Store, error) {
	return open(ctx, c, func(*pgxpool.Config) {})
}

// open is Open with more to say of the connections.
func open(ctx context.Context, c Config, more func(*pgxpool.Config)) (*Store, error) {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err) // pgx keeps the password out of it
	}
	config.MaxConns = 16
	if c.MaxConns > 0 {
		config.MaxConns = c.MaxConns
	}
	more(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		MaxAttempts: jobAttempts, // counts where a job is enqueued, not where it is worked on
		Logger:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("prepare the jobs: %w", err)
	}
	return &Store{pool: pool, jobs: jobs, trips: &trips{pool: pool}, drafts: &trips{pool: pool}}, nil
}

// Close ends all connections, after the work on them is done.
func (s *Store) Close() { s.pool.Close() }

// Ready says whether the database answers and has been migrated.
func (s *Store) Ready(ctx context.Context) error {
	if _, err := s.pool.Exec(ctx, `SELECT 1 FROM posted_cards LIMIT 1`); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

const (
	// txTries is how often a transaction is tried that Postgres ends because it
	// and another wait for each other, or that does not wait.
	txTries = 30
	// txPause is the longest pause before the next try.
	txPause = 100 * time.Millisecond

	codeDeadlock = "40P01" // Postgres' deadlock_detected
	codeLocked   = "55P03" // Postgres' lock_not_available
)

// inTx runs f in a transaction; again if Postgres had to end it. So f must not
// build on what it left behind.
func (s *Store) inTx(ctx context.Context, f func(pgx.Tx) error) (err error) {
	for try := range txTries {
		if try > 0 {
			time.Sleep(rand.N(min(5*time.Millisecond<<try, txPause))) // those it met are done by then
		}
		err = pgx.BeginFunc(ctx, s.pool, f)
		var failed *pgconn.PgError
		if !errors.As(err, &failed) || failed.Code != codeDeadlock && failed.Code != codeLocked {
			break
		}
	}
	return err
}

// timeOrNull is t, or nothing for the zero time.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// timeOf is the time at p, or the zero time.
func timeOf(p *time.Time) time.Time {
	if p == nil {
		return time.Time{}
	}
	return *p
}

// querier is what both the pool and a transaction can do.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}
