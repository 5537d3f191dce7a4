package db_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// read is what the memory holds of a request.
func (w *world) read(name string) db.Request {
	w.t.Helper()
	r, err := w.Request(w.ctx, name)
	w.must(err)
	return r
}

// sinceNow leaves out when the memory first heard of a request.
var sinceNow = cmpopts.IgnoreFields(db.Request{}, "CreatedAt")

func TestARequestHasManyNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub, r := w.created(aponoapi.Pending)
	want := r
	want.SubmissionID, want.Names = sub.ID, nil
	names := append([]string{r.ID, r.FriendlyID}, r.Names...)
	for _, name := range names {
		if diff := cmp.Diff(want, w.read(name), sinceNow); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if now := ask[time.Time](w, `SELECT now()`); w.read(r.ID).CreatedAt.After(now) || w.read(r.ID).CreatedAt.Before(now.Add(-time.Hour)) {
		t.Errorf("the memory first heard of it at %v, and now is %v", w.read(r.ID).CreatedAt, now)
	}
	for _, name := range []string{"", "AR-0", "' OR 1=1 --"} {
		if _, err := w.Request(w.ctx, name); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", name, err)
		}
	}
	known, err := w.KnownRequests(w.ctx, append([]string{"", "AR-0"}, names...))
	w.must(err)
	if got := slices.Sorted(maps.Keys(known)); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
		t.Errorf("known are %v, want %v", got, names)
	}
	if known, err := w.KnownRequests(w.ctx, nil); len(known) != 0 || err != nil {
		t.Errorf("of no names, known are %v (%v)", known, err)
	}
}

// Apono may tell fewer names than there are, or one twice.
func TestNamesThatAreMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range []db.Request{
		{ID: "only", Status: aponoapi.Pending},
		{ID: "twice", FriendlyID: "twice", Names: []string{"twice", ""}, Status: aponoapi.Pending},
	} {
		w.must(w.SubmissionCreated(w.ctx, w.submitted(), r))
		if got := w.read(r.ID); got.ID != r.ID || got.FriendlyID != r.FriendlyID {
			t.Errorf("got %+v", got)
		}
	}
	if r, err := w.Request(w.ctx, ""); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("no name at all: got %+v and %v, want ErrNotFound", r, err)
	}
}

func TestReadingsAreNumbered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	numbers := make([]int64, 40)
	w.together(len(numbers), func(i int) (err error) {
		numbers[i], err = w.NextReading(w.ctx)
		return err
	})
	slices.Sort(numbers)
	if len(slices.Compact(numbers)) != 40 {
		t.Errorf("two readings have one number: %v", numbers)
	}
	if next := w.reading(); next <= numbers[39] {
		t.Errorf("the next reading is %d, after %d", next, numbers[39])
	}
}

func TestAChangeOwesEveryCardThatShowsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	card := jobs[db.Deliver](w)[0].ConversationID
	w.created(aponoapi.Pending) // another's card stays as it is
	if c := w.draw(card); c.Revision != 1 {
		t.Errorf("drawn is revision %d", c.Revision)
	}
	record := func(s aponoapi.Status, wantJobs int) {
		t.Helper()
		r.Status, r.Reading, r.LookAt = s, w.reading(), noon.Add(time.Minute)
		w.must(w.RecordStatus(w.ctx, r))
		if n := len(jobs[db.Deliver](w)); n != wantJobs {
			t.Errorf("%s: %d cards are owed, want %d", s, n, wantJobs)
		}
		if got := w.read(r.ID); got.Status != s || got.Reading != r.Reading || !got.LookAt.Equal(r.LookAt) {
			t.Errorf("%s: recorded is %+v", s, got)
		}
	}
	record(aponoapi.Pending, 2) // unchanged: nothing to draw
	if c, err := w.leaseNext(card); c != nil || err != nil {
		t.Errorf("an unchanged status is drawn: %+v, %v", c, err)
	}
	record(aponoapi.Granting, 3)
	record(aponoapi.Granted, 4)
	if c := w.draw(card); c.Revision != 3 || c.Requests[0].Status != aponoapi.Granted {
		t.Errorf("drawn is %+v", c)
	}
	record("Thinking it over", 5)
}

// What a card shows of a request beside its status owes the card, too.
func TestWhatIsLearntOfARequestIsDrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.SubmissionCreated(w.ctx, w.submitted(), db.Request{ID: "req_1", Status: aponoapi.Pending}))
	for _, r := range []struct {
		friendlyID, about string
		integrations      []string
		wantJobs          int
	}{{"", "", nil, 1}, {"AR-1", "", nil, 2}, {"AR-1", "Orders database", []string{"i1"}, 3}, {"", "", nil, 3}} {
		w.must(w.RecordStatus(w.ctx, db.Request{
			ID: "req_1", FriendlyID: r.friendlyID, About: r.about, Integrations: r.integrations, Status: aponoapi.Pending, Reading: w.reading(),
		}))
		if n := len(jobs[db.Deliver](w)); n != r.wantJobs {
			t.Errorf("%+v: %d cards are owed", r, n)
		}
	}
	if got := w.read("AR-1"); got.About != "Orders database" || got.FriendlyID != "AR-1" || !slices.Equal(got.Integrations, []string{"i1"}) {
		t.Errorf("what is not told again is forgotten: %+v", got)
	}
}

// seen gives a request the times of somebody who reads its status just then.
func seen(r *db.Request, at time.Time) {
	r.GrantedAt, r.EndedAt, r.LookAt = time.Time{}, time.Time{}, noon
	if r.Status.Active() {
		r.GrantedAt = at
	}
	if r.Status.Over() {
		r.EndedAt, r.LookAt = at, time.Time{}
	}
}

// recorded is what the memory must hold after readings in some order: each
// counts only if it is newer than all before it.
type recorded struct {
	status         aponoapi.Status
	reading        int64
	granted, ended time.Time
	changes        int
}

func (r *recorded) hear(reading int64, s aponoapi.Status, at time.Time) {
	if reading <= r.reading {
		return
	}
	if s != r.status {
		r.changes++
	}
	r.status, r.reading = s, reading
	if s == aponoapi.Granted && r.granted.IsZero() {
		r.granted = at
	}
	if s.Over() && r.ended.IsZero() {
		r.ended = at
	}
}

func TestAnOlderReadingIsIgnoredInAnyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	statuses := []aponoapi.Status{
		aponoapi.Pending, aponoapi.Pending, aponoapi.Granting, aponoapi.Granted, aponoapi.Granted, aponoapi.Revoking, aponoapi.Revoked,
	}
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 2, 4}).Draw(t, "order") // two come twice
		_, r := w.created(aponoapi.Pending)
		want := recorded{status: aponoapi.Pending, reading: r.Reading}
		before := len(jobs[db.Deliver](w))
		for i, n := range order {
			now := db.Request{ID: r.ID, Status: statuses[n], Reading: r.Reading + int64(n)}
			at := noon.Add(time.Duration(i) * time.Minute)
			seen(&now, at)
			w.must(w.RecordStatus(w.ctx, now))
			want.hear(now.Reading, now.Status, at)

			got := w.read(r.ID)
			changes := len(jobs[db.Deliver](w)) - before
			if diff := cmp.Diff(want, recorded{got.Status, got.Reading, got.GrantedAt, got.EndedAt, changes}, cmp.AllowUnexported(recorded{})); diff != "" {
				t.Fatalf("after %d of %v: %s", i+1, order, diff)
			}
			if got.LookAt.IsZero() != got.Status.Over() {
				t.Fatalf("after %d of %v: %s is looked at again at %v", i+1, order, got.Status, got.LookAt)
			}
		}
	})
}

func TestReadingsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	w.together(40, func(i int) error {
		s := aponoapi.Granting
		if i == 39 {
			s = aponoapi.Granted
		}
		return w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: s, Reading: r.Reading + int64(i) + 1, LookAt: noon})
	})
	if got := w.read(r.ID); got.Status != aponoapi.Granted || got.Reading != r.Reading+40 {
		t.Errorf("recorded is %+v", got)
	}
}

// A change back, while the change is being recorded, is a change.
func TestAChangeIsJudgedByWhatIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Granted)
	before := len(jobs[db.Deliver](w))
	w.queue(`UPDATE requests SET status = 'revoking', reading = reading + 1 WHERE id = $1`, r.ID, 1, func(int) error {
		return w.RecordStatus(w.ctx, db.Request{ID: r.ID, Status: aponoapi.Granted, Reading: r.Reading + 2, LookAt: noon})
	})
	if got := w.read(r.ID); got.Status != aponoapi.Granted || got.Reading != r.Reading+2 {
		t.Errorf("recorded is %+v", got)
	}
	if n := len(jobs[db.Deliver](w)) - before; n != 1 {
		t.Errorf("%d cards are owed, want 1", n)
	}
}

func TestTheFirstTimesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	for i, s := range []aponoapi.Status{
		aponoapi.Granted, aponoapi.Granted, aponoapi.Revoking, aponoapi.Granted, aponoapi.Revoked, aponoapi.Expired,
	} {
		r.Status, r.Reading = s, w.reading()
		seen(&r, noon.Add(time.Duration(i)*time.Hour))
		w.must(w.RecordStatus(w.ctx, r))
	}
	got := w.read(r.ID)
	if !got.GrantedAt.Equal(noon) || !got.EndedAt.Equal(noon.Add(4*time.Hour)) {
		t.Errorf("granted at %v, ended at %v", got.GrantedAt, got.EndedAt)
	}
}

// Some of Apono's answers leave names out; what is learnt later is kept.
func TestNamesAreLearnt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.SubmissionCreated(w.ctx, w.submitted(), db.Request{ID: "v3", Status: aponoapi.Pending}))
	_, other := w.created(aponoapi.Pending)
	for i, r := range []db.Request{
		{FriendlyID: "AR-7", Names: []string{"v4", other.FriendlyID}}, {}, {Names: []string{"client"}},
	} {
		r.ID, r.Status, r.Reading = "v3", aponoapi.Pending, int64(100+i)
		w.must(w.RecordStatus(w.ctx, r))
		if got := w.read("AR-7"); got.ID != "v3" || got.FriendlyID != "AR-7" {
			t.Errorf("after reading %d: AR-7 is %+v", r.Reading, got)
		}
	}
	for name, want := range map[string]string{"v3": "v3", "v4": "v3", "client": "v3", other.FriendlyID: other.ID} {
		if got := w.read(name); got.ID != want {
			t.Errorf("%s is %s, want %s", name, got.ID, want)
		}
	}
	// An older reading teaches nothing.
	w.must(w.RecordStatus(w.ctx, db.Request{ID: "v3", FriendlyID: "AR-6", Status: aponoapi.Granted, Reading: 100}))
	if _, err := w.Request(w.ctx, "AR-6"); !errors.Is(err, db.ErrNotFound) || w.read("v3").FriendlyID != "AR-7" {
		t.Errorf("AR-6: got %v, and %+v", err, w.read("v3"))
	}
}

func TestNobodysRequestIsNotRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.RecordStatus(w.ctx, db.Request{ID: "unknown", FriendlyID: "AR-0", Status: aponoapi.Granted, Reading: 1}))
	for _, name := range []string{"unknown", "AR-0"} {
		if _, err := w.Request(w.ctx, name); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}
}

// due makes n requests that are to be looked at from noon on, a second apart,
// and one that is over.
func (w *world) due(n int) {
	w.t.Helper()
	w.created(aponoapi.Revoked)
	for i := range n {
		sub, r := w.submitted(), w.request(aponoapi.Pending)
		r.ID, r.LookAt = fmt.Sprintf("due-%02d", i), noon.Add(time.Duration(i)*time.Second)
		w.must(w.SubmissionCreated(w.ctx, sub, r))
	}
}

func (w *world) looks() (ids []string) {
	for _, j := range jobs[db.RefreshRequest](w) {
		ids = append(ids, j.RequestID)
	}
	return ids
}
