package teamsbot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/texts"
)

const (
	// afterFind is the time that is left when Apono has been asked what a name
	// means. A list that comes later is kept for the next try.
	afterFind = 1200 * time.Millisecond
	// suggested is how many names are told when one is not found.
	suggested = 5
	// longestWatch is how long the words after watch may be.
	longestWatch = 400
)

// errNotAWatch says that the words after watch or unwatch are none of its forms.
var errNotAWatch = errors.New("not a form of watch")

// unknownError is a name that is nobody's, or several things'.
type unknownError struct{ card cards.Card }

func (*unknownError) Error() string { return "a name that is not one thing's" }

// watchWritten reads what follows watch or unwatch: what is meant, by a name of
// Apono's or an address.
func watchWritten(said string) (db.Watch, error) {
	first, name, _ := strings.Cut(said, " ")
	of := db.WatchOf(strings.ToLower(first))
	if of == db.WatchRequester && strings.Contains(name, "@") {
		first, name = name, ""
	}
	switch {
	case len(said) > longestWatch:
	case of == db.WatchAll && name == "":
		return db.Watch{Of: db.WatchAll}, nil
	case (of == db.WatchIntegration || of == db.WatchBundle) && name != "":
		return db.Watch{Of: of, Name: name}, nil
	case name == "" && IsMail(first):
		address := strings.ToLower(first)
		return db.Watch{Of: db.WatchRequester, ID: address, Name: address}, nil
	}
	return db.Watch{}, errNotAWatch
}

// IsMail says that a word is like dana@example.com.
func IsMail(word string) bool {
	name, domain, _ := strings.Cut(word, "@")
	return name != "" && domain != "" && !strings.ContainsAny(word, " <>,;") && !strings.Contains(domain, "@") &&
		word == cards.Line(word, 254)
}

// find completes w by what Apono has of that name. What it has not, or several
// of, is an *unknownError.
func (t *turn) find(ctx context.Context, w *db.Watch) error {
	ctx, cancel := sparing(ctx, afterFind)
	defer cancel()
	switch w.Of {
	case db.WatchIntegration:
		return t.findListed(ctx, w, t.bot.catalog.allIntegrations)
	case db.WatchBundle:
		return t.findListed(ctx, w, t.bot.catalog.allBundles)
	case db.WatchRequester:
		return t.findRequester(ctx, w)
	}
	return nil
}

func (t *turn) findListed(ctx context.Context, w *db.Watch, list func(context.Context) (*listing, error)) error {
	l, err := list(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return sorry(err, texts.English("Apono has not told yet what there is. Write it again in a moment."))
	case err != nil:
		return sorry(err, t.bot.wordsOf(err))
	case l.untold:
		return sorry(errors.New("bundles are not told"), texts.English("Apono does not tell this bot which bundles there are. watch all shows requests for them, too."))
	}
	found := l.named(w.Name)
	of := cards.WatchOf(w.Of)
	switch len(found) {
	case 0:
		return &unknownError{cards.WatchNotFound(of, w.Name, suggestions(l.like(w.Name, suggested)))}
	case 1:
		w.ID, w.Name = found[0].ID, found[0].Name
		return nil
	}
	return &unknownError{cards.WatchNotUnique(of, w.Name, suggestions(found[:min(len(found), suggested)]))}
}

// findRequester makes sure that the address is somebody's, as Apono spells it.
func (t *turn) findRequester(ctx context.Context, w *db.Watch) error {
	user, err := t.bot.Apono.User(ctx, w.ID)
	switch {
	case errors.Is(err, aponoapi.ErrNotFound), errors.Is(err, aponoapi.ErrInvalid):
		return sorry(err, texts.English("Apono has no account for %s.").With(cards.Line(w.ID, 100)))
	case err != nil:
		return sorry(err, t.bot.wordsOf(err))
	}
	if address := strings.ToLower(user.Email); IsMail(address) {
		w.ID, w.Name = address, address
	}
	return nil
}

func suggestions(items []db.Named) (all []cards.Suggested) {
	for _, it := range items {
		all = append(all, cards.Suggested{ID: it.ID, Name: it.Name})
	}
	return all
}

// named are the items of that name, whatever its letters' case, or the one of
// that id.
func (l *listing) named(name string) (found []db.Named) {
	for _, it := range l.items {
		if it.ID == name {
			return []db.Named{it}
		}
		if isCalled(it.Name, name) {
			found = append(found, it)
		}
	}
	return found
}

// isCalled says that what people wrote is a name: as it can be seen and typed,
// and with quotation marks around it or without.
func isCalled(name, written string) bool {
	name = cards.Line(name, longestPart)
	return strings.EqualFold(name, written) || strings.EqualFold(name, strings.Trim(written, `"'“”„‘’ `))
}

// like are names that may have been meant: with all words, with one of them,
// or with a beginning of one.
func (l *listing) like(name string, limit int) []db.Named {
	if all, _ := l.find(strings.Trim(name, `"'“”„‘’ `), 0, limit); len(all) > 0 {
		return all
	}
	words := partsOf(name)
	for _, long := range []bool{true, false} {
		found, _ := l.findOf(func(i int) bool {
			return slices.ContainsFunc(words, func(w string) bool {
				if !long {
					w = beginning(w)
				}
				return utf8.RuneCountInString(w) > 2 && strings.Contains(l.lower[i], w)
			})
		}, "", 0, limit)
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// beginning is the first letters of a word, before most slips of the hand.
func beginning(word string) string {
	runes := []rune(word)
	return string(runes[:min(len(runes), 4)])
}
