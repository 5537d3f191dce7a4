package teams

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

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

// posted is what is sent of a message beside its card: the fields of the
// library's schema.Activity that a message has.
type posted struct {
	Type         schema.ActivityTypes `json:"type"`
	ID           string               `json:"id,omitempty"`
	ServiceURL   string               `json:"serviceUrl"`
	ChannelID    string               `json:"channelId"`
	Text         string               `json:"text,omitempty"`
	Summary      string               `json:"summary,omitempty"`
	ChannelData  json.RawMessage      `json:"channelData,omitempty"`
	From         account              `json:"from"`
	Conversation account              `json:"conversation"`
}

// write is m as it is sent to a conversation, under an id when it replaces what has
// that. The card is long, and well-formed: it goes in as it is, which encoding/json
// does not do.
func (c *Client) write(m Message, to Conversation, id string) ([]byte, error) {
	if m.Text == "" && len(m.Card) == 0 {
		return nil, errors.New("a message without text and card")
	}
	p := posted{
		Type: schema.Message, ID: id, ServiceURL: to.ServiceURL, ChannelID: ChannelTeams,
		Text: m.Text, Summary: m.Summary,
		From: account{botMRI(c.appID)}, Conversation: account{to.fullID()},
	}
	if m.Alert {
		p.ChannelData = json.RawMessage(`{"notification":{"alert":true}}`)
	}
	body, err := encode(p)
	if err != nil || len(m.Card) == 0 {
		return body, err
	}
	return slices.Concat(body[:len(body)-1],
		[]byte(`,"attachments":[{"contentType":"`+cardType+`","content":`), m.Card, []byte(`}]}`)), nil
}

// Send posts a message and returns its id.
func (c *Client) Send(ctx context.Context, to Conversation, m Message) (string, error) {
	const op = "send"
	content, err := c.write(m, to, "")
	if err != nil {
		return "", refused(op, err)
	}
	body, err := c.inTurn(ctx, op, http.MethodPost, content, to)
	if err != nil {
		return "", err
	}
	var created struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &created); err != nil || created.ID == "" {
		return "", &Error{Op: op, Message: "the answer names no message", unclear: true}
	}
	return created.ID, nil
}

// Update replaces a message of the bot's own as a whole.
func (c *Client) Update(ctx context.Context, in Conversation, activityID string, m Message) error {
	const op = "update"
	content, err := c.write(m, in, activityID)
	if err != nil {
		return refused(op, err)
	}
	_, err = c.inTurn(ctx, op, http.MethodPut, content, in, activityID)
	return err
}

// Delete takes a message of the bot's own away. Teams keeps copies for
// retention: it is no way to take back a secret.
func (c *Client) Delete(ctx context.Context, in Conversation, activityID string) error {
	_, err := c.inTurn(ctx, "delete", http.MethodDelete, nil, in, activityID)
	return err
}

// inTurn makes a call about a conversation's activities, or about one of them, when
// it is the conversation's turn.
func (c *Client) inTurn(ctx context.Context, op, method string, content []byte, in Conversation, activity ...string) ([]byte, error) {
	to, err := c.endpoint(in.ServiceURL, append([]string{"conversations", in.fullID(), "activities"}, activity...)...)
	if err == nil {
		err = checkID(in.ID)
	}
	if err != nil {
		return nil, refused(op, err)
	}
	leave, err := c.order.wait(ctx, in.ID)
	if err != nil {
		return nil, &Error{Op: op, cause: err}
	}
	defer leave()
	return c.do(ctx, op, method, to, content)
}

// botMRI is a bot's id within Teams.
func botMRI(appID string) string { return "28:" + appID }
