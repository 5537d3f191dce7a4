package teamsbot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// statusesWithin is how long a press waits for Apono to tell how each part of a
// request stands: then there is still time to show what the bot remembers.
const statusesWithin = 1500 * time.Millisecond

// errOthers says that a request is for another Apono user.
var errOthers = errors.New("the request is for another Apono user")

// viewResources shows what one request is for, and how each part of it stands.
func (t *turn) viewResources(ctx context.Context) (teams.Answer, error) {
	o, err := t.ownRequest(ctx, t.press.Request)
	if err != nil {
		return teams.Answer{}, err
	}
	one := []ownRequest{o}
	t.readReport(ctx, one)
	o = one[0]
	p, err := t.partsOf(ctx, o)
	if err != nil {
		return teams.Answer{}, err
	}
	return t.showParts(cards.Resources{Of: t.bot.ownView(t.person, o)}, p)
}

// showParts is the page of a request's parts that was asked for.
func (t *turn) showParts(v cards.Resources, p parts) (teams.Answer, error) {
	search := strings.Fields(strings.ToLower(cards.Line(t.press.Inputs[cards.FieldSearch], 100)))
	v.From, v.Search = max(0, t.press.From), strings.Join(search, " ")
	v.Total, v.Stands, v.Permissions, v.Whole, v.Late = len(p.all), p.stands(), p.permissions, p.whole, p.late
	found := slices.DeleteFunc(p.all, func(a cards.Access) bool {
		text := a.Resource + " " + a.Permission + " " + a.Integration
		if a.Status != "" {
			text += " " + a.Status.String()
		}
		return !containsAll(strings.ToLower(text), search)
	})
	v.Found = len(found)
	if v.From >= v.Found {
		v.From = 0
	}
	v.Page = found[v.From:min(v.From+cards.PageSize, v.Found)]
	return t.dialog("Resources", cards.ViewResources(v), teams.Medium)
}

// parts are the permissions on resources that a request is for.
type parts struct {
	all         []cards.Access
	permissions []string // if nobody tells which of them is on which resource
	whole       bool     // of the whole submission: it cannot be told which are the request's
	late        bool     // Apono has not told how they stand
}

// stands counts how many of them stand how.
func (p parts) stands() map[aponoapi.Status]int {
	n := make(map[aponoapi.Status]int)
	for _, a := range p.all {
		if a.Status != "" {
			n[a.Status]++
		}
	}
	return n
}

// partsOf is what a request is for: as Apono tells it, with how each part
// stands, else as the bot remembers it.
func (t *turn) partsOf(ctx context.Context, o ownRequest) (parts, error) {
	told, err := t.told(ctx, o)
	var s *sorryError
	if errors.As(err, &s) {
		return parts{}, err
	}
	if err == nil && len(told.units) > 0 {
		return parts{all: failedFirst(accessTo(told.units))}, nil
	}
	t.err = err // there is something to show without it
	p, failed := t.remembered(ctx, o)
	if failed != nil {
		return parts{}, sorry(failed, t.bot.wordsOf(failed))
	}
	p.late = err != nil
	return p, nil
}

// told is what Apono tells of the parts of a request.
func (t *turn) told(ctx context.Context, o ownRequest) (*listing, error) {
	ctx, cancel := context.WithTimeout(ctx, t.bot.within(statusesWithin))
	defer cancel()
	user, err := t.identify(ctx)
	if err != nil {
		return nil, err
	}
	l, err := t.bot.catalog.parts(ctx, user, o.request.ID)
	if errors.Is(err, errOthers) {
		return nil, sorry(err, wordsNoRequest)
	}
	return l, err
}

// parts are what a request is made of, with how each part stands (v4, whose
// service token may not be told: then it is untold). With that token Apono
// checks the bot's rights, so that it is made sure that user receives the access.
func (c *catalog) parts(ctx context.Context, user, request string) (*listing, error) {
	closed := listingKey{kind: "parts"} // to this token
	if l, ok := c.kept.GetIfPresent(closed); ok {
		return l, nil
	}
	return c.get(ctx, listingKey{kind: "parts", user: user, integration: request}, func(ctx context.Context) (*listing, error) {
		r, err := c.apono.Request(ctx, request)
		switch {
		case errors.Is(err, aponoapi.ErrNotFound): // put away
			return untold(err)
		case err != nil:
			return nil, err
		case !strings.EqualFold(r.Grantee.ID, user):
			return nil, fmt.Errorf("request %s: %w", request, errOthers)
		case r.V4ID == "":
			return untold(nil)
		}
		all, err := collect(c.apono.EntitlementsV4(ctx, r.V4ID, aponoapi.EntitlementFilter{PageSize: listPage}))
		if errors.Is(err, aponoapi.ErrUnauthorized) || errors.Is(err, aponoapi.ErrForbidden) {
			c.kept.Set(closed, &listing{untold: true})
		}
		if err != nil {
			return untold(err)
		}
		l := listingOfUnits(all)
		l.stands = true
		return l, nil
	})
}

// remembered is what the bot knows of a request's parts by itself. Of a
// submission that became several requests, each is for what lies in its own
// integrations.
func (t *turn) remembered(ctx context.Context, o ownRequest) (parts, error) {
	a := o.sub.Asked
	if a.Bundle.ID == "" {
		if err := t.nameResources(ctx, &o); err != nil {
			return parts{}, err
		}
		_, whole, err := t.lyingIn(ctx, o)
		p := o.parts()
		p.whole = whole
		return p, err
	}
	units, err := t.unitsOf(ctx, a)
	if err != nil {
		return parts{}, err
	}
	only, whole, err := t.lyingIn(ctx, o)
	if err != nil {
		return parts{}, err
	}
	if only != nil {
		units = slices.DeleteFunc(units, func(u aponoapi.Entitlement) bool { return !slices.Contains(only, u.Integration.ID) })
	}
	return parts{all: accessTo(units), whole: whole}, nil
}

// lyingIn are the integrations in which one of several requests of a submission
// lies, by their ids; nil if it is the only one. whole says that they do not tell
// it from the others.
func (t *turn) lyingIn(ctx context.Context, o ownRequest) (only []string, whole bool, err error) {
	if o.sub.ID == "" {
		return nil, false, nil
	}
	all, err := t.bot.Store.RequestsOf(ctx, o.sub.ID)
	if err != nil || len(all) < 2 {
		return nil, false, err
	}
	for _, r := range all {
		lies := func(id string) bool { return slices.Contains(r.Integrations, id) }
		if len(r.Integrations) == 0 || r.ID != o.request.ID && slices.ContainsFunc(o.request.Integrations, lies) {
			return nil, true, nil
		}
	}
	return o.request.Integrations, false, nil
}

// unitsOf are what a bundle was asked for: what was ticked, else all of it.
func (t *turn) unitsOf(ctx context.Context, a db.Asked) (units []aponoapi.Entitlement, err error) {
	for _, u := range a.Units {
		units = append(units, aponoapi.Entitlement{
			Integration: aponoapi.Integration{ID: u.Integration.ID, Name: u.Integration.Name},
			Resource:    aponoapi.Resource{Name: u.Resource.Name}, Permission: aponoapi.Permission{Name: u.Permission.Name},
		})
	}
	if len(units) > 0 {
		return units, nil
	}
	l, err := t.bot.catalog.units(ctx, a.AponoUserID, a.Bundle.ID)
	if err != nil {
		return nil, err
	}
	return slices.Clone(l.units), nil
}

// accessTo is what units give, each with its integration if there are several.
func accessTo(units []aponoapi.Entitlement) []cards.Access {
	several := slices.ContainsFunc(units, func(u aponoapi.Entitlement) bool { return u.Integration.ID != units[0].Integration.ID })
	all := make([]cards.Access, len(units))
	for i, u := range units {
		all[i] = cards.Access{Resource: u.Resource.Name, Permission: u.Permission.Name, Status: u.Status}
		if several {
			all[i].Integration = u.Integration.Name
		}
	}
	return all
}

// failedFirst puts first what one looks for after a partial grant.
func failedFirst(all []cards.Access) []cards.Access {
	failed := func(a cards.Access) int {
		if a.Status == aponoapi.Failed {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b cards.Access) int { return failed(a) - failed(b) })
	return all
}

// parts are the resources and permissions of a request. One that was made here
// asks for every permission on every resource. Of one that was made elsewhere
// v3 tells all resources and all permissions, and not which belongs to which,
// which is certain only if there is one of either.
func (o ownRequest) parts() parts {
	a := o.sub.Asked
	resources := o.resourceNames()
	if o.sub.ID == "" && len(resources) > 1 && len(a.Permissions) > 1 {
		return parts{all: accessOn(resources, []string{""}), permissions: a.Permissions}
	}
	if len(a.Permissions) == 0 {
		a.Permissions = []string{""}
	}
	return parts{all: accessOn(resources, a.Permissions)}
}

func accessOn(resources, permissions []string) (all []cards.Access) {
	for _, r := range resources {
		for _, p := range permissions {
			all = append(all, cards.Access{Resource: r, Permission: p})
		}
	}
	return all
}
