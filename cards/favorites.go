package cards

import "github.com/apono-teams/teamsbot/texts"

// FieldName is the input for the name of a favorite.
const FieldName = "name"

const (
	// FavoritesPage is how many favorites one dialog shows, each with what it
	// asks for and three buttons.
	FavoritesPage = 8
	// FavoriteNameLimit is how long the name of a favorite may be.
	FavoriteNameLimit = 60
)

// Favorites are what a person has saved to ask for again, and what they asked
// for last. Names are words of people and from outside.
type Favorites struct {
	Place
	Page         []Favorite
	Found, Total int
	Recent       []Submission

	Done     texts.English // what has just been done; "" if nothing
	DoneName string        // and to which
	Problem  texts.Text
}

// Place is where a person stands in the list of favorites: every dialog that
// comes from it leads back there.
type Place struct {
	From   int
	Search string
}

// Favorite is one of them. Of what it asks for only Duration, Integration,
// ResourceType, Resources and Permissions are told, or Bundle and Units.
type Favorite struct {
	ID, Name string
	What     Submission
}

// FavoritesList shows a page of the favorites.
func FavoritesList(l Favorites) Card {
	body := []element{heading("Favorites")}
	if l.Done != "" {
		body = append(body, done(l.Done, Line(l.DoneName, FavoriteNameLimit)))
	}
	body = appendProblem(body, l.Problem)
	body = append(body, l.before()...)
	for _, f := range l.Page {
		body = append(body, l.row(f))
	}
	if pages := l.pages(); len(pages) > 0 {
		body = append(body, buttons(pages...))
	}
	if len(l.Recent) > 0 {
		body = append(body, part("Recent"))
	}
	for _, s := range l.Recent {
		body = append(body, l.recent(s))
	}
	return newCard("Favorites", body...)
}

// before is what stands above the favorites.
func (l Favorites) before() []element {
	if l.Total == 0 {
		return []element{say("You have no favorites yet. Press **Add to favorites** in the last step of a request, or on the card of one.")}
	}
	if l.Total <= FavoritesPage {
		return nil
	}
	body := []element{
		input(FieldSearch, searchOf(l.Total), texts.English("Part of the name, or of what it asks for"), l.Search, 100),
		buttons(l.button("Search", Data{Do: DoSearch})),
	}
	if l.Found == 0 {
		return append(body, say("Nothing matches. Try a shorter part of the name."))
	}
	return append(body, aside("%d to %d of %d", l.From+1, l.From+len(l.Page), l.Found))
}

// row is one favorite with what can be done about it. The search box goes
// along by itself.
func (l Favorites) row(f Favorite) element {
	do := func(title texts.English, d Do) element {
		return l.button(title, Data{Do: d, Favorite: f.ID, From: l.From})
	}
	return entry(texts.Outside(Line(f.Name, FavoriteNameLimit)), f.What.access(), f.What.terms(),
		do("Use favorite", DoUse), do("Rename", DoRename), do("Delete", DoDelete))
}

// recent is one of the last requests.
func (l Favorites) recent(s Submission) element {
	r := s.Requests[0]
	can := []element{button("Request again", Data{Verb: VerbAgain, Request: r.Name})}
	can = append(can, l.button("Add to favorites", Data{Do: DoName, Request: r.Name, From: l.From}))
	return entry(texts.English("%s, %s").With(StatusText(r.Status), texts.Clock(s.AskedAt)), s.access(), s.terms(), can...)
}

// entry is one of a list: a title, two small lines, and buttons.
func entry(title, first, second texts.Text, can ...element) element {
	name, above, below := runOf(title), runOf(first), runOf(second)
	name.Weight, above.IsSubtle, below.IsSubtle = "bolder", true, true
	lines := []element{runs(name), runs(above), runs(below)}
	lines[1].Spacing, lines[2].Spacing = "none", "none"
	return group(append(lines, buttons(can...))...)
}

// access is in short what the access is to.
func (s Submission) access() texts.Text {
	if s.Bundle != "" {
		return clip(texts.English("%s: %s").With(s.Bundle, s.parts(3)), 80)
	}
	return clip(texts.English("%s: %s").With(s.Integration+s.kind(), s.resources(3)), 80)
}

// terms are in short what may be done, and for how long.
func (s Submission) terms() texts.Text {
	if s.Bundle != "" {
		return texts.Duration(s.Duration)
	}
	terms := clip(Names(s.Permissions, 3), 50)
	if s.Duration > 0 { // one made elsewhere may have no end
		return texts.English("%s, %s").With(terms, s.Duration)
	}
	return terms
}

func (l Favorites) pages() []element {
	var more []element
	turn := func(title texts.English, do Do, from int) {
		more = append(more, l.button(title, Data{Do: do, From: from, Search: l.Search}))
	}
	if l.From > 0 {
		turn("Previous page", DoEarlier, max(0, l.From-FavoritesPage))
	}
	if next := l.From + len(l.Page); next < l.Found {
		turn("Next page", DoLater, next)
	}
	return more
}

func (p Place) button(title texts.English, d Data) element {
	d.Verb = VerbFavoritesStep
	return button(title, d)
}

// back leads to where in the list the person came from.
func (p Place) back() element {
	return p.button("Back", Data{Do: DoBack, From: p.From, Search: p.Search})
}

// Naming is what a dialog shows that asks for the name of a favorite.
type Naming struct {
	What    Submission
	Name    string // typed so far
	Problem texts.Text
}

// NameDraft asks for the name of the favorite that a form is to become.
func NameDraft(f Form, n Naming) Card {
	return f.card(heading("Add to favorites"), append(n.What.wish(), n.input()...)...).
		with(f.button("Back", DoBack), f.button("Add to favorites", DoAdd).positive())
}

// NameRequest asks for the name of the favorite that a request is to become.
func NameRequest(n Naming) Card {
	return n.card("Add to favorites", n.input()...).
		with(button("Add to favorites", Data{Verb: VerbFavoriteAdd, Request: n.What.Requests[0].Name}).positive())
}

// NameRecent is NameRequest for one of the last requests in the list.
func NameRecent(p Place, n Naming) Card {
	add := Data{Do: DoAdd, Request: n.What.Requests[0].Name, From: p.From, Search: p.Search}
	return n.card("Add to favorites", n.input()...).with(p.back(), p.button("Add to favorites", add).positive())
}

// RenameFavorite asks for another name.
func RenameFavorite(p Place, f Favorite, n Naming) Card {
	rename := Data{Do: DoRenameNow, Favorite: f.ID, From: p.From, Search: p.Search}
	n.What = f.What
	return n.card("Rename favorite", append([]element{fact("Name now", Line(f.Name, FavoriteNameLimit))}, n.input()...)...).
		with(p.back(), p.button("Rename", rename).positive())
}

// DeleteFavorite asks whether to.
func DeleteFavorite(p Place, f Favorite) Card {
	remove := Data{Do: DoDeleteNow, Favorite: f.ID, From: p.From, Search: p.Search}
	body := append([]element{heading("Delete this favorite?"), fact("Name", Line(f.Name, FavoriteNameLimit))}, f.What.wish()...)
	return newCard("Delete favorite", append(body, say("Your requests and your access stay as they are."))...).
		with(p.back(), p.button("Delete", remove).destructive())
}

func (n Naming) card(title texts.English, body ...element) Card {
	return newCard(title, append(append([]element{heading(title)}, n.What.wish()...), body...)...)
}

func (n Naming) input() []element {
	return appendProblem([]element{
		input(FieldName, texts.English("Name"), texts.English("For example Orders database, read only"), n.Name, FavoriteNameLimit),
	}, n.Problem)
}

// wish is what a favorite keeps.
func (s Submission) wish() []element {
	wish := s.what()
	if s.Duration > 0 {
		wish = append(wish, factOf(texts.English("Duration"), texts.Duration(s.Duration)))
	}
	return wish
}

func favorites() element { return button("Favorites", Data{Verb: VerbFavorites}).opens() }
