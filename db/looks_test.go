package db_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

func TestAnEventOwesALook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	_, over := w.created(aponoapi.Rejected)
	for _, row := range []struct {
		name string
		want bool
	}{
		{r.ID, true}, {r.FriendlyID, true}, {r.Names[0], true}, {"AR-0", false}, {"", false}, {over.ID, false}, {over.FriendlyID, false},
	} {
		owed, err := w.OweRefresh(w.ctx, row.name, noon)
		w.must(err)
		if owed != row.want {
			t.Errorf("%q: owed %t, want %t", row.name, owed, row.want)
		}
	}
	// Until it begins, telling again owes no other.
	want := []db.RefreshRequest{{RequestID: r.ID}}
	if got := jobs[db.RefreshRequest](w); !slices.Equal(got, want) {
		t.Errorf("owed are %v, want %v", got, want)
	}
	// Looks wait in a queue of their own, and the sweep is what tries again.
	if n := ask[int](w, `SELECT count(*) FROM river_job WHERE queue = $1 AND max_attempts = 3`, db.QueueRefresh); n != len(want) {
		t.Errorf("%d jobs are in the queue of the looks, want %d", n, len(want))
	}
}

func TestASweepOwesWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(30)
	again := noon.Add(time.Hour)
	for _, row := range []struct {
		now         time.Time
		limit, want int
	}{
		{noon.Add(-time.Second), 100, 0},
		{noon, 100, 1},
		{noon.Add(9 * time.Second), 5, 5},
		{noon.Add(9 * time.Second), 5, 4},
		{noon.Add(time.Minute), 100, 20},
		{again.Add(-time.Second), 100, 0},
		{again, 100, 30},
	} {
		until := again
		if row.now.Equal(again) {
			until = again.Add(time.Hour)
		}
		n, err := w.OweDueRefreshes(w.ctx, row.now, until, row.limit)
		w.must(err)
		if n != row.want {
			t.Errorf("at %s, %d at most: %d are due, want %d", row.now.Format(time.TimeOnly), row.limit, n, row.want)
		}
	}
	owed := w.looks()
	if first := owed[:6]; !slices.Equal(slices.Sorted(slices.Values(first)), []string{"due-00", "due-01", "due-02", "due-03", "due-04", "due-05"}) {
		t.Errorf("the first are %v, want those that have waited longest", first)
	}
	if len(owed) != 30 {
		t.Errorf("%d looks are owed, want each of 30 once: none has begun", len(owed))
	}
}

// Several replicas sweep at once, and more is due than one sweep takes.
func TestTwoSweepersNeverTakeTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(60)
	for _, name := range []string{"as new", "analyzed"} { // the planner changes its mind
		var total atomic.Int64
		w.together(12, func(int) error {
			n, err := w.OweDueRefreshes(w.ctx, noon.Add(time.Hour), noon.Add(2*time.Hour), 5)
			if n > 5 {
				t.Errorf("%s: a sweep took %d, want 5 at most", name, n)
			}
			total.Add(int64(n))
			return err
		})
		owed := w.looks()
		if distinct := len(slices.Compact(slices.Sorted(slices.Values(owed)))); distinct != len(owed) || int64(distinct) != total.Load() {
			t.Errorf("%s: %d looks at %d requests are owed, told were %d", name, len(owed), distinct, total.Load())
		}
		w.do(`DELETE FROM river_job`)
		w.do(`UPDATE requests SET look_at = $1, look_owed_at = NULL WHERE look_at IS NOT NULL`, noon)
		w.do(`ANALYZE`)
	}
}

// Looking sooner brings a look forward once, and wakes nothing that is over.
func TestLookSooner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	_, over := w.created(aponoapi.Rejected)
	soon := noon.Add(15 * time.Second)
	w.do(`UPDATE requests SET look_at = $1 WHERE look_at IS NOT NULL`, noon.Add(time.Hour))
	for range 3 {
		w.must(w.LookSooner(w.ctx, []string{r.ID, over.ID}, noon, soon))
		_, err := w.OweDueRefreshes(w.ctx, noon, soon, 10)
		w.must(err)
	}
	if got := w.looks(); !slices.Equal(got, []string{r.ID}) {
		t.Errorf("owed are looks at %v, want one at %s", got, r.ID)
	}
}

// What an event or a person asks for comes before what the sweep does, though
// the sweep has asked before; asking again owes nothing more.
func TestUrgentLooksComeFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	_, err := w.OweDueRefreshes(w.ctx, noon, noon, 10)
	w.must(err)
	for range 3 {
		_, err := w.OweRefresh(w.ctx, r.ID, noon)
		w.must(err)
		_, err = w.OweDueRefreshes(w.ctx, noon, noon, 10)
		w.must(err)
		w.must(w.OweRefreshes(w.ctx, []string{r.FriendlyID}, noon))
	}
	if got := ask[[]int16](w, `SELECT array_agg(priority ORDER BY priority) FROM river_job WHERE kind = $1`, db.RefreshRequest{}.Kind()); !slices.Equal(got, []int16{1, 2}) {
		t.Errorf("the looks that are owed have the priorities %v, want an urgent one and the sweep's", got)
	}
	// One look is made of both.
	for _, want := range []bool{true, false} {
		look, err := w.StartLook(w.ctx, r.ID, noon.Add(time.Minute))
		w.must(err)
		if (look != nil) != want {
			t.Errorf("there is a look to make: %t, want %t", look != nil, want)
		}
	}
	if !ask[time.Time](w, `SELECT look_at FROM requests WHERE id = $1`, r.ID).Equal(noon.Add(time.Minute)) {
		t.Error("a look that has begun is due again at once")
	}
}
