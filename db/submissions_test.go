package db_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// stands reads a submission and says how far it has come.
func (w *world) stands(id string) db.Submission {
	w.t.Helper()
	sub, err := w.Submission(w.ctx, id)
	w.must(err)
	return sub
}

func TestSubmitWritesDownWhatIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	if _, err := w.SubmissionOf(w.ctx, d); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("before: got %v, want ErrNotFound", err)
	}
	sub, fresh, err := w.Submit(w.ctx, d, asked, noon, time.Hour)
	w.must(err)
	want := db.Submission{
		ID: sub.ID, DraftID: d.ID, Person: d.Person, Asked: asked, Attempt: 1, State: db.Sending, AskedAt: sub.AskedAt,
	}
	if diff := cmp.Diff(want, sub); diff != "" || !fresh || sub.AskedAt.IsZero() {
		t.Errorf("fresh %t, asked at %v; %s", fresh, sub.AskedAt, diff)
	}
	of, err := w.SubmissionOf(w.ctx, d)
	w.must(err)
	if diff := cmp.Diff(want, of); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, w.stands(sub.ID)); diff != "" {
		t.Error(diff)
	}
	if got := jobs[db.SettleSubmission](w); !slices.Equal(got, []db.SettleSubmission{{SubmissionID: sub.ID, Attempt: 1}}) {
		t.Errorf("owed is %v", got)
	}
	if at := ask[time.Time](w, `SELECT scheduled_at FROM river_job`); at.Before(time.Now().Add(59*time.Minute)) || at.After(time.Now().Add(time.Hour)) {
		t.Errorf("it is settled at %v, want in about an hour", at)
	}
	if n, err := w.Owed(w.ctx); n != 0 || err != nil {
		t.Errorf("%d jobs are due before that time (%v)", n, err)
	}
	w.do(`UPDATE river_job SET scheduled_at = now()`)
	if n, err := w.Owed(w.ctx); n != 1 || err != nil {
		t.Errorf("%d jobs are due at that time (%v), want 1", n, err)
	}
}

func TestOnlyTheFirstPressSubmits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	press := func(wantAttempt int) (id string) {
		t.Helper()
		var freshes atomic.Int64
		ids := make([]string, 50)
		w.together(len(ids), func(i int) error {
			sub, fresh, err := w.Submit(w.ctx, d, asked, time.Now(), 0)
			if fresh {
				freshes.Add(1)
			}
			if err == nil && sub.Attempt != wantAttempt {
				t.Errorf("got attempt %d, want %d", sub.Attempt, wantAttempt)
			}
			ids[i] = sub.ID
			return err
		})
		if n := freshes.Load(); n != 1 {
			t.Errorf("%d presses are fresh, want 1", n)
		}
		if same := slices.Compact(ids); len(same) != 1 {
			t.Errorf("there are %d submissions: %v", len(same), same)
		}
		return ids[0]
	}
	first := press(1)
	w.must(w.SubmissionRefused(w.ctx, w.stands(first), "no"))
	if second := press(2); second != first {
		t.Errorf("the second attempt is another submission")
	}
	want := []db.SettleSubmission{{SubmissionID: first, Attempt: 1}, {SubmissionID: first, Attempt: 2}}
	if got := jobs[db.SettleSubmission](w); !slices.Equal(got, want) {
		t.Errorf("owed is %v, want %v", got, want)
	}
}

func TestWhatCanBeSubmittedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	changed := asked
	changed.Duration, changed.Justification = 2*time.Hour, "Ticket 4712"
	for state, row := range map[db.SubmissionState]struct {
		settle func(db.Submission) error
		anew   bool
	}{
		db.Sending: {func(db.Submission) error { return nil }, false},
		db.Created: {func(s db.Submission) error { return w.SubmissionCreated(w.ctx, s, w.request(aponoapi.Pending)) }, false},
		db.Refused: {func(s db.Submission) error { return w.SubmissionRefused(w.ctx, s, "Too long.") }, true},
		db.Lost:    {func(s db.Submission) error { return w.SubmissionGivenUp(w.ctx, s, db.Lost) }, true},
		db.Unknown: {func(s db.Submission) error { return w.SubmissionGivenUp(w.ctx, s, db.Unknown) }, true},
	} {
		d := w.draft()
		first, _, err := w.Submit(w.ctx, d, asked, time.Now(), 0)
		w.must(err)
		w.must(row.settle(first))
		got, fresh, err := w.Submit(w.ctx, d, changed, time.Now(), 0)
		w.must(err)
		want := w.stands(first.ID)
		if diff := cmp.Diff(want, got); diff != "" || fresh != row.anew {
			t.Errorf("%s: fresh %t; %s", state, fresh, diff)
		}
		if !row.anew {
			if got.State != state || got.Attempt != 1 || got.Asked.Justification != asked.Justification {
				t.Errorf("%s: got %+v", state, got)
			}
			continue
		}
		if got.State != db.Sending || got.Attempt != 2 || got.Refusal != "" || !cmp.Equal(got.Asked, changed) {
			t.Errorf("%s: got %+v", state, got)
		}
	}
}

func TestAnAnswerSettlesASubmissionOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answers := map[db.SubmissionState]func(db.Submission) error{
		db.Created: func(s db.Submission) error {
			return w.SubmissionCreated(w.ctx, s, db.Request{ID: "late-" + s.ID, Status: aponoapi.Pending})
		},
		db.Refused: func(s db.Submission) error { return w.SubmissionRefused(w.ctx, s, "no") },
		db.Lost:    func(s db.Submission) error { return w.SubmissionGivenUp(w.ctx, s, db.Lost) },
		db.Unknown: func(s db.Submission) error { return w.SubmissionGivenUp(w.ctx, s, db.Unknown) },
	}
	for first, settle := range answers {
		sub := w.submitted()
		w.must(settle(sub))
		settled, cards := w.stands(sub.ID), len(jobs[db.Deliver](w))
		if settled.State != first {
			t.Errorf("got %s, want %s", settled.State, first)
		}
		for _, again := range answers {
			w.must(again(sub))
		}
		if diff := cmp.Diff(settled, w.stands(sub.ID)); diff != "" {
			t.Errorf("%s: settled twice: %s", first, diff)
		}
		if n := len(jobs[db.Deliver](w)); n != cards {
			t.Errorf("%s: settled again, it owes %d cards more", first, n-cards)
		}
	}
}

func TestOfManyAnswersOneCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub := w.submitted()
	r := w.request(aponoapi.Pending)
	w.together(30, func(i int) error {
		switch i % 3 {
		case 0:
			return w.SubmissionCreated(w.ctx, sub, r)
		case 1:
			return w.SubmissionRefused(w.ctx, sub, "no")
		}
		return w.SubmissionGivenUp(w.ctx, sub, db.Lost)
	})
	settled := w.stands(sub.ID)
	_, err := w.Request(w.ctx, r.ID)
	if known := err == nil; known != (settled.State == db.Created) {
		t.Errorf("the submission is %s; looking for its request: %v", settled.State, err)
	}
	if told := settled.Refusal != ""; told != (settled.State == db.Refused) {
		t.Errorf("the submission is %s with the refusal %q", settled.State, settled.Refusal)
	}
	want := 1
	if settled.State == db.Refused {
		want = 0 // the dialog says it
	}
	if n := len(jobs[db.Deliver](w)); n != want {
		t.Errorf("%d cards are owed of one that is %s, want %d", n, settled.State, want)
	}
}

func TestAnAnswerToAnEarlierAttemptChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	first, _, err := w.Submit(w.ctx, d, asked, time.Now(), 0)
	w.must(err)
	w.must(w.SubmissionGivenUp(w.ctx, first, db.Lost))
	second, fresh, err := w.Submit(w.ctx, d, asked, time.Now(), 0)
	w.must(err)
	if !fresh {
		t.Fatal("a lost one cannot be submitted anew")
	}
	cards := len(jobs[db.Deliver](w))
	late := w.request(aponoapi.Pending)
	w.must(w.SubmissionCreated(w.ctx, first, late))
	w.must(w.SubmissionRefused(w.ctx, first, "no"))
	w.must(w.SubmissionGivenUp(w.ctx, first, db.Lost))
	if diff := cmp.Diff(second, w.stands(second.ID)); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Request(w.ctx, late.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a request of the earlier attempt: got %v, want ErrNotFound", err)
	}
	if n := len(jobs[db.Deliver](w)); n != cards {
		t.Errorf("%d more cards are owed, want none", n-cards)
	}
	w.must(w.SubmissionRefused(w.ctx, second, "Too long."))
	if got := w.stands(second.ID); got.State != db.Refused || got.Refusal != "Too long." {
		t.Errorf("got %+v", got)
	}
}

func TestACreatedRequestIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, note := range map[string]func(db.Submission, db.Request) error{
		"answered": func(s db.Submission, r db.Request) error { return w.SubmissionCreated(w.ctx, s, r) },
		"found":    func(s db.Submission, r db.Request) error { return w.SubmissionFound(w.ctx, s, r) },
	} {
		sub, want := w.submitted(), w.request(aponoapi.Granting)
		before := len(jobs[db.Deliver](w))
		w.must(note(sub, want))
		want.SubmissionID, want.Names = sub.ID, nil
		if diff := cmp.Diff(want, w.read(want.FriendlyID), sinceNow); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got := w.stands(sub.ID); got.State != db.Created {
			t.Errorf("%s: the submission is %s", name, got.State)
		}
		if n := len(jobs[db.Deliver](w)) - before; n != 1 {
			t.Errorf("%s: %d cards are owed, want 1", name, n)
		}
	}
}

// Two submissions of the same: a request that was looked for belongs to who
// found it first.
func TestAFoundRequestIsNotTakenFromAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, r := w.created(aponoapi.Pending)
	sub := w.submitted()
	cards := len(jobs[db.Deliver](w))
	if err := w.SubmissionFound(w.ctx, sub, r); !errors.Is(err, db.ErrTaken) {
		t.Errorf("got %v, want ErrTaken", err)
	}
	if got := w.stands(sub.ID); got.State != db.Sending {
		t.Errorf("the submission is %s, want it to look on", got.State)
	}
	if got := w.read(r.ID); got.SubmissionID != owner.ID {
		t.Errorf("the request belongs to %s, want %s", got.SubmissionID, owner.ID)
	}
	if n := len(jobs[db.Deliver](w)) - cards; n != 0 {
		t.Errorf("%d cards are owed, want none", n)
	}
	w.must(w.SubmissionFound(w.ctx, sub, w.request(aponoapi.Pending)))
}

// Of several requests that were found either all are noted or none.
func TestSeveralFoundRequestsAreNotedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, taken := w.created(aponoapi.Pending)
	sub, mine, more := w.submitted(), w.request(aponoapi.Pending), w.request(aponoapi.Granted)
	if err := w.SubmissionFound(w.ctx, sub, mine, taken); !errors.Is(err, db.ErrTaken) {
		t.Errorf("got %v, want ErrTaken", err)
	}
	if _, err := w.Request(w.ctx, mine.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("half of them is noted: %v", err)
	}
	w.must(w.SubmissionFound(w.ctx, sub, mine, more))
	all, err := w.RequestsOf(w.ctx, sub.ID)
	w.must(err)
	if len(all) != 2 || all[0].SubmissionID != sub.ID || all[1].SubmissionID != sub.ID {
		t.Errorf("its requests are %+v", all)
	}
}

// Apono's own answer knows better than who has looked.
func TestAnAnswerTakesARequestFromWhoFoundIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub, finder, r := w.submitted(), w.submitted(), w.request(aponoapi.Pending)
	w.must(w.SubmissionFound(w.ctx, finder, r))
	card := jobs[db.Deliver](w)[0].ConversationID
	w.draw(card)
	settles := len(jobs[db.SettleSubmission](w))

	w.must(w.SubmissionCreated(w.ctx, sub, r))
	for _, name := range []string{r.ID, r.FriendlyID, r.Names[0]} {
		if got := w.read(name); got.SubmissionID != sub.ID {
			t.Errorf("%s belongs to %s, want %s", name, got.SubmissionID, sub.ID)
		}
	}
	if got := w.stands(finder.ID); got.State != db.Sending || got.Attempt != finder.Attempt {
		t.Errorf("who found it is %s, attempt %d; want it to look again", got.State, got.Attempt)
	}
	want := db.SettleSubmission{SubmissionID: finder.ID, Attempt: finder.Attempt}
	if got := jobs[db.SettleSubmission](w)[settles:]; !slices.Equal(got, []db.SettleSubmission{want}) {
		t.Errorf("owed is %v, want %v", got, want)
	}
	if c := w.draw(card); c.Submission.ID != finder.ID || len(c.Requests) != 0 {
		t.Errorf("drawn is %+v, want it without a request", c)
	}
	w.must(w.SubmissionFound(w.ctx, finder, w.request(aponoapi.Pending)))
	if got := w.stands(finder.ID); got.State != db.Created {
		t.Errorf("in the end it is %s", got.State)
	}
}

func TestOfManyWhoFindARequestOneHasIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(aponoapi.Pending)
	subs := make([]db.Submission, 10)
	for i := range subs {
		subs[i] = w.submitted()
	}
	var taken atomic.Int64
	w.together(len(subs), func(i int) error {
		err := w.SubmissionFound(w.ctx, subs[i], r)
		if errors.Is(err, db.ErrTaken) {
			taken.Add(1)
			return nil
		}
		return err
	})
	if n := taken.Load(); n != 9 {
		t.Errorf("%d found it taken, want 9", n)
	}
	if n := ask[int](w, `SELECT count(*) FROM submissions WHERE state = 'created'`); n != 1 {
		t.Errorf("%d submissions are created, want 1", n)
	}
}

func TestAStoryIsOwedWhateverItsState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub := w.submitted()
	w.must(w.OweStory(w.ctx, sub))
	owed := jobs[db.Deliver](w)
	if len(owed) != 1 {
		t.Fatalf("owed are %v, want one card", owed)
	}
	if c := w.draw(owed[0].ConversationID); c.Submission.State != db.Sending || len(c.Requests) != 0 {
		t.Errorf("drawn is %+v", c)
	}
	// The card stands; what is told later is told by the same one.
	w.must(w.SubmissionRefused(w.ctx, sub, "Too long."))
	if got := jobs[db.Deliver](w); !slices.Equal(got, append(owed, owed[0])) {
		t.Errorf("owed are %v, want %v twice", got, owed[0])
	}
	if c := w.draw(owed[0].ConversationID); c.Submission.State != db.Refused || c.Submission.Refusal != "Too long." || c.ActivityID == "" {
		t.Errorf("drawn is %+v", c)
	}
}
