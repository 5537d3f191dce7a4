package devpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// role is both the superuser and the database that the bot uses.
const role = "teamsbot"

// errTaken says that somebody else took the port between choosing and using it.
var errTaken = errors.New("the port was taken meanwhile")

// serve starts Postgres and returns when the database can be used.
func (h home) serve(ctx context.Context, bin string, c Config, password string) (*process, string, error) {
	for try := 1; ; try++ {
		p, url, err := h.serveOnce(ctx, bin, c, password)
		if err == nil || try == 5 || !errors.Is(err, errTaken) {
			return p, url, err
		}
	}
}

func (h home) serveOnce(ctx context.Context, bin string, c Config, password string) (*process, string, error) {
	port := c.Port
	if port == 0 {
		free, err := freePort(ctx)
		if err != nil {
			return nil, "", err
		}
		port = free
	}
	logPath := filepath.Join(h.dir, "postgres.log")
	log, err := os.OpenFile(logPath, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, "", err
	}
	// Postgres outlives ctx, which limits only the start.
	cmd := h.command(context.WithoutCancel(ctx), filepath.Join(bin, "postgres"), h.options(port, c.Durable)...)
	cmd.Stdout, cmd.Stderr = log, log
	p, err := launch(cmd)
	if err := errors.Join(err, log.Close()); err != nil {
		return nil, "", err
	}
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password), RawQuery: "sslmode=disable",
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: "/postgres",
	}
	if err := p.ready(ctx, address.String()); err != nil {
		if c.Port == 0 && p.ended() && !bindable(ctx, port) {
			return nil, "", errTaken
		}
		return nil, "", errors.Join(fmt.Errorf("%w\n%s", err, lastLinesOf(logPath)), p.stop())
	}
	address.Path = "/" + role
	return p, address.String(), nil
}

func (h home) options(port int, durable bool) []string {
	options := []string{"-D", h.data()}
	set := func(name, value string) { options = append(options, "-c", name+"="+value) }
	set("listen_addresses", "127.0.0.1")
	set("port", strconv.Itoa(port))
	set("unix_socket_directories", "")
	set("max_connections", "200")
	if !durable {
		set("fsync", "off")
		set("synchronous_commit", "off")
		set("full_page_writes", "off")
	}
	return options
}

// command prepares a Postgres program to run as the account, with nothing of
// our environment (which may hold secrets) but the way to other programs.
func (h home) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = h.place // the account may not be able to enter ours
	// Without a locale Postgres on macOS finds itself multithreaded and stops.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	// In a process group of its own Ctrl-C does not reach it: we stop it in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: h.as.credential()}
	return cmd
}

// ready waits until Postgres answers, then makes the bot's database.
func (p *process) ready(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := createDatabase(ctx, url)
		var answer *pgconn.PgError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &answer) && answer.Code != cannotConnectNow:
			return err
		}
		select {
		case <-p.done:
			return errors.Join(errors.New("it ended at once"), p.err)
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-again.C:
		}
	}
}

// cannotConnectNow is Postgres' error code while it starts or recovers.
const cannotConnectNow = "57P03"

func createDatabase(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is pending on it
	var there bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, role).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE `+role)
	return err
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func bindable(ctx context.Context, port int) bool {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	return err == nil && l.Close() == nil
}

func lastLinesOf(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return lastLines(content)
}

func lastLines(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-10):], []byte("\n")))
}
