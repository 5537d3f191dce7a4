package teamsbot

import (
	"sync"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// reads is the language of who did this.
func (t *turn) reads() *texts.Language {
	if t.language == nil {
		locale := t.person.Locale
		if t.activity != nil && t.activity.Locale() != "" {
			locale = t.activity.Locale()
		}
		t.language = t.bot.languages.of(locale)
	}
	return t.language
}

// mostLocales is more than a company has; anybody could make up others.
const mostLocales = 500

// languages are those of some locales: to find one takes longer than to decode
// a press.
type languages struct {
	mu    sync.RWMutex
	known map[string]*texts.Language
}

func (l *languages) of(locale string) *texts.Language {
	l.mu.RLock()
	found, ok := l.known[locale]
	l.mu.RUnlock()
	if ok {
		return found
	}
	found = texts.For(locale)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = make(map[string]*texts.Language)
	}
	if len(l.known) < mostLocales && len(locale) <= 40 {
		l.known[locale] = found
	}
	return found
}

// readIn is the language in which a card is read: its person's, or the channel's.
func readIn(c *db.CardToDraw) *texts.Language {
	if c.Person.ObjectID == "" {
		return texts.For(c.Locale)
	}
	return texts.For(c.Person.Locale)
}

// dialog answers an invoke with a card in a dialog.
func (t *turn) dialog(title texts.English, c cards.Card, size teams.Size) (teams.Answer, error) {
	return teams.TaskCard(title.In(t.reads()), c.JSON(t.reads()), size)
}

// tell answers an invoke with a sentence.
func (t *turn) tell(words texts.Text) (teams.Answer, error) {
	return teams.TaskMessage(words.In(t.reads()))
}

// inWords is a text as the person reads it, to be kept; "" for none.
func (t *turn) inWords(text texts.Text) string {
	if text == nil {
		return ""
	}
	return text.In(t.reads())
}

// sentences are one after the other; nil if there are none.
func sentences(all ...texts.Text) texts.Text {
	if len(all) == 0 {
		return nil
	}
	return texts.Join(texts.Outside(" "), all...)
}

// kept are words that have been kept; nil if there are none.
func kept(words string) texts.Text {
	if words == "" {
		return nil
	}
	return texts.Outside(words)
}
