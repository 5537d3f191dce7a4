package cards

import (
	"strings"

	"github.com/apono-teams/teamsbot/texts"
)

// element is a card element or action before it is known who reads it: what is
// drawn of it in every language, and its texts. The constructors below are the
// only ones who fill it.
type element struct {
	drawn
	Text        texts.Text
	Inlines     []element
	Between     texts.English // a text with places, which Inlines fill
	Items       []element
	Label       texts.Text
	Placeholder texts.Text
	Choices     []option
	Actions     []element
	Title       texts.Text
	Fallback    *element
}

// textBlock is a paragraph of our own words, in which **bold** and the like
// work. What fills its places must be no words from outside.
func textBlock(text texts.English, args ...any) element {
	return element{drawn: drawn{Type: "TextBlock", Wrap: true}, Text: filled(text, args)}
}

func filled(text texts.English, args []any) texts.Text {
	if len(args) == 0 {
		return text
	}
	return text.With(args...)
}

// heading is the card's own first line.
func heading(text texts.English, args ...any) element {
	e := textBlock(text, args...)
	e.Size, e.Weight, e.Style = "large", "bolder", "heading"
	return e
}

// part is the first line of a part of the card.
func part(text texts.English) element {
	e := heading(text)
	e.Size, e.Spacing = "medium", "large"
	return e
}

// say is a paragraph of our own words.
func say(text texts.English, args ...any) element { return textBlock(text, args...) }

// sayOf is say for words of ours that are put together.
func sayOf(text texts.Text) element { return say("%s", text) }

// aside is a small remark in our own words.
func aside(text texts.English, args ...any) element {
	e := textBlock(text, args...)
	e.IsSubtle, e.Size = true, "small"
	return e
}

// quote is a paragraph of words from outside.
func quote(text string) element { return runs(run(text)) }

// quoteOf is quote for words of which some are ours.
func quoteOf(text texts.Text) element { return runs(runOf(text)) }

// problem says at its field what is wrong there. The words may be Apono's.
func problem(text texts.Text) element {
	r := runOf(texts.Join(texts.Outside(" "), texts.Outside("⚠"), text))
	r.Color, r.Weight = attention, "bolder"
	e := runs(r)
	e.Spacing = "small"
	return e
}

// done says what has just been done, and to what. The name may come from outside.
func done(what texts.English, name string) element {
	r := runOf(texts.English("✓ %s: ").With(what))
	r.Color, r.Weight = good, "bolder"
	return runs(r, run(name))
}

// fact is a line that names something and tells it. The value may come from
// outside.
func fact(name texts.English, value string) element { return factOf(name, texts.Outside(value)) }

// factOf is fact for a value of which some is ours.
func factOf(name, value texts.Text) element {
	label := runOf(texts.English("%s: ").With(name))
	label.IsSubtle = true
	e := runs(label, runOf(value))
	e.Spacing = "small"
	return e
}

func runs(inlines ...element) element {
	return element{drawn: drawn{Type: "RichTextBlock"}, Inlines: inlines}
}

// phrase is a text of ours whose places are filled with runs, such as names in
// bold.
func phrase(text texts.English, inlines ...element) element {
	e := runs(inlines...)
	e.Between = text
	return e
}

// run is plain text from outside. A run must say something, and words from
// outside may be nothing that can be seen.
func run(text string) element { return runOf(texts.Outside(text)) }

// runOf is run for words of which some are ours.
func runOf(text texts.Text) element { return element{drawn: drawn{Type: "TextRun"}, Text: text} }

func bold(r element) element {
	r.Weight = "bolder"
	return r
}

// group keeps elements together, set off from what is above.
func group(items ...element) element {
	return element{drawn: drawn{Type: "Container", Separator: true, Spacing: "medium"}, Items: items}
}

// oneOf lets a person choose one of few or, by typing, of about a hundred.
func oneOf(id string, label texts.Text, choices []option, selected string) element {
	style := "expanded"
	if len(choices) > expandedChoices {
		style = "filtered"
	}
	return element{
		drawn: drawn{Type: "Input.ChoiceSet", ID: id, Style: style, Wrap: true, Value: selected},
		Label: label, Choices: choices, Placeholder: chooseOne,
	}
}

const chooseOne texts.English = "Choose one, or type to find it"

// someOf lets a person tick several. The values must contain no comma.
func someOf(id string, label texts.Text, choices []option, selected []string) element {
	return element{
		drawn: drawn{
			Type: "Input.ChoiceSet", ID: id, Style: "expanded", Wrap: true, IsMultiSelect: true, Value: strings.Join(selected, ","),
		},
		Label: label, Choices: choices,
	}
}

// input takes one line, or several, of a person's own words.
func input(id string, label, placeholder texts.Text, value string, limit int) element {
	return element{drawn: drawn{Type: "Input.Text", ID: id, Value: value, MaxLength: limit}, Label: label, Placeholder: placeholder}
}

func (e element) multiline() element {
	e.IsMultiline = true
	return e
}

// buttons are buttons inside the card, beside what they belong to.
func buttons(actions ...element) element {
	return element{drawn: drawn{Type: "ActionSet", Spacing: "small"}, Actions: actions}
}

// button sends data to the bot when it is pressed: from a message this opens a
// dialog, inside a dialog it submits it.
func button(title texts.English, data Data) element { return buttonOf(title, data) }

// buttonOf is button where the title is put together.
func buttonOf(title texts.Text, data Data) element {
	return element{drawn: drawn{Type: "Action.Submit", Data: &payload{Apono: data}}, Title: title}
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
func link(title texts.English, url string) element { return linkOf(title, url) }

// linkOf is link where the title may come from outside.
func linkOf(title texts.Text, url string) element {
	return element{drawn: drawn{Type: "Action.OpenUrl", URL: url}, Title: title}
}
