package cards

import (
	"cmp"
	"strings"

	"github.com/apono-teams/teamsbot/texts"
)

// drawn is every kind of card element and action that we draw as it is sent, in
// one language, with the properties that we set.
type drawn struct {
	Type          string   `json:"type"`
	ID            string   `json:"id,omitempty"`
	Text          string   `json:"text,omitempty"`
	Wrap          bool     `json:"wrap,omitempty"`
	Size          string   `json:"size,omitempty"`
	Weight        string   `json:"weight,omitempty"`
	Color         string   `json:"color,omitempty"`
	IsSubtle      bool     `json:"isSubtle,omitempty"`
	Spacing       string   `json:"spacing,omitempty"`
	Separator     bool     `json:"separator,omitempty"`
	Style         string   `json:"style,omitempty"`
	Inlines       []drawn  `json:"inlines,omitempty"`
	Items         []drawn  `json:"items,omitempty"`
	Label         string   `json:"label,omitempty"`
	Placeholder   string   `json:"placeholder,omitempty"`
	Value         string   `json:"value,omitempty"`
	Choices       []Choice `json:"choices,omitempty"`
	IsMultiSelect bool     `json:"isMultiSelect,omitempty"`
	IsMultiline   bool     `json:"isMultiline,omitempty"`
	MaxLength     int      `json:"maxLength,omitempty"`
	Actions       []drawn  `json:"actions,omitempty"`
	Title         string   `json:"title,omitempty"`
	URL           string   `json:"url,omitempty"`
	Data          *payload `json:"data,omitempty"`
	FontType      string   `json:"fontType,omitempty"`
	CodeSnippet   string   `json:"codeSnippet,omitempty"`
	Language      string   `json:"language,omitempty"`
	Fallback      *drawn   `json:"fallback,omitempty"` // where a client does not know the type
}

func drawAll(all []element, l *texts.Language) []drawn {
	if all == nil {
		return nil
	}
	out := make([]drawn, len(all))
	for i := range all {
		all[i].draw(&out[i], l)
	}
	return out
}

// draw draws e into d. Elements are large: they are not passed around.
func (e *element) draw(d *drawn, l *texts.Language) {
	*d = e.drawn
	d.Text, d.Label, d.Placeholder, d.Title = in(e.Text, l), in(e.Label, l), in(e.Placeholder, l), in(e.Title, l)
	d.Inlines, d.Items, d.Actions = drawAll(e.Inlines, l), drawAll(e.Items, l), drawAll(e.Actions, l)
	for _, c := range e.Choices {
		d.Choices = append(d.Choices, Choice{Title: c.Title.In(l), Value: c.Value})
	}
	if e.Type == "TextRun" {
		d.Text = cmp.Or(d.Text, nothing)
	}
	if e.Between != "" {
		d.Inlines = between(e.Between.In(l), d.Inlines)
	}
	if e.Fallback != nil {
		d.Fallback = new(drawn)
		e.Fallback.draw(d.Fallback, l)
	}
}

func in(t texts.Text, l *texts.Language) string {
	if t == nil {
		return ""
	}
	return t.In(l)
}

// between puts runs into the places of a text, which are written %s, in their
// order.
func between(text string, fill []drawn) (inlines []drawn) {
	for i, words := range strings.Split(text, "%s") {
		if i > 0 {
			inlines = append(inlines, fill[i-1])
		}
		if words != "" {
			inlines = append(inlines, drawn{Type: "TextRun", Text: words})
		}
	}
	return inlines
}
