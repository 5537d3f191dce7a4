package aponotest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// session is what one person uses of one resource type of an integration. It
// may serve several requests, and lives as long as one of them is granted.
type session struct {
	ID, Grantee, Integration, Type string
	Requests                       []string // v3 ids
	Credentials                    aponoapi.Credentials
	Secret                         string
	ResetDone                      time.Time // when Resetting ends
	Made                           int       // how many secrets there have been
}

// resetTime is how long a reset takes.
const resetTime = 4 * time.Second

// connect opens the sessions of a request that has been granted, or lets it
// share those that are open.
func (s *Server) connect(r *record) {
	for _, u := range r.Units {
		open := slices.IndexFunc(s.sessions, func(x *session) bool {
			return x.Grantee == r.Grantee && x.Integration == u.Integration && x.Type == u.Type
		})
		if open < 0 {
			open = len(s.sessions)
			s.opened++
			x := &session{
				ID: "ses_" + s.newID("session", s.opened), Grantee: r.Grantee, Integration: u.Integration, Type: u.Type,
			}
			s.renew(x)
			s.sessions = append(s.sessions, x)
		}
		if x := s.sessions[open]; !slices.Contains(x.Requests, r.V3ID) {
			x.Requests = append(x.Requests, r.V3ID)
		}
	}
}

// disconnect ends a request's part in sessions.
func (s *Server) disconnect(r *record) {
	s.sessions = slices.DeleteFunc(s.sessions, func(x *session) bool {
		x.Requests = slices.DeleteFunc(x.Requests, func(id string) bool { return id == r.V3ID })
		return len(x.Requests) == 0
	})
}

// renew gives a session a secret that nobody has seen.
func (s *Server) renew(x *session) {
	x.Credentials = aponoapi.NotApplicable
	if s.kind(x).NoSecret {
		return
	}
	x.Made++
	x.Credentials = aponoapi.Available
	x.Secret = fmt.Sprintf("pw-%s", s.newID("secret/"+x.ID, x.Made)[:18])
	s.secrets = append(s.secrets, x.Secret)
	s.changed = true
}

func (s *Server) kind(x *session) *ResourceType {
	return s.world.integration(x.Integration).resourceType(x.Type)
}

// settleSessions finishes resets.
func (s *Server) settleSessions(now time.Time) {
	for _, x := range s.sessions {
		if x.Credentials == aponoapi.Resetting && !x.ResetDone.After(now) {
			s.renew(x)
		}
	}
}

// reset begins to replace a session's secret.
func (s *Server) reset(x *session) error {
	switch x.Credentials {
	case aponoapi.NotApplicable:
		return invalid("This access has no credentials to reset")
	case aponoapi.Resetting:
		return conflict("The credentials are being reset")
	}
	x.Credentials, x.ResetDone = aponoapi.Resetting, s.clock().Add(resetTime)
	s.changed = true
	s.note(Event{Kind: "reset", Text: x.ID})
	return nil
}

// Secrets tells every secret there has been in this run, for tests that
// look where one must not be.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secrets)
}

type detailsWire struct {
	Instructions       string            `json:"instructions"`
	CustomAdminMessage string            `json:"custom_admin_message,omitempty"`
	Parameters         map[string]string `json:"parameters,omitempty"`
	CLI                string            `json:"cli,omitempty"`
	Link               *linkWire         `json:"link,omitempty"`
}

type linkWire struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
}

// read shows a session's details. The first reader of a secret uses it up;
// later ones see asterisks.
func (s *Server) read(x *session) (detailsWire, error) {
	in, kind := s.world.integration(x.Integration), s.kind(x)
	secret := x.Secret
	switch x.Credentials {
	case aponoapi.NotApplicable:
		url := "https://" + in.Type + ".acme.example/sign-in"
		return detailsWire{
			Instructions: "Sign in to " + in.Name + " with your company account: " + url,
			Link:         &linkWire{URL: url, Title: "Open " + in.Name},
		}, nil
	case aponoapi.Resetting:
		return detailsWire{}, conflict("The credentials are being reset")
	case aponoapi.Viewed:
		secret = strings.Repeat("*", 12)
	}
	if x.Credentials == aponoapi.Available {
		x.Credentials = aponoapi.Viewed
		s.changed = true
		s.note(Event{Kind: "details", Text: x.ID, Actor: s.email(x.Grantee)})
	}
	user, _, _ := strings.Cut(s.email(x.Grantee), "@")
	host := strings.ReplaceAll(strings.ToLower(in.Name), " ", "-") + ".acme.example"
	return detailsWire{
		Instructions:       fmt.Sprintf("Connect to %s (%s)\nHost: %s\nUser: %s\nPassword: %s", in.Name, kind.Name, host, user, secret),
		CustomAdminMessage: in.AdminMessage,
		Parameters:         map[string]string{"host": host, "username": user, "password": secret},
		CLI:                fmt.Sprintf("psql 'postgresql://%s:%s@%s'", user, secret, host),
	}, nil
}

// sessionsOf are the sessions that serve a request.
func (s *Server) sessionsOf(r *record) []*session {
	var list []*session
	for _, x := range s.sessions {
		if slices.Contains(x.Requests, r.V3ID) {
			list = append(list, x)
		}
	}
	return list
}

func (s *Server) routeSessions() {
	const sessions = "/api/user/v1/access-sessions"
	s.handle("GET "+sessions, s.listSessions)
	s.handle("GET "+sessions+"/{id}", s.onSession(func(x *session) (any, error) { return s.wireSession(x), nil }))
	s.handle("GET "+sessions+"/{id}/access-details", s.onSession(func(x *session) (any, error) {
		return answerOf(s.read(x))
	}))
	s.handle("POST "+sessions+"/{id}/reset-credentials", s.onSession(func(x *session) (any, error) {
		return message{"Credentials reset has started"}, s.reset(x)
	}))
	s.handle("GET /api/v3/access-requests/{id}/access-details", s.detailsV3)
	s.handle("POST /api/v3/access-requests/{id}/reset", s.resetV3)
}

func answerOf[T any](answer T, err error) (any, error) { return answer, err }

type sessionWire struct {
	ID                  string    `json:"id"`
	Name                string    `json:"name"`
	RequestIDs          []string  `json:"request_ids"`
	Integration         namedWire `json:"integration"`
	CredentialsStatus   string    `json:"credentials_status"`
	CanResetCredentials bool      `json:"can_reset_credentials"`
}

func (s *Server) wireSession(x *session) sessionWire {
	in := s.world.integration(x.Integration)
	w := sessionWire{
		ID: x.ID, Name: in.Name + " / " + s.kind(x).Name, RequestIDs: []string{},
		Integration: namedWire{in.ID, in.Name}, CredentialsStatus: string(x.Credentials),
		CanResetCredentials: x.Credentials != aponoapi.NotApplicable,
	}
	for _, r := range s.requests {
		if slices.Contains(x.Requests, r.V3ID) {
			w.RequestIDs = append(w.RequestIDs, r.V4ID)
		}
	}
	return w
}

func (s *Server) listSessions(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	var all []sessionWire
	for _, x := range s.sessions {
		if x.Grantee != c.person.ID || !among(query["integration_id"], x.Integration) {
			continue
		}
		wanted := len(query["request_ids"]) == 0
		for _, r := range s.requests {
			if slices.Contains(x.Requests, r.V3ID) && !wanted {
				wanted = slices.Contains(query["request_ids"], r.V4ID) || slices.Contains(query["request_ids"], r.FriendlyID)
			}
		}
		if wanted {
			all = append(all, s.wireSession(x))
		}
	}
	return tokenPaged(req, all, itself)
}

// onSession answers for one of the caller's own sessions.
func (s *Server) onSession(do func(*session) (any, error)) handler {
	return func(c caller, req *http.Request) (any, error) {
		for _, x := range s.sessions {
			if x.ID == req.PathValue("id") && x.Grantee == c.person.ID {
				return do(x)
			}
		}
		return nil, notFound("Access session not found")
	}
}

// detailsV3 shows everything that a request gives, as one text.
func (s *Server) detailsV3(_ caller, req *http.Request) (any, error) {
	r, err := s.lookupV3(req.PathValue("id"))
	if err != nil {
		return nil, err
	}
	open := s.sessionsOf(r)
	if len(open) == 0 {
		return nil, conflict("The request is not active")
	}
	if slices.ContainsFunc(open, func(x *session) bool { return x.Credentials == aponoapi.Resetting }) {
		return nil, conflict("The credentials are being reset")
	}
	var texts []string
	for _, x := range open {
		d, err := s.read(x)
		if err != nil {
			return nil, err
		}
		texts = append(texts, d.Instructions)
	}
	return struct {
		Details string `json:"details"`
	}{strings.Join(texts, "\n\n")}, nil
}

func (s *Server) resetV3(_ caller, req *http.Request) (any, error) {
	r, err := s.lookupV3(req.PathValue("id"))
	if err != nil {
		return nil, err
	}
	open := s.sessionsOf(r)
	if len(open) == 0 {
		return nil, conflict("The request is not active")
	}
	var refusal error
	begun := 0
	for _, x := range open {
		if err := s.reset(x); err != nil {
			refusal = err
			continue
		}
		begun++
	}
	if begun == 0 {
		return nil, refusal
	}
	return message{"Credentials reset has started"}, nil
}
