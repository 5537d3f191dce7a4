package db_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/db"
)

// What one asks can be refused by Postgres without harm to those who ask on the
// same trip: each of them has asked once.
func TestWhoTravelsTogetherFailsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Trips wait here, so that all that follow go together.
	held := make([]db.Draft, db.TripsAtOnce)
	for i := range held {
		held[i] = w.draft()
	}
	lock, err := w.sql.Begin(w.ctx)
	w.must(err)
	_, err = lock.Exec(w.ctx, `SELECT FROM drafts FOR UPDATE`)
	w.must(err)

	var holding sync.WaitGroup
	for i := range held {
		holding.Go(func() { w.must(w.SaveDraft(w.ctx, &held[i], form{"held"})) })
		w.waits(func() bool { return w.Travelling() == i+1 && w.Waiting() == 0 })
	}
	const all, bad = 12, 5
	w.together(all+1, func(i int) error {
		if i == all {
			w.waits(func() bool { return w.Waiting() == all })
			return lock.Rollback(w.ctx)
		}
		a := arrival(fmt.Sprintf("crowd-%d", i))
		if i == bad {
			a.ActivityID = "\x00"
		}
		p, first, _, err := w.Arrive(w.ctx, a)
		if i == bad && err != nil {
			return nil
		}
		if i == bad || !first || p.ObjectID != a.Person.ObjectID {
			t.Errorf("%s: got first %v and %+v", a.Person.ObjectID, first, p)
		}
		return err
	})
	holding.Wait()
	for i := range held {
		if held[i].Revision != 2 {
			t.Errorf("draft %d is at revision %d, want 2", i, held[i].Revision)
		}
	}
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
