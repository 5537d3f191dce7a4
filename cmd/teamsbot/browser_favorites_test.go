//go:build browser

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// danaKeepsAFavorite names what she asked for before, and asks for it again.
func danaKeepsAFavorite(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "dana/apono")
	w.says("favorites")
	w.looks("favorites-card")
	w.presses("Favorites")
	w.sees("#dialog", "You have no favorites yet")
	w.looks("favorites-none")
	w.answers("Add to favorites")
	w.sees("#dialog", "Name")
	w.answers("Add to favorites")
	w.sees("#dialog", "Write a name.")
	w.fills("name", "Every Monday")
	w.looks("favorite-name")
	w.answers("Add to favorites")
	w.sees("#dialog", "Every Monday")
	w.looks("favorites")
	w.detail("readme/favorites", "#dialog")
	w.answers("Use favorite")
	w.sees("#dialog", "For how long, and why?")
	w.looks("favorite-used")
	w.clicks("#dialog-close")
	w.closed()

	w.presses("Favorites")
	w.answers("Rename")
	w.sees("#dialog", "Rename favorite")
	w.fills("name", "Every Tuesday")
	w.looks("favorite-rename")
	w.answers("Rename")
	w.sees("#dialog", "Every Tuesday")
	if w.count(`#dialog [data-action="Rename"]`) != 1 {
		t.Error("there is another favorite than the one with a new name")
	}
	w.answers("Delete")
	w.sees("#dialog", "Delete this favorite?")
	w.looks("favorite-delete")
	w.answers("Delete")
	w.sees("#dialog", "You have no favorites yet")
}

// danaSavesAForm keeps what she has filled in so far, and loses none of it.
func danaSavesAForm(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "dana/apono")
	w.says("request orders database customers read-only 4h because INC-9")
	w.presses("Open the form")
	w.answers("Add to favorites")
	w.fills("name", "Customers, read only")
	w.looks("favorite-from-form")
	w.answers("Add to favorites")
	w.sees("#dialog", "Added to favorites")
	w.holds("justification", "INC-9")
	w.looks("favorite-added")
	w.clicks("#dialog-close")
	w.closed()
	w.says("favorites")
	w.presses("Favorites")
	w.sees("#dialog", "Customers, read only")
}

// danaUsesAnOldFavorite has many, of which one names what is gone.
func danaUsesAnOldFavorite(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "dana/apono")
	w.presses("Favorites")
	w.sees("#dialog", "1 to 8 of 11")
	w.looks("favorites-first-page")
	w.answers("Next page")
	w.sees("#dialog", "9 to 11 of 11")
	w.fills("search", "archive")
	w.answers("Search")
	w.sees("#dialog", "Orders and the archive")
	w.looks("favorites-found")
	w.answers("Use favorite")
	w.sees("#dialog", "Not available to you any more, and left out: resources archive_2019.")
	w.sees("#dialog", "Resources: customers")
	w.looks("favorite-gone")
}

// danaHasManyFavorites gives her ten more, as if from long ago: one with a
// database that is not there any more.
func danaHasManyFavorites(t *testing.T, s site) {
	password, err := os.ReadFile(filepath.Join(s.dir, "postgres", "password"))
	must(t, err)
	store, err := db.Open(t.Context(), db.Config{URL: "postgres://teamsbot:" + string(password) + "@" + s.database(t) + "/teamsbot"})
	must(t, err)
	defer store.Close()
	dana := teamstest.Company(teamstest.DefaultTenantID)[0]
	key := db.PersonKey{TenantID: dana.TenantID, ObjectID: dana.ObjectID}
	kept, _, err := store.FavoritesAndRecent(t.Context(), key, 0)
	must(t, err)
	if len(kept) != 1 {
		t.Fatalf("Dana has %d favorites, want 1", len(kept))
	}
	wish := kept[0].Wish
	for i := range 9 {
		must(t, store.AddFavorite(t.Context(), key, fmt.Sprintf("Report %d", i+1), wish))
	}
	wish.Resources = append(wish.Resources, db.Named{ID: "gone", Name: "archive_2019"})
	must(t, store.AddFavorite(t.Context(), key, "Orders and the archive", wish))
}
