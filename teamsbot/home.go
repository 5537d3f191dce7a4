package teamsbot

import (
	"context"
	"errors"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// help is the home card: what there is, and how the person's requests stand
// where nobody else reads it.
func (t *turn) help(ctx context.Context) (cards.Card, error) {
	if !t.alone {
		return cards.Help(cards.Home{Shared: true, Admin: t.mayDoMore(ctx)}), nil
	}
	if s := t.foreseen.standing; s != nil {
		home := t.bot.homeOf(*s)
		home.Admin = t.mayDoMore(ctx)
		return cards.Help(home), nil
	}
	home, err := t.bot.home(ctx, t.person.PersonKey)
	home.Admin = t.mayDoMore(ctx)
	return cards.Help(home), err
}

// asksForHelp says that the answer will be the home card, as far as can be told
// from what was written.
func (t *turn) asksForHelp() bool {
	if t.activity.Type != schema.Message || t.activity.Kind() != teams.Personal {
		return false
	}
	c, _ := commandWritten(t.activity.Text())
	return c.name == "help"
}

// mayDoMore says that the person is an admin and can do what only admins can
// where they asked; where that cannot be found out, they are not told of it.
func (t *turn) mayDoMore(ctx context.Context) bool {
	if t.activity == nil || t.activity.Kind() == teams.GroupChat {
		return false
	}
	is, err := t.bot.isAdmin(ctx, t)
	t.err = errors.Join(t.err, err)
	return is
}

// home is how a person's requests stand, as the bot remembers them.
func (b *Bot) home(ctx context.Context, k db.PersonKey) (cards.Home, error) {
	s, err := b.Store.Standing(ctx, k)
	if err != nil {
		return cards.Home{}, err
	}
	return b.homeOf(s), nil
}

func (b *Bot) homeOf(s db.Standing) cards.Home {
	h := cards.Home{Waiting: s.Waiting, Active: s.Active}
	if !s.FirstEnds.IsZero() {
		h.FirstEnds = max(s.FirstEnds.Sub(b.Now()), time.Second)
	}
	return h
}
