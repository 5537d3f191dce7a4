package aponotest

import (
	"net/http"
	"slices"
	"time"
)

// Control is what the playground's page uses to watch and drive the
// simulation. It asks for no token, so it belongs on loopback only. All
// bodies are JSON:
//
//	GET    /state                  {"now", "ahead_sec", "requests": [Request…, newest first],
//	                                "faults": [Fault…], "disturbance": Disturbance, "events": [the last 100 Event…],
//	                                "tokens": [{"name", "email", "token"}, people's own]}
//	POST   /advance                {"seconds": 900}
//	POST   /requests/{id}/approve  {"by": "omar@acme.example" or "" for everybody asked, "reason": ""}
//	POST   /requests/{id}/reject   the same
//	POST   /requests/{id}/fail     {"reason": ""}
//	POST   /requests/{id}/fail-unit  {"resource": "orders", "permission": "" for any}
//	POST   /requests/{id}/expire   {}
//	POST   /requests/{id}/revoke   {}
//	POST   /requests/{id}/mfa      {}
//	POST   /faults                 Fault; durations in nanoseconds
//	DELETE /faults                 ends all of them
//	POST   /disturbance            Disturbance
//
// Every POST and DELETE answers the new state; what cannot be done answers
// {"message"} with 400, 403, 404 or 409. {id} is any id of the request.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, do func(r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := do(r); err != nil {
				p := asProblem(err)
				writeJSON(w, p.status, message{p.Message})
				return
			}
			writeJSON(w, http.StatusOK, s.state())
		})
	}
	on("GET /state", func(*http.Request) error { return nil })
	on("POST /advance", withBody(s.advance))
	s.controlRequests(on)
	on("POST /faults", withBody(func(_ *http.Request, f Fault) error {
		if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
			return invalid("status must be between 200 and 599")
		}
		s.Fault(f)
		return nil
	}))
	on("DELETE /faults", func(*http.Request) error {
		s.ClearFaults()
		return nil
	})
	on("POST /disturbance", withBody(func(_ *http.Request, d Disturbance) error {
		s.Disturb(d)
		return nil
	}))
	return mux
}

func (s *Server) advance(_ *http.Request, body struct{ Seconds float64 }) error {
	if body.Seconds <= 0 || body.Seconds > 1e9 {
		return invalid("seconds must be positive")
	}
	s.Advance(time.Duration(body.Seconds * float64(time.Second)))
	return nil
}

func (s *Server) controlRequests(on func(pattern string, do func(*http.Request) error)) {
	type decision struct{ By, Reason string }
	on("POST /requests/{id}/approve", withBody(func(r *http.Request, d decision) error {
		return s.Approve(r.PathValue("id"), d.By, d.Reason)
	}))
	on("POST /requests/{id}/reject", withBody(func(r *http.Request, d decision) error {
		return s.Reject(r.PathValue("id"), d.By, d.Reason)
	}))
	on("POST /requests/{id}/fail", withBody(func(r *http.Request, d decision) error {
		return s.Fail(r.PathValue("id"), d.Reason)
	}))
	on("POST /requests/{id}/fail-unit", withBody(func(r *http.Request, u struct{ Resource, Permission string }) error {
		return s.FailUnit(r.PathValue("id"), u.Resource, u.Permission)
	}))
	on("POST /requests/{id}/expire", func(r *http.Request) error { return s.Expire(r.PathValue("id")) })
	on("POST /requests/{id}/revoke", func(r *http.Request) error { return s.Revoke(r.PathValue("id")) })
	on("POST /requests/{id}/mfa", func(r *http.Request) error { return s.PassMFA(r.PathValue("id")) })
}

func withBody[T any](do func(*http.Request, T) error) func(*http.Request) error {
	return func(r *http.Request) error {
		var body T
		if err := readJSON(r, &body); err != nil {
			return err
		}
		return do(r, body)
	}
}

type state struct {
	Now         time.Time   `json:"now"`
	AheadSec    float64     `json:"ahead_sec"`
	Requests    []Request   `json:"requests"`
	Faults      []Fault     `json:"faults"`
	Disturbance Disturbance `json:"disturbance"`
	Events      []Event     `json:"events"`
	Tokens      []token     `json:"tokens"`
}

// token is a person's own API token, which they would make in Apono's portal.
type token struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Token string `json:"token"`
}

func (s *Server) tokens() (all []token) {
	for i := range s.world.People {
		if p := &s.world.People[i]; p.Token != "" && !p.Inactive && p != s.service {
			all = append(all, token{p.name(), p.Email, p.Token.Reveal()})
		}
	}
	return all
}

func (s *Server) state() state {
	requests, faults := s.Requests(), s.Faults()
	slices.Reverse(requests)
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.events[max(0, len(s.events)-100):]
	return state{
		Now: s.clock(), AheadSec: s.offset.Seconds(), Requests: requests, Faults: faults,
		Disturbance: s.hooks.disturbed, Events: slices.Clone(last), Tokens: s.tokens(),
	}
}
