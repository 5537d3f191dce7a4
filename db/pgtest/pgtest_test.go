package pgtest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/db/devpg"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

func TestMain(m *testing.M) {
	os.Exit(pgtest.Main(m, func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, `CREATE TABLE words AS SELECT 'from the template' AS word`); err != nil {
			return err
		}
		return conn.Close(ctx)
	}))
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func TestEveryTestHasItsOwn(t *testing.T) {
	t.Parallel()
	for i := range 5 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			conn := connect(t, pgtest.URL(t))
			for _, want := range []int{1, 2} {
				var got int
				if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM words`).Scan(&got); err != nil {
					t.Fatal(err)
				}
				if got != want {
					t.Errorf("got %d words, want %d", got, want)
				}
				if _, err := conn.Exec(t.Context(), `INSERT INTO words VALUES ('mine')`); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestIsGoneAfterTheTest(t *testing.T) {
	t.Parallel()
	admin := connect(t, pgtest.URL(t))
	name := ""
	t.Run("one", func(t *testing.T) {
		config, err := pgx.ParseConfig(pgtest.URL(t))
		if err != nil {
			t.Fatal(err)
		}
		name = config.Database
		// Never closed: the database goes all the same.
		if _, err := pgx.ConnectConfig(t.Context(), config); err != nil {
			t.Fatal(err)
		}
	})
	var there bool
	err := admin.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there)
	if err != nil {
		t.Fatal(err)
	}
	if there {
		t.Errorf("%s is still there", name)
	}
}

// TestUsesAGivenServer runs the tests of this package again, in a process that
// is given a server.
func TestUsesAGivenServer(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_DATABASE_URL") != "" {
		t.Skip("this is that process")
	}
	base, err := os.MkdirTemp("", "pgtest-given-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	if err := os.Chmod(base, 0o711); err != nil {
		t.Fatal(err)
	}
	s, err := devpg.Start(t.Context(), devpg.Config{Dir: filepath.Join(base, "given")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.v")
	again.Env = append(os.Environ(), "TEST_DATABASE_URL="+s.URL())
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	conn := connect(t, s.URL())
	var left int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname LIKE 'pgtest%'`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("%d databases are left on the given server, want none", left)
	}
}

// BenchmarkURL is the price of a database.
func BenchmarkURL(b *testing.B) {
	for b.Loop() {
		pgtest.URL(b)
	}
}
