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
	settleAt := time.Now().Add(time.Hour).Truncate(time.Microsecond)
	if _, err := w.SubmissionOf(w.ctx, d); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("before: got %v, want ErrNotFound", err)
	}
	sub, fresh, err := w.Submit(w.ctx, d, asked, settleAt)
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
	if at := ask[time.Time](w, `SELECT scheduled_at FROM river_job`); !at.Equal(settleAt) {
		t.Errorf("it is settled at %v, want %v", at, settleAt)
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
			sub, fresh, err := w.Submit(w.ctx, d, asked, noon)
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
		db.Lost:    {func(s db.Submission) error { return w.SubmissionLost(w.ctx, s) }, true},
	} {
		d := w.draft()
		first, _, err := w.Submit(w.ctx, d, asked, noon)
		w.must(err)
		w.must(row.settle(first))
		got, fresh, err := w.Submit(w.ctx, d, changed, noon)
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
		db.Lost:    func(s db.Submission) error { return w.SubmissionLost(w.ctx, s) },
	}
	for first, settle := range answers {
		sub := w.submitted()
		w.must(settle(sub))
		settled, cards := w.stands(sub.ID), len(jobs[db.DrawCard](w))
		if settled.State != first {
			t.Errorf("got %s, want %s", settled.State, first)
		}
		for _, again := range answers {
			w.must(again(sub))
		}
		if diff := cmp.Diff(settled, w.stands(sub.ID)); diff != "" {
			t.Errorf("%s: settled twice: %s", first, diff)
		}
		if n := len(jobs[db.DrawCard](w)); n != cards {
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
		return w.SubmissionLost(w.ctx, sub)
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
	if n := len(jobs[db.DrawCard](w)); n != want {
		t.Errorf("%d cards are owed of one that is %s, want %d", n, settled.State, want)
	}
}

func TestAnAnswerToAnEarlierAttemptChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	first, _, err := w.Submit(w.ctx, d, asked, noon)
	w.must(err)
	w.must(w.SubmissionLost(w.ctx, first))
	second, fresh, err := w.Submit(w.ctx, d, asked, noon)
	w.must(err)
	if !fresh {
		t.Fatal("a lost one cannot be submitted anew")
	}
	cards := len(jobs[db.DrawCard](w))
	late := w.request(aponoapi.Pending)
	w.must(w.SubmissionCreated(w.ctx, first, late))
	w.must(w.SubmissionRefused(w.ctx, first, "no"))
	w.must(w.SubmissionLost(w.ctx, first))
	if diff := cmp.Diff(second, w.stands(second.ID)); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Request(w.ctx, late.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a request of the earlier attempt: got %v, want ErrNotFound", err)
	}
	if n := len(jobs[db.DrawCard](w)); n != cards {
		t.Errorf("%d more cards are owed, want none", n-cards)
	}
	w.must(w.SubmissionRefused(w.ctx, second, "Too long."))
	if got := w.stands(second.ID); got.State != db.Refused || got.Refusal != "Too long." {
		t.Errorf("got %+v", got)
	}
}

func TestASubmissionMayBecomeSeveralRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub := w.submitted()
	a, b := w.request(aponoapi.Pending), w.request(aponoapi.Granting)
	w.must(w.SubmissionCreated(w.ctx, sub, a, b))
	for _, want := range []db.Request{a, b} {
		got, err := w.Request(w.ctx, want.FriendlyID)
		w.must(err)
		want.SubmissionID, want.Names = sub.ID, nil
		if diff := cmp.Diff(want, got, sinceNow); diff != "" {
			t.Error(diff)
		}
	}
	if got := jobs[db.DrawCard](w); len(got) != 1 {
		t.Errorf("%d cards are owed, want one for both", len(got))
	}
}

func TestAStoryIsOwedWhateverItsState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub := w.submitted()
	w.must(w.OweStory(w.ctx, sub))
	owed := jobs[db.DrawCard](w)
	if len(owed) != 1 {
		t.Fatalf("owed are %v, want one card", owed)
	}
	if c := w.draw(owed[0].CardID); c.Submission.State != db.Sending || len(c.Requests) != 0 {
		t.Errorf("drawn is %+v", c)
	}
	// The card stands; what is told later is told by the same one.
	w.must(w.SubmissionRefused(w.ctx, sub, "Too long."))
	if got := jobs[db.DrawCard](w); !slices.Equal(got, append(owed, owed[0])) {
		t.Errorf("owed are %v, want %v twice", got, owed[0])
	}
	if c := w.draw(owed[0].CardID); c.Submission.State != db.Refused || c.Submission.Refusal != "Too long." || c.ActivityID == "" {
		t.Errorf("drawn is %+v", c)
	}
}
