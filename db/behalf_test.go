package db_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// onBehalf is a submission on behalf of that Apono user, of which Apono made a
// request.
func (w *world) onBehalf(aponoID string) (db.Submission, db.Request) {
	w.t.Helper()
	a := asked
	a.AponoUserID, a.For, a.By = aponoID, db.Named{ID: aponoID, Name: "Name of " + aponoID}, "Devin"
	sub, _, err := w.Submit(w.ctx, w.draft(), a, time.Now(), 0)
	w.must(err)
	r := w.request(aponoapi.Pending)
	w.must(w.SubmissionCreated(w.ctx, sub, r))
	return sub, r
}

// cardsOf are the kinds of cards that somebody has or is owed.
func (w *world) cardsOf(k db.PersonKey) (kinds []string) {
	w.t.Helper()
	return ask[[]string](w, `SELECT coalesce(array_agg(kind ORDER BY id), '{}') FROM posted_cards WHERE object_id = $1`, k.ObjectID)
}

// Both who asks and who receives are told, whenever the bot comes to know them.
func TestWhatIsAskedOnBehalfIsToldToBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known, later := w.person(), w.person()
	w.must(w.RememberApono(w.ctx, known, "apono-known", noon))
	sub, r := w.onBehalf("apono-known")
	if awaits, err := w.AwaitsGrantee(w.ctx); awaits || err != nil {
		t.Errorf("somebody is awaited: %t, %v", awaits, err)
	}
	r.Status, r.Reading, r.Tell = aponoapi.Granted, w.reading(), db.ToldGranted
	r.GrantedAt = noon
	w.must(w.RecordStatus(w.ctx, r))
	w.must(w.OweWarnings(w.ctx, noon.Add(50*time.Minute), 15*time.Minute))
	want := []string{"story", "granted", "ending"}
	for _, k := range []db.PersonKey{sub.Person, known} {
		if diff := cmp.Diff(want, w.cardsOf(k)); diff != "" {
			t.Errorf("the cards of %s (-want +got):\n%s", k.ObjectID, diff)
		}
	}

	w.onBehalf("apono-later")
	if awaits, err := w.AwaitsGrantee(w.ctx); !awaits || err != nil {
		t.Errorf("nobody is awaited: %t, %v", awaits, err)
	}
	for range 2 {
		w.must(w.RememberApono(w.ctx, later, "apono-later", noon))
	}
	if diff := cmp.Diff([]string{"story"}, w.cardsOf(later)); diff != "" {
		t.Errorf("the cards of who is known later (-want +got):\n%s", diff)
	}
}

// Who is erased is not named in what others asked for on their behalf.
func TestWhoIsErasedIsNotNamedByOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.person()
	w.must(w.RememberApono(w.ctx, k, "apono-dana", noon))
	sub, _ := w.onBehalf("apono-dana")
	p, err := w.Person(w.ctx, k)
	w.must(err)
	_, err = w.Erase(w.ctx, p)
	w.must(err)
	if kinds := w.cardsOf(k); len(kinds) != 0 {
		t.Errorf("they still have %q", kinds)
	}
	got, err := w.Submission(w.ctx, sub.ID)
	if w.must(err); strings.Contains(got.Asked.For.Name, "apono-dana") || !got.Asked.OnBehalf() {
		t.Errorf("it is for %+v", got.Asked.For)
	}
}
