package teamsbot

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

func TestTheNewerWayToSayADurationCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		was            form
		ticked, typed  string
		wantTicked     string
		wantHours      string
		want           time.Duration
		wantComplained bool
	}{
		"ticked":              {form{Duration: "60"}, "240", "", "240", "", 4 * time.Hour, false},
		"typed beside a tick": {form{Duration: "60"}, "60", "1.5", "", "1.5", 90 * time.Minute, false},
		"ticked after typing": {form{Hours: "1.5"}, "30", "1.5", "30", "", 30 * time.Minute, false},
		"typed and left":      {form{Hours: "1.5"}, "", "1.5", "", "1.5", 90 * time.Minute, false},
		"typed and cleared":   {form{Hours: "1.5"}, "", "", "", "", 0, true},
		"typed with a comma":  {form{}, "", "0,25", "", "0,25", 15 * time.Minute, false},
		"a forged tick":       {form{Duration: "60"}, "525600", "", "", "", 0, true},
		"no number":           {form{}, "", "soon", "", "soon", 0, true},
		"not above nothing":   {form{}, "", "-1", "", "-1", 0, true},
		"for ever":            {form{}, "", "1e300", "", "1e300", 0, true},
		"next to nothing":     {form{}, "", "0.001", "", "0.001", time.Minute, false},
	} {
		f := c.was
		f.takeDuration(c.ticked, c.typed)
		got, wrong := f.duration()
		if f.Duration != c.wantTicked || f.Hours != c.wantHours || got != c.want || (wrong != nil) != c.wantComplained {
			t.Errorf("%s: got ticked %q, hours %q, %v, %q", name, f.Duration, f.Hours, got, wrong)
		}
	}
}

// What was chosen first stays first, whatever is ticked later.
func TestChoicesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	item := func(n int) db.Named { return db.Named{ID: strconv.Itoa(n), Name: "item " + strconv.Itoa(n)} }
	f := form{Shown: []db.Named{item(1), item(2), item(3)}}
	chosen := []db.Named{item(9), item(2), item(8)}
	got := f.ticked(chosen, map[string]string{cards.FieldChosen: "0", cards.FieldResources: "0,1"}, cards.FieldResources)
	if diff := cmp.Diff([]db.Named{item(9), item(2), item(1)}, got); diff != "" {
		t.Error(diff)
	}
}
