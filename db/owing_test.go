package db_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

func (w *world) owing(now time.Time) db.Owing {
	w.t.Helper()
	o, err := w.Owing(w.ctx, now)
	w.must(err)
	return o
}

func TestWhatIsOwedIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.owing(noon); !cmp.Equal(got, db.Owing{Jobs: []db.JobCount{}}) {
		t.Errorf("a new database owes %+v, want nothing", got)
	}

	card, _, _ := w.owedCard() // its look is due at noon, its settlement too
	got := w.owing(noon.Add(time.Minute))
	want := db.Owing{CardsDue: 1, Overdue: time.Minute, Jobs: []db.JobCount{
		{Kind: "announce_request", State: "due", Count: 1},
		{Kind: "deliver", State: "due", Count: 1},
		{Kind: "settle_submission", State: "due", Count: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with a card owed (-want +got):\n%s", diff)
	}

	w.do(`UPDATE posted_cards SET wanted_at = now() - interval '11 seconds'`)
	if got := w.owing(noon).CardsLate; got != 1 {
		t.Errorf("%d cards are late, want the one that is owed for 11 s", got)
	}
	w.draw(card)
	w.do(`UPDATE river_job SET state = 'completed', finalized_at = now() WHERE kind IN ('announce_request', 'deliver')`)
	w.do(`UPDATE river_job SET state = 'discarded', finalized_at = now() WHERE kind = 'settle_submission'`)
	want = db.Owing{Jobs: []db.JobCount{{Kind: "settle_submission", State: "discarded", Count: 1}}}
	if diff := cmp.Diff(want, w.owing(noon)); diff != "" {
		t.Errorf("with the card drawn and a job discarded (-want +got):\n%s", diff)
	}
}

// A card that waits for a person to add the bot is due, and nobody's fault.
func TestACardThatWaitsForAPersonIsNotLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owedCard()
	w.do(`UPDATE river_job SET created_at = now() - interval '1 hour', state = 'completed', finalized_at = now()`)
	if got := w.owing(noon); got.CardsDue != 1 || got.CardsLate != 0 {
		t.Errorf("got %d cards due and %d late, want 1 and 0", got.CardsDue, got.CardsLate)
	}
	_, r := w.created(aponoapi.Granted)
	w.do(`UPDATE requests SET look_at = $2 WHERE id = $1`, r.ID, noon.Add(-time.Hour))
	if got := w.owing(noon).Overdue; got != time.Hour {
		t.Errorf("the longest-waiting look is due for %v, want an hour", got)
	}
}

// River calls a job available that was put off for a few seconds. It is owed,
// unless it only asks again and again.
func TestAJobThatWasPutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owedCard()
	w.do(`UPDATE river_job SET state = 'available', scheduled_at = now() + interval '1 minute'`)
	for _, job := range w.owing(noon).Jobs {
		if job.State != "later" {
			t.Errorf("%+v, want later", job)
		}
	}
	for kind, want := range map[string]int{"deliver": 3, "await_reset": 0} {
		w.do(`UPDATE river_job SET kind = $1`, kind)
		n, err := w.Owed(w.ctx)
		if w.must(err); n != want {
			t.Errorf("%d jobs are owed of kind %s, want %d", n, kind, want)
		}
	}
}
