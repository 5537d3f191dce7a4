package cards

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Card is one Adaptive Card, in a message or in a dialog.
type Card struct {
	summary string
	body    []element
	actions []element
}

// JSON is the card as Teams receives it: whole, or with words from outside cut no
// more than it takes to be shown at all.
func (c Card) JSON() json.RawMessage {
	whole := c.encode()
	if len(whole) <= heaviest {
		return whole
	}
	at := func(limit int) json.RawMessage {
		cut := c
		cut.body = shorter(c.body, limit)
		return cut.encode()
	}
	// The highest limit that fits is below the lowest that does not.
	most := sort.Search(heaviest-fewest, func(more int) bool { return len(at(fewest+more)) > heaviest })
	return at(fewest + max(0, most-1))
}

func (c Card) encode() json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // six bytes for each < would make a card too big
	err := encoder.Encode(struct {
		Type         string    `json:"type"`
		Schema       string    `json:"$schema"`
		Version      string    `json:"version"`
		FallbackText string    `json:"fallbackText"`
		Body         []element `json:"body"`
		Actions      []element `json:"actions,omitempty"`
		MSTeams      width     `json:"msteams"`
	}{
		"AdaptiveCard", "http://adaptivecards.io/schemas/adaptive-card.json", "1.5",
		"This message needs a newer Microsoft Teams.", c.body, c.actions,
		width{"Full"},
	})
	if err != nil {
		panic(fmt.Sprintf("cards: encode: %v", err)) // nothing in an element can fail to encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Short is the card without what it tells besides its summary, for when Teams
// finds it too large.
func (c Card) Short() Card {
	c.body = []element{quote(c.summary), say("Teams finds the rest too large to show. You find it under **My requests**.")}
	return c
}

// Posted is the card with its number in every button, so that a press tells
// which card it came from.
func (c Card) Posted(number int64) Card {
	c.actions = slices.Clone(c.actions)
	for i, a := range c.actions {
		if a.Data != nil {
			data := *a.Data
			data.Apono.Card = number
			c.actions[i].Data = &data
		}
	}
	return c
}

// Summary is the card in one line of plain text, for notifications.
func (c Card) Summary() string { return c.summary }

type width struct {
	Width string `json:"width"`
}

// element is every kind of card element and action that we draw, with the
// properties that we set. The constructors below are the only ones who fill it.
type element struct {
	Type          string    `json:"type"`
	ID            string    `json:"id,omitempty"`
	Text          string    `json:"text,omitempty"`
	Wrap          bool      `json:"wrap,omitempty"`
	Size          string    `json:"size,omitempty"`
	Weight        string    `json:"weight,omitempty"`
	Color         string    `json:"color,omitempty"`
	IsSubtle      bool      `json:"isSubtle,omitempty"`
	Spacing       string    `json:"spacing,omitempty"`
	Separator     bool      `json:"separator,omitempty"`
	Style         string    `json:"style,omitempty"`
	Inlines       []element `json:"inlines,omitempty"`
	Items         []element `json:"items,omitempty"`
	Label         string    `json:"label,omitempty"`
	Placeholder   string    `json:"placeholder,omitempty"`
	Value         string    `json:"value,omitempty"`
	Choices       []Choice  `json:"choices,omitempty"`
	IsMultiSelect bool      `json:"isMultiSelect,omitempty"`
	IsMultiline   bool      `json:"isMultiline,omitempty"`
	MaxLength     int       `json:"maxLength,omitempty"`
	Actions       []element `json:"actions,omitempty"`
	Title         string    `json:"title,omitempty"`
	URL           string    `json:"url,omitempty"`
	Data          *payload  `json:"data,omitempty"`
	FontType      string    `json:"fontType,omitempty"`
	CodeSnippet   string    `json:"codeSnippet,omitempty"`
	Language      string    `json:"language,omitempty"`
	Fallback      *element  `json:"fallback,omitempty"` // where a client does not know the type
}

// Choice is one entry of a list: the value comes back, the title is shown.
type Choice struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

// Colours of text. They never carry a meaning alone.
const (
	accent    = "accent"
	good      = "good"
	warning   = "warning"
	attention = "attention"
)

// nothing stands for words of which nothing can be shown.
const nothing = "–"

func newCard(summary string, body ...element) Card {
	return Card{summary: summary, body: body}
}

// with adds buttons below the card. Teams shows six of them at most.
func (c Card) with(buttons ...element) Card {
	c.actions = append(c.actions, buttons...)
	return c
}

// heading is the card's own first line. The text is ours.
func heading(text string) element {
	return element{Type: "TextBlock", Text: text, Size: "large", Weight: "bolder", Wrap: true, Style: "heading"}
}

// part is the first line of a part of the card. The text is ours.
func part(text string) element {
	return element{Type: "TextBlock", Text: text, Size: "medium", Weight: "bolder", Wrap: true, Style: "heading", Spacing: "large"}
}

// say is a paragraph of our own words.
func say(text string) element {
	return element{Type: "TextBlock", Text: text, Wrap: true}
}

// aside is a small remark in our own words.
func aside(text string) element {
	return element{Type: "TextBlock", Text: text, Wrap: true, IsSubtle: true, Size: "small"}
}

// quote is a paragraph of words from outside.
func quote(text string) element {
	return runs(run(text))
}

// problem says at its field what is wrong there. The words may be Apono's.
func problem(text string) element {
	r := run("⚠ " + text)
	r.Color, r.Weight = attention, "bolder"
	e := runs(r)
	e.Spacing = "small"
	return e
}

// done says what has just been done, and to what. The name may come from outside.
func done(what, name string) element {
	r := run("✓ " + what + ": ")
	r.Color, r.Weight = good, "bolder"
	return runs(r, run(name))
}

// fact is a line that names something and tells it. The value may come from
// outside.
func fact(name, value string) element {
	label := run(name + ": ")
	label.IsSubtle = true
	e := runs(label, run(value))
	e.Spacing = "small"
	return e
}

func runs(inlines ...element) element {
	return element{Type: "RichTextBlock", Inlines: inlines}
}

// run is plain text. A run must say something, and words from outside may be
// nothing that can be seen.
func run(text string) element {
	return element{Type: "TextRun", Text: cmp.Or(text, nothing)}
}

// group keeps elements together, set off from what is above.
func group(items ...element) element {
	return element{Type: "Container", Items: items, Separator: true, Spacing: "medium"}
}

// oneOf lets a person choose one of few or, by typing, of about a hundred.
func oneOf(id, label string, choices []Choice, selected string) element {
	style := "expanded"
	if len(choices) > expandedChoices {
		style = "filtered"
	}
	return element{
		Type: "Input.ChoiceSet", ID: id, Label: label, Style: style, Wrap: true, Choices: choices, Value: selected,
		Placeholder: "Choose one, or type to find it",
	}
}

// someOf lets a person tick several. The values must contain no comma.
func someOf(id, label string, choices []Choice, selected []string) element {
	return element{
		Type: "Input.ChoiceSet", ID: id, Label: label, Style: "expanded", Wrap: true, IsMultiSelect: true,
		Choices: choices, Value: strings.Join(selected, ","),
	}
}

// input takes one line, or several, of a person's own words.
func input(id, label, placeholder, value string, limit int) element {
	return element{Type: "Input.Text", ID: id, Label: label, Placeholder: placeholder, Value: value, MaxLength: limit}
}

func (e element) multiline() element {
	e.IsMultiline = true
	return e
}

// buttons are buttons inside the card, beside what they belong to.
func buttons(actions ...element) element {
	return element{Type: "ActionSet", Actions: actions, Spacing: "small"}
}

// button sends data to the bot when it is pressed: from a message this opens a
// dialog, inside a dialog it submits it.
func button(title string, data Data) element {
	return element{Type: "Action.Submit", Title: title, Data: &payload{Apono: data}}
}

// opens makes a button of a message open a dialog.
func (e element) opens() element {
	e.Data = &payload{MSTeams: &msteams{Type: "task/fetch"}, Apono: e.Data.Apono}
	return e
}

// positive marks the button that goes on.
func (e element) positive() element {
	e.Style = "positive"
	return e
}

// destructive marks the button that ends something.
func (e element) destructive() element {
	e.Style = "destructive"
	return e
}

// link opens a page. The caller vouches for the URL.
func link(title, url string) element {
	return element{Type: "Action.OpenUrl", Title: title, URL: url}
}
