package db_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

func TestArriveRemembersWhoAndWhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := arrival("dana")
	p, first, answer, err := w.Arrive(w.ctx, a)
	w.must(err)
	if !first || answer != nil {
		t.Errorf("got first %t and the answer %v, want the first without an answer", first, answer)
	}
	want := db.Person{
		PersonKey: a.Person, TeamsID: "29:dana", Name: "dana", Locale: "de-DE", TimeZone: "Europe/Berlin", Chat: a.Conversation,
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	kept, err := w.Person(w.ctx, a.Person)
	w.must(err)
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
}

func TestArriveRefreshesAndForgetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := arrival("dana")
	_, _, _, err := w.Arrive(w.ctx, a)
	w.must(err)

	b := a
	b.ActivityID, b.TeamsID, b.Name, b.Locale, b.TimeZone = "activity-2", "29:dana-2", "", "", ""
	b.Conversation.ServiceURL = "https://smba.test/amer/"
	p, first, _, err := w.Arrive(w.ctx, b)
	w.must(err)
	want := db.Person{
		PersonKey: a.Person, TeamsID: "29:dana-2", Name: "dana", Locale: "de-DE", TimeZone: "Europe/Berlin", Chat: b.Conversation,
	}
	if diff := cmp.Diff(want, p); diff != "" || !first {
		t.Errorf("first %t, person %s", first, diff)
	}
	place, err := w.Conversation(w.ctx, a.Conversation.ID)
	w.must(err)
	if diff := cmp.Diff(b.Conversation, place); diff != "" {
		t.Error(diff)
	}
}

func TestAChannelIsNotAPersonsChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := arrival("dana")
	channel := a
	channel.Conversation = db.Conversation{ID: "19:channel", TenantID: tenant, Kind: "channel", ServiceURL: "https://smba.test/emea/"}
	p, _, _, err := w.Arrive(w.ctx, channel)
	w.must(err)
	if p.Chat.ID != "" {
		t.Errorf("the person's chat is %+v, want none yet", p.Chat)
	}
	for _, arrives := range []db.Arrival{a, channel} { // once known, a channel does not take its place
		arrives.ActivityID += "-later"
		p, _, _, err = w.Arrive(w.ctx, arrives)
		w.must(err)
		if diff := cmp.Diff(a.Conversation, p.Chat); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := w.Conversation(w.ctx, "19:nowhere"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("an unknown place: got %v, want ErrNotFound", err)
	}
}

func TestARepeatGetsTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := arrival("dana")
	arrive := func(wantFirst bool, want *db.Answer) {
		t.Helper()
		_, first, answer, err := w.Arrive(w.ctx, a)
		w.must(err)
		if diff := cmp.Diff(want, answer); diff != "" || first != wantFirst {
			t.Errorf("got first %t, want %t; answer: %s", first, wantFirst, diff)
		}
	}
	arrive(true, nil)
	arrive(false, nil) // it is being worked on

	answer := db.Answer{Status: 200, Body: []byte("\x00 any bytes \xff")}
	w.must(w.Answered(w.ctx, a.Conversation.ID, a.ActivityID, answer))
	arrive(false, &answer)
	got, err := w.AnswerTo(w.ctx, a.Conversation.ID, a.ActivityID)
	w.must(err)
	if diff := cmp.Diff(&answer, got); diff != "" {
		t.Error(diff)
	}

	// Once answered it stays so, however long ago it was taken on.
	w.do(`UPDATE activities SET claimed_at = now() - interval '9 minutes'`)
	arrive(false, &answer)

	// The same id in another conversation is another activity.
	a.Conversation.ID = "a:elsewhere"
	arrive(true, nil)
}

func TestAnAnswerMayBeEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := arrival("dana")
	_, _, _, err := w.Arrive(w.ctx, a)
	w.must(err)
	w.must(w.Answered(w.ctx, a.Conversation.ID, a.ActivityID, db.Answer{Status: 202}))
	_, first, answer, err := w.Arrive(w.ctx, a)
	w.must(err)
	if first || answer == nil || answer.Status != 202 || len(answer.Body) != 0 {
		t.Errorf("got first %t and the answer %+v", first, answer)
	}
	if none, err := w.AnswerTo(w.ctx, a.Conversation.ID, "never seen"); none != nil || err != nil {
		t.Errorf("got %+v and %v for an activity never seen", none, err)
	}
}

func TestARepeatTakesOverFromTheDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := arrival("dana")
	for _, step := range []struct {
		age  string
		want bool
	}{{"0 seconds", true}, {"9 seconds", false}, {"11 seconds", true}, {"0 seconds", false}} {
		w.do(`UPDATE activities SET claimed_at = now() - $1::interval`, step.age)
		_, first, _, err := w.Arrive(w.ctx, a)
		w.must(err)
		if first != step.want {
			t.Errorf("taken on %s ago: got first %t", step.age, first)
		}
		if !first {
			continue
		}
		if age := ask[float64](w, `SELECT extract(epoch FROM now() - claimed_at)::float8 FROM activities`); age > 9 {
			t.Errorf("who takes over has had it for %v seconds", age)
		}
	}
}

func TestAReleasedActivityIsActedOnAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := arrival("dana")
	arrives := func() bool {
		t.Helper()
		_, first, _, err := w.Arrive(w.ctx, a)
		w.must(err)
		return first
	}
	if !arrives() || arrives() {
		t.Error("want the first only")
	}
	w.must(w.Release(w.ctx, a.Conversation.ID, a.ActivityID))
	if !arrives() {
		t.Error("a released activity is not acted on")
	}
	w.must(w.Answered(w.ctx, a.Conversation.ID, a.ActivityID, db.Answer{Status: 200}))
	w.must(w.Release(w.ctx, a.Conversation.ID, a.ActivityID))
	if arrives() {
		t.Error("an answered activity was given back")
	}
}

func TestOfManyRepeatsOneIsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"fresh", "taken over"} {
		var firsts atomic.Int64
		w.together(50, func(int) error {
			_, first, _, err := w.Arrive(w.ctx, arrival("dana"))
			if first {
				firsts.Add(1)
			}
			return err
		})
		if n := firsts.Load(); n != 1 {
			t.Errorf("%s: %d callers are first, want 1", name, n)
		}
		w.do(`UPDATE activities SET claimed_at = now() - interval '1 minute'`)
	}
}

// Many people speak in one channel at once, while Teams moves it.
func TestManyArriveInOneChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together(50, func(i int) error {
		a := arrival([]string{"dana", "omar", "rita"}[i%3])
		a.ActivityID += string(rune('a' + i))
		a.Conversation.ID, a.Conversation.Kind = "19:channel", "channel"
		a.Conversation.ServiceURL += []string{"1", "2"}[i%2]
		_, first, _, err := w.Arrive(w.ctx, a)
		if err == nil && !first {
			t.Errorf("activity %d is not first", i)
		}
		return err
	})
	place, err := w.Conversation(w.ctx, "19:channel")
	w.must(err)
	if !slices.Contains([]string{"https://smba.test/emea/1", "https://smba.test/emea/2"}, place.ServiceURL) {
		t.Errorf("the channel is at %s", place.ServiceURL)
	}
}

// A card that could not be sent goes when its person shows up.
func TestWhoArrivesIsOwedWhatWaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub, _ := w.created(aponoapi.Pending)
	w.created(aponoapi.Pending) // another's waits on
	a := arrival(sub.Person.ObjectID)
	arrives := func(id, kind string, want int) {
		t.Helper()
		a.ActivityID, a.Conversation.Kind, a.Conversation.ID = id, kind, kind+":"+a.Name
		before := len(jobs[db.Deliver](w))
		_, _, _, err := w.Arrive(w.ctx, a)
		w.must(err)
		owed := jobs[db.Deliver](w)[before:]
		if len(owed) != want || want == 1 && owed[0].ConversationID != a.Conversation.ID {
			t.Errorf("%s in a %s chat: owed are %v, want %d", id, kind, owed, want)
		}
	}
	arrives("1", "channel", 0)
	arrives("2", "personal", 1)
	arrives("2", "personal", 0)        // a repeat
	c := w.lease("personal:" + a.Name) // their chat is that one now
	arrives("3", "personal", 0)        // it is being drawn
	w.drawn(c, "message-1")
	arrives("4", "personal", 0)
}

// What only looks is not taken on, and sees what is remembered on the same trip.
func TestWhatLooksIsNotTakenOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	a := arrival(d.Person.ObjectID)
	a.ActivityID, a.Looks = "activity-2", true
	for range 2 {
		var mine, others db.Draft
		a.Also = []db.Question{db.AskDraft(d.Person, d.ID, &mine), db.AskDraft(w.person(), d.ID, &others)}
		p, first, answer, err := w.Arrive(w.ctx, a)
		w.must(err)
		if !first || answer != nil || p.PersonKey != d.Person {
			t.Errorf("got %v, %v and %+v, want to act each time", first, answer, p)
		}
		if mine.ID != d.ID || others.ID != "" {
			t.Errorf("the draft was read as %+v, and for others as %+v", mine, others)
		}
	}
	a.Looks = false
	if _, first, _, err := w.Arrive(w.ctx, a); err != nil || !first {
		t.Errorf("got %v (%v), want that nobody has taken it on", first, err)
	}
}
