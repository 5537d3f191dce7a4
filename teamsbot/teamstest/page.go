package teamstest

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/db/devpg/npm"
)

//go:embed page/index.html page/style.css page/*.js page/package.json page/package-lock.json page/.npmrc
var pageFiles embed.FS

// cardRenderer is Microsoft's renderer below node_modules.
const cardRenderer = "node_modules/adaptivecards/dist/adaptivecards.min.js"

// pagePolicy lets the page load nothing from elsewhere. The renderer writes
// style attributes.
const pagePolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Page is the web page on which a person is chosen and their Teams is used. It
// asks for no password: the caller binds it to loopback, and it refuses hosts
// that are not loopback, so that no other site can reach it through a browser.
// The first call installs the card renderer with npm.
func (s *Server) Page(ctx context.Context) (http.Handler, error) {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		return nil, fmt.Errorf("open the page's files: %w", err)
	}
	dir, err := npm.Install(ctx, "teams-page", files, s.config.Say)
	if err != nil {
		return nil, fmt.Errorf("install the card renderer: %w", err)
	}
	renderer := filepath.Join(dir, cardRenderer)
	if _, err := os.Stat(renderer); err != nil {
		return nil, fmt.Errorf("install the card renderer: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(files))
	mux.HandleFunc("GET /adaptivecards.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, renderer)
	})
	mux.HandleFunc("GET /api/state", s.serveState)
	mux.HandleFunc("GET /api/events", s.serveEvents)
	mux.HandleFunc("POST /api/act", s.serveAct)
	if s.config.Control != nil {
		mux.Handle("/control/", http.StripPrefix("/control", s.config.Control))
	}
	return loopbackOnly(http.NewCrossOriginProtection().Handler(mux)), nil
}

// loopbackOnly refuses requests for another host, which is what a rebound DNS
// name looks like.
func loopbackOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		address, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if host != "localhost" && (err != nil || !address.IsLoopback()) {
			http.Error(w, "The playground is for this machine only.", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// What the page is told. The chats are those of the person who is looking.
type (
	pageState struct {
		Revision int64        `json:"revision"`
		Now      time.Time    `json:"now"`
		Bot      string       `json:"bot"`
		Control  bool         `json:"control"`
		People   []pagePerson `json:"people"`
		Chats    []pageChat   `json:"chats"`
	}
	pagePerson struct {
		Key       string `json:"key"`
		Name      string `json:"name"`
		Email     string `json:"email"`
		TimeZone  string `json:"timeZone"`
		Locale    string `json:"locale"`
		Guest     bool   `json:"guest"`
		Installed bool   `json:"installed"`
		Latest    string `json:"latest"` // newest message of the bot's in the 1:1 chat
	}
	pageChat struct {
		Key       string        `json:"key"` // "apono", or a channel's
		ID        string        `json:"id"`
		Title     string        `json:"title"`
		Channel   string        `json:"channel"` // its team and type; "" for a chat
		Installed bool          `json:"installed"`
		Blocked   bool          `json:"blocked"`
		Open      bool          `json:"open"` // the bot may have written without being installed
		Messages  []pageMessage `json:"messages"`
	}
	pageMessage struct {
		ID       string          `json:"id"`
		Chat     string          `json:"chat"` // with its thread
		Thread   string          `json:"thread"`
		From     string          `json:"from"`
		Name     string          `json:"name"`
		Text     string          `json:"text"`
		Card     json.RawMessage `json:"card,omitempty"`
		At       time.Time       `json:"at"`
		Revision int             `json:"revision"`
		Edited   bool            `json:"edited"`
		Deleted  bool            `json:"deleted"`
	}
)

func (s *Server) serveState(w http.ResponseWriter, r *http.Request) {
	p := s.find(r.URL.Query().Get("as"))
	if p == nil {
		p = s.people[0]
	}
	revision, _ := s.watch()
	state := pageState{
		Revision: revision, Now: s.config.Now(), Bot: s.config.BotName, Control: s.config.Control != nil,
		Chats: []pageChat{s.pageChat(p, "apono", p.ChatID(), s.config.BotName, "")},
	}
	for _, c := range s.channels {
		if c.takes(p) && !s.isGone(c) {
			state.Chats = append(state.Chats, s.pageChat(p, c.key, c.ID, c.Name, c.about()))
		}
	}
	for _, q := range s.people {
		state.People = append(state.People, s.pagePerson(q))
	}
	writeJSON(w, http.StatusOK, state)
}

func (s *Server) pagePerson(p *Person) pagePerson {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[p.ChatID()]
	shown := pagePerson{
		Key: p.Key, Name: p.Name, Email: p.Email, TimeZone: p.TimeZone, Locale: p.Locale,
		Guest: p.Role == "guest" || p.TenantID != s.config.TenantID, Installed: c.Installed,
	}
	for _, m := range c.Messages {
		if m.From == fromBot && !m.Deleted {
			shown.Latest = m.ID
		}
	}
	return shown
}

func (s *Server) pageChat(p *Person, key, id, title, channel string) pageChat {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[id]
	shown := pageChat{
		Key: key, ID: id, Title: title, Channel: channel, Installed: c.Installed, Blocked: c.Blocked, Open: c.Open,
		Messages: make([]pageMessage, 0, len(c.Messages)),
	}
	for _, m := range c.Messages {
		seen := m.as(p.Key)
		name := s.config.BotName
		if author := s.find(m.From); author != nil {
			name = author.Name
		}
		line := pageMessage{
			ID: m.ID, Chat: m.place(), Thread: m.Thread, From: m.From, Name: name, Text: seen.Text, Card: seen.Card,
			At: m.At, Revision: m.Edited, Edited: m.Edited > 0, Deleted: m.Deleted,
		}
		if m.Views[p.Key] != nil {
			line.Revision = -1 // a view of one's own: drawn anew each time
		}
		if m.Deleted {
			line.Text, line.Card = "", nil
		}
		shown.Messages = append(shown.Messages, line)
	}
	return shown
}

// serveEvents tells the page the number of each change, so that it asks for the
// state anew.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	beat := time.NewTicker(20 * time.Second)
	defer beat.Stop()
	for {
		revision, changed := s.watch()
		if _, err := fmt.Fprintf(w, "data: %d\n\n", revision); err != nil {
			return
		}
		if err := stream.Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-beat.C:
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
	}
}

// errBadAct is the answer to something that the page never sends.
var errBadAct = errors.New("no such thing to do")
