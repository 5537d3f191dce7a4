package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

const (
	// untoldLasts is how long it is remembered that Apono does not let the bot's
	// token know something.
	untoldLasts = 10 * time.Minute
	// standsLasts is how long it is believed how the parts of a request stand:
	// long enough to turn its pages.
	standsLasts = 10 * time.Second
	// listPage is how many entries are asked for at once: as Apono's own command
	// line does, and not its default of 100, which would take 20 calls for 2,000.
	listPage = 1000
	// longestPart is how much of a part of a name is looked at.
	longestPart = 2000
)

// bundles are those that the person may request, by name.
func (c *catalog) bundles(ctx context.Context, user string) (*listing, error) {
	return c.get(ctx, listingKey{kind: "bundles", user: user}, func(ctx context.Context) (*listing, error) {
		return listingOfBundles(c.apono.AvailableBundles(ctx, aponoapi.BundleFilter{Grantee: user, PageSize: listPage}))
	})
}

// allBundles are all there are, by name.
func (c *catalog) allBundles(ctx context.Context) (*listing, error) {
	return c.get(ctx, listingKey{kind: "all bundles"}, func(ctx context.Context) (*listing, error) {
		return listingOfBundles(c.apono.Bundles(ctx, listPage))
	})
}

func listingOfBundles(bundles iter.Seq2[aponoapi.Bundle, error]) (*listing, error) {
	all, err := collect(bundles)
	if err != nil {
		return untold(err)
	}
	list := aponoapi.List[aponoapi.Bundle]{Items: all, Total: len(all)}
	return listingOf(list, func(b aponoapi.Bundle) db.Named { return db.Named{ID: b.ID, Name: b.Name} }), nil
}

// units are what a bundle contains for the person. A bundle of nothing counts
// as untold: it can only be requested whole.
func (c *catalog) units(ctx context.Context, user, bundle string) (*listing, error) {
	key := listingKey{kind: "units", user: user, integration: bundle}
	return c.get(ctx, key, func(ctx context.Context) (*listing, error) {
		all, err := collect(c.apono.AccessUnits(ctx, aponoapi.UnitFilter{
			BundleIDs: []string{bundle}, GranteeID: user, PageSize: listPage,
		}))
		if err != nil || len(all) == 0 {
			return untold(err)
		}
		return listingOfUnits(all), nil
	})
}

// entitlements are every permission on every resource of a type that the person
// may request, as v4 names them.
func (c *catalog) entitlements(ctx context.Context, user, integration, resourceType string) (*listing, error) {
	key := listingKey{"entitlements", user, integration, resourceType}
	return c.get(ctx, key, func(ctx context.Context) (*listing, error) {
		all, err := collect(c.apono.AvailableEntitlements(ctx, aponoapi.EntitlementSearch{
			Grantee: user, IntegrationID: integration, ResourceTypeIDs: []string{resourceType}, PageSize: listPage,
		}))
		if err != nil || len(all) == 0 {
			return untold(err)
		}
		return listingOfUnits(all), nil
	})
}

// questions are what the company asks with every request that can carry it.
func (c *catalog) questions(ctx context.Context) ([]aponoapi.CustomField, error) {
	l, err := c.get(ctx, listingKey{kind: "questions"}, func(ctx context.Context) (*listing, error) {
		me, err := c.apono.Me(ctx)
		if err != nil {
			return untold(err)
		}
		for i := range me.CustomFields {
			withoutNUL(&me.CustomFields[i].ID)
		}
		// What has to be answered comes first, should there be too many.
		slices.SortStableFunc(me.CustomFields, func(a, b aponoapi.CustomField) int {
			switch {
			case a.Required == b.Required:
				return 0
			case a.Required:
				return -1
			}
			return 1
		})
		return &listing{questions: me.CustomFields}, nil
	})
	if err != nil {
		return nil, err
	}
	return l.questions[:min(len(l.questions), cards.MaxQuestions)], nil
}

// untold is the listing of what this token may not know. Other errors stay
// errors: they pass.
func untold(err error) (*listing, error) {
	if err == nil || errors.Is(err, aponoapi.ErrUnauthorized) || errors.Is(err, aponoapi.ErrForbidden) || errors.Is(err, aponoapi.ErrNotFound) {
		return &listing{untold: true}, nil
	}
	return nil, err
}

func (l *listing) lasts() time.Duration {
	switch {
	case l.untold:
		return untoldLasts
	case l.brief:
		return lateLasts
	case l.stands:
		return standsLasts
	}
	return catalogLasts
}

func collect[T any](all iter.Seq2[T, error]) ([]T, error) {
	var items []T
	for it, err := range all {
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

// listingOfUnits lists units in the order of their systems, types and names.
// They can be searched by all that is known of them, also where the name that
// is shown has no room for it.
func listingOfUnits(units []aponoapi.Entitlement) *listing {
	type keyed struct {
		key string
		aponoapi.Entitlement
	}
	sorted := make([]keyed, len(units))
	for i := range units {
		u := &units[i]
		withoutNUL(&u.ID, &u.Integration.ID, &u.Resource.ID, &u.Permission.ID, &u.ResourceType.Name, &u.Permission.Name)
		sorted[i] = keyed{strings.ToLower(strings.Join(
			[]string{u.Integration.Name, u.ResourceType.Name, u.Resource.Name, u.Permission.Name, u.ResourcePath}, "\x00")), *u}
	}
	slices.SortStableFunc(sorted, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	for i := range sorted {
		units[i] = sorted[i].Entitlement
	}
	severalTypes, severalSystems := false, false
	for _, u := range units {
		severalSystems = severalSystems || u.Integration.ID != units[0].Integration.ID
		severalTypes = severalTypes || u.ResourceType.ID != units[0].ResourceType.ID
	}
	items := make([]db.Named, len(units))
	for i, u := range units {
		parts := []string{u.Resource.Name, u.Permission.Name}
		if severalTypes {
			parts = append(parts, u.ResourceType.Name)
		}
		if severalSystems {
			parts = append(parts, u.Integration.Name)
		}
		items[i] = db.Named{ID: unitID(&u), Name: joined(parts, cards.UnitLimit)}
	}
	l := newListing(items, 0)
	l.units = units
	for i := range units {
		l.lower[i] = sorted[i].key
	}
	return l
}

func unitID(u *aponoapi.Entitlement) string { return cmp.Or(u.ID, u.Resource.ID+" "+u.Permission.ID) }

// withoutNUL drops what Postgres does not keep.
func withoutNUL(texts ...*string) {
	for _, t := range texts {
		*t = strings.ReplaceAll(*t, "\x00", "")
	}
}

// joined joins the parts of a name within limit characters: the longest are cut
// as far as it takes.
func joined(parts []string, limit int) string {
	const between = " · "
	lengths := make([]int, len(parts))
	room := limit - (len(parts)-1)*utf8.RuneCountInString(between)
	rest := room
	for i, p := range parts {
		parts[i] = cards.Line(p, longestPart)
		lengths[i] = utf8.RuneCountInString(parts[i])
		rest -= lengths[i]
	}
	if rest >= 0 {
		return strings.Join(parts, between)
	}
	for most := limit; ; most-- {
		sum := 0
		for _, n := range lengths {
			sum += min(n, most)
		}
		if sum <= room || most <= 4 {
			for i, p := range parts {
				parts[i] = cards.Name(p, most)
			}
			return strings.Join(parts, between)
		}
	}
}

// kinds are the names that f tells of the units, the most frequent ones, in
// order, and whether there are more.
func (l *listing) kinds(f func(*aponoapi.Entitlement) string) (names []string, more bool) {
	count := make(map[string]int)
	for i := range l.units {
		count[f(&l.units[i])]++
	}
	for name := range count {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	more = len(names) > cards.MaxFilters
	names = names[:min(len(names), cards.MaxFilters)]
	slices.Sort(names)
	return names, more
}

func typeOf(u *aponoapi.Entitlement) string       { return u.ResourceType.Name }
func permissionOf(u *aponoapi.Entitlement) string { return u.Permission.Name }
