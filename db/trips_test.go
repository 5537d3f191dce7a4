package db_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/db"
)

// What one asks can be refused by Postgres, or its answer not be read, without harm
// to those who ask on the same trip: each of them has asked once.
func TestWhoTravelsTogetherFailsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Somebody else takes on what these have come for, so that their trips wait,
	// and all that follow go together.
	lock, err := w.sql.Begin(w.ctx)
	w.must(err)
	_, err = lock.Exec(w.ctx, `
		INSERT INTO activities (conversation_id, activity_id)
		SELECT 'a:held-' || i, 'activity-1' FROM generate_series(0, $1::int) i`, db.TripsAtOnce)
	w.must(err)
	arrives := func(a db.Arrival) error {
		p, first, _, err := w.Arrive(w.ctx, a)
		if err == nil && (!first || p.ObjectID != a.Person.ObjectID) {
			t.Errorf("%s: got first %v and %+v", a.Person.ObjectID, first, p)
		}
		return err
	}
	var holding sync.WaitGroup
	for i := range db.TripsAtOnce {
		holding.Go(func() {
			if err := arrives(arrival(fmt.Sprintf("held-%d", i))); err != nil {
				t.Error(err)
			}
		})
		w.waits(func() bool { return w.Travelling() == i+1 && w.Waiting() == 0 })
	}
	const all, bad, unread = 12, 5, 7
	w.together(all+1, func(i int) error {
		if i == all {
			w.waits(func() bool { return w.Waiting() == all })
			return lock.Rollback(w.ctx)
		}
		a := arrival(fmt.Sprintf("crowd-%d", i))
		if i == bad {
			a.ActivityID = "\x00"
		}
		if i == unread {
			a.Also = []db.Question{db.AskNull}
		}
		err := arrives(a)
		if i != bad && i != unread {
			return err
		}
		if err == nil {
			t.Errorf("%d: Postgres was asked for what cannot be", i)
		}
		return nil
	})
	holding.Wait()
	// What could not be read was not acted on: it can be taken on again.
	a := arrival(fmt.Sprintf("crowd-%d", unread))
	a.ActivityID = "activity-1"
	w.must(arrives(a))
}

// waits waits until something is so.
func (w *world) waits(is func() bool) {
	w.t.Helper()
	for !is() {
		select {
		case <-w.ctx.Done():
			w.t.Error("it is not so yet")
			return
		case <-time.After(time.Millisecond):
		}
	}
}
