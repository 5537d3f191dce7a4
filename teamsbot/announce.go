package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

const (
	// historyLasts bounds the wait for what somebody asked for before: a card for
	// approvers must not come late because of it.
	historyLasts = 3 * time.Second
	// historyDays is of how many days Apono is asked for it.
	historyDays = 90
	// shownBefore is how many earlier requests an approver is told of.
	shownBefore = 3
	// rememberedBefore is how many of them are looked at.
	rememberedBefore = 100
)

// announceFields are what is asked of Apono's report for approvers.
var announceFields = []string{
	"request_id", "requestor_name", "requestor_email", "grantee_name", "grantee_id", "bundle_name", "resource_type",
	"resources", "permissions",
}

// announce brings a request that waits for approval to everybody who watches for
// it: the channels, and the approvers who want it in their own chat.
func (b *Bot) announce(ctx context.Context, job db.AnnounceRequest) error {
	watched, err := b.Store.Watched(ctx)
	if err != nil || !watched {
		return err
	}
	r, err := b.Store.ToReview(ctx, job.RequestID)
	if err != nil || r.Status != aponoapi.Pending {
		return err
	}
	if r, err = b.prepare(ctx, r); err != nil {
		return err
	}
	watches, err := b.Store.Watches(ctx)
	if err != nil {
		return err
	}
	for _, w := range watches {
		if r.IsFor(w) {
			err = errors.Join(err, b.Store.OweReview(ctx, r.ID, b.placeOf(w)))
		}
	}
	return errors.Join(err, b.Store.BringForward(ctx, turnTasks, tasksApart))
}

// announcePending brings what waits for approval to a channel that has begun to
// watch.
func (b *Bot) announcePending(ctx context.Context, job db.AnnouncePending) error {
	if err := b.lookElsewhere(ctx, pendingDays); err != nil {
		b.Log.Warn().Err(loggable(err)).Msg("what was made elsewhere is not all known")
	}
	here, err := b.Store.WatchesOf(ctx, job.ConversationID)
	if err != nil || len(here) == 0 {
		return err
	}
	pending, err := b.Store.Pending(ctx, db.PendingRead)
	if err != nil {
		return err
	}
	shown := 0
	for _, r := range pending {
		at := slices.IndexFunc(here, r.IsFor)
		if at < 0 && r.Submission.State == db.Elsewhere { // who asks, only Apono's report tells
			if r, err = b.prepare(ctx, r); err != nil {
				return err
			}
			at = slices.IndexFunc(here, r.IsFor)
		}
		if at < 0 {
			continue
		}
		if r, err = b.prepare(ctx, r); err != nil {
			return err
		}
		if err := b.Store.OweReview(ctx, r.ID, b.placeOf(here[at])); err != nil {
			return err
		}
		if shown++; shown == db.PendingAtOnce {
			break
		}
	}
	return nil
}

// placeOf is where the cards go that a watch is for.
func (b *Bot) placeOf(w db.Watch) db.Place {
	return db.Place{ConversationID: w.ConversationID, TimeZone: w.TimeZone, Locale: w.Locale, Since: b.Now()}
}

// prepare completes what approvers are told of a request: who asks for whom, and
// what they had before. What Apono does not tell now is left out: the card does
// not wait for it.
func (b *Bot) prepare(ctx context.Context, r db.ToReview) (db.ToReview, error) {
	if r.Review.Before != nil {
		return r, nil // it was prepared before
	}
	ctx, cancel := context.WithTimeout(ctx, b.within(historyLasts))
	defer cancel()
	if err := b.nameParties(ctx, &r); err != nil {
		b.Log.Warn().Err(loggable(err)).Str("request_id", r.ID).Msg("who asks is not all known")
	}
	before, err := b.before(ctx, r)
	if err != nil {
		b.Log.Warn().Err(loggable(err)).Str("request_id", r.ID).Msg("what was asked for before is not all known")
	}
	r.Review.Before = before
	found := db.Review{Requester: r.Review.Requester, Grantee: r.Review.Grantee, Before: before}
	late := context.WithoutCancel(ctx)
	if r.Submission.State == db.Elsewhere {
		if err := b.Store.NameAsked(late, r.Submission); err != nil {
			return r, err
		}
	}
	return r, b.Store.RecordReview(late, r.ID, found) // who has decided meanwhile stays
}

// nameParties finds out who asks for whom: of what was asked for here from the
// people that the bot knows, else from Apono's report, which tells what was
// asked by name, too.
func (b *Bot) nameParties(ctx context.Context, r *db.ToReview) error {
	v, a := &r.Review, &r.Submission.Asked
	v.Grantee.ID = cmp.Or(v.Grantee.ID, a.AponoUserID)
	if r.Submission.State != db.Elsewhere {
		p, err := b.Store.Person(ctx, r.Submission.Person)
		if err != nil {
			return err
		}
		v.Requester = db.Party{ID: p.AponoID, Email: strings.ToLower(p.Email), Name: p.Name}
		if v.Grantee.ID == p.AponoID {
			v.Grantee = v.Requester
			return nil
		}
	}
	var failed error
	if u, err := b.Apono.User(ctx, v.Grantee.ID); err == nil {
		v.Grantee = db.Party{ID: u.ID, Email: strings.ToLower(u.Email), Name: u.Name()}
	} else {
		failed = err
	}
	if r.Submission.State == db.Elsewhere && !b.reportShut.is(b.Now()) {
		failed = errors.Join(failed, b.nameFromReport(ctx, r))
	}
	return failed
}

// nameFromReport adds what Apono's report tells of a request made elsewhere.
func (b *Bot) nameFromReport(ctx context.Context, r *db.ToReview) error {
	told, err := b.Apono.Activity(ctx, aponoapi.ActivityFilter{RequestIDs: []string{cmp.Or(r.FriendlyID, r.ID)}, Fields: announceFields})
	if err != nil {
		return b.reportShut.after(err, b.Now())
	}
	v, a := &r.Review, &r.Submission.Asked
	for _, line := range told.Items {
		if line.RequestID != r.FriendlyID && line.RequestID != r.ID {
			continue
		}
		v.Requester = db.Party{Email: strings.ToLower(line.Requester.Email), Name: line.Requester.Name}
		if v.Requester.Email == v.Grantee.Email {
			v.Requester = v.Grantee
		}
		v.Grantee.Name = cmp.Or(v.Grantee.Name, line.Grantee.Name)
		a.Bundle.Name = cmp.Or(a.Bundle.Name, line.Bundle)
		a.ResourceType.Name = cmp.Or(a.ResourceType.Name, line.ResourceType)
		for i, name := range line.Resources {
			if len(line.Resources) == len(a.Resources) {
				a.Resources[i].Name = name
			}
		}
	}
	return nil
}

// before is what the person who is to receive an access asked for before, as
// the bot remembers it and as Apono lists it. It is nil where neither is known:
// what Apono does not list may be there all the same.
func (b *Bot) before(ctx context.Context, r db.ToReview) (*db.Before, error) {
	grantee := r.Review.Grantee.ID
	if grantee == "" {
		return nil, nil
	}
	remembered, err := b.Store.OfGrantee(ctx, grantee, rememberedBefore)
	if err != nil {
		return nil, err
	}
	h := history{of: r, here: make(map[string]db.ToReview)}
	for _, o := range remembered {
		if o.ID != r.ID {
			h.here[o.ID], h.here[o.FriendlyID] = o, o
			h.add(past{cmp.Or(o.FriendlyID, o.ID), o.Submission.Asked, o.Status, o.CreatedAt})
		}
	}
	list, err := b.Apono.RequestsV3(ctx, grantee, historyDays)
	if err != nil {
		return h.toldInPart(), err
	}
	names, err := b.catalog.integrationNames(ctx)
	for _, told := range list.Items {
		if _, here := h.here[told.FriendlyID]; here || told.ID == r.ID || told.FriendlyID == r.FriendlyID {
			continue
		}
		if len(told.Groups) > 0 {
			told.Groups[0].Integration.Name = names[told.Groups[0].Integration.ID]
		}
		h.add(past{cmp.Or(told.FriendlyID, told.ID), elsewhere(told, time.Time{}).sub.Asked, told.Status, time.Time{}})
	}
	if list.Total > len(list.Items) {
		return h.toldInPart(), err
	}
	return h.told(), err
}
