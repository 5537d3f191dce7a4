package aponotest

import (
	"slices"
	"time"
)

// Event is something that happened, for tests and the playground's panel.
// Bodies, tokens and access details are never in it.
type Event struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"` // call, status, escalation, extension, details, reset, webhook, fault, state
	Method    string    `json:"method,omitempty"`
	Path      string    `json:"path,omitempty"` // escaped, without the query
	Status    int       `json:"status,omitempty"`
	RequestID string    `json:"request_id,omitempty"` // the friendly one
	Actor     string    `json:"actor,omitempty"`
	Text      string    `json:"text,omitempty"`
}

const maxEvents = 5000

// note keeps an event, and forgets the oldest when there are too many.
func (s *Server) note(e Event) {
	if e.At.IsZero() {
		e.At = s.clock()
	}
	if len(s.events) >= maxEvents {
		s.events = slices.Delete(s.events, 0, maxEvents/5)
	}
	s.events = append(s.events, e)
}

// Events tells what has happened, the oldest first, up to some thousands.
func (s *Server) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}
