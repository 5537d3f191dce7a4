package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// identityLasts is how long it is believed who somebody is: their place in the
// tenant, and the Apono user that their address leads to.
const identityLasts = 12 * time.Hour

// errUnreachable says that Teams does not let the bot into the person's chat.
var errUnreachable = errors.New("the person's own chat cannot be reached")

// Who may not use the bot, although they can write to it.
var (
	errGuest   = errors.New("a guest")
	errForeign = errors.New("of a foreign tenant")
)

// identify makes sure that the person's own chat exists, that they may use the
// bot, and which Apono user they are. Who may not gets words.
func (t *turn) identify(ctx context.Context) (aponoID string, err error) {
	if err := t.knowMember(ctx); err != nil {
		return "", err
	}
	now := t.bot.Now()
	if t.person.AponoID != "" && now.Sub(t.person.AponoReadAt) <= identityLasts {
		return t.person.AponoID, nil
	}
	return t.readApono(ctx, now)
}

// knowMember makes sure that the person's own chat exists, who they are by its
// roster, and that they are a member of a tenant that the bot serves.
func (t *turn) knowMember(ctx context.Context) error {
	if err := t.openChat(ctx); err != nil {
		return err
	}
	now := t.bot.Now()
	if now.Sub(t.person.ReadAt) > identityLasts {
		if err := t.readMember(ctx, now); err != nil {
			return err
		}
	}
	switch p := t.person; {
	case p.Guest():
		return sorry(errGuest, t.bot.wordsGuest())
	case !t.bot.serves(p.HomeTenantID):
		return sorry(errForeign, t.bot.wordsForeign())
	}
	return nil
}

// openChat makes sure that the bot has a chat with the person to write to.
func (t *turn) openChat(ctx context.Context) error {
	if t.person.Chat.ID != "" {
		return nil
	}
	a := t.activity
	id, err := t.bot.Teams.CreateConversation(ctx, a.ServiceURL, a.TenantID(), a.PersonMRI())
	if undeliverable(err) {
		return errors.Join(errUnreachable, err)
	}
	if err != nil {
		return err
	}
	chat := db.Conversation{ID: id, TenantID: a.TenantID(), Kind: string(teams.Personal), ServiceURL: a.ServiceURL}
	if err := t.bot.Store.RememberChat(ctx, t.person.PersonKey, chat); err != nil {
		return err
	}
	t.person.Chat = chat
	return nil
}

// readMember asks the roster of the person's own chat who they are.
func (t *turn) readMember(ctx context.Context, now time.Time) error {
	m, err := t.bot.Teams.Member(ctx, conversationOf(t.person.Chat), t.person.TeamsID)
	if undeliverable(err) {
		return errors.Join(errUnreachable, err)
	}
	if err != nil {
		return err
	}
	p := t.person
	if m.ObjectID != "" && !strings.EqualFold(m.ObjectID, p.ObjectID) {
		return fmt.Errorf("the roster says that %s is somebody else", p.TeamsID)
	}
	p.Name = cmp.Or(m.Name, p.Name)
	p.Email = cmp.Or(m.Email, m.UPN)
	if t.bot.IdentityField == "upn" {
		p.Email = m.UPN
	}
	p.Role, p.HomeTenantID, p.ReadAt = m.Role, m.TenantID, now
	if m.Guest() {
		p.Role = "guest"
	}
	if err := t.bot.Store.RememberMember(ctx, p); err != nil {
		return err
	}
	t.person = p
	return nil
}

// readApono asks Apono whom the person's address leads to.
func (t *turn) readApono(ctx context.Context, now time.Time) (string, error) {
	address := t.person.Email
	if address == "" {
		return "", sorry(errors.New("no address"), t.bot.wordsNoAccount(t.person.Name))
	}
	user, err := t.bot.Apono.User(ctx, address)
	switch {
	case errors.Is(err, aponoapi.ErrNotFound):
		return "", t.noAccount(ctx, sorry(err, t.bot.wordsNoAccount(address)))
	case err != nil:
		return "", err
	case !user.Active:
		return "", t.noAccount(ctx, sorry(errors.New("inactive in Apono"), t.bot.wordsInactive()))
	}
	if err := t.bot.Store.RememberApono(ctx, t.person.PersonKey, user.ID, now); err != nil {
		return "", err
	}
	t.person.AponoID, t.person.AponoReadAt = user.ID, now
	return user.ID, nil
}

// noAccount forgets the token of somebody who has no account in Apono any more,
// and is why.
func (t *turn) noAccount(ctx context.Context, why error) error {
	_, err := t.bot.Store.DropLink(ctx, t.person.PersonKey, nil, db.DroppedNoAccount)
	return errors.Join(why, err)
}

// undeliverable says that Teams does not let the bot write there, now and until
// somebody adds it.
func undeliverable(err error) bool {
	return errors.Is(err, teams.ErrBlocked) || errors.Is(err, teams.ErrNotInstalled) || errors.Is(err, teams.ErrGone)
}

// zoneOf is the time zone in which a person reads times.
func zoneOf(p db.Person) *time.Location {
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// shutOut says that Teams does not let the bot write there, as undeliverable, or
// because an admin or a policy keeps it from that.
func shutOut(err error) bool {
	var e *teams.Error
	return undeliverable(err) || errors.As(err, &e) && e.Status == http.StatusForbidden
}

// conversationOf is where to send what belongs into c.
func conversationOf(c db.Conversation) teams.Conversation {
	return teams.Conversation{ServiceURL: c.ServiceURL, ID: c.ID}
}
