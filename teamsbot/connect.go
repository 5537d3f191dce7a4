package teamsbot

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// tokensURL is where people make and revoke their personal tokens.
func (b *Bot) tokensURL() string { return strings.TrimRight(b.PortalURL, "/") + "/api-tokens" }

// onConnect answers the typed command.
func (t *turn) onConnect(ctx context.Context) (cards.Card, error) {
	if len(t.bot.seals) == 0 {
		return cards.Card{}, sorry(errors.New("LINK_KEYS is not set"), t.bot.wordsNoConnect())
	}
	l, _, err := t.bot.link(ctx, t.person)
	if errors.Is(err, errNotConnected) {
		return cards.OpenConnect(), nil
	}
	return cards.Connected(l.ConnectedAt.In(zoneOf(t.person))), err
}

// openConnect opens the dialog, also for somebody who is connected: another
// token takes the place of the one before.
func (t *turn) openConnect(ctx context.Context) (teams.Answer, error) { return t.askToken(ctx) }

func (t *turn) connectDialog(c cards.Connecting) (teams.Answer, error) {
	c.TokensURL = t.bot.tokensURL()
	return t.dialog("Connect to Apono", cards.Connect(c), teams.Medium)
}

// connect checks the token that was pasted, keeps it, and goes on with what was
// pressed before.
func (t *turn) connect(ctx context.Context) (teams.Answer, error) {
	token := t.takeToken()
	if _, err := t.identify(ctx); err != nil {
		return teams.Answer{}, t.unidentified(err)
	}
	if len(t.bot.seals) == 0 {
		return teams.Answer{}, sorry(errors.New("LINK_KEYS is not set"), t.bot.wordsNoConnect())
	}
	then := after(t.press.Then)
	if problem, why := t.checkToken(ctx, token); problem != nil {
		t.err = why
		if err := t.auditRefused(ctx, why); err != nil {
			return teams.Answer{}, err
		}
		return t.connectDialog(cards.Connecting{Problem: problem, Then: then})
	}
	if err := t.keepToken(ctx, token); err != nil {
		return teams.Answer{}, err
	}
	if then == nil {
		return t.tell(texts.English("You are connected to Apono. Write disconnect to end that."))
	}
	t.press = *then
	return t.onPress(ctx)
}

// takeToken takes what was pasted out of the press, so that nothing that keeps
// the press keeps it.
func (t *turn) takeToken() aponoapi.Secret {
	pasted := t.press.Inputs[cards.FieldToken]
	delete(t.press.Inputs, cards.FieldToken)
	return aponoapi.Secret(strings.TrimSpace(pasted))
}

// checkToken says what is wrong with a token, and why Apono does not take it if
// it was asked; nil if it is the person's own and Apono takes it.
func (t *turn) checkToken(ctx context.Context, token aponoapi.Secret) (problem texts.Text, why error) {
	odd := func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r) }
	switch text := token.Reveal(); {
	case text == "":
		return texts.English("Paste your personal token here."), nil
	case len(text) > cards.TokenLimit || strings.ContainsFunc(text, odd):
		return texts.English("That is no token: it is too long, or there are spaces or unusual characters in it. Copy it from Apono once more."), nil
	}
	me, err := t.bot.Apono.As(token).Me(ctx)
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized), errors.Is(err, aponoapi.ErrInvalid):
		return texts.English("Apono does not accept this token. It was not copied whole, has expired, or was revoked."), err
	case errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrNotFound):
		return t.noTokens(ctx), err
	case err != nil:
		return t.bot.wordsOf(err), err
	case !strings.EqualFold(me.User.ID, t.person.AponoID):
		words := texts.English("This token is somebody else's. Make one while you are signed in to Apono as %s.")
		return words.With(cards.Line(t.person.Email, 100)), errOthersToken
	}
	t.bot.tokensShut.open()
	return nil, nil
}

// errOthersToken says that a token is another Apono user's than the person is.
var errOthersToken = errors.New("the token is another Apono user's")

// auditRefused notes that a token was not taken, and why.
func (t *turn) auditRefused(ctx context.Context, why error) error {
	entry := db.AuditEntry{Action: db.AuditConnect, Outcome: "refused"}
	switch {
	case why == nil:
		return nil // it was none
	case errors.Is(why, aponoapi.ErrUnavailable):
		return nil // nor does anybody know
	case errors.Is(why, errOthersToken):
		entry.Detail = map[string]string{"why": errOthersToken.Error()}
	default:
		entry.Detail = map[string]string{"why": kindOf(why).Error()}
	}
	late, cancel := t.bot.grace(ctx)
	defer cancel()
	return t.bot.Store.Audit(late, t.person.PersonKey, entry)
}

// noTokens notes that Apono takes no tokens of people, unless it takes
// somebody's: then it is this one that it does not take for one.
func (t *turn) noTokens(ctx context.Context) texts.Text {
	others, err := t.bot.Store.AnyLink(ctx)
	if err == nil && !others {
		t.bot.tokensShut.refused(t.bot.Now())
	}
	if others {
		return texts.English("Apono does not take this for a personal token. Make one in Apono, and copy it whole.")
	}
	return t.bot.wordsNoTokens()
}

// keepToken keeps a token that has been checked.
func (t *turn) keepToken(ctx context.Context, token aponoapi.Secret) error {
	keyID, sealed := t.bot.seals.seal(t.person.PersonKey, token)
	err := t.bot.Store.RememberLink(ctx, db.Link{
		Person: t.person.PersonKey, KeyID: keyID, Sealed: sealed, AponoID: t.person.AponoID, ConnectedAt: t.bot.Now(),
	})
	if errors.Is(err, db.ErrNotFound) { // the address leads to another Apono user since a moment ago
		return sorry(err, texts.English("Your Apono account has just changed. Try again."))
	}
	return err
}

// onDisconnect forgets the person's token. A card that could not be sent then
// and is owed forgets nothing more.
func (t *turn) onDisconnect(ctx context.Context) (cards.Card, error) {
	if t.activity == nil {
		return cards.Disconnected(t.bot.tokensURL()), nil
	}
	dropped, err := t.bot.Store.DropLink(ctx, t.person.PersonKey, nil, db.DroppedByPerson)
	if err != nil || !dropped {
		return cards.NotConnected(), err
	}
	return cards.Disconnected(t.bot.tokensURL()), nil
}

// askDisconnect asks whether to forget it.
func (t *turn) askDisconnect(context.Context) (teams.Answer, error) {
	return t.dialog("Disconnect from Apono", cards.Disconnect(), teams.Small)
}

// disconnect forgets it.
func (t *turn) disconnect(ctx context.Context) (teams.Answer, error) {
	dropped, err := t.bot.Store.DropLink(ctx, t.person.PersonKey, nil, db.DroppedByPerson)
	switch {
	case err != nil:
		return teams.Answer{}, err
	case !dropped:
		return t.tell(texts.English("You are not connected: I have no token of yours."))
	}
	return t.tell(texts.English("Done. I have forgotten your personal token. If you use it nowhere else, revoke it in Apono: %s").With(t.bot.tokensURL()))
}
