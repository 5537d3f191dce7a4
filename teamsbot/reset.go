package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

const (
	// resetUntold is how long a reset is given of which Apono tells the bot nothing.
	resetUntold = 30 * time.Second
	// resetEvery is how often Apono is asked whether a reset is done, where it
	// tells, and resetLasts when that is too long.
	resetEvery = 2 * time.Second
	resetLasts = 2 * time.Minute
	// resetBegins is how long Apono is given to begin with one.
	resetBegins = 15 * time.Second
)

// askReset asks whether to reset the credentials of a system, and says what else
// that affects.
func (t *turn) askReset(ctx context.Context) (teams.Answer, error) {
	g, err := t.granted(ctx)
	if err != nil {
		return t.notGranted(ctx, err)
	}
	x, ok := t.toReset(g)
	switch {
	case !ok:
		return t.detailsDialog(g, nil)
	case x.Free || x.Fixed:
		return t.detailsDialog(g, texts.English("These credentials cannot be reset."))
	case x.State == cards.DetailsOpen && !g.viewedApart():
		return t.detailsDialog(g, texts.English("Nobody has viewed these details yet: there is nothing to reset."))
	case x.State == cards.DetailsResetting:
		return t.detailsDialog(g, texts.English("The credentials are being reset."))
	case t.isBusy(x):
		return t.detailsDialog(g, wordsBeingShown)
	}
	others, err := t.sharing(ctx, g, x)
	if err != nil {
		return teams.Answer{}, err
	}
	g.systems = []cards.System{x}
	return t.dialog("Reset credentials", cards.Reset(t.grantView(g), others, g.own != nil), teams.Medium)
}

// toReset is the system that a press means: the one that it names, or the only
// one that can be reset.
func (t *turn) toReset(g *grant) (cards.System, bool) {
	if t.press.Session != "" {
		return g.system(t.press.Session)
	}
	if len(g.systems) == 1 {
		return g.systems[0], true
	}
	var found []cards.System
	for _, x := range g.systems {
		if !x.Free && x.State != cards.DetailsOpen {
			found = append(found, x)
		}
	}
	if len(found) != 1 {
		return cards.System{}, false
	}
	return found[0], true
}

// viewedApart says that some of the details were viewed by themselves before the
// person disconnected: all that there is now is one text, with stars in it.
func (g *grant) viewedApart() bool {
	return g.own == nil && slices.ContainsFunc(g.request.Details, func(d db.Details) bool {
		return d.SessionID != "" && d.State == db.DetailsViewed
	})
}

// isBusy says that somebody is being shown the details just now.
func (t *turn) isBusy(x cards.System) bool {
	return x.State == cards.DetailsClaimed && t.bot.Now().Sub(x.At) < busyLasts
}

// sharing are the person's other requests that have the same credentials, as
// Apono tells of a session; else those that may: in the same integrations.
func (t *turn) sharing(ctx context.Context, g *grant, x cards.System) (names []string, err error) {
	if g.own != nil {
		return t.sharingSession(ctx, g, g.session(x.Session))
	}
	own, err := t.bot.Store.OwnRequests(ctx, t.person.PersonKey, t.bot.Now())
	if err != nil {
		return nil, err
	}
	where := integrationsOf(g.request, g.sub)
	for _, o := range own {
		share := slices.ContainsFunc(integrationsOf(o.Request, o.Submission), func(id string) bool { return slices.Contains(where, id) })
		if o.ID != g.request.ID && o.Status.Active() && share {
			names = append(names, cmp.Or(o.FriendlyID, o.ID))
		}
	}
	return names, nil
}

// integrationsOf are the ids of the integrations that a request lies in.
func integrationsOf(r db.Request, sub db.Submission) []string {
	if len(r.Integrations) > 0 {
		return r.Integrations
	}
	return []string{sub.Asked.Integration.ID}
}

// resetNow notes that the credentials are being reset, then asks Apono for it.
// How it goes on is a job's to find out.
func (t *turn) resetNow(ctx context.Context) (teams.Answer, error) {
	g, err := t.granted(ctx)
	if err != nil {
		return t.notGranted(ctx, err)
	}
	x, ok := g.system(t.press.Session)
	if !ok || int(x.Number) != t.press.Revision {
		return t.detailsDialog(g, texts.English("This has changed meanwhile, and nothing was reset just now."))
	}
	reset, wait, err := t.resetter(ctx, g, x)
	if err != nil {
		return teams.Answer{}, err
	}
	at, now := db.System{RequestID: g.request.ID, SessionID: x.Session}, t.bot.Now()
	d, begun, err := t.bot.Store.StartReset(ctx, at, x.Number, t.person.PersonKey, now, now.Add(-busyLasts), wait)
	if err != nil {
		return teams.Answer{}, err
	}
	g.stands(systemView(d, zoneOf(t.person)))
	switch {
	case !begun && d.State == db.DetailsClaimed:
		return t.detailsDialog(g, wordsBeingShown)
	case !begun:
		return t.detailsDialog(g, nil)
	}
	err = reset(ctx)
	if err == nil || errors.Is(err, aponoapi.ErrUnknownOutcome) || errors.Is(err, aponoapi.ErrConflict) {
		t.err = err
		return t.detailsDialog(g, nil)
	}
	return t.notReset(ctx, g, d, err)
}

// resetter is what asks Apono for new credentials, and after how long it is worth
// a look whether they are there.
func (t *turn) resetter(ctx context.Context, g *grant, x cards.System) (reset func(context.Context) error, wait time.Duration, err error) {
	if g.own != nil {
		return func(ctx context.Context) error {
			_, err := g.own.ResetSession(ctx, x.Session)
			return err
		}, resetEvery, nil
	}
	id, err := t.bot.v3ID(ctx, g.request, g.told)
	switch {
	case errors.Is(err, errUnnamed):
		return nil, 0, sorry(err, wordsDetailsInPortal)
	case err != nil:
		return nil, 0, sorry(err, t.bot.wordsOf(err))
	}
	return func(ctx context.Context) error {
		_, err := t.bot.Apono.ResetV3(ctx, id)
		return err
	}, resetUntold, nil
}

// notReset says why Apono resets nothing. What it will not reset has no secret,
// and can be viewed again: if it has one after all, Apono shows stars.
func (t *turn) notReset(ctx context.Context, g *grant, d db.Details, err error) (teams.Answer, error) {
	t.err = err
	late, cancel := t.bot.grace(ctx)
	defer cancel()
	at, now := db.System{RequestID: g.request.ID, SessionID: d.SessionID}, t.bot.Now()
	problem, ended := sentences(t.bot.wordsOfDetails(err), texts.English("Nothing was reset.")), g.own != nil && errors.Is(err, aponoapi.ErrUnauthorized)
	if errors.Is(err, aponoapi.ErrInvalid) {
		problem = sentences(problem, texts.English("You can view the details again."))
		err = t.bot.Store.ReadableAgain(late, at, d.Number, t.person.PersonKey, now)
		d.State, d.Note, d.At = db.DetailsOpen, "", now
	} else {
		err = t.bot.Store.ResetFailed(late, at, d.Number, db.DetailsNotReset, t.person.PersonKey, now)
		d.State, d.Note, d.At = db.DetailsViewed, db.DetailsNotReset, now
	}
	switch {
	case err != nil:
		return teams.Answer{}, err
	case ended:
		return t.reconnect(late)
	}
	g.stands(systemView(d, zoneOf(t.person)))
	return t.detailsDialog(g, problem)
}

// awaitReset waits for new credentials and never reads them, for that would use
// them up.
func (b *Bot) awaitReset(ctx context.Context, job db.AwaitReset) error {
	d, err := b.Store.Details(ctx, job.System())
	if err != nil || d.State != db.DetailsResetting || d.Number != job.Number {
		return err
	}
	r, err := b.Store.Request(ctx, job.RequestID)
	if err != nil || r.Status.Over() {
		return err
	}
	if !r.Status.Active() { // not now; nothing else would end the reset if it is again
		return river.JobSnooze(resetUntold)
	}
	now := b.Now()
	waited := now.Sub(d.At)
	stands, err := b.credentialsOf(ctx, job)
	if errors.Is(err, errNotConnected) || errors.Is(err, aponoapi.ErrForbidden) { // Apono does not tell
		if waited < resetUntold {
			return river.JobSnooze(min(resetUntold-waited, resetUntold))
		}
		return b.Store.ReopenDetails(ctx, job.System(), job.Number, db.DetailsUntold, job.Person(), now)
	}
	if err != nil {
		b.Log.Warn().Err(loggable(err)).Msg("Apono does not tell of a reset")
	}
	switch {
	case stands == aponoapi.Available:
		return b.Store.ReopenDetails(ctx, job.System(), job.Number, db.DetailsRenewed, job.Person(), now)
	case stands == aponoapi.NotApplicable:
		return b.Store.ReadableAgain(ctx, job.System(), job.Number, job.Person(), now)
	case stands == aponoapi.Viewed && waited > resetBegins:
		return b.Store.ResetFailed(ctx, job.System(), job.Number, db.DetailsNotReset, job.Person(), now)
	case waited > resetLasts:
		return b.Store.ResetFailed(ctx, job.System(), job.Number, db.DetailsSlow, job.Person(), now)
	}
	return river.JobSnooze(resetEvery)
}

// credentialsOf is how the credentials of a session stand as Apono tells the
// person, or errNotConnected if it tells them nothing.
func (b *Bot) credentialsOf(ctx context.Context, job db.AwaitReset) (aponoapi.Credentials, error) {
	if job.SessionID == "" {
		return "", errNotConnected
	}
	p, err := b.Store.Person(ctx, job.Person())
	if err != nil {
		return "", err
	}
	own, err := b.as(ctx, p)
	if err != nil {
		return "", err
	}
	s, err := own.Session(ctx, job.SessionID)
	if errors.Is(err, aponoapi.ErrUnauthorized) {
		return "", errors.Join(errNotConnected, b.dropLink(ctx, p.PersonKey))
	}
	return s.Credentials, err
}
