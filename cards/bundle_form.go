package cards

import (
	"strconv"

	"github.com/apono-teams/teamsbot/texts"
)

// The inputs of the bundle form that the request form does not have.
const (
	FieldBundle  = "bundle"
	FieldTake    = "take" // one of the values below
	FieldUnits   = "units"
	FieldTypes   = "types"   // filter
	FieldGrants  = "grants"  // filter
	FieldAnswer  = "answer_" // and the place of the question
	TakeAll      = "all"
	TakeSome     = "some"
	AnswerLimit  = 200 // characters
	MaxQuestions = 10  // of the company's own, in one dialog
	// MaxFilters is how many resource types, and how many permissions, are
	// offered to filter by.
	MaxFilters = 25
)

// UnitLimit is how long the name of a permission on a resource may be, so that
// no part of it is cut off a list.
const UnitLimit = titleLimit

// BundleStep asks for the bundle.
func BundleStep(f Form, l List) Card {
	return f.card(heading("Which bundle?"), l.single(f, FieldBundle, "Bundle")...).
		with(f.first()...)
}

// Contents is what the step shows that asks what of a bundle is needed.
type Contents struct {
	Units  List
	Take   string // TakeAll or TakeSome
	Filter string // what the list is filtered by; "" for nothing
}

// ContentsStep shows what a bundle contains, and asks what of it is needed.
func ContentsStep(f Form, c Contents) Card {
	all := texts.English("Everything in the bundle (%d)").With(c.Units.Total)
	body := []element{oneOf(FieldTake, texts.English("Take"), []option{
		{Title: all, Value: TakeAll}, {Title: texts.English("Only what I tick below"), Value: TakeSome},
	}, c.Take)}
	if c.Filter != "" {
		body = append(body, fact("Filter", Line(c.Filter, 200)))
	}
	body = append(body, c.Units.several(f, FieldUnits, "Resources and permissions")...)
	return f.card(heading("What do you need of it?"), body...).
		with(f.button("Back", DoBack), f.button("Next", DoNext).positive())
}

// Filter is by what the contents of a bundle can be filtered.
type Filter struct {
	Types, Permissions             []Choice
	TickedTypes, TickedPermissions []string
	More                           bool // there are more of them than are offered
}

// FilterStep asks by what the contents of a bundle are to be filtered.
func FilterStep(f Form, s Filter) Card {
	body := []element{
		someOf(FieldTypes, texts.English("Resource types"), shown(s.Types), s.TickedTypes),
		someOf(FieldGrants, texts.English("Permissions"), shown(s.Permissions), s.TickedPermissions),
	}
	if s.More {
		body = append(body, aside("There are more. Write the name of a type or a permission into the search box to find the rest."))
	}
	return f.card(heading("What is the list to show?"), append(body, aside("Tick nothing to see everything."))...).
		with(f.button("Show", DoNext).positive())
}

// Question is one of the company's own, which are asked with every request. Its
// label is from outside.
type Question struct {
	Label    string
	Required bool
	Choices  []Choice   // none: any text
	Value    string     // what was typed, or the value of one of Choices
	Hint     texts.Text // what may be typed; nil if there is nothing to say
	Problem  texts.Text
}

// BundleFinish is what the last step of the bundle form asks.
type BundleFinish struct {
	Untold bool // Apono does not tell what the bundle contains
	Finish      // without permissions
}

// BundleFinishStep asks for duration, justification, and what the company wants
// to know.
func BundleFinishStep(f Form, s BundleFinish) Card {
	var body []element
	if s.Untold {
		body = append(body, aside("Apono does not tell here what this bundle contains, so you ask for the whole of it."))
	}
	body = append(body, s.whyAndHowLong()...)
	return f.card(heading("For how long, and why?"), body...).
		with(f.button("Back", DoBack), f.button("Add to favorites", DoFavorite), f.button("Submit", DoSubmit).positive())
}

// elements draws a question. Its label is not ours, so that it stands as plain
// text above the input and not in the input's own label.
func (q Question) elements(i int) []element {
	asks := bold(run(Line(q.Label, 60)))
	id := FieldAnswer + strconv.Itoa(i)
	var label texts.English = "Answer"
	if q.Required {
		label = "Answer (required)"
	}
	body := []element{runs(asks)}
	if len(q.Choices) > 0 {
		body = append(body, oneOf(id, label, shown(q.Choices), q.Value))
	} else {
		body = append(body, input(id, label, q.Hint, q.Value, AnswerLimit))
	}
	return appendProblem(body, q.Problem)
}

// BundlesClosed says that this bot cannot ask for bundles.
func BundlesClosed(f Form, contact texts.Text, portalURL string) Card {
	return newCard("Request bundle",
		heading("Bundles cannot be requested here"),
		quoteOf(texts.English("Apono does not let this bot ask for bundles on your behalf. Request the bundle in Apono, or ask %s.").With(clip(contact, 100))),
	).with(link("Open in Apono", portalURL), f.button("Try again", DoTryAgain))
}
