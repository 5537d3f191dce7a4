package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

// errTokenEnded says that Apono does not know the person's own token any more.
var errTokenEnded = errors.New("the person's own token has ended")

// readSystems finds out what has details of its own, and how they stand: with a
// person's own token as Apono tells it, else as the bot remembers it for all of
// the request. It reads no details.
func (t *turn) readSystems(ctx context.Context, g *grant) error {
	own, err := t.own(ctx)
	switch {
	case errors.Is(err, errNotConnected):
		return t.wholeRequest(ctx, g)
	case err != nil:
		return err
	}
	sessions, err := sessionsOf(ctx, own, g)
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized):
		return errTokenEnded
	case errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrNotFound), err == nil && len(sessions) == 0:
		return t.wholeRequest(ctx, g) // Apono tells people nothing of it
	case err != nil:
		return sorry(err, t.bot.wordsOf(err))
	}
	g.own, g.sessions = own, sessions
	for _, s := range sessions {
		x, err := t.systemOf(ctx, g, s)
		if err != nil {
			return err
		}
		g.systems = append(g.systems, x)
	}
	return nil
}

// wholeRequest is the one system that the service token knows.
func (t *turn) wholeRequest(ctx context.Context, g *grant) error {
	d, err := t.bot.Store.KnowSystem(ctx, db.System{RequestID: g.request.ID}, "", t.bot.Now())
	g.systems = []cards.System{systemView(d, zoneOf(t.person))}
	return err
}

// sessionsOf are the sessions that serve a request. Apono narrows the list, but
// is not trusted to where it can be seen.
func sessionsOf(ctx context.Context, own *aponoapi.Client, g *grant) (all []aponoapi.Session, err error) {
	name := cmp.Or(g.told.V4ID, g.told.FriendlyID, g.request.FriendlyID)
	for s, err := range own.Sessions(ctx, aponoapi.SessionFilter{RequestIDs: []string{name}}) {
		if err != nil {
			return nil, err
		}
		if g.told.V4ID == "" || slices.Contains(s.RequestIDs, g.told.V4ID) {
			all = append(all, s)
		}
	}
	return all, nil
}

// systemOf weighs what the bot remembers of a system against what Apono tells:
// Apono knows whether its details can be read.
func (t *turn) systemOf(ctx context.Context, g *grant, s aponoapi.Session) (cards.System, error) {
	at, now := db.System{RequestID: g.request.ID, SessionID: s.ID}, t.bot.Now()
	d, err := t.bot.Store.KnowSystem(ctx, at, cards.Line(cmp.Or(s.Name, s.Integration.Name, s.ID), 200), now)
	if err != nil {
		return cards.System{}, err
	}
	x := systemView(d, zoneOf(t.person))
	switch {
	case s.Credentials == aponoapi.NotApplicable:
		x.Free = true
	case s.Credentials == aponoapi.Available && stoodBefore(g.request.Details, d) &&
		(d.State == db.DetailsViewed || d.State == db.DetailsClaimed && !t.isBusy(x)):
		// Reset elsewhere; or the look that nobody knew of never came about.
		d, err = t.bot.Store.FreshDetails(ctx, at, d.Number, now)
		x = systemView(d, zoneOf(t.person))
	case s.Credentials == aponoapi.Viewed && d.State == db.DetailsOpen:
		x.State, x.Note, x.At = cards.DetailsViewed, cards.DetailsMasked, now.In(zoneOf(t.person))
	case s.Credentials == aponoapi.Resetting && d.State != db.DetailsResetting && d.Note != db.DetailsSlow:
		x.State, x.At = cards.DetailsResetting, now.In(zoneOf(t.person))
	}
	x.Fixed = !s.CanReset && !x.Free
	return x, err
}

// stoodBefore says that details stood as they do now when the request was looked
// up. What Apono has told since then is newer than the last look at them.
func stoodBefore(all []db.Details, now db.Details) bool {
	return slices.ContainsFunc(all, func(d db.Details) bool {
		return d.SessionID == now.SessionID && d.Number == now.Number && d.State == now.State
	})
}

// session is what Apono has told of a system.
func (g *grant) session(id string) aponoapi.Session {
	for _, s := range g.sessions {
		if s.ID == id {
			return s
		}
	}
	return aponoapi.Session{}
}

// sharingSession are the other requests that a session serves, as people read
// them.
func (t *turn) sharingSession(ctx context.Context, g *grant, s aponoapi.Session) (names []string, err error) {
	for _, id := range s.RequestIDs {
		r, err := t.bot.Store.Request(ctx, id)
		switch {
		case errors.Is(err, db.ErrNotFound):
			r = db.Request{ID: id}
		case err != nil:
			return nil, err
		}
		if r.ID != g.request.ID && !slices.Contains(g.told.IDs(), id) {
			names = append(names, cmp.Or(r.FriendlyID, r.ID))
		}
	}
	return names, nil
}
