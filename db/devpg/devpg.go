package devpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Config says where a Postgres lives and what it is for.
type Config struct {
	Dir     string       // holds data, the lock, the password and postgres.log; created if missing
	Port    int          // on 127.0.0.1; 0: any free one
	Fresh   bool         // start over: remove the data first
	Durable bool         // survive a crash of the machine; false: faster, for tests
	Say     func(string) // gets a plain line about what takes long or was repaired; nil: silent
}

// Server is a running Postgres. It ends when it is stopped and, on Linux, when
// this process dies in whatever way.
type Server struct {
	home    home
	lock    *lock
	process *process
	url     string
	stop    func() error
}

// Start starts Postgres and makes the database teamsbot in it. A Postgres that
// a killed predecessor left behind in c.Dir is stopped first. ctx limits the
// start, not the life of the server.
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Say == nil {
		c.Say = func(string) {}
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	if c.Dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	l, err := take(c.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{lock: l}
	s.stop = sync.OnceValue(func() error { return errors.Join(s.process.stop(), l.release()) })
	if err := s.start(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("start Postgres in %s: %w", c.Dir, err), l.release())
	}
	return s, nil
}

// URL is the connection string of the database teamsbot, password included.
func (s *Server) URL() string { return s.url }

// Done is closed when Postgres has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.process.done }

// Stop shuts Postgres down in order, waits until it is gone and lets go of
// Config.Dir. Later calls return what the first one did.
func (s *Server) Stop() error { return s.stop() }

// Remove stops Postgres and deletes its data and Config.Dir: the end of a test.
func (s *Server) Remove() error {
	return errors.Join(s.Stop(), s.home.clear(), os.RemoveAll(s.home.dir))
}

func (s *Server) start(ctx context.Context, c Config) error {
	as, err := whoRuns()
	if err != nil {
		return err
	}
	if s.home, err = findHome(c.Dir, as); err != nil {
		return err
	}
	if err := s.home.settle(ctx, c); err != nil {
		return err
	}
	bin, err := s.home.binaries(ctx, c.Say)
	if err != nil {
		return err
	}
	if !s.home.settled() {
		if err := s.home.initialize(ctx, bin, c.Durable); err != nil {
			return err
		}
	}
	password, err := s.home.password()
	if err != nil {
		return err
	}
	s.process, s.url, err = s.home.serve(ctx, bin, c, password)
	return err
}
