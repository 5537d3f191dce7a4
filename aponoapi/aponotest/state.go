package aponotest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// saved is what outlives a restart. The world itself does not change.
type saved struct {
	Ahead    time.Duration // of the simulated clock
	Requests []*record
	Sessions []*session
	Opened   int // sessions there have been
}

// load brings the requests of the state file back. Those of a flow or an
// integration that the world no longer has are refused: the file belongs to
// another world.
func (s *Server) load() error {
	if s.file == "" {
		return nil
	}
	raw, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load simulated apono: %w", err)
	}
	var was saved
	if err := json.Unmarshal(raw, &was); err != nil {
		return fmt.Errorf("load simulated apono: %s: %w", s.file, err)
	}
	for _, r := range was.Requests {
		if !s.knows(r) {
			return fmt.Errorf("load simulated apono: %s has a request of another world", s.file)
		}
	}
	s.offset, s.requests, s.sessions, s.opened = was.Ahead, was.Requests, was.Sessions, was.Opened
	for _, x := range s.sessions {
		s.secrets = append(s.secrets, x.Secret)
	}
	return nil
}

// knows says that a request is of this world.
func (s *Server) knows(r *record) bool {
	stranger := slices.ContainsFunc(r.Units, func(u unit) bool {
		at, ok := s.index.resources[u.Resource]
		return !ok || at.in.ID != u.Integration || at.kind.ID != u.Type
	})
	return s.world.flow(r.Flow) != nil && len(r.Units) > 0 && !stranger
}

// save writes the state so that a crash leaves either the old file or the
// new one.
func (s *Server) save() error {
	if s.file == "" {
		return nil
	}
	raw, err := json.Marshal(saved{Ahead: s.offset, Requests: s.requests, Sessions: s.sessions, Opened: s.opened})
	if err != nil {
		return fmt.Errorf("save simulated apono: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(s.file), filepath.Base(s.file)+".*")
	if err != nil {
		return fmt.Errorf("save simulated apono: %w", err)
	}
	_, err = f.Write(raw)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.file)
	}
	if err != nil {
		return fmt.Errorf("save simulated apono: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// Close saves the state, and ends calls that a fault holds up.
func (s *Server) Close() error {
	s.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save()
}
