package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// openRequest opens the request form: a new one, or a draft where it stands.
func (t *turn) openRequest(ctx context.Context) (teams.Answer, error) {
	if t.press.Draft != "" {
		d, f, wrong, err := t.draft(ctx)
		if err != nil {
			return teams.Answer{}, err
		}
		f.Naming = false
		return t.show(ctx, d, f, wrong)
	}
	return t.openForm(ctx, newForm())
}

// openForm begins a draft and shows it.
func (t *turn) openForm(ctx context.Context, f form) (teams.Answer, error) {
	return t.show(ctx, db.BlankDraft(t.person.PersonKey), f, nil)
}

// stepRequest takes what was filled in and goes where the button says.
func (t *turn) stepRequest(ctx context.Context) (teams.Answer, error) {
	d, f, wrong, err := t.draft(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	switch {
	case t.press.Do == cards.DoTryAgain:
		return t.show(ctx, d, f, wrong)
	case t.press.Revision != d.Revision:
		f.takeTyped(t.press.Inputs)
		return t.show(ctx, d, f, problems{"": texts.English("This form was open twice. Here is how it stands now.")})
	}
	if f.Naming {
		return t.nameDraft(ctx, d, f)
	}
	submits := t.press.Do == cards.DoSubmit && f.Step == stepFinish
	f.take(t.press)
	wrong = f.press(t.press)
	if submits && wrong == nil {
		return t.submit(ctx, d, f)
	}
	return t.show(ctx, d, f, wrong)
}

// draft is the person's own draft that the press names, if it can still be
// filled in, and why Apono refused it if it did.
func (t *turn) draft(ctx context.Context) (db.Draft, form, problems, error) {
	is, err := t.draftSoFar(ctx)
	if err != nil {
		return db.Draft{}, form{}, nil, err
	}
	d, sub := is.draft, is.submission
	var wrong problems
	switch sub.State {
	case db.Refused:
		wrong = problems{fieldAsked(sub.Asked, sub.Refusal): texts.Outside(sub.Refusal)}
	case db.Sending, db.Created:
		return db.Draft{}, form{}, nil, sorry(errors.New("submitted before"), wordsSubmitted)
	}
	f, err := parseForm(d.Form)
	return d, f, wrong, err
}

// draftSoFar is the person's own draft that the press names, and what has become of
// it.
func (t *turn) draftSoFar(ctx context.Context) (is draftSoFar, err error) {
	if f := t.foreseen.draft; f != nil && f.draft.ID != "" && f.draft.ID == t.press.Draft {
		return *f, nil
	}
	is.draft, err = t.bot.Store.Draft(ctx, t.person.PersonKey, t.press.Draft)
	if errors.Is(err, db.ErrNotFound) {
		return is, sorry(err, wordsNoDraft)
	}
	if err == nil {
		is.submission, err = t.bot.Store.SubmissionOf(ctx, is.draft)
	}
	if errors.Is(err, db.ErrNotFound) { // not submitted yet
		err = nil
	}
	return is, err
}

// show draws the step at which the form stands, with what is wrong there. What
// keeps it from being drawn is said in the dialog, and the draft is kept.
func (t *turn) show(ctx context.Context, d db.Draft, f form, wrong problems) (teams.Answer, error) {
	draw, stopped := t.draw(ctx, &f, wrong)
	return t.showStep(ctx, d, f, wrong, draw, stopped)
}

// showStep keeps the draft and shows its drawn step, or what keeps it from
// being drawn.
func (t *turn) showStep(
	ctx context.Context, d db.Draft, f form, wrong problems, draw func(cards.Form) cards.Card, stopped error,
) (teams.Answer, error) {
	f.Blank = stopped != nil
	late, cancel := t.bot.grace(ctx)
	defer cancel()
	if err := t.bot.Store.SaveDraft(late, &d, f); errors.Is(err, db.ErrStale) {
		return teams.Answer{}, sorry(err, wordsOpenTwice)
	} else if err != nil {
		return teams.Answer{}, err
	}
	view := cards.Form{
		Draft: d.ID, Revision: d.Revision, Chosen: chosen(f), Note: kept(f.Note), Problem: cmp.Or(wrong[""], f.leftOut()), Added: f.Added,
	}
	if f.ForBundle {
		view.Step = cards.VerbBundleStep
	}
	t.tellFor(late, &f, &view)
	if stopped != nil {
		t.err = stopped
		if f.For.ID != "" && (errors.Is(stopped, errNotConnected) || t.link.Sealed != nil && errors.Is(stopped, aponoapi.ErrUnauthorized)) {
			return t.connectFor(late, view, stopped)
		}
		return t.showStopped(view, stopped)
	}
	return t.formDialog(view, draw(view))
}

// showStopped says what keeps a step from being drawn.
func (t *turn) showStopped(view cards.Form, err error) (teams.Answer, error) {
	var s *sorryError
	switch {
	case errors.As(err, &s):
		return teams.Answer{}, s
	case errors.Is(err, errUnreachable):
		return t.formDialog(view, cards.AddApp(view, t.bot.appURL()))
	case errors.Is(err, errBundlesClosed):
		return t.formDialog(view, cards.BundlesClosed(view, t.bot.admin(), t.bot.PortalURL))
	case errors.Is(err, context.DeadlineExceeded):
		return t.formDialog(view, cards.StillLoading(view))
	}
	return t.formDialog(view, cards.Stopped(view, "Not possible just now", t.bot.wordsOf(err)))
}

// draw prepares the drawing of what the dialog shows next.
func (t *turn) draw(ctx context.Context, f *form, wrong problems) (func(cards.Form) cards.Card, error) {
	if f.Naming {
		n := cards.Naming{What: wishView(f.wish()), Name: f.Name, Problem: wrong[cards.FieldName]}
		return func(v cards.Form) cards.Card { return cards.NameDraft(v, n) }, nil
	}
	if f.Unchecked {
		reviewed, err := t.review(ctx, *f)
		if err != nil {
			return nil, err
		}
		*f = reviewed
	}
	if f.leavesWords() {
		read, err := t.readLeftover(ctx, *f)
		if err != nil {
			return nil, err
		}
		*f = read
	}
	return t.step(ctx, f, wrong)
}

// step prepares the drawing of the step at which the form stands. It fills in
// what the page shows, and passes over a choice of one.
func (t *turn) step(ctx context.Context, f *form, wrong problems) (func(cards.Form) cards.Card, error) {
	c, user, err := t.offers(ctx, f)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Step == stepFor:
		return t.forStep(ctx, c, f)
	case f.ForBundle:
		return t.bundleStep(ctx, c, user, f, wrong)
	}
	switch f.Step {
	case stepResourceType:
		l, err := c.resourceTypes(ctx, user, f.Integration.ID)
		if err != nil {
			return nil, err
		}
		if len(l.items) != 1 {
			list := f.page(l, f.ResourceType, wrong[cards.FieldResourceType])
			return func(v cards.Form) cards.Card { return cards.ResourceTypeStep(v, list) }, nil
		}
		f.ResourceType = l.items[0]
		f.goTo(stepResources)
		if f.backwards {
			f.goTo(stepIntegration)
		}
		return t.step(ctx, f, wrong)
	case stepResources:
		l, err := c.resources(ctx, user, f.Integration.ID, f.ResourceType.ID)
		if err != nil {
			return nil, err
		}
		list := f.pageOfSeveral(l, f.Resources, wrong[cards.FieldResources])
		return func(v cards.Form) cards.Card { return cards.ResourcesStep(v, list) }, nil
	case stepFinish:
		l, err := c.permissions(ctx, user, f.Integration.ID, f.ResourceType.ID)
		if err != nil {
			return nil, err
		}
		fields, err := t.bot.catalog.questions(ctx)
		if err != nil {
			return nil, err
		}
		last := f.last(l, fields, wrong)
		t.learnLongest(ctx, f)
		last.Longest = f.Longest
		return func(v cards.Form) cards.Card { return cards.FinishStep(v, last) }, nil
	}
	l, err := c.integrations(ctx, user)
	if err != nil {
		return nil, err
	}
	if len(l.items) == 0 {
		return nil, sorry(errors.New("in no access flow"), t.bot.wordsNoFlow())
	}
	list := f.page(l, f.Integration, wrong[cards.FieldIntegration])
	return func(v cards.Form) cards.Card { return cards.IntegrationStep(v, list) }, nil
}

// page shows a list for one choice: whole if it fits, else a page of it.
func (f *form) page(l *listing, selected db.Named, wrong texts.Text) cards.List {
	limit := cards.FilteredChoices
	long := !l.fits()
	if long {
		limit = cards.PageSize
	}
	var chosen []db.Named
	if selected.ID != "" {
		chosen = []db.Named{selected}
	}
	return f.turnTo(l, limit, long, chosen, wrong)
}

// pageOfSeveral shows a page of a list of which several can be chosen.
func (f *form) pageOfSeveral(l *listing, chosen []db.Named, wrong texts.Text) cards.List {
	return f.turnTo(l, cards.PageSize, len(l.items) > cards.PageSize, chosen, wrong)
}

// turnTo finds the page at which the form stands, remembers what it shows, and
// tells what of it is chosen and what else.
func (f *form) turnTo(l *listing, limit int, long bool, chosen []db.Named, wrong texts.Text) cards.List {
	keep, search := f.keeps(l)
	shown, found := l.findOf(keep, search, f.From, limit)
	if len(shown) == 0 && f.From > 0 { // the list has become shorter
		f.From = 0
		shown, found = l.findOf(keep, search, f.From, limit)
	}
	f.Shown = shown
	list := cards.List{
		Page: choicesOf(shown), Elsewhere: choicesOf(f.elsewhere(chosen)), Problem: wrong, Long: long,
		Search: f.Search, From: f.From, Found: found, Total: len(l.items), Cut: l.cut,
	}
	for i, it := range shown {
		if slices.Contains(chosen, it) {
			list.Ticked = append(list.Ticked, strconv.Itoa(i))
		}
	}
	return list
}

// last fills in the last step. What was chosen stays chosen where it still may
// be; one permission alone is chosen by itself.
func (f *form) last(l *listing, fields []aponoapi.CustomField, wrong problems) cards.Finish {
	f.Several = l.several
	f.Permissions = slices.DeleteFunc(f.Permissions, func(p db.Named) bool { return !slices.Contains(l.items, p) })
	if !f.Several && len(f.Permissions) > 1 {
		f.Permissions = f.Permissions[:1]
	}
	if len(l.items) == 1 {
		f.Permissions = l.items[:1]
	}
	list := f.page(l, first(f.Permissions), wrong[cards.FieldPermissions])
	if f.Several {
		list = f.pageOfSeveral(l, f.Permissions, wrong[cards.FieldPermissions])
	}
	return cards.Finish{
		Permissions: list, Several: f.Several, Duration: f.Duration, Hours: f.Hours, Justification: f.Justification,
		DurationProblem: wrong[cards.FieldDuration], JustificationProblem: wrong[cards.FieldJustification],
		Questions: f.asks(fields, wrong),
	}
}

func first(items []db.Named) db.Named {
	if len(items) == 0 {
		return db.Named{}
	}
	return items[0]
}

// fits says that the list can be shown whole for one choice.
func (l *listing) fits() bool {
	const bytes = 12 << 10 // of names; a card may have 25 KB
	n := 0
	for _, it := range l.items {
		n += min(len(it.Name), 4*80) + 40
	}
	return len(l.items) <= cards.FilteredChoices && n <= bytes
}

// chosen is what the steps before the form's own have chosen.
func chosen(f form) []cards.Chosen {
	var c []cards.Chosen
	if f.Naming || f.Step == stepFor {
		return nil // the dialog shows the whole wish, or what comes before it
	}
	if f.ForBundle {
		return f.chosenOfBundle()
	}
	if f.Step != stepIntegration {
		c = append(c, cards.Chosen{Name: "Integration", Value: texts.Outside(f.Integration.Name)})
	}
	if f.Step == stepResources || f.Step == stepFinish {
		c = append(c, cards.Chosen{Name: "Resource type", Value: texts.Outside(f.ResourceType.Name)})
	}
	if f.Step == stepFinish {
		c = append(c, cards.Chosen{Name: "Resources", Value: cards.Names(namesOf(f.Resources), 10)})
	}
	return c
}

// choicesOf makes entries of a list whose values are their places in it.
func choicesOf(items []db.Named) []cards.Choice {
	choices := make([]cards.Choice, len(items))
	for i, it := range items {
		choices[i] = cards.Choice{Title: it.Name, Value: strconv.Itoa(i)}
	}
	return choices
}

func namesOf(items []db.Named) []string {
	names := make([]string, len(items))
	for i, it := range items {
		names[i] = it.Name
	}
	return names
}

// formDialog answers an invoke with a card in the form's dialog.
func (t *turn) formDialog(f cards.Form, c cards.Card) (teams.Answer, error) {
	if f.Step == cards.VerbBundleStep {
		return t.dialog("Request bundle", c, teams.Medium)
	}
	return t.dialog("Request access", c, teams.Medium)
}

// appURL is where a person adds the app to their Teams. It goes by the app's id,
// which is not the bot's.
func (b *Bot) appURL() string { return b.TeamsURL + "/l/app/" + b.TeamsAppID }
