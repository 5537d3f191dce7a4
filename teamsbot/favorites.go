package teamsbot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// recentShown is how many of the last requests stand below the favorites.
const recentShown = 3

const (
	wordsNoFavorite texts.English = "This favorite is no longer there."
	wordsNameTaken  texts.English = "You have another favorite of that name."
	wordsNoName     texts.English = "Write a name."
	wordsNotTold    texts.English = "Apono does not tell what this request was for, so it cannot become a favorite."
)

// stepFavorites does what a button of the favorites' dialog says.
func (t *turn) stepFavorites(ctx context.Context) (teams.Answer, error) {
	at := t.place()
	inList := func(n cards.Naming) cards.Card { return cards.NameRecent(at, n) }
	switch t.press.Do {
	case cards.DoUse:
		return t.useFavorite(ctx, at)
	case cards.DoRename, cards.DoRenameNow:
		return t.renameFavorite(ctx, at)
	case cards.DoDelete, cards.DoDeleteNow:
		return t.deleteFavorite(ctx, at)
	case cards.DoName:
		return t.nameRequest(ctx, inList)
	case cards.DoAdd:
		return t.addRequest(ctx, at, inList)
	}
	return t.listFavorites(ctx, cards.Favorites{Place: at})
}

// place is where in the list of favorites the person stands: at what is typed
// into its box, else at what the button tells.
func (t *turn) place() cards.Place {
	at := cards.Place{From: t.press.From, Search: cards.Line(t.press.Search, 100)}
	typed, ok := t.press.Inputs[cards.FieldSearch]
	if typed = cards.Line(typed, 100); !ok || typed == at.Search {
		return at
	}
	if t.press.Do == cards.DoEarlier || t.press.Do == cards.DoLater { // meant for the search
		at.From = 0
	}
	at.Search = typed
	return at
}

// listFavorites shows the page of the favorites at which the list stands, and
// the last requests.
func (t *turn) listFavorites(ctx context.Context, l cards.Favorites) (teams.Answer, error) {
	all, recent, err := t.favorites(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	l.Total = len(all)
	if l.Total <= cards.FavoritesPage {
		l.Search = "" // there is no box
	}
	words := strings.Fields(strings.ToLower(l.Search))
	var found []db.Favorite
	for _, f := range all {
		if containsAll(textOf(f), words) {
			found = append(found, f)
		}
	}
	l.Found = len(found)
	lastPage := max(0, l.Found-1) / cards.FavoritesPage * cards.FavoritesPage
	l.From = max(0, min(l.From, lastPage))
	for _, f := range found[l.From:min(l.From+cards.FavoritesPage, l.Found)] {
		l.Page = append(l.Page, favoriteView(f))
	}
	for _, r := range recent {
		l.Recent = append(l.Recent, t.bot.submissionView(t.person, r.Submission, r.Requests...))
	}
	return t.dialog("Favorites", cards.FavoritesList(l), teams.Medium)
}

// favorites are the person's favorites, and their last requests.
func (t *turn) favorites(ctx context.Context) ([]db.Favorite, []db.Recent, error) {
	if f := t.foreseen; f.listed {
		return f.favorites, f.recent, nil
	}
	return t.bot.Store.FavoritesAndRecent(ctx, t.person.PersonKey, recentShown)
}

// textOf is what of a favorite can be searched for.
func textOf(f db.Favorite) string {
	w := f.Wish
	words := slices.Concat([]string{f.Name, w.Integration.Name, w.ResourceType.Name, w.Bundle.Name},
		w.Permissions, namesOf(w.Resources), namesOf(w.Units))
	return strings.ToLower(strings.Join(words, "\n"))
}

func favoriteView(f db.Favorite) cards.Favorite {
	return cards.Favorite{ID: f.ID, Name: f.Name, What: wishView(f.Wish)}
}

func wishView(w db.Wish) cards.Submission {
	return cards.Submission{
		Integration: w.Integration.Name, ResourceType: w.ResourceType.Name, Resources: namesOf(w.Resources),
		Permissions: w.Permissions, Duration: w.Duration, Bundle: w.Bundle.Name, Units: namesOf(w.Units),
	}
}

// useFavorite opens the form with what a favorite asks for.
func (t *turn) useFavorite(ctx context.Context, at cards.Place) (teams.Answer, error) {
	f, err := t.bot.Store.Favorite(ctx, t.person.PersonKey, t.press.Favorite)
	if err != nil {
		return t.favoriteGone(ctx, at, err)
	}
	return t.openWish(ctx, f.Wish, "")
}

// renameFavorite asks for another name, and takes it.
func (t *turn) renameFavorite(ctx context.Context, at cards.Place) (teams.Answer, error) {
	f, err := t.bot.Store.Favorite(ctx, t.person.PersonKey, t.press.Favorite)
	if err != nil {
		return t.favoriteGone(ctx, at, err)
	}
	n := cards.Naming{Name: f.Name}
	if t.press.Do == cards.DoRenameNow {
		n.Name, n.Problem = t.named(), wordsNoName
		if n.Name != "" {
			n.Problem, err = wordsOfName(t.bot.Store.RenameFavorite(ctx, t.person.PersonKey, f.ID, n.Name))
		}
		if err != nil {
			return t.favoriteGone(ctx, at, err)
		}
		if n.Problem == nil {
			return t.listFavorites(ctx, cards.Favorites{Place: at, Done: "Renamed", DoneName: n.Name})
		}
	}
	return t.dialog("Rename favorite", cards.RenameFavorite(at, favoriteView(f), n), teams.Medium)
}

// deleteFavorite asks whether to delete a favorite, and does it.
func (t *turn) deleteFavorite(ctx context.Context, at cards.Place) (teams.Answer, error) {
	f, err := t.bot.Store.Favorite(ctx, t.person.PersonKey, t.press.Favorite)
	if err != nil {
		return t.favoriteGone(ctx, at, err)
	}
	if t.press.Do != cards.DoDeleteNow {
		return t.dialog("Delete favorite", cards.DeleteFavorite(at, favoriteView(f)), teams.Medium)
	}
	if err := t.bot.Store.DeleteFavorite(ctx, t.person.PersonKey, f.ID); err != nil {
		return t.favoriteGone(ctx, at, err)
	}
	return t.listFavorites(ctx, cards.Favorites{Place: at, Done: "Deleted", DoneName: f.Name})
}

// favoriteGone shows the list without the favorite that a press names: it was
// deleted meanwhile, or the press is forged.
func (t *turn) favoriteGone(ctx context.Context, at cards.Place, err error) (teams.Answer, error) {
	if !errors.Is(err, db.ErrNotFound) {
		return teams.Answer{}, err
	}
	t.err = err
	return t.listFavorites(ctx, cards.Favorites{Place: at, Problem: wordsNoFavorite})
}

// nameRequest asks under what name to keep what a request asked for.
func (t *turn) nameRequest(ctx context.Context, draw func(cards.Naming) cards.Card) (teams.Answer, error) {
	_, what, err := t.wishOfRequest(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	return t.naming(draw(cards.Naming{What: what}))
}

// addRequest keeps what a request asked for.
func (t *turn) addRequest(ctx context.Context, at cards.Place, draw func(cards.Naming) cards.Card) (teams.Answer, error) {
	w, what, err := t.wishOfRequest(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	name := t.named()
	problem, err := t.keep(ctx, name, w)
	switch {
	case err != nil:
		return teams.Answer{}, err
	case problem != nil:
		return t.naming(draw(cards.Naming{What: what, Name: name, Problem: problem}))
	}
	return t.listFavorites(ctx, cards.Favorites{Place: at, Done: "Added to favorites", DoneName: name})
}

// wishOfRequest is what the person's own request, which the press names, asked
// for.
func (t *turn) wishOfRequest(ctx context.Context) (db.Wish, cards.Submission, error) {
	o, err := t.ownRequest(ctx, t.press.Request)
	if err != nil {
		return db.Wish{}, cards.Submission{}, err
	}
	if err := t.nameResources(ctx, &o); err != nil {
		return db.Wish{}, cards.Submission{}, sorry(err, t.bot.wordsOf(err))
	}
	w := o.sub.Asked.Wish()
	if w.Bundle.ID == "" && (w.Integration.ID == "" || w.ResourceType.ID == "" || len(w.Resources) == 0) {
		return db.Wish{}, cards.Submission{}, sorry(errors.New("not told what it was for"), wordsNotTold)
	}
	return w, t.bot.ownView(t.person, o), nil
}

// nameDraft asks under what name to keep what the form asks for, keeps it, and
// goes back to the form.
func (t *turn) nameDraft(ctx context.Context, d db.Draft, f form) (teams.Answer, error) {
	f.Name = t.named()
	switch t.press.Do {
	case cards.DoBack:
		f.Naming = false
	case cards.DoAdd:
		problem, err := t.keep(ctx, f.Name, f.wish())
		if err != nil {
			return teams.Answer{}, err
		}
		if problem != nil {
			return t.show(ctx, d, f, problems{cards.FieldName: problem})
		}
		f.Naming, f.Name, f.Added = false, "", f.Name
	}
	return t.show(ctx, d, f, nil)
}

// keep makes a wish a favorite, or says what is wrong with its name.
func (t *turn) keep(ctx context.Context, name string, w db.Wish) (problem texts.Text, err error) {
	if name == "" {
		return wordsNoName, nil
	}
	return wordsOfName(t.bot.Store.AddFavorite(ctx, t.person.PersonKey, name, w))
}

// wordsOfName says what keeps a favorite from getting a name.
func wordsOfName(err error) (problem texts.Text, _ error) {
	switch {
	case errors.Is(err, db.ErrNameTaken):
		return wordsNameTaken, nil
	case errors.Is(err, db.ErrFull):
		return texts.English("You have %d favorites, and more are not possible. Delete one first.").With(db.MaxFavorites), nil
	}
	return nil, err
}

// named is the name that was typed.
func (t *turn) named() string {
	return cards.Line(t.press.Inputs[cards.FieldName], cards.FavoriteNameLimit)
}

func (t *turn) naming(c cards.Card) (teams.Answer, error) {
	return t.dialog("Add to favorites", c, teams.Medium)
}
