package teamsbot

import (
	"context"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
)

// lateLasts is how long a list of requests is kept that came too late for the
// press that asked for it, so that the next press has it. One that comes in time
// is read anew each time: how requests stand changes.
const lateLasts = 10 * time.Second

// kindChange is the kind of the marks that a person has changed something.
const kindChange = "change"

// requests are those of a person that Apono tells of the last days.
func (c *catalog) requests(ctx context.Context, user string, days int) (*listing, error) {
	return c.get(ctx, requestsKey(user, days), func(ctx context.Context) (*listing, error) {
		told, err := c.apono.RequestsV3(ctx, user, days)
		if err != nil {
			return nil, err
		}
		return &listing{requests: told.Items, cut: told.Cut(), brief: true}, nil
	})
}

func requestsKey(user string, days int) listingKey {
	return listingKey{kind: "requests", user: user, integration: strconv.Itoa(days)}
}

// changed forgets how a person's requests stand, since they have changed one.
// What is being read just now is not kept either.
func (c *catalog) changed(user string) {
	c.kept.Set(listingKey{kind: kindChange, user: user}, &listing{made: time.Now()})
	for _, days := range []int{openDays, mineDays} {
		key := requestsKey(user, days)
		c.loads.Forget(key.name())
		c.kept.Invalidate(key)
	}
}

// changedSince says that a person has changed one of their requests after t.
func (c *catalog) changedSince(user string, t time.Time) bool {
	mark, ok := c.kept.GetIfPresent(listingKey{kind: kindChange, user: user})
	return ok && !mark.made.Before(t)
}

// listed is what Apono lists for the person: what is open, however old, and
// what is over of the last days. v3 tells no times to tell them apart by.
func (t *turn) listed(ctx context.Context, aponoID string) (all []aponoapi.AccessRequest, cut int, err error) {
	var open, closed *listing
	group, each := errgroup.WithContext(ctx)
	if t.press.List != cards.ListClosed {
		group.Go(func() (err error) { open, err = t.bot.catalog.requests(each, aponoID, openDays); return err })
	}
	if t.press.List != cards.ListOpen && t.press.List != cards.ListAccess {
		group.Go(func() (err error) { closed, err = t.bot.catalog.requests(each, aponoID, mineDays); return err })
	}
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	for _, part := range []*listing{open, closed} {
		if part == nil {
			continue
		}
		for _, r := range part.requests {
			if r.Status.Over() == (part == closed) {
				all = append(all, r)
			}
		}
		cut = max(cut, part.cut)
	}
	return all, cut, nil
}
