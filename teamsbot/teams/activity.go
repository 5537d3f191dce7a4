package teams

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"
)

// Kind is the kind of conversation, as Teams spells it.
type Kind string

// The conversations a bot can be in.
const (
	Personal  Kind = "personal"
	GroupChat Kind = "groupChat"
	Channel   Kind = "channel"
)

// Activity is one thing that happened in Teams, as it arrived.
//
// The embedded schema.Activity is what the library's adapter wants. Of it, only
// what somebody reads is filled in, and what it would lose of what Teams sends, or
// refuse to read, is shadowed here: a value need not be an object, a mention has a
// text, a time may come without a zone.
type Activity struct {
	schema.Activity
	Value          json.RawMessage
	ChannelData    ChannelData
	Entities       few[Entity]
	MembersAdded   few[mover]
	MembersRemoved few[mover]
	Timestamp      string
}

// received is what is read of an activity.
type received struct {
	Type           schema.ActivityTypes       `json:"type"`
	ID             string                     `json:"id"`
	Timestamp      string                     `json:"timestamp"`
	ServiceURL     string                     `json:"serviceUrl"`
	ChannelID      string                     `json:"channelId"`
	From           schema.ChannelAccount      `json:"from"`
	Conversation   schema.ConversationAccount `json:"conversation"`
	Recipient      schema.ChannelAccount      `json:"recipient"`
	Text           string                     `json:"text"`
	Name           string                     `json:"name"`
	Action         string                     `json:"action"`
	ReplyToID      string                     `json:"replyToId"`
	Locale         string                     `json:"locale"`
	LocalTimezone  string                     `json:"localTimezone"`
	Value          json.RawMessage            `json:"value"`
	ChannelData    ChannelData                `json:"channelData"`
	Entities       few[Entity]                `json:"entities"`
	MembersAdded   few[mover]                 `json:"membersAdded"`
	MembersRemoved few[mover]                 `json:"membersRemoved"`
}

// ChannelData is what Teams adds to Bot Framework's activity.
type ChannelData struct {
	EventType string `json:"eventType"`
	Tenant    struct {
		ID string `json:"id"`
	} `json:"tenant"`
	Team struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		AADGroupID string `json:"aadGroupId"`
	} `json:"team"`
	Channel struct {
		ID   string      `json:"id"`
		Name string      `json:"name"`
		Type ChannelType `json:"type"`
	} `json:"channel"`
}

// ChannelType is who can be in a channel, as Teams spells it. Not every activity
// tells it.
type ChannelType string

// The types of channels.
const (
	Standard ChannelType = "standard" // everybody in its team, guests too
	Private  ChannelType = "private"  // some of its team, guests too
	Shared   ChannelType = "shared"   // people and teams from anywhere, other organizations too
)

// Entity is a mention (Text, Mentioned) or the sender's client (the rest).
type Entity struct {
	Type      string `json:"type"`
	Text      string `json:"text"`
	Mentioned struct {
		ID string `json:"id"`
	} `json:"mentioned"`
	Locale   string `json:"locale"`
	Timezone string `json:"timezone"`
}

// DecodeActivity reads a request's whole body, which must be one JSON object
// and nothing after it. Fields that we do not know, or that are of another
// type than documented, are passed over: clients differ, and what is needed
// and missing shows where it is needed.
func DecodeActivity(body []byte) (*Activity, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return nil, errors.New("decode activity: not a JSON object")
	}
	var r received
	err := json.Unmarshal(body, &r)
	// encoding/json reads on after a field of the wrong type.
	var wrongType *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &wrongType) {
		return nil, fmt.Errorf("decode activity: %w", err)
	}
	if r.Type == "" {
		return nil, errors.New("decode activity: it has no type")
	}
	return &Activity{
		Activity: schema.Activity{
			Type: r.Type, ID: r.ID, ServiceURL: r.ServiceURL, ChannelID: r.ChannelID,
			From: r.From, Conversation: r.Conversation, Recipient: r.Recipient,
			Text: r.Text, Name: r.Name, Action: r.Action, ReplyToID: r.ReplyToID, Locale: r.Locale, LocalTimezone: r.LocalTimezone,
		},
		Value: r.Value, ChannelData: r.ChannelData, Entities: r.Entities,
		MembersAdded: r.MembersAdded, MembersRemoved: r.MembersRemoved, Timestamp: r.Timestamp,
	}, nil
}

// Check refuses an activity whose tenant is unknown or told in two ways. The
// token does not name the tenant, so this is all there is to go by. What it
// returns is a *Rejection.
func (a *Activity) Check() error {
	named, spoken := a.ChannelData.Tenant.ID, a.Conversation.TenantID
	switch {
	case a.TenantID() == "":
		return forbidden("the activity names no tenant")
	case named != "" && spoken != "" && !strings.EqualFold(named, spoken):
		return forbidden("the activity names two tenants")
	default:
		return nil
	}
}

// TenantID is the Entra tenant the activity is from.
func (a *Activity) TenantID() string {
	if id := a.ChannelData.Tenant.ID; id != "" {
		return id
	}
	return a.Conversation.TenantID
}

// PersonID is the sender's Entra object id; some events come without.
func (a *Activity) PersonID() string { return a.From.AadObjectID }

// PersonMRI is the sender's id within Teams for this bot ("29:…").
func (a *Activity) PersonMRI() string { return a.From.ID }

// Where is the conversation the activity is from, as Client takes it.
func (a *Activity) Where() Conversation {
	return Conversation{ServiceURL: a.ServiceURL, ID: a.ConversationID(), Thread: a.ThreadID()}
}

// ConversationID is the conversation's id without its thread.
func (a *Activity) ConversationID() string {
	id, _, _ := strings.Cut(a.Conversation.ID, threadMark)
	return id
}

// ThreadID is the id of the message that the thread in a channel began with,
// else "".
func (a *Activity) ThreadID() string {
	_, thread, _ := strings.Cut(a.Conversation.ID, threadMark)
	return thread
}

// Kind is the kind of conversation. Some events do not name it; then what else
// Teams says of the place tells. The chat of two people in which a message
// extension is used is personal to Teams as well, but not the bot's own chat
// with one of them ("a:…").
func (a *Activity) Kind() Kind {
	kind := Kind(a.Conversation.ConversationType)
	switch {
	case kind != "":
	case a.ChannelData.Channel.ID != "" || a.ChannelData.Team.ID != "":
		kind = Channel
	case a.Conversation.IsGroup:
		kind = GroupChat
	default:
		kind = Personal
	}
	if kind == Personal && a.fromExtension() && !strings.HasPrefix(a.Conversation.ID, "a:") {
		return GroupChat
	}
	return kind
}

// fromExtension is true for what a message extension asks.
func (a *Activity) fromExtension() bool {
	return a.Name == InvokeExtensionFetch || a.Name == InvokeExtensionSubmit
}

// Locale is the language of the sender's client ("en-US"), or "".
func (a *Activity) Locale() string {
	if a.Activity.Locale != "" {
		return a.Activity.Locale
	}
	return a.client().Locale
}

// TimeZone is the IANA name of the sender's time zone, or "".
func (a *Activity) TimeZone() string {
	if a.LocalTimezone != "" {
		return a.LocalTimezone
	}
	return a.client().Timezone
}

func (a *Activity) client() Entity {
	for _, e := range a.Entities {
		if e.Type == "clientInfo" {
			return e
		}
	}
	return Entity{}
}

// SentAt is when Teams says the activity happened; zero when it does not say.
// A time without a zone is UTC.
func (a *Activity) SentAt() time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, a.Timestamp); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// TeamID is the team the activity is from ("19:…"), or "".
func (a *Activity) TeamID() string { return a.ChannelData.Team.ID }

// ChannelID is the channel the activity is from ("19:…@thread.tacv2"), or "".
// The Bot Framework's channel, always "msteams", is a.Activity.ChannelID.
func (a *Activity) ChannelID() string { return a.ChannelData.Channel.ID }

// AddsBot is true when this is the news that the bot was installed. An upgrade
// is not.
func (a *Activity) AddsBot() bool {
	return a.installs(schema.InstallActionAdd) || a.moves(a.MembersAdded)
}

// RemovesBot is true when this is the news that the bot was uninstalled.
func (a *Activity) RemovesBot() bool {
	return a.installs(schema.InstallActionRemove) || a.moves(a.MembersRemoved)
}

// The places that come to an end with an activity.
const (
	eventChannelDeleted       = "channelDeleted"
	eventTeamDeleted          = "teamDeleted"
	eventTeamHardDeleted      = "teamHardDeleted"
	eventChannelMemberRemoved = "channelMemberRemoved"
)

// Ends says where the bot cannot write any more by what this activity tells of a
// channel or a team: a channel, a whole team, or neither. That a channel was
// deleted is told in another one. A bot that is taken from a team is told so in
// one of its channels; from a private or shared channel it can be taken alone.
func (a *Activity) Ends() (channelID, teamID string) {
	data := a.ChannelData
	switch {
	case a.Kind() != Channel:
		return "", ""
	case a.Type == schema.ConversationUpdate && data.EventType == eventChannelDeleted:
		return data.Channel.ID, ""
	case a.Type == schema.ConversationUpdate && (data.EventType == eventTeamDeleted || data.EventType == eventTeamHardDeleted):
		return a.ConversationID(), data.Team.ID
	case !a.RemovesBot():
		return "", ""
	case data.EventType == eventChannelMemberRemoved, data.Channel.Type == Private, data.Channel.Type == Shared:
		return a.ConversationID(), ""
	}
	return a.ConversationID(), data.Team.ID
}

// Upgrades have actions of their own, "add-upgrade" and "remove-upgrade".
func (a *Activity) installs(action schema.InstallationUpdateActionTypes) bool {
	return a.Type == schema.InstallationUpdate && a.Action == string(action)
}

// moves is true when the bot, which is the activity's recipient, is among
// those who came or went.
func (a *Activity) moves(members []mover) bool {
	return a.Type == schema.ConversationUpdate && a.Recipient.ID != "" &&
		slices.ContainsFunc(members, func(m mover) bool { return m.ID == a.Recipient.ID })
}
