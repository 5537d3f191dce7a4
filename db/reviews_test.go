package db_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// place is a channel in which cards for approvers can stand: it watches.
func (w *world) place(id string) db.Place {
	w.t.Helper()
	channel := w.channel(id)
	w.do(`INSERT INTO watches (conversation_id, kind, id, name, since) VALUES ($1, 'all', '', '', $2) ON CONFLICT DO NOTHING`, channel, noon)
	return db.Place{ConversationID: channel, TimeZone: "Europe/Berlin", Since: noon}
}

// reviewIn lets a card for approvers stand in a channel.
func (w *world) reviewIn(p db.Place, r db.Request) {
	w.t.Helper()
	w.must(w.OweReview(w.ctx, r.ID, p))
	w.drawn(w.lease(p.ConversationID), "review of "+r.ID)
}

func TestACardForApproversIsOwedOnceInEachPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub, r := w.created(aponoapi.Pending)
	if got := jobs[db.AnnounceRequest](w); len(got) != 1 || got[0].RequestID != r.ID {
		t.Errorf("owed are %+v", got)
	}
	first, second, approver := w.place("19:one"), w.place("19:two"), db.Place{Person: w.person(), Since: noon}
	w.together(9, func(i int) error { return w.OweReview(w.ctx, r.ID, []db.Place{first, second, approver}[i%3]) })
	if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind = 'review'`); n != 3 {
		t.Errorf("there are %d cards, want 3", n)
	}
	c := w.lease("19:one")
	requester, err := w.Person(w.ctx, sub.Person)
	w.must(err)
	if diff := cmp.Diff(requester, c.Requester, sinceNow); diff != "" || c.Kind != db.ToReviewHere || c.TimeZone != "Europe/Berlin" {
		t.Errorf("the card is %+v; %s", c.CardToDraw, diff)
	}
	if c.Person != (db.Person{}) {
		t.Errorf("a card in a channel is %+v's", c.Person)
	}
	w.drawn(c, "message-1")
	for name, want := range map[string]bool{"19:one": true, "19:two": true, "19:other": false} {
		if stands, err := w.StandsIn(w.ctx, r.FriendlyID, name); err != nil || stands != want {
			t.Errorf("it stands in %s: %t (%v)", name, stands, err)
		}
	}
	w.record(r, aponoapi.Granting)
	if c := w.lease("19:one"); c == nil || c.ActivityID != "message-1" {
		t.Errorf("the decision owes %+v", c)
	}
}

func TestWhatIsDecidedIsOwedToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Granting)
	w.must(w.OweReview(w.ctx, r.ID, w.place("19:one")))
	w.must(w.OweReview(w.ctx, r.ID, db.Place{Person: w.person(), Since: noon}))
	if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind = 'review'`); n != 0 {
		t.Errorf("there are %d cards, want none", n)
	}
}

func TestWhatApproversAreToldIsAddedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	w.reviewIn(w.place("19:one"), r)
	before := db.Review{Requester: db.Party{Name: "Dana"}, Before: &db.Before{FirstTime: true, Last: []db.Past{{ID: "AR-0", Status: aponoapi.Expired}}}}
	asked := db.Review{Approvers: []db.Approver{{Name: "Omar", Decision: aponoapi.Undecided, Tier: 1}}, AllMustApprove: true}
	w.must(w.RecordReview(w.ctx, r.ID, before))
	w.must(w.RecordReview(w.ctx, r.ID, asked))
	got, err := w.ToReview(w.ctx, r.FriendlyID)
	w.must(err)
	want := before
	want.Approvers, want.AllMustApprove = asked.Approvers, true
	if diff := cmp.Diff(want, got.Review); diff != "" {
		t.Error(diff)
	}
	owed := len(jobs[db.Deliver](w))
	newer := asked
	newer.Reading = w.reading()
	w.must(w.RecordReview(w.ctx, r.ID, newer))
	if n := len(jobs[db.Deliver](w)) - owed; n != 0 {
		t.Errorf("nothing new owes %d deliveries", n)
	}
	older := w.reading()
	decided := db.Review{Approvers: []db.Approver{{Name: "Omar", Decision: aponoapi.Approved}}, Reading: w.reading()}
	w.must(w.RecordReview(w.ctx, r.ID, decided))
	newer.Reading = older
	w.must(w.RecordReview(w.ctx, r.ID, newer))
	if got, err := w.ToReview(w.ctx, r.ID); err != nil || got.Review.Approvers[0].Decision != aponoapi.Approved {
		t.Errorf("an older reading made it %+v (%v)", got.Review.Approvers, err)
	}
}

func TestWhenItWasDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for status, decided := range map[aponoapi.Status]bool{aponoapi.Granting: true, aponoapi.Rejected: true, aponoapi.Revoked: false} {
		_, r := w.created(aponoapi.Pending)
		r.ReadAt = noon.Add(time.Minute)
		w.record(r, status)
		r.ReadAt = noon.Add(time.Hour)
		w.record(r, aponoapi.Failed)
		if got, err := w.Request(w.ctx, r.ID); err != nil || got.DecidedAt.Equal(noon.Add(time.Minute)) != decided {
			t.Errorf("%v: decided at %v (%v)", status, got.DecidedAt, err)
		}
	}
}

// What somebody made elsewhere whom the bot does not know is theirs as soon as
// they come.
func TestWhatIsNobodysBecomesSomebodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(aponoapi.Pending)
	w.must(w.RememberElsewhere(w.ctx, db.PersonKey{}, asked, r))
	got, err := w.ToReview(w.ctx, r.ID)
	if w.must(err); got.Submission.Person != (db.PersonKey{}) || got.Email != "" {
		t.Errorf("it is %+v's", got.Submission.Person)
	}
	w.reviewIn(w.place("19:one"), r)
	w.record(r, aponoapi.Rejected) // nobody is told of it
	k := w.person()
	w.must(w.RememberApono(w.ctx, k, asked.AponoUserID, noon))
	if got, err := w.ToReview(w.ctx, r.ID); err != nil || got.Submission.Person != k {
		t.Errorf("it is %+v's (%v)", got.Submission.Person, err)
	}
	if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind <> 'review'`); n != 0 {
		t.Errorf("%d cards tell of it", n)
	}
	p, err := w.Person(w.ctx, k)
	w.must(err)
	_, err = w.Erase(w.ctx, p)
	w.must(err)
	if _, err := w.ToReview(w.ctx, r.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("after they were erased: %v", err)
	}
}

func TestPendingAndPastOfOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, first := w.created(aponoapi.Pending)
	_, second := w.created(aponoapi.Granted)
	_, third := w.created(aponoapi.Pending)
	pending, err := w.Pending(w.ctx, 10)
	w.must(err)
	if len(pending) != 2 || pending[0].ID != first.ID || pending[1].ID != third.ID {
		t.Errorf("waiting are %+v", pending)
	}
	past, err := w.OfGrantee(w.ctx, asked.AponoUserID, 2)
	w.must(err)
	if len(past) != 2 || past[0].ID != third.ID || past[1].ID != second.ID {
		t.Errorf("of before are %+v", past)
	}
	if past, err := w.OfGrantee(w.ctx, "somebody", 2); err != nil || len(past) != 0 {
		t.Errorf("of somebody else are %+v (%v)", past, err)
	}
}

func TestRemindersOfWhatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	_, decided := w.created(aponoapi.Pending)
	place := w.place("19:one")
	w.reviewIn(place, r)
	w.reviewIn(place, decided)
	w.must(w.OweReview(w.ctx, r.ID, db.Place{Person: w.person(), Since: noon})) // there are no threads there
	w.record(decided, aponoapi.Rejected)
	w.draw("19:one")
	remind := func(at time.Time) { w.must(w.OweReminders(w.ctx, at, 30*time.Minute)) }
	remind(noon.Add(29 * time.Minute))
	if c, err := w.leaseNext("19:one"); c != nil || err != nil {
		t.Errorf("too early: %+v, %v", c, err)
	}
	remind(noon.Add(30 * time.Minute))
	remind(noon.Add(time.Hour))
	c := w.lease("19:one")
	if c.Kind != db.StillWaits || c.Thread != "review of "+r.ID || c.RequestID != r.ID {
		t.Errorf("the reminder is %+v", c.CardToDraw)
	}
	w.drawn(c, "reminder")
	if c, err := w.leaseNext("19:one"); c != nil || err != nil {
		t.Errorf("reminded twice: %+v, %v", c, err)
	}
}

// A card that waits is drawn anew whenever it has waited for twice as long.
func TestCardsTellHowLongTheyHaveWaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Pending)
	w.do(`UPDATE requests SET created_at = $2 WHERE id = $1`, r.ID, noon)
	w.reviewIn(w.place("19:one"), r)
	drawn := 0
	for at := noon; !at.After(noon.Add(2 * time.Hour)); at = at.Add(time.Minute) {
		w.must(w.OweWaits(w.ctx, at))
		if c, err := w.leaseNext("19:one"); err != nil {
			t.Fatal(err)
		} else if c != nil {
			w.drawn(c, "review of "+r.ID)
			drawn++
		}
	}
	if drawn != 5 { // after 5, 10, 20, 40 and 80 minutes
		t.Errorf("drawn %d times, want 5", drawn)
	}
}

// Whom the bot has never met can be forgotten, too, and who is forgotten is not
// named in what others ask for.
func TestNobodysRequestsAndMentionsAreErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.known("dana@acme.example")
	about := db.Review{Requester: db.Party{Email: "dana@acme.example", Name: "Dana"}, Grantee: db.Party{Email: "ines@acme.example", Name: "Ines"}}
	_, others := w.created(aponoapi.Pending)
	w.must(w.RecordReview(w.ctx, others.ID, about))
	nobodys := w.request(aponoapi.Pending)
	w.must(w.RememberElsewhere(w.ctx, db.PersonKey{}, asked, nobodys))
	w.must(w.RecordReview(w.ctx, nobodys.ID, about))
	w.reviewIn(w.place("19:one"), nobodys)

	erased, err := w.Erase(w.ctx, dana)
	if w.must(err); erased.Parties != 2 {
		t.Errorf("erased %+v", erased)
	}
	got, err := w.ToReview(w.ctx, others.ID)
	w.must(err)
	if diff := cmp.Diff(db.Review{Grantee: about.Grantee}, got.Review); diff != "" {
		t.Error(diff)
	}
	for who, want := range map[string]int{"INES@acme.example": 1, "dana@acme.example": 0, "": 0} {
		if n, err := w.OfStranger(w.ctx, who); err != nil || n != want {
			t.Errorf("of %q there are %d (%v), want %d", who, n, err, want)
		}
	}
	if n, err := w.EraseStranger(w.ctx, "ines@acme.example"); err != nil || n != 1 {
		t.Errorf("%d are erased (%v)", n, err)
	}
	if _, err := w.ToReview(w.ctx, nobodys.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("after that: %v", err)
	}
	if _, err := w.ToReview(w.ctx, others.ID); err != nil {
		t.Errorf("somebody else's is gone: %v", err)
	}
}

// However many wait of which nobody tells who decides, each has its turn.
func TestEachRequestWithoutApproversHasItsTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, first := w.created(aponoapi.Pending)
	var last db.Request
	for range 8 {
		_, last = w.created(aponoapi.Pending)
	}
	w.do(`UPDATE requests SET created_at = now() - interval '1 hour' WHERE id = $1`, first.ID)
	w.do(`UPDATE requests SET created_at = now() + interval '1 hour' WHERE id = $1`, last.ID)
	found := false
	for range 200 {
		all, err := w.WithoutApprovers(w.ctx, 4)
		w.must(err)
		newest := false
		for _, r := range all {
			newest, found = newest || r.ID == last.ID, found || r.ID == first.ID
		}
		if len(all) != 4 || !newest {
			t.Fatalf("got %d, the newest among them: %t", len(all), newest)
		}
	}
	if !found {
		t.Error("the oldest is never among them")
	}
}
