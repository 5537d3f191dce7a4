package teamsbot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// watching is a channel in which an admin has said what is shown there.
func (w *world) watching(name string, what ...string) *teamstest.Channel {
	w.t.Helper()
	adam := w.person("Adam")
	w.teams.ChannelNamed(name).Joined(*adam.Person)
	c := w.channelNamed(name)
	for _, one := range what {
		adam.asked(c, one, "shown here from now on")
	}
	w.settle()
	return c
}

// reviews are the cards for approvers in a channel, the oldest first.
func reviews(c *teamstest.Channel) []teamstest.Message {
	return slices.DeleteFunc(c.Messages(), func(m teamstest.Message) bool {
		return m.Card == nil || m.Thread != m.ID || !m.Has("asks for access", "Request ID")
	})
}

// review is the only card for approvers in a channel.
func (w *world) review(c *teamstest.Channel) teamstest.Message {
	w.t.Helper()
	all := reviews(c)
	if len(all) != 1 {
		w.t.Fatalf("%s has %d cards to decide on, want one:\n%v", c.Name, len(all), c.Messages())
	}
	return all[0]
}

// Every copy of the card, wherever it stands, follows what one approver says.
func TestDecideInAChannel(t *testing.T) {
	w := newWorld(t)
	general, private := w.watching("Access approvals", "watch all"), w.watching("Security", "watch integration AWS production", "watch dana@acme.example")
	omar, ava := w.approver("Omar"), w.person("Ava")
	ava.connects()
	dana := w.waiting("Dana")
	w.tellsApprovers()
	for _, c := range []*teamstest.Channel{general, private} {
		if m := w.review(c); !m.Has("Approval needed", "Dana Developer", "INC-7", "Omar Approver, Ava Approver") {
			t.Errorf("%s sees\n%s", c.Name, m.Visible())
		}
	}
	ava.pressesOn(w.review(general), "Approve").shows("Approve this request?").fill("reason", "Fine").press("Approve").shows("You approved it.")
	w.settle()
	for _, m := range []teamstest.Message{w.review(general), w.review(private), omar.reviewed()} {
		if !m.Has("Approved", "Ava Approver", "Fine", "Decided") || len(m.Buttons()) != 0 {
			t.Errorf("a copy is\n%s", m.Visible())
		}
	}
	w.pass(time.Minute)
	dana.sees("Access granted", "Ava Approver", "Fine")
	if !w.review(general).Has("The access is there.") {
		t.Errorf("the channel sees\n%s", w.review(general).Visible())
	}
}

// What somebody asks for in the portal whom the bot has never met comes to the
// channel as well, with the names that Apono tells.
func TestARequestOfAStrangerComesToTheChannel(t *testing.T) {
	w := newWorld(t)
	w.waiting("Omar") // before the channel watches
	devin := w.stranger("Devin")
	w.inPortal(devin, "AWS production", "From the portal")
	c := w.watching("Access approvals", "watch all")
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settle()
	all := reviews(c)
	if len(all) != 2 || !all[0].Has("Omar Approver asks for access") || !all[1].Has("Devin Developer asks for access", "AWS production", "From the portal") {
		t.Fatalf("the channel sees %d cards:\n%v", len(all), c.Messages())
	}
	ava := w.person("Ava")
	ava.connects()
	ava.pressesOn(all[1], "View resources").shows("AWS production")
	ava.pressesOn(all[1], "Reject").shows("Devin Developer").press("Reject").shows("You rejected it.")
	w.settle()
	if m := reviews(c)[1]; !m.Has("Rejected", "Ava Approver") {
		t.Errorf("the channel sees\n%s", m.Visible())
	}
	// When he comes he finds it among his own.
	devin = w.person("Devin")
	devin.says("my requests")
	devin.presses("My requests").shows("Rejected", "AWS production")
}

// A decision in the portal shows in the channel, too.
func TestDecidedInThePortal(t *testing.T) {
	w := newWorld(t)
	c := w.watching("Access approvals", "watch all")
	w.waiting("Dana")
	must(t, w.apono.Approve(w.requests()[0].FriendlyID, "ava@acme.example", "Seen it"))
	w.pass(time.Minute)
	if m := w.review(c); !m.Has("Approved", "Ava Approver", "Seen it") || len(m.Buttons()) != 0 {
		t.Errorf("the channel sees\n%s", m.Visible())
	}
}

func TestWhatIsNotWatchedStaysOut(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.Flows[0].Approvers = [][]string{{"ava@acme.example"}} })
	c := w.watching("Access approvals", "watch integration AWS production")
	dana := w.person("Dana")
	w.submits(dana, "Orders database")
	w.settle()
	if all := reviews(c); len(all) != 0 {
		t.Errorf("the channel sees %d cards", len(all))
	}
	w.waiting("Devin")
	if m := w.review(c); !m.Has("Devin Developer") {
		t.Errorf("the channel sees\n%s", m.Visible())
	}
}

// The channel is reminded once, in the thread of the card.
func TestTheThreadIsReminded(t *testing.T) {
	w := newWorld(t)
	c := w.watching("Access approvals", "watch all")
	w.waiting("Dana")
	card := w.review(c)
	for _, d := range []time.Duration{31 * time.Minute, 40 * time.Minute, 40 * time.Minute} {
		w.apono.Advance(d) // the card is drawn anew after 62 minutes, and next after 142
		must(t, w.bot.remindApprovers(t.Context()))
		w.settle()
	}
	var reminders []teamstest.Message
	for _, m := range c.Messages() {
		if m.Card != nil && m.Has("Still waiting for a decision") {
			reminders = append(reminders, m)
		}
	}
	if len(reminders) != 1 || reminders[0].Thread != card.ID {
		t.Fatalf("reminded %d times: %+v", len(reminders), reminders)
	}
	if m := w.review(c); !m.Has("waiting for 1 hour 11 minutes") {
		t.Errorf("the card tells\n%s", m.Visible())
	}
	omar := w.person("Omar")
	omar.connects()
	omar.pressesOn(reminders[0], "Approve").press("Approve").shows("You approved it.")
	w.settle()
	m := slices.IndexFunc(c.Messages(), func(m teamstest.Message) bool { return m.ID == reminders[0].ID })
	if now := c.Messages()[m]; !now.Has("Approved") || len(now.Buttons()) != 0 {
		t.Errorf("the reminder is\n%s", now.Visible())
	}
}

// Facts that help to decide, from what the bot remembers and what Apono lists.
func TestFactsThatHelpToDecide(t *testing.T) {
	w := newWorld(t)
	c := w.watching("Access approvals", "watch all")
	dana := w.waiting("Dana")
	must(t, w.apono.Approve(w.requests()[0].FriendlyID, "", ""))
	w.pass(time.Minute)
	if r := w.requests()[0]; r.Status != aponoapi.Granted {
		t.Fatalf("the first is %v", r.Status)
	}
	dana.says("request")
	w.submits(dana, "AWS production")
	second := reviews(c)[1]
	if !second.Has("Has such access now: "+w.requests()[0].FriendlyID, "Last request", "Granted") || second.Has("The first request for this") {
		t.Errorf("the second card tells\n%s", second.Visible())
	}
	if strings.Contains(second.Visible(), "Longer than usual") {
		t.Error("one request makes nothing usual")
	}
}

// Without LINK_KEYS nobody can connect, so that there are no dead buttons.
func TestNoDeadButtons(t *testing.T) {
	w := newWorld(t)
	w.bot.seals = nil
	c := w.watching("Access approvals", "watch all")
	w.waiting("Dana")
	if got, want := w.review(c).Buttons(), []string{"View resources", "Open in Apono"}; !slices.Equal(got, want) {
		t.Errorf("the buttons are %v, want %v", got, want)
	}
}
