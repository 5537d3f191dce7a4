package cards

import (
	"time"

	"github.com/apono-teams/teamsbot/texts"
)

// Sentence is a request that was written in one line, and how it was
// understood. Words and names are from outside.
type Sentence struct {
	Draft string // the form that is filled in with it
	Said  string // the person's own words, without the justification

	Integration   string
	ResourceType  string
	Resources     []string
	Permissions   []string
	Duration      time.Duration // 0 if it is not said, or not clear
	Justification string

	Unclear []Ambiguity
	Rest    string // words that name nothing
	Slow    bool   // Apono did not tell what there is
}

// Ambiguity is words that fit several names.
type Ambiguity struct {
	Words texts.Text
	Names []texts.Text
}

// Limits of what is told of what is not clear.
const (
	unclearShown = 5
	namesShown   = 4
)

// Understood tells a person in their own chat how their words were understood.
// The button opens the form; nothing is asked for by itself.
func Understood(s Sentence) Card {
	taken := s.taken()
	var title, summary texts.English = "Is this what you mean?", "Request access: is this what you mean?"
	if len(taken) == 0 {
		title, summary = "I did not understand what you need", "Request access: I did not understand what you need"
	}
	body := append([]element{heading(title)}, taken...)
	for _, a := range s.Unclear[:min(len(s.Unclear), unclearShown)] {
		body = append(body, factOf(texts.English("Not clear"), a.line()))
	}
	if s.Rest != "" {
		body = append(body, fact(s.restIs(), Line(s.Rest, 200)))
	}
	if s.Slow {
		body = append(body, say("Apono has not told me in time what there is, so I could not look up all of it."))
	}
	body = append(body, say("Nothing is asked for yet. **Open the form**, fill in what is missing, and submit it there."))
	return newCard(summary, body...).with(s.open())
}

// OpenFilled says in a channel, or where nothing else is known, that the form is
// filled in. It shows the person's own words alone.
func OpenFilled(s Sentence) Card {
	var body []element
	if s.Said != "" {
		body = append(body, fact("You wrote", Line(s.Said, 200)))
	}
	body = append(body,
		say("I have filled in the form as far as I understood it. Nothing is asked for yet: **Open the form** and submit it there."),
		aside("Only who wrote this can open it. Others press **New request**."))
	return newCard("Request access", body...).with(s.open(), newRequest())
}

// Note tells in one line what is not clear; nil if nothing.
func (s Sentence) Note() texts.Text {
	var all []texts.Text
	for _, a := range s.Unclear[:min(len(s.Unclear), unclearShown)] {
		all = append(all, texts.English("Not clear: %s.").With(a.line()))
	}
	if s.Rest != "" {
		all = append(all, texts.English("%s: %s.").With(s.restIs(), Line(s.Rest, 200)))
	}
	if all == nil {
		return nil
	}
	return texts.Join(texts.Outside(" "), all...)
}

func (s Sentence) restIs() texts.English {
	if s.Slow {
		return "Not looked up"
	}
	return "Not understood"
}

func (a Ambiguity) line() texts.Text {
	names := make([]texts.Text, len(a.Names))
	for i, n := range a.Names {
		names[i] = texts.Cut(n, func(s string) string { return Name(s, titleLimit) })
	}
	return texts.English("%s (%s)").With(clip(a.Words, titleLimit), list(names, namesShown))
}

// taken are the lines of what was understood.
func (s Sentence) taken() []element {
	var all []element
	add := func(said bool, name texts.English, value texts.Text) {
		if said {
			all = append(all, factOf(name, value))
		}
	}
	add(s.Integration != "", "Integration", texts.Outside(Line(s.Integration, 100)))
	add(s.ResourceType != "", "Resource type", texts.Outside(Line(s.ResourceType, 60)))
	add(len(s.Resources) > 0, "Resources", Names(s.Resources, 10))
	add(len(s.Permissions) > 0, "Permissions", Names(s.Permissions, 10))
	add(s.Duration > 0, "Duration", texts.Duration(s.Duration))
	add(s.Justification != "", "Justification", texts.Outside(Paragraph(s.Justification, JustificationLimit)))
	return all
}

func (s Sentence) open() element {
	return button("Open the form", Data{Verb: VerbRequest, Draft: s.Draft}).opens().positive()
}
