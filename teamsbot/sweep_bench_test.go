package teamsbot

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// A sweep of so many granted requests that are all due, of which one has ended:
// with the simulator in the same process, whose part of the time is told.
func BenchmarkSweep1000(b *testing.B)   { benchmarkSweep(b, 1000) }
func BenchmarkSweep10000(b *testing.B)  { benchmarkSweep(b, 10_000) }
func BenchmarkSweep100000(b *testing.B) { benchmarkSweep(b, 100_000) }

func benchmarkSweep(b *testing.B, n int) {
	w := newWorld(b)
	w.leaveSweeps()
	all := w.crowd(n, "Orders database", aponoapi.Granted)
	w.apono.Advance(time.Minute) // what is young is looked at often
	w.settle()
	var calls, sent, answering atomic.Int64
	w.instead.Store(new(func(rw http.ResponseWriter, r *http.Request) bool {
		began := time.Now()
		w.apono.ServeHTTP(counted{rw, &sent}, r)
		answering.Add(int64(time.Since(began)))
		calls.Add(1)
		return true
	}))
	b.ReportAllocs()
	rounds := 0
	for b.Loop() {
		b.StopTimer()
		must(b, w.apono.Fail(all[rounds].FriendlyID, "enough"))
		rounds++
		w.sql(`UPDATE requests SET look_at = $1 WHERE look_at IS NOT NULL`, w.bot.Now())
		b.StartTimer()
		must(b, w.bot.Sweep(b.Context()))
		w.settle()
	}
	for unit, total := range map[string]int64{"calls/op": calls.Load(), "received-B/op": sent.Load(), "simulator-ns/op": answering.Load()} {
		b.ReportMetric(float64(total)/float64(rounds), unit)
	}
	if got := w.remembered(all[rounds-1].V3ID).Status; got != aponoapi.Failed {
		b.Errorf("what ended stands at %s", got)
	}
}

// counted counts what is answered.
type counted struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	c.sent.Add(int64(len(p)))
	return c.ResponseWriter.Write(p)
}
