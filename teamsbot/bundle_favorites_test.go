package teamsbot

import (
	"slices"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

func TestAFavoriteFromTheBundleForm(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.opensBundle("Reporting")
	form = form.fill("units", form.titles("units", "customers")...).press("Next").fill("duration", "4 hours").
		fill("justification", "INC-1").fill("answer_0", "T-1").press("Add to favorites").
		shows("Bundle: Reporting", "customers · read-only", "4 hours")
	form = form.press("Back").shows("For how long, and why?").press("Add to favorites").fill("name", "Customers").
		press("Add to favorites").shows("Added to favorites", "Bundle: Reporting")
	if form.value("justification") != "INC-1" || form.value("answer_0") != "T-1" {
		t.Errorf("what was typed is lost:\n%s", form.Text())
	}
	form.submitted()

	form = dana.favorites().shows("Customers", "Reporting: customers · read-only", "4 hours").press("Use favorite").
		shows("For how long, and why?", "Bundle: Reporting", "Resources: customers · read-only")
	if form.value("justification") != "" {
		t.Errorf("the justification is kept:\n%s", form.Text())
	}
	form.fill("justification", "INC-2").submitted()
	all := w.requests()
	if len(all) != 2 || !slices.Equal(all[0].Resources, all[1].Resources) || all[0].DurationSec != all[1].DurationSec || len(all[1].Resources) != 1 {
		t.Errorf("Apono has %+v", all)
	}
}

func TestAFavoriteFromARequestForABundle(t *testing.T) {
	w := newWorld(t)
	dana := w.reporting("Dana")
	dana.presses("Add to favorites").shows("Bundle: Reporting", "Everything in the bundle").fill("name", "whole").
		press("Add to favorites").shows("Added to favorites", "Reporting: Everything in the bundle").press("Use favorite").
		shows("For how long, and why?", "Everything in the bundle").fill("justification", "INC-3").submitted()
	if all := w.requests(); len(all) != 2 || all[1].Bundle != "Reporting" {
		t.Errorf("Apono has %+v", all)
	}
	dana.mine("My requests").press("Add to favorites").fill("name", "from the list").press("Add to favorites").shows("from the list")
	dana.favorites().press("Add to favorites").fill("name", "recent").press("Add to favorites").shows("recent")
	if got := w.has(dana); got != "from the list, recent, whole" {
		t.Errorf("the favorites are %q", got)
	}
}

// What of a bundle cannot be asked for any more is said, and left out; a part
// never becomes the whole.
func TestAFavoriteOfABundleThatIsGone(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.opensBundle("Reporting")
	form = form.fill("units", form.titles("units", "customers")...).press("Next").fill("justification", "x").
		press("Add to favorites").fill("name", "part").press("Add to favorites")
	form.shows("Added to favorites")
	all, _, err := w.store.FavoritesAndRecent(t.Context(), w.keyOf(dana), 0)
	must(t, err)
	part, gone := all[0].Wish, db.Named{ID: "gone", Name: "[gone](https://evil.example)"}
	for name, c := range map[string]struct {
		wish  db.Wish
		shows []string
	}{
		"bundle": {db.Wish{Bundle: gone, Duration: time.Hour}, []string{"Which bundle?", "bundle " + gone.Name}},
		"one of two": {
			db.Wish{Bundle: part.Bundle, Units: append([]db.Named{gone}, part.Units...), Duration: time.Hour},
			[]string{"For how long, and why?", "left out: resources " + gone.Name, "Resources: customers · read-only"},
		},
		"all": {db.Wish{Bundle: part.Bundle, Units: []db.Named{gone}}, []string{"What do you need of it?", "resources " + gone.Name}},
	} {
		must(t, w.store.AddFavorite(t.Context(), w.keyOf(dana), name, c.wish))
		form := dana.favorites().pressOn(name, "Use favorite").shows(c.shows...)
		if name == "all" {
			form.press("Next").shows("Tick at least one")
		}
	}

	// Apono does not tell any more what is in it.
	w.bot.catalog.kept.InvalidateAll()
	w.apono.Fault(aponotest.Fault{Path: unitsPath, Status: 403})
	form = dana.favorites().pressOn("part", "Use favorite").shows("Which bundle?", "left out: resources customers")
	form.press("Next").shows("you ask for the whole of it")
	if n := len(w.requests()); n != 0 {
		t.Errorf("Apono has %d requests", n)
	}
}

func TestAFavoriteOfABundleWhileAponoIsSlow(t *testing.T) {
	w := newWorld(t)
	dana := w.reporting("Dana")
	dana.presses("Add to favorites").fill("name", "whole").press("Add to favorites")
	list := dana.favorites()
	w.bot.catalog.kept.InvalidateAll()
	w.apono.Fault(aponotest.Fault{Path: bundlesPath, Latency: 3 * time.Second, Times: 1})
	var form *dialogue
	w.hurries(func() { form = list.press("Use favorite").shows("Still loading") })
	form.press("Try again").shows("For how long, and why?", "Bundle: Reporting")

	// A bundle of many, of which many are wanted.
	wish := db.Wish{Bundle: db.Named{ID: "x", Name: "X"}}
	for range 1000 {
		wish.Units = append(wish.Units, db.Named{ID: "unit", Name: cards.Line("a long name of a permission on a resource in a system", cards.UnitLimit)})
	}
	for _, name := range []string{"b1", "b2", "b3", "b4", "b5", "b6", "b7"} {
		must(t, w.store.AddFavorite(t.Context(), w.keyOf(dana), name, wish))
	}
	if n := len(dana.favorites().Card()); n > 25<<10 {
		t.Errorf("the list has %d bytes", n)
	}
}
