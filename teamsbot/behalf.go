package teamsbot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// forMe is the entry that stands for the person in the list of those that they
// may request for.
var forMe = db.Named{ID: "me", Name: string(wordsMe)}

const wordsMe texts.English = "Me"

// offers are the lists for whom the form is, and that Apono user: the person's
// own, as the bot's token tells them, or somebody else's, as the person's does.
func (t *turn) offers(ctx context.Context, f *form) (*catalog, string, error) {
	user, err := t.identify(ctx)
	if err != nil || f.For.ID == "" && f.Step != stepFor {
		return t.bot.catalog, user, err
	}
	l, own, err := t.bot.link(ctx, t.person)
	if err != nil {
		return nil, "", err
	}
	t.link = l
	c := *t.bot.catalog
	c.apono, c.as = own, user
	return &c, f.For.ID, nil
}

// forStep prepares the drawing of the step that asks for whom it is.
func (t *turn) forStep(ctx context.Context, c *catalog, f *form) (func(cards.Form) cards.Card, error) {
	l, err := c.grantees(ctx, t.person.AponoID)
	if err != nil {
		return nil, err
	}
	selected := f.For
	if selected.ID == "" {
		selected = forMe
	}
	list := f.page(l, selected, nil)
	for _, choices := range [][]cards.Choice{list.Page, list.Elsewhere} {
		for i, c := range choices {
			if c.Title == forMe.Name {
				choices[i].Title = wordsMe.In(t.reads())
			}
		}
	}
	return func(v cards.Form) cards.Card { return cards.ForStep(v, list) }, nil
}

// takeFor keeps for whom it is. What was chosen for somebody else is not what
// this one may have.
func (f *form) takeFor(value string) {
	chosen, ok := f.pick(value)
	if chosen == forMe {
		chosen = db.Named{}
	}
	if !ok || chosen == f.For {
		return
	}
	f.For = chosen
	f.Integration, f.ResourceType, f.Resources, f.Permissions = db.Named{}, db.Named{}, nil, nil
	f.Bundle, f.Some, f.Units, f.Types, f.Grants, f.OnlyChosen = db.Named{}, false, nil, nil, nil, false
}

// isFirst says that the form stands at its first step, from which for whom it is
// can be changed.
func (f *form) isFirst() bool { return f.Step == stepIntegration || f.Step == stepBundle }

// leaveFor goes on from the step that asks for whom it is.
func (f *form) leaveFor() {
	first := stepIntegration
	if f.ForBundle {
		first = stepBundle
	}
	f.goTo(first)
}

// tellFor says in the dialog for whom it is, where that can be said or changed.
func (t *turn) tellFor(ctx context.Context, f *form, view *cards.Form) {
	if f.For.ID != "" && f.Step != stepFor {
		view.For = texts.Outside(f.For.Name)
	}
	if !f.isFirst() || f.Naming {
		return
	}
	if _, err := t.bot.as(ctx, t.person); err == nil {
		view.MayFor = true
		if view.For == nil {
			view.For = wordsMe
		}
	}
}

// connectFor asks for the token without which the form for somebody else cannot
// go on, and then shows the form as it stands.
func (t *turn) connectFor(ctx context.Context, view cards.Form, err error) (teams.Answer, error) {
	verb := cards.VerbRequestStep
	if view.Step != "" {
		verb = view.Step
	}
	t.press = cards.Press{Data: cards.Data{Verb: verb, Draft: view.Draft, Revision: view.Revision, Do: cards.DoTryAgain}}
	if errors.Is(err, errNotConnected) {
		return t.askConnect(ctx)
	}
	return t.reconnect(ctx)
}

// grantees are those that the person may request for, themselves first.
func (c *catalog) grantees(ctx context.Context, me string) (*listing, error) {
	return c.get(ctx, listingKey{kind: "grantees"}, func(ctx context.Context) (*listing, error) {
		all, err := collect(c.apono.Grantees(ctx, aponoapi.GranteeFilter{PageSize: listPage}))
		if err != nil && !refusedToToken(err) || errors.Is(err, aponoapi.ErrUnauthorized) {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(g aponoapi.Grantee) bool { return g.ID == "" || strings.EqualFold(g.ID, me) })
		l := listingOf(aponoapi.List[aponoapi.Grantee]{Items: all, Total: len(all)}, func(g aponoapi.Grantee) db.Named {
			name := cards.Line(g.Name, 100)
			if g.Email != "" && g.Email != g.Name {
				name += " (" + cards.Line(g.Email, 100) + ")"
			}
			return db.Named{ID: g.ID, Name: name}
		})
		return newListing(append([]db.Named{forMe}, l.items...), 0), nil
	})
}

// onBehalf is all that may be requested for somebody else, as the client API
// tells the person's own token. Of it the lists of the form are made.
func (c *catalog) onBehalf(ctx context.Context, grantee string) ([]aponoapi.Entitlement, error) {
	l, err := c.get(ctx, listingKey{kind: "units", user: grantee}, func(ctx context.Context) (*listing, error) {
		all, err := collect(c.apono.AccessUnits(ctx, aponoapi.UnitFilter{GranteeID: grantee, PageSize: listPage}))
		if err != nil {
			return nil, err
		}
		return listingOfUnits(all), nil
	})
	if err != nil {
		return nil, err
	}
	return l.units, nil
}

// madeOf lists what name makes of the units that may be requested for somebody
// else, each once.
func (c *catalog) madeOf(ctx context.Context, grantee string, name func(*aponoapi.Entitlement) (db.Named, bool)) (*listing, error) {
	units, err := c.onBehalf(ctx, grantee)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	var all aponoapi.List[db.Named]
	for i := range units {
		if it, ok := name(&units[i]); ok && !seen[it.ID] {
			seen[it.ID] = true
			all.Items = append(all.Items, it)
		}
	}
	all.Total = len(all.Items)
	return listingOf(all, func(it db.Named) db.Named { return it }), nil
}

func integrationOf(u *aponoapi.Entitlement) db.Named {
	return db.Named{ID: u.Integration.ID, Name: u.Integration.Name}
}

// within says that a unit lies in an integration and is of a type.
func within(u *aponoapi.Entitlement, integration, resourceType string) bool {
	return u.Integration.ID == integration && u.ResourceType.ID == resourceType
}

// permissionsOnBehalf are those of a type, by name as v3 tells them.
func (c *catalog) permissionsOnBehalf(ctx context.Context, grantee, integration, resourceType string) (*listing, error) {
	several := false
	l, err := c.madeOf(ctx, grantee, func(u *aponoapi.Entitlement) (db.Named, bool) {
		several = several || within(u, integration, resourceType) && u.AllowMultiple
		return db.Named{ID: u.Permission.Name, Name: u.Permission.Name}, within(u, integration, resourceType)
	})
	if err == nil {
		l.several = several
	}
	return l, err
}

// actsFor is Apono with the token of who submitted on behalf of somebody else:
// what they ask for is never asked for with the bot's.
func (b *Bot) actsFor(ctx context.Context, k db.PersonKey) (*aponoapi.Client, db.Link, error) {
	p, err := b.Store.Person(ctx, k)
	if err != nil {
		return nil, db.Link{}, err
	}
	l, own, err := b.link(ctx, p)
	return own, l, err
}

// askOnBehalf asks Apono for access for somebody else.
func (b *Bot) askOnBehalf(ctx context.Context, sub db.Submission) ([]aponoapi.AccessRequest, error) {
	own, l, err := b.actsFor(ctx, sub.Person)
	if err != nil {
		return nil, err
	}
	created, err := own.CreateRequestV4(ctx, newRequestV4(sub.Asked))
	if errors.Is(err, aponoapi.ErrUnauthorized) {
		_, dropped := b.Store.DropLink(ctx, l.Person, l.Sealed, db.DroppedByApono)
		return nil, errors.Join(fmt.Errorf("%w: %w", errNotConnected, err), dropped)
	}
	return created, err
}

// nameOnBehalf gives the requests that Apono has just made for somebody else
// the names that v3 has for them, by which the bot's own token reads them.
func (b *Bot) nameOnBehalf(ctx context.Context, sub db.Submission, created []aponoapi.AccessRequest) error {
	own, _, err := b.actsFor(ctx, sub.Person)
	if err != nil {
		return err
	}
	var failed error
	for _, r := range created {
		r.Grantee.ID = sub.Asked.AponoUserID
		known, err := b.inV3(ctx, own, r, namesAsked)
		if err == nil {
			v4 := r.ID
			r.V3ID, r.FriendlyID = known.ID, known.FriendlyID
			err = b.Store.NameRequest(ctx, v4, b.requestOf(r, 0))
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// readRequest is a request as Apono tells the bot's own token. One that somebody
// made for another it may know only by the id that people read.
func (b *Bot) readRequest(ctx context.Context, id, friendlyID string) (aponoapi.AccessRequest, error) {
	r, err := b.Apono.Request(ctx, id)
	if errors.Is(err, aponoapi.ErrNotFound) && friendlyID != "" && friendlyID != id {
		return b.Apono.Request(ctx, friendlyID)
	}
	return r, err
}

// errUnread says that nobody can read a request now.
var errUnread = errors.New("neither the bot's token nor that of who asked can read the request")

// lookOnBehalf reads a request for somebody else: by the names of v3 with the
// bot's token, else with that of who asked.
func (b *Bot) lookOnBehalf(ctx context.Context, look *db.Look) (aponoapi.AccessRequest, *aponoapi.Client, error) {
	if look.FriendlyID != "" {
		r, err := b.Apono.RequestV3(ctx, look.FriendlyID)
		return r, b.Apono, err
	}
	own, _, err := b.actsFor(ctx, look.By)
	if err != nil {
		return aponoapi.AccessRequest{}, nil, errors.Join(errUnread, err)
	}
	r, err := own.DelegatedRequest(ctx, look.V4ID)
	if errors.Is(err, aponoapi.ErrUnauthorized) || errors.Is(err, aponoapi.ErrForbidden) {
		err = errors.Join(errUnread, err)
	}
	return r, own, err
}

// isGrantee says that the person is the one for whom somebody else asked.
func (t *turn) isGrantee(ctx context.Context, sub db.Submission) (bool, error) {
	if !sub.Asked.OnBehalf() {
		return false, nil
	}
	aponoID, err := t.identify(ctx)
	if err != nil {
		return false, t.unidentified(err)
	}
	return strings.EqualFold(aponoID, sub.Asked.AponoUserID), nil
}

// meet finds out who somebody new is in Apono, if a card may be waiting for
// them: somebody asked on behalf of people whom the bot does not know yet.
func (b *Bot) meet(ctx context.Context, p db.Person) error {
	awaited, err := b.Store.AwaitsGrantee(ctx)
	if err != nil || !awaited {
		return err
	}
	_, err = (&turn{bot: b, person: p}).identify(ctx)
	var s *sorryError
	if errors.As(err, &s) {
		return nil // who may not use the bot is told so when they do
	}
	return err
}
