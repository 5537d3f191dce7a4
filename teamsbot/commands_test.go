package teamsbot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
	"github.com/apono-teams/teamsbot/texts"
)

func TestEveryCommandIsWrittenInOneWay(t *testing.T) {
	t.Parallel()
	names, written := map[string]bool{}, map[string]bool{}
	for _, c := range commands {
		if names[c.name] || c.name == "" || c.card == nil || len(c.written) == 0 {
			t.Errorf("the command %q is there twice, or not whole", c.name)
		}
		names[c.name] = true
		for _, text := range c.written {
			if written[text] || text != strings.ToLower(text) {
				t.Errorf("%q is written for two commands, or not in lower case", text)
			}
			written[text] = true
			if got, rest := commandWritten(strings.ToUpper(text)); got.name != c.name || rest != "" {
				t.Errorf("%q is understood as %q with %q", text, got.name, rest)
			}
		}
	}
	for _, text := range []string{"requests please", "helpful", "what", "my request"} {
		if c, _ := commandWritten(text); c.name != notUnderstood.name {
			t.Errorf("%q is understood as %q", text, c.name)
		}
	}
}

// inChannel is the team's channel with the bot in it.
func (w *world) inChannel() *teamstest.Channel {
	w.t.Helper()
	_, err := w.teams.Channel().Installs(w.t.Context(), w.teams.Person("Adam"))
	must(w.t, err)
	return w.teams.Channel()
}

// saysIn writes in a channel and gives the bot's answer there.
func (s *someone) saysIn(c *teamstest.Channel, text string) teamstest.Message {
	s.w.t.Helper()
	answer, err := s.SaysIn(s.w.t.Context(), c.ID, text)
	must(s.w.t, err)
	// What begins a thread of its own is no answer.
	answers := slices.DeleteFunc(answer.Messages, func(m teamstest.Message) bool { return m.Thread == m.ID })
	if answer.Notice != "" || len(answers) != 1 {
		s.w.t.Fatalf("%q is answered in the channel by %d messages %s", text, len(answers), answer.Notice)
	}
	return answers[0]
}

// writesPrivately lets somebody write a private command in a channel.
func (s *someone) writesPrivately(c *teamstest.Channel, card func() (cards.Card, error)) teamstest.Message {
	s.w.t.Helper()
	raw, err := json.Marshal(s.ActivityIn(c.ID, "message"))
	must(s.w.t, err)
	a, err := teams.DecodeActivity(raw)
	must(s.w.t, err)
	s.saysIn(c, "help") // the bot has met her
	p, err := s.w.store.Person(s.w.t.Context(), s.w.keyOf(s))
	must(s.w.t, err)
	wrote := &turn{bot: s.w.bot, activity: a, person: p}
	must(s.w.t, wrote.answer(s.w.t.Context(), command{name: "help", private: true, card: func(t *turn, _ context.Context) (cards.Card, error) {
		if !t.alone {
			s.w.t.Error("the command does not know that only she reads the answer")
		}
		return card()
	}}))
	return c.LastCard()
}

func TestPrivateIsAnsweredInOnesOwnChat(t *testing.T) {
	w := newWorld(t)
	channel := w.inChannel()
	dana := w.person("Dana")
	private := func() (cards.Card, error) { return cards.Told(texts.English("a private matter")), nil }
	if hint := dana.writesPrivately(channel, private); !hint.Has("I answered in your own chat") || hint.Has("private matter") {
		t.Errorf("the channel shows:\n%s", hint.Visible())
	}
	dana.sees("a private matter")

	_, err := dana.Uninstalls(t.Context())
	must(t, err)
	if hint := dana.writesPrivately(channel, private); !hint.Has("Add the app", "Add Apono") || hint.Has("private matter") {
		t.Errorf("the channel shows, when she cannot be reached:\n%s", hint.Visible())
	}

	// Somebody whom the bot has never met is reached through the team.
	devin := w.stranger("Devin")
	devin.writesPrivately(channel, func() (cards.Card, error) {
		return cards.Card{}, sorry(errors.New("a guest"), texts.English("These words are for Devin."))
	})
	devin.sees("These words are for Devin.")
}

func TestMyRequestsWrittenInAChannel(t *testing.T) {
	w := newWorld(t)
	channel := w.inChannel()
	dana := w.person("Dana")
	if hint := dana.saysIn(channel, "my requests"); !hint.Has("I answered in your own chat") || len(hint.Buttons()) != 0 {
		t.Errorf("the channel shows:\n%s", hint.Visible())
	}
	dana.sees("My requests", "My access")
}

func TestPrivateAnswerThatTeamsDoesNotTakeIsOwed(t *testing.T) {
	w := newWorld(t)
	channel := w.inChannel()
	dana := w.person("Dana")
	before := len(dana.Chat())
	w.teams.Fail(teamstest.Fault{Op: "send", Status: 429, Times: 1, Conversation: dana.ChatID()})
	dana.writesPrivately(channel, func() (cards.Card, error) { return cards.Help(cards.Home{}), nil })
	w.settle()
	if n := len(dana.Chat()) - before; n != 1 {
		t.Errorf("%d messages came, want the answer alone", n)
	}
	dana.sees("What you can do here")
}
