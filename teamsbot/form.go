package teamsbot

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/texts"
)

// step is where a person stands in the request form.
type step string

const (
	stepIntegration  step = "integration"
	stepResourceType step = "resource_type"
	stepResources    step = "resources"
	stepFinish       step = "finish"
	stepFor          step = "for" // asks for whom it is; before the first

	// Of the form for a bundle, which ends with stepFinish too.
	stepBundle   step = "bundle"
	stepContents step = "contents"
	stepFilter   step = "filter"
)

const (
	// maxResources is how many resources one request may name, as in Apono's portal.
	maxResources = 1000
	// longestDuration bounds what can be typed; Apono knows the real limit.
	longestDuration = 365 * 24 * time.Hour
	// defaultDuration is what the form offers first, in minutes.
	defaultDuration = "60"
)

// form is what a draft holds: all that was chosen and typed so far.
type form struct {
	Step          step       `json:"step"`
	For           db.Named   `json:"for,omitzero"` // whom it is for, if not for the person
	Integration   db.Named   `json:"integration"`
	ResourceType  db.Named   `json:"resource_type"`
	Resources     []db.Named `json:"resources,omitempty"`
	Permissions   []db.Named `json:"permissions,omitempty"`
	Several       bool       `json:"several,omitempty"`
	Duration      string     `json:"duration"` // minutes, one of those offered
	Hours         string     `json:"hours,omitempty"`
	Justification string     `json:"justification,omitempty"`

	Search string `json:"search,omitempty"`
	From   int    `json:"from,omitempty"` // the page's place in the list
	// Shown is the page that the dialog shows: the values of its choices are
	// places in it, so that no card carries an id or a comma.
	Shown []db.Named `json:"shown,omitempty"`
	// Blank says that the dialog shows no inputs: what comes back from it tells
	// nothing about what is chosen or typed.
	Blank bool `json:"blank,omitempty"`
	// Follows is the submission whose request is asked for again.
	Follows string `json:"follows,omitempty"`
	// Note is what the first dialog tells beside its inputs.
	Note string `json:"note,omitempty"`

	// Unchecked says that it was filled in from what was asked for before: Apono
	// has not told yet whether all of it can still be asked for.
	Unchecked bool      `json:"unchecked,omitempty"`
	Left      []leftOut `json:"left,omitempty"` // what could not
	// Naming says that the dialog asks for the name of the favorite that the form
	// is to become.
	Naming bool   `json:"naming,omitempty"`
	Name   string `json:"name,omitempty"`
	Added  string `json:"added,omitempty"` // the favorite that it has become
	bundleForm
	leftover

	// Longest is for how long Apono gives what had that fingerprint, 0 where it
	// does not tell.
	Longest   time.Duration `json:"longest,omitempty"`
	LongestOf string        `json:"longest_of,omitempty"`

	backwards bool // the person goes back: a step of one choice is passed over that way
}

// problems are what is wrong, by the field at which it is said; "" is the form
// as a whole.
type problems map[string]texts.Text

func newForm() form { return form{Step: stepIntegration, Duration: defaultDuration} }

func parseForm(raw json.RawMessage) (form, error) {
	var f form
	if err := json.Unmarshal(raw, &f); err != nil {
		return form{}, fmt.Errorf("read the draft: %w", err)
	}
	return f, nil
}

// take keeps what was filled in at the step that the dialog shows, whatever
// button was pressed, so that nothing typed is lost.
func (f *form) take(p cards.Press) {
	if f.Blank {
		return
	}
	f.Note, f.Left, f.Added = "", nil, "" // has been read
	switch f.Step {
	case stepFor:
		f.takeFor(p.Inputs[cards.FieldFor])
	case stepIntegration:
		if chosen, ok := f.pick(p.Inputs[cards.FieldIntegration]); ok && chosen != f.Integration {
			f.Integration, f.ResourceType, f.Resources, f.Permissions = chosen, db.Named{}, nil, nil
		}
	case stepResourceType:
		if chosen, ok := f.pick(p.Inputs[cards.FieldResourceType]); ok && chosen != f.ResourceType {
			f.ResourceType, f.Resources, f.Permissions = chosen, nil, nil
		}
	case stepResources:
		f.Resources = f.ticked(f.Resources, p.Inputs, cards.FieldResources)
	case stepFinish:
		f.takeFinish(p.Inputs)
	default:
		f.takeBundle(p.Inputs)
	}
}

// ticked is what is still ticked of what was chosen on other pages, and what is
// ticked on this one.
func (f *form) ticked(chosen []db.Named, inputs map[string]string, field string) []db.Named {
	still := make(map[db.Named]bool, len(chosen))
	places := placesOf(inputs[cards.FieldChosen])
	for i, it := range f.elsewhere(chosen) {
		still[it] = i >= cards.ShownChosen || places[i]
	}
	places = placesOf(inputs[field])
	for i, it := range f.Shown {
		still[it] = places[i]
	}
	// What was chosen first stays first.
	kept := slices.DeleteFunc(slices.Clone(chosen), func(it db.Named) bool { return !still[it] })
	for _, it := range f.Shown {
		if still[it] && !slices.Contains(chosen, it) {
			kept = append(kept, it)
		}
	}
	return kept
}

func (f *form) takeFinish(inputs map[string]string) {
	if f.Several && !f.ForBundle {
		f.Permissions = f.ticked(f.Permissions, inputs, cards.FieldPermissions)
	} else if chosen, ok := f.pick(inputs[cards.FieldPermissions]); ok && !f.ForBundle {
		f.Permissions = []db.Named{chosen}
	}
	f.takeDuration(inputs[cards.FieldDuration], cards.Line(inputs[cards.FieldHours], 20))
	f.Justification = cards.Paragraph(inputs[cards.FieldJustification], cards.JustificationLimit)
	f.takeAnswers(inputs)
}

// takeDuration lets the newer of the two ways to say a duration count: hours
// that were just typed, else the one that is ticked.
func (f *form) takeDuration(offered, hours string) {
	_, ticked := offeredDuration(offered)
	switch {
	case hours != "" && (hours != f.Hours || !ticked):
		f.Duration, f.Hours = "", hours
	case ticked:
		f.Duration, f.Hours = offered, ""
	default:
		f.Duration, f.Hours = "", ""
	}
}

// takeTyped keeps the words that were typed into an older dialog. Its choices
// are places in a page that is no longer known.
func (f *form) takeTyped(inputs map[string]string) {
	if hours := cards.Line(inputs[cards.FieldHours], 20); hours != "" {
		f.Duration, f.Hours = "", hours
	}
	f.takeTypedAnswers(inputs)
	if words := cards.Paragraph(inputs[cards.FieldJustification], cards.JustificationLimit); words != "" {
		f.Justification = words
	}
	if name := cards.Line(inputs[cards.FieldName], cards.FavoriteNameLimit); name != "" {
		f.Name = name
	}
}

// press moves the form as the button says, or tells what is wrong with it.
func (f *form) press(p cards.Press) problems {
	search := cards.Line(p.Inputs[cards.FieldSearch], 100)
	if p.Do == cards.DoSubmit && f.Step != stepFinish {
		p.Do = cards.DoNext // no dialog of ours offers it there
	}
	switch p.Do {
	case cards.DoBack:
		f.back()
	case cards.DoFor:
		if f.isFirst() {
			f.goTo(stepFor)
		}
	case cards.DoSearch:
		f.Search, f.From, f.OnlyChosen = search, 0, false
	case cards.DoFilter, cards.DoSelected, cards.DoAll:
		f.Search = search
		f.pressList(p.Do)
	case cards.DoEarlier:
		f.From = max(0, f.From-cards.PageSize)
	case cards.DoLater:
		f.From += cards.PageSize
	case cards.DoNext, cards.DoSubmit, cards.DoFavorite:
		if wrong := f.check(); wrong != nil {
			if search != f.Search && p.Do == cards.DoNext { // it was meant for the search box
				f.Search, f.From = search, 0
				return nil
			}
			return wrong
		}
		f.Naming = p.Do == cards.DoFavorite && f.Step == stepFinish
		f.next()
	}
	return nil
}

// check tells what is wrong at the step that the dialog shows.
func (f *form) check() problems {
	switch f.Step {
	case stepIntegration:
		if f.Integration.ID == "" {
			return problems{cards.FieldIntegration: texts.English("Choose an integration.")}
		}
	case stepResourceType:
		if f.ResourceType.ID == "" {
			return problems{cards.FieldResourceType: texts.English("Choose a resource type.")}
		}
	case stepResources:
		return f.checkResources()
	case stepFinish:
		return f.checkFinish()
	}
	return f.checkBundle()
}

func (f *form) checkResources() problems {
	switch n := len(f.Resources); {
	case n == 0:
		return problems{cards.FieldResources: texts.English("Choose at least one resource.")}
	case n > maxResources:
		return problems{cards.FieldResources: texts.English("Choose at most %d resources; these are %d.").With(maxResources, n)}
	}
	return nil
}

func (f *form) checkFinish() problems {
	wrong := problems{}
	if len(f.Permissions) == 0 && !f.ForBundle {
		wrong[cards.FieldPermissions] = texts.English("Choose a permission.")
	}
	if _, words := f.duration(); words != nil {
		wrong[cards.FieldDuration] = words
	}
	f.checkAnswers(wrong)
	if len(wrong) == 0 {
		return nil
	}
	return wrong
}

// next goes to the step after; the last one stays, since it is submitted.
func (f *form) next() {
	switch f.Step {
	case stepFor:
		f.leaveFor()
	case stepIntegration:
		f.goTo(stepResourceType)
	case stepResourceType:
		f.goTo(stepResources)
	case stepResources:
		f.goTo(stepFinish)
	case stepBundle:
		f.goTo(stepContents)
	case stepContents:
		f.goTo(stepFinish)
	case stepFilter:
		f.turnBack()
	}
}

// back goes to the step before; the first one stays.
func (f *form) back() {
	switch {
	case f.Step == stepFilter:
		f.turnBack()
	case f.ForBundle && f.Step == stepFinish:
		f.goTo(stepContents)
	case f.ForBundle:
		f.goTo(stepBundle)
	case f.Step == stepFinish:
		f.goTo(stepResources)
	case f.Step == stepResources:
		f.goTo(stepResourceType)
	default:
		f.goTo(stepIntegration)
	}
	f.backwards, f.Unchecked = true, false
}

func (f *form) goTo(s step) {
	if f.Step != s {
		f.Step, f.Search, f.From, f.Shown = s, "", 0, nil
	}
}

// duration is the duration that was chosen or typed, or words about what is
// wrong with it.
func (f *form) duration() (d time.Duration, wrong texts.Text) {
	if f.Hours == "" {
		if d, ok := offeredDuration(f.Duration); ok {
			return d, nil
		}
		return 0, texts.English("Choose a duration.")
	}
	hours, err := strconv.ParseFloat(strings.Replace(f.Hours, ",", ".", 1), 64)
	if err != nil || math.IsNaN(hours) || hours <= 0 {
		return 0, texts.English("Write a number of hours above 0, for example 1.5: “%s” is not one.").With(f.Hours)
	}
	if hours > longestDuration.Hours() {
		return 0, texts.English("Write at most %d hours.").With(int(longestDuration.Hours()))
	}
	return max(time.Minute, time.Duration(hours*float64(time.Hour)).Round(time.Minute)), nil
}

// elsewhere is what is chosen and not on the page.
func (f *form) elsewhere(chosen []db.Named) []db.Named {
	var out []db.Named
	for _, it := range chosen {
		if !slices.Contains(f.Shown, it) {
			out = append(out, it)
		}
	}
	return out
}

// pick is the entry of the page that the value of a choice names.
func (f *form) pick(value string) (db.Named, bool) {
	i, err := strconv.Atoi(value)
	if err != nil || i < 0 || i >= len(f.Shown) {
		return db.Named{}, false
	}
	return f.Shown[i], true
}

// placesOf reads the values of a list of several choices. What is no place, or
// none of the list, counts for nothing: a press can be forged.
func placesOf(values string) map[int]bool {
	ticked := map[int]bool{}
	for _, v := range strings.Split(values, ",") {
		if i, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			ticked[i] = true
		}
	}
	return ticked
}

// sayDuration fills in a duration, ticked if it is one of those offered.
func (f *form) sayDuration(d time.Duration) {
	f.Duration, f.Hours = strconv.Itoa(int(d/time.Minute)), ""
	if _, ok := offeredDuration(f.Duration); !ok {
		// Four places tell a minute, and fit the input.
		f.Duration, f.Hours = "", strconv.FormatFloat(math.Round(d.Hours()*1e4)/1e4, 'f', -1, 64)
	}
}

// offeredDuration reads the value of one of the durations that are offered.
func offeredDuration(minutes string) (time.Duration, bool) {
	for _, d := range cards.Durations {
		if minutes == strconv.Itoa(int(d/time.Minute)) {
			return d, true
		}
	}
	return 0, false
}
