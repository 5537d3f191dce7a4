package teamsbot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/texts"
)

// bundleForm is what the form for a bundle holds beside the rest.
type bundleForm struct {
	ForBundle bool       `json:"for_bundle,omitempty"`
	Bundle    db.Named   `json:"bundle,omitzero"`
	Untold    bool       `json:"untold,omitempty"` // Apono does not tell what it contains
	Some      bool       `json:"some,omitempty"`   // of it; else all
	Units     []db.Named `json:"units,omitempty"`  // what is ticked, also while all is asked for

	// How the list of contents is looked at.
	Types      []string `json:"types,omitempty"`  // names of resource types
	Grants     []string `json:"grants,omitempty"` // names of permissions
	OnlyChosen bool     `json:"only_chosen,omitempty"`

	Questions []question        `json:"questions,omitempty"` // as the dialog asks them
	Answers   map[string]string `json:"answers,omitempty"`   // by the field's id
}

// question is one of the company's own as the dialog asks it.
type question struct {
	ID       string   `json:"id"`
	Label    string   `json:"label"`
	Required bool     `json:"required,omitempty"`
	Options  []string `json:"options,omitempty"` // keys, where one is chosen and not typed
}

// What the filter's dialog shows, by the ids of its entries.
const (
	filterType  = "type"
	filterGrant = "grant"
)

func newBundleForm() form {
	return form{Step: stepBundle, Duration: defaultDuration, bundleForm: bundleForm{ForBundle: true}}
}

// takeBundle keeps what was filled in at the steps that only a bundle has.
func (f *form) takeBundle(inputs map[string]string) {
	switch f.Step {
	case stepBundle:
		if chosen, ok := f.pick(inputs[cards.FieldBundle]); ok && chosen != f.Bundle {
			f.Bundle, f.Some, f.Units, f.Types, f.Grants, f.OnlyChosen = chosen, false, nil, nil, nil, false
		}
	case stepContents:
		f.takeContents(inputs)
	case stepFilter:
		f.Types, f.Grants = nil, nil
		types, grants := placesOf(inputs[cards.FieldTypes]), placesOf(inputs[cards.FieldGrants])
		for i, it := range f.Shown {
			switch {
			case it.ID == filterType && types[i]:
				f.Types = append(f.Types, it.Name)
			case it.ID == filterGrant && grants[i]:
				f.Grants = append(f.Grants, it.Name)
			}
		}
	}
}

// takeContents lets the newer of two ways to say what is needed count: who
// ticks something while all is chosen means what they ticked.
func (f *form) takeContents(inputs map[string]string) {
	before := f.Units
	f.Units = f.ticked(f.Units, inputs, cards.FieldUnits)
	switch inputs[cards.FieldTake] {
	case cards.TakeSome:
		f.Some = true
	case cards.TakeAll:
		f.Some = !f.Some && len(f.Units) > 0 && !slices.Equal(before, f.Units)
	}
}

// takeAnswers keeps the answers to the company's own questions.
func (f *form) takeAnswers(inputs map[string]string) {
	for i, q := range f.Questions {
		value, ok := inputs[cards.FieldAnswer+strconv.Itoa(i)]
		if !ok {
			continue
		}
		if q.Options == nil {
			f.answer(q.ID, cards.Line(value, cards.AnswerLimit))
			continue
		}
		place, err := strconv.Atoi(value)
		switch {
		case value == "":
			f.answer(q.ID, "")
		case err == nil && place >= 0 && place < len(q.Options):
			f.answer(q.ID, q.Options[place])
		}
	}
}

// takeTypedAnswers keeps the answers that were typed into an older dialog.
func (f *form) takeTypedAnswers(inputs map[string]string) {
	for i, q := range f.Questions {
		if value := cards.Line(inputs[cards.FieldAnswer+strconv.Itoa(i)], cards.AnswerLimit); value != "" && q.Options == nil {
			f.answer(q.ID, value)
		}
	}
}

func (f *form) answer(fieldID, value string) {
	if f.Answers == nil {
		f.Answers = make(map[string]string)
	}
	f.Answers[fieldID] = value
}

// pressList changes how the list of contents is looked at.
func (f *form) pressList(do cards.Do) {
	if f.Step != stepContents {
		return
	}
	f.From = 0
	f.OnlyChosen = do == cards.DoSelected
	if do == cards.DoFilter {
		f.Step, f.Shown = stepFilter, nil
	}
}

// turnBack goes from the filter to the list, and keeps what was searched for.
func (f *form) turnBack() { f.Step, f.From, f.Shown = stepContents, 0, nil }

func (f *form) checkBundle() problems {
	switch n := len(f.Units); {
	case f.Step == stepBundle && f.Bundle.ID == "":
		return problems{cards.FieldBundle: texts.English("Choose a bundle.")}
	case f.Step != stepContents || !f.Some:
		return nil
	case n == 0:
		return problems{cards.FieldUnits: texts.English("Tick at least one, or take everything in the bundle.")}
	case n > maxResources:
		return problems{cards.FieldUnits: texts.English("Tick at most %d; these are %d.").With(maxResources, n)}
	}
	return nil
}

// checkAnswers tells which questions still have to be answered.
func (f *form) checkAnswers(wrong problems) {
	for _, q := range f.Questions {
		if q.Required && f.Answers[q.ID] == "" {
			wrong[fieldAnswer(q.ID)] = texts.English("This has to be answered.")
		}
	}
}

// fieldAnswer is the field of a question's answer, by which problems name it.
func fieldAnswer(fieldID string) string { return "answer:" + fieldID }

// keeps is which entries of the list the form looks at, by their places, and
// what it searches for among them; nil is all.
func (f *form) keeps(l *listing) (keep func(int) bool, search string) {
	switch {
	case f.Step != stepContents || l.units == nil:
		return nil, f.Search
	case f.OnlyChosen:
		chosen := make(map[string]bool, len(f.Units))
		for _, u := range f.Units {
			chosen[u.ID] = true
		}
		return func(i int) bool { return chosen[l.items[i].ID] }, ""
	case len(f.Types) == 0 && len(f.Grants) == 0:
		return nil, f.Search
	}
	among := func(names []string, name string) bool { return len(names) == 0 || slices.Contains(names, name) }
	return func(i int) bool {
		return among(f.Types, typeOf(&l.units[i])) && among(f.Grants, permissionOf(&l.units[i]))
	}, f.Search
}

// contents fills in the step that shows what the bundle contains.
func (f *form) contents(l *listing, wrong problems) cards.Contents {
	f.Untold = false
	f.keepUnits(l)
	list := f.pageOfSeveral(l, f.Units, wrong[cards.FieldUnits])
	switch {
	case f.OnlyChosen:
		list.Also, list.Empty = []cards.Do{cards.DoAll}, "Nothing is ticked yet."
	case list.Long:
		list.Also = []cards.Do{cards.DoFilter, cards.DoSelected}
		if len(f.Types)+len(f.Grants) > 0 {
			list.Empty = "Nothing matches. Try a shorter part of the name, or another filter."
		}
	}
	c := cards.Contents{Units: list, Take: cards.TakeAll}
	if f.Some {
		c.Take = cards.TakeSome
	}
	if !f.OnlyChosen {
		c.Filter = strings.Join(slices.Concat(f.Types, f.Grants), ", ")
	}
	return c
}

// keepUnits keeps what is chosen by the names that the list has now, and drops
// what it has no more.
func (f *form) keepUnits(l *listing) {
	if len(f.Units) == 0 {
		return
	}
	chosen := make(map[string]int, len(f.Units))
	for i, u := range f.Units {
		chosen[u.ID] = i + 1
	}
	kept := make([]db.Named, len(f.Units))
	for _, it := range l.items {
		if i := chosen[it.ID]; i > 0 {
			kept[i-1] = it
		}
	}
	f.Units = slices.DeleteFunc(kept, func(u db.Named) bool { return u.ID == "" })
}

// filter fills in the step that asks what of the contents is to be shown.
func (f *form) filter(l *listing) cards.Filter {
	types, more := l.kinds(typeOf)
	grants, moreGrants := l.kinds(permissionOf)
	s := cards.Filter{More: more || moreGrants}
	f.Shown = nil
	for _, name := range types {
		value := strconv.Itoa(len(f.Shown))
		f.Shown = append(f.Shown, db.Named{ID: filterType, Name: name})
		s.Types = append(s.Types, cards.Choice{Title: name, Value: value})
		if slices.Contains(f.Types, name) {
			s.TickedTypes = append(s.TickedTypes, value)
		}
	}
	for _, name := range grants {
		value := strconv.Itoa(len(f.Shown))
		f.Shown = append(f.Shown, db.Named{ID: filterGrant, Name: name})
		s.Permissions = append(s.Permissions, cards.Choice{Title: name, Value: value})
		if slices.Contains(f.Grants, name) {
			s.TickedPermissions = append(s.TickedPermissions, value)
		}
	}
	return s
}

// lastOfBundle fills in the last step, with the questions that the company asks.
func (f *form) lastOfBundle(fields []aponoapi.CustomField, wrong problems) cards.BundleFinish {
	s := cards.BundleFinish{Untold: f.Untold, Finish: cards.Finish{
		Duration: f.Duration, Hours: f.Hours, Justification: f.Justification,
		DurationProblem: wrong[cards.FieldDuration], JustificationProblem: wrong[cards.FieldJustification],
	}}
	f.Shown = nil
	s.Questions = f.asks(fields, wrong)
	return s
}

// asks are the questions that the company asks, with what was answered so far.
func (f *form) asks(fields []aponoapi.CustomField, wrong problems) (all []cards.Question) {
	f.Questions = nil
	room := optionsRoom
	for _, field := range fields {
		if _, asked := f.Answers[field.ID]; !asked && field.Default != "" {
			f.answer(field.ID, cards.Line(field.Default, cards.AnswerLimit))
		}
		q, shown := f.ask(field, &room)
		shown.Problem = wrong[fieldAnswer(field.ID)]
		f.Questions = append(f.Questions, q)
		all = append(all, shown)
	}
	return all
}

// optionsRoom is how much of a dialog all options together may take, in bytes.
const optionsRoom = 6 << 10

// ask makes a question of a field. Options that have no room are typed.
func (f *form) ask(field aponoapi.CustomField, room *int) (question, cards.Question) {
	q := question{ID: field.ID, Label: cards.Line(field.Label, 60), Required: field.Required}
	shown := cards.Question{Label: field.Label, Required: field.Required, Value: f.Answers[field.ID]}
	if len(field.Options) == 0 {
		return q, shown
	}
	needed := 0
	for _, o := range field.Options {
		needed += min(len(o.Value), 4*80) + 40
	}
	if len(field.Options) > cards.FilteredChoices || needed > *room {
		shown.Hint = texts.English("One of %d: write it as Apono names it").With(len(field.Options))
		return q, shown
	}
	*room -= needed
	shown.Value = ""
	for i, o := range field.Options {
		key := strings.ReplaceAll(o.Key, "\x00", "")
		q.Options = append(q.Options, key)
		shown.Choices = append(shown.Choices, cards.Choice{Title: o.Value, Value: strconv.Itoa(i)})
		if key == f.Answers[field.ID] && key != "" {
			shown.Value = strconv.Itoa(i)
		}
	}
	return q, shown
}

// chosenOfBundle is what the steps before the form's own have chosen.
func (f *form) chosenOfBundle() []cards.Chosen {
	if f.Step == stepBundle {
		return nil
	}
	c := []cards.Chosen{{Name: "Bundle", Value: texts.Outside(f.Bundle.Name)}}
	if f.Step != stepFinish {
		return c
	}
	var parts texts.Text = texts.English("Everything in the bundle")
	if f.Some {
		parts = cards.Names(namesOf(f.Units), 10)
	}
	return append(c, cards.Chosen{Name: "Resources", Value: parts})
}
