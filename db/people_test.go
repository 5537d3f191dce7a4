package db_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

func TestWhatIsLearntOfAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, other := w.person(), w.person()
	want, err := w.Person(w.ctx, k)
	w.must(err)
	same := func() {
		t.Helper()
		got, err := w.Person(w.ctx, k)
		w.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	want.Email, want.Role, want.HomeTenantID, want.ReadAt, want.Name = "dana@acme.test", "user", tenant, noon, "Dana Levi"
	w.must(w.RememberMember(w.ctx, want))
	same()

	nameless := want
	nameless.Name, nameless.Role = "", "guest"
	want.Role = "guest"
	w.must(w.RememberMember(w.ctx, nameless))
	same()

	want.AponoID, want.AponoReadAt = "apono-dana", noon.Add(time.Hour)
	w.must(w.RememberApono(w.ctx, k, want.AponoID, want.AponoReadAt))
	same()

	want.Chat = db.Conversation{ID: "a:new", TenantID: tenant, Kind: "personal", ServiceURL: "https://smba.test/amer/"}
	w.must(w.RememberChat(w.ctx, k, want.Chat))
	same()
	want.Chat.ServiceURL = "https://smba.test/emea/"
	w.must(w.RememberChat(w.ctx, k, want.Chat))
	same()

	if p, err := w.Person(w.ctx, other); err != nil || p.AponoID != "" || p.Email != "" {
		t.Errorf("another person is %+v (%v)", p, err)
	}
}

func TestAPersonIsOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.person()
	for _, stranger := range []db.PersonKey{{}, {TenantID: "tenant-2", ObjectID: k.ObjectID}, {TenantID: tenant, ObjectID: "nobody"}} {
		if p, err := w.Person(w.ctx, stranger); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%+v: got %+v and %v, want ErrNotFound", stranger, p, err)
		}
	}
}

// event is what Teams tells of an install, by its clock.
type event struct {
	added  bool
	second float64
}

func (w *world) tell(k db.PersonKey, e event) error {
	at := noon.Add(time.Duration(e.second * float64(time.Second)))
	if e.added {
		return w.Added(w.ctx, k, at)
	}
	return w.Removed(w.ctx, k, at)
}

// welcomes counts the welcomes that each person is owed.
func (w *world) welcomes() map[string]int {
	w.t.Helper()
	n := make(map[string]int)
	for _, j := range jobs[db.Welcome](w) {
		if j.TenantID != tenant {
			w.t.Errorf("a welcome is owed in %q", j.TenantID)
		}
		n[j.ObjectID]++
	}
	return n
}

func TestOneWelcomeAnInstall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, row := range map[string]struct {
		events []event
		want   int
	}{
		"an install, told twice":           {[]event{{true, 10}, {true, 10.05}}, 1},
		"the same, the later first":        {[]event{{true, 10.05}, {true, 10}}, 1},
		"told once more, much later":       {[]event{{true, 10}, {true, 500}}, 1},
		"a removal alone":                  {[]event{{false, 10}}, 0},
		"an install that was over already": {[]event{{false, 20}, {true, 10}}, 0},
		"installed anew":                   {[]event{{true, 10}, {false, 20}, {true, 30}}, 2},
		"anew, the removal told last":      {[]event{{true, 10}, {true, 30}, {false, 20}}, 2},
		"removed in the end":               {[]event{{true, 10}, {false, 20}}, 1},
		"the older of two removals last":   {[]event{{false, 40}, {false, 20}, {true, 30}}, 0},
		"an old removal comes late":        {[]event{{true, 30}, {false, 20}, {true, 30.05}}, 1},
	} {
		k := w.person()
		for _, e := range row.events {
			w.must(w.tell(k, e))
		}
		if got := w.welcomes()[k.ObjectID]; got != row.want {
			t.Errorf("%s: %d welcomes are owed, want %d", name, got, row.want)
		}
	}
}

// TestInstallsInAnyOrder tells two installs and the removal between them, each
// twice, in all 720 orders. Each install gets its welcome, but for a first one
// of which Teams tells only when it is known to be over.
func TestInstallsInAnyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	orders := permutations([]event{{true, 10}, {true, 10.05}, {false, 20}, {false, 20.05}, {true, 30}, {true, 30.05}})
	people := make([]db.PersonKey, len(orders))
	for i := range people {
		people[i] = w.person()
	}
	const workers = 6
	w.together(workers, func(worker int) error {
		for i := worker; i < len(orders); i += workers {
			for _, e := range orders[i] {
				if err := w.tell(people[i], e); err != nil {
					return fmt.Errorf("%v: %w", orders[i], err)
				}
			}
		}
		return nil
	})
	welcomes := w.welcomes()
	for i, order := range orders {
		want := 1
		if order[0].added && order[0].second < 20 {
			want = 2
		}
		if got := welcomes[people[i].ObjectID]; got != want {
			t.Errorf("%v: %d welcomes, want %d", order, got, want)
		}
	}
	// An older removal never beats a newer install.
	if n := ask[int](w, `SELECT count(*) FROM people WHERE added_at > removed_at AND welcomed_at > removed_at`); n != len(orders) {
		t.Errorf("%d people have the bot and were welcomed for that, want %d", n, len(orders))
	}
}

func permutations(all []event) (orders [][]event) {
	if len(all) == 0 {
		return [][]event{nil}
	}
	for i, e := range all {
		for _, rest := range permutations(slices.Delete(slices.Clone(all), i, i+1)) {
			orders = append(orders, append([]event{e}, rest...))
		}
	}
	return orders
}

// Teams tells of one install twice, and both may arrive at once.
func TestOneWelcomeThoughToldAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.person()
	w.together(20, func(i int) error { return w.tell(k, event{true, 10 + float64(i%2)/20}) })
	if n := w.welcomes()[k.ObjectID]; n != 1 {
		t.Errorf("%d welcomes are owed, want 1", n)
	}
}

func TestAnInstallBringsWhatCouldNotBeSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub, _ := w.created(aponoapi.Pending)
	_, other := w.created(aponoapi.Pending) // another person's
	waiting := jobs[db.Deliver](w)
	w.must(w.Added(w.ctx, sub.Person, noon))
	if got, want := jobs[db.Deliver](w), append(slices.Clone(waiting), waiting[0]); !slices.Equal(got, want) {
		t.Errorf("owed are the cards %v, want %v", got, want)
	}
	w.must(w.Added(w.ctx, sub.Person, noon.Add(time.Second))) // the same install, and still nothing sent
	if n := len(jobs[db.Deliver](w)); n != 4 {
		t.Errorf("%d cards are owed after the second telling, want 4", n)
	}

	w.draw(waiting[0].ConversationID)
	w.must(w.Removed(w.ctx, sub.Person, noon.Add(time.Minute)))
	w.must(w.Added(w.ctx, sub.Person, noon.Add(time.Hour)))
	if n := len(jobs[db.Deliver](w)); n != 4 {
		t.Errorf("%d cards are owed, want 4: the first stands (%s is another's)", n, other.ID)
	}
}

// Who removed the bot may be somebody else when they come back.
func TestARemovalForgetsTheRoster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.person()
	believed := func() bool {
		t.Helper()
		p, err := w.Person(w.ctx, k)
		w.must(err)
		return !p.ReadAt.IsZero()
	}
	member, err := w.Person(w.ctx, k)
	w.must(err)
	member.ReadAt = noon
	w.must(w.Added(w.ctx, k, noon))
	w.must(w.RememberMember(w.ctx, member))
	w.must(w.Removed(w.ctx, k, noon.Add(-time.Hour))) // of an install before
	w.must(w.Added(w.ctx, k, noon.Add(time.Second)))
	if !believed() {
		t.Error("an older removal made the bot forget")
	}
	w.must(w.Removed(w.ctx, k, noon.Add(time.Hour)))
	if believed() {
		t.Error("the roster is believed after the removal")
	}
}

func TestAnInstallOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.Added(w.ctx, db.PersonKey{TenantID: tenant, ObjectID: "nobody"}, noon); err == nil {
		t.Error("want an error")
	}
	if n := len(w.welcomes()); n != 0 {
		t.Errorf("%d people are owed a welcome, want none", n)
	}
}
