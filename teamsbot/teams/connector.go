package teams

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/infracloudio/msbotbuilder-go/connector/client"
	"github.com/infracloudio/msbotbuilder-go/core"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

// NewAdapter is the library's adapter, standing on our verifier and client.
// Its ProcessActivity posts whatever a handler returns; a handler that has
// nothing to say returns schema.Activity{}. What it posts does not wait for the
// conversation's turn as Client's own calls do, and its id is lost: to say
// something, call Client.Send.
func NewAdapter(appID string, v *Verifier, c *Client) *core.BotFrameworkAdapter {
	return &core.BotFrameworkAdapter{
		AdapterSetting: core.AdapterSetting{AppID: appID},
		TokenValidator: v,
		Client:         connector{c},
	}
}

// connector is a Client as the library wants it.
type connector struct{ client *Client }

var _ client.Client = connector{}

// opReply is what the library's calls are for.
const opReply = "reply"

// Post sends an activity. One without a type is the library's way of saying
// "no reply".
func (c connector) Post(ctx context.Context, to url.URL, activity schema.Activity) error {
	if activity.Type == "" {
		return nil
	}
	return c.send(ctx, http.MethodPost, to, activity)
}

func (c connector) Put(ctx context.Context, to url.URL, activity schema.Activity) error {
	return c.send(ctx, http.MethodPut, to, activity)
}

func (c connector) Delete(ctx context.Context, target url.URL) error {
	_, err := c.client.do(ctx, opReply, http.MethodDelete, target, nil)
	return err
}

func (c connector) Get(ctx context.Context, target url.URL) (json.RawMessage, error) {
	return c.client.do(ctx, opReply, http.MethodGet, target, nil)
}

func (c connector) send(ctx context.Context, method string, to url.URL, activity schema.Activity) error {
	content, err := encodeActivity(activity)
	if err != nil {
		return refused(opReply, err)
	}
	_, err = c.client.do(ctx, opReply, method, to, content)
	return err
}

// outgoing is a schema.Activity without what is not set. The library's own
// encoding sends times of the year 1 and empty objects, which Microsoft's
// playground crashes on.
type outgoing struct {
	schema.Activity
	Timestamp        time.Time                    `json:"timestamp,omitzero"`
	LocalTimestamp   time.Time                    `json:"localTimestamp,omitzero"`
	Expiration       time.Time                    `json:"expiration,omitzero"`
	From             schema.ChannelAccount        `json:"from,omitzero"`
	Recipient        schema.ChannelAccount        `json:"recipient,omitzero"`
	Conversation     schema.ConversationAccount   `json:"conversation,omitzero"`
	SuggestedActions schema.SuggestedActions      `json:"suggestedActions,omitzero"`
	RelatesTo        schema.ConversationReference `json:"relatesTo,omitzero"`
	SemanticAction   schema.SemanticAction        `json:"semanticAction,omitzero"`
}

func encodeActivity(a schema.Activity) ([]byte, error) {
	return encode(outgoing{
		Activity:         a,
		Timestamp:        a.Timestamp,
		LocalTimestamp:   a.LocalTimestamp,
		Expiration:       a.Expiration,
		From:             a.From,
		Recipient:        a.Recipient,
		Conversation:     a.Conversation,
		SuggestedActions: a.SuggestedActions,
		RelatesTo:        a.RelatesTo,
		SemanticAction:   a.SemanticAction,
	})
}
