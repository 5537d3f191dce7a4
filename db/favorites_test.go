package db_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// favorite is a new favorite of a person.
func (w *world) favorite(k db.PersonKey, name string) db.Favorite {
	w.t.Helper()
	w.must(w.AddFavorite(w.ctx, k, name, asked.Wish()))
	for _, f := range w.favorites(k) {
		if f.Name == name {
			return f
		}
	}
	w.t.Fatalf("there is no favorite %q", name)
	return db.Favorite{}
}

func (w *world) favorites(k db.PersonKey) []db.Favorite {
	w.t.Helper()
	all, _, err := w.FavoritesAndRecent(w.ctx, k, 0)
	w.must(err)
	return all
}

func namesOf(all []db.Favorite) string {
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func TestAFavoriteIsKeptRenamedAndDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.person()
	if all := w.favorites(dana); len(all) != 0 {
		t.Errorf("somebody new has %v", all)
	}
	orders := w.favorite(dana, "Orders")
	w.favorite(dana, "billing")
	if got := namesOf(w.favorites(dana)); got != "billing, Orders" {
		t.Errorf("the favorites are %s, want them by name", got)
	}
	got, err := w.Favorite(w.ctx, dana, orders.ID)
	w.must(err)
	if diff := cmp.Diff(asked.Wish(), got.Wish); diff != "" {
		t.Error(diff)
	}
	if n := ask[int](w, `SELECT count(*) FROM favorites WHERE wish::text LIKE '%Ticket%'`); n != 0 {
		t.Error("the reason is kept")
	}

	w.must(w.RenameFavorite(w.ctx, dana, orders.ID, "ORDERS"))
	w.must(w.RenameFavorite(w.ctx, dana, orders.ID, "a first one"))
	if got := namesOf(w.favorites(dana)); got != "a first one, billing" {
		t.Errorf("renamed, the favorites are %s", got)
	}
	w.must(w.DeleteFavorite(w.ctx, dana, orders.ID))
	if err := w.DeleteFavorite(w.ctx, dana, orders.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("deleted twice: got %v, want ErrNotFound", err)
	}
	if got := namesOf(w.favorites(dana)); got != "billing" {
		t.Errorf("after one is deleted the favorites are %s", got)
	}
}

func TestANameIsTakenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana, devin := w.person(), w.person()
	w.favorite(dana, "Örders")
	second := w.favorite(dana, "second")
	w.favorite(devin, "Örders")

	w.must(w.AddFavorite(w.ctx, dana, "öRDERS", asked.Wish())) // the same again
	other := asked.Wish()
	other.Duration = time.Minute
	if err := w.AddFavorite(w.ctx, dana, "öRDERS", other); !errors.Is(err, db.ErrNameTaken) {
		t.Errorf("add: got %v, want ErrNameTaken", err)
	}
	if err := w.RenameFavorite(w.ctx, dana, second.ID, "öRDERS"); !errors.Is(err, db.ErrNameTaken) {
		t.Errorf("rename: got %v, want ErrNameTaken", err)
	}
	if got := namesOf(w.favorites(dana)); got != "second, Örders" {
		t.Errorf("the favorites are %s", got)
	}
}

func TestFavoritesAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.person()
	for i := range db.MaxFavorites - 1 {
		w.favorite(dana, fmt.Sprint("favorite ", i))
	}
	var refused atomic.Int64
	w.together(10, func(i int) error {
		err := w.AddFavorite(w.ctx, dana, fmt.Sprint("last ", i), asked.Wish())
		if errors.Is(err, db.ErrFull) {
			refused.Add(1)
			return nil
		}
		return err
	})
	if n := len(w.favorites(dana)); n != db.MaxFavorites || refused.Load() != 9 {
		t.Errorf("there are %d favorites, and %d were refused", n, refused.Load())
	}
	w.must(w.AddFavorite(w.ctx, dana, "favorite 0", asked.Wish())) // is there
}

// The id of a favorite comes back from a card, which anybody can forge.
func TestAFavoriteIsItsPersonsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana, devin := w.person(), w.person()
	f := w.favorite(dana, "Orders")
	w.favorite(devin, "mine")
	forged := func(k db.PersonKey, id string) {
		t.Helper()
		if got, err := w.Favorite(w.ctx, k, id); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%.60q: got %+v and %v, want ErrNotFound", id, got, err)
		}
		// Names of theirs are no secret to be found out, either.
		for _, name := range []string{"stolen", "mine"} {
			if err := w.RenameFavorite(w.ctx, k, id, name); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("rename %.60q: got %v, want ErrNotFound", id, err)
			}
		}
		if err := w.DeleteFavorite(w.ctx, k, id); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("delete %.60q: got %v, want ErrNotFound", id, err)
		}
	}
	for _, k := range []db.PersonKey{devin, {TenantID: "tenant-2", ObjectID: dana.ObjectID}, {}} {
		forged(k, f.ID)
	}
	for _, id := range []string{
		"", "1", "' OR 1=1 --", "\x00", strings.Repeat("x", 100_000), f.ID + " ", "{" + f.ID + "}",
		strings.ReplaceAll(f.ID, "-", ""), "00000000-0000-0000-0000-000000000000",
	} {
		forged(dana, id)
	}
	if got := namesOf(w.favorites(dana)); got != "Orders" {
		t.Errorf("the favorites are %s", got)
	}
}

func TestRecentSubmissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.person()
	w.created(aponoapi.Granted) // somebody else's
	submit := func(why string) db.Submission {
		t.Helper()
		d, err := w.NewDraft(w.ctx, dana, form{why})
		w.must(err)
		a := asked
		a.Justification = why
		sub, _, err := w.Submit(w.ctx, d, a, time.Now(), 0)
		w.must(err)
		return sub
	}
	for _, why := range []string{"one", "two", "three", "four"} {
		w.must(w.SubmissionCreated(w.ctx, submit(why), w.request(aponoapi.Expired)))
	}
	w.must(w.SubmissionRefused(w.ctx, submit("refused"), "no"))
	submit("no answer yet")

	_, got, err := w.FavoritesAndRecent(w.ctx, dana, 3)
	w.must(err)
	var words []string
	for _, r := range got {
		words = append(words, r.Submission.Asked.Justification)
		if len(r.Requests) != 1 || r.Requests[0].Status != aponoapi.Expired {
			t.Errorf("the requests of %q are %+v", r.Submission.Asked.Justification, r.Requests)
		}
	}
	if diff := cmp.Diff([]string{"four", "three", "two"}, words); diff != "" {
		t.Error(diff)
	}
}

// What cannot be kept is refused.
func TestAFavoriteOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.AddFavorite(w.ctx, db.PersonKey{TenantID: tenant, ObjectID: "nobody"}, "x", asked.Wish()); err == nil {
		t.Error("a favorite of nobody: want an error")
	}
	if err := w.AddFavorite(w.ctx, w.person(), "", asked.Wish()); err == nil {
		t.Error("a favorite without a name: want an error")
	}
}

// Somebody renames one favorite to the very name under which they add another.
func TestAFavoriteIsRenamedWhileAnotherIsAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.person()
	other := w.favorite(dana, "other")
	w.queue("UPDATE favorites SET name = 'Orders', folded = 'orders' WHERE id = $1", other.ID, 1, func(int) error {
		if err := w.AddFavorite(w.ctx, dana, "ORDERS", asked.Wish()); !errors.Is(err, db.ErrNameTaken) {
			t.Errorf("got %v, want ErrNameTaken", err)
		}
		return nil
	})
	w.together(20, func(i int) error {
		name := fmt.Sprint("race ", i/4)
		err := w.RenameFavorite(w.ctx, dana, other.ID, name)
		if i%2 == 0 {
			err = w.AddFavorite(w.ctx, dana, name, asked.Wish())
		}
		if errors.Is(err, db.ErrNameTaken) {
			return nil
		}
		return err
	})
}

// A request is given back to another submission while the last ones are listed.
func TestRecentSubmissionsWhileARequestMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.person()
	one, r := w.created(aponoapi.Granted)
	two, _ := w.created(aponoapi.Granted)
	w.do("UPDATE submissions SET tenant_id = $1, object_id = $2", dana.TenantID, dana.ObjectID)
	w.do("DELETE FROM requests WHERE id <> $1", r.ID)
	const times = 200
	w.together(4, func(i int) error {
		for n := range times {
			if i == 0 {
				to := []string{one.ID, two.ID}[n%2]
				if _, err := w.sql.Exec(w.ctx, "UPDATE requests SET submission_id = $1 WHERE id = $2", to, r.ID); err != nil {
					return err
				}
				continue
			}
			_, all, err := w.FavoritesAndRecent(w.ctx, dana, 3)
			if err != nil {
				return err
			}
			if len(all) != 1 || len(all[0].Requests) != 1 {
				return fmt.Errorf("got %+v, want one submission with its request", all)
			}
		}
		return nil
	})
}
