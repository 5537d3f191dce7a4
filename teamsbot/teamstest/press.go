package teamstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// responseSent is what Teams shows after an Action.Submit that went well.
const responseSent = "Your response was sent to the app"

// Presses does what Teams does when this person presses a button of the card in
// m, as m shows it: a dialog opens, an answer is sent, or URL names where the
// button leads.
func (p *Person) Presses(ctx context.Context, m Message, title string) (*Dialog, error) {
	a, err := findAction(m.Card, title)
	if err != nil {
		return nil, fmt.Errorf("%s in message %s: %w", p.Name, m.ID, err)
	}
	values, err := collect(m.Card, nil, a)
	if err != nil {
		return nil, err
	}
	return p.press(ctx, m, a, values)
}

func findAction(card json.RawMessage, title string) (action, error) {
	for _, a := range actions(card) {
		if a.Title != title {
			continue
		}
		if !a.Enabled {
			return action{}, fmt.Errorf("the button %q is disabled", title)
		}
		return a, nil
	}
	return action{}, fmt.Errorf("no button %q among %q", title, titles(card))
}

// press carries an action out. values are what the inputs hold.
func (p *Person) press(ctx context.Context, m Message, a action, values map[string]string) (*Dialog, error) {
	data := merge(a.Data, values)
	switch a.Kind {
	case "Action.OpenUrl":
		return &Dialog{URL: a.URL, Closed: true}, nil
	case "Action.Execute":
		return p.execute(ctx, m, a, data)
	case "Action.Submit":
	default:
		return nil, fmt.Errorf("%s happens on the screen only: nothing reaches the bot", a.Kind)
	}
	switch extra := teamsData(data); text(extra["type"]) {
	case "task/fetch":
		return p.fetch(ctx, m, data)
	case "imBack":
		return closed(p.SaysIn(ctx, m.place(), text(extra["value"])))
	case "messageBack":
		back := p.submitActivity(m, extra["value"])
		back["text"] = extra["text"]
		return closed(p.teams.tell(ctx, p, m.Conversation, back))
	}
	d, err := closed(p.teams.tell(ctx, p, m.Conversation, p.submitActivity(m, data)))
	if err == nil && d.Notice == "" && !hidesFeedback(data) {
		d.Toast = responseSent
	}
	return d, err
}

func closed(answer *Answer, err error) (*Dialog, error) {
	if err != nil {
		return nil, err
	}
	return &Dialog{Answer: *answer, Closed: true}, nil
}

// merge is the data of an action with the inputs in it; an input wins over a
// field of the same name.
func merge(data any, values map[string]string) any {
	object, ok := data.(map[string]any)
	if data != nil && !ok || data == nil && len(values) == 0 {
		return data
	}
	merged := maps.Clone(object)
	if merged == nil {
		merged = map[string]any{}
	}
	for id, value := range values {
		merged[id] = value
	}
	return merged
}

// teamsData is what an action's data tells Teams.
func teamsData(data any) map[string]any {
	object, _ := data.(map[string]any)
	extra, _ := object["msteams"].(map[string]any)
	return extra
}

func hidesFeedback(data any) bool {
	feedback, _ := teamsData(data)["feedback"].(map[string]any)
	return feedback["hide"] == true
}

// fetch opens a dialog.
func (p *Person) fetch(ctx context.Context, m Message, data any) (*Dialog, error) {
	d := &Dialog{from: origin{person: p, chat: m.place(), message: m.ID}}
	return d.ask(ctx, p.invokeActivity(m.place(), "task/fetch", m.ID, map[string]any{
		"data": data, "context": map[string]any{"theme": "default"},
	}), false)
}

// execute runs an Action.Execute. A card in the answer is for this person only.
func (p *Person) execute(ctx context.Context, m Message, a action, data any) (*Dialog, error) {
	var result universalAnswer
	value := map[string]any{
		"action":  map[string]any{"type": a.Kind, "id": a.ID, "title": a.Title, "verb": a.Verb, "data": data},
		"trigger": "manual",
	}
	answer, err := p.teams.invoke(ctx, p, m.Conversation, p.invokeActivity(m.place(), "adaptiveCard/action", m.ID, value), result.read)
	if err != nil {
		return nil, err
	}
	d := &Dialog{Answer: *answer, Closed: true}
	if d.Notice != "" {
		return d, nil
	}
	switch result.Type {
	case cardType:
		p.teams.alter(m.Conversation, func(c *chat) {
			if shown := c.message(m.ID); shown != nil {
				if shown.Views == nil {
					shown.Views = map[string]json.RawMessage{}
				}
				shown.Views[p.Key] = result.Value
			}
		})
	case "application/vnd.microsoft.activity.message":
		d.Toast = result.said
	default:
		d.Notice = SomethingWrong
	}
	return d, nil
}

// universalAnswer is the answer to adaptiveCard/action.
type universalAnswer struct {
	StatusCode int
	Type       string
	Value      json.RawMessage

	said string
}

func (u *universalAnswer) read(body []byte) error {
	if err := json.Unmarshal(body, u); err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	if u.StatusCode == 0 || u.Type == "" {
		return errors.New("the answer has no statusCode or no type")
	}
	switch u.Type {
	case cardType:
		return judgeCard(u.Value)
	case "application/vnd.microsoft.activity.message":
		if err := json.Unmarshal(u.Value, &u.said); err != nil {
			return fmt.Errorf("the message is not a string: %w", err)
		}
	}
	return nil
}
