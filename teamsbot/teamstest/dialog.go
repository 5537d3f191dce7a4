package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Dialog is what a person has before them after a press: an open dialog, a
// message, an address, or nothing (Closed).
type Dialog struct {
	Answer
	Title, Width, Height string
	Message              string // text in place of a card, with only a way to close it
	Toast                string // a line that Teams shows for a moment
	Closed               bool   // no dialog is open
	URL                  string // where an Action.OpenUrl leads

	card   json.RawMessage
	filled map[string]string
	from   origin
}

// origin is what a dialog was opened from.
type origin struct {
	person  *Person
	chat    string // with its thread
	message string // id of the card's message
	command string // of a message extension; "" for a card
	quoted  any    // the message on which that was used, as Teams tells it; nil elsewhere
}

// Card is the Adaptive Card in the dialog; nil without one.
func (d *Dialog) Card() json.RawMessage { return d.card }

// Text is everything a person can read: title, card, message, notice and toast.
func (d *Dialog) Text() string {
	lines := append([]string{d.Title, d.Message, d.Notice, d.Toast}, visible(d.card)...)
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

// Has tells whether all the texts are visible.
func (d *Dialog) Has(texts ...string) bool { return hasAll(d.Text(), texts) }

// Buttons are the titles of the card's actions, in order.
func (d *Dialog) Buttons() []string { return titles(d.card) }

// Inputs are the fields of the card, in order, with what they hold now.
func (d *Dialog) Inputs() []Input {
	fields := inputs(d.card, false)
	for i := range fields {
		if value, ok := d.filled[fields[i].ID]; ok {
			fields[i].Value = value
		}
	}
	return fields
}

// Input is the field with an id.
func (d *Dialog) Input(id string) (Input, bool) {
	for _, in := range d.Inputs() {
		if in.ID == id {
			return in, true
		}
	}
	return Input{}, false
}

// Fill types into a field or picks choices by their titles. No values empty it.
// It refuses what a person cannot do: an unknown field or choice, several
// choices where one is allowed, text that is too long.
func (d *Dialog) Fill(id string, values ...string) error {
	in, ok := d.Input(id)
	if !ok {
		return fmt.Errorf("the dialog %q has no field %q", d.Title, id)
	}
	if len(values) > 1 && !in.Multi {
		return fmt.Errorf("the field %q takes one value, not %q", id, values)
	}
	if in.Type == "Input.ChoiceSet" {
		for i, title := range values {
			at := slices.IndexFunc(in.Choices, func(c Choice) bool { return c.Title == title })
			if at < 0 {
				return fmt.Errorf("the field %q has no choice %q", id, title)
			}
			values = slices.Clone(values)
			values[i] = in.Choices[at].Value
		}
	}
	value := strings.Join(values, ",")
	if err := in.accepts(value); err != nil {
		return err
	}
	d.filled[id] = value
	return nil
}

// accepts tells whether the client lets a value be typed.
func (in Input) accepts(value string) error {
	switch {
	case in.MaxLength > 0 && len([]rune(value)) > in.MaxLength:
		return fmt.Errorf("the field %q takes %d characters, not %d", in.ID, in.MaxLength, len([]rune(value)))
	case in.Type == "Input.Toggle" && value != in.on && value != in.off:
		return fmt.Errorf("the field %q takes %q or %q", in.ID, in.on, in.off)
	case in.Type == "Input.Number" && value != "":
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return fmt.Errorf("the field %q takes a number, not %q", in.ID, value)
		}
	}
	return nil
}

// Press presses a button of the dialog with what the fields hold, and returns
// what is there then. A dialog that the bot answered wrongly stays, with a
// Notice.
func (d *Dialog) Press(ctx context.Context, title string) (*Dialog, error) {
	return d.pressOf(ctx, d.card, title)
}

// PressIn is Press for the button in the container that shows a text, where a
// list has one in every row.
func (d *Dialog) PressIn(ctx context.Context, row, title string) (*Dialog, error) {
	part := containerOf(d.card, row)
	if part == nil {
		return nil, fmt.Errorf("the dialog %q shows no %q", d.Title, row)
	}
	return d.pressOf(ctx, part, title)
}

// pressOf presses a button of that part of the dialog.
func (d *Dialog) pressOf(ctx context.Context, part json.RawMessage, title string) (*Dialog, error) {
	if d.Closed {
		return nil, fmt.Errorf("no dialog is open to press %q in", title)
	}
	a, err := findAction(part, title)
	if err != nil {
		return nil, fmt.Errorf("the dialog %q: %w", d.Title, err)
	}
	values, err := collect(d.card, d.filled, a)
	if err != nil {
		return nil, err
	}
	data := merge(a.Data, values)
	switch {
	case a.Kind == "Action.OpenUrl":
		return &Dialog{URL: a.URL, Closed: true}, nil
	case a.Kind != "Action.Submit":
		return nil, fmt.Errorf("%s does not reach the bot from a dialog", a.Kind)
	case teamsData(data)["type"] != nil:
		return nil, errors.New("a button with data.msteams.type does nothing inside a dialog")
	}
	return d.submit(ctx, data)
}

// submit sends the data of an Action.Submit in the dialog.
func (d *Dialog) submit(ctx context.Context, data any) (*Dialog, error) {
	from := d.from
	value := map[string]any{"data": data, "context": map[string]any{"theme": "default"}}
	name := "task/submit"
	if from.command != "" {
		name = "composeExtension/submitAction"
		from.describe(value)
	}
	return d.ask(ctx, from.person.invokeActivity(from.chat, name, from.repliesTo(), value), true)
}

// ask sends an invoke and returns the dialog that its answer makes of d.
func (d *Dialog) ask(ctx context.Context, activity map[string]any, open bool) (*Dialog, error) {
	p := d.from.person
	next := &Dialog{from: d.from, filled: map[string]string{}}
	read := func(body []byte) error { return next.read(body, open) }
	answer, err := p.teams.invoke(ctx, p, d.from.chat, activity, read)
	if err != nil {
		return nil, err
	}
	if answer.Notice != "" {
		kept := *d
		kept.Answer, kept.Closed = *answer, !open
		return &kept, nil
	}
	next.Answer = *answer
	return next, nil
}

// taskAnswer is the answer to task/fetch, task/submit and the message
// extension's two.
type taskAnswer struct {
	Task *struct {
		Type  string
		Value json.RawMessage
	}
	ComposeExtension *struct{ Type, Text string }
}

// read takes a bot's answer in. An empty one closes a dialog that is open.
func (d *Dialog) read(body []byte, open bool) error {
	if len(bytes.TrimSpace(body)) == 0 {
		if !open {
			return errors.New("the answer is empty: nothing to open")
		}
		d.Closed = true
		return nil
	}
	var answer taskAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	if d.from.command != "" && answer.ComposeExtension != nil {
		if !slices.Contains([]string{"result", "auth", "config", "message", "botMessagePreview"}, answer.ComposeExtension.Type) {
			return fmt.Errorf("unknown type %q of message extension answer", answer.ComposeExtension.Type)
		}
		d.Message, d.Closed = answer.ComposeExtension.Text, true
		return nil
	}
	if answer.Task == nil {
		return errors.New("the answer has no task")
	}
	switch answer.Task.Type {
	case "message":
		d.Closed = true
		if err := json.Unmarshal(answer.Task.Value, &d.Message); err != nil || d.Message == "" {
			return errors.New("the task's message is not a text")
		}
		return nil
	case "continue":
		return d.readCard(answer.Task.Value)
	}
	return fmt.Errorf("unknown task type %q", answer.Task.Type)
}

func (d *Dialog) readCard(value json.RawMessage) error {
	var task struct {
		Title         string
		Width, Height any
		Card          struct {
			ContentType string
			Content     json.RawMessage
		}
	}
	if err := json.Unmarshal(value, &task); err != nil {
		return fmt.Errorf("the task's value is not an object: %w", err)
	}
	if task.Card.ContentType != cardType {
		return fmt.Errorf("the task's card has the type %q", task.Card.ContentType)
	}
	if utf16Size(task.Card.Content) > maxMessage {
		return errors.New("the task's card is too big")
	}
	if err := judgeCard(task.Card.Content); err != nil {
		return err
	}
	d.Title, d.card = task.Title, task.Card.Content
	d.Width, d.Height = size(task.Width), size(task.Height)
	return nil
}

// size is a width or height: a word, or a number of pixels.
func size(v any) string {
	if pixels, ok := v.(float64); ok {
		return strconv.Itoa(int(pixels))
	}
	return text(v)
}

// collect is what the client sends along with an action: every field that has a
// value, and texts even without one.
func collect(card json.RawMessage, filled map[string]string, a action) (map[string]string, error) {
	values := map[string]string{}
	if !a.Inputs || a.Kind != "Action.Submit" && a.Kind != "Action.Execute" {
		return values, nil
	}
	for _, in := range inputs(card, true) {
		values[in.ID] = in.Value
	}
	maps.Copy(values, filled)
	for _, in := range inputs(card, true) {
		value := values[in.ID]
		if in.Required && value == "" {
			return nil, fmt.Errorf("the field %q must be filled: %s", in.ID, in.Error)
		}
		if value == "" && in.Type != "Input.Text" {
			delete(values, in.ID)
		}
	}
	return values, nil
}
