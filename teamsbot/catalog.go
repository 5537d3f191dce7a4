package teamsbot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

const (
	// catalogLasts is how long a list of Apono's is believed.
	catalogLasts = time.Minute
	// catalogLoads bounds the loading of one list, which goes on after the
	// press that needed it was answered.
	catalogLoads = 30 * time.Second
	// catalogWeight bounds all lists together, in bytes of names.
	catalogWeight = 64 << 20
)

// listing is one list of what a person may request.
type listing struct {
	items   []db.Named
	lower   []string // the items' names, to search in
	cut     int      // how many Apono has but did not tell
	several bool     // permissions: one request may name several
	untold  bool     // Apono does not let the bot's token know
	stands  bool     // the units tell how they stand just now

	units     []aponoapi.Entitlement // the contents of a bundle or a request: what the items name
	questions []aponoapi.CustomField // the company's own

	requests []aponoapi.AccessRequest // the person's own
	reports  []aponoapi.Activity      // of requests made elsewhere
	brief    bool                     // kept only when it came too late for who asked
	made     time.Time                // of a change: when it was made
}

// listingKey names a listing: whose, of what.
type listingKey struct {
	kind, user, integration, resourceType string
}

// catalog is what people may request, as Apono tells it, kept for a short
// while. Apono has no search and no paging for these lists.
type catalog struct {
	apono *aponoapi.Client
	as    string // the Apono user whose token it is; "" for the bot's own
	kept  *otter.Cache[listingKey, *listing]
	loads *singleflight.Group

	v4Names *otter.Cache[string, string] // of requests, by the ids that people read
}

func newCatalog(apono *aponoapi.Client) (*catalog, error) {
	kept, err := otter.New(&otter.Options[listingKey, *listing]{
		MaximumWeight:    catalogWeight,
		Weigher:          func(_ listingKey, l *listing) uint32 { return l.weight() },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[listingKey, *listing]) time.Duration { return e.Value.lasts() }),
	})
	if err != nil {
		return nil, fmt.Errorf("make the catalog's cache: %w", err)
	}
	v4Names, err := otter.New(&otter.Options[string, string]{
		MaximumSize: namesKept,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, string]) time.Duration {
			if e.Value == "" {
				return noNameLasts
			}
			return namesLast
		}),
	})
	if err != nil {
		return nil, fmt.Errorf("make the cache of names: %w", err)
	}
	return &catalog{apono: apono, kept: kept, loads: &singleflight.Group{}, v4Names: v4Names}, nil
}

// integrations are those in which the person may request something, by name.
func (c *catalog) integrations(ctx context.Context, user string) (*listing, error) {
	if c.as != "" {
		return c.madeOf(ctx, user, func(u *aponoapi.Entitlement) (db.Named, bool) { return integrationOf(u), true })
	}
	return c.get(ctx, listingKey{kind: "integrations", user: user}, func(ctx context.Context) (*listing, error) {
		ids, err := c.apono.SelectableIntegrations(ctx, user)
		if err != nil || len(ids.Items) == 0 {
			return &listing{}, err
		}
		names, err := c.integrationNames(ctx)
		if err != nil {
			return nil, err
		}
		return listingOf(ids, func(id string) db.Named { return db.Named{ID: id, Name: cmp.Or(names[id], id)} }), nil
	})
}

// allIntegrations are all there are, by name.
func (c *catalog) allIntegrations(ctx context.Context) (*listing, error) {
	return c.get(ctx, listingKey{kind: "names"}, func(ctx context.Context) (*listing, error) {
		all, err := c.apono.Integrations(ctx)
		if err != nil {
			return nil, err
		}
		return listingOf(all, func(it aponoapi.Integration) db.Named { return db.Named{ID: it.ID, Name: it.Name} }), nil
	})
}

// integrationNames are the names of all integrations by id: the selectable list
// tells ids only.
func (c *catalog) integrationNames(ctx context.Context) (map[string]string, error) {
	all, err := c.allIntegrations(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(all.items))
	for _, it := range all.items {
		names[it.ID] = it.Name
	}
	return names, nil
}

func (c *catalog) resourceTypes(ctx context.Context, user, integration string) (*listing, error) {
	if c.as != "" {
		return c.madeOf(ctx, user, func(u *aponoapi.Entitlement) (db.Named, bool) {
			return db.Named{ID: u.ResourceType.ID, Name: u.ResourceType.Name}, u.Integration.ID == integration
		})
	}
	key := listingKey{kind: "types", user: user, integration: integration}
	return c.get(ctx, key, func(ctx context.Context) (*listing, error) {
		all, err := c.apono.SelectableResourceTypes(ctx, user, integration)
		if err != nil {
			return nil, err
		}
		return listingOf(all, func(it aponoapi.ResourceType) db.Named { return db.Named{ID: it.ID, Name: it.Name} }), nil
	})
}

func (c *catalog) resources(ctx context.Context, user, integration, resourceType string) (*listing, error) {
	if c.as != "" {
		return c.madeOf(ctx, user, func(u *aponoapi.Entitlement) (db.Named, bool) {
			return db.Named{ID: u.Resource.ID, Name: u.Resource.Name}, within(u, integration, resourceType)
		})
	}
	key := listingKey{"resources", user, integration, resourceType}
	return c.get(ctx, key, func(ctx context.Context) (*listing, error) {
		all, err := c.apono.SelectableResources(ctx, user, integration, resourceType)
		if err != nil {
			return nil, err
		}
		return listingOf(all, func(it aponoapi.Resource) db.Named { return db.Named{ID: it.ID, Name: it.Name} }), nil
	})
}

func (c *catalog) permissions(ctx context.Context, user, integration, resourceType string) (*listing, error) {
	if c.as != "" {
		return c.permissionsOnBehalf(ctx, user, integration, resourceType)
	}
	key := listingKey{"permissions", user, integration, resourceType}
	return c.get(ctx, key, func(ctx context.Context) (*listing, error) {
		all, err := c.apono.SelectablePermissions(ctx, user, integration, resourceType)
		if err != nil {
			return nil, err
		}
		items := make([]db.Named, len(all.Names))
		for i, name := range all.Names {
			items[i] = db.Named{ID: name, Name: name}
		}
		l := newListing(items, max(0, all.Total-len(items)))
		l.several = all.AllowMultiple
		return l, nil
	})
}

// get is the kept listing, else the loaded one. Many callers make one load,
// which goes on into the cache when they cannot wait for it.
func (c *catalog) get(ctx context.Context, key listingKey, load func(context.Context) (*listing, error)) (*listing, error) {
	if c.as != "" {
		key.kind = "as " + c.as + ": " + key.kind // what others may know is another matter
	}
	if l, ok := c.kept.GetIfPresent(key); ok {
		return l, nil
	}
	began := time.Now()
	loaded := c.loads.DoChan(key.name(), func() (any, error) {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), catalogLoads)
		defer cancel()
		var l *listing
		err := safely(func() (err error) { l, err = load(within); return err })
		if err == nil && (!l.brief || ctx.Err() != nil && !c.changedSince(key.user, began)) {
			c.kept.Set(key, l)
		}
		return l, err
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("list %s: %w", key.kind, ctx.Err())
	case result := <-loaded:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*listing), nil
	}
}

// name is the key as one text.
func (k listingKey) name() string {
	return strings.Join([]string{k.kind, k.user, k.integration, k.resourceType}, "\x00")
}

// listingOf is a list of Apono's in the order of its names.
func listingOf[T any](all aponoapi.List[T], name func(T) db.Named) *listing {
	items := make([]db.Named, len(all.Items))
	for i, it := range all.Items {
		items[i] = name(it)
	}
	slices.SortFunc(items, func(a, b db.Named) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return newListing(items, all.Cut())
}

func newListing(items []db.Named, cut int) *listing {
	l := &listing{items: items, lower: make([]string, len(items)), cut: cut}
	for i, it := range items {
		// Postgres keeps no NUL, and nobody means one.
		it.ID, it.Name = strings.ReplaceAll(it.ID, "\x00", ""), strings.ReplaceAll(it.Name, "\x00", "")
		items[i], l.lower[i] = it, strings.ToLower(it.Name)
	}
	return l
}

// find gives the items whose names contain every word of search, and how many
// they are; of them those from skip on, limit at most.
func (l *listing) find(search string, skip, limit int) (page []db.Named, found int) {
	return l.findOf(nil, search, skip, limit)
}

// findOf is find among those items, by their places, that keep lets pass; nil
// lets all.
func (l *listing) findOf(keep func(int) bool, search string, skip, limit int) (page []db.Named, found int) {
	words := strings.Fields(strings.ToLower(search))
	for i, name := range l.lower {
		if keep != nil && !keep(i) || !containsAll(name, words) {
			continue
		}
		if found >= skip && len(page) < limit {
			page = append(page, l.items[i])
		}
		found++
	}
	return page, found
}

func containsAll(name string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(name, w) {
			return false
		}
	}
	return true
}

// weight is about what the listing holds in memory.
func (l *listing) weight() uint32 {
	n := 100
	for _, it := range l.items {
		n += len(it.ID) + 2*len(it.Name) + 48
	}
	for i := range l.units {
		u := &l.units[i]
		n += 400 + len(u.Resource.Name) + len(u.Permission.Name) + len(u.ResourcePath) + len(l.lower[i])
	}
	for i := range l.requests {
		n += 400 + len(l.requests[i].Justification)
	}
	for i := range l.reports {
		n += 600 + len(strings.Join(l.reports[i].Resources, ""))
	}
	return uint32(min(n, catalogWeight))
}
