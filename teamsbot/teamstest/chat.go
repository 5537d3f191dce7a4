package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Elsewhere is a chat between people where the bot is not a member.
const Elsewhere = "19:elsewhere00004b30a1b2c3d4e5f60718@unq.gbl.spaces"

// chat is one conversation that the bot can be a member of.
type chat struct {
	ID        string
	Person    string // Key of the person; "" in a channel
	Installed bool
	// Removed remembers that the app was there once: such a person is not
	// reached through a team either.
	Removed  bool
	Open     bool // the 1:1 chat exists, installed or created by the bot
	Blocked  bool
	Gone     bool // a channel that was deleted
	Messages []*Message
}

// Message is one message as Teams keeps it.
type Message struct {
	ID           string
	Conversation string          // the chat, without a thread
	Thread       string          // id of the message that began the thread; "" outside channels
	From         string          // "bot", or the Key of a person
	Text         string          // of the message itself; see Visible
	Card         json.RawMessage // the first Adaptive Card; nil without one
	Summary      string
	At           time.Time
	Edited       int // how often
	Deleted      bool
	Activity     json.RawMessage // as the bot sent it
	// Views are what single people see in place of Card, as an answer to their
	// Action.Execute gave it to them.
	Views map[string]json.RawMessage `json:",omitempty"`
}

// rootOf is a conversation id without its thread.
func rootOf(id string) string {
	root, _, _ := strings.Cut(id, ";messageid=")
	return root
}

func threadOf(id string) string {
	_, thread, _ := strings.Cut(id, ";messageid=")
	return thread
}

// nextID is a message id: milliseconds, as those of Teams. The caller holds mu.
func (s *Server) nextID() string {
	s.lastID = max(s.lastID+1, s.config.Now().UnixMilli())
	return strconv.FormatInt(s.lastID, 10)
}

// changedNow wakes everybody who waits for a change. The caller holds mu.
func (s *Server) changedNow() {
	s.revision++
	close(s.changed)
	s.changed = make(chan struct{})
}

// watch returns the number of the newest change, and what is closed at the next.
func (s *Server) watch() (int64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision, s.changed
}

// Await returns when cond holds. It asks again at every change of any chat.
func (s *Server) Await(ctx context.Context, cond func() bool) error {
	for {
		_, changed := s.watch()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for Teams to show it: %w", ctx.Err())
		case <-s.done:
			return errors.New("wait for Teams to show it: Teams was closed")
		}
	}
}

// put stores a message and tells who waits. The caller holds mu.
func (s *Server) put(c *chat, m Message) Message {
	m.ID, m.Conversation, m.At = s.nextID(), c.ID, s.config.Now()
	if c.Person == "" && m.Thread == "" {
		m.Thread = m.ID
	}
	c.Messages = append(c.Messages, &m)
	s.changedNow()
	return m
}

// message finds one by id. The caller holds mu.
func (c *chat) message(id string) *Message {
	for _, m := range c.Messages {
		if m.ID == id && !m.Deleted {
			return m
		}
	}
	return nil
}

// seenBy are the messages of a chat as one person sees them.
func (s *Server) seenBy(chatID, person string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[rootOf(chatID)]
	if c == nil {
		return nil
	}
	messages := make([]Message, 0, len(c.Messages))
	for _, m := range c.Messages {
		messages = append(messages, m.as(person))
	}
	return messages
}

func (m *Message) as(person string) Message {
	seen := *m
	if view := m.Views[person]; view != nil {
		seen.Card = view
	}
	seen.Views = nil
	return seen
}

// Messages are those of all chats, deleted ones and what they held included:
// Teams keeps copies too.
func (s *Server) Messages() []Message {
	var all []Message
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.chats {
		for _, m := range c.Messages {
			all = append(all, *m)
		}
	}
	slices.SortFunc(all, func(a, b Message) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// written are the bot's messages in a chat that are newer than an id.
func (s *Server) written(chatID, person, since string) []Message {
	all := s.seenBy(chatID, person)
	return slices.DeleteFunc(all, func(m Message) bool { return m.From != fromBot || m.ID <= since })
}

// saved is the state file.
type saved struct {
	Chats  map[string]*chat
	LastID int64
}

// load reads the state file, if there is one. Chats of people who are gone are
// dropped.
func (s *Server) load() error {
	if s.config.StateFile == "" {
		return nil
	}
	data, err := os.ReadFile(s.config.StateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the simulated Teams' state: %w", err)
	}
	var state saved
	if err := json.Unmarshal(data, &state); err != nil {
		return fmt.Errorf("read the simulated Teams' state from %s: %w", s.config.StateFile, err)
	}
	for id := range s.chats {
		if c := state.Chats[id]; c != nil {
			s.chats[id] = c
		}
	}
	s.lastID = state.LastID
	return nil
}

// save replaces the state file at once, so that a crash leaves the old one.
func (s *Server) save() error {
	if s.config.StateFile == "" {
		return nil
	}
	s.mu.Lock()
	var data bytes.Buffer
	err := json.NewEncoder(&data).Encode(saved{Chats: s.chats, LastID: s.lastID})
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("write the simulated Teams' state: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(s.config.StateFile), 0o700); err != nil {
		return fmt.Errorf("write the simulated Teams' state: %w", err)
	}
	part := s.config.StateFile + ".part"
	if err := os.WriteFile(part, data.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the simulated Teams' state: %w", err)
	}
	if err := os.Rename(part, s.config.StateFile); err != nil {
		return fmt.Errorf("write the simulated Teams' state: %w", err)
	}
	return nil
}

// saveOnChange keeps the state file up to date until Close, which writes the
// last one and reports what goes wrong.
func (s *Server) saveOnChange() {
	for {
		_, changed := s.watch()
		if err := s.save(); err != nil {
			s.config.Say(err.Error())
		}
		select {
		case <-changed:
		case <-s.done:
			return
		}
	}
}
