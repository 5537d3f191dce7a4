// Package pgtest gives every test a database of its own: a clone of one
// migrated template in one Postgres per test process (see devpg), made in some
// 20 ms. With TEST_DATABASE_URL set, that server is used instead; its user must
// be allowed to create databases (some tests, which make roles, need a superuser).
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/apono-teams/teamsbot/db/devpg"
)

// shared is the one Postgres of this test process, started when it is first
// needed.
var shared struct {
	migrate func(ctx context.Context, url string) error
	start   sync.Once
	server  *server
	err     error
}

// Main runs the tests and stops Postgres afterwards; migrate prepares the
// template. It is called from TestMain: os.Exit(pgtest.Main(m, db.Migrate)).
func Main(m *testing.M, migrate func(ctx context.Context, url string) error) int {
	shared.migrate = migrate
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		os.Exit(max(1, stop()))
	}()
	return max(m.Run(), stop())
}

// URL is the connection string of a database for this test alone. It is
// dropped when the test ends, whoever is still connected.
func URL(t testing.TB) string {
	t.Helper()
	shared.start.Do(func() {
		if shared.migrate == nil {
			shared.err = errors.New("TestMain does not call pgtest.Main")
			return
		}
		shared.server, shared.err = open(t.Context(), shared.migrate)
	})
	if shared.err != nil {
		t.Fatalf("pgtest: %v", shared.err)
	}
	name, err := shared.server.clone(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if err := shared.server.drop(ctx, name); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return shared.server.url(name)
}

// stop returns the exit code that it deserves.
func stop() int {
	// From here on nothing starts any more.
	shared.start.Do(func() { shared.err = errors.New("the tests are over") })
	if shared.server == nil {
		return 0
	}
	if err := shared.server.close(context.Background()); err != nil {
		fmt.Fprintf(os.Stderr, "pgtest: %v\n", err)
		return 1
	}
	return 0
}

// server is a Postgres with a migrated template in it.
type server struct {
	own    *devpg.Server // nil: somebody else's, from TEST_DATABASE_URL
	base   url.URL
	admin  *pgxpool.Pool
	prefix string // of all our databases, unlike anybody else's
	number atomic.Int64
	how    string // how CREATE DATABASE copies
}

func open(ctx context.Context, migrate func(ctx context.Context, url string) error) (_ *server, err error) {
	s := &server{prefix: "pgtest_" + rand.Text()[:10] + "_"}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
		}
	}()
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.exec(ctx, `CREATE DATABASE `+quote(s.template())); err != nil {
		return nil, err
	}
	if err := migrate(ctx, s.url(s.template())); err != nil {
		return nil, fmt.Errorf("migrate the template: %w", err)
	}
	return s, nil
}

func (s *server) connect(ctx context.Context) error {
	address := os.Getenv("TEST_DATABASE_URL")
	if address == "" {
		own, err := launch(ctx)
		if err != nil {
			return err
		}
		s.own, address = own, own.URL()
	}
	base, err := url.Parse(address)
	if err != nil || base.Host == "" {
		return errors.New("TEST_DATABASE_URL must be of the form postgres://user:password@host:port/database")
	}
	s.base = *base
	if s.admin, err = pgxpool.New(ctx, address); err != nil {
		return err
	}
	var version int
	err = s.admin.QueryRow(ctx, `SELECT current_setting('server_version_num')::int`).Scan(&version)
	if err != nil {
		return fmt.Errorf("ask for the server's version: %w", err)
	}
	// The default since 15 writes every page to the log; 14 knows no other way
	// than copying files, and no word for it.
	if version >= 150000 {
		s.how = " STRATEGY FILE_COPY"
	}
	return nil
}

func launch(ctx context.Context) (*devpg.Server, error) {
	dir, err := Folder("pgtest-")
	if err != nil {
		return nil, err
	}
	say := func(line string) { fmt.Fprintln(os.Stderr, "pgtest: "+line) }
	s, err := devpg.Start(ctx, devpg.Config{Dir: dir, Say: say})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// Folder makes a new folder for a Postgres that is thrown away: in memory, if
// there is plenty of it, since most of what a database for a test costs is its
// files. The caller deletes it.
func Folder(pattern string) (string, error) {
	in := ""
	if inMemory("/dev/shm") {
		in = "/dev/shm"
	}
	dir, err := os.MkdirTemp(in, pattern)
	if err != nil {
		return "", err
	}
	// When root runs the tests, Postgres runs as somebody else, who must be
	// able to enter.
	return dir, os.Chmod(dir, 0o711)
}

func (s *server) template() string { return s.prefix + "template" }

func (s *server) url(database string) string {
	u := s.base
	u.Path = "/" + database
	return u.String()
}

func (s *server) clone(ctx context.Context) (name string, err error) {
	name = fmt.Sprintf("%s%d", s.prefix, s.number.Add(1))
	return name, s.exec(ctx, `CREATE DATABASE `+quote(name)+` TEMPLATE `+quote(s.template())+s.how)
}

func (s *server) drop(ctx context.Context, name string) error {
	return s.exec(ctx, `DROP DATABASE IF EXISTS `+quote(name)+` WITH (FORCE)`)
}

func (s *server) exec(ctx context.Context, sql string) error {
	if _, err := s.admin.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

func (s *server) close(ctx context.Context) error {
	var err error
	if s.admin != nil {
		if s.own == nil {
			err = s.drop(ctx, s.template())
		}
		s.admin.Close()
	}
	if s.own != nil {
		err = errors.Join(err, s.own.Remove())
	}
	return err
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
