package aponotest_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

const many = 50_000

// listMany lists the many resources of a world that has them.
func listMany(b *testing.B) (list func() []aponoapi.Resource) {
	b.Helper()
	w := newWorld(b, aponotest.Config{World: aponotest.DefaultWorld().Grow(1, many)})
	dana, in := w.ids["dana@acme.example"], w.ids["Cluster 004"]
	return func() []aponoapi.Resource {
		found, err := w.bot.SelectableResources(b.Context(), dana, in, "postgresql-database")
		if err != nil || len(found.Items) != many || found.Cut() != 0 {
			b.Fatalf("got %d resources, %v", len(found.Items), err)
		}
		return found.Items
	}
}

// BenchmarkList lists 50,000 resources over loopback, simulator included,
// and tells how much memory the list keeps.
func BenchmarkList(b *testing.B) {
	list := listMany(b)
	var kept []aponoapi.Resource
	before := heap()
	for b.Loop() {
		kept = list()
	}
	b.ReportMetric(float64(int64(heap())-int64(before))/(1<<20), "MB-kept")
	runtime.KeepAlive(kept)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkSearch finds a word in the names of 50,000 resources, as whoever
// keeps such a list must, because v3 has no search.
func BenchmarkSearch(b *testing.B) {
	resources := listMany(b)()
	lower := make([]string, len(resources))
	for i, r := range resources {
		lower[i] = strings.ToLower(r.Name)
	}
	for b.Loop() {
		found := 0
		for _, name := range lower {
			if strings.Contains(name, "invoices_hourly") {
				found++
			}
		}
		if found == 0 {
			b.Fatal("found nothing")
		}
	}
}
