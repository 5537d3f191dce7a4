package teamsbot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

const (
	// beatEvery is how often a replica tells that it runs; one that has not for
	// goneAfter is taken for gone.
	beatEvery = 20 * time.Second
	goneAfter = 3 * beatEvery
	// capableLasts is how long an admin waits to be told what Apono allows.
	capableLasts = 1500 * time.Millisecond
)

// beat tells the other replicas that this one runs, until ctx ends.
func (b *Bot) beat(ctx context.Context) {
	say := func(ctx context.Context) error { return b.Store.Beat(ctx, b.replica, b.Version, 10*goneAfter) }
	if err := say(ctx); err != nil && ctx.Err() == nil {
		b.Log.Warn().Err(err).Msg("the other replicas do not know of this one")
	}
	b.repeat(ctx, beatEvery, say)
	late, cancel := b.grace(ctx)
	defer cancel()
	if err := b.Store.Leaves(late, b.replica); err != nil {
		b.Log.Warn().Err(err).Msg("the other replicas do not know that this one ends")
	}
}

// onStatus tells an admin how the bot stands.
func (t *turn) onStatus(ctx context.Context) (cards.Card, error) {
	b := t.bot
	zone := zoneOf(t.person)
	replicas, err := b.Store.Replicas(ctx, goneAfter)
	if err != nil {
		return cards.Card{}, err
	}
	var o cards.Overview
	for _, r := range replicas {
		o.Replicas = append(o.Replicas, cards.Replica{Version: r.Version, Since: r.StartedAt.In(zone)})
	}
	owing, err := b.Store.Owing(ctx, b.Now())
	if err != nil {
		return cards.Card{}, err
	}
	o.CardsDue, o.CardsLate = owing.CardsDue, owing.CardsLate
	for _, j := range owing.Jobs {
		switch j.State {
		case "due":
			o.JobsDue += j.Count
		case "later":
			o.JobsLater += j.Count
		default:
			o.JobsFailed += j.Count
		}
	}
	age, ever, err := b.Store.SinceTurn(ctx, turnSweep)
	if err != nil {
		return cards.Card{}, err
	}
	o.Swept, o.NeverSwept = age, !ever
	o.Capabilities, o.CapabilitiesUntold = b.capabilities(ctx)
	return cards.BotStatus(o), nil
}

// capabilities are what Apono lets the service token do, if it says so in time.
func (b *Bot) capabilities(ctx context.Context) (all []cards.Capability, untold bool) {
	ctx, cancel := context.WithTimeout(ctx, capableLasts)
	defer cancel()
	found, err := b.Apono.Capabilities(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, true
	}
	for _, c := range found {
		all = append(all, cards.Capability{Name: c.Name, Allowed: c.Allowed, Unclear: !c.Allowed && !c.Denied()})
	}
	return all, false
}

// onWho tells an admin what is known of an address: whom it leads to in Apono and
// in Teams, whether they have connected, and whether messages reach them.
func (t *turn) onWho(ctx context.Context) (cards.Card, error) {
	address := strings.ToLower(cards.Line(t.rest, 254))
	if !IsMail(address) {
		return cards.NotAWho(), nil
	}
	s := cards.Someone{Address: address, Apono: cards.AponoUntold}
	met, err := t.bot.Store.Acquaintances(ctx, address)
	if err != nil {
		return cards.Card{}, err
	}
	for _, a := range met {
		s.Met = append(s.Met, metIn(a, zoneOf(t.person)))
	}
	user, err := t.bot.Apono.User(ctx, address)
	switch {
	case errors.Is(err, aponoapi.ErrNotFound), errors.Is(err, aponoapi.ErrInvalid):
		s.Apono = cards.AponoUnknown
	case err != nil:
		t.err = err
	case user.Active:
		s.Apono, s.Name = cards.AponoActive, user.Name()
	default:
		s.Apono, s.Name = cards.AponoInactive, user.Name()
	}
	return cards.Who(s), nil
}

func metIn(a db.Acquaintance, zone *time.Location) cards.Met {
	m := cards.Met{Name: a.Name, Guest: a.Guest(), Chat: a.Chat.ID != "", Closed: a.Closed}
	if !a.ConnectedAt.IsZero() {
		m.Connected = a.ConnectedAt.In(zone)
	}
	return m
}
