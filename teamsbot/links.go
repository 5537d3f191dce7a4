package teamsbot

import (
	"context"
	"errors"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// errNotConnected says that there is no token of the person's own to act with.
var errNotConnected = errors.New("the person has not connected an Apono token")

// canConnect says that people can connect their own Apono tokens, as far as the
// bot knows.
func (b *Bot) canConnect() bool { return len(b.seals) > 0 && !b.tokensShut.is(b.Now()) }

// as is Apono with a person's own token, or errNotConnected.
func (b *Bot) as(ctx context.Context, p db.Person) (*aponoapi.Client, error) {
	_, client, err := b.link(ctx, p)
	return client, err
}

// link is a person's own token as it is kept, and Apono with it. It serves the
// Apono user alone that it was checked to be of.
func (b *Bot) link(ctx context.Context, p db.Person) (db.Link, *aponoapi.Client, error) {
	if len(b.seals) == 0 {
		return db.Link{}, nil, errNotConnected
	}
	l, err := b.Store.Link(ctx, p.PersonKey)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return db.Link{}, nil, errNotConnected
	case err != nil:
		return db.Link{}, nil, err
	case p.AponoID == "" || p.AponoID != l.AponoID:
		return db.Link{}, nil, errNotConnected
	}
	token, err := b.seals.open(l)
	if err != nil {
		b.Log.Warn().Err(err).Str("person", p.ObjectID).Str("key", cards.Line(l.KeyID, 40)).Msg("a connected token is not usable")
		return db.Link{}, nil, errNotConnected
	}
	if l.KeyID != b.seals[0].id {
		b.reseal(ctx, &l, token)
	}
	return l, b.Apono.As(token), nil
}

// reseal puts a token under the first key, so that the others can go some day.
// It is as good under the one that it has.
func (b *Bot) reseal(ctx context.Context, l *db.Link, token aponoapi.Secret) {
	keyID, sealed := b.seals.seal(l.Person, token)
	if err := b.Store.Reseal(ctx, *l, keyID, sealed); err != nil {
		b.Log.Warn().Err(err).Msg("a connected token stays under its old key")
		return
	}
	l.KeyID, l.Sealed = keyID, sealed
}

// dropLink forgets the token that a person has connected: Apono does not take it
// any more. In a turn, reconnect does so and asks for another.
func (b *Bot) dropLink(ctx context.Context, k db.PersonKey) error {
	_, err := b.Store.DropLink(ctx, k, nil, db.DroppedByApono)
	return err
}

// own is Apono with the token of who pressed, after it has been made sure who
// they are. Who is not connected (errNotConnected) is asked to by askConnect,
// and whose token Apono does not know any more (aponoapi.ErrUnauthorized) by
// reconnect.
func (t *turn) own(ctx context.Context) (*aponoapi.Client, error) {
	if _, err := t.identify(ctx); err != nil {
		return nil, t.unidentified(err)
	}
	var err error
	var client *aponoapi.Client
	t.link, client, err = t.bot.link(ctx, t.person)
	return client, err
}

// askConnect asks the person to connect, in the dialog of what they pressed,
// which goes on afterwards.
func (t *turn) askConnect(ctx context.Context) (teams.Answer, error) { return t.askToken(ctx) }

// reconnect forgets the token that Apono did not take, and asks for another one
// as askConnect does.
func (t *turn) reconnect(ctx context.Context) (teams.Answer, error) {
	if t.link.Sealed != nil {
		if _, err := t.bot.Store.DropLink(ctx, t.person.PersonKey, t.link.Sealed, db.DroppedByApono); err != nil {
			return teams.Answer{}, err
		}
	}
	return t.askToken(ctx, texts.English("Your connection to Apono has ended: the token that you connected has expired or was revoked."))
}

// askToken asks for a token, for reasons that are told above.
func (t *turn) askToken(ctx context.Context, lead ...texts.Text) (teams.Answer, error) {
	if _, err := t.identify(ctx); err != nil {
		return teams.Answer{}, t.unidentified(err)
	}
	if len(t.bot.seals) == 0 {
		return teams.Answer{}, sorry(errors.New("LINK_KEYS is not set"), t.bot.wordsNoConnect())
	}
	if t.bot.tokensShut.is(t.bot.Now()) {
		lead = append(lead, t.bot.wordsNoTokens())
	}
	return t.connectDialog(cards.Connecting{Lead: sentences(lead...), Then: after(&t.press)})
}

// after is a press that goes on when the person is connected; nil where there is
// none, or connecting was all they wanted. Whoever presses can have forged it, like
// any press.
func after(p *cards.Press) *cards.Press {
	if p == nil {
		return nil
	}
	switch p.Verb {
	case "", cards.VerbConnect, cards.VerbConnectNow:
		return nil
	}
	kept := cards.Press{Data: p.Data, Inputs: make(map[string]string, len(p.Inputs))}
	kept.Then = nil
	size := 0
	for id, value := range p.Inputs {
		if size += len(id) + len(value); id != cards.FieldToken && size <= inputsKept {
			kept.Inputs[id] = value
		}
	}
	return &kept
}

// inputsKept is how much of what was filled in waits in the dialog, in bytes:
// all that any of our dialogs takes but the forms, which have drafts.
const inputsKept = 4 << 10
