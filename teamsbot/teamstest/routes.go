package teamstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What Fault.Op and Calls name.
const (
	OpCreate   = "create"  // POST conversations
	OpSend     = "send"    // POST activities
	OpUpdate   = "update"  // PUT activity
	OpDelete   = "delete"  // DELETE activity
	OpMember   = "member"  // GET member
	OpMembers  = "members" // GET pagedmembers
	OpToken    = "token"   // the sign-in
	OpKeys     = "keys"    // the signing keys
	OpMetadata = "openid"  // the document that names their address
)

// Fault makes calls fail.
type Fault struct {
	// Op is the call that fails; "" means every call to the connector.
	Op string
	// Conversation narrows it to one chat, by its id without a thread.
	Conversation string
	// Status, Code and Message are the answer; Status 0 answers as usual, after
	// Delay and Hold. The sign-in's codes are Entra's: AADSTS7000222.
	Status  int
	Code    string
	Message string
	// Body is the answer instead of Code and Message.
	Body       string
	RetryAfter time.Duration   // sent as Retry-After
	Delay      time.Duration   // before anything happens
	Hold       <-chan struct{} // nothing happens until it is closed
	// Drop carries the call out, then cuts the connection before the answer.
	Drop bool
	// Times is how many calls fail; 0 means until ClearFaults.
	Times int
}

// Fail adds a fault. The oldest that fits a call applies.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Calls is how often the bot has called op, failed calls included.
func (s *Server) Calls(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /v1/.well-known/openidconfiguration", s.called(OpMetadata, s.serveMetadata))
	mux.Handle("GET /v1/.well-known/keys", s.called(OpKeys, s.serveKeys))
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", s.serveTenant)
	mux.Handle("POST /{tenant}/oauth2/v2.0/token", s.called(OpToken, s.serveToken))

	const service = "/{region}/{tenant}/v3/conversations"
	connector := func(pattern, op string, h http.HandlerFunc) {
		mux.Handle(pattern, s.called(op, s.authenticated(h)))
	}
	connector("POST "+service, OpCreate, s.serveCreate)
	connector("POST "+service+"/{conversation}/activities", OpSend, s.serveSend)
	connector("POST "+service+"/{conversation}/activities/{activity}", OpSend, s.serveSend)
	connector("PUT "+service+"/{conversation}/activities/{activity}", OpUpdate, s.serveUpdate)
	connector("DELETE "+service+"/{conversation}/activities/{activity}", OpDelete, s.serveDelete)
	connector("GET "+service+"/{conversation}/members/{member}", OpMember, s.serveMember)
	connector("GET "+service+"/{conversation}/pagedmembers", OpMembers, s.serveMembers)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "NotFound", "No such address.")
	})
	return mux
}

// called counts a call and applies the fault that fits.
func (s *Server) called(op string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := s.faultFor(op, rootOf(r.PathValue("conversation")))
		if f == nil {
			h(w, r)
			return
		}
		if !s.waits(r, f) {
			return
		}
		switch {
		case f.Drop:
			h(newForgetful(), r)
			panic(http.ErrAbortHandler) // net/http's way to cut the connection
		case f.Status == 0:
			h(w, r)
		default:
			if f.RetryAfter > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
			}
			f.answer(w)
		}
	})
}

// answer is what a fault says in the place of whom it hits.
func (f *Fault) answer(w http.ResponseWriter) {
	code, err := strconv.Atoi(strings.TrimPrefix(f.Code, "AADSTS"))
	switch {
	case f.Body != "":
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body) // the other side has hung up: nobody to tell
	case strings.HasPrefix(f.Code, "AADSTS") && err == nil:
		refuseToken(w, f.Status, "invalid_client", code, f.Message)
	default:
		refuse(w, f.Status, f.Code, f.Message)
	}
}

func (s *Server) faultFor(op, conversation string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[op]++
	defer s.changedNow()
	for i, f := range s.faults {
		everything := f.Op == "" && op != OpToken && op != OpKeys && op != OpMetadata
		if f.Op != op && !everything || f.Conversation != "" && f.Conversation != conversation {
			continue
		}
		if f.Times == 1 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		applied := *f
		f.Times = max(0, f.Times-1)
		return &applied
	}
	return nil
}

// waits lets Delay and Hold pass; false if nobody waits any more.
func (s *Server) waits(r *http.Request, f *Fault) bool {
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return false
	case <-s.done:
		return false
	}
	if f.Hold == nil {
		return true
	}
	select {
	case <-f.Hold:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

// forgetful takes an answer that nobody will read.
type forgetful struct{ header http.Header }

func newForgetful() forgetful                      { return forgetful{header: http.Header{}} }
func (f forgetful) Header() http.Header            { return f.header }
func (f forgetful) Write(data []byte) (int, error) { return len(data), nil }
func (f forgetful) WriteHeader(int)                {}

// authenticated lets only requests with a token of ours through.
func (s *Server) authenticated(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.signedIn(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "Unauthorized", "Authorization has been denied for this request.")
			return
		}
		if r.PathValue("tenant") != s.config.TenantID {
			refuse(w, http.StatusForbidden, "ForbiddenOperationException", "The tenant is not this service URL's.")
			return
		}
		h(w, r)
	}
}

// refuse answers an error in the connector's shape.
func refuse(w http.ResponseWriter, status int, code, message string) {
	if code == "" {
		code = map[int]string{
			http.StatusPreconditionFailed: "PreconditionFailed", http.StatusTooManyRequests: "Throttled",
		}[status]
	}
	if code == "" {
		code = "ServiceError"
	}
	if message == "" {
		message = fmt.Sprintf("Simulated: %s.", http.StatusText(status))
	}
	writeJSON(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the other side has hung up: nobody to tell
}

// readBody reads a request's body up to a limit, which it may exceed by one.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	return data, nil
}
