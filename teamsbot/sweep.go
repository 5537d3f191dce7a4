package teamsbot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// What a sweep costs. Up to fewLooks requests that are due are read one by one,
// with one call each. If more are due, the list of the open ones is read, with
// one call and about half a megabyte for each 1,000 of them: once a minute for
// those that are granted, four times a minute for those that wait, and every
// few seconds for those that Apono is at work on. So 1,000 granted requests
// cost one call a minute, and 1,000 that wait four. Of what is due and not in
// the list nothing is known (it has ended, or the list was cut): up to
// looksPerSweep of those are read one by one.
const (
	fewLooks      = 5
	looksPerSweep = 100
	listedAtOnce  = 1000             // in a page, and compared in one statement
	listV3Every   = 15 * time.Second // v3 tells what is over, too
)

// part is a part of the requests that are not over, which is listed by itself:
// those that go on soon are few, and those that are granted many.
type part struct {
	statuses []aponoapi.Status
	spelled  []string // as the client API, and so presumably v4, spells them
}

var openParts = []part{
	{
		[]aponoapi.Status{aponoapi.Pending, aponoapi.PendingMFA, aponoapi.Granting, aponoapi.Revoking},
		[]string{"Initializing", "Pending", "PendingMFA", "Granting", "Revoking"},
	},
	{[]aponoapi.Status{aponoapi.Granted}, []string{"Active", "Granted"}},
}

// lists is what a bot knows of Apono's lists of requests.
type lists struct {
	delegatedShut shut        // the list of those that the bot asked for
	smallPages    atomic.Bool // Apono does not take listedAtOnce
	// When the last list of those that the bot asked for was read, and that of
	// v3. What was due then and still is, is not in them.
	at, v3At atomic.Int64
}

// Sweep looks at the requests whose time has come, so that a lost event costs
// seconds and not the truth: in Apono's lists if they are many, else one by one.
func (b *Bot) Sweep(ctx context.Context) error {
	err := b.sweepLists(ctx)
	now := b.Now()
	_, owed := b.Store.OweDueRefreshes(ctx, now, now.Add(lookWaiting), looksPerSweep)
	return errors.Join(err, owed)
}

// sweepLists reads the lists that are worth it. What they tell is not due any
// more.
func (b *Bot) sweepLists(ctx context.Context) error {
	began, last := b.Now(), time.Unix(0, b.lists.at.Load())
	due, err := b.Store.DueLooks(ctx, began, fewLooks+1)
	if err != nil || due <= fewLooks {
		return err
	}
	for _, p := range openParts {
		open, err := b.Store.Open(ctx, b.Now(), last)
		if err != nil {
			return err
		}
		if b.lists.delegatedShut.is(b.Now()) {
			return b.sweepV3(ctx, open)
		}
		if !p.isWorth(open) {
			continue
		}
		if err := b.sweepDelegated(ctx, p); err != nil {
			return err
		}
		b.lists.at.Store(began.UnixNano())
		if err := b.Store.DropNeedlessLooks(ctx); err != nil {
			return err
		}
	}
	return nil
}

// isWorth says that listing a part costs fewer calls than reading what is due
// one by one. Those of another part count: they may have come to this one.
func (p part) isWorth(open map[aponoapi.Status]db.OpenRequests) bool {
	all, due, here := 0, 0, 0
	for _, other := range openParts {
		for _, s := range other.statuses {
			due += open[s].Due
		}
	}
	for _, s := range p.statuses {
		all += open[s].All
		here += open[s].Due
	}
	leftOver := slices.Contains(p.statuses, aponoapi.Granted) // where those that waited come to
	return due > fewLooks && due > 1+all/listedAtOnce && (here > 0 || leftOver)
}

// sweepDelegated reads the list of what the bot asked for.
func (b *Bot) sweepDelegated(ctx context.Context, p part) error {
	l, err := b.listing(ctx)
	if err != nil {
		return err
	}
	filter := aponoapi.DelegatedFilter{Statuses: p.spelled, PageSize: listedAtOnce}
	if b.lists.smallPages.Load() {
		filter.PageSize = 0
	}
	var batch []aponoapi.AccessRequest
	for r, err := range b.Apono.DelegatedRequests(ctx, filter) {
		if errors.Is(err, aponoapi.ErrInvalid) && !b.lists.smallPages.Swap(true) {
			return err // the next one asks for less
		}
		if err != nil {
			// What was told stands; what was not is still due.
			return errors.Join(b.lists.delegatedShut.after(err, b.Now()), b.compare(ctx, l, batch))
		}
		if batch = append(batch, r); len(batch) == listedAtOnce {
			if err := b.compare(ctx, l, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return b.compare(ctx, l, batch)
}

// listing is the reading of a list that is about to be asked for.
func (b *Bot) listing(ctx context.Context) (db.Listing, error) {
	l, err := b.Store.StartListing(ctx)
	l.NamedAfter, l.ElsewhereAt = b.Now().Add(-namedWithin), b.Now().Add(lookElsewhere)
	return l, err
}

// compare holds a part of a list against what is remembered, and records what
// stands differently.
func (b *Bot) compare(ctx context.Context, l db.Listing, batch []aponoapi.AccessRequest) error {
	byName := make(map[string]aponoapi.AccessRequest, len(batch))
	for _, r := range batch {
		byName[r.ID] = r
	}
	changed, err := b.Store.Compare(ctx, l, b.asListed(batch))
	if err != nil {
		return err
	}
	for some := range slices.Chunk(changed, reportedAtOnce) {
		if err := b.recordChanged(ctx, l, some, byName); err != nil {
			return err
		}
	}
	return nil
}

// recordChanged records requests that a list tells to stand differently. What
// goes back in its life is looked at by itself: a list may lag behind.
func (b *Bot) recordChanged(ctx context.Context, l db.Listing, names []string, told map[string]aponoapi.AccessRequest) error {
	var all, decided []*db.Request
	var back []string
	var failed error
	for _, name := range names {
		before, err := b.Store.Request(ctx, name)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if goesBack(before.Status, told[name].Status) {
			back = append(back, name)
			continue
		}
		now := b.asTold(before, told[name], l.Reading)
		now.ToldSince = l.Began
		all = append(all, &now)
		if before.Status != now.Status && tellsWhy(now.Status) {
			decided = append(decided, &now)
		}
	}
	failed = errors.Join(failed, b.explain(ctx, decided...))
	for _, now := range all {
		failed = errors.Join(failed, b.Store.RecordStatus(ctx, *now))
	}
	return errors.Join(failed, b.Store.OweRefreshes(ctx, back, b.Now().Add(lookWaiting)))
}

// goesBack says that a request that is not over does not become so in its life.
func goesBack(from, to aponoapi.Status) bool {
	switch from {
	case aponoapi.Granting:
		return to == aponoapi.Pending || to == aponoapi.PendingMFA
	case aponoapi.Granted:
		return to.Waiting()
	case aponoapi.Revoking:
		return to.Waiting() || to.Active()
	}
	return false
}

// sweepV3 reads the list of everybody's requests, where the bot may not read
// that of its own. v3 knows fewer words, so a change is looked at by itself.
func (b *Bot) sweepV3(ctx context.Context, open map[aponoapi.Status]db.OpenRequests) error {
	now := b.Now()
	if now.Sub(time.Unix(0, b.lists.v3At.Load())) < listV3Every {
		return nil
	}
	b.lists.v3At.Store(now.UnixNano())
	days := 1
	for _, p := range openParts {
		for _, s := range p.statuses {
			if open[s].All > 0 {
				days = max(days, 2+int(now.Sub(open[s].Oldest)/(24*time.Hour)))
			}
		}
	}
	_, err := b.readV3(ctx, min(days, openDays))
	return err
}

// readV3 reads everybody's requests of the last days, compares them with what is
// remembered, and owes a look at what stands differently.
func (b *Bot) readV3(ctx context.Context, days int) (aponoapi.List[aponoapi.AccessRequest], error) {
	l, err := b.listing(ctx)
	if err != nil {
		return aponoapi.List[aponoapi.AccessRequest]{}, err
	}
	l.Vague = true
	list, err := b.Apono.RequestsV3(ctx, "", days)
	if err != nil {
		return list, err
	}
	for some := range slices.Chunk(list.Items, listedAtOnce) {
		changed, err := b.Store.Compare(ctx, l, b.asListed(some))
		if err != nil {
			return list, err
		}
		if err := b.Store.OweRefreshes(ctx, changed, b.Now().Add(lookWaiting)); err != nil {
			return list, err
		}
	}
	return list, nil
}

// asListed is what a part of a list tells, as far as the bot remembers it.
func (b *Bot) asListed(some []aponoapi.AccessRequest) []db.Told {
	now := b.Now()
	told := make([]db.Told, 0, len(some))
	for _, r := range some {
		if strings.ContainsRune(r.ID, 0) {
			continue // nothing that is remembered is called so
		}
		age := time.Hour
		if !r.CreatedAt.IsZero() {
			age = now.Sub(r.CreatedAt)
		}
		told = append(told, db.Told{
			Name: r.ID, Status: r.Status, Duration: r.Duration, LookAt: now.Add(lookAgain(r.Status, age)),
		})
	}
	return told
}
