package teamsbot

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
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

// A request is announced once, whoever announces it and whatever it is called.
func TestAnnouncedAtOnceByMany(t *testing.T) {
	w := newWorld(t)
	other, _ := w.replica()
	c := w.watching("Access approvals", "watch all", "watch integration AWS production")
	omar := w.approver("Omar")
	w.waiting("Dana")
	r := w.requests()[0]
	id := w.remembered(r.FriendlyID).ID
	var all sync.WaitGroup
	for i := range 12 {
		bot := []*Bot{w.bot, other}[i%2]
		all.Go(func() {
			switch i % 4 {
			case 0:
				_ = bot.announce(t.Context(), db.AnnounceRequest{RequestID: id})
			case 1:
				_ = bot.announcePending(t.Context(), db.AnnouncePending{ConversationID: c.ID})
			case 2:
				_ = bot.LookElsewhere(t.Context())
			case 3:
				_ = bot.LookAtTasks(t.Context())
			}
		})
	}
	all.Wait()
	w.tellsApprovers()
	w.review(c)
	if n := len(omar.reviews()); n != 1 {
		t.Errorf("Omar has %d cards", n)
	}
	for _, name := range []string{r.V3ID, r.V4ID, r.FriendlyID} {
		if got, err := w.store.Request(t.Context(), name); name != "" && (err != nil || got.ID != id) {
			t.Errorf("%s is %s (%v)", name, got.ID, err)
		}
	}
}

// A stranger's request that becomes theirs while somebody decides on it.
func TestDecidedWhileItIsAdoptedAndErased(t *testing.T) {
	w := newWorld(t)
	c := w.watching("Access approvals", "watch all")
	ava := w.approver("Ava")
	w.inPortal(w.stranger("Devin"), "AWS production", "From the portal")
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settle()
	d := ava.pressesOn(w.review(c), "Approve")
	devin := w.person("Devin")
	devin.says("my requests")
	var all sync.WaitGroup
	all.Go(func() { d.press("Approve").shows("You approved it.") })
	all.Go(func() { devin.presses("My requests") })
	all.Wait()
	w.pass(time.Minute)
	if m := w.review(c); !m.Has("Approved", "Ava Approver") {
		t.Errorf("the channel sees\n%s", m.Visible())
	}
	w.inPortal(devin, "AWS production", "once more")
	w.apono.Advance(2 * time.Minute)
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settle()
	cards := reviews(c)
	d = ava.pressesOn(cards[len(cards)-1], "Reject")
	p, err := w.store.Person(t.Context(), w.keyOf(devin))
	must(t, err)
	all.Go(func() {
		// Who is erased first takes the card with them.
		if d := d.press("Reject"); !d.Has("You rejected it.") && !d.Has(string(wordsNotApprover)) {
			t.Errorf("Reject is answered\n%s", d.Text())
		}
	})
	all.Go(func() {
		_, err := w.store.Erase(t.Context(), p)
		must(t, err)
	})
	all.Wait()
	w.settle()
}

// Whoever asked for somebody else is not asked to decide on it.
func TestMyApprovalsLeaveOutWhatIsOnesOwn(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		for i := range world.Flows {
			world.Flows[i].SelfApproval = true
		}
	})
	omar := w.person("Omar")
	omar.connects()
	w.waiting("Dana")
	w.answers(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Path != "/api/client/v1/access-requests" {
			return false
		}
		rec := httptest.NewRecorder()
		w.apono.ServeHTTP(rec, r)
		var body map[string]any
		must(t, json.Unmarshal(rec.Body.Bytes(), &body))
		for _, one := range body["data"].([]any) {
			one.(map[string]any)["requestor"] = map[string]any{"id": omar.aponoID()}
		}
		must(t, json.NewEncoder(rw).Encode(body))
		return true
	})
	omar.says("approvals")
	omar.presses("My approvals").shows("Nothing waits for your decision.")
}

// However many wait for others, those that a channel watches for come to it.
func TestWhatIsWatchedIsFoundAmongMany(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.Flows[0].Approvers = [][]string{{"ava@acme.example"}} })
	w.leaveSweeps()
	w.crowd(db.PendingAtOnce+100, "AWS production", aponoapi.Pending)
	w.submits(w.person("Devin"), "Orders database")
	w.sql(`UPDATE requests SET created_at = now() + interval '1 hour' WHERE submission_id IN (
		SELECT id FROM submissions WHERE asked -> 'integration' ->> 'name' = 'Orders database')`)
	c := w.watching("Access approvals", "watch integration Orders database")
	if m := w.review(c); !m.Has("Devin Developer") || !slices.ContainsFunc(c.Messages(), func(m teamstest.Message) bool {
		return m.Card != nil && m.Has("1 open request matches now")
	}) {
		t.Errorf("the channel sees\n%v", c.Messages())
	}
}
