package db_test

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// several are n submissions of one person, each with a request and an owed card.
func (w *world) several(n int) (place string, requests []db.Request) {
	w.t.Helper()
	k := w.person()
	for range n {
		d, err := w.NewDraft(w.ctx, k, form{"new"})
		w.must(err)
		sub, _, err := w.Submit(w.ctx, d, asked, time.Now(), 0)
		w.must(err)
		r := w.request(aponoapi.Pending)
		w.must(w.SubmissionCreated(w.ctx, sub, r))
		requests = append(requests, r)
	}
	return "a:" + k.ObjectID, requests
}

func TestWhatIsUrgentIsDeliveredFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, requests := w.several(3)
	for range requests {
		w.draw(place)
	}
	for i, s := range []aponoapi.Status{aponoapi.Granting, aponoapi.PendingMFA, aponoapi.Rejected} {
		r := requests[i]
		r.Status, r.Reading = s, w.reading()
		if s == aponoapi.Rejected {
			r.Tell = db.ToldRejected
		}
		w.must(w.RecordStatus(w.ctx, r))
	}
	var got []string
	for range 4 {
		c := w.draw(place)
		got = append(got, fmt.Sprint(c.Kind, " ", c.Requests[0].Status))
	}
	want := []string{"story Rejected", "rejected Rejected", "story Granting", "story Pending MFA"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("delivered are %v, want %v", got, want)
	}
}

// What a person must not miss is told once, however often it is read.
func TestAMessageIsOwedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, requests := w.several(1)
	w.draw(place)
	r := requests[0]
	for _, s := range []aponoapi.Status{aponoapi.Granted, aponoapi.Granting, aponoapi.Granted, aponoapi.Granted} {
		r.Status, r.Reading, r.Tell = s, w.reading(), ""
		if s == aponoapi.Granted {
			r.Tell = db.ToldGranted
		}
		w.must(w.RecordStatus(w.ctx, r))
	}
	if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind = 'granted'`); n != 1 {
		t.Errorf("%d messages are owed, want 1", n)
	}
	r.Tell, r.Reading = db.ToldFailed, w.reading() // the status is not new
	w.must(w.RecordStatus(w.ctx, r))
	if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind <> 'story'`); n != 1 {
		t.Errorf("%d messages are owed, want 1", n)
	}
}

// A conversation gets a few messages at once, then one in a while; a change
// that comes meanwhile finds the line and stands in it.
func TestTheConversationsPace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, _ := w.several(4)
	pace := db.Pace{Conversation: time.Hour, Burst: 3}
	for i := range 3 {
		l, wait, err := w.LeaseConversation(w.ctx, place, pace)
		w.must(err)
		if l == nil {
			t.Fatalf("number %d has to wait %v", i+1, wait)
		}
		c, err := w.NextCard(w.ctx, l)
		w.must(err)
		w.drawn(&leased{l, c}, fmt.Sprint("message-", i))
	}
	l, wait, err := w.LeaseConversation(w.ctx, place, pace)
	w.must(err)
	if l != nil || wait <= 50*time.Minute || wait > time.Hour {
		t.Errorf("the fourth goes (%v), or waits %v, want about an hour", l != nil, wait)
	}
	other, _ := w.several(1)
	if l, wait, err := w.LeaseConversation(w.ctx, other, pace); l == nil || err != nil {
		t.Errorf("another conversation waits %v: %v", wait, err)
	}
}

func TestTheTenantsPace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pace := db.Pace{Tenant: time.Minute}
	var waits sync.Map
	w.together(10, func(i int) error {
		wait, err := w.TenantSlot(w.ctx, tenant, pace)
		waits.Store(int(wait.Round(time.Minute).Minutes()), true)
		return err
	})
	for i := range 10 {
		if _, ok := waits.Load(i); !ok {
			t.Errorf("nobody waits %d minutes", i)
		}
	}
	if wait, err := w.TenantSlot(w.ctx, "tenant-2", pace); wait != 0 || err != nil {
		t.Errorf("another tenant waits %v: %v", wait, err)
	}
	if wait, err := w.TenantSlot(w.ctx, tenant, db.Pace{}); wait != 0 || err != nil {
		t.Errorf("without a limit the wait is %v: %v", wait, err)
	}
}

func TestAPauseHoldsTheConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, _, _ := w.owedCard()
	c := w.lease(place)
	before := len(jobs[db.Deliver](w))
	w.must(w.Pause(w.ctx, c.Lease, time.Hour))
	if n := len(jobs[db.Deliver](w)) - before; n != 1 {
		t.Errorf("%d deliveries are owed after the pause, want 1", n)
	}
	l, wait, err := w.LeaseConversation(w.ctx, place, db.Pace{})
	if l != nil || err != nil || wait < 59*time.Minute {
		t.Errorf("got a lease (%v), a wait of %v, %v; want about an hour", l != nil, wait, err)
	}
}

// Many conversations that are throttled at once do not shut their tenant for
// long.
func TestPausesOfATenantDoNotAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var paused time.Time
	for range 20 {
		place, _, _ := w.owedCard()
		_, err := w.TenantSlot(w.ctx, tenant, db.Pace{Tenant: time.Millisecond})
		w.must(err)
		l := w.lease(place).Lease
		paused = ask[time.Time](w, `SELECT now()`)
		w.must(w.Pause(w.ctx, l, time.Minute))
	}
	rests := ask[time.Time](w, `SELECT next_send FROM tenants WHERE tenant_id = $1`, tenant).Sub(paused)
	if now := ask[time.Time](w, `SELECT now()`).Sub(paused); rests < 900*time.Millisecond || rests > now+2*time.Second {
		t.Errorf("the tenant rests %v, want about a second", rests)
	}
}

// What Teams takes nothing of waits, costs nothing, and goes when something is
// heard from there.
func TestAShutConversationWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, sub, r := w.owedCard()
	w.must(w.Shut(w.ctx, w.lease(place).Lease, "blocked by the person"))
	owed := len(jobs[db.Deliver](w))
	w.record(r, aponoapi.Granted)
	if c, err := w.leaseNext(place); c != nil || err != nil {
		t.Errorf("it is delivered to who blocked the bot: %+v, %v", c, err)
	}
	a := arrival(sub.Person.ObjectID)
	a.ActivityID = "activity-2"
	_, _, _, err := w.Arrive(w.ctx, a)
	w.must(err)
	if n := len(jobs[db.Deliver](w)) - owed; n != 2 { // the change, and the arrival
		t.Errorf("%d deliveries are owed, want 2", n)
	}
	if c := w.draw(place); c.Requests[0].Status != aponoapi.Granted {
		t.Errorf("drawn is %+v", c)
	}
	w.must(w.Removed(w.ctx, sub.Person, noon))
	w.record(r, aponoapi.Revoked)
	if c, err := w.leaseNext(place); c != nil || err != nil {
		t.Errorf("it is delivered to who removed the bot: %+v, %v", c, err)
	}
	w.must(w.Added(w.ctx, sub.Person, noon.Add(time.Hour)))
	w.draw(place)
}

// Who dies with a lease leaves it to be taken over, and nothing is owed twice.
func TestWhatTheDeadHaveLeftIsOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, _, r := w.owedCard()
	dead := w.lease(place)
	w.record(r, aponoapi.Granted)
	if _, err := w.leaseNext(place); !errors.Is(err, db.ErrLeased) {
		t.Fatalf("got %v, want ErrLeased", err)
	}
	before := len(jobs[db.Deliver](w))
	w.must(w.OweAbandoned(w.ctx))
	if n := len(jobs[db.Deliver](w)) - before; n != 0 {
		t.Errorf("%d deliveries are owed of one who lives", n)
	}
	w.expire(place)
	w.together(5, func(int) error { return w.OweAbandoned(w.ctx) })
	if n := len(jobs[db.Deliver](w)) - before; n != 1 {
		t.Errorf("%d deliveries are owed of one who is dead, want 1", n)
	}
	w.draw(place)
	w.drawn(dead, "message-of-the-dead")
	if got := ask[string](w, `SELECT activity_id FROM posted_cards`); got != "message-1" {
		t.Errorf("the card stands as %s", got)
	}
}

// A change that is committed while the one before is being noted as drawn is
// seen by one of the two.
func TestNoChangeIsLostBetweenTwoDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, _, r := w.owedCard()
	for i := range 40 {
		c, err := w.leaseNext(place)
		w.must(err)
		before := len(jobs[db.Deliver](w))
		var met bool
		w.together(2, func(n int) error {
			if n == 0 {
				if c == nil {
					return nil
				}
				_, err := w.CardDrawn(w.ctx, c.Lease, c.CardToDraw, "message-1")
				return err
			}
			s := []aponoapi.Status{aponoapi.Granting, aponoapi.Pending}[i%2]
			if err := w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: s, Reading: r.Reading + int64(i) + 1, LookAt: noon}); err != nil {
				return err
			}
			l, _, err := w.LeaseConversation(w.ctx, place, db.Pace{}) // the job that the change owes
			if errors.Is(err, db.ErrLeased) {
				met = true
				return nil
			}
			if err != nil || l == nil {
				return err
			}
			return w.Leave(w.ctx, l)
		})
		if owed := len(jobs[db.Deliver](w)) - before; met && owed != 2 {
			t.Fatalf("round %d: the change met the delivery before, and %d deliveries are owed, want its own and one after", i, owed)
		}
	}
}

// However many want a lease at once, one gets it, and the others are told so.
func TestALeaseIsTakenByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, _ := w.several(1)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				l, early, err := w.LeaseConversation(w.ctx, place, db.Pace{})
				switch {
				case errors.Is(err, db.ErrLeased), early > 0: // the clock of who asked is that of their call
				case err != nil || l == nil:
					t.Errorf("got %v, %v", l, err)
				default:
					w.must(w.GiveBack(w.ctx, l, nil))
				}
			}
		})
	}
	wait.Wait()
}

// A change whose job meets a lease under which nothing is found to deliver is
// owed by whoever gives the lease back.
func TestNoChangeIsLostWhenNothingWasFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, _, r := w.owedCard()
	l, _, err := w.LeaseConversation(w.ctx, place, db.Pace{})
	w.must(err)
	w.do(`UPDATE posted_cards SET drawn = wanted`) // by who gave the lease back just before
	if c, err := w.NextCard(w.ctx, l); c != nil || err != nil {
		t.Fatalf("got %+v, %v", c, err)
	}
	w.record(r, aponoapi.Granted)
	if _, err := w.leaseNext(place); !errors.Is(err, db.ErrLeased) {
		t.Fatalf("got %v, want ErrLeased", err)
	}
	w.do(`DELETE FROM river_job`) // the change's own job is done with that
	w.must(w.Leave(w.ctx, l))
	if n := len(jobs[db.Deliver](w)); n != 1 {
		t.Errorf("%d deliveries are owed, want 1", n)
	}
}

// A card that Teams does not take keeps no other of its conversation waiting.
func TestACardThatFailsLetsOthersGoFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, requests := w.several(2)
	w.do(`UPDATE posted_cards SET urgent = true WHERE id = (SELECT min(id) FROM posted_cards)`)
	w.do(`DELETE FROM river_job`)
	failing := w.lease(place)
	w.must(w.GiveBack(w.ctx, failing.Lease, failing.CardToDraw))
	if n := len(jobs[db.Deliver](w)); n != 1 {
		t.Errorf("%d deliveries are owed of the other card, want 1", n)
	}
	if c := w.draw(place); c.CardToDraw.ID == failing.CardToDraw.ID {
		t.Error("what failed goes first again")
	}
	w.do(`DELETE FROM river_job`)
	again := w.lease(place)
	if again.CardToDraw.ID != failing.CardToDraw.ID {
		t.Error("what failed is not tried again")
	}
	w.record(requests[0], aponoapi.Granted) // a new revision, which has not failed
	w.do(`DELETE FROM river_job`)
	w.must(w.GiveBack(w.ctx, again.Lease, again.CardToDraw))
	if n := len(jobs[db.Deliver](w)); n != 1 {
		t.Errorf("%d deliveries are owed of the change meanwhile, want 1", n)
	}
	again = w.lease(place)
	w.do(`DELETE FROM river_job`)
	w.must(w.GiveBack(w.ctx, again.Lease, again.CardToDraw))
	if n := len(jobs[db.Deliver](w)); n != 0 {
		t.Errorf("%d deliveries are owed beside the job that failed, want none", n)
	}
}

// A card that is behind and that no job is about is found, and no other.
func TestWhatNoJobIsAboutIsOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lost, _, _ := w.owedCard()
	given, _, _ := w.owedCard()
	owed, _, _ := w.owedCard()
	shut, _, _ := w.owedCard()
	held, _, _ := w.owedCard()
	drawn, _, _ := w.owedCard()
	w.must(w.Shut(w.ctx, w.lease(shut).Lease, "blocked by the person"))
	w.lease(held)
	w.draw(drawn)
	w.do(`DELETE FROM river_job WHERE args ->> 'conversation_id' NOT IN ($1, $2)`, given, owed)
	w.do(`UPDATE river_job SET state = 'discarded', finalized_at = now() WHERE args ->> 'conversation_id' = $1`, given)
	nowhere, sub, _ := w.owedCard()
	w.do(`DELETE FROM river_job WHERE args ->> 'conversation_id' = $1`, nowhere)
	w.do(`UPDATE posted_cards SET conversation_id = NULL WHERE submission_id = $1`, sub.ID)

	before := len(jobs[db.Deliver](w))
	w.must(w.OweForgotten(w.ctx, time.Minute))
	if n := len(jobs[db.Deliver](w)) - before; n != 0 {
		t.Errorf("%d deliveries are owed of cards that are young", n)
	}
	w.do(`UPDATE posted_cards SET wanted_at = now() - interval '2 minutes'`)
	for range 2 {
		w.must(w.OweForgotten(w.ctx, time.Minute))
	}
	got := make(map[string]int)
	for _, j := range jobs[db.Deliver](w)[before:] {
		got[j.ConversationID]++
	}
	if want := map[string]int{lost: 1, given: 1, nowhere: 1}; !maps.Equal(got, want) {
		t.Errorf("owed are %v, want %v", got, want)
	}
}
