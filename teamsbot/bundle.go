package teamsbot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// errBundlesClosed says that Apono does not let the bot's token ask for bundles.
var errBundlesClosed = errors.New("bundles are closed to this token")

// openBundle opens the form for a bundle: a new one, or a draft where it stands.
func (t *turn) openBundle(ctx context.Context) (teams.Answer, error) {
	if t.press.Draft != "" {
		return t.openRequest(ctx)
	}
	return t.openForm(ctx, newBundleForm())
}

// bundleStep prepares the drawing of the step at which the form for a bundle
// stands. It passes over contents that Apono does not tell.
func (t *turn) bundleStep(ctx context.Context, c *catalog, user string, f *form, wrong problems) (func(cards.Form) cards.Card, error) {
	switch f.Step {
	case stepContents, stepFilter:
		l, err := c.units(ctx, user, f.Bundle.ID)
		switch {
		case err != nil:
			return nil, err
		case l.untold:
			f.passContents()
			return t.bundleStep(ctx, c, user, f, wrong)
		case f.Step == stepFilter:
			filter := f.filter(l)
			return func(v cards.Form) cards.Card { return cards.FilterStep(v, filter) }, nil
		}
		contents := f.contents(l, wrong)
		return func(v cards.Form) cards.Card { return cards.ContentsStep(v, contents) }, nil
	case stepFinish:
		fields, err := t.bot.catalog.questions(ctx)
		if err != nil {
			return nil, err
		}
		t.learnLongest(ctx, f)
		last := f.lastOfBundle(fields, wrong)
		last.Longest = f.Longest
		return func(v cards.Form) cards.Card { return cards.BundleFinishStep(v, last) }, nil
	}
	l, err := t.bundles(ctx, c, user)
	if err != nil {
		return nil, err
	}
	list := f.page(l, f.Bundle, wrong[cards.FieldBundle])
	return func(v cards.Form) cards.Card { return cards.BundleStep(v, list) }, nil
}

// passContents goes over the contents that Apono does not tell, the way the
// person goes: the bundle is asked for whole.
func (f *form) passContents() {
	f.Untold, f.Some, f.Units = true, false, nil
	if f.backwards {
		f.goTo(stepBundle)
		return
	}
	f.goTo(stepFinish)
}

// bundles are those that the person may request; there is at least one.
func (t *turn) bundles(ctx context.Context, c *catalog, user string) (*listing, error) {
	l, err := c.bundles(ctx, user)
	switch {
	case err != nil:
		return nil, err
	case l.untold:
		return nil, errBundlesClosed
	case len(l.items) == 0:
		return nil, sorry(errors.New("no bundle to request"), t.bot.wordsNoBundle())
	}
	return l, nil
}

// asked is what the form asks Apono for, checked with the person's own rights
// as they are now, or what is wrong with it.
func (t *turn) asked(ctx context.Context, f *form) (db.Asked, problems, error) {
	duration, _ := f.duration()
	c, user, err := t.offers(ctx, f)
	if err != nil {
		return db.Asked{}, nil, err
	}
	a := db.Asked{AponoUserID: user, Duration: duration, Justification: f.Justification, Follows: f.Follows}
	if f.For.ID != "" {
		a.For, a.By = f.For, t.person.Name
	}
	if !f.ForBundle {
		a.Integration, a.ResourceType, a.Resources = f.Integration, f.ResourceType, f.Resources
		a.Permissions = namesOf(f.Permissions)
		wrong, err := t.answered(ctx, c, f, &a)
		return a, wrong, err
	}
	l, err := t.bundles(ctx, c, user)
	if err != nil {
		return a, nil, err
	}
	if !slices.ContainsFunc(l.items, func(b db.Named) bool { return b.ID == f.Bundle.ID }) {
		return a, problems{"": texts.English("You may not request this bundle any more.")}, nil
	}
	a.Bundle = f.Bundle
	if f.Some {
		var gone int
		if a.Units, gone, err = t.units(ctx, c, user, f); err != nil {
			return a, nil, err
		}
		if gone > 0 {
			return a, problems{"": texts.English("Of what you have ticked, %d cannot be requested with this bundle any more. Go back to see the rest.").With(gone)}, nil
		}
	}
	wrong, err := t.answered(ctx, c, f, &a)
	return a, wrong, err
}

// answered takes the answers to the company's questions into what is asked. v3
// cannot carry them: resources and permissions are then named as v4 names them.
func (t *turn) answered(ctx context.Context, c *catalog, f *form, a *db.Asked) (problems, error) {
	fields, err := t.bot.catalog.questions(ctx)
	if err != nil {
		return nil, err
	}
	var wrong problems
	a.Answers, wrong = f.answers(fields)
	says := func(answer db.FieldAnswer) bool { return answer.Value != "" }
	if wrong != nil || f.ForBundle || !a.OnBehalf() && !slices.ContainsFunc(a.Answers, says) {
		return wrong, nil
	}
	l, err := c.entitlements(ctx, a.AponoUserID, a.Integration.ID, a.ResourceType.ID)
	if err != nil {
		return nil, err
	}
	resources, permissions := idsOf(a.Resources), a.Permissions
	for i, u := range l.units {
		if slices.Contains(resources, u.Resource.ID) && slices.Contains(permissions, u.Permission.Name) {
			a.Units = append(a.Units, unitOf(l.items[i], u))
		}
	}
	if len(a.Units) != len(resources)*len(permissions) {
		if a.OnBehalf() {
			return problems{"": texts.English("Not all of this can be requested for %s any more. Go back to choose again.").With(a.For.Name)}, nil
		}
		return problems{"": texts.English("Apono does not take your answers together with all that you have chosen. Leave them empty, or make the request in Apono.")}, nil
	}
	return nil, nil
}

// bundleAgain is the form that asks once more for what a submission asked for.
func bundleAgain(sub db.Submission) form {
	a := sub.Asked
	f := newBundleForm()
	f.Step, f.Follows, f.Bundle, f.Some = stepFinish, sub.ID, a.Bundle, len(a.Units) > 0
	for _, u := range a.Units {
		f.Units = append(f.Units, u.Named)
	}
	for _, answer := range a.Answers {
		f.answer(answer.FieldID, answer.Value)
	}
	if a.Duration > 0 {
		f.sayDuration(a.Duration)
	}
	return f
}

// units are what of the bundle is ticked, as Apono names it, and how much of it
// the bundle has no more.
func (t *turn) units(ctx context.Context, c *catalog, user string, f *form) (units []db.Unit, gone int, err error) {
	l, err := c.units(ctx, user, f.Bundle.ID)
	if err != nil {
		return nil, 0, err
	}
	places := make(map[string]int, len(l.items))
	for i, it := range l.items {
		places[it.ID] = i
	}
	for _, chosen := range f.Units {
		i, ok := places[chosen.ID]
		if !ok {
			gone++
			continue
		}
		units = append(units, unitOf(l.items[i], l.units[i]))
	}
	return units, gone, nil
}

func unitOf(name db.Named, u aponoapi.Entitlement) db.Unit {
	return db.Unit{
		Named:       name,
		Integration: db.Named{ID: u.Integration.ID, Name: cards.Line(u.Integration.Name, 100)},
		Resource:    db.Named{ID: u.Resource.ID, Name: cards.Line(u.Resource.Name, 200)},
		Permission:  db.Named{ID: u.Permission.ID, Name: cards.Line(u.Permission.Name, 200)},
	}
}

// answers are those to the company's questions. What was typed for one that has
// options must be one of them.
func (f *form) answers(fields []aponoapi.CustomField) (answers []db.FieldAnswer, wrong problems) {
	wrong = problems{}
	for _, field := range fields {
		value := f.Answers[field.ID]
		a := db.FieldAnswer{FieldID: field.ID, Label: cards.Line(field.Label, 60), Value: value, Shown: value}
		i := optionOf(field.Options, value)
		switch {
		case value == "" && field.Required:
			wrong[fieldAnswer(field.ID)] = texts.English("This has to be answered.")
		case value == "" || len(field.Options) == 0:
		case i < 0:
			wrong[fieldAnswer(field.ID)] = texts.English("Apono has no such answer to choose: %s").With(value)
		default:
			a.Value, a.Shown = field.Options[i].Key, cards.Line(field.Options[i].Value, cards.AnswerLimit)
		}
		answers = append(answers, a)
	}
	if len(wrong) == 0 {
		return answers, nil
	}
	return answers, wrong
}

// optionOf is the place of the option that was chosen by its key or, where it
// had to be typed, by its name.
func optionOf(options []aponoapi.Option, value string) int {
	if i := slices.IndexFunc(options, func(o aponoapi.Option) bool { return o.Key == value }); i >= 0 {
		return i
	}
	return slices.IndexFunc(options, func(o aponoapi.Option) bool {
		return strings.EqualFold(cards.Line(o.Value, cards.AnswerLimit), value)
	})
}

// fieldAsked is fieldOf for a form that also asks the company's own questions,
// which Apono names by their labels, and no permissions where it is about a
// bundle.
func fieldAsked(a db.Asked, words string) string {
	lower := strings.ToLower(words)
	for _, answer := range a.Answers {
		if answer.Label != "" && strings.Contains(lower, strings.ToLower(answer.Label)) {
			return fieldAnswer(answer.FieldID)
		}
	}
	field := fieldOf(words)
	if field == cards.FieldPermissions && a.Bundle.ID != "" {
		return ""
	}
	return field
}

// newRequestV4 is what Apono is told of a request for a bundle: the whole by its
// name, a part by what it is made of.
func newRequestV4(a db.Asked) aponoapi.NewRequestV4 {
	n := aponoapi.NewRequestV4{
		Justification: a.Justification, Duration: a.Duration, Grantee: a.AponoUserID,
		CustomFields: make(map[string]string, len(a.Answers)),
	}
	for _, answer := range a.Answers {
		if answer.Value != "" {
			n.CustomFields[answer.FieldID] = answer.Value
		}
	}
	if len(a.Units) == 0 {
		n.Bundle = a.Bundle.ID
		return n
	}
	for _, u := range a.Units {
		n.Entitlements = append(n.Entitlements, aponoapi.EntitlementRef{ResourceID: u.Resource.ID, PermissionID: u.Permission.ID})
	}
	return n
}

// lookByV4 searches Apono for the requests that a submission through v4
// became: made for the person with the same words at that time. whole is false
// if Apono does not tell this token of its requests, so that absence proves
// nothing.
func (b *Bot) lookByV4(ctx context.Context, sub db.Submission) (found []aponoapi.AccessRequest, whole bool, err error) {
	var all []aponoapi.AccessRequest
	var ids []string
	since, until := sub.AskedAt.Add(-lookFor), sub.AskedAt.Add(lookFor+createLasts)
	asker := b.Apono
	if sub.Asked.OnBehalf() {
		if asker, _, err = b.actsFor(ctx, sub.Person); err != nil {
			return nil, false, nil //nolint:nilerr // without the token that asked nobody can tell
		}
	}
	for r, err := range asker.DelegatedRequests(ctx, aponoapi.DelegatedFilter{Grantee: sub.Asked.AponoUserID}) {
		if l, _ := untold(err); l != nil && err != nil {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if r.CreatedAt.After(since) && r.CreatedAt.Before(until) && asksByV4(sub.Asked, r) {
			all, ids = append(all, r), append(ids, r.ID)
		}
	}
	known, err := b.Store.KnownRequests(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	all = slices.DeleteFunc(all, func(r aponoapi.AccessRequest) bool { return known[r.ID] })
	slices.SortStableFunc(all, func(x, y aponoapi.AccessRequest) int { return x.CreatedAt.Compare(y.CreatedAt) })
	for _, r := range all {
		// What was made much later was asked for by another press.
		if len(found) == 0 || r.CreatedAt.Sub(found[0].CreatedAt) <= createdTogether {
			found = append(found, r)
		}
	}
	return found, true, nil
}

// createdTogether bounds the time between the first and the last request that
// Apono makes of one submission.
const createdTogether = 3 * time.Second

// asksByV4 says that r may be one of the requests for what was asked: of
// one submission Apono makes several.
func asksByV4(a db.Asked, r aponoapi.AccessRequest) bool {
	if !strings.EqualFold(r.Grantee.ID, a.AponoUserID) || r.Justification != a.Justification || r.Duration != a.Duration {
		return false
	}
	if len(a.Units) == 0 {
		return r.Bundle.ID == a.Bundle.ID
	}
	return len(r.Groups) > 0 && !slices.ContainsFunc(r.Groups, func(g aponoapi.Group) bool {
		return !slices.ContainsFunc(a.Units, func(u db.Unit) bool { return u.Integration.ID == g.Integration.ID })
	})
}
