package db_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// known is somebody of that address, with all that a person can leave behind:
// an open request, a refused one, a draft, a favorite and a row of the audit.
func (w *world) known(address string) db.Person {
	w.t.Helper()
	sub, _ := w.created(aponoapi.Granted)
	k := sub.Person
	w.must(w.RememberMember(w.ctx, db.Person{PersonKey: k, Name: "Name of " + address, Email: address, ReadAt: noon}))
	d, err := w.NewDraft(w.ctx, k, form{"refused"})
	w.must(err)
	refused, _, err := w.Submit(w.ctx, d, asked, time.Now(), 0)
	w.must(err)
	w.must(w.SubmissionRefused(w.ctx, refused, "no"))
	_, err = w.NewDraft(w.ctx, k, form{"open"})
	w.must(err)
	w.must(w.AddFavorite(w.ctx, k, "Nights", asked.Wish()))
	w.do(`INSERT INTO apono_links VALUES ($1, $2, 'k1', 'sealed', 'apono-user', now())`, k.TenantID, k.ObjectID)
	w.must(w.Audit(w.ctx, k, db.AuditEntry{Action: db.AuditDetails, Outcome: "done"}))
	w.must(w.Added(w.ctx, k, noon))
	p, err := w.Person(w.ctx, k)
	w.must(err)
	return p
}

// rows is how many rows the tables have that tell of people.
func (w *world) rows() map[string]int {
	w.t.Helper()
	n := make(map[string]int)
	for _, table := range []string{
		"people", "conversations", "activities", "drafts", "submissions", "requests", "request_names", "posted_cards", "favorites", "audit_people", "apono_links",
		"admins", "watches",
	} {
		n[table] = ask[int](w, `SELECT count(*) FROM `+table)
	}
	n["jobs"] = ask[int](w, `SELECT count(*) FROM river_job`)
	return n
}

func TestAPersonIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.known("omar@acme.example")
	before := w.rows()
	dana := w.known("Dana@acme.example")
	other, err := w.PeopleAt(w.ctx, "OMAR@acme.example")
	w.must(err)
	if len(other) != 1 {
		t.Fatalf("%d people have Omar's address, want him", len(other))
	}
	w.do(`UPDATE requests SET decided_by = 'Name of Dana@acme.example, Ann' WHERE submission_id IN (
		SELECT id FROM submissions WHERE object_id = $1)`, other[0].ObjectID)

	got, err := w.Erase(w.ctx, dana)
	w.must(err)
	want := db.Erased{
		Submissions: 2, Requests: 1, Open: 1, Cards: 1, Drafts: 3, Favorites: 1, Links: 1, Activities: 1, Decisions: 1,
		Jobs: 5, // two settlements, a card and what waited for the install, and a welcome
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("erased (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, w.rows()); diff != "" {
		t.Errorf("what was there before her (-want +got):\n%s", diff)
	}
	if by := ask[string](w, `SELECT string_agg(decided_by, ',') FROM requests`); strings.Contains(by, "Dana") {
		t.Errorf("requests of others were decided by %q", by)
	}
	if people, err := w.PeopleAt(w.ctx, "dana@acme.example"); len(people) != 0 || err != nil {
		t.Errorf("%d people have her address (%v)", len(people), err)
	}
	got, err = w.Erase(w.ctx, dana)
	if w.must(err); got != (db.Erased{}) {
		t.Errorf("erasing her again erased %+v", got)
	}
	again := arrival(dana.ObjectID)
	if p, first, _, err := w.Arrive(w.ctx, again); err != nil || !first || p.Email != "" {
		t.Errorf("she writes again: %+v, first %t, %v; want somebody new", p, first, err)
	}
}

// Whoever adds a table about people teaches Erase to empty it.
func TestEraseKnowsAllTablesAboutPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := ask[[]string](w, `
		SELECT array_agg(table_name::text ORDER BY table_name) FROM information_schema.columns
		WHERE table_schema = current_schema() AND column_name = 'object_id'`)
	want := []string{"admins", "apono_links", "audit_people", "drafts", "favorites", "people", "posted_cards", "submissions"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables about people (-erased +there):\n%s", diff)
	}
}

func TestPeopleAreFoundByAddressOrID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unread := w.person() // the bot has not asked for an address yet
	a, b := w.known("dana@acme.example"), w.known("dana@acme.example")
	for who, want := range map[string][]string{
		"dana@acme.example": {a.ObjectID, b.ObjectID}, unread.ObjectID: {unread.ObjectID}, strings.ToUpper(a.ObjectID): {a.ObjectID},
		"": nil, "%": nil, "dana": nil, "dana@acme_example": nil,
	} {
		people, err := w.PeopleAt(w.ctx, who)
		w.must(err)
		var got []string
		for _, p := range people {
			got = append(got, p.ObjectID)
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%q is %q, want %q", who, got, want)
		}
	}
}

// Who writes while they are erased is erased or new, and never half there.
func TestAPersonIsErasedWhileTheyWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.known("dana@acme.example")
	erased := make(chan struct{})
	w.together(6, func(i int) error {
		if i == 0 {
			defer close(erased)
			for range 10 {
				if _, err := w.Erase(w.ctx, dana); err != nil {
					return err
				}
			}
			return nil
		}
		for n := 0; ; n++ {
			select {
			case <-erased:
				return nil
			default:
			}
			w.writes(dana.PersonKey, i, n)
		}
	})
	_, err := w.Erase(w.ctx, dana)
	w.must(err)
	for table, n := range w.rows() {
		// A job that only numbers a card may have come after; it finds nothing.
		if n != 0 && table != "jobs" {
			t.Errorf("%d %s are left", n, table)
		}
	}
}

// writes is a turn of somebody who asks for access. Any step may fail because
// they are not known any more.
func (w *world) writes(k db.PersonKey, i, n int) {
	a := arrival(k.ObjectID)
	a.ActivityID = strings.Repeat("x", i) + time.Duration(n).String()
	if _, _, _, err := w.Arrive(w.ctx, a); err != nil {
		w.t.Error(err)
	}
	d, err := w.NewDraft(w.ctx, k, form{"new"})
	if err != nil {
		return
	}
	sub, _, err := w.Submit(w.ctx, d, asked, time.Now(), 0)
	if err != nil {
		return
	}
	r := db.Request{ID: sub.ID, Status: aponoapi.Pending, LookAt: noon}
	if err := w.SubmissionCreated(w.ctx, sub, r); err != nil {
		return
	}
	r.Status, r.Reading = aponoapi.Granted, 1
	_ = w.RecordStatus(w.ctx, r) // gone, or not
}

// What tells of a person in requests that are nobody's, or somebody else's, goes
// with them.
func TestAPersonIsErasedFromRequestsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.known("dana@acme.example")
	w.must(w.RememberApono(w.ctx, dana.PersonKey, "apono-dana", noon))
	dana, err := w.Person(w.ctx, dana.PersonKey)
	w.must(err)
	hers := asked
	hers.AponoUserID, hers.Justification = "apono-dana", "her words"
	nobodys := w.request(aponoapi.Pending)
	w.must(w.RememberElsewhere(w.ctx, db.PersonKey{}, hers, nobodys))
	w.reviewIn(w.place("19:one"), nobodys)
	_, r := w.created(aponoapi.Pending) // somebody else's, for her
	party := db.Party{ID: "apono-dana", Email: "dana@acme.example", Name: "Dana Developer"}
	w.must(w.RecordReview(w.ctx, r.ID, db.Review{Requester: db.Party{ID: "omar"}, Grantee: party, Before: &db.Before{Last: []db.Past{{ID: "AR-1"}}}}))
	_, err = w.Erase(w.ctx, dana)
	w.must(err)
	if _, err := w.Request(w.ctx, nobodys.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("the request that was nobody's is still there (%v)", err)
	}
	got, err := w.Request(w.ctx, r.ID)
	if w.must(err); got.Review.Grantee != (db.Party{}) || got.Review.Before != nil || got.Review.Requester.ID != "omar" {
		t.Errorf("somebody else's tells %+v", got.Review)
	}
	for _, table := range []string{"requests", "submissions"} {
		if n := ask[int](w, `SELECT count(*) FROM `+table+` t WHERE t::text LIKE '%dana@acme%' OR t::text LIKE '%her words%'`); n != 0 {
			t.Errorf("%d rows of %s tell of her", n, table)
		}
	}
}
