package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

// asProgram is the variable that makes this test binary the program itself:
// the tests run what people run, in a process of its own, without building it
// a second time.
const asProgram = "TEAMSBOT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if name := os.Getenv(asSimulator); name != "" {
		simulate(name)
		return
	}
	if config := os.Getenv(asFloor); config != "" {
		if err := runFloor(config); err != nil {
			fmt.Fprintln(os.Stderr, "floor:", err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(pgtest.Main(m, db.Migrate))
}

// patience bounds every wait of these tests; on a loaded machine things take
// long, but not that long.
const patience = 60 * time.Second

// program is a started teamsbot.
type program struct {
	t   *testing.T
	cmd *exec.Cmd

	mu      sync.Mutex
	said    bytes.Buffer
	changed chan struct{} // closed at every write, then replaced
	ended   chan struct{}
}

// start runs the program. env is all that it finds in its environment, besides
// what any program needs.
func start(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	p := &program{t: t, changed: make(chan struct{}), ended: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], args...)
	p.cmd.Env = append(env, asProgram+"=1", "PATH="+os.Getenv("PATH"), "HOME="+os.Getenv("HOME"))
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.WaitDelay = 5 * time.Second // a killed program's children may hold its output
	must(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	t.Cleanup(func() {
		if p.running() {
			p.signals(os.Interrupt)
			p.waits()
		}
		if t.Failed() {
			t.Logf("teamsbot %s said:\n%s", strings.Join(args, " "), p.output())
		}
	})
	return p
}

// Write takes what the program says.
func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
	return p.said.Write(b)
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// says waits until the program has said these words.
func (p *program) says(words string) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		there, changed := strings.Contains(p.said.String(), words), p.changed
		p.mu.Unlock()
		if there {
			return
		}
		select {
		case <-changed:
		case <-p.ended:
			if strings.Contains(p.output(), words) {
				return
			}
			p.t.Fatalf("ended (%v) without saying %q", p.cmd.ProcessState, words)
		case <-deadline:
			p.t.Fatalf("does not say %q", words)
		}
	}
}

func (p *program) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *program) signals(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
}

// waits is the status with which the program ends; -1: by a signal.
func (p *program) waits() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		p.t.Fatal("does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

// fails waits for the end, and for these words about it; whoever reads them
// has no use for a stack.
func (p *program) fails(words ...string) {
	p.t.Helper()
	if status := p.waits(); status != 1 {
		p.t.Errorf("ended with status %d, want 1", status)
	}
	for _, w := range append(words, "teamsbot: ") {
		if !strings.Contains(p.output(), w) {
			p.t.Errorf("did not say %q", w)
		}
	}
	if strings.Contains(p.output(), "goroutine ") {
		p.t.Error("ended in a panic")
	}
}

// site is a playground's folder and addresses.
type site struct {
	dir                     string
	page, bot, teams, apono string
}

// newSite finds a folder that everybody can enter, and free addresses.
func newSite(t *testing.T) site {
	t.Helper()
	dir, err := pgtest.Folder("teamsbot-")
	must(t, err)
	s := site{dir, freeAddress(t), freeAddress(t), freeAddress(t), freeAddress(t)}
	t.Cleanup(s.remove(t))
	return s
}

// remove deletes the folder with the data, which may be outside of it.
func (s site) remove(t *testing.T) func() {
	return func() {
		data, err := filepath.EvalSymlinks(filepath.Join(s.dir, "postgres", "data"))
		if err == nil {
			err = os.RemoveAll(filepath.Dir(data))
		}
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		must(t, errors.Join(err, os.RemoveAll(s.dir)))
	}
}

// playground starts one there and does not wait.
func (s site) playground(t *testing.T, more ...string) *program {
	t.Helper()
	args := []string{"playground", "--dir", s.dir, "--page", s.page, "--bot", s.bot, "--teams", s.teams, "--apono", s.apono}
	return start(t, []string{"TEAMSBOT_PATIENCE=2"}, append(args, more...)...) // Apono in trouble is slower still
}

// url is the page's address as the program tells it.
func (s site) url() string {
	_, port, _ := net.SplitHostPort(s.page) // we made it
	return "http://localhost:" + port
}

// ready is what a playground says when it can be used.
func (s site) ready() string { return "The playground is ready: " + s.url() + "\n" }

// postgres is the process that serves the site's data.
func (s site) postgres(t *testing.T) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, "postgres", "data", "postmaster.pid"))
	must(t, err)
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	must(t, err)
	return pid
}

// nothingRuns checks that no Postgres is left and no address is in use.
func (s site) nothingRuns(t *testing.T, postgres int) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(s.dir, "postgres", "data", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Postgres did not end in order: postmaster.pid is still there (%v)", err)
	}
	if postgres != 0 && syscall.Kill(postgres, 0) == nil {
		t.Errorf("Postgres (process %d) is still running", postgres)
	}
	for _, addr := range []string{s.page, s.bot, s.teams, s.apono} {
		if answers(t, addr) {
			t.Errorf("something still listens on %s", addr)
		}
	}
}

// answers says that something listens there.
func answers(t *testing.T, addr string) bool {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return false
	}
	must(t, conn.Close())
	return true
}

// given are the ports that this process has given away.
var given sync.Map

// freeAddress is one that nobody uses, below the ports that systems give to
// outgoing connections.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 20000 + rand.IntN(10000)
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		var config net.ListenConfig
		if l, err := config.Listen(t.Context(), "tcp", addr); err == nil {
			must(t, l.Close())
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
