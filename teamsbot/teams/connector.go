package teams

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
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
		Client:         &connector{client: c, op: "reply"},
	}
}

// connector is a Client as the library wants it. The library throws a posted
// activity's id away, so Send makes one of its own that brings the id back.
type connector struct {
	client *Client
	op     string
	id     *string // where the id goes, or nil
}

var _ client.Client = (*connector)(nil)

// Post sends an activity. One without a type is the library's way of saying
// "no reply".
func (c *connector) Post(ctx context.Context, to url.URL, activity schema.Activity) error {
	if activity.Type == "" {
		return nil
	}
	body, err := c.client.do(ctx, c.op, http.MethodPost, to, activity)
	if err != nil || c.id == nil {
		return err
	}
	var created struct {
		ID string `json:"id"`
	}
	// An answer that cannot be read has no id, which Send reports.
	_ = json.Unmarshal(body, &created)
	*c.id = created.ID
	return nil
}

func (c *connector) Put(ctx context.Context, to url.URL, activity schema.Activity) error {
	_, err := c.client.do(ctx, c.op, http.MethodPut, to, activity)
	return err
}

func (c *connector) Delete(ctx context.Context, target url.URL) error {
	_, err := c.client.do(ctx, c.op, http.MethodDelete, target, nil)
	return err
}

func (c *connector) Get(ctx context.Context, target url.URL) (json.RawMessage, error) {
	return c.client.do(ctx, c.op, http.MethodGet, target, nil)
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

// encodeActivity writes what is sent. A card among it is long, and well-formed:
// it goes in as it is, which encoding/json does not do.
func encodeActivity(a schema.Activity) ([]byte, error) {
	var card json.RawMessage
	if len(a.Attachments) == 1 {
		if content, ok := a.Attachments[0].Content.(json.RawMessage); ok && a.Attachments[0].ContentType == cardType {
			card, a.Attachments = content, nil
		}
	}
	body, err := encode(outgoing{
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
	if err != nil || card == nil {
		return body, err
	}
	return slices.Concat(body[:len(body)-1],
		[]byte(`,"attachments":[{"contentType":"`+cardType+`","content":`), card, []byte(`}]}`)), nil
}
