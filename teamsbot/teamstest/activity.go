package teamstest

import (
	"html"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Activity is an activity of this person's in the 1:1 chat with the bot, with
// every field that Teams sends. Tests alter it and pass it to Server.Send.
func (p *Person) Activity(kind string) map[string]any { return p.ActivityIn(p.ChatID(), kind) }

// ActivityIn is the same in another chat: a channel, a thread of it, or
// Elsewhere.
func (p *Person) ActivityIn(chatID, kind string) map[string]any {
	s := p.teams
	now := s.config.Now()
	local := now.UTC()
	if zone, err := time.LoadLocation(p.TimeZone); err == nil {
		local = now.In(zone)
	}
	tenant := p.tenantIn(chatID)
	return map[string]any{
		"type": kind, "id": newActivityID(),
		"timestamp":      now.UTC().Format("2006-01-02T15:04:05.0000000Z"),
		"localTimestamp": local.Format("2006-01-02T15:04:05.0000000-07:00"),
		"localTimezone":  p.TimeZone, "locale": p.Locale,
		"channelId": "msteams", "serviceUrl": s.ServiceURL(),
		"from":         map[string]any{"id": p.MRI, "name": p.Name, "aadObjectId": p.ObjectID},
		"recipient":    map[string]any{"id": "28:" + s.config.AppID, "name": s.config.BotName},
		"conversation": conversationJSON(chatID, tenant),
		"channelData":  s.channelData(chatID, tenant),
		"entities":     []any{p.clientInfo()},
	}
}

// newActivityID is an id such as those of invokes and events.
func newActivityID() string { return "f:" + uuid.NewString() }

func conversationJSON(chatID, tenant string) map[string]any {
	conversation := map[string]any{"id": chatID, "tenantId": tenant, "conversationType": "personal"}
	switch {
	case isChannel(chatID):
		conversation["conversationType"], conversation["isGroup"] = "channel", true
	case !strings.HasPrefix(chatID, "a:"):
		conversation["conversationType"], conversation["isGroup"] = "groupChat", true
	}
	return conversation
}

func (s *Server) channelData(chatID, tenant string) map[string]any {
	data := map[string]any{"tenant": map[string]any{"id": tenant}}
	if c := s.channelOf(chatID); c != nil {
		c.dataJSON(data)
	}
	return data
}

func (p *Person) clientInfo() map[string]any {
	country := "US"
	if _, region, ok := strings.Cut(p.Locale, "-"); ok {
		country = region
	}
	return map[string]any{
		"type": "clientInfo", "locale": p.Locale, "country": country, "platform": "Web", "timezone": p.TimeZone,
	}
}

// textActivity is what a person typed. In a channel it reaches the bot because
// the bot is mentioned.
func (p *Person) textActivity(chatID, id, said string) map[string]any {
	a := p.ActivityIn(chatID, "message")
	a["id"], a["text"], a["textFormat"] = id, said, "plain"
	written := html.EscapeString(said)
	if isChannel(chatID) {
		mention := "<at>" + p.teams.config.BotName + "</at>"
		a["text"] = mention + " " + said
		written = `<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">` + p.teams.config.BotName + "</span>&nbsp;" + written
		a["entities"] = append(a["entities"].([]any), map[string]any{
			"type": "mention", "text": mention,
			"mentioned": map[string]any{"id": "28:" + p.teams.config.AppID, "name": p.teams.config.BotName},
		})
	}
	a["attachments"] = []any{map[string]any{"contentType": "text/html", "content": "<p>" + written + "</p>"}}
	return a
}

// submitActivity is the press of an Action.Submit on a message.
func (p *Person) submitActivity(m Message, data any) map[string]any {
	a := p.ActivityIn(m.place(), "message")
	a["value"], a["replyToId"], a["textFormat"] = data, m.ID, "plain"
	a["channelData"].(map[string]any)["source"] = map[string]any{"name": "message"}
	a["channelData"].(map[string]any)["legacy"] = map[string]any{"replyToId": "1:" + digest("legacy", m.ID)[:12]}
	return a
}

// invokeActivity is a request that Teams makes of the bot. replyTo is the
// message that it comes from, if any.
func (p *Person) invokeActivity(chatID, name, replyTo string, value map[string]any) map[string]any {
	a := p.ActivityIn(chatID, "invoke")
	a["name"], a["value"] = name, value
	a["channelData"].(map[string]any)["source"] = map[string]any{"name": "message"}
	if replyTo != "" {
		a["replyToId"] = replyTo
	}
	return a
}

// installActivities tell the bot that it was added to a chat or taken from it.
// To a private or shared channel it is added beside its team.
func (p *Person) installActivities(chatID, action, field string) []map[string]any {
	member := p.memberActivity(chatID, field)
	if c := p.teams.channelOf(chatID); c != nil && c.Type != Standard {
		return []map[string]any{member}
	}
	return []map[string]any{p.installActivity(chatID, action), member}
}

// installActivity is an installationUpdate: "add", "remove", "add-upgrade".
func (p *Person) installActivity(chatID, what string) map[string]any {
	a := p.ActivityIn(chatID, "installationUpdate")
	a["action"] = what
	if c := p.teams.channelOf(chatID); c != nil {
		a["channelData"].(map[string]any)["settings"] = map[string]any{"selectedChannel": map[string]any{"id": c.ID}}
	}
	return a
}

// memberActivity tells that the bot became a member of a chat, or left it.
func (p *Person) memberActivity(chatID, field string) map[string]any {
	a := p.ActivityIn(chatID, "conversationUpdate")
	a[field] = []any{map[string]any{"id": "28:" + p.teams.config.AppID}}
	if c := p.teams.channelOf(chatID); c != nil {
		what := map[string]string{"membersAdded": "MemberAdded", "membersRemoved": "MemberRemoved"}[field]
		who := "team"
		if c.Type != Standard {
			who = "channel"
		}
		a["channelData"].(map[string]any)["eventType"] = who + what
	}
	return a
}

// place is the conversation id that activities about a message name: in a
// channel, its thread.
func (m Message) place() string {
	if m.Thread == "" {
		return m.Conversation
	}
	return m.Conversation + ";messageid=" + m.Thread
}
