package devpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// said collects what Start says.
type said struct {
	mu    sync.Mutex
	lines []string
}

func (s *said) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func (s *said) want(t *testing.T, part string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if all := strings.Join(s.lines, "\n"); !strings.Contains(all, part) {
		t.Errorf("said %q, want %q in it", all, part)
	}
}

// enterable is a temporary folder that everybody can enter, unlike t.TempDir.
func enterable(t *testing.T) string {
	t.Helper()
	base, err := os.MkdirTemp("", "devpg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(base); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(base, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "playground")
}

func start(t *testing.T, c Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
}

// query runs a statement that answers one text.
func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var got string
	if err := conn.QueryRow(t.Context(), sql).Scan(&got); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

func remember(t *testing.T, s *Server) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), `CREATE TABLE memory AS SELECT 'kept' AS word`); err != nil {
		t.Fatal(err)
	}
}

func wantMemory(t *testing.T, s *Server) {
	t.Helper()
	if got := query(t, s, `SELECT word FROM memory`); got != "kept" {
		t.Errorf("got %q, want what was written before", got)
	}
}

func wantNoMemory(t *testing.T, s *Server) {
	t.Helper()
	if got := query(t, s, `SELECT count(*)::text FROM pg_tables WHERE tablename = 'memory'`); got != "0" {
		t.Error("the data are still there, want a fresh start")
	}
}

func TestKeepsDataAcrossStarts(t *testing.T) {
	t.Parallel()
	c := Config{Dir: enterable(t), Durable: true}
	s := start(t, c)
	if got := query(t, s, `SELECT current_database() || current_setting('fsync') || current_setting('max_connections')`); got != "teamsbot"+"on"+"200" {
		t.Errorf("got %s, want database teamsbot, fsync on, 200 connections", got)
	}
	remember(t, s)
	stop(t, s)
	stop(t, s) // a second time is fine

	s = start(t, c)
	wantMemory(t, s)
	stop(t, s)

	c.Fresh = true
	wantNoMemory(t, start(t, c))
}

func TestTestsDoNotWaitForTheDisk(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: enterable(t)})
	if got := query(t, s, `SELECT current_setting('fsync')`); got != "off" {
		t.Errorf("fsync is %s, want off", got)
	}
}

func TestAsksForThePassword(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: enterable(t)})
	config, err := pgx.ParseConfig(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(s.home.dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the password's file is %o, want 600", got)
	}
	config.Password = "guessed"
	if conn, err := pgx.ConnectConfig(t.Context(), config); err == nil {
		_ = conn.Close(t.Context())
		t.Error("a guessed password lets in")
	}
}

func TestSecondInstanceIsToldWhoIsThere(t *testing.T) {
	t.Parallel()
	c := Config{Dir: enterable(t)}
	s := start(t, c)
	_, err := Start(t.Context(), c)
	want := fmt.Sprintf("another playground (process %d) is using %s", os.Getpid(), s.home.dir)
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	query(t, s, `SELECT 'unharmed'`)
}

func TestStalePidFiles(t *testing.T) {
	t.Parallel()
	ended := exec.CommandContext(t.Context(), "true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	for name, pid := range map[string]int{
		"nobody's number any more":       ended.Process.Pid,
		"another process' number by now": os.Getppid(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var heard said
			c := Config{Dir: enterable(t), Say: heard.say}
			s := start(t, c)
			remember(t, s)
			stop(t, s)
			content := fmt.Sprintf("%d\n%s\n1700000000\n5432\n\n127.0.0.1\n  0 0\nready\n", pid, s.home.data())
			file := filepath.Join(s.home.data(), "postmaster.pid")
			if err := errors.Join(os.WriteFile(file, []byte(content), 0o600), s.home.as.own(file)); err != nil {
				t.Fatal(err)
			}
			wantMemory(t, start(t, c))
			heard.want(t, "did not end in order")
		})
	}
}

func TestStopsAnOrphan(t *testing.T) {
	t.Parallel()
	var heard said
	c := Config{Dir: enterable(t), Say: heard.say}
	orphan := start(t, c)
	remember(t, orphan)
	// What is left when a process is killed: Postgres without the lock.
	if err := syscall.Flock(int(orphan.lock.file.Fd()), syscall.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	s := start(t, c)
	<-orphan.Done()
	wantMemory(t, s)
	heard.want(t, "left behind (process "+strconv.Itoa(orphan.process.cmd.Process.Pid)+")")
}

// TestKilledPredecessor kills a process that has a Postgres, and starts again.
func TestKilledPredecessor(t *testing.T) {
	t.Parallel()
	c := Config{Dir: enterable(t)}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBePredecessor$", "-test.v")
	child.Env = append(os.Environ(), "DEVPG_PREDECESSOR="+c.Dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if after, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			pid, err = strconv.Atoi(after)
		}
	}
	if err != nil || pid == 0 {
		t.Fatalf("the predecessor did not start: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	dir, err := filepath.EvalSymlinks(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	left := home{dir: dir, place: dir}
	if runtime.GOOS == "linux" && !left.gone(t.Context(), pid, 30*time.Second) {
		t.Errorf("process %d outlived its parent", pid)
	}
	s := start(t, c)
	if s.home.serving(t.Context(), pid) {
		t.Errorf("process %d still serves the data", pid)
	}
	wantMemory(t, s)
}

// TestBePredecessor is the process that TestKilledPredecessor kills.
func TestBePredecessor(t *testing.T) {
	dir := os.Getenv("DEVPG_PREDECESSOR")
	if dir == "" {
		t.Skip("run by TestKilledPredecessor")
	}
	s, err := Start(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	remember(t, s)
	fmt.Fprintf(os.Stdout, "\nserving %d\n", s.process.cmd.Process.Pid)
	<-s.Done()
}

func TestSaysWhenPostgresEndsByItself(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: enterable(t)})
	if err := s.process.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	if err := s.Stop(); err != nil {
		t.Errorf("stopping what has ended: %v", err)
	}
}

func TestFailedStartShowsTheLog(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	taken := start(t, Config{Dir: enterable(t)})
	config, err := pgx.ParseConfig(taken.URL())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), Config{Dir: dir, Port: int(config.Port)})
	if err == nil || strings.Contains(err.Error(), config.Password) {
		t.Fatalf("got %v, want a failure without the password", err)
	}
	if _, err := Start(t.Context(), Config{Dir: dir, Port: 1 << 20}); err == nil || !strings.Contains(err.Error(), "outside the valid range") {
		t.Errorf("got %v, want what Postgres wrote into its log", err)
	}
	start(t, Config{Dir: dir}) // the failed starts left nothing in the way
}

func TestDataOfAnotherVersion(t *testing.T) {
	t.Parallel()
	c := Config{Dir: enterable(t)}
	s := start(t, c)
	stop(t, s)
	if err := os.WriteFile(filepath.Join(s.home.data(), "PG_VERSION"), []byte("13\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "Postgres 13") || !strings.Contains(err.Error(), "--fresh") {
		t.Errorf("got %v, want the version and what to do", err)
	}
	c.Fresh = true
	start(t, c)
}

func TestDeletedFolderStartsOver(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"enterable": enterable(t), "for root only": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, Config{Dir: dir})
			remember(t, s)
			stop(t, s)
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			wantNoMemory(t, start(t, Config{Dir: dir}))
		})
	}
}
