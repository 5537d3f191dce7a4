package teamsbot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// command is something that can be written to the bot, and the card that
// answers it.
type command struct {
	name    string         // by which a job remembers what it owes
	written []string       // how people write it, in lower case and in every language that the bot speaks
	takes   bool           // more words may follow, in turn.rest
	private bool           // answered in the person's own chat only
	audit   db.AuditAction // in channels for admins only; "": for everybody
	admins  bool           // for admins only, wherever it is written
	card    func(*turn, context.Context) (cards.Card, error)
}

// commands is all that can be written: THE TABLE. In channels and group chats
// only what is not private is answered where it was written.
var commands = []command{
	{name: "request", written: []string{"request", "new request", "anfrage", "neue anfrage"}, takes: true, card: (*turn).onRequest},
	{name: "bundle", written: []string{"bundle", "request bundle", "paket", "paket anfragen"}, card: always(cards.OpenBundle)},
	{name: "mine", written: []string{"my requests", "my access", "requests", "meine anfragen", "mein zugriff", "anfragen"}, private: true, card: always(cards.OpenMine)},
	{name: "favorites", written: []string{"favorites", "favorite", "favoriten"}, private: true, card: always(cards.OpenFavorites)},
	{name: "notifications", written: []string{"notifications", "benachrichtigungen"}, takes: true, private: true, card: (*turn).onNotifications},
	{name: "connect", written: []string{"connect", "verbinden"}, takes: true, private: true, card: (*turn).onConnect},
	{name: "disconnect", written: []string{"disconnect", "trennen"}, private: true, card: (*turn).onDisconnect},
	{name: "watch", written: []string{"watch"}, takes: true, audit: db.AuditWatch, card: (*turn).onWatch},
	{name: "unwatch", written: []string{"unwatch"}, takes: true, audit: db.AuditUnwatch, card: (*turn).onUnwatch},
	{name: "approvals", written: []string{"approvals", "my approvals", "genehmigungen", "meine genehmigungen"}, takes: true, private: true, card: (*turn).onApprovals},
	{name: "status", written: []string{"status"}, admins: true, private: true, card: (*turn).onStatus},
	{name: "who", written: []string{"who", "wer"}, takes: true, admins: true, private: true, card: (*turn).onWho},
	{name: "help", written: []string{"help", "hi", "hello", "hilfe", "hallo", ""}, card: (*turn).help},
}

// What the bot says by itself.
var (
	notUnderstood = command{name: "not_understood", card: always(cards.NotUnderstood)}
	inOwnChat     = command{name: "in_own_chat", card: always(cards.InOwnChat)}
	addApp        = command{name: "add_app", card: func(t *turn, _ context.Context) (cards.Card, error) {
		return cards.AddForAnswer(t.bot.appURL()), nil
	}}
)

// always is the card of a command that answers everybody alike.
func always(card func() cards.Card) func(*turn, context.Context) (cards.Card, error) {
	made := card() // nothing changes a card
	return func(*turn, context.Context) (cards.Card, error) { return made, nil }
}

// commandWritten is the command that a text is, and the words after it. The
// longer of two that fit is meant.
func commandWritten(text string) (found command, rest string) {
	found, longest := notUnderstood, -1
	for _, c := range commands {
		for _, name := range c.written {
			after, ok := cutFold(text, name)
			if !ok || after != "" && (!c.takes || after[0] != ' ' || name == "") || len(name) <= longest {
				continue
			}
			found, rest, longest = c, strings.TrimSpace(after), len(name)
		}
	}
	return found, rest
}

// onOrOff reads whether something is to be turned on, if either is said.
func onOrOff(word string) (on, said bool) {
	switch strings.ToLower(word) {
	case "on", "ein", "an":
		return true, true
	case "off", "aus":
		return false, true
	}
	return false, false
}

// cutFold is strings.CutPrefix, whatever the letters' case.
func cutFold(text, prefix string) (after string, found bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}

// commandNamed is the command that a job remembers.
func commandNamed(name string) (command, bool) {
	for _, c := range slices.Concat(commands, []command{notUnderstood, inOwnChat, addApp, adminsOnly, adminUnknown, cannotPost, tokenTyped}) {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// onMessage answers what was written.
func (t *turn) onMessage(ctx context.Context) error {
	c, rest := commandWritten(t.activity.Text())
	if hasToken(t.activity.Text()) {
		c, rest = tokenTyped, ""
	}
	t.intent, t.rest = c.name, rest
	if c.admins || c.audit != "" && t.activity.Kind() == teams.Channel {
		c = t.forAdmins(ctx, c)
	}
	return t.answer(ctx, c)
}

// answer answers a command where it was written, or in the person's own chat
// and with a hint where it was written.
func (t *turn) answer(ctx context.Context, c command) error {
	t.alone = t.activity.Kind() == teams.Personal
	if !c.private || t.alone {
		reached, err := t.send(ctx, t.activity.Where(), c)
		if err == nil && !reached && c.audit != "" {
			return t.notHere(ctx)
		}
		return err
	}
	reached, err := t.answerAlone(ctx, c)
	if err != nil {
		return err
	}
	hint := inOwnChat
	if !reached {
		hint = addApp
	}
	_, err = t.send(ctx, t.activity.Where(), hint)
	return err
}

// answerAlone answers a command in the person's own chat, if Teams lets the bot
// in there.
func (t *turn) answerAlone(ctx context.Context, c command) (reached bool, err error) {
	err = t.openChat(ctx)
	if errors.Is(err, errUnreachable) {
		t.err = err
		return false, nil
	}
	if err != nil {
		return false, err
	}
	t.alone = true
	defer func() { t.alone = false }()
	return t.send(ctx, conversationOf(t.person.Chat), c)
}

// send sends a command's card, if Teams lets the bot write there. If Teams does
// not take it now, it is owed.
func (t *turn) send(ctx context.Context, to teams.Conversation, c command) (reached bool, err error) {
	card, err := t.cardOf(ctx, c)
	if err != nil {
		return false, err
	}
	_, err = t.bot.Teams.Send(ctx, to, messageOf(card, t.reads()))
	if err != nil {
		t.err = err
	}
	if err == nil || shutOut(err) || mayHaveArrived(err) {
		return !shutOut(err), nil
	}
	late, cancel := t.bot.grace(ctx)
	defer cancel()
	return true, t.bot.Store.Owe(late, db.Reply{
		ConversationID: to.ID, Thread: to.Thread, Card: c.name, TenantID: t.person.TenantID, ObjectID: t.person.ObjectID,
		Draft: t.press.Draft,
	})
}

// cardOf is the card that answers a command, or the words that say why not.
func (t *turn) cardOf(ctx context.Context, c command) (cards.Card, error) {
	card, err := c.card(t, ctx)
	var s *sorryError
	if errors.As(err, &s) {
		t.err = err
		return cards.Told(s.words), nil
	}
	return card, err
}
