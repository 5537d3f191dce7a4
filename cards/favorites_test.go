package cards_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

const favoriteID = "0b0f4a52-6a3e-4c6e-8f2b-9d1c7e5a3b20"

// favorite is the favorite of that number.
func favorite(n int) cards.Favorite {
	what := story()
	what.Justification, what.AskedAt = "", time.Time{}
	return cards.Favorite{ID: favoriteID, Name: fmt.Sprintf("Orders %02d", n), What: what}
}

// favorites is the page from that place on, of so many.
func favorites(from, total int) cards.Favorites {
	l := cards.Favorites{Place: cards.Place{From: from}, Found: total, Total: total}
	for n := from; n < min(from+cards.FavoritesPage, total); n++ {
		l.Page = append(l.Page, favorite(n+1))
	}
	return l
}

func favoriteStates() map[string]cards.Card {
	recent := favorites(0, 1)
	recent.Recent = []cards.Submission{story(aponoapi.Granted), ends(story(aponoapi.Expired)), story(aponoapi.Rejected)}
	lone := favorites(0, 0)
	lone.Recent = recent.Recent[:1]
	whole, piece := favorites(0, 1), part(bundleStory(aponoapi.Granted))
	bundles := cards.Favorites{Found: 2, Total: 2, Recent: []cards.Submission{piece}, Page: []cards.Favorite{
		{ID: whole.Page[0].ID, Name: "Whole", What: cards.Submission{Bundle: "On-call", Duration: time.Hour}},
		{ID: whole.Page[0].ID, Name: "Part", What: cards.Submission{Bundle: "On-call", Units: piece.Units, Duration: time.Hour}},
	}}
	added, wrong, searched, none := favorites(0, 2), favorites(0, 2), favorites(0, 2), favorites(0, 0)
	added.Done, added.DoneName = "Added to favorites", "Orders 02"
	wrong.Problem = texts.English("This favorite is no longer there.")
	searched.Search, searched.Total = "orders", 50
	none.Search, none.Total = "zzz", 50

	place := cards.Place{From: 8, Search: "orders"}
	naming := cards.Naming{What: story(aponoapi.Expired)}
	taken := cards.Naming{What: naming.What, Name: "Orders 01", Problem: texts.English("You have another favorite of that name.")}
	named := atFinish
	named.Chosen, named.Added = nil, "Orders 01"
	return map[string]cards.Card{
		"open_favorites": cards.OpenFavorites(),

		"favorites_none":        cards.FavoritesList(favorites(0, 0)),
		"favorites_none_recent": cards.FavoritesList(lone),
		"favorites_bundle":      cards.FavoritesList(bundles),
		"favorites_one":         cards.FavoritesList(recent),
		"favorites_full_page":   cards.FavoritesList(favorites(0, cards.FavoritesPage)),
		"favorites_first_page":  cards.FavoritesList(favorites(0, 26)),
		"favorites_middle_page": cards.FavoritesList(favorites(24, 50)),
		"favorites_last_page":   cards.FavoritesList(favorites(48, 50)),
		"favorites_search":      cards.FavoritesList(searched),
		"favorites_none_found":  cards.FavoritesList(none),
		"favorites_added":       cards.FavoritesList(added),
		"favorites_problem":     cards.FavoritesList(wrong),

		"favorite_name_draft":      cards.NameDraft(cards.Form{Draft: draftID, Revision: 5}, naming),
		"favorite_name_request":    cards.NameRequest(naming),
		"favorite_name_recent":     cards.NameRecent(place, naming),
		"favorite_name_taken":      cards.NameRequest(taken),
		"favorite_rename":          cards.RenameFavorite(place, favorite(1), cards.Naming{Name: "Orders 01"}),
		"favorite_rename_problem":  cards.RenameFavorite(place, favorite(1), taken),
		"favorite_delete":          cards.DeleteFavorite(place, favorite(1)),
		"finish_added_to_favorite": cards.FinishStep(named, cards.Finish{Duration: "60"}),
	}
}

// favoritesOf are all cards about favorites with these words everywhere.
func favoritesOf(words string) []cards.Card {
	names := slices.Repeat([]string{words}, 12)
	what := cards.Submission{
		Integration: words, ResourceType: words, Resources: names, Permissions: names, Duration: time.Hour, AskedAt: asked,
		Requests: []cards.Request{{ID: words, Name: "v3-1", Status: aponoapi.Status(words)}},
	}
	place := cards.Place{From: 8, Search: words}
	one := cards.Favorite{ID: favoriteID, Name: words, What: what}
	naming := cards.Naming{What: what, Name: words, Problem: texts.Outside(words)}
	form := cards.Form{Draft: draftID, Revision: 3, Added: words}
	bundle := cards.Submission{Bundle: words, Units: names, Duration: time.Hour, Requests: what.Requests}
	return []cards.Card{
		cards.NameRequest(cards.Naming{What: bundle}), cards.DeleteFavorite(place, cards.Favorite{ID: favoriteID, Name: words, What: bundle}),
		cards.FavoritesList(cards.Favorites{
			Place: place, Page: slices.Repeat([]cards.Favorite{one}, cards.FavoritesPage), Found: 50, Total: 50,
			Recent: slices.Repeat([]cards.Submission{what}, 3), Done: "Added to favorites", DoneName: words, Problem: texts.Outside(words),
		}),
		cards.NameDraft(form, naming), cards.NameRequest(naming), cards.NameRecent(place, naming),
		cards.RenameFavorite(place, one, naming), cards.DeleteFavorite(place, one),
		cards.FinishStep(form, cards.Finish{}),
	}
}

// The fullest list fits whatever its names are made of: "<" takes six bytes on
// the wire.
func TestHeaviestFavoritesFit(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"<", "\U0001f511", "漢"} {
		// What a person searches for is cut before it gets here.
		l := cards.Favorites{Place: cards.Place{From: 8, Search: strings.Repeat(letter, 100)}, Found: 50, Total: 50}
		long := strings.Repeat(letter, 5000)
		heavy := story(aponoapi.Status(long))
		heavy.Integration, heavy.ResourceType, heavy.Justification = long, long, long
		heavy.Resources = slices.Repeat([]string{long}, 1000)
		heavy.Permissions = heavy.Resources
		heavy.Requests[0].Name = strings.Repeat("v", 80)
		l.Page = slices.Repeat([]cards.Favorite{{ID: favoriteID, Name: long, What: heavy}}, cards.FavoritesPage)
		l.Recent = slices.Repeat([]cards.Submission{heavy}, 3)
		l.Done, l.DoneName = "Added to favorites", long
		for _, fault := range teamsFaults(t, cards.FavoritesList(l).JSON(texts.InEnglish)) {
			t.Errorf("of %s: %s", letter, fault)
		}
	}
}
