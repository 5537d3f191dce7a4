package teamsbot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/texts"
)

// What somebody is answered who writes a command for admins.
var (
	adminsOnly = command{name: "admins_only", private: true, card: func(t *turn, _ context.Context) (cards.Card, error) {
		return cards.Told(t.bot.wordsAdminsOnly()), nil
	}}
	adminUnknown = command{name: "admin_unknown", card: always(func() cards.Card {
		return cards.Told(texts.English("I could not find out just now whether you may do that. Write it again in a moment."))
	})}
)

// isAdmin says that who did this is one of Config.Admins: by the object id of
// the verified activity; or by the mail address that the roster tells of a
// member of a tenant that the bot serves, for the first person whom that
// address has led to.
func (b *Bot) isAdmin(ctx context.Context, t *turn) (bool, error) {
	k := t.person.PersonKey
	if slices.Contains(b.Admins, k.ObjectID) {
		return true, nil
	}
	addresses := slices.DeleteFunc(slices.Clone(b.Admins), func(who string) bool { return !strings.Contains(who, "@") })
	if len(addresses) == 0 {
		return false, nil
	}
	if is, err := b.Store.IsAdmin(ctx, addresses, k); err != nil || is {
		return is, err
	}
	err := t.knowMember(ctx)
	switch address := strings.ToLower(t.person.Email); {
	case errors.Is(err, errGuest), errors.Is(err, errForeign):
		return false, nil
	case err != nil:
		return false, err
	case !slices.Contains(addresses, address):
		return false, nil
	default:
		return b.Store.ResolveAdmin(ctx, address, k)
	}
}

// forAdmins is a command of admins if who wrote it is one, and else what they
// are answered.
func (t *turn) forAdmins(ctx context.Context, c command) command {
	is, err := t.bot.isAdmin(ctx, t)
	t.err = err
	switch {
	case errors.Is(err, errUnreachable):
		return addApp
	case err != nil:
		return adminUnknown
	case is:
		return c
	}
	if t.err = errors.New("no admin"); c.audit != "" {
		t.err = errors.Join(t.err, t.refused(ctx, c.audit))
	}
	return adminsOnly
}

// pressedByAdmin makes sure that a press comes from an admin.
func (t *turn) pressedByAdmin(ctx context.Context, action db.AuditAction) error {
	is, err := t.bot.isAdmin(ctx, t)
	switch {
	case errors.Is(err, errUnreachable):
		return t.unidentified(err)
	case err != nil:
		return sorry(err, texts.English("I could not find out just now whether you may do that. Press it again in a moment."))
	case !is:
		return sorry(errors.Join(errors.New("no admin"), t.refused(ctx, action)), t.bot.wordsAdminsOnly())
	}
	return nil
}

// refused notes that somebody was not let do what only admins may.
func (t *turn) refused(ctx context.Context, action db.AuditAction) error {
	return t.bot.Store.Audit(ctx, t.person.PersonKey, db.AuditEntry{
		Action: action, Outcome: "refused", Detail: map[string]string{"conversation": t.activity.ConversationID()},
	})
}
