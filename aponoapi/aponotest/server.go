package aponotest

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Config is what New needs.
type Config struct {
	// ServiceToken is the token of the bot's own Apono user, BotEmail.
	ServiceToken aponoapi.Secret
	// World is who and what exists; nil means DefaultWorld().
	World *World
	// BotEmail is the owner of ServiceToken; "" means bot@acme.example.
	BotEmail string
	// StateFile keeps the requests and the clock across restarts; "" means
	// in memory only.
	StateFile string
	// WebhookURL is told of changes, with WebhookSecret as a bearer token;
	// "" means nobody is.
	WebhookURL    string
	WebhookSecret aponoapi.Secret
	// HTTPClient sends the webhooks; nil means one with a limit of 10 s.
	HTTPClient *http.Client
	// Seed makes the ids of requests; "" means different ones in every run.
	Seed string
	// Now is the real clock under the simulated one; nil means time.Now.
	Now func() time.Time
}

// Server is a simulated Apono. It serves at "/", and is safe for concurrent
// use.
type Server struct {
	world   *World
	index   index
	service *Person
	token   aponoapi.Secret
	file    string
	seed    string
	now     func() time.Time
	hooks   webhooks
	mux     *http.ServeMux

	mu       sync.Mutex
	offset   time.Duration // how far the simulated clock is ahead
	requests []*record
	sessions []*session
	opened   int      // sessions there have been
	secrets  []string // that there have been
	events   []Event
	faults   []*Fault
	changed  bool // since the state was saved
	closed   chan struct{}
	close    func()
}

// New returns a simulated Apono with the requests of c.StateFile.
func New(c Config) (*Server, error) {
	if c.World == nil {
		c.World = DefaultWorld()
	}
	if err := c.World.check(); err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	bot := c.World.person(cmp.Or(c.BotEmail, "bot@acme.example"))
	if bot == nil || c.ServiceToken == "" {
		return nil, errors.New("simulated apono: wants a service token and somebody to own it")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{Timeout: 10 * time.Second}
	}
	s := &Server{
		world: c.World, index: newIndex(c.World), service: bot, token: c.ServiceToken, file: c.StateFile,
		seed: cmp.Or(c.Seed, rand.Text()), now: c.Now, mux: http.NewServeMux(),
		hooks:  webhooks{url: c.WebhookURL, secret: c.WebhookSecret, client: c.HTTPClient},
		closed: make(chan struct{}),
	}
	s.close = sync.OnceFunc(func() { close(s.closed) })
	s.routes()
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) routes() {
	s.routeV2()
	s.routeV3()
	s.routeV4()
	s.routeSessions()
	s.routeClient()
	s.handle("/", func(caller, *http.Request) (any, error) { return nil, notFound("no such endpoint") })
}

// handler answers one endpoint. It runs under the lock, after the world has
// been brought up to date; what it returns must not change afterwards.
type handler func(c caller, r *http.Request) (any, error)

func (s *Server) handle(pattern string, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.answer(h, r)
		status := http.StatusOK
		if err != nil {
			p := asProblem(err)
			status, answer = p.status, p
		}
		writeJSON(w, status, answer)
	})
}

func (s *Server) answer(h handler, r *http.Request) (any, error) {
	c, err := s.caller(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	return h(c, r)
}

// unlock also saves what was changed. What cannot be saved now is noted, and
// saved with the next change or by Close.
func (s *Server) unlock() {
	if s.changed {
		s.changed = false
		if err := s.save(); err != nil {
			s.note(Event{Kind: "state", Text: err.Error()})
		}
	}
	s.mu.Unlock()
}

// caller is whose token a call carries. A service account is a person whom
// nobody else knows.
type caller struct {
	person *Person
}

func (s *Server) caller(r *http.Request) (caller, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return caller{}, unauthorized()
	}
	endUser := strings.HasPrefix(r.URL.Path, "/api/user/") || strings.HasPrefix(r.URL.Path, "/api/client/")
	for _, account := range s.world.ServiceAccounts {
		if same(token, account.Token) {
			if endUser {
				return caller{}, forbidden("This endpoint needs an end user's token")
			}
			return caller{&Person{ID: account.Name, Email: account.Name, FirstName: account.Name, Admin: true}}, nil
		}
	}
	p := s.owner(token)
	switch {
	case p == nil:
		return caller{}, unauthorized()
	case endUser && s.world.NoEndUserTokens:
		return caller{}, forbidden("End-user tokens are not enabled for this account")
	case !endUser && !p.Admin:
		return caller{}, forbidden("You do not have permission to perform this action")
	}
	return caller{p}, nil
}

// owner is the person whose token this is.
func (s *Server) owner(token string) *Person {
	if same(token, s.token) {
		return s.service
	}
	for i := range s.world.People {
		if p := &s.world.People[i]; p.Token != "" && !p.Inactive && same(token, p.Token) {
			return p
		}
	}
	return nil
}

func same(token string, want aponoapi.Secret) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(want.Reveal())) == 1
}

// ServeHTTP answers one call of Apono's API, and notes it in the event log.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A server notices that its caller has gone only after reading the body.
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	fault := s.fault(r)
	recorded := &recorder{header: make(http.Header)}
	defer func() {
		s.mu.Lock()
		defer s.unlock()
		s.note(Event{Kind: "call", Method: r.Method, Path: r.URL.EscapedPath(), Status: recorded.status})
	}()
	if !s.before(fault, recorded, r) {
		s.mux.ServeHTTP(recorded, r)
	}
	s.after(fault, recorded, w, r)
}

const maxBody = 1 << 20

// recorder holds an answer back until faults have had their say.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func (r *recorder) flush(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	// Nobody is left to tell when the caller has gone.
	_, _ = w.Write(r.body.Bytes())
}

// problem is an error as Apono answers it. Only 401 is documented.
type problem struct {
	status  int
	Status  string `json:"status"`
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

func (p *problem) Error() string { return p.Message }

func newProblem(status int, code, message string) *problem {
	return &problem{status: status, Status: fmt.Sprint(status), Code: code, Message: message}
}

func unauthorized() error            { return newProblem(401, "Unauthorized", "") }
func forbidden(message string) error { return newProblem(403, "Forbidden", message) }
func notFound(message string) error  { return newProblem(404, "NotFound", message) }
func conflict(message string) error  { return newProblem(409, "Conflict", message) }

func invalid(format string, args ...any) error {
	return newProblem(400, "BadRequest", fmt.Sprintf(format, args...))
}

func asProblem(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	return newProblem(500, "InternalServerError", err.Error())
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Nobody is left to tell when the caller has gone.
	_ = json.NewEncoder(w).Encode(answer)
}

func readJSON(r *http.Request, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return invalid("The body cannot be read")
	}
	if err := json.Unmarshal(body, into); err != nil {
		return invalid("The body is not valid JSON")
	}
	return nil
}

// message is what Apono answers to most actions.
type message struct {
	Message string `json:"message"`
}
