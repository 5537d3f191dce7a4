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
)

// resetUntold is how long a reset is given of which Apono tells the bot nothing.
const resetUntold = 30 * time.Second

// askReset asks whether to reset the credentials of a system, and says what else
// that affects.
func (t *turn) askReset(ctx context.Context) (teams.Answer, error) {
	g, err := t.granted(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	x, ok := t.toReset(g)
	switch {
	case !ok:
		return t.detailsDialog(g, "")
	case x.State == cards.DetailsOpen:
		return t.detailsDialog(g, "Nobody has viewed these details yet: there is nothing to reset.")
	case x.State == cards.DetailsResetting:
		return t.detailsDialog(g, "The credentials are being reset.")
	case t.isBusy(x):
		return t.detailsDialog(g, wordsBeingShown)
	}
	others, err := t.sharing(ctx, g)
	if err != nil {
		return teams.Answer{}, err
	}
	g.systems = []cards.System{x}
	return teams.TaskCard("Reset credentials", cards.Reset(t.grantView(g), others, false).JSON(), teams.Medium)
}

// toReset is the system that a press means: the one that it names, or the only
// one.
func (t *turn) toReset(g *grant) (cards.System, bool) {
	if t.press.Session == "" && len(g.systems) == 1 {
		return g.systems[0], true
	}
	return g.system(t.press.Session)
}

// isBusy says that somebody is being shown the details just now.
func (t *turn) isBusy(x cards.System) bool {
	return x.State == cards.DetailsClaimed && t.bot.Now().Sub(x.At) < busyLasts
}

// sharing are the person's other requests that may have the same credentials:
// those in the same integrations.
func (t *turn) sharing(ctx context.Context, g *grant) (names []string, err error) {
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
		return teams.Answer{}, err
	}
	x, ok := g.system(t.press.Session)
	if !ok || int(x.Number) != t.press.Revision {
		return t.detailsDialog(g, "This has changed meanwhile, and nothing was reset just now.")
	}
	reset, err := t.resetter(ctx, g, x)
	if err != nil {
		return teams.Answer{}, err
	}
	at, now := db.System{RequestID: g.request.ID, SessionID: x.Session}, t.bot.Now()
	d, begun, err := t.bot.Store.StartReset(ctx, at, x.Number, t.person.PersonKey, now, now.Add(-busyLasts), resetUntold)
	if err != nil {
		return teams.Answer{}, err
	}
	g.stands(systemView(d, zoneOf(t.person)))
	switch {
	case !begun && d.State == db.DetailsClaimed:
		return t.detailsDialog(g, wordsBeingShown)
	case !begun:
		return t.detailsDialog(g, "")
	}
	err = reset(ctx)
	if err == nil || errors.Is(err, aponoapi.ErrUnknownOutcome) || errors.Is(err, aponoapi.ErrConflict) {
		t.err = err
		return t.detailsDialog(g, "")
	}
	return t.notReset(ctx, g, d, err)
}

// resetter is what asks Apono for new credentials.
func (t *turn) resetter(ctx context.Context, g *grant, _ cards.System) (func(context.Context) error, error) {
	id, err := t.bot.v3ID(ctx, g.request, g.told)
	switch {
	case errors.Is(err, errUnnamed):
		return nil, sorry(err, wordsDetailsInPortal)
	case err != nil:
		return nil, sorry(err, t.bot.wordsOf(err))
	}
	return func(ctx context.Context) error {
		_, err := t.bot.Apono.ResetV3(ctx, id)
		return err
	}, nil
}

// notReset says why Apono resets nothing. What it will not reset has no secret,
// and can be viewed again: if it has one after all, Apono shows stars.
func (t *turn) notReset(ctx context.Context, g *grant, d db.Details, err error) (teams.Answer, error) {
	t.err = err
	late, cancel := grace(ctx)
	defer cancel()
	at, now := db.System{RequestID: g.request.ID, SessionID: d.SessionID}, t.bot.Now()
	problem := t.bot.wordsOfDetails(err) + " Nothing was reset."
	if errors.Is(err, aponoapi.ErrInvalid) {
		problem += " You can view the details again."
		err = t.bot.Store.ReadableAgain(late, at, d.Number, t.person.PersonKey, now)
		d.State, d.Note, d.At = db.DetailsOpen, "", now
	} else {
		err = t.bot.Store.ResetFailed(late, at, d.Number, db.DetailsNotReset, t.person.PersonKey, now)
		d.State, d.Note, d.At = db.DetailsViewed, db.DetailsNotReset, now
	}
	if err != nil {
		return teams.Answer{}, err
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
	if err != nil || !r.Status.Active() {
		return err
	}
	if rest := resetUntold - b.Now().Sub(d.At); rest > 0 {
		return river.JobSnooze(min(rest, resetUntold))
	}
	return b.Store.ReopenDetails(ctx, job.System(), job.Number, db.DetailsUntold, job.Person(), b.Now())
}
