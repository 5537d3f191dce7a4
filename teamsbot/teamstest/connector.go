package teamstest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// fromBot is the Message.From of the bot.
const fromBot = "bot"

// maxMessage is how long a message may be, in bytes of UTF-16. Teams: "Format
// your bot messages".
const maxMessage = 100 << 10

// teamsError is an answer of the connector that is not a success.
type teamsError struct {
	status        int
	code, message string
}

func (e *teamsError) writeTo(w http.ResponseWriter) { refuse(w, e.status, e.code, e.message) }

func badSyntax(message string) *teamsError {
	return &teamsError{http.StatusBadRequest, "BadSyntax", message}
}

var (
	errBlocked = &teamsError{http.StatusForbidden, "ConversationBlockedByUser", "User blocked the conversation with the bot."}
	errRoster  = &teamsError{http.StatusForbidden, "BotNotInConversationRoster", "The bot is not part of the conversation roster."}
	errNoChat  = &teamsError{http.StatusNotFound, "ConversationNotFound", "Conversation not found."}
	errGone    = &teamsError{http.StatusNotFound, "ActivityNotFoundInConversation", "Activity not found in conversation."}
	errForeign = &teamsError{http.StatusForbidden, "NotEnoughPermissions", "The bot is not the author of this activity."}
	errTooBig  = &teamsError{http.StatusRequestEntityTooLarge, "MessageSizeTooBig", "Message size too large."}
	errNobody  = &teamsError{http.StatusNotFound, "MemberNotFoundInConversation", "Member not found in conversation."}
)

// reach finds the chat that the bot names, if it may speak there. The caller
// holds mu.
func (s *Server) reach(id string) (*chat, *teamsError) {
	c := s.chats[rootOf(id)]
	switch {
	case c == nil || c.Gone || c.Person != "" && !c.Open && !c.Removed:
		return nil, errNoChat
	case c.Blocked:
		return nil, errBlocked
	case c.Person == "" && !c.Installed, c.Removed:
		return nil, errRoster
	}
	if thread := threadOf(id); thread != "" && c.message(thread) == nil {
		return nil, errNoChat
	}
	return c, nil
}

// serveCreate opens the 1:1 chat with somebody who has the app or is in a team
// that has it, or begins a thread in a channel.
func (s *Server) serveCreate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		IsGroup     bool                  `json:"isGroup"`
		Members     []struct{ ID string } `json:"members"`
		TenantID    string                `json:"tenantId"`
		Activity    json.RawMessage       `json:"activity"`
		ChannelData struct {
			Channel struct{ ID string } `json:"channel"`
			Tenant  struct{ ID string } `json:"tenant"`
		} `json:"channelData"`
	}
	data, err := readBody(r, 4*maxMessage)
	if err != nil || json.Unmarshal(data, &in) != nil {
		badSyntax("The request body is not conversation parameters.").writeTo(w)
		return
	}
	if in.ChannelData.Channel.ID != "" {
		s.createThread(w, in.ChannelData.Channel.ID, in.Activity)
		return
	}
	if in.IsGroup || len(in.Members) != 1 {
		badSyntax("Bad format of conversation ID: bots cannot create group chats.").writeTo(w)
		return
	}
	if in.TenantID == "" && in.ChannelData.Tenant.ID == "" {
		badSyntax("The tenant id is missing.").writeTo(w)
		return
	}
	s.createChat(w, in.Members[0].ID)
}

func (s *Server) createChat(w http.ResponseWriter, mri string) {
	i := slices.IndexFunc(s.people, func(p *Person) bool { return p.MRI == mri })
	if i < 0 {
		badSyntax("Failed to decrypt pairwise id.").writeTo(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[s.people[i].ChatID()]
	switch {
	case c.Blocked:
		errBlocked.writeTo(w)
	case c.Removed, !c.Installed && !s.inTeam(s.people[i]):
		errRoster.writeTo(w)
	default:
		if !c.Open {
			c.Open = true
			s.changedNow()
		}
		writeJSON(w, http.StatusCreated, map[string]string{"id": c.ID})
	}
}

// inTeam tells whether somebody is in a channel that has the app. The caller
// holds mu.
func (s *Server) inTeam(p *Person) bool {
	return slices.ContainsFunc(s.channels, func(c *Channel) bool { return s.chats[c.ID].Installed && c.takes(p) })
}

func (s *Server) createThread(w http.ResponseWriter, id string, activity json.RawMessage) {
	m, bad := judgeActivity(activity)
	if bad != nil {
		bad.writeTo(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, bad := s.reach(rootOf(id))
	if bad != nil {
		bad.writeTo(w)
		return
	}
	m = s.put(c, m)
	writeJSON(w, http.StatusCreated, map[string]string{"id": c.ID + ";messageid=" + m.ID, "activityId": m.ID})
}

func (s *Server) serveSend(w http.ResponseWriter, r *http.Request) {
	m, typing, bad := s.readActivity(r)
	if bad != nil {
		bad.writeTo(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("conversation")
	c, bad := s.reach(id)
	if bad != nil {
		bad.writeTo(w)
		return
	}
	if typing {
		writeJSON(w, http.StatusCreated, map[string]string{"id": s.nextID()})
		return
	}
	m.Thread = threadOf(id)
	m = s.put(c, m)
	writeJSON(w, http.StatusCreated, map[string]string{"id": m.ID})
}

// serveUpdate replaces a message of the bot's as a whole.
func (s *Server) serveUpdate(w http.ResponseWriter, r *http.Request) {
	m, typing, bad := s.readActivity(r)
	if bad == nil && typing {
		bad = badSyntax("Only messages can be updated.")
	}
	if bad != nil {
		bad.writeTo(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, bad := s.ownMessage(r)
	if bad != nil {
		bad.writeTo(w)
		return
	}
	old.Text, old.Card, old.Summary, old.Activity, old.Views = m.Text, m.Card, m.Summary, m.Activity, nil
	old.Edited++
	s.changedNow()
	writeJSON(w, http.StatusOK, map[string]string{"id": old.ID})
}

func (s *Server) serveDelete(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, bad := s.ownMessage(r)
	if bad != nil {
		bad.writeTo(w)
		return
	}
	m.Deleted = true
	s.changedNow()
	writeJSON(w, http.StatusOK, map[string]string{})
}

// ownMessage finds the bot's message that a path names. The caller holds mu.
func (s *Server) ownMessage(r *http.Request) (*Message, *teamsError) {
	c, bad := s.reach(r.PathValue("conversation"))
	if bad != nil {
		return nil, bad
	}
	m := c.message(r.PathValue("activity"))
	switch {
	case m == nil:
		return nil, errGone
	case m.From != fromBot:
		return nil, errForeign
	}
	return m, nil
}

// readActivity reads and judges what the bot sends. typing says that there is
// nothing to keep.
func (s *Server) readActivity(r *http.Request) (m Message, typing bool, bad *teamsError) {
	data, err := readBody(r, 4*maxMessage)
	if err != nil {
		return Message{}, false, badSyntax("The body could not be read.")
	}
	var kind struct{ Type string }
	if json.Unmarshal(data, &kind) == nil && kind.Type == "typing" {
		return Message{}, true, nil
	}
	m, bad = judgeActivity(data)
	return m, false, bad
}

// utf16Size is how many bytes text takes in Teams' own counting.
func utf16Size(text []byte) int {
	size := 0
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		size += 2 * utf16.RuneLen(r)
		text = text[n:]
	}
	return size
}

func (s *Server) serveMember(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("member")
	members, bad := s.roster(r.PathValue("conversation"))
	if bad != nil {
		bad.writeTo(w)
		return
	}
	for _, p := range members {
		if p.isCalled(id) {
			writeJSON(w, http.StatusOK, p.memberJSON())
			return
		}
	}
	errNobody.writeTo(w)
}

// serveMembers answers the roster in pages of 50 to 500.
func (s *Server) serveMembers(w http.ResponseWriter, r *http.Request) {
	members, bad := s.roster(r.PathValue("conversation"))
	if bad != nil {
		bad.writeTo(w)
		return
	}
	size, err := strconv.Atoi(r.URL.Query().Get("pageSize"))
	if err != nil {
		size = 200
	}
	size = min(max(size, 50), 500)
	start, err := strconv.Atoi(r.URL.Query().Get("continuationToken"))
	if err != nil || start < 0 || start > len(members) {
		start = 0
	}
	end := min(start+size, len(members))
	page := make([]map[string]any, 0, end-start)
	for _, p := range members[start:end] {
		page = append(page, p.memberJSON())
	}
	answer := map[string]any{"members": page}
	if end < len(members) {
		answer["continuationToken"] = strconv.Itoa(end)
	}
	writeJSON(w, http.StatusOK, answer)
}

// roster are the people in a chat that the bot may look into.
func (s *Server) roster(id string) ([]*Person, *teamsError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, bad := s.reach(rootOf(id))
	if bad != nil {
		return nil, bad
	}
	if channel := s.channelOf(c.ID); channel != nil {
		return channel.members(), nil
	}
	return []*Person{s.find(c.Person)}, nil
}
