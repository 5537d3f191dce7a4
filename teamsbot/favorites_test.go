package teamsbot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

// favorites opens the dialog by the typed command.
func (s *someone) favorites() *dialogue {
	s.w.t.Helper()
	s.says("favorites")
	return s.presses("Favorites")
}

// pressOn presses the button in the row that shows a text.
func (f *dialogue) pressOn(row, title string) *dialogue {
	f.s.w.t.Helper()
	d, err := f.PressIn(f.s.w.t.Context(), row, title)
	must(f.s.w.t, err)
	return f.s.opened(d)
}

// has says which favorites somebody has.
func (w *world) has(s *someone) string {
	w.t.Helper()
	all, _, err := w.store.FavoritesAndRecent(w.t.Context(), w.keyOf(s), 0)
	must(w.t, err)
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func TestAFavoriteFromTheForm(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.favorites().shows("You have no favorites yet")
	dana.says("request")

	form := dana.presses("New request").toLastStep().press("Add to favorites").shows("Choose a permission.")
	in, _ := form.Input("permissions")
	permission := in.Choices[0].Title
	form = form.fill("permissions", permission).fill("hours", "2.5").fill("justification", "INC-42: orders are stuck").
		press("Add to favorites").shows("Orders database", permission, "2 hours 30 minutes")
	form = form.press("Add to favorites").shows("Write a name.").fill("name", "  Orders,\tevery day ").press("Back").
		shows("For how long, and why?")
	form = form.press("Add to favorites")
	if got := form.value("name"); got != "Orders, every day" {
		t.Errorf("the name is %q after Back", got)
	}
	form = form.press("Add to favorites").shows("Added to favorites", "Orders, every day", "For how long, and why?")
	if hours, why := form.value("hours"), form.value("justification"); hours != "2.5" || why != "INC-42: orders are stuck" {
		t.Errorf("after it is added the form holds %q and %q", hours, why)
	}
	if form = form.press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}

	form = dana.favorites().shows("Orders, every day", "Orders database", "2 hours 30 minutes", "Recent").press("Use favorite").
		shows("For how long, and why?", "Orders database")
	if hours, why := form.value("hours"), form.value("justification"); hours != "2.5" || why != "" {
		t.Errorf("the favorite filled in %q and %q", hours, why)
	}
	if in, _ := form.Input("permissions"); in.Value == "" {
		t.Error("the favorite's permission is not chosen")
	}
	if form = form.fill("justification", "INC-43").press("Submit"); !form.Closed {
		t.Fatalf("the favorite was not submitted:\n%s", form.Text())
	}
	w.settle()
	all := w.requests()
	if len(all) != 2 || all[1].DurationSec != all[0].DurationSec || !slices.Equal(all[1].Resources, all[0].Resources) {
		t.Errorf("Apono has %+v", all)
	}
}

func TestAFavoriteFromACard(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	form := dana.presses("Add to favorites").shows("Orders database", "Name").fill("name", "Orders").press("Add to favorites").
		shows("Added to favorites", "Orders", "Use favorite")
	if got := w.has(dana); got != "Orders" {
		t.Errorf("the favorites are %q", got)
	}
	form.press("Use favorite").shows("For how long, and why?")

	w.pass(9 * time.Hour) // it has ended
	// Another one of that name is not possible; the same twice is one.
	dana.presses("Add to favorites").fill("name", "ORDERS").press("Add to favorites").shows("Added to favorites")
	must(t, w.store.AddFavorite(t.Context(), w.keyOf(dana), "other", db.Wish{Integration: db.Named{ID: "x", Name: "X"}}))
	form = dana.presses("Add to favorites").fill("name", "Other").press("Add to favorites").shows(string(wordsNameTaken))
	if got := form.value("name"); got != "Other" {
		t.Errorf("the name is %q after it was refused", got)
	}
	if got := w.has(dana); got != "Orders, other" {
		t.Errorf("the favorites are %q", got)
	}
}

func TestFavoritesAreRenamedAndDeleted(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.fill(dana, 2)
	list := dana.favorites().shows("favorite 01", "favorite 02")
	form := list.pressOn("favorite 02", "Rename").shows("Name now", "favorite 02").fill("name", "FAVORITE 01").press("Rename").
		shows(string(wordsNameTaken))
	form = form.fill("name", "  ").press("Rename").shows(string(wordsNoName))
	list = form.fill("name", "Zebra").press("Rename").shows("Renamed", "Zebra", "favorite 01")
	form = list.pressOn("Zebra", "Delete").shows("Delete this favorite?", "Zebra")
	form.press("Back").shows("Zebra", "favorite 01")
	list = form.press("Delete").shows("Deleted", "favorite 01")
	if got := w.has(dana); got != "favorite 01" {
		t.Errorf("the favorites are %q", got)
	}
	// Two dialogs were open.
	form.press("Delete").shows(string(wordsNoFavorite), "favorite 01")
	list.press("Delete").press("Delete").shows("You have no favorites yet")
}

func TestRecentRequests(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	for range 4 {
		dana.says("request")
		w.submits(dana, "Orders database")
	}
	list := dana.favorites().shows("Recent", "You have no favorites yet")
	if n := strings.Count(list.Text(), "Orders database"); n != recentShown {
		t.Errorf("%d requests are shown, want %d:\n%s", n, recentShown, list.Text())
	}
	form := list.press("Add to favorites").fill("name", "Last one").press("Add to favorites").shows("Added to favorites", "Last one")
	form.press("Add to favorites").press("Back").shows("Recent")
	form = form.press("Request again").shows("For how long, and why?")
	if form = form.fill("justification", "INC-9").press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	if n := len(w.requests()); n != 5 {
		t.Errorf("Apono has %d requests, want 5", n)
	}
}

// fill gives somebody so many favorites.
func (w *world) fill(s *someone, n int) {
	w.t.Helper()
	for i := range n {
		wish := db.Wish{
			Integration: db.Named{ID: "gone", Name: "Old system"}, ResourceType: db.Named{ID: "t", Name: "Table"},
			Resources: []db.Named{{ID: "r", Name: fmt.Sprintf("resource-%02d", i+1)}}, Permissions: []string{"read"}, Duration: time.Hour,
		}
		must(w.t, w.store.AddFavorite(w.t.Context(), w.keyOf(s), fmt.Sprintf("favorite %02d", i+1), wish))
	}
}

func TestFavoritesOfAnyNumber(t *testing.T) {
	w := newWorld(t)
	for name, n := range map[string]int{"Dana": 1, "Devin": 25, "Omar": 26, "Ava": 50} {
		s := w.person(name)
		w.fill(s, n)
		list := s.favorites()
		seen := map[string]bool{}
		for {
			for i := range n {
				if one := fmt.Sprintf("favorite %02d", i+1); list.Has(one) {
					seen[one] = true
				}
			}
			if len(list.Card()) > 25<<10 {
				t.Errorf("%d favorites: the dialog has %d bytes", n, len(list.Card()))
			}
			if !slices.Contains(list.Buttons(), "Next page") {
				break
			}
			list = list.press("Next page")
		}
		if len(seen) != n {
			t.Errorf("%d of %d favorites were seen", len(seen), n)
		}
	}

	ava := w.stranger("Ava")
	list := ava.favorites().shows("Search 50", "1 to 8 of 50")
	list = list.fill("search", "RESOURCE-4").press("Search").shows("1 to 8 of 10", "favorite 40").press("Next page").shows("9 to 10 of 10")
	form := list.pressOn("favorite 49", "Rename").press("Back").shows("9 to 10 of 10")
	if got := form.value("search"); got != "RESOURCE-4" {
		t.Errorf("the search is %q after Back", got)
	}
	list = form.pressOn("favorite 48", "Delete").press("Delete").shows("9 to 9 of 9")
	list = list.pressOn("favorite 49", "Delete").press("Delete").shows("1 to 8 of 8")
	list = list.fill("search", "resource-07").press("Search").shows("favorite 07", "1 to 1 of 1")
	list.fill("search", "nothing of mine").press("Search").shows("Nothing matches")

	// There is room for two, and no more.
	w.fill(ava, 50)
	ava.says("request")
	w.submits(ava, "Orders database")
	ava.favorites().press("Add to favorites").fill("name", "one more").press("Add to favorites").shows("You have 50 favorites")
}

// What cannot be asked for any more is said, and left out.
func TestAFavoriteOfWhatIsGone(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	dana.presses("Add to favorites").fill("name", "whole").press("Add to favorites")
	all, _, err := w.store.FavoritesAndRecent(t.Context(), w.keyOf(dana), 0)
	must(t, err)
	whole := all[0].Wish
	gone := db.Named{ID: "gone", Name: "[gone](https://evil.example)"}
	for name, c := range map[string]struct {
		change func(*db.Wish)
		shows  []string
	}{
		"integration":   {func(w *db.Wish) { w.Integration = gone }, []string{"What do you need access to?", "integration " + gone.Name}},
		"resource type": {func(w *db.Wish) { w.ResourceType = gone }, []string{"What kind of resource?", "resource type " + gone.Name}},
		"all resources": {func(w *db.Wish) { w.Resources = []db.Named{gone} }, []string{"Which resources?", "resources " + gone.Name}},
		"one resource": {
			func(w *db.Wish) { w.Resources = append([]db.Named{gone}, w.Resources...) },
			[]string{"For how long, and why?", "left out: resources " + gone.Name + ".", whole.Resources[0].Name},
		},
		"permission and a resource": {
			func(w *db.Wish) {
				w.Permissions, w.Resources = []string{"root"}, append([]db.Named{gone}, w.Resources...)
			},
			[]string{"For how long, and why?", "resources " + gone.Name + "; permissions root."},
		},
		"only a name": {func(w *db.Wish) { w.Integration.Name = "Old name" }, []string{"For how long, and why?", "Orders database"}},
	} {
		wish := whole
		c.change(&wish)
		must(t, w.store.AddFavorite(t.Context(), w.keyOf(dana), name, wish))
		form := dana.favorites().pressOn(name, "Use favorite").shows(c.shows...)
		if name == "only a name" && form.Has("left out") {
			t.Errorf("what has another name only is left out:\n%s", form.Text())
		}
		if name == "one resource" && form.fill("justification", "INC-1").press("Back").Has("left out") {
			t.Error("what is left out is said for ever")
		}
	}
	if n := len(w.requests()); n != 1 {
		t.Errorf("Apono has %d requests, want 1", n)
	}
}

// Apono may be slow: what the favorite asks for waits for it.
func TestAFavoriteWhileAponoIsSlow(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	dana.presses("Add to favorites").fill("name", "Orders").press("Add to favorites")
	list := dana.favorites()
	w.bot.catalog.kept.InvalidateAll()
	w.apono.Fault(aponotest.Fault{Path: "/api/v3/selectable-integrations", Latency: 3 * time.Second, Times: 1})
	var form *dialogue
	w.hurries(func() { form = list.press("Use favorite").shows("Still loading") })
	form = form.press("Try again").shows("For how long, and why?", "Orders database")
	if in, _ := form.Input("permissions"); in.Value == "" {
		t.Error("the favorite's permission is not chosen")
	}
}

// Nobody uses, changes or learns of somebody else's favorite or request,
// whatever they forge.
func TestForgedFavoriteRevealsAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	dana.presses("Add to favorites").fill("name", "Danas own").press("Add to favorites")
	all, _, err := w.store.FavoritesAndRecent(t.Context(), w.keyOf(dana), 0)
	must(t, err)
	devin := w.person("Devin")
	w.fill(devin, 1)
	for _, id := range []string{all[0].ID, "", "../x", "\x00", strings.Repeat("x", 10000), "00000000-0000-0000-0000-000000000000"} {
		for _, do := range []cards.Do{cards.DoUse, cards.DoRename, cards.DoRenameNow, cards.DoDelete, cards.DoDeleteNow} {
			status, body := devin.invoke(map[string]any{
				"apono": cards.Data{Verb: cards.VerbFavoritesStep, Do: do, Favorite: id, From: -7}, "name": "stolen",
			})
			if status != http.StatusOK || !strings.Contains(body, string(wordsNoFavorite)) || strings.Contains(body, "Danas own") {
				t.Errorf("%s %.20q: got %d %s", do, id, status, body)
			}
		}
	}
	request := w.requests()[0].V3ID
	for _, data := range []cards.Data{
		{Verb: cards.VerbFavoriteName, Request: request},
		{Verb: cards.VerbFavoriteAdd, Request: request},
		{Verb: cards.VerbFavoritesStep, Do: cards.DoName, Request: request},
		{Verb: cards.VerbFavoritesStep, Do: cards.DoAdd, Request: request},
	} {
		status, body := devin.invoke(map[string]any{"apono": data, "name": "stolen"})
		if status != http.StatusOK || !strings.Contains(body, string(wordsNoRequest)) || strings.Contains(body, "INC-7") {
			t.Errorf("%+v: got %d %s", data, status, body)
		}
	}
	status, body := devin.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbFavorites, From: 1 << 40, Do: "odd"}})
	if status != http.StatusOK || !strings.Contains(body, "favorite 01") || strings.Contains(body, "Danas own") {
		t.Errorf("a page that is not there: got %d %s", status, body)
	}
	if got, mine := w.has(dana), w.has(devin); got != "Danas own" || mine != "favorite 01" {
		t.Errorf("Dana has %q, and Devin %q", got, mine)
	}
}

// A form that asks for a name submits nothing, and one that was open twice
// loses no name.
func TestAFormThatAsksForAName(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep().press("Add to favorites")
	draft := draftOf(t, form)
	draft.Do = cards.DoSubmit
	status, body := dana.invoke(map[string]any{"apono": draft, "name": "kept"})
	if status != http.StatusOK || !strings.Contains(body, `"value":"kept"`) || len(w.requests()) != 0 {
		t.Errorf("got %d %s, and Apono has %d requests", status, body, len(w.requests()))
	}
	form.fill("name", "newer").press("Add to favorites").shows("open twice")
	status, body = dana.invoke(map[string]any{"apono": draft, "name": "newest"})
	if status != http.StatusOK || !strings.Contains(body, `"value":"newest"`) {
		t.Errorf("got %d %s", status, body)
	}
	if got := w.has(dana); got != "" {
		t.Errorf("the favorites are %q", got)
	}
}
