package teamstest

import (
	"context"
	"encoding/json"
	"html"
	"strings"
)

// OpensExtension runs an action command of the message extension. where is the
// chat it is run in: "" for the 1:1 chat with the bot, the channel's id, or
// Elsewhere.
func (p *Person) OpensExtension(ctx context.Context, command, where string) (*Dialog, error) {
	if where == "" {
		where = p.ChatID()
	}
	return p.opensExtension(ctx, origin{person: p, chat: where, command: command})
}

// OpensExtensionOn runs an action command on a message. One of a chat that
// Teams has no messages of, such as Elsewhere, needs its Conversation, From and
// Text only.
func (p *Person) OpensExtensionOn(ctx context.Context, command string, m Message) (*Dialog, error) {
	return p.opensExtension(ctx, p.extensionOn(command, m))
}

func (p *Person) extensionOn(command string, m Message) origin {
	return origin{person: p, chat: m.place(), message: m.ID, command: command, quoted: p.teams.messagePayload(m)}
}

func (p *Person) opensExtension(ctx context.Context, from origin) (*Dialog, error) {
	value := map[string]any{"context": map[string]any{"theme": "default"}}
	from.describe(value)
	d := &Dialog{from: from}
	return d.ask(ctx, p.invokeActivity(from.chat, "composeExtension/fetchTask", "", value), false)
}

// describe adds to an invoke's value where a command was used.
func (o origin) describe(value map[string]any) {
	value["commandId"], value["commandContext"], value["requestId"] = o.command, "compose", newActivityID()[2:]
	if o.quoted != nil {
		value["commandContext"], value["messagePayload"] = "message", o.quoted
	}
}

// repliesTo is the message whose button opened a dialog.
func (o origin) repliesTo() string {
	if o.command != "" {
		return ""
	}
	return o.message
}

// messagePayload is a message as Teams tells a message extension of it.
func (s *Server) messagePayload(m Message) map[string]any {
	at := m.At.UTC().Format("2006-01-02T15:04:05.000Z")
	payload := map[string]any{
		"id": m.ID, "replyToId": nil, "createdDateTime": at, "lastModifiedDateTime": nil, "deleted": false,
		"subject": nil, "summary": nil, "importance": "normal", "locale": "en-us",
		"linkToMessage": "https://teams.microsoft.com/l/message/" + m.Conversation + "/" + m.ID,
		"attachments":   []any{}, "mentions": []any{}, "reactions": []any{},
	}
	content := "<div><p>" + strings.ReplaceAll(html.EscapeString(m.Text), "\n", "<br>") + "</p></div>"
	if m.Card != nil {
		content = `<attachment id="1"></attachment>`
		payload["attachments"] = []any{map[string]any{"id": "1", "contentType": cardType, "content": string(json.RawMessage(m.Card))}}
	}
	payload["body"] = map[string]any{"contentType": "html", "content": content}
	if author := s.find(m.From); author != nil {
		payload["from"] = map[string]any{"user": map[string]any{
			"userIdentityType": "aadUser", "id": author.ObjectID, "displayName": author.Name,
		}}
	} else {
		payload["from"] = map[string]any{"application": map[string]any{
			"applicationIdentityType": "bot", "id": s.config.AppID, "displayName": s.config.BotName,
		}}
	}
	return payload
}
