package db_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// turn takes the turn at a piece of work.
func (w *world) turn(name string, every, lasts time.Duration) (db.Turn, bool) {
	w.t.Helper()
	turn, ok, err := w.TakeTurn(w.ctx, name, every, lasts)
	w.must(err)
	return turn, ok
}

func TestOneTakesTheTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.BringForward(w.ctx, "work", time.Minute))
	var taken atomic.Int32
	w.together(12, func(int) error {
		_, ok, err := w.TakeTurn(w.ctx, "work", time.Hour, time.Hour)
		if ok {
			taken.Add(1)
		}
		return err
	})
	if n := taken.Load(); n != 1 {
		t.Errorf("%d took the turn, want one", n)
	}
}

// Work that nobody has done is due after its time, not at once.
func TestTheFirstTurnIsNotAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, ok := w.turn("work", time.Hour, time.Hour); ok {
		t.Error("new work is due at once")
	}
	w.do(`UPDATE sweeps SET next_at = now()`)
	if _, ok := w.turn("work", time.Hour, time.Hour); !ok {
		t.Error("the work is not due when its time has come")
	}
}

// Who dies with a turn is followed, and is not heard any more.
func TestATurnRunsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.BringForward(w.ctx, "work", 0))
	dead, ok := w.turn("work", 0, time.Hour)
	if !ok {
		t.Fatal("no turn")
	}
	if _, ok := w.turn("work", 0, time.Hour); ok {
		t.Error("two have the turn")
	}
	w.do(`UPDATE sweeps SET leased_until = now() - interval '1 second'`)
	alive, ok := w.turn("work", 0, time.Hour)
	if !ok {
		t.Fatal("the turn did not run out")
	}
	kept, err := w.KeepTurn(w.ctx, dead, time.Hour)
	w.must(err)
	w.must(w.EndTurn(w.ctx, dead, true))
	if _, ever, err := w.SinceTurn(w.ctx, "work"); kept || ever || err != nil {
		t.Errorf("who lost the turn keeps it (%t) or completes it (%t): %v", kept, ever, err)
	}
	kept, err = w.KeepTurn(w.ctx, alive, time.Hour)
	w.must(err)
	w.must(w.EndTurn(w.ctx, alive, true))
	if age, ever, err := w.SinceTurn(w.ctx, "work"); !kept || !ever || age < 0 || age > time.Minute || err != nil {
		t.Errorf("kept %t, completed %t, %v ago: %v", kept, ever, age, err)
	}
}

// However often it is brought forward, the turns are apart.
func TestTurnsAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.BringForward(w.ctx, "work", time.Minute))
	turn, ok := w.turn("work", time.Hour, time.Hour)
	if !ok {
		t.Fatal("what is brought forward is not due")
	}
	w.must(w.EndTurn(w.ctx, turn, false))
	for range 3 {
		w.must(w.BringForward(w.ctx, "work", time.Minute))
	}
	if _, ok := w.turn("work", time.Hour, time.Hour); ok {
		t.Error("it is due again at once")
	}
	if due := ask[bool](w, `SELECT next_at BETWEEN now() AND now() + interval '1 minute' FROM sweeps`); !due {
		t.Error("it is not due in a minute")
	}
	w.must(w.BringForward(w.ctx, "work", 0))
	if _, ok := w.turn("work", time.Hour, time.Hour); !ok {
		t.Error("it is not due")
	}
}

func TestWhatIsElsewhereIsRememberedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.person()
	r := w.request(aponoapi.Pending)
	w.must(w.RememberElsewhere(w.ctx, k, asked, r))
	for _, again := range []db.Request{r, {ID: "other", FriendlyID: r.FriendlyID}, {ID: "another", Names: r.Names}} {
		if err := w.RememberElsewhere(w.ctx, k, asked, again); !errors.Is(err, db.ErrTaken) {
			t.Errorf("%s is remembered again: %v", again.ID, err)
		}
	}
	own, err := w.OwnRequests(w.ctx, k, noon)
	w.must(err)
	if len(own) != 1 || own[0].Submission.State != db.Elsewhere || own[0].Submission.Asked.Justification != asked.Justification {
		t.Errorf("remembered are %+v", own)
	}
	if n := ask[int](w, `SELECT count(*) FROM submissions`); n != 1 {
		t.Errorf("there are %d submissions, want 1", n)
	}
	if n := ask[int](w, `SELECT count(*) FROM posted_cards`); n != 0 {
		t.Errorf("%d cards tell of it", n)
	}
}

// While a submission is under way, what Apono tells may be what comes of it.
func TestNothingIsElsewhereWhileSomethingIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub := w.submitted()
	w.must(w.RememberApono(w.ctx, sub.Person, "apono-1", noon))
	r := w.request(aponoapi.Pending)
	if err := w.RememberElsewhere(w.ctx, sub.Person, asked, r); !errors.Is(err, db.ErrTaken) {
		t.Errorf("it is remembered: %v", err)
	}
	if people, err := w.PeopleInApono(w.ctx, []string{"apono-1"}); err != nil || !people["apono-1"].Busy {
		t.Errorf("told of are %v (%v)", people, err)
	}
	w.must(w.SubmissionCreated(w.ctx, sub, r))
	if people, err := w.PeopleInApono(w.ctx, []string{"apono-1", "", "nobody"}); err != nil || len(people) != 1 || people["apono-1"] != (db.InApono{Person: sub.Person, Reached: true}) {
		t.Errorf("told of are %v (%v)", people, err)
	}
	if err := w.RememberElsewhere(w.ctx, sub.Person, asked, r); !errors.Is(err, db.ErrTaken) {
		t.Errorf("it is remembered twice: %v", err)
	}
}

// An answer that comes late takes its request back, and nobody looks for what
// was made elsewhere.
func TestWhatSeemedElsewhereIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.person()
	r := w.request(aponoapi.Pending)
	w.must(w.RememberElsewhere(w.ctx, k, asked, r))
	sub := w.submitted()
	w.must(w.SubmissionCreated(w.ctx, sub, r))
	got, err := w.Request(w.ctx, r.ID)
	w.must(err)
	if got.SubmissionID != sub.ID {
		t.Errorf("it belongs to %s, want %s", got.SubmissionID, sub.ID)
	}
	if n := ask[int](w, `SELECT count(*) FROM submissions WHERE state = 'sending'`); n != 0 {
		t.Errorf("%d submissions are looked for", n)
	}
}

func TestNamesThatComeLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.SubmissionCreated(w.ctx, w.submitted(), db.Request{ID: "req_1", Status: aponoapi.Pending, LookAt: noon}))
	owed := len(jobs[db.Deliver](w))
	for range 2 {
		w.must(w.NameRequest(w.ctx, "req_1", db.Request{ID: "v3-1", FriendlyID: "AR-1", Names: []string{"v3-1", "AR-1"}}))
	}
	for _, name := range []string{"req_1", "v3-1", "AR-1"} {
		if got, err := w.Request(w.ctx, name); err != nil || got.ID != "req_1" || got.FriendlyID != "AR-1" {
			t.Errorf("%s is %+v (%v)", name, got, err)
		}
	}
	if n := len(jobs[db.Deliver](w)) - owed; n != 1 {
		t.Errorf("%d cards are owed, want 1", n)
	}
}
