package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/apono-teams/teamsbot/cards"
)

// expiryWarning is how long before its end an access is warned of, where
// Config does not say.
const expiryWarning = 15 * time.Minute

// warnOfEnds owes a message about every access that ends soon, once.
func (b *Bot) warnOfEnds(ctx context.Context) error {
	if b.ExpiryWarning < 0 {
		return nil
	}
	return b.Store.OweWarnings(ctx, b.Now(), cmp.Or(b.ExpiryWarning, expiryWarning))
}

// reviewReminder is how long a request waits for a decision before approvers
// are reminded, where Config does not say.
const reviewReminder = 30 * time.Minute

// remindApprovers tells approvers for how long requests have waited.
func (b *Bot) remindApprovers(ctx context.Context) error {
	err := b.Store.OweWaits(ctx, b.Now())
	if b.ReviewReminder < 0 {
		return err
	}
	return errors.Join(err, b.Store.OweReminders(ctx, b.Now(), cmp.Or(b.ReviewReminder, reviewReminder)))
}

// onNotifications turns the warnings before an access ends on or off.
func (t *turn) onNotifications(ctx context.Context) (cards.Card, error) {
	on, said := onOrOff(t.rest)
	if !said {
		return cards.Notifications(!t.person.Muted, false), nil
	}
	if err := t.bot.Store.Mute(ctx, t.person.PersonKey, !on); err != nil {
		return cards.Card{}, err
	}
	return cards.Notifications(on, true), nil
}
