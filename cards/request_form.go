package cards

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/texts"
)

// The inputs of the request form, by the ids under which they come back.
const (
	FieldFor           = "for"
	FieldIntegration   = "integration"
	FieldResourceType  = "resource_type"
	FieldResources     = "resources"
	FieldChosen        = "chosen" // what was ticked on other pages
	FieldSearch        = "search"
	FieldPermissions   = "permissions"
	FieldDuration      = "duration"
	FieldHours         = "hours"
	FieldJustification = "justification"
)

// Limits of what a list shows.
const (
	// PageSize is how many entries a page of a longer list has.
	PageSize = 25
	// FilteredChoices is how many entries one list to type in may have.
	FilteredChoices = 100
	// expandedChoices is how many are simply shown one below the other.
	expandedChoices = 6
	// titleLimit is how long the name of an entry may be.
	titleLimit = 80
	// longestName is how much of a name is looked at to tell it from others.
	longestName = 2000
	// ShownChosen is how many of the chosen entries can be unticked at once.
	ShownChosen = 25
)

// JustificationLimit is how long a justification may be, in characters.
const JustificationLimit = 1000

// Durations are offered as they are; any other number of hours can be typed.
var Durations = []time.Duration{30 * time.Minute, time.Hour, 4 * time.Hour, 8 * time.Hour}

// Form is what every step of the request form shows.
type Form struct {
	Step     Verb // what its buttons ask for; "" is VerbRequestStep
	Draft    string
	Revision int
	For      texts.Text // whom it is for; nil where it is for the person, and cannot be changed
	MayFor   bool       // it can be changed now
	Chosen   []Chosen   // what the steps before chose
	Note     texts.Text // what to know before going on; nil if nothing
	Problem  texts.Text // what is wrong with the form as a whole; nil if nothing
	Added    string     // the favorite that it has just been made
}

// Chosen is what a step chose.
type Chosen struct {
	Name  texts.English
	Value texts.Text
}

// List is what a step of the request form offers to choose from. Titles are
// names from outside.
type List struct {
	Page    []Choice   // what is shown; the values are numbers
	Ticked  []string   // values of Page that are chosen
	Problem texts.Text // what is wrong with the choice

	// Only for lists that do not fit.
	Long         bool
	Search       string        // what was searched for
	Also         []Do          // what can be done beside searching
	Empty        texts.English // said where nothing is found; "" is about the search
	From         int           // place of the first entry of Page among Found, from 0
	Found, Total int           // how many entries match, and how many there are
	Elsewhere    []Choice      // what is chosen and not on Page
	Cut          int           // how many Apono has but did not tell
}

// IntegrationStep asks for the integration.
func IntegrationStep(f Form, l List) Card {
	return f.card(heading("What do you need access to?"), l.single(f, FieldIntegration, "Integration")...).
		with(f.first()...)
}

// ForStep asks for whom it is.
func ForStep(f Form, l List) Card {
	return f.card(heading("Who is it for?"), l.single(f, FieldFor, "For")...).
		with(f.button("Next", DoNext).positive())
}

// first are the buttons of the first step.
func (f Form) first() []element {
	next := f.button("Next", DoNext).positive()
	if !f.MayFor {
		return []element{next}
	}
	return []element{f.button("For somebody else", DoFor), next}
}

// ResourceTypeStep asks for the resource type.
func ResourceTypeStep(f Form, l List) Card {
	return f.card(heading("What kind of resource?"), l.single(f, FieldResourceType, "Resource type")...).
		with(f.button("Back", DoBack), f.button("Next", DoNext).positive())
}

// ResourcesStep asks for one or several resources.
func ResourcesStep(f Form, l List) Card {
	return f.card(heading("Which resources?"), l.several(f, FieldResources, "Resources")...).
		with(f.button("Back", DoBack), f.button("Next", DoNext).positive())
}

// Finish is what the last step of the request form asks.
type Finish struct {
	Permissions   List
	Several       bool   // several permissions may be asked for at once
	Duration      string // minutes of one of Durations; "" if Hours was typed
	Hours         string
	Longest       time.Duration // that Apono gives it for; 0: not told
	Justification string
	Questions     []Question // the company's own

	DurationProblem, JustificationProblem texts.Text
}

// FinishStep asks for permissions, duration and justification.
func FinishStep(f Form, s Finish) Card {
	body := s.Permissions.single(f, FieldPermissions, "Permissions")
	if s.Several {
		body = s.Permissions.several(f, FieldPermissions, "Permissions")
	}
	return f.card(heading("For how long, and why?"), append(body, s.whyAndHowLong()...)...).
		with(f.button("Back", DoBack), f.button("Add to favorites", DoFavorite), f.button("Submit", DoSubmit).positive())
}

// whyAndHowLong asks for duration, justification, and what the company wants to
// know.
func (s Finish) whyAndHowLong() []element {
	body := []element{
		oneOf(FieldDuration, texts.English("Duration"), durationChoices(), s.Duration),
		input(FieldHours, texts.English("Or another number of hours"), texts.English("For example 1.5"), s.Hours, 10),
	}
	if s.Longest > 0 && s.DurationProblem == nil {
		body = append(body, aside("Apono gives this for %s at most.", s.Longest))
	}
	body = appendProblem(body, s.DurationProblem)
	body = append(body, input(FieldJustification, texts.English("Justification"),
		texts.English("Why do you need it?"), s.Justification, JustificationLimit).multiline())
	body = appendProblem(body, s.JustificationProblem)
	for i, q := range s.Questions {
		body = append(body, q.elements(i)...)
	}
	return body
}

// StillLoading says that Apono has not told a list yet. Nothing is lost.
func StillLoading(f Form) Card {
	return f.card(heading("Still loading"),
		say("Apono has not answered yet. What you have chosen is kept; try again in a few seconds."),
	).with(f.button("Try again", DoTryAgain).positive())
}

// Stopped says why a step cannot go on now. Nothing is lost.
func Stopped(f Form, title texts.English, words texts.Text) Card {
	return f.card(heading(title), quoteOf(paragraph(words, 600))).
		with(f.button("Back", DoBack), f.button("Try again", DoTryAgain).positive())
}

// AddApp asks a person whom the bot cannot reach to add it first. The draft
// waits.
func AddApp(f Form, appURL string) Card {
	return newCard("Add Apono first",
		heading("Add Apono first"),
		say("The status of your request goes to your own chat with Apono, and Teams does not let the bot open it yet. Add the app, then press **Try again**."),
	).with(link("Add Apono", appURL), f.button("Try again", DoTryAgain).positive())
}

func (f Form) button(title texts.English, do Do) element {
	return button(title, Data{Verb: cmp.Or(f.Step, VerbRequestStep), Draft: f.Draft, Revision: f.Revision, Do: do})
}

func (f Form) card(title element, body ...element) Card {
	all := []element{title}
	if f.Added != "" {
		all = append(all, done("Added to favorites", Line(f.Added, FavoriteNameLimit)))
	}
	if f.For != nil {
		all = append(all, factOf(texts.English("For"), clip(f.For, 200)))
	}
	for _, c := range f.Chosen {
		all = append(all, factOf(c.Name, clip(c.Value, 200)))
	}
	if f.Note != nil {
		all = append(all, quoteOf(clip(f.Note, 200)))
	}
	all = appendProblem(all, f.Problem)
	return newCard("Request access", append(all, body...)...)
}

// single offers the list for one choice.
func (l List) single(f Form, id string, label texts.English) []element {
	body := l.before(f)
	if len(l.Elsewhere) > 0 {
		body = append(body, fact("Chosen on another page", Name(l.Elsewhere[0].Title, titleLimit)))
	}
	if len(l.Page) > 0 {
		choice := oneOf(id, label, shown(l.Page), strings.Join(l.Ticked, ""))
		if l.Long {
			choice.Style, choice.Placeholder = "expanded", nil
		}
		body = append(body, choice)
	}
	return append(body, l.after(f)...)
}

// several offers the list for any number of choices.
func (l List) several(f Form, id string, label texts.English) []element {
	body := l.before(f)
	if len(l.Elsewhere) > 0 {
		body = append(body, l.elsewhere()...)
	}
	if len(l.Page) > 0 {
		body = append(body, someOf(id, label, shown(l.Page), l.Ticked))
	}
	return append(body, l.after(f)...)
}

// before is what stands above a list: the box to search it, where in it the
// page is, and what is wrong with the choice. Below, that would be out of sight.
func (l List) before(f Form) []element {
	body := l.search(f)
	switch {
	case !l.Long && len(l.Page) == 0:
		body = append(body, say("Apono offers nothing here that you can ask for. Go back and choose something else."))
	case l.Long && l.Found == 0:
		body = append(body, say(cmp.Or(l.Empty, "Nothing matches. Try a shorter part of the name.")))
	case l.Long:
		body = append(body, aside("%d to %d of %d", l.From+1, l.From+len(l.Page), l.Found))
	}
	return appendProblem(body, l.Problem)
}

// after is what stands below a list: buttons to the pages beside it, and how
// much of it Apono keeps to itself.
func (l List) after(f Form) []element {
	var body []element
	if more := l.pages(f); len(more) > 0 {
		body = append(body, buttons(more...))
	}
	if l.Cut > 0 {
		body = append(body, aside("Apono has %d more that it does not list here. Ask for them in the Apono portal.", l.Cut))
	}
	return body
}

// listTitles are the titles of what can be done with a list beside searching.
var listTitles = map[Do]texts.English{DoFilter: "Filter", DoSelected: "Show selected", DoAll: "Show all"}

// search is the box above a list that does not fit.
func (l List) search(f Form) []element {
	if !l.Long {
		return nil
	}
	beside := []element{f.button("Search", DoSearch)}
	for _, do := range l.Also {
		beside = append(beside, f.button(listTitles[do], do))
	}
	return []element{
		input(FieldSearch, searchOf(l.Total), texts.English("Part of the name"), l.Search, 100),
		buttons(beside...),
	}
}

// pages are the buttons to the neighbouring pages that exist.
func (l List) pages(f Form) []element {
	var more []element
	if l.Long && l.From > 0 {
		more = append(more, f.button("Previous page", DoEarlier))
	}
	if l.Long && l.From+len(l.Page) < l.Found {
		more = append(more, f.button("Next page", DoLater))
	}
	return more
}

// elsewhere shows what is chosen and not on this page, to be kept or unticked.
func (l List) elsewhere() []element {
	show := l.Elsewhere[:min(len(l.Elsewhere), ShownChosen)]
	values := make([]string, len(show))
	for i, c := range show {
		values[i] = c.Value
	}
	body := []element{someOf(FieldChosen, texts.English("Chosen on other pages (%d)").With(len(l.Elsewhere)), shown(show), values)}
	if rest := len(l.Elsewhere) - len(show); rest > 0 {
		body = append(body, aside("and %d more", rest))
	}
	return body
}

func appendProblem(body []element, words texts.Text) []element {
	if words == nil {
		return body
	}
	return append(body, problem(clip(words, 400)))
}

// shown makes names from outside fit to be entries of a list.
func shown(choices []Choice) []option {
	titles := make([]string, len(choices))
	for i, c := range choices {
		titles[i] = Line(c.Title, longestName)
	}
	out := make([]option, len(choices))
	for i, title := range apart(titles, titleLimit, asLetter) {
		out[i] = option{Title: texts.Outside(cmp.Or(title, nothing)), Value: choices[i].Value}
	}
	return out
}

func durationChoices() []option {
	choices := make([]option, len(Durations))
	for i, d := range Durations {
		choices[i] = option{Title: texts.Duration(d), Value: strconv.Itoa(int(d / time.Minute))}
	}
	return choices
}

// searchOf is the label of a box to search so many entries.
func searchOf(total int) texts.Text { return texts.English("Search %d").With(total) }
