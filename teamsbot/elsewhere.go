package teamsbot

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

const (
	// elsewhereEvery is how often everybody's requests are read, to find those
	// that were made elsewhere. It costs one call. While approvers wait for them,
	// and after an event about a request that nobody knows, it is elsewhereApart
	// after the last one.
	elsewhereEvery = 5 * time.Minute
	elsewhereApart = time.Minute
	// lookElsewhere is when a request that was made elsewhere is looked at by
	// itself: the list is faster.
	lookElsewhere = elsewhereEvery + time.Minute
	// elsewhereDays is of how many days requests are read; older ones that the
	// bot does not remember are left to Apono. When a channel begins to watch it is
	// pendingDays, once: a request may wait that long.
	elsewhereDays = 2
	pendingDays   = 30
	// foundAtOnce bounds how many are asked about in v4 each time.
	foundAtOnce = 50
)

// LookElsewhere reads everybody's requests: to find those that people whom the
// bot knows made in Apono's portal or with its command line, and to hold the
// others against what is remembered. What is not in the list may be cut off
// from it, so that means nothing.
func (b *Bot) LookElsewhere(ctx context.Context) error {
	err := b.lookElsewhere(ctx, elsewhereDays)
	if ctx.Err() != nil {
		return err
	}
	watched, failed := b.Store.Watched(ctx)
	if err != nil || failed != nil || watched {
		return errors.Join(err, failed, b.Store.BringForward(ctx, turnElsewhere, elsewhereApart))
	}
	return nil
}

// lookElsewhere reads the requests of the last days.
func (b *Bot) lookElsewhere(ctx context.Context, days int) error {
	reading, err := b.Store.NextReading(ctx)
	if err != nil {
		return err
	}
	list, err := b.readV3(ctx, days)
	if refusedToToken(err) {
		return nil // v3 is closed to this token, and people are told so where they ask
	}
	if err != nil {
		return err
	}
	made, err := b.madeElsewhere(ctx, list.Items)
	if err != nil || len(made) == 0 {
		return err
	}
	names, err := b.catalog.integrationNames(ctx)
	if err != nil {
		b.Log.Warn().Err(loggable(err)).Msg("integrations are not known by name")
	}
	// Some that always fail must not keep the others from being found.
	rand.Shuffle(len(made), func(i, j int) { made[i], made[j] = made[j], made[i] })
	made = made[:min(len(made), foundAtOnce)]
	slices.SortFunc(made, func(a, b found) int { return b.at - a.at }) // nobody tells when they were made, but in what order
	var failed error
	for _, r := range made {
		if len(r.Groups) > 0 {
			r.Groups[0].Integration.Name = names[r.Groups[0].Integration.ID]
		}
		failed = errors.Join(failed, b.rememberElsewhere(ctx, r.by, r.AccessRequest, reading))
	}
	return failed
}

// found is a request that was made elsewhere, and whose it is; nobody's if the
// bot does not know them.
type found struct {
	aponoapi.AccessRequest
	by db.PersonKey
	at int // in the list, which begins with the newest
}

// madeElsewhere are those of a list that are not over, that nobody remembers,
// and that are of people whom the bot knows, or that approvers may wait for.
func (b *Bot) madeElsewhere(ctx context.Context, all []aponoapi.AccessRequest) ([]found, error) {
	var names, grantees []string
	for _, r := range all {
		if isOpen(r) {
			names, grantees = append(names, r.ID, r.FriendlyID), append(grantees, r.Grantee.ID)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	known, err := b.Store.KnownRequests(ctx, names)
	if err != nil {
		return nil, err
	}
	people, err := b.Store.PeopleInApono(ctx, grantees)
	if err != nil {
		return nil, err
	}
	watched, err := b.Store.Watched(ctx)
	if err != nil {
		return nil, err
	}
	var made []found
	for i, r := range all {
		p := people[r.Grantee.ID]
		switch {
		case !isOpen(r), known[r.ID], known[r.FriendlyID], p.Busy:
		case p.Reached:
			made = append(made, found{r, p.Person, i})
		case watched && r.Status == aponoapi.Pending:
			made = append(made, found{r, db.PersonKey{}, i})
		}
	}
	return made, nil
}

// isOpen says that a request is not over, and has names to remember it by.
func isOpen(r aponoapi.AccessRequest) bool {
	return !r.Status.Over() && r.FriendlyID != "" && !strings.ContainsRune(r.ID+r.FriendlyID+r.Grantee.ID, 0)
}

// rememberElsewhere remembers one that was made elsewhere, unless it is the
// bot's own by the name that v4 has for it.
func (b *Bot) rememberElsewhere(ctx context.Context, k db.PersonKey, r aponoapi.AccessRequest, reading int64) error {
	told, err := b.Apono.DelegatedRequest(ctx, r.FriendlyID)
	switch {
	case refusedToToken(err): // not the bot's
	case err != nil:
		return err
	default:
		r.V4ID, r.Status, r.Duration, r.CreatedAt = told.V4ID, told.Status, told.Duration, told.CreatedAt
		known, err := b.Store.KnownRequests(ctx, []string{told.V4ID})
		if err != nil {
			return err
		}
		if known[told.V4ID] {
			return b.Store.NameRequest(ctx, told.V4ID, b.requestOf(r, reading))
		}
	}
	now := b.requestOf(r, reading)
	if now.Status.Over() {
		return nil
	}
	now.LookAt = b.Now().Add(lookElsewhere)
	if tellsWhy(now.Status) {
		if err := b.explain(ctx, &now); err != nil {
			b.Log.Warn().Err(loggable(err)).Msg("who decided is not known")
		}
	}
	asked := elsewhere(r, time.Time{}).sub.Asked
	asked.AponoUserID = r.Grantee.ID
	err = b.Store.RememberElsewhere(ctx, k, asked, now)
	if errors.Is(err, db.ErrTaken) {
		return nil
	}
	return err
}
