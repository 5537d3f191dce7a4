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

const (
	// namedWithin is how long after a request was made its names in v3 are
	// looked for while it is looked at.
	namedWithin = 10 * time.Minute
	// namesAsked bounds how many of a person's requests are asked for their name
	// in v4, to find one among them for a person who waits; a look asks one.
	namesAsked = 10
	// namesKept is how many of these names are remembered, and namesLast for how
	// long. One that v4 does not tell it may tell soon: a request is not
	// everywhere at once.
	namesKept   = 10_000
	namesLast   = 10 * time.Minute
	noNameLasts = 30 * time.Second
)

// errUnnamed says that Apono does not tell how v3 names a request.
var errUnnamed = errors.New("v3 has no name for the request")

// nameInV3 completes what v4 alone has told of a young request by the names
// that v3 has for it: the one that people read, and the one to revoke it by.
func (b *Bot) nameInV3(ctx context.Context, by *aponoapi.Client, r *aponoapi.AccessRequest, before db.Request) error {
	if r.V3ID != "" || before.FriendlyID != "" || b.Now().Sub(before.CreatedAt) > namedWithin {
		return nil
	}
	known, err := b.inV3(ctx, by, *r, 1)
	if errors.Is(err, errUnnamed) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("name request %s: %w", r.ID, err)
	}
	r.V3ID, r.FriendlyID = known.ID, known.FriendlyID
	return nil
}

// inV3 is a request that v4 told of as v3 tells of it. v3 and v4 have no id in
// common but the one that people read, and v4 does not tell that one. So the
// person's requests of the same words are asked for it one by one, limit at
// most; the answers are remembered for the next look.
func (b *Bot) inV3(ctx context.Context, by *aponoapi.Client, r aponoapi.AccessRequest, limit int) (aponoapi.AccessRequest, error) {
	const day = 24 * time.Hour
	days := 2 + int(max(0, b.Now().Sub(r.CreatedAt))/day)
	list, err := b.Apono.RequestsV3(ctx, r.Grantee.ID, days)
	if err != nil {
		return aponoapi.AccessRequest{}, err
	}
	candidates, err := b.unknownLike(ctx, r, list.Items)
	if err != nil {
		return aponoapi.AccessRequest{}, err
	}
	for _, candidate := range candidates {
		name, remembered := b.catalog.v4Names.GetIfPresent(candidate.FriendlyID)
		if !remembered {
			if limit--; limit < 0 {
				break
			}
			if name, err = b.nameInV4(ctx, by, candidate.FriendlyID); err != nil {
				return aponoapi.AccessRequest{}, err
			}
		}
		if name != "" && name == r.V4ID {
			return candidate, nil
		}
	}
	return aponoapi.AccessRequest{}, errUnnamed
}

// unknownLike are those of the same words as r that the bot does not know, first
// those in the same integration.
func (b *Bot) unknownLike(ctx context.Context, r aponoapi.AccessRequest, all []aponoapi.AccessRequest) ([]aponoapi.AccessRequest, error) {
	var like []aponoapi.AccessRequest
	var ids []string
	for _, c := range all {
		if c.FriendlyID != "" && c.Justification == r.Justification {
			like, ids = append(like, c), append(ids, c.ID)
		}
	}
	known, err := b.Store.KnownRequests(ctx, ids)
	if err != nil {
		return nil, err
	}
	like = slices.DeleteFunc(like, func(c aponoapi.AccessRequest) bool { return known[c.ID] })
	near := func(c aponoapi.AccessRequest) bool { return shareIntegration(c, r) }
	elsewhere := func(c aponoapi.AccessRequest) bool { return !near(c) }
	return append(slices.DeleteFunc(slices.Clone(like), elsewhere), slices.DeleteFunc(like, near)...), nil
}

func shareIntegration(a, b aponoapi.AccessRequest) bool {
	return slices.ContainsFunc(a.Groups, func(g aponoapi.Group) bool {
		return slices.ContainsFunc(b.Groups, func(o aponoapi.Group) bool { return g.Integration.ID == o.Integration.ID })
	})
}

// nameInV4 asks how v4 names a request: "" if it is not the bot's.
func (b *Bot) nameInV4(ctx context.Context, by *aponoapi.Client, friendlyID string) (string, error) {
	r, err := by.DelegatedRequest(ctx, friendlyID)
	if err != nil && !errors.Is(err, aponoapi.ErrNotFound) {
		return "", err
	}
	if r.V4ID != "" || by == b.Apono { // what one token is not told another may be
		b.catalog.v4Names.Set(friendlyID, r.V4ID)
	}
	return r.V4ID, nil
}

// v3ID is the name by which v3 revokes a request.
func (b *Bot) v3ID(ctx context.Context, r db.Request, told aponoapi.AccessRequest) (string, error) {
	if told.V3ID != "" {
		return told.V3ID, nil
	}
	if r.FriendlyID == "" {
		found, err := b.inV3(ctx, b.Apono, told, namesAsked)
		return found.ID, err
	}
	found, err := b.Apono.RequestV3(ctx, r.FriendlyID)
	return found.ID, err
}

// aboutOf tells what a request is for, where Apono names it.
func aboutOf(r aponoapi.AccessRequest) string {
	var groups []string
	for _, g := range r.Groups {
		if g.Integration.Name == "" {
			continue
		}
		name := cards.Line(g.Integration.Name, 80)
		var types []string
		for _, t := range g.ResourceTypes {
			types = append(types, t.Name)
		}
		if len(types) > 0 {
			name += " (" + inShort(types, 3) + ")"
		}
		groups = append(groups, name)
	}
	return strings.Join(groups, ", ")
}

// split are the requests that a submission became, of which one is named, if it
// became several. Nothing is told of what is not the person's.
func (t *turn) split(ctx context.Context, name string) (*ownSubmission, error) {
	o, err := t.ownRequest(ctx, name)
	if err != nil || o.sub.ID == "" {
		return nil, err
	}
	requests, err := t.bot.Store.RequestsOf(ctx, o.sub.ID)
	if err != nil || len(requests) < 2 {
		return nil, err
	}
	all := &ownSubmission{sub: o.sub, requests: requests}
	if t.press.Do == cards.DoOne {
		all.pressed = o.request.ID
	}
	return all, nil
}

// ownSubmission is one of a person's submissions, with all of its requests.
type ownSubmission struct {
	sub      db.Submission
	requests []db.Request
	pressed  string // the id of the one that is meant; "" for all
}

// askRevokeSome asks which requests of a submission are to end.
func (t *turn) askRevokeSome(all *ownSubmission, err error) (teams.Answer, error) {
	if err != nil {
		return teams.Answer{}, err
	}
	view := t.bot.submissionView(t.person, all.sub, all.requests...)
	if !slices.ContainsFunc(view.Requests, cards.Request.Revocable) {
		return teams.Answer{}, sorry(errors.New("not active"), wordsNotActive)
	}
	return t.dialog("Revoke access", cards.RevokeSome(view, all.pressed), teams.Medium)
}
