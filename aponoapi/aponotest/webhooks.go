package aponotest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Disturbance is what goes wrong with webhooks on their way.
type Disturbance struct {
	Drop      bool          `json:"drop,omitempty"`      // none arrives
	Duplicate bool          `json:"duplicate,omitempty"` // each arrives twice
	Delay     time.Duration `json:"delay,omitempty"`     // in simulated time
	Reorder   bool          `json:"reorder,omitempty"`   // what is due together arrives backwards
}

// webhooks is what is to be sent, and how.
type webhooks struct {
	url       string
	secret    aponoapi.Secret
	client    *http.Client
	queue     []delivery
	disturbed Disturbance
}

type delivery struct {
	at        time.Time
	event     string
	requestID string
	body      []byte
}

// Disturb changes what goes wrong with webhooks from now on; the zero
// Disturbance lets them arrive.
func (s *Server) Disturb(d Disturbance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks.disturbed = d
}

// announce queues a webhook with the body of the template that operators are
// told to configure: ids only.
func (s *Server) announce(r *record, event string, at time.Time) {
	d := s.hooks.disturbed
	if s.hooks.url == "" || d.Drop {
		return
	}
	body := fmt.Appendf(nil, `{"event_type": %q, "data": {"id": %q, "friendly_id": %q}}`, event, r.V3ID, r.FriendlyID)
	queued := delivery{at: at.Add(d.Delay), event: event, requestID: r.FriendlyID, body: body}
	s.hooks.queue = append(s.hooks.queue, queued)
	if d.Duplicate {
		s.hooks.queue = append(s.hooks.queue, queued)
	}
}

// Step moves requests on that are due, and sends the webhooks that are due.
// It returns how many it sent; like Apono, it sends none again.
func (s *Server) Step(ctx context.Context) (sent int) {
	for _, d := range s.takeDue() {
		status, err := s.deliver(ctx, d)
		e := Event{Kind: "webhook", RequestID: d.requestID, Status: status, Text: d.event}
		if err != nil {
			e.Text += ": " + err.Error()
		}
		s.mu.Lock()
		s.note(e)
		s.mu.Unlock()
		sent++
	}
	return sent
}

func (s *Server) takeDue() []delivery {
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	now := s.clock()
	var due []delivery
	s.hooks.queue = slices.DeleteFunc(s.hooks.queue, func(d delivery) bool {
		if d.at.After(now) {
			return false
		}
		due = append(due, d)
		return true
	})
	if s.hooks.disturbed.Reorder {
		slices.Reverse(due)
	}
	return due
}

func (s *Server) deliver(ctx context.Context, d delivery) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.hooks.url, bytes.NewReader(d.body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+s.hooks.secret.Reveal())
	req.Header.Set("Content-Type", "application/json")
	res, err := s.hooks.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	// Read to the end so that the connection can be used again.
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return res.StatusCode, err
	}
	return res.StatusCode, nil
}

// Run steps until ctx ends, often enough for somebody who is watching.
func (s *Server) Run(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.Step(ctx)
		}
	}
}
