package teamsbot

import (
	"context"
	"time"

	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// installChanged notes that the bot was added to a person's chat or removed.
func (t *turn) installChanged(ctx context.Context) error {
	if t.activity.Kind() != teams.Personal {
		return nil
	}
	at := t.sentAt()
	switch {
	case t.activity.AddsBot():
		return t.bot.Store.Added(ctx, t.person.PersonKey, at)
	case t.activity.RemovesBot():
		return t.bot.Store.Removed(ctx, t.person.PersonKey, at)
	}
	return nil
}

// sentAt is when it happened, by Teams' clock.
func (t *turn) sentAt() time.Time {
	if at := t.activity.SentAt(); !at.IsZero() {
		return at
	}
	return t.bot.Now()
}
