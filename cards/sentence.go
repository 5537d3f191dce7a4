package cards

import (
	"fmt"
	"strings"
	"time"
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
	Words string
	Names []string
}

// Limits of what is told of what is not clear.
const (
	unclearShown = 5
	namesShown   = 4
)

// Understood tells a person in their own chat how their words were understood.
// The button opens the form; nothing is asked for by itself.
func Understood(s Sentence) Card {
	title, taken := "Is this what you mean?", s.taken()
	if len(taken) == 0 {
		title = "I did not understand what you need"
	}
	body := append([]element{heading(title)}, taken...)
	for _, a := range s.Unclear[:min(len(s.Unclear), unclearShown)] {
		body = append(body, fact("Not clear", a.line()))
	}
	if s.Rest != "" {
		body = append(body, fact(s.restIs(), Line(s.Rest, 200)))
	}
	if s.Slow {
		body = append(body, say("Apono has not told me in time what there is, so I could not look up all of it."))
	}
	body = append(body, say("Nothing is asked for yet. **Open the form**, fill in what is missing, and submit it there."))
	return newCard("Request access: "+strings.ToLower(title[:1])+title[1:], body...).with(s.open())
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

// Note tells in one line what is not clear.
func (s Sentence) Note() string {
	var all []string
	for _, a := range s.Unclear[:min(len(s.Unclear), unclearShown)] {
		all = append(all, "Not clear: "+a.line()+".")
	}
	if s.Rest != "" {
		all = append(all, s.restIs()+": "+Line(s.Rest, 200)+".")
	}
	return strings.Join(all, " ")
}

func (s Sentence) restIs() string {
	if s.Slow {
		return "Not looked up"
	}
	return "Not understood"
}

func (a Ambiguity) line() string {
	return fmt.Sprintf("%s (%s)", Line(a.Words, titleLimit), Names(a.Names, namesShown))
}

// taken are the lines of what was understood.
func (s Sentence) taken() []element {
	var all []element
	add := func(said bool, name, value string) {
		if said {
			all = append(all, fact(name, value))
		}
	}
	add(s.Integration != "", "Integration", Line(s.Integration, 100))
	add(s.ResourceType != "", "Resource type", Line(s.ResourceType, 60))
	add(len(s.Resources) > 0, "Resources", Names(s.Resources, 10))
	add(len(s.Permissions) > 0, "Permissions", Names(s.Permissions, 10))
	add(s.Duration > 0, "Duration", Hours(s.Duration))
	add(s.Justification != "", "Justification", Paragraph(s.Justification, JustificationLimit))
	return all
}

func (s Sentence) open() element {
	return button("Open the form", Data{Verb: VerbRequest, Draft: s.Draft}).opens().positive()
}
