package teamstest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// The registration and the company of the simulation, where Config names none.
const (
	DefaultAppID       = "5f0c2b1e-7d3a-4c58-9b61-0a1b2c3d4e5f"
	DefaultAppPassword = "simulated-client-secret"
	DefaultTenantID    = "ac4e0000-0000-4000-8000-00000000ac4e"
)

// Config says which bot this Teams knows and how strict it is. Zero fields mean
// the defaults named beside them.
type Config struct {
	AppID       string // DefaultAppID
	AppPassword string // DefaultAppPassword
	TenantID    string // DefaultTenantID
	BotName     string // "Apono"
	// BotURL is where activities are sent, such as
	// http://127.0.0.1:3978/api/messages. SetBot gives it later.
	BotURL string
	// People are the company; nil means the default one.
	People []Person
	// Addr is where sign-in, keys and connector listen with TLS;
	// "127.0.0.1:0". Bots store the service URL, so a Teams that keeps its
	// StateFile needs a fixed port.
	Addr string
	// StateFile keeps chats and installs across restarts; "" keeps them in
	// memory only.
	StateFile string
	Now       func() time.Time // time.Now
	// InvokeLimit is how long Teams waits for the answer to an invoke before it
	// sends it once more; 15 s.
	InvokeLimit time.Duration
	// ExtensionLimit is how long it waits for a message extension; 5 s.
	ExtensionLimit time.Duration
	// Control, if given, is mounted at /control/ of the page, which then shows
	// the simulator's panel.
	Control http.Handler
	Say     func(string) // told of what takes long; nothing by default
}

// Server is a running Teams.
type Server struct {
	config  Config
	address string
	caFile  string
	http    *http.Server
	client  *http.Client // to the bot
	ca      *authority
	done    chan struct{}
	work    sync.WaitGroup
	closing func() error // once, whoever calls

	mu       sync.Mutex // guards what follows
	bot      string
	people   []*Person
	keys     []*signingKey // the last one signs
	tokens   map[string]time.Time
	chats    map[string]*chat
	channels []*Channel
	lastID   int64
	sent     []delivery
	faults   []*Fault
	calls    map[string]int
	changed  chan struct{} // closed and replaced at every change
	revision int64
}

// Serve starts a Teams, which runs until ctx ends or it is closed.
func Serve(ctx context.Context, c Config) (*Server, error) {
	s := &Server{config: c.withDefaults()}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the simulated Teams: %w", err)
	}
	s.address = listener.Addr().String()
	if s.caFile, err = s.ca.writeFile(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.http = &http.Server{
		Handler:           s.routes(),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{s.ca.leaf}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          discardLog(),
	}
	s.work.Go(func() { _ = s.http.ServeTLS(listener, "", "") }) // ends with ErrServerClosed
	s.work.Go(s.saveOnChange)
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

func (c Config) withDefaults() Config {
	c.AppID = cmp.Or(c.AppID, DefaultAppID)
	c.AppPassword = cmp.Or(c.AppPassword, DefaultAppPassword)
	c.TenantID = cmp.Or(c.TenantID, DefaultTenantID)
	c.BotName = cmp.Or(c.BotName, "Apono")
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:0")
	c.InvokeLimit = cmp.Or(c.InvokeLimit, 15*time.Second)
	c.ExtensionLimit = cmp.Or(c.ExtensionLimit, 5*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Say == nil {
		c.Say = func(string) {}
	}
	if c.People == nil {
		c.People = Company(c.TenantID)
	}
	return c
}

// prepare makes everything that needs no network.
func (s *Server) prepare() error {
	s.closing = sync.OnceValue(s.stop)
	s.done, s.changed = make(chan struct{}), make(chan struct{})
	s.tokens, s.calls = map[string]time.Time{}, map[string]int{}
	s.bot = s.config.BotURL
	s.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var err error
	if s.ca, err = newAuthority(); err != nil {
		return err
	}
	first, err := firstKey()
	if err != nil {
		return err
	}
	s.keys = []*signingKey{first}
	if err := s.settle(s.config.People); err != nil {
		return err
	}
	return s.load()
}

// settle gives everybody a chat with the bot, and the company its channels.
func (s *Server) settle(people []Person) error {
	s.chats = map[string]*chat{}
	for _, p := range people {
		p.teams = s
		p.fill(s.config.TenantID)
		if slices.ContainsFunc(s.people, func(q *Person) bool { return q.Key == p.Key }) {
			return fmt.Errorf("two people are called %q", p.Key)
		}
		s.people = append(s.people, &p)
		s.chats[p.ChatID()] = &chat{ID: p.ChatID(), Person: p.Key}
	}
	s.foundChannels()
	return nil
}

// Close stops the server, writes the state file and removes the CA file. It may
// be called again.
func (s *Server) Close() error { return s.closing() }

func (s *Server) stop() error {
	close(s.done)
	err := s.http.Close()
	s.work.Wait()
	s.client.CloseIdleConnections()
	return errors.Join(err, os.Remove(s.caFile), s.save())
}

// SetBot says where activities are sent from now on.
func (s *Server) SetBot(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bot = url
}

// SetInvokeLimit says how long Teams waits from now on, as Config.InvokeLimit.
func (s *Server) SetInvokeLimit(limit time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.InvokeLimit = limit
}

func (s *Server) invokeLimit() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config.InvokeLimit
}

// AppID is the Microsoft App ID of the bot that this Teams knows.
func (s *Server) AppID() string { return s.config.AppID }

// AppPassword is the client secret that its sign-in accepts.
func (s *Server) AppPassword() string { return s.config.AppPassword }

// TenantID is the company's tenant.
func (s *Server) TenantID() string { return s.config.TenantID }

// CAFile names a PEM file with the certificate authority to trust.
func (s *Server) CAFile() string { return s.caFile }

// Host is the host and port of everything that is served over TLS.
func (s *Server) Host() string { return s.address }

// OpenIDURL is the address of the metadata that names the signing keys.
func (s *Server) OpenIDURL() string {
	return "https://" + s.address + "/v1/.well-known/openidconfiguration"
}

// LoginURL is the Entra authority, without a tenant.
func (s *Server) LoginURL() string { return "https://" + s.address + "/" }

// ServiceURL is the Bot Connector that every activity names. It ends in the
// tenant's id, as those of today do.
func (s *Server) ServiceURL() string {
	return "https://" + s.address + "/amer/" + s.config.TenantID + "/"
}

// HTTPClient trusts this Teams' certificate.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.ca.pool(), MinVersion: tls.VersionTLS12}},
		Timeout:   30 * time.Second,
	}
}

// Person finds somebody by first name or Key, in any case. It panics for
// somebody who is not in the company: that is a mistake in the caller.
func (s *Server) Person(name string) *Person {
	if p := s.find(name); p != nil {
		return p
	}
	panic("teamstest: nobody is called " + name)
}

func (s *Server) find(name string) *Person {
	for _, p := range s.people {
		if strings.EqualFold(p.Key, name) || strings.EqualFold(p.GivenName, name) {
			return p
		}
	}
	return nil
}

// People are everybody, in the order of Config.
func (s *Server) People() []*Person { return slices.Clone(s.people) }
