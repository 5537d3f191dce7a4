package db_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// leased is a card that is owed to a conversation, and the right to deliver it.
type leased struct {
	*db.Lease
	*db.CardToDraw
}

// leaseNext takes on what is owed to a conversation, if there is anything.
func (w *world) leaseNext(place string) (*leased, error) {
	w.t.Helper()
	l, wait, err := w.LeaseConversation(w.ctx, place, db.Pace{})
	if wait != 0 {
		w.t.Errorf("nothing bounds the pace, and yet it says to wait %v", wait)
	}
	if err != nil || l == nil {
		return nil, err
	}
	c, err := w.NextCard(w.ctx, l)
	if err == nil && c == nil { // drawn while it was leased
		err = w.Leave(w.ctx, l)
	}
	if err != nil || c == nil {
		return nil, err
	}
	return &leased{l, c}, nil
}

// lease takes on what is owed to a conversation.
func (w *world) lease(place string) *leased {
	w.t.Helper()
	c, err := w.leaseNext(place)
	w.must(err)
	if c == nil {
		w.t.Fatalf("nothing is owed to %s", place)
	}
	return c
}

// drawn notes that a card was delivered.
func (w *world) drawn(c *leased, activity string) {
	w.t.Helper()
	_, err := w.CardDrawn(w.ctx, c.Lease, c.CardToDraw, activity)
	w.must(err)
}

// draw posts or updates the card that is owed to a conversation.
func (w *world) draw(place string) *leased {
	w.t.Helper()
	c := w.lease(place)
	activity := c.ActivityID
	if activity == "" {
		activity = "message-1"
	}
	w.drawn(c, activity)
	return c
}

// owedCard is where a card is owed, and what it tells of.
func (w *world) owedCard() (string, db.Submission, db.Request) {
	w.t.Helper()
	sub, r := w.created(aponoapi.Pending)
	owed := jobs[db.Deliver](w)
	return owed[len(owed)-1].ConversationID, sub, r
}

// record changes what a request's card shows.
func (w *world) record(r db.Request, s aponoapi.Status) {
	w.t.Helper()
	r.Status, r.Reading = s, w.reading()
	w.must(w.RecordStatus(w.ctx, r))
}

// expire lets the lease of a conversation run out.
func (w *world) expire(place string) {
	w.t.Helper()
	w.do(`UPDATE conversations SET leased_until = now() - interval '1 second' WHERE id = $1`, place)
}

func TestACardIsLeasedWithAllThatItShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	card, sub, r := w.owedCard()
	c := w.lease(card)
	person, err := w.Person(w.ctx, sub.Person)
	w.must(err)
	told := r
	told.SubmissionID, told.Names = sub.ID, nil
	want := &db.CardToDraw{
		ID: c.ID, Kind: db.Story, Revision: 1, Due: c.Due, Person: person, Submission: w.stands(sub.ID), Requests: []db.Request{told}, Followers: []db.Request{},
	}
	if diff := cmp.Diff(want, c.CardToDraw, sinceNow); diff != "" || c.Number == 0 {
		t.Errorf("lease %d; %s", c.Number, diff)
	}
	w.drawn(c, "message-1")
	if c, err := w.leaseNext(card); c != nil || err != nil {
		t.Errorf("drawn as it is, it is owed again: %+v, %v", c, err)
	}

	w.record(r, aponoapi.Granted)
	c = w.lease(card)
	if diff := cmp.Diff(person.Chat, c.Conversation); diff != "" || c.ActivityID != "message-1" || c.Revision != 2 {
		t.Errorf("it stands as %q, revision %d; %s", c.ActivityID, c.Revision, diff)
	}
	if c, err := w.leaseNext("a:nobody"); c != nil || err != nil {
		t.Errorf("a card that is not there: %+v, %v", c, err)
	}
}

func TestOneWorkerDrawsACard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	card, _, _ := w.owedCard()
	const workers = 5
	var leases, refused atomic.Int64
	w.queue(`SELECT FROM conversations WHERE id = $1 FOR UPDATE`, card, workers, func(int) error {
		c, err := w.leaseNext(card)
		switch {
		case errors.Is(err, db.ErrLeased):
			refused.Add(1)
			return nil
		case c != nil:
			leases.Add(1)
		}
		return err
	})
	if leases.Load() != 1 || refused.Load() != workers-1 {
		t.Errorf("%d got the card and %d were refused, want 1 and %d", leases.Load(), refused.Load(), workers-1)
	}
	lasts := ask[time.Duration](w, `SELECT leased_until - now() FROM conversations WHERE id = $1`, card)
	if lasts <= 0 || lasts > time.Minute {
		t.Errorf("the lease lasts another %v", lasts)
	}
}

func TestALostLeaseIsNotHeard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	card, _, _ := w.owedCard()
	slow := w.lease(card)
	w.expire(card)
	second := w.lease(card)
	if slow.Number == second.Number {
		t.Fatalf("two leases are number %d", slow.Number)
	}

	w.drawn(slow, "message-of-the-slow")
	w.must(w.CardGone(w.ctx, slow.Lease, slow.CardToDraw))
	if _, err := w.leaseNext(card); !errors.Is(err, db.ErrLeased) {
		t.Errorf("the slow one gave the other's lease back: %v", err)
	}
	w.drawn(second, "message-1")
	if got := ask[string](w, `SELECT activity_id FROM posted_cards WHERE conversation_id = $1`, card); got != "message-1" {
		t.Errorf("the card stands as %s", got)
	}

	// Heard once is heard: the lease is given back.
	w.drawn(slow, "message-of-the-slow")
	if c, err := w.leaseNext(card); c != nil || err != nil {
		t.Errorf("it is owed again: %+v, %v", c, err)
	}
}

func TestWhatChangesWhileDrawingIsOwedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	card, _, r := w.owedCard()
	c := w.lease(card)
	w.record(r, aponoapi.Granting)
	w.record(r, aponoapi.Granted)
	before := len(jobs[db.Deliver](w))
	w.drawn(c, "message-1")
	owed := jobs[db.Deliver](w)
	if len(owed) != before+1 || owed[before].ConversationID != card {
		t.Errorf("owed are %v, want one more than %d", owed, before)
	}
	next := w.draw(card)
	if next.Revision != 3 || next.ActivityID != "message-1" || next.Requests[0].Status != aponoapi.Granted {
		t.Errorf("drawn is %+v", next)
	}
	if n := len(jobs[db.Deliver](w)); n != before+1 {
		t.Errorf("drawn as it is, it is owed once more")
	}
}

func TestACardGivenBackIsStillOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	card, _, r := w.owedCard()
	w.must(w.GiveBack(w.ctx, w.lease(card).Lease, nil))
	w.draw(card)

	w.record(r, aponoapi.Granting)
	w.must(w.GiveBack(w.ctx, w.lease(card).Lease, nil))
	c := w.lease(card)
	if c.ActivityID != "message-1" {
		t.Errorf("given back, it stands as %q", c.ActivityID)
	}
	w.must(w.CardGone(w.ctx, c.Lease, c.CardToDraw))
	c = w.lease(card)
	if c.ActivityID != "" {
		t.Errorf("gone, it still stands as %q", c.ActivityID)
	}
	w.drawn(c, "message-2")
	w.record(r, aponoapi.Granted)
	if c := w.lease(card); c.ActivityID != "message-2" {
		t.Errorf("posted anew, it stands as %q", c.ActivityID)
	}
}

// Whatever comes in between, in the end the card shows the last.
func TestManyWorkersAndChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	card, _, r := w.owedCard()
	var drawing atomic.Int64
	w.together(40, func(i int) error {
		if i%4 == 0 {
			s := aponoapi.Status([]aponoapi.Status{aponoapi.Granting, aponoapi.Granted}[i/4%2])
			return w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: s, Reading: r.Reading + int64(i) + 1, LookAt: noon})
		}
		c, err := w.leaseNext(card)
		if errors.Is(err, db.ErrLeased) || c == nil {
			return nil
		}
		if err != nil {
			return err
		}
		if n := drawing.Add(1); n != 1 {
			t.Errorf("%d workers draw the card", n)
		}
		drawing.Add(-1)
		_, err = w.CardDrawn(w.ctx, c.Lease, c.CardToDraw, "message-1")
		return err
	})
	if behind := ask[bool](w, `SELECT wanted > drawn FROM posted_cards WHERE conversation_id = $1`, card); behind {
		w.draw(card)
	}
	if c, err := w.leaseNext(card); c != nil || err != nil {
		t.Errorf("it is owed still: %+v, %v", c, err)
	}
	if got := w.read(r.ID); got.Reading != r.Reading+37 {
		t.Errorf("recorded is %+v", got)
	}
}

// A copy is told from the card that is known, also while none is known: the
// answer to its sending got lost, and it has not been sent again yet.
func TestACopyOfACard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, sub, _ := w.owedCard()
	card := ask[int64](w, `SELECT id FROM posted_cards`)
	for _, c := range []struct {
		known, activity string
		isCopy          bool
	}{{"", "stray", true}, {"message-1", "stray", true}, {"message-1", "message-1", false}} {
		w.do(`UPDATE posted_cards SET activity_id = nullif($1, '')`, c.known)
		got, err := w.CopyOf(w.ctx, sub.Person, card, place, c.activity)
		w.must(err)
		if (got != nil) != c.isCopy {
			t.Errorf("%q is known, %q is a copy: %v, want %v", c.known, c.activity, got != nil, c.isCopy)
		}
	}
	other := w.person()
	if got, err := w.CopyOf(w.ctx, other, card, place, "stray"); got != nil || err != nil {
		t.Errorf("another's card is drawn for them: %+v, %v", got, err)
	}
}
