package teamsbot

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// watchesHere is how many things one channel can watch.
const watchesHere = 50

const (
	wordsShared texts.English = "This channel is shared: people of other teams or organizations are in it or can be added, and would read who asks " +
		"for what, and why. Requests are not shown in shared channels."
	wordsCannotPost texts.English = "I cannot write in that channel, so no requests are shown there. Add the Apono app to the team, and to the " +
		"channel if it is a private one, and let apps post there. Then write watch there again."
	wordsOtherChannel texts.English = "This button belongs into another channel. Write watch in the channel that is to be shown requests."
	wordsWatchGone    texts.English = "Apono does not have that any more. Write watch again."
)

// cannotPost is what an admin is told alone when the bot cannot write where they
// wrote to it.
var cannotPost = command{name: "cannot_post", private: true, card: always(func() cards.Card { return cards.Told(wordsCannotPost) })}

// onWatch answers "watch" in a channel: what it is shown, or from now on.
func (t *turn) onWatch(ctx context.Context) (cards.Card, error) {
	switch {
	case t.activity == nil: // Teams did not take the answer at first
		return t.watches(ctx)
	case t.activity.Kind() != teams.Channel:
		return cards.WatchIsForChannels(), nil
	case t.rest == "":
		return t.watches(ctx)
	}
	w, already, err := t.toWatch(ctx, t.rest)
	if err != nil {
		return t.notWatched(err)
	}
	if already {
		return cards.WatchingAlready(watchedView(w), t.matching(ctx, w)), nil
	}
	r, err := t.readers(ctx)
	if err != nil {
		return t.notWatched(err)
	}
	if !harmless(r) {
		return cards.AskWatch(watchedView(w), r, cards.Data{Watch: t.rest, Channel: w.ConversationID}), nil
	}
	if err := t.bot.Store.Watch(ctx, w, t.person.PersonKey); err != nil {
		return cards.Card{}, err
	}
	t.began = []db.Watch{w}
	return cards.Watching(watchedView(w), t.matching(ctx, w), db.PendingAtOnce), nil
}

// notWatched is the card that says why a channel does not watch what was
// written.
func (t *turn) notWatched(err error) (cards.Card, error) {
	var unknown *unknownError
	switch {
	case errors.As(err, &unknown):
		return unknown.card, nil
	case errors.Is(err, errNotAWatch):
		return cards.NotAWatch(), nil
	case errors.Is(err, errShared):
		return cards.Card{}, sorry(err, wordsShared)
	}
	return cards.Card{}, err
}

// toWatch is what the words after watch mean in this channel, and whether it
// watches that already.
func (t *turn) toWatch(ctx context.Context, said string) (w db.Watch, already bool, err error) {
	if w, err = watchWritten(said); err != nil {
		return w, false, err
	}
	if err := t.find(ctx, &w); err != nil {
		return w, false, err
	}
	w.ConversationID, w.TeamID = t.activity.ConversationID(), cards.Line(t.activity.TeamID(), 500)
	w.TimeZone, w.Locale, w.Since = t.person.TimeZone, t.person.Locale, t.sentAt()
	before, err := t.bot.Store.WatchesOf(ctx, w.ConversationID)
	if err != nil {
		return w, false, err
	}
	already = slices.ContainsFunc(before, func(b db.Watch) bool { return b.Of == w.Of && b.ID == w.ID })
	if !already && len(before) >= watchesHere {
		return w, false, sorry(errors.New("too many watches"),
			texts.English("This channel watches %d things already. End some of them with unwatch first.").With(len(before)))
	}
	return w, already, nil
}

// watches is the card that lists what the channel watches.
func (t *turn) watches(ctx context.Context) (cards.Card, error) {
	all, err := t.bot.Store.WatchesOf(ctx, t.channelID())
	return cards.Watches(watchedViews(all)), err
}

// channelID is the conversation that is answered in.
func (t *turn) channelID() string {
	if t.activity == nil {
		return t.answersIn
	}
	return t.activity.ConversationID()
}

// matching is how many requests of what is watched wait; -1 if that is not known.
func (t *turn) matching(ctx context.Context, w db.Watch) int {
	n, err := t.bot.Store.PendingMatching(ctx, w)
	if err != nil {
		t.err = errors.Join(t.err, err)
		return -1
	}
	return n
}

// onUnwatch answers "unwatch" in a channel: everything ends, or what is named.
func (t *turn) onUnwatch(ctx context.Context) (cards.Card, error) {
	switch {
	case t.activity == nil:
		return t.watches(ctx)
	case t.activity.Kind() != teams.Channel:
		return cards.WatchIsForChannels(), nil
	}
	all, err := t.bot.Store.WatchesOf(ctx, t.activity.ConversationID())
	if err != nil {
		return cards.Card{}, err
	}
	ended := all
	if t.rest != "" {
		w, err := watchWritten(t.rest)
		if err != nil {
			return t.notWatched(err)
		}
		if w.Of != db.WatchAll { // who wants all to end means all
			ended = slices.DeleteFunc(slices.Clone(all), func(b db.Watch) bool {
				return b.Of != w.Of || b.ID != w.ID && b.ID != w.Name && !isCalled(b.Name, w.Name)
			})
		}
		if len(ended) == 0 && len(all) > 0 {
			return cards.NotWatched(watchedView(w), alike(all, w)), nil
		}
	}
	if err := t.bot.Store.Unwatch(ctx, ended, t.person.PersonKey); err != nil {
		return cards.Card{}, err
	}
	return cards.Unwatched(watchedViews(ended), len(all)-len(ended)), nil
}

// alike are what of its kind a channel does watch.
func alike(all []db.Watch, w db.Watch) (found []cards.Suggested) {
	for _, b := range all {
		if b.Of == w.Of && len(found) < suggested {
			found = append(found, cards.Suggested{ID: b.ID, Name: b.Name})
		}
	}
	return found
}

// notHere takes back what a channel was to watch in which the bot cannot write,
// and says so to who wanted it.
func (t *turn) notHere(ctx context.Context) error {
	if err := t.bot.Store.Unwatch(ctx, t.began, t.person.PersonKey); err != nil {
		return err
	}
	_, err := t.answerAlone(ctx, cannotPost)
	return err
}

// askWatch opens the dialog that asks whether a channel is to be shown requests
// although not only the company reads them.
func (t *turn) askWatch(ctx context.Context) (teams.Answer, error) {
	w, _, r, err := t.pressedWatch(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	at := cards.Data{Watch: t.press.Watch, Channel: w.ConversationID}
	return t.dialog("Watch anyway?", cards.ConfirmWatch(watchedView(w), r, at), teams.Medium)
}

// watchAnyway is what the press in that dialog does. The channel is told.
func (t *turn) watchAnyway(ctx context.Context) (teams.Answer, error) {
	w, already, r, err := t.pressedWatch(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	if already {
		return t.tell(texts.English("That is shown here already."))
	}
	w.Guests = r.Guests
	if err := t.bot.Store.Watch(ctx, w, t.person.PersonKey); err != nil {
		return teams.Answer{}, err
	}
	t.began = []db.Watch{w}
	reached, err := t.send(ctx, t.activity.Where(), command{name: "watch", card: func(t *turn, ctx context.Context) (cards.Card, error) {
		return cards.Watching(watchedView(w), t.matching(ctx, w), db.PendingAtOnce), nil
	}})
	if err != nil {
		return teams.Answer{}, err
	}
	if !reached {
		return teams.Answer{}, errors.Join(t.bot.Store.Unwatch(ctx, t.began, t.person.PersonKey), sorry(t.err, wordsCannotPost))
	}
	return teams.TaskDone(), nil
}

// pressedWatch is what a press about a watch means, for an admin who presses it
// in the channel that it is about. What the button carries is only what could be
// written there.
func (t *turn) pressedWatch(ctx context.Context) (w db.Watch, already bool, r cards.Readers, err error) {
	if t.activity.Kind() != teams.Channel || t.press.Channel != t.activity.ConversationID() {
		return w, false, r, sorry(errors.New("pressed in another place"), wordsOtherChannel)
	}
	if err := t.pressedByAdmin(ctx, db.AuditWatch); err != nil {
		return w, false, r, err
	}
	if w, already, err = t.toWatch(ctx, cards.Line(t.press.Watch, longestWatch)); err == nil {
		r, err = t.readers(ctx)
	}
	var unknown *unknownError
	switch {
	case errors.As(err, &unknown), errors.Is(err, errNotAWatch):
		err = sorry(err, wordsWatchGone)
	case errors.Is(err, errShared):
		err = sorry(err, wordsShared)
	}
	return w, already, r, err
}

// ended notes that the bot is not in a channel any more, or in none of a team's.
// Nothing is remembered of who did it: their activity may not name them, and
// nobody can be asked there any more.
func (t *turn) ended(ctx context.Context, channelID, teamID string) teams.Answer {
	n, err := t.bot.Store.EndWatches(ctx, channelID, teamID, t.sentAt())
	if err != nil {
		return t.fail(err)
	}
	if n > 0 {
		t.bot.Log.Info().Str("conversation", cards.Line(channelID, 120)).Int("watches", n).Msg("watches ended: the bot was removed")
	}
	return status(http.StatusOK)
}

func watchedView(w db.Watch) cards.Watched {
	return cards.Watched{Of: cards.WatchOf(w.Of), Name: w.Name}
}

func watchedViews(all []db.Watch) (views []cards.Watched) {
	for _, w := range all {
		views = append(views, watchedView(w))
	}
	return views
}
