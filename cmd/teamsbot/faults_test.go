package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

const (
	faultsRequests = 500
	// livesLast bounds the lives of the requests, and convergeLasts how long
	// everything may take to be as it should when nothing goes wrong any more.
	livesLast     = 8 * time.Minute
	convergeLasts = 8 * time.Minute
)

// fate is what is to become of a request.
type fate string

const (
	stays    fate = "stays as it is granted"
	expires  fate = "ends when its time is up"
	expired  fate = "is ended by Apono"
	fails    fate = "fails"
	rejected fate = "is rejected"
	waits    fate = "waits for ever"
	ended    fate = "is ended by the person"
	cancels  fate = "is cancelled by the person while it waits"
	inPortal fate = "is ended in the portal"
)

// Whatever fails on the way, in the end every card tells what Apono knows, no
// request is doubled or lost, and nothing is owed. TEAMSBOT_FAULTS_SEED=<number>
// repeats what was drawn; what happens at the same time is never the same.
func TestNothingIsLostWhateverFails(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	t.Parallel()
	seed := rand.Uint64()
	if given := os.Getenv("TEAMSBOT_FAULTS_SEED"); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		must(t, err)
	}
	t.Logf("TEAMSBOT_FAULTS_SEED=%d", seed)
	f := newFaults(t, seed)
	f.install()
	wishes := f.wishes()
	began := time.Now()

	var lives sync.WaitGroup
	defer lives.Wait()
	defer f.end()
	told := &answersOf{outcomes: make([]outcome, len(wishes))}
	lives.Go(func() { f.ask(wishes, told) })
	lives.Go(func() { f.live(wishes, told) })
	f.goWrong(told)
	lives.Wait()
	f.calm()
	t.Logf("%s: all requests have lived", time.Since(began).Round(time.Second))

	f.timeIsUp()
	f.converge()
	t.Logf("%s: nothing is owed", time.Since(began).Round(time.Second))
	f.check(wishes, told)
	f.stop()
}

// answersOf is what people were told.
type answersOf struct {
	outcomes []outcome // of a wish, complete when all is
	asked    atomic.Int64
	done     atomic.Bool
}

// install gives everybody the app.
func (f *faults) install() {
	f.t.Helper()
	var group errgroup.Group
	group.SetLimit(8)
	for person := range crowd {
		group.Go(func() error { return f.post(f.teams+"/install", somebody(person), nil) })
	}
	f.must(group.Wait())
}

// wishes are what everybody asks for, one after the other.
func (f *faults) wishes() []wish {
	all := make([]wish, faultsRequests)
	for i := range all {
		w := wish{
			Person: somebody(i % crowd), Integration: "Orders database", Hours: "8", Because: fmt.Sprintf("INC-%d: it is broken", 10000+i),
		}
		fates := []fate{stays, expires, expired, fails, ended, inPortal}
		if f.rng.IntN(2) == 0 {
			w.Integration = "AWS production"
			fates = append(fates, rejected, waits, cancels)
		}
		w.Fate = fates[f.rng.IntN(len(fates))]
		if w.Fate == expires {
			w.Hours = "1"
		}
		all[i] = w
	}
	return all
}

// ask lets everybody ask for their wishes, several people at a time.
func (f *faults) ask(wishes []wish, told *answersOf) {
	defer told.done.Store(true)
	var group errgroup.Group
	group.SetLimit(30)
	for person := range crowd {
		group.Go(func() error {
			for i := person; i < len(wishes); i += crowd {
				if err := f.post(f.teams+"/ask", wishes[i], &told.outcomes[i]); err != nil && f.ctx.Err() == nil {
					f.t.Errorf("%s: %v", wishes[i].Because, err)
				}
				told.asked.Add(1)
			}
			return nil
		})
	}
	_ = group.Wait() // what went wrong has been told
}

// goWrong lets everything go wrong that can, one after the other while people
// ask.
func (f *faults) goWrong(told *answersOf) {
	f.t.Helper()
	all := drawMishaps(f.rng)
	for i, m := range all {
		share := int64(faultsRequests * i / len(all))
		f.until("people go on asking", livesLast, func() bool { return told.asked.Load() >= share || told.done.Load() })
		f.t.Logf("asked %d: %s", told.asked.Load(), m.name)
		m.do(f)
	}
}

// live lets every request of Apono's meet its fate, until all have.
func (f *faults) live(wishes []wish, told *answersOf) {
	fates := make(map[string]wish, len(wishes))
	for _, w := range wishes {
		fates[w.Because] = w
	}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for started := time.Now(); time.Since(started) < livesLast; <-tick.C {
		complete := told.done.Load()
		pending, err := f.goOn(fates)
		if err != nil && f.ctx.Err() == nil {
			f.t.Errorf("go on with the requests: %v", err)
		}
		if complete && pending == 0 || f.ctx.Err() != nil {
			return
		}
	}
	f.t.Error("not in time: all requests have met their fates")
}

// goOn lets every request come closer to its fate, and says how many are not
// there yet.
func (f *faults) goOn(fates map[string]wish) (pending int, err error) {
	requests, err := f.requests()
	if err != nil {
		return 0, err
	}
	var group errgroup.Group
	group.SetLimit(8)
	for _, r := range requests {
		if step := f.step(fates[r.Justification], r); step != nil {
			pending++
			group.Go(step)
		}
	}
	return pending, group.Wait()
}

// step is what happens next to a request on the way to its fate; nil if that is
// reached.
func (f *faults) step(w wish, r aponotest.Request) func() error {
	tell := func(what string) func() error {
		return func() error { return f.decide(r.FriendlyID, what) }
	}
	byPerson := func() error {
		w.Request = r.FriendlyID
		var told string
		return f.post(f.teams+"/end", w, &told)
	}
	nothing := func() error { return nil } // yet
	switch {
	case r.Status.Over(), r.Status == aponoapi.Pending && w.Fate == waits, r.Status == aponoapi.Granted && (w.Fate == stays || w.Fate == expires):
		return nil
	case r.Status == aponoapi.Pending && len(r.Approvers) > 0:
		switch w.Fate {
		case rejected:
			return tell("reject")
		case cancels:
			return byPerson
		}
		return tell("approve")
	case r.Status == aponoapi.Granted:
		switch w.Fate {
		case expired:
			return tell("expire")
		case fails:
			return tell("fail")
		case inPortal:
			return tell("revoke")
		}
		return byPerson
	}
	return nothing
}

// decide does something to a request in Apono. Somebody may have been faster.
func (f *faults) decide(id, what string) error {
	_ = f.post(f.apono+"/control/requests/"+id+"/"+what, struct{ By, Reason string }{Reason: "as it was drawn"}, nil)
	return nil
}

// timeIsUp lets short accesses end, and nobody tells the bots.
func (f *faults) timeIsUp() {
	f.t.Helper()
	f.must(f.post(f.apono+"/control/disturbance", aponotest.Disturbance{Drop: true}, nil))
	f.must(f.post(f.apono+"/control/advance", struct{ Seconds float64 }{2 * 3600}, nil))
	f.must(f.post(f.apono+"/control/disturbance", aponotest.Disturbance{}, nil))
}

// stop ends the bots in order.
func (f *faults) stop() {
	f.t.Helper()
	for _, b := range f.bots {
		b.signals(syscall.SIGTERM)
	}
	for i, b := range f.bots {
		if code := b.waits(); code != 0 {
			f.t.Errorf("bot %d ended with %d", i, code)
		}
	}
}
