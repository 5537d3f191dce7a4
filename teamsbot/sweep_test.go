package teamsbot

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
)

const (
	delegatedList = "/api/user/v1/delegated-access-requests"
	requestsV3    = "/api/v3/access-requests"
)

// read is how often Apono was asked for requests, and for the list of them.
func (w *world) read() (all, lists int) {
	return w.callsUnder(delegatedList) + w.callsUnder(requestsV3), w.calls(delegatedList)
}

// standAsInApono wants what is remembered to stand as Apono has it.
func (w *world) standAsInApono() {
	w.t.Helper()
	for _, r := range w.requests() {
		if got := w.remembered(r.FriendlyID).Status; got != r.Status {
			w.t.Errorf("%s stands at %s, want %s", r.FriendlyID, got, r.Status)
		}
	}
}

// Access that is revoked in the portal, without a webhook, is seen by one sweep.
func TestRevocationInThePortalIsSeen(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "Orders database")
	w.pass(3 * time.Second)
	w.pass(time.Minute)
	dana.sees("Granted")
	must(t, w.apono.Revoke(w.requests()[0].FriendlyID))
	w.pass(time.Minute)
	w.pass(time.Minute)
	dana.sees("Revoked")
}

// Many that are due cost few calls, and are told as soon.
func TestManyAreSweptByList(t *testing.T) {
	w := newWorld(t)
	w.leaveSweeps()
	all := w.crowd(5000, "Orders database", aponoapi.Granted)
	w.apono.Advance(2 * time.Minute)
	before, _ := w.read()
	must(t, w.apono.Revoke(all[7].FriendlyID))
	must(t, w.apono.Fail(all[4123].FriendlyID, "never mind"))
	must(t, w.bot.Sweep(t.Context()))
	w.settle()
	w.apono.Advance(10 * time.Second)
	must(t, w.bot.Sweep(t.Context()))
	w.settle()
	w.standAsInApono()
	// Two parts of the list, with five pages, and what is not in them.
	if n, lists := w.read(); lists < 5 || lists > 7 || n-before > lists+8 {
		t.Errorf("Apono was asked %d times for requests, and %d times for pages of the list", n-before, lists)
	}
}

// Of what a list does not tell nothing is known: it is looked at by itself.
func TestWhatIsNotInTheListIsLookedAt(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"an empty list":  func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(`{"items": []}`)) },
		"no list":        func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusForbidden) },
		"a broken list":  func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusInternalServerError) },
		"half an answer": func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(`{"items": [{"id": "req_`)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(world *aponotest.World) { world.ListLimit = 5 })
			all := w.crowd(20, "Orders database", aponoapi.Granted)
			w.settle()
			w.onList(func(rw http.ResponseWriter, _ *http.Request) bool {
				answer(rw)
				return true
			})
			w.apono.Advance(2 * time.Minute)
			must(t, w.apono.Fail(all[3].FriendlyID, "never mind"))
			must(t, w.apono.Expire(all[17].FriendlyID))
			_ = w.bot.Sweep(t.Context()) // the list fails, or tells nothing
			w.settle()
			w.standAsInApono()
		})
	}
}

// A list that breaks off has told what it told; the rest stays due.
func TestListThatBreaksOff(t *testing.T) {
	w := newWorld(t)
	w.leaveSweeps()
	all := w.crowd(2500, "Orders database", aponoapi.Granted)
	w.settle()
	w.bot.lists.v3At.Store(w.apono.Now().Add(time.Hour).UnixNano()) // no other list
	must(t, w.apono.Fail(all[20].FriendlyID, "never mind"))
	w.apono.Advance(2 * time.Minute)
	now := w.bot.Now()
	w.onList(func(rw http.ResponseWriter, r *http.Request) bool {
		isLater := r.URL.Query().Has("page_token")
		if isLater {
			rw.WriteHeader(http.StatusInternalServerError)
		}
		return isLater
	})
	if err := w.bot.Sweep(t.Context()); err == nil {
		t.Error("a list that breaks off is no error")
	}
	due, err := w.store.DueLooks(t.Context(), now, 5000)
	must(t, err)
	if due < 1000 || due > 1501 {
		t.Errorf("%d are still due, want those of the pages that did not come", due)
	}
	w.onList(func(http.ResponseWriter, *http.Request) bool { return false })
	w.apono.Advance(pauseFor)
	must(t, w.bot.Sweep(t.Context()))
	w.settle()
	if due, err := w.store.DueLooks(t.Context(), now, 5000); due > 0 || err != nil {
		t.Errorf("%d are still due (%v)", due, err)
	}
	w.standAsInApono()
}

// Without the user API, v3's list says what is worth a look.
func TestSweepByAServiceAccount(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.NoEndUserTokens = true })
	all := w.crowd(300, "Orders database", aponoapi.Granted)
	w.settle()
	w.apono.Advance(2 * time.Minute)
	must(t, w.apono.Fail(all[7].FriendlyID, "never mind"))
	before, _ := w.read()
	must(t, w.bot.Sweep(t.Context()))
	w.settle()
	if got := w.remembered(all[7].V3ID).Status; got != aponoapi.Failed {
		t.Errorf("what failed stands at %s", got)
	}
	if n, _ := w.read(); n-before > 30 {
		t.Errorf("Apono was asked %d times for requests", n-before)
	}
}

// A status that nobody has heard of is looked at, and kept as it is spelled.
func TestStatusThatNobodyKnows(t *testing.T) {
	w := newWorld(t)
	all := w.crowd(10, "Orders database", aponoapi.Granted)
	w.settle()
	must(t, w.apono.Repeat(all[0].FriendlyID, 10, "Thinking it over"))
	odd := w.requests()[11:]
	dana := w.stranger("Dana")
	w.rememberFrom(100, dana, odd, w.bot.Now())
	w.apono.Advance(2 * time.Minute)
	w.pass(0)
	w.standAsInApono()
	must(t, w.apono.Fail(odd[2].FriendlyID, "enough"))
	w.pass(time.Minute)
	w.standAsInApono()
}

// One replica sweeps for all.
func TestOneReplicaSweeps(t *testing.T) {
	w := newWorld(t)
	other, _ := w.replica()
	const name = "work of this test"
	var done, together atomic.Int32
	f := func(context.Context) error {
		if together.Add(1) > 1 {
			t.Error("two are at it")
		}
		done.Add(1)
		together.Add(-1)
		return nil
	}
	must(t, w.store.BringForward(t.Context(), name, 0))
	for range 5 {
		must(t, w.bot.inTurn(name, time.Hour, f)(t.Context()))
		must(t, other.inTurn(name, time.Hour, f)(t.Context()))
	}
	if n := done.Load(); n != 1 {
		t.Errorf("it was done %d times, want once an hour", n)
	}
	must(t, w.store.BringForward(t.Context(), name, 0))
	must(t, other.inTurn(name, time.Hour, f)(t.Context()))
	if n := done.Load(); n != 2 {
		t.Errorf("it was done %d times, want again", n)
	}
}

// A look that began before the list says nothing new, whenever it ends; nor does
// a list that was asked for before a look.
func TestListAndLookAtOnce(t *testing.T) {
	w := newWorld(t)
	all := w.crowd(10, "Orders database", aponoapi.Granted)
	w.settle()
	r := w.remembered(all[0].V3ID)
	early, err := w.bot.listing(t.Context())
	must(t, err)
	_, err = w.store.OweRefresh(t.Context(), r.ID, w.bot.Now())
	must(t, err)
	w.settle()
	must(t, w.apono.Fail(all[0].FriendlyID, "never mind"))
	_, err = w.store.OweRefresh(t.Context(), r.ID, w.bot.Now())
	must(t, err)
	w.settle()
	must(t, w.bot.compare(t.Context(), early, []aponoapi.AccessRequest{{ID: all[0].V4ID, Status: aponoapi.Granted}}))
	must(t, w.store.RecordStatus(t.Context(), db.Request{ID: r.ID, Status: aponoapi.Granted, Reading: early.Reading}))
	if got := w.remembered(r.ID).Status; got != aponoapi.Failed {
		t.Errorf("it stands at %s, want what was read last", got)
	}
}

// Many events at once cost about as many calls as there are pages of the list.
func TestManyEventsAtOnce(t *testing.T) {
	w := newWorld(t)
	all := w.crowd(150, "AWS production", aponoapi.Pending)
	w.settle()
	w.apono.Advance(20 * time.Second)
	w.pass(0)
	for _, r := range all {
		must(t, w.apono.Approve(r.FriendlyID, "omar@acme.example", "go on"))
	}
	w.apono.Advance(time.Minute)
	// The looks at single ones are slower than the events and the list.
	listed := make(chan struct{})
	w.answers(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, requestsV3+"/") || strings.HasPrefix(r.URL.Path, delegatedList+"/") {
			<-listed
		}
		return false
	})
	before, _ := w.read()
	for _, r := range all {
		known, err := w.bot.told(t.Context(), []string{r.V3ID})
		must(t, err)
		if !known {
			t.Fatal("an event about a request is not taken")
		}
	}
	must(t, w.bot.Sweep(t.Context()))
	close(listed)
	w.settle()
	w.standAsInApono()
	if n, lists := w.read(); lists == 0 || n-before > 15 {
		t.Errorf("Apono was asked %d times for requests, and %d times for the list", n-before, lists)
	}
	if r := w.remembered(all[111].V3ID); r.Reason != "go on" || r.EndsAt.IsZero() {
		t.Errorf("it was decided with %q and ends at %v", r.Reason, r.EndsAt)
	}
}

// Access that is extended in the portal ends later.
func TestExtensionInThePortalIsSeen(t *testing.T) {
	w := newWorld(t)
	all := w.crowd(10, "Orders database", aponoapi.Granted)
	w.settle()
	r := w.remembered(all[0].V3ID)
	l, err := w.bot.listing(t.Context())
	must(t, err)
	must(t, w.bot.compare(t.Context(), l, []aponoapi.AccessRequest{{
		ID: all[0].V4ID, V4ID: all[0].V4ID, Status: aponoapi.Granted, Duration: 9 * time.Hour,
	}}))
	if got := w.remembered(r.ID).EndsAt; !got.Equal(r.GrantedAt.Add(9 * time.Hour)) {
		t.Errorf("it ends at %v, want 9 hours after %v", got, r.GrantedAt)
	}
}

// What is in no list is read one by one, and the list is not read for it again.
func TestAbsenceIsNotListedAgain(t *testing.T) {
	w := newWorld(t)
	w.leaveSweeps()
	all := w.crowd(150, "Orders database", aponoapi.Granted)
	w.settle()
	w.apono.Advance(2 * time.Minute)
	for _, r := range all {
		must(t, w.apono.Expire(r.FriendlyID))
	}
	for range 3 {
		must(t, w.bot.Sweep(t.Context()))
		w.settle()
	}
	w.standAsInApono()
	if _, lists := w.read(); lists > 2 {
		t.Errorf("pages of the list were read %d times, want 2 at most: one of each part", lists)
	}
}

// A list that lags behind is not believed: the request is looked at by itself.
func TestListThatLagsBehind(t *testing.T) {
	w := newWorld(t)
	w.leaveSweeps()
	all := w.crowd(10, "Orders database", aponoapi.Granted)
	w.settle()
	before, _ := w.read()
	l, err := w.bot.listing(t.Context())
	must(t, err)
	must(t, w.bot.compare(t.Context(), l, []aponoapi.AccessRequest{{ID: all[0].V4ID, Status: aponoapi.Granting}}))
	if got := w.remembered(all[0].V3ID).Status; got != aponoapi.Granted {
		t.Errorf("it stands at %s", got)
	}
	w.settle()
	if n, _ := w.read(); n-before != 1 {
		t.Errorf("Apono was asked %d times, want one look", n-before)
	}
}

// Work that panics ends, and the next replica takes its turn.
func TestATurnThatPanicsIsGivenBack(t *testing.T) {
	w := newWorld(t)
	other, _ := w.replica()
	const name = "what panics"
	must(t, w.store.BringForward(t.Context(), name, 0))
	err := w.bot.inTurn(name, 0, func(context.Context) error { panic("an answer that nobody foresaw") })(t.Context())
	if err == nil || !strings.Contains(err.Error(), "panicked: an answer that nobody foresaw") {
		t.Fatalf("got %v", err)
	}
	done := false
	must(t, other.inTurn(name, 0, func(context.Context) error { done = true; return nil })(t.Context()))
	if !done {
		t.Error("the turn was not given back")
	}
}
