package db_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/db"
)

// linked is the token of somebody new, who is that Apono user.
func (w *world) linked(aponoID string) db.Link {
	w.t.Helper()
	k := w.person()
	w.must(w.RememberApono(w.ctx, k, aponoID, noon))
	l := db.Link{Person: k, KeyID: "k1", Sealed: []byte("sealed"), AponoID: aponoID, ConnectedAt: noon}
	w.must(w.RememberLink(w.ctx, l))
	return l
}

func (w *world) hasLink(want db.Link) {
	w.t.Helper()
	got, err := w.Link(w.ctx, want.Person)
	w.must(err)
	got.ConnectedAt = got.ConnectedAt.UTC()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("the link (-want +got):\n%s", diff)
	}
}

func (w *world) hasNoLink(k db.PersonKey) {
	w.t.Helper()
	if l, err := w.Link(w.ctx, k); !errors.Is(err, db.ErrNotFound) {
		w.t.Errorf("got the link %+v, %v; want none", l, err)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if any, err := w.AnyLink(w.ctx); any || err != nil {
		t.Errorf("any link: %t, %v", any, err)
	}
	other, l := w.linked("apono-omar"), w.linked("apono-dana")
	w.hasLink(l)
	if any, err := w.AnyLink(w.ctx); !any || err != nil {
		t.Errorf("any link: %t, %v", any, err)
	}

	replaced := l
	replaced.Sealed = []byte("another")
	w.must(w.RememberLink(w.ctx, replaced))
	w.hasLink(replaced)
	w.must(w.Reseal(w.ctx, l, "k2", []byte("resealed"))) // too late
	w.hasLink(replaced)
	w.must(w.Reseal(w.ctx, replaced, "k2", []byte("resealed")))
	resealed := replaced
	resealed.KeyID, resealed.Sealed = "k2", []byte("resealed")
	w.hasLink(resealed)

	if dropped, err := w.DropLink(w.ctx, l.Person, l.Sealed, db.DroppedByApono); dropped || err != nil {
		t.Errorf("the one before was dropped: %t, %v", dropped, err)
	}
	for _, want := range []bool{true, false} {
		if dropped, err := w.DropLink(w.ctx, l.Person, nil, db.DroppedByPerson); dropped != want || err != nil {
			t.Errorf("dropped: %t, %v; want %t", dropped, err, want)
		}
	}
	w.hasNoLink(l.Person)
	w.hasLink(other)
	want := []string{"connect: ", "connect: ", "connect: ", "disconnect: by the person"}
	if diff := cmp.Diff(want, w.connections()); diff != "" {
		t.Errorf("the audit (-want +got):\n%s", diff)
	}
}

// connections are what the audit has of them.
func (w *world) connections() (all []string) {
	w.t.Helper()
	for _, r := range w.audited(time.Time{}, time.Time{}) {
		all = append(all, string(r.Action)+": "+r.Detail["why"])
	}
	return all
}

// A token is kept for the Apono user alone whose it is.
func TestLinksGoWithTheAponoUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.linked("apono-dana")
	w.must(w.RememberApono(w.ctx, l.Person, "apono-dana", noon.AddDate(0, 0, 1)))
	w.hasLink(l)
	w.must(w.RememberApono(w.ctx, l.Person, "apono-other", noon.AddDate(0, 0, 2)))
	w.hasNoLink(l.Person)
	if diff := cmp.Diff([]string{"connect: ", "disconnect: another Apono user"}, w.connections()); diff != "" {
		t.Errorf("the audit (-want +got):\n%s", diff)
	}
	if err := w.RememberLink(w.ctx, l); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a link of the Apono user before: %v", err)
	}
	w.hasNoLink(l.Person)
	stranger := l
	stranger.Person.ObjectID = "nobody"
	if err := w.RememberLink(w.ctx, stranger); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a link of nobody: %v", err)
	}
}

// Whatever happens at once, no token of another Apono user stays.
func TestLinksAndUsersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.linked("apono-0")
	ids := []string{"apono-0", "apono-1", "apono-2"}
	w.together(6, func(i int) error {
		id := ids[i%3]
		for range 20 {
			if i < 3 {
				if err := w.RememberApono(w.ctx, l.Person, id, noon); err != nil {
					return err
				}
				continue
			}
			mine := l
			mine.AponoID, mine.Sealed = id, []byte(id)
			if err := w.RememberLink(w.ctx, mine); err != nil && !errors.Is(err, db.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	p, err := w.Person(w.ctx, l.Person)
	w.must(err)
	if got, err := w.Link(w.ctx, l.Person); err == nil && (got.AponoID != p.AponoID || string(got.Sealed) != p.AponoID && string(got.Sealed) != "sealed") {
		t.Errorf("%s has the token of %s", p.AponoID, got.AponoID)
	}
}
