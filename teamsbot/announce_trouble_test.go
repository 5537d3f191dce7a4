package teamsbot

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// What approvers have said while a request was being prepared stays.
func TestPreparingForgetsNoDecision(t *testing.T) {
	w := newWorld(t)
	w.waiting("Dana")
	r, err := w.store.ToReview(t.Context(), w.requests()[0].FriendlyID)
	must(t, err)
	r.Review.Approvers = []db.Approver{{Name: "Omar Approver", Decision: aponoapi.Undecided}}
	must(t, w.store.RecordReview(t.Context(), r.ID, db.Review{Approvers: []db.Approver{{Name: "Omar Approver", Decision: aponoapi.Approved}}}))
	_, err = w.bot.prepare(t.Context(), r)
	must(t, err)
	if got := w.remembered(r.ID).Review.Approvers; len(got) != 1 || got[0].Decision != aponoapi.Approved {
		t.Errorf("the approvers are %+v", got)
	}
}

// Names that the database does not take, and that want to be more than names.
func TestHostileNamesComeToTheChannel(t *testing.T) {
	const hostile = "Da\x00na \\u0000 **bold** <at>everyone</at> [x](https://evil.example)\u202e\n# big"
	w := newWorld(t, func(world *aponotest.World) {
		for i := range world.People {
			if world.People[i].FirstName == "Devin" {
				world.People[i].FirstName = hostile
			}
		}
	})
	c := w.watching("Access approvals", "watch all")
	w.inPortal(w.stranger("Devin"), "AWS production", "a\x00b **why**\n# not")
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settle()
	m := w.review(c)
	if !m.Has(`Dana \u0000 **bold** <at>everyone</at>`) || strings.ContainsAny(m.Visible(), "\x00\u202e") {
		t.Errorf("the channel sees\n%s", m.Visible())
	}
	var card struct {
		Body []json.RawMessage `json:"body"`
	}
	must(t, json.Unmarshal(m.Card, &card))
	for _, text := range textBlocks(card.Body) {
		if strings.Contains(text, "bold") || strings.Contains(text, "why") {
			t.Errorf("in Markdown stands %q", text)
		}
	}
}

// What was asked for before is not said to be nothing where Apono does not tell.
func TestWhatAponoDoesNotTellIsNoFirstTime(t *testing.T) {
	w := newWorld(t)
	c := w.watching("Access approvals", "watch all")
	dana := w.person("Dana")
	w.answers(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/api/v3/access-requests" || r.Method != http.MethodGet {
			return false
		}
		rw.WriteHeader(http.StatusInternalServerError)
		return true
	})
	w.submits(dana, "AWS production")
	w.settle()
	if m := w.review(c); m.Has("first request") || m.Has("No earlier request is known") {
		t.Errorf("the channel sees\n%s", m.Visible())
	}
}

// After unwatch nothing more comes, though it was owed before.
func TestNothingComesAfterUnwatch(t *testing.T) {
	w := newWorld(t)
	c := w.watching("Access approvals", "watch all")
	w.waiting("Dana")
	w.sql(`UPDATE conversations SET next_send = now() + interval '1 hour' WHERE id = $1`, c.ID)
	w.submits(w.person("Devin"), "AWS production")
	w.settle()
	adam := w.person("Adam")
	adam.asked(c, "unwatch", "No requests are shown here any more")
	w.sql(`UPDATE conversations SET next_send = now() WHERE id = $1`, c.ID)
	w.sql(`UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE kind = 'deliver' AND state = 'scheduled'`)
	w.apono.Advance(time.Hour)
	must(t, w.bot.remindApprovers(t.Context()))
	w.settle()
	if all := reviews(c); len(all) != 1 || !all[0].Has("Dana Developer") {
		t.Errorf("the channel sees %d cards", len(all))
	}
	if slices.ContainsFunc(c.Messages(), func(m teamstest.Message) bool { return m.Card != nil && m.Has("Still waiting") }) {
		t.Error("the channel is reminded")
	}
	// The card that stands there follows.
	must(t, w.apono.Approve(w.requests()[0].FriendlyID, "", ""))
	w.pass(time.Minute)
	if m := reviews(c)[0]; !m.Has("Approved") {
		t.Errorf("the channel sees\n%s", m.Visible())
	}
}

// A guest in the channel reads the card, and nothing more.
func TestGuestsDoNotViewResources(t *testing.T) {
	w := newWorld(t)
	c := w.watching("Access approvals", "watch all")
	w.waiting("Dana")
	gus := w.stranger("Gus")
	w.teams.ChannelNamed(c.Name).Joined(*gus.Person) // after the channel began to watch
	d := gus.pressesOn(w.review(c), "View resources")
	if !strings.Contains(d.Message, "Guests cannot") {
		t.Errorf("Gus learns %s%s", d.Text(), d.Message)
	}
}
