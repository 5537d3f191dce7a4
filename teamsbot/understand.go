package teamsbot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/texts"
)

const (
	// understandLasts bounds the looking up of what a sentence names, so that
	// there is time to answer it.
	understandLasts = 1500 * time.Millisecond
	// typesSearched is in how many types a resource is looked for whose type is
	// not said.
	typesSearched = 6
)

// onRequest answers "request", and what is written after it: the form is filled
// in as far as the words are unambiguous, and waits behind a button.
func (t *turn) onRequest(ctx context.Context) (cards.Card, error) {
	switch {
	case t.rest == "" && t.press.Draft != "": // Teams did not take the card at first
		return cards.OpenFilled(cards.Sentence{Draft: t.press.Draft}), nil
	case t.rest == "":
		return cards.OpenRequest(), nil
	}
	u := understanding{sentence: readSentence(t.rest), form: newForm()}
	said := u.rest()
	u.takeSaid()
	within, cancel := context.WithTimeout(ctx, t.bot.within(understandLasts))
	defer cancel()
	if err := t.understand(within, &u); err != nil {
		var s *sorryError
		if errors.As(err, &s) && t.alone {
			return cards.Card{}, err
		}
		t.err, u.slow = err, true
	}
	u.form.Step = u.step()
	view := u.view()
	u.form.Note = t.inWords(view.Note())
	u.keepLeftover()
	d, err := t.bot.Store.NewDraft(ctx, t.person.PersonKey, u.form)
	if err != nil {
		return cards.Card{}, err
	}
	t.press.Draft, view.Draft = d.ID, d.ID
	if !t.alone {
		return cards.OpenFilled(cards.Sentence{Draft: d.ID, Said: said}), nil
	}
	return cards.Understood(view), nil
}

// understanding is what a sentence comes to.
type understanding struct {
	sentence
	form    form
	unclear []cards.Ambiguity
	open    map[step]bool // where something is unclear
	slow    bool          // Apono did not tell all that there is
	again   string        // the words to read again when the type is known
}

// understand looks the words up in what the person may request, one list after
// the other, from the first thing on that is not known. What was found before an
// error stays.
func (t *turn) understand(ctx context.Context, u *understanding) error {
	user, err := t.identify(ctx)
	if err != nil {
		return err
	}
	if u.form.Integration.ID == "" {
		if err := t.findIntegration(ctx, user, u); err != nil || u.form.Integration.ID == "" {
			return err
		}
	}
	if u.form.ResourceType.ID == "" {
		if err := t.readType(ctx, user, u); err != nil || u.form.ResourceType.ID == "" {
			return err
		}
	}
	return t.understandRest(ctx, user, u)
}

func (t *turn) findIntegration(ctx context.Context, user string, u *understanding) error {
	l, err := t.bot.catalog.integrations(ctx, user)
	if err != nil {
		return err
	}
	if len(l.items) == 0 {
		return sorry(errors.New("in no access flow"), t.bot.wordsNoFlow())
	}
	u.form.Integration = u.choose(l.items, stepIntegration)
	return nil
}

// readType finds the type that is said, or the only one, or that of the
// resources.
func (t *turn) readType(ctx context.Context, user string, u *understanding) error {
	types, err := t.bot.catalog.resourceTypes(ctx, user, u.form.Integration.ID)
	if err != nil {
		return err
	}
	u.form.ResourceType = u.choose(types.items, stepResourceType)
	if len(types.items) == 1 {
		u.form.ResourceType = types.items[0]
	}
	if u.form.ResourceType.ID == "" && !u.open[stepResourceType] {
		return t.findType(ctx, user, u, types.items)
	}
	return nil
}

// findType finds the type that is not said by the resources that are.
func (t *turn) findType(ctx context.Context, user string, u *understanding, types []db.Named) error {
	types = types[:min(len(types), typesSearched)]
	lists, errs := make([]*listing, len(types)), make([]error, len(types))
	var wait sync.WaitGroup
	for i, kind := range types {
		wait.Go(func() { lists[i], errs[i] = t.bot.catalog.resources(ctx, user, u.form.Integration.ID, kind.ID) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var names, shown []string
	var kinds []db.Named
	for i, l := range lists {
		for _, it := range l.items {
			names, shown, kinds = append(names, it.Name), append(shown, it.Name+" ("+types[i].Name+")"), append(kinds, types[i])
		}
	}
	u.takeType(names, shown, kinds)
	return nil
}

// takeType takes the type of the resources that are named, by whole names if
// there are some, if they are all of one.
func (u *understanding) takeType(names, shown []string, kinds []db.Named) {
	for _, fullOnly := range []bool{true, false} {
		try := u.clone()
		places, unclear := try.several(names, fullOnly)
		for _, a := range unclear {
			places = append(places, a.names...)
		}
		if len(places) == 0 {
			continue
		}
		kind := kinds[places[0]]
		if !slices.ContainsFunc(places, func(p int) bool { return kinds[p] != kind }) {
			u.form.ResourceType = kind
			return
		}
		u.note(ambiguity{words: u.takenBy(try), names: places}, shown, stepResourceType)
		u.again, u.sentence = u.rest(), try
		return
	}
}

// understandRest finds the permissions and resources of the type that is known.
// Whole names of permissions come before parts of names of resources.
func (t *turn) understandRest(ctx context.Context, user string, u *understanding) error {
	f := &u.form
	permissions, err := t.bot.catalog.permissions(ctx, user, f.Integration.ID, f.ResourceType.ID)
	if err != nil {
		return err
	}
	resources, err := t.bot.catalog.resources(ctx, user, f.Integration.ID, f.ResourceType.ID)
	if err != nil {
		return err
	}
	u.noteClash(resources.items, permissions.items)
	u.takePermissions(permissions, true)
	names := namesOf(resources.items)
	found, unclear := u.several(names, false)
	for _, place := range found {
		f.Resources = append(f.Resources, resources.items[place])
	}
	for _, a := range unclear {
		u.note(a, names, stepResources)
	}
	u.takePermissions(permissions, false)
	return nil
}

// noteClash leaves words open that are a resource's whole name and a
// permission's.
func (u *understanding) noteClash(resources, permissions []db.Named) {
	names := append(namesOf(resources), namesOf(permissions)...)
	told := func(place int) texts.Text {
		is := texts.English("%s (permission)")
		if place < len(resources) {
			is = "%s (resource)"
		}
		return is.With(cards.Name(names[place], 80))
	}
	try := u.clone()
	_, unclear := try.several(names, true)
	for _, a := range unclear {
		if slices.Min(a.names) >= len(resources) || slices.Max(a.names) < len(resources) {
			continue
		}
		u.leaveOpen(a, told, stepResources)
		for _, i := range a.at {
			u.words[i].taken = true
		}
	}
}

// takePermissions takes the permissions that are named: one, unless one request
// may name several.
func (u *understanding) takePermissions(l *listing, fullOnly bool) {
	f, names := &u.form, namesOf(l.items)
	if len(f.Permissions) > 0 && !l.several {
		return
	}
	before := u.clone()
	found, unclear := u.several(names, fullOnly)
	for _, a := range unclear {
		u.note(a, names, stepFinish)
	}
	if len(found) > 1 && !l.several {
		u.note(ambiguity{words: before.takenBy(u.sentence), names: found}, names, stepFinish)
		return
	}
	for _, place := range found {
		f.Permissions = append(f.Permissions, l.items[place])
	}
}

// choose is the one entry of a list that the words mean, if they mean one.
func (u *understanding) choose(items []db.Named, at step) db.Named {
	names := namesOf(items)
	place, unclear := u.one(names)
	if unclear != nil {
		u.note(*unclear, names, at)
	}
	if place < 0 {
		return db.Named{}
	}
	return items[place]
}

// takeSaid fills in what needs no list.
func (u *understanding) takeSaid() {
	u.form.Justification = cards.Paragraph(u.because, cards.JustificationLimit)
	if u.duration > 0 {
		u.form.sayDuration(u.duration)
		return
	}
	var all []texts.Text
	for _, d := range u.durations {
		all = append(all, texts.Duration(d))
	}
	if len(all) > 0 {
		u.unclear = append(u.unclear, cards.Ambiguity{Words: texts.English("Duration"), Names: all})
	}
}

// note leaves a step open at which words fit several names.
func (u *understanding) note(a ambiguity, names []string, at step) {
	u.leaveOpen(a, func(place int) texts.Text { return texts.Outside(cards.Name(names[place], 80)) }, at)
}

// leaveOpen is note where told says how the name at a place is shown.
func (u *understanding) leaveOpen(a ambiguity, told func(place int) texts.Text, at step) {
	unclear := cards.Ambiguity{Words: texts.Outside(a.words)}
	for _, place := range a.names {
		unclear.Names = append(unclear.Names, told(place))
	}
	u.unclear = append(u.unclear, unclear)
	if u.open == nil {
		u.open = make(map[step]bool)
	}
	u.open[at] = true
}

// step is the first step of the form that is not filled in.
func (u *understanding) step() step {
	f := u.form
	switch {
	case f.Integration.ID == "":
		return stepIntegration
	case f.ResourceType.ID == "":
		return stepResourceType
	case len(f.Resources) == 0, u.open[stepResources]:
		return stepResources
	}
	return stepFinish
}

// view is how the sentence was understood, for the person's own eyes.
func (u *understanding) view() cards.Sentence {
	f := u.form
	v := cards.Sentence{
		Integration: f.Integration.Name, ResourceType: f.ResourceType.Name, Resources: namesOf(f.Resources),
		Permissions: namesOf(f.Permissions), Duration: u.duration, Justification: f.Justification,
		Unclear: u.unclear, Rest: u.rest(), Slow: u.slow,
	}
	return v
}
