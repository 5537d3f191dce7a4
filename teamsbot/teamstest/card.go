package teamstest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Input is a field of a card, with the value that it shows.
type Input struct {
	ID, Type, Label, Placeholder, Value string
	Error                               string // errorMessage
	Choices                             []Choice
	Multi, Required                     bool
	MaxLength                           int
	on, off                             string // of an Input.Toggle
}

// Choice is one line of an Input.ChoiceSet.
type Choice struct{ Title, Value string }

// action is a button of a card.
type action struct {
	Kind, ID, Title, Verb, URL string
	Data                       any
	Inputs                     bool // carries the inputs along
	Enabled                    bool
}

// parse decodes a card that was judged before; nil without one.
func parse(card json.RawMessage) map[string]any {
	var parsed map[string]any
	if json.Unmarshal(card, &parsed) != nil {
		return nil
	}
	return parsed
}

// walk calls f for every visible object of a card, in the order in which the
// card shows them.
func walk(v any, f func(map[string]any)) { walkParts(v, false, f) }

func walkParts(v any, hidden bool, f func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, part := range v {
			walkParts(part, hidden, f)
		}
	case map[string]any:
		if v["isVisible"] == false && !hidden {
			return
		}
		f(v)
		for _, key := range []string{"items", "columns", "rows", "cells", "body", "images", "actions", "card"} {
			walkParts(v[key], hidden, f)
		}
	}
}

// visible collects the texts that a card shows.
func visible(card json.RawMessage) []string {
	var texts []string
	add := func(values ...any) {
		for _, v := range values {
			if s := strings.TrimSpace(text(v)); s != "" {
				texts = append(texts, s)
			}
		}
	}
	walk(parse(card), func(v map[string]any) {
		switch kind := text(v["type"]); kind {
		case "TextBlock":
			add(v["text"])
		case "CodeBlock":
			add(v["codeSnippet"])
		case "RichTextBlock":
			add(runs(v["inlines"]))
		case "FactSet":
			each(v["facts"], func(fact map[string]any) { add(fact["title"], fact["value"]) })
		case "Input.ChoiceSet":
			add(v["label"], v["placeholder"])
			each(v["choices"], func(choice map[string]any) { add(choice["title"]) })
		case "Input.Toggle":
			add(v["label"], v["title"])
		default:
			if strings.HasPrefix(kind, "Input.") {
				add(v["label"], v["placeholder"], v["value"])
			}
			if strings.HasPrefix(kind, "Action.") {
				add(v["title"])
			}
		}
	})
	return texts
}

// runs is the text of a RichTextBlock, whose inlines are strings or TextRuns.
func runs(inlines any) string {
	var all strings.Builder
	list, _ := inlines.([]any)
	for _, inline := range list {
		if run, ok := inline.(map[string]any); ok {
			inline = run["text"]
		}
		all.WriteString(text(inline))
	}
	return all.String()
}

func each(list any, f func(map[string]any)) {
	parts, _ := list.([]any)
	for _, part := range parts {
		if object, ok := part.(map[string]any); ok {
			f(object)
		}
	}
}

// hasAll tells whether every text is part of shown.
func hasAll(shown string, texts []string) bool {
	return !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(shown, t) })
}

// actions are the buttons of a card, those below an Action.ShowCard too.
func actions(card json.RawMessage) []action {
	var found []action
	walk(parse(card), func(v map[string]any) {
		kind := text(v["type"])
		if !strings.HasPrefix(kind, "Action.") {
			return
		}
		found = append(found, action{
			Kind: kind, ID: text(v["id"]), Title: text(v["title"]), Verb: text(v["verb"]), URL: text(v["url"]),
			Data: v["data"], Inputs: v["associatedInputs"] != "none", Enabled: v["isEnabled"] != false,
		})
	})
	return found
}

// containerOf is the first container that shows a text, or nil.
func containerOf(card json.RawMessage, shown string) (found json.RawMessage) {
	walk(parse(card), func(v map[string]any) {
		if found != nil || v["type"] != "Container" {
			return
		}
		if part, err := json.Marshal(v); err == nil && strings.Contains(strings.Join(visible(part), "\n"), shown) {
			found = part
		}
	})
	return found
}

// titles are what the buttons of a card say.
func titles(card json.RawMessage) []string {
	var all []string
	for _, a := range actions(card) {
		all = append(all, a.Title)
	}
	return all
}

// inputs are the fields of a card, in order. Clients send those that are not
// visible too.
func inputs(card json.RawMessage, hidden bool) []Input {
	var found []Input
	walkParts(parse(card), hidden, func(v map[string]any) {
		if kind := text(v["type"]); strings.HasPrefix(kind, "Input.") {
			found = append(found, inputOf(kind, v))
		}
	})
	return found
}

func inputOf(kind string, v map[string]any) Input {
	in := Input{
		ID: text(v["id"]), Type: kind, Label: text(v["label"]), Placeholder: text(v["placeholder"]), Error: text(v["errorMessage"]),
		Value: text(v["value"]), Multi: v["isMultiSelect"] == true, Required: v["isRequired"] == true,
	}
	if number, ok := v["value"].(float64); ok {
		in.Value = strconv.FormatFloat(number, 'f', -1, 64)
	}
	if most, ok := v["maxLength"].(float64); ok {
		in.MaxLength = int(most)
	}
	each(v["choices"], func(c map[string]any) {
		in.Choices = append(in.Choices, Choice{Title: text(c["title"]), Value: text(c["value"])})
	})
	if kind == "Input.Toggle" {
		in.on, in.off = cmp.Or(text(v["valueOn"]), "true"), cmp.Or(text(v["valueOff"]), "false")
		in.Value = cmp.Or(in.Value, in.off)
	}
	return in
}

// Visible is all the text that a person sees in the message, a line each.
func (m Message) Visible() string {
	return strings.Join(append([]string{m.Text}, visible(m.Card)...), "\n")
}

// Has tells whether a person sees all the texts in the message.
func (m Message) Has(texts ...string) bool { return hasAll(m.Visible(), texts) }

// Buttons are the titles of the card's actions, in order.
func (m Message) Buttons() []string { return titles(m.Card) }
