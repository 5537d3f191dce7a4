//go:build browser

package main

import "testing"

// danaKeepsAFavorite names what she asked for before, and asks for it again.
func danaKeepsAFavorite(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "dana/apono")
	w.says("favorites")
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
	w.answers("Use favorite")
	w.sees("#dialog", "For how long, and why?")
	w.looks("favorite-used")

	phone := b.opens(t, phone, "dark", "dana/apono")
	phone.presses("Favorites")
	phone.sees("#dialog", "Every Monday")
	phone.shot("phone-favorites")
	phone.answers("Rename")
	phone.sees("#dialog", "Rename favorite")
	phone.shot("phone-favorite-rename")
	phone.answers("Back")
	phone.answers("Delete")
	phone.sees("#dialog", "Delete this favorite?")
	phone.shot("phone-favorite-delete")
	phone.answers("Delete")
	phone.sees("#dialog", "You have no favorites yet")
}
