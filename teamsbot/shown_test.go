package teamsbot

import (
	"testing"
	"time"
)

// A request that two watches are for is shown once, and so is one that waited
// before a channel began to watch, however often that is said.
func TestEachRequestIsShownOnce(t *testing.T) {
	w := newWorld(t)
	w.waiting("Dana")
	c := w.watching("Access approvals", "watch all", "watch integration AWS production", "watch dana@acme.example", "watch bundle On-call")
	if m := w.review(c); !m.Has("Dana Developer asks for access") {
		t.Errorf("the channel sees\n%s", m.Visible())
	}
	w.waiting("Devin")
	adam := w.person("Adam")
	adam.asked(c, "unwatch all", "No requests are shown here any more")
	adam.asked(c, "watch all", "2 open requests match now.")
	w.settle()
	if all := reviews(c); len(all) != 2 || !all[1].Has("Devin Developer asks for access") {
		t.Errorf("the channel sees %d cards", len(all))
	}
}

// Cards that stand in a channel follow what becomes of the request, also when
// nothing more is shown there.
func TestNothingMoreIsShownAfterUnwatch(t *testing.T) {
	w := newWorld(t)
	c, other := w.watching("Access approvals", "watch all"), w.watching("Security", "watch all")
	adam := w.person("Adam")
	w.waiting("Dana")
	adam.asked(c, "unwatch", "Cards that stand here stay.")
	_, err := w.teams.ChannelNamed("Security").Uninstalls(t.Context(), adam.Person)
	must(t, err)
	w.waiting("Devin")
	w.submits(w.person("Omar"), "AWS production")
	w.settle()
	if n := len(reviews(other)); n != 1 {
		t.Errorf("the channel that the bot was taken from has %d cards", n)
	}
	must(t, w.apono.Approve(w.requests()[0].FriendlyID, "ava@acme.example", "Seen it"))
	w.pass(time.Minute)
	if m := w.review(c); !m.Has("Dana Developer", "Approved", "Ava Approver") {
		t.Errorf("the channel sees\n%s", m.Visible())
	}

	// Added again, the bot shows what an admin wants it to, from then on.
	c = w.channelNamed("Security")
	w.waiting("Ava")
	if n := len(reviews(c)); n != 1 {
		t.Errorf("the channel that the bot was added to again has %d cards", n)
	}
	adam.asked(c, "watch all", "3 open requests match now.")
	w.settle()
	if n := len(reviews(c)); n != 4 { // Dana's stands there
		t.Errorf("the channel has %d cards, want Dana's, Devin's, Omar's and Ava's", n)
	}
}

// What a channel with a guest is shown waits for the confirmation.
func TestNothingIsShownToGuestsUnconfirmed(t *testing.T) {
	w := newWorld(t)
	c, adam := w.channelNamed("Partner project"), w.person("Adam")
	w.waiting("Dana")
	ask := adam.asked(c, "watch all", "Watch anyway…")
	w.waiting("Devin")
	if n := len(reviews(c)); n != 0 {
		t.Errorf("%d cards were shown before anybody confirmed it", n)
	}
	adam.pressesOn(ask, "Watch anyway…").press("Watch anyway")
	w.settle()
	if n := len(reviews(c)); n != 2 {
		t.Errorf("%d cards are shown, want both that wait", n)
	}
}
