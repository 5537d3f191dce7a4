package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// mishap is something that goes wrong.
type mishap struct {
	name string
	slow bool // heals only after a minute
	do   func(f *faults)
}

// teamsFault is a teamstest.Fault on its way to the simulator.
type teamsFault struct {
	Op         string
	Status     int
	RetryAfter time.Duration
	Delay      time.Duration
	Drop       bool
	Times      int
}

// drawMishaps puts all of them in an order; what heals slowly comes early.
func drawMishaps(rng *rand.Rand) []mishap {
	all := mishaps()
	at := make(map[string]float64)
	for i := range all {
		all[i].name = fmt.Sprintf("%s (%d)", all[i].name, i)
		at[all[i].name] = rng.Float64()
		if all[i].slow {
			at[all[i].name] /= 2
		}
	}
	slices.SortFunc(all, func(a, b mishap) int { return cmp.Compare(at[a.name], at[b.name]) })
	return all
}

// mishaps are all that goes wrong in a run.
func mishaps() []mishap {
	return slices.Concat([]mishap{
		bots("one bot is killed", syscall.SIGKILL, 1),
		bots("one bot is killed", syscall.SIGKILL, 1),
		bots("two bots are killed", syscall.SIGKILL, 2),
		bots("all bots are killed", syscall.SIGKILL, 3),
		bots("one bot is replaced", syscall.SIGTERM, 1),
		{"Postgres restarts", true, (*faults).restartPostgres},
		{"Postgres restarts", true, (*faults).restartPostgres},
		webhooks("are dropped", aponotest.Disturbance{Drop: true}),
		webhooks("come twice", aponotest.Disturbance{Duplicate: true}),
		webhooks("come twice, late and in disorder", aponotest.Disturbance{Duplicate: true, Delay: 2 * time.Second, Reorder: true}),
		webhooks("come in disorder", aponotest.Disturbance{Reorder: true, Delay: time.Second}),
	}, mishapsInTeams(), mishapsInApono())
}

func mishapsInTeams() []mishap {
	return []mishap{
		inTeams("429", teamsFault{Status: 429, RetryAfter: time.Second, Times: 20}),
		inTeams("429 for long", teamsFault{Op: "update", Status: 429, RetryAfter: 8 * time.Second, Times: 10}),
		inTeams("412", teamsFault{Status: 412, Times: 20}),
		inTeams("502", teamsFault{Status: 502, Times: 20}),
		inTeams("504", teamsFault{Status: 504, Times: 20}),
		inTeams("sends without an answer", teamsFault{Op: "send", Drop: true, Times: 10}),
		inTeams("updates without an answer", teamsFault{Op: "update", Drop: true, Times: 10}),
		inTeams("sends that hang", teamsFault{Op: "send", Delay: 15 * time.Second, Times: 5}),
	}
}

func mishapsInApono() []mishap {
	creates := aponotest.Fault{Method: "POST", Path: "/api/v3/access-requests", Times: 8}
	with := func(f aponotest.Fault, change func(*aponotest.Fault)) aponotest.Fault {
		change(&f)
		return f
	}
	return []mishap{
		inApono("creates are answered late", with(creates, func(f *aponotest.Fault) { f.AnswerAfter = 4 * time.Second })),
		inApono("creates are never answered", with(creates, func(f *aponotest.Fault) { f.AnswerAfter, f.Times = time.Minute, 4 })),
		inApono("creates are cut off after", with(creates, func(f *aponotest.Fault) { f.CutAfter = true })),
		inApono("creates are cut off before", with(creates, func(f *aponotest.Fault) { f.CutBefore = true })),
		inApono("half an answer", with(creates, func(f *aponotest.Fault) { f.Malformed, f.Times = true, 4 })),
		inApono("lines are cut", aponotest.Fault{CutAfter: true, Times: 20}),
		inApono("503", aponotest.Fault{Status: 503, Times: 20}),
		inApono("429", aponotest.Fault{Status: 429, RetryAfter: time.Second, Times: 20}),
		inApono("late", aponotest.Fault{Method: "GET", Latency: time.Second, Times: 40}),
	}
}

func inTeams(name string, fault teamsFault) mishap {
	return mishap{"Teams: " + name, false, func(f *faults) { f.must(f.post(f.teams+"/fault", fault, nil)) }}
}

func inApono(name string, fault aponotest.Fault) mishap {
	return mishap{"Apono: " + name, fault.CutBefore, func(f *faults) { f.must(f.post(f.apono+"/control/faults", fault, nil)) }}
}

func webhooks(name string, d aponotest.Disturbance) mishap {
	return mishap{"webhooks " + name, false, func(f *faults) { f.must(f.post(f.apono+"/control/disturbance", d, nil)) }}
}

// bots ends some of them, whichever are drawn.
func bots(name string, with syscall.Signal, n int) mishap {
	return mishap{name, true, func(f *faults) { f.kill(with, f.rng.Perm(len(f.bots))[:n]...) }}
}

// calm ends everything that goes wrong.
func (f *faults) calm() {
	f.t.Helper()
	f.must(f.post(f.teams+"/calm", struct{}{}, nil))
	f.must(f.call("DELETE", f.apono+"/control/faults", struct{}{}, nil))
	f.must(f.post(f.apono+"/control/disturbance", aponotest.Disturbance{}, nil))
	for i := range f.bots {
		f.untilReady(i)
	}
}
