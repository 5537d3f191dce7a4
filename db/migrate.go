package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/apono-teams/teamsbot/migrations"
)

// migrationLock is the advisory lock that lets one replica at a time migrate.
const migrationLock = 0x61706f6e6f // "apono"

// ErrNewer says that a later version of the bot has migrated the database. This
// one works with it if it is the version before: see package migrations.
var ErrNewer = errors.New("a later version of the bot has migrated the database")

// Migrate brings the schema at url up to date, River's tables included. Several
// replicas may call it at once: one works, the others wait and find it done. It
// changes nothing, and returns ErrNewer, where a later version has been.
func Migrate(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer pool.Close()

	// goose's own locker polls for seconds; waiting in Postgres does not.
	lock, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer lock.Release()
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	defer unlock(ctx, lock.Conn())

	newer, err := isNewer(ctx, lock.Conn())
	if err != nil {
		return fmt.Errorf("look at the migrations: %w", err)
	}
	if newer {
		return ErrNewer
	}
	river, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("read the job migrations: %w", err)
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job tables: %w", err)
	}

	sqlDB := stdlib.OpenDBFromPool(pool)
	defer sqlDB.Close()
	ours, err := goose.NewProvider(goose.DialectPostgres, sqlDB, migrations.Files)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := ours.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// isNewer says that the database has a migration that this program has not.
func isNewer(ctx context.Context, c *pgx.Conn) (bool, error) {
	var h Health
	if err := h.known(); err != nil {
		return false, err
	}
	if err := h.schema(ctx, c); err != nil {
		return false, err
	}
	return h.Newer(), nil
}

// unlock gives the migration lock back; closing the connection would too, so a
// failure costs nothing.
func unlock(ctx context.Context, c *pgx.Conn) {
	if _, err := c.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrationLock); err != nil {
		_ = c.Close(context.WithoutCancel(ctx))
	}
}
