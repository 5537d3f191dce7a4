package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/apono-teams/teamsbot/migrations"
)

// Why a database cannot be examined, for errors.Is.
var (
	// ErrUnreachable: nothing answers there.
	ErrUnreachable = errors.New("the database server cannot be reached")
	// ErrPassword: the server refuses the user or the password.
	ErrPassword = errors.New("the database server refuses the user or the password")
	// ErrNoDatabase: the server has no such database.
	ErrNoDatabase = errors.New("the server has no such database")
	// ErrCrowded: the server takes no more connections.
	ErrCrowded = errors.New("the database server takes no more connections")
)

// MinPostgres is the oldest version of Postgres that the bot works with, as
// server_version_num counts.
const MinPostgres = 140000

// Health is how fit a database is for the bot.
type Health struct {
	Version   string // of Postgres, such as 16.4
	VersionNo int    // such as 160004
	Encrypted bool   // the connection is, by TLS
	ReadOnly  bool   // it is a standby, or takes no changes
	MayCreate bool   // the user may create tables in its schema
	Foreign   int    // tables of the bot's that another user owns: they cannot be migrated

	// Ahead is how far the server's clock is ahead of this machine's.
	Ahead time.Duration

	// Schema is the number of the last migration there, Known of the last one
	// that this program has; and the same for the tables of the jobs.
	Schema, Known         int64
	JobSchema, KnownJobs  int
	LinkKeys              map[string]int // how many people's tokens are encrypted with each key
	People, Conversations int
}

// Behind says that migrations are still to come.
func (h Health) Behind() bool { return h.Schema < h.Known || h.JobSchema < h.KnownJobs }

// Newer says that a later version of the bot has migrated the database.
func (h Health) Newer() bool { return h.Schema > h.Known || h.JobSchema > h.KnownJobs }

// Examine looks at the database at url, and changes nothing in it.
func Examine(ctx context.Context, url string) (h Health, err error) {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return Health{}, fmt.Errorf("connect to the database: %w", connecting(err))
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	if err := h.known(); err != nil {
		return Health{}, err
	}
	for _, look := range []func(context.Context, *pgx.Conn) error{h.server, h.schema, h.owners, h.content} {
		if err := look(ctx, c); err != nil {
			return h, fmt.Errorf("look at the database: %w", err)
		}
	}
	return h, nil
}

// connecting says why there is no connection. pgx keeps the password out.
func connecting(err error) error {
	var refused *pgconn.PgError
	var dns *net.DNSError
	var network *net.OpError
	switch {
	case errors.As(err, &refused) && (refused.Code == "28P01" || refused.Code == "28000"):
		return fmt.Errorf("%w: %w", ErrPassword, err)
	case errors.As(err, &refused) && refused.Code == "3D000":
		return fmt.Errorf("%w: %w", ErrNoDatabase, err)
	case errors.As(err, &refused) && refused.Code == "53300":
		return fmt.Errorf("%w: %w", ErrCrowded, err)
	case errors.As(err, &dns), errors.As(err, &network), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return err
}

// known reads which migrations this program has.
func (h *Health) known() error {
	var nowhere sql.DB // the provider reads the steps, and does not ask the database
	ours, err := goose.NewProvider(goose.DialectPostgres, &nowhere, migrations.Files)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	for _, step := range ours.ListSources() {
		h.Known = max(h.Known, step.Version)
	}
	jobs, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		return fmt.Errorf("read the job migrations: %w", err)
	}
	for _, step := range jobs.AllVersions() {
		h.KnownJobs = max(h.KnownJobs, step.Version)
	}
	return nil
}

func (h *Health) server(ctx context.Context, c *pgx.Conn) error {
	asked := time.Now()
	var there time.Time
	if err := c.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&there); err != nil {
		return err
	}
	took := time.Since(asked)
	h.Ahead = there.Sub(asked.Add(took / 2))
	return c.QueryRow(ctx, `
		SELECT split_part(current_setting('server_version'), ' ', 1), current_setting('server_version_num')::int,
			coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
			pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool,
			coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`).
		Scan(&h.Version, &h.VersionNo, &h.Encrypted, &h.ReadOnly, &h.MayCreate)
}

// schema reads how far the database has been migrated. What is not there yet is
// at 0.
func (h *Health) schema(ctx context.Context, c *pgx.Conn) error {
	for _, last := range []struct {
		table, query string
		into         any
	}{
		{"goose_db_version", `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`, &h.Schema},
		{"river_migration", `SELECT coalesce(max(version), 0) FROM river_migration`, &h.JobSchema},
	} {
		there, err := hasTable(ctx, c, last.table)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		if err := c.QueryRow(ctx, last.query).Scan(last.into); err != nil {
			return err
		}
	}
	return nil
}

// owners counts what others own. The database of an empty schema is not the
// bot's yet.
func (h *Health) owners(ctx context.Context, c *pgx.Conn) error {
	return c.QueryRow(ctx, `
		SELECT count(*) FROM pg_class
		WHERE relnamespace = to_regnamespace(current_schema()) AND relkind IN ('r', 'p')
			AND (SELECT to_regclass('goose_db_version') IS NOT NULL)
			AND NOT pg_has_role(relowner, 'USAGE')`).Scan(&h.Foreign)
}

// content counts what tells an operator that it is the right database.
func (h *Health) content(ctx context.Context, c *pgx.Conn) error {
	h.LinkKeys = make(map[string]int)
	for table, count := range map[string]*int{"people": &h.People, "conversations": &h.Conversations} {
		there, err := hasTable(ctx, c, table)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		if err := c.QueryRow(ctx, `SELECT count(*) FROM `+pgx.Identifier{table}.Sanitize()).Scan(count); err != nil {
			return err
		}
	}
	there, err := hasTable(ctx, c, "apono_links")
	if err != nil || !there {
		return err
	}
	rows, err := c.Query(ctx, `SELECT key_id, count(*) FROM apono_links GROUP BY key_id`)
	if err != nil {
		return err
	}
	var key string
	var people int
	_, err = pgx.ForEachRow(rows, []any{&key, &people}, func() error {
		h.LinkKeys[key] = people
		return nil
	})
	return err
}

func hasTable(ctx context.Context, c *pgx.Conn, table string) (there bool, err error) {
	err = c.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&there)
	return there, err
}
