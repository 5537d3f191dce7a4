package teams

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/infracloudio/msbotbuilder-go/core"
	"github.com/infracloudio/msbotbuilder-go/core/activity"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

// threadMark stands between a channel's id and the message its thread began
// with.
const threadMark = ";messageid="

// Conversation is where a message goes.
type Conversation struct {
	ServiceURL string // as the latest verified activity gave it, never built
	ID         string // without ";messageid="
	Thread     string // the root message's id in a channel, or ""
}

func (c Conversation) fullID() string {
	if c.Thread == "" {
		return c.ID
	}
	return c.ID + threadMark + c.Thread
}

// Message is what the bot says: a text (Markdown), a card, or both.
type Message struct {
	Text    string
	Card    json.RawMessage // an Adaptive Card, well-formed: it is sent as it is
	Summary string          // what a notification shows of a card
	Alert   bool            // also put it into the person's activity feed
}

// apply writes m into an outgoing activity; it is an activity.MsgOption.
func (m Message) apply(a *schema.Activity) error {
	if m.Text == "" && len(m.Card) == 0 {
		return errors.New("a message without text and card")
	}
	a.Text, a.Summary = m.Text, m.Summary
	if len(m.Card) > 0 {
		a.Attachments = []schema.Attachment{{ContentType: cardType, Content: m.Card}}
	}
	if m.Alert {
		a.ChannelData = map[string]any{"notification": map[string]any{"alert": true}}
	}
	return nil
}

// Send posts a message and returns its id.
func (c *Client) Send(ctx context.Context, to Conversation, m Message) (string, error) {
	const op = "send"
	leave, err := c.enter(ctx, op, to)
	if err != nil {
		return "", err
	}
	defer leave()
	var id string
	bot := core.BotFrameworkAdapter{Client: &connector{client: c, op: op, id: &id}}
	err = bot.ProactiveMessage(ctx, c.reference(to), activity.HandlerFuncs{
		OnMessageFunc: func(t *activity.TurnContext) (schema.Activity, error) { return t.SendActivity(m.apply) },
	})
	if err != nil {
		return "", own(op, err)
	}
	if id == "" {
		return "", &Error{Op: op, Message: "the answer names no message", unclear: true}
	}
	return id, nil
}

// Update replaces a message of the bot's own as a whole.
func (c *Client) Update(ctx context.Context, in Conversation, activityID string, m Message) error {
	const op = "update"
	leave, err := c.enter(ctx, op, in, activityID)
	if err != nil {
		return err
	}
	defer leave()
	a := activity.ApplyConversationReference(schema.Activity{Type: schema.Message}, c.reference(in), false)
	a.ID = activityID
	if err := m.apply(&a); err != nil {
		return refused(op, err)
	}
	bot := core.BotFrameworkAdapter{Client: &connector{client: c, op: op}}
	return own(op, bot.UpdateActivity(ctx, a))
}

// Delete takes a message of the bot's own away. Teams keeps copies for
// retention: it is no way to take back a secret.
func (c *Client) Delete(ctx context.Context, in Conversation, activityID string) error {
	const op = "delete"
	leave, err := c.enter(ctx, op, in, activityID)
	if err != nil {
		return err
	}
	defer leave()
	bot := core.BotFrameworkAdapter{Client: &connector{client: c, op: op}}
	return own(op, bot.DeleteActivity(ctx, activityID, c.reference(in)))
}

// enter checks the address, which the library joins without looking, and waits
// for the conversation's turn.
func (c *Client) enter(ctx context.Context, op string, in Conversation, ids ...string) (leave func(), err error) {
	ids = append(ids, in.ID, in.fullID())
	if _, err := c.endpoint(in.ServiceURL, ids...); err != nil {
		return nil, refused(op, err)
	}
	leave, err = c.order.wait(ctx, in.ID)
	if err != nil {
		return nil, &Error{Op: op, cause: err}
	}
	return leave, nil
}

func (c *Client) reference(to Conversation) schema.ConversationReference {
	return schema.ConversationReference{
		ServiceURL:   to.ServiceURL,
		ChannelID:    ChannelTeams,
		Bot:          schema.ChannelAccount{ID: botMRI(c.appID)},
		Conversation: schema.ConversationAccount{ID: to.fullID()},
	}
}

// botMRI is a bot's id within Teams.
func botMRI(appID string) string { return "28:" + appID }

// own takes our error out of the library's wrapping. What is not ours the
// library refused before anything was sent.
func own(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return refused(op, err)
}
