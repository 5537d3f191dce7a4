package teamstest

import (
	"context"
	"fmt"
	"slices"
)

// Installs adds the bot to the person's 1:1 chat: installationUpdate, then
// conversationUpdate.
func (p *Person) Installs(ctx context.Context) (*Answer, error) {
	return p.adds(ctx, p.ChatID())
}

// Uninstalls takes the bot from the person's 1:1 chat. From then on it cannot
// write there.
func (p *Person) Uninstalls(ctx context.Context) (*Answer, error) {
	return p.removes(ctx, p.ChatID())
}

// Upgrades tells the bot that the person has a newer version of the app.
func (p *Person) Upgrades(ctx context.Context) (*Answer, error) {
	return p.teams.tell(ctx, p, p.ChatID(), p.installActivity(p.ChatID(), "add-upgrade"))
}

func (p *Person) adds(ctx context.Context, chatID string) (*Answer, error) {
	p.teams.alter(chatID, func(c *chat) { c.Installed, c.Removed, c.Open = true, false, true })
	return p.tellAll(ctx, chatID, p.installActivities(chatID, "add", "membersAdded")...)
}

func (p *Person) removes(ctx context.Context, chatID string) (*Answer, error) {
	ids := []string{chatID}
	if c := p.teams.channelOf(chatID); c != nil {
		ids = c.affected()
	}
	for _, id := range ids {
		p.teams.alter(id, func(c *chat) { c.Installed, c.Removed, c.Open = false, true, false })
	}
	return p.tellAll(ctx, chatID, p.installActivities(chatID, "remove", "membersRemoved")...)
}

// tellAll sends activities one after the other; the first bad answer is what
// came of it.
func (p *Person) tellAll(ctx context.Context, chatID string, activities ...map[string]any) (*Answer, error) {
	all := &Answer{}
	for _, a := range activities {
		answer, err := p.teams.tell(ctx, p, chatID, a)
		if err != nil {
			return nil, err
		}
		messages := append(all.Messages, answer.Messages...)
		if all.Notice == "" {
			*all = *answer
		}
		all.Messages = messages
	}
	return all, nil
}

// alter changes a chat and tells who waits.
func (s *Server) alter(chatID string, change func(*chat)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.chats[rootOf(chatID)]; c != nil {
		change(c)
		s.changedNow()
	}
}

// Blocks makes the bot's messages to this person fail with
// ConversationBlockedByUser. The bot is not told.
func (p *Person) Blocks() { p.teams.alter(p.ChatID(), func(c *chat) { c.Blocked = true }) }

// Unblocks takes that back.
func (p *Person) Unblocks() { p.teams.alter(p.ChatID(), func(c *chat) { c.Blocked = false }) }

// Says writes to the bot in the 1:1 chat. As in Teams, that needs the app.
func (p *Person) Says(ctx context.Context, said string) (*Answer, error) {
	return p.SaysIn(ctx, p.ChatID(), said)
}

// SaysIn writes in a chat: a channel, where the bot is mentioned, or, with an id that ends in ";messageid=…", a thread of it.
func (p *Person) SaysIn(ctx context.Context, chatID, said string) (*Answer, error) {
	s := p.teams
	shown := said
	if s.channelOf(chatID) != nil {
		shown = "@" + s.config.BotName + " " + said
	}
	m, err := s.write(p, chatID, shown, true)
	if err != nil {
		return nil, err
	}
	return s.tell(ctx, p, chatID, p.textActivity(m.place(), m.ID, said))
}

// posts writes in a channel without a mention, which the bot does not hear.
func (p *Person) posts(chatID, said string) error {
	_, err := p.teams.write(p, chatID, said, false)
	return err
}

// write puts a person's message into a chat. One that is for the bot needs the
// app there.
func (s *Server) write(p *Person, chatID, said string, forBot bool) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[rootOf(chatID)]
	channel := s.channelOf(chatID)
	switch {
	case c == nil, c.Gone, c.Person != "" && c.Person != p.Key:
		return Message{}, fmt.Errorf("%s has no chat %q", p.Name, chatID)
	case channel != nil && !channel.takes(p):
		return Message{}, fmt.Errorf("%s is not in the channel %s", p.Name, channel.Name)
	case forBot && (c.Person == "" && !c.Installed || c.Person != "" && !c.Open || c.Removed):
		return Message{}, fmt.Errorf("the app is not installed in %q", chatID)
	}
	return s.put(c, Message{From: p.Key, Text: said, Thread: threadOf(chatID)}), nil
}

// Chat is the 1:1 chat with the bot as this person sees it, in order, their own
// messages included.
func (p *Person) Chat() []Message { return p.teams.seenBy(p.ChatID(), p.Key) }

// LastCard is the newest message of the bot's in the 1:1 chat that has a card;
// the zero Message without one.
func (p *Person) LastCard() Message { return lastCard(p.Chat()) }

func lastCard(messages []Message) Message {
	for _, m := range slices.Backward(messages) {
		if m.Card != nil && !m.Deleted {
			return m
		}
	}
	return Message{}
}

// Message finds a message of the 1:1 chat or a channel, as it is now.
func (p *Person) Message(id string) (Message, bool) {
	chats := []string{p.ChatID()}
	for _, c := range p.teams.channels {
		chats = append(chats, c.ID)
	}
	for _, chatID := range chats {
		for _, m := range p.teams.seenBy(chatID, p.Key) {
			if m.ID == id {
				return m, true
			}
		}
	}
	return Message{}, false
}
