package teamstest

import (
	"context"
	"slices"
	"strings"
)

// The types of channels, as Teams spells them.
const (
	Standard = "standard" // everybody in the team
	Private  = "private"  // some of the team
	Shared   = "shared"   // with people of other organizations
)

// The ids of the channel that most of what happens is in, and of its team.
const (
	channelID = "19:c0ffee5ac9974b30a1b2c3d4e5f60718@thread.tacv2"
	teamID    = "19:7ea0000000004b30a1b2c3d4e5f60718@thread.tacv2"
)

// Channel is a channel of a team.
type Channel struct {
	ID, Name, TeamID string
	Team             string // its name
	Type             string // Standard, Private or Shared

	key   string // on the page
	takes func(*Person) bool
	also  []*Person // who is there and nowhere else in this Teams
	teams *Server
}

// foundChannels founds those of the company: one for everybody, one for few, one that is
// shared with another organization, and one of a team with a guest in it.
func (s *Server) foundChannels() {
	ours := func(p *Person) bool { return p.TenantID == s.config.TenantID && p.Role == "user" }
	const partners = "19:9a27000000004b30a1b2c3d4e5f60718@thread.tacv2"
	s.channels = []*Channel{
		{ID: channelID, Name: "Access approvals", TeamID: teamID, Team: "Platform", Type: Standard, key: "channel", takes: ours},
		{
			ID: "19:5ec000000000b30a1b2c3d4e5f607180@thread.tacv2", Name: "Security", TeamID: teamID, Team: "Platform",
			Type: Private, key: "private", takes: func(p *Person) bool { return ours(p) && slices.Contains([]string{"adam", "omar", "ava"}, p.Key) },
		},
		{
			ID: "19:54a2ed0000004b30a1b2c3d4e5f60718@thread.tacv2", Name: "Joint operations", TeamID: teamID, Team: "Platform",
			Type: Shared, key: "shared", takes: func(p *Person) bool { return ours(p) || p.TenantID != s.config.TenantID },
		},
		{
			ID: partners, Name: "Partner project", TeamID: partners, Team: "Partners", Type: Standard, key: "partners",
			takes: func(p *Person) bool { return p.TenantID == s.config.TenantID },
		},
	}
	for _, c := range s.channels {
		c.teams = s
		s.chats[c.ID] = &chat{ID: c.ID}
	}
}

// Channel is the channel "Access approvals": everybody of the company is there,
// and nobody else.
func (s *Server) Channel() *Channel { return s.channels[0] }

// Channels are all channels, Channel the first.
func (s *Server) Channels() []*Channel { return slices.Clone(s.channels) }

// ChannelNamed finds a channel. It panics for one that there is not: that is a
// mistake in the caller.
func (s *Server) ChannelNamed(name string) *Channel {
	for _, c := range s.channels {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	panic("teamstest: no channel is called " + name)
}

// channelOf is the channel of a conversation id, with a thread or without; nil
// for a chat.
func (s *Server) channelOf(id string) *Channel {
	for _, c := range s.channels {
		if c.ID == rootOf(id) {
			return c
		}
	}
	return nil
}

// isChannel tells a channel's or a team's id from that of a chat.
func isChannel(id string) bool { return strings.HasSuffix(rootOf(id), "@thread.tacv2") }

// Joined adds people who are in this channel and do nothing else: a crowd.
func (c *Channel) Joined(people ...Person) {
	c.teams.mu.Lock()
	defer c.teams.mu.Unlock()
	for _, p := range people {
		p.teams = c.teams
		p.fill(c.teams.config.TenantID)
		c.also = append(c.also, &p)
	}
	c.teams.changedNow()
}

// members are who is in the channel. The caller holds mu.
func (c *Channel) members() []*Person {
	var all []*Person
	for _, p := range c.teams.people {
		if c.takes(p) {
			all = append(all, p)
		}
	}
	return append(all, c.also...)
}

// Installs adds the bot to the channel: to a standard one with its whole team.
// by is who does it.
func (c *Channel) Installs(ctx context.Context, by *Person) (*Answer, error) {
	return by.adds(ctx, c.ID)
}

// Uninstalls takes the bot from the channel: from a standard one with its whole
// team.
func (c *Channel) Uninstalls(ctx context.Context, by *Person) (*Answer, error) {
	return by.removes(ctx, c.ID)
}

// Deleted deletes the channel. The bot is told so in the team.
func (c *Channel) Deleted(ctx context.Context, by *Person) (*Answer, error) {
	c.teams.alter(c.ID, func(at *chat) { at.Gone = true })
	a := by.ActivityIn(c.ID, "conversationUpdate")
	a["conversation"] = conversationJSON(c.TeamID, c.teams.config.TenantID)
	a["channelData"].(map[string]any)["eventType"] = "channelDeleted"
	return c.teams.tell(ctx, by, c.ID, a)
}

// Messages are those of the channel, in order.
func (c *Channel) Messages() []Message { return c.teams.seenBy(c.ID, "") }

// LastCard is the newest message of the bot's with a card; the zero Message
// without one.
func (c *Channel) LastCard() Message { return lastCard(c.Messages()) }

// affected are the channels that an install in this one changes.
func (c *Channel) affected() []string {
	ids := []string{c.ID}
	for _, other := range c.teams.channels {
		if c.Type == Standard && other.TeamID == c.TeamID && other != c {
			ids = append(ids, other.ID)
		}
	}
	return ids
}

// dataJSON is what activities in the channel tell of it.
func (c *Channel) dataJSON(data map[string]any) {
	data["teamsChannelId"], data["teamsTeamId"] = c.ID, c.TeamID
	data["channel"] = map[string]any{"id": c.ID, "type": c.Type}
	data["team"] = map[string]any{"id": c.TeamID}
}

// about says on the page what kind of channel it is.
func (c *Channel) about() string {
	kind := "Channel"
	switch c.Type {
	case Private:
		kind = "Private channel"
	case Shared:
		kind = "Shared channel"
	}
	return c.Team + " · " + kind
}

func (s *Server) isGone(c *Channel) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chats[c.ID].Gone
}
