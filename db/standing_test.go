package db_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

func TestStanding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me, other := w.person(), w.person()
	// submits remembers a request that stands so, granted at that time.
	submits := func(k db.PersonKey, s aponoapi.Status, duration time.Duration, granted time.Time) {
		t.Helper()
		d, err := w.NewDraft(w.ctx, k, form{"new"})
		w.must(err)
		a := asked
		a.Duration = duration
		sub, _, err := w.Submit(w.ctx, d, a, time.Now(), 0)
		w.must(err)
		r := w.request(s)
		r.GrantedAt = granted
		w.must(w.SubmissionCreated(w.ctx, sub, r))
	}
	stands := func(want db.Standing) {
		t.Helper()
		got, err := w.Standing(w.ctx, me)
		w.must(err)
		got.FirstEnds = got.FirstEnds.UTC()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	stands(db.Standing{})
	submits(other, aponoapi.Pending, time.Hour, time.Time{})
	submits(me, aponoapi.Expired, time.Hour, noon)
	submits(me, aponoapi.Revoking, time.Hour, noon)
	submits(me, "thinking it over", time.Hour, noon)
	submits(me, aponoapi.Gone, time.Hour, noon)
	stands(db.Standing{})
	submits(me, aponoapi.Granted, 0, noon)
	stands(db.Standing{Active: 1})
	for _, s := range []aponoapi.Status{aponoapi.Pending, aponoapi.PendingMFA, aponoapi.Granting} {
		submits(me, s, time.Hour, time.Time{})
	}
	submits(me, aponoapi.Granted, 8*time.Hour, noon)
	submits(me, aponoapi.Granted, 90*time.Minute, noon.Add(time.Minute))
	stands(db.Standing{Waiting: 3, Active: 3, FirstEnds: noon.Add(91 * time.Minute)})
}
