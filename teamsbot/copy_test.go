package teamsbot

import (
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// A card whose sending got no answer is sent again. The copy that nobody knows
// of is brought to the truth when somebody presses a button on it.
func TestACopyOfACardIsMended(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.teams.Fail(teamstest.Fault{Op: "send", Conversation: dana.ChatID(), Drop: true, Times: 1})
	form.press("Submit")
	must(t, w.teams.Await(t.Context(), func() bool { return dana.messages("INC-42") == 2 }))
	w.settle()
	stray := dana.shows("INC-42")[0]
	w.pass(time.Minute)
	if m, _ := dana.Message(stray.ID); !m.Has("Pending approval") || m.Has("Granted") {
		t.Fatalf("the copy is known to the bot:\n%s", m.Visible())
	}

	d, err := dana.Presses(t.Context(), stray, "Cancel request")
	must(t, err)
	dana.opened(d).shows("Revoke access") // the truth as it is now
	must(t, w.teams.Await(t.Context(), func() bool {
		m, _ := dana.Message(stray.ID)
		return m.Has("Granted", "Revoke access")
	}))
	edits := w.teams.Calls("update")
	dana.presses("View resources") // on the card that the bot knows
	must(t, w.bot.mendCopy(t.Context(), w.keyOf(w.person("Devin")), 1, teams.Conversation{ID: dana.ChatID(), ServiceURL: w.teams.ServiceURL()}, stray.ID))
	if n := w.teams.Calls("update") - edits; n != 0 {
		t.Errorf("%d messages are drawn that are no copies, or another's", n)
	}
}

// The same in a channel, where the card is nobody's own.
func TestACopyOfAReviewIsMended(t *testing.T) {
	w := newWorld(t)
	c, omar := w.watching("Access approvals", "watch all"), w.person("Omar")
	omar.connects()
	w.teams.Fail(teamstest.Fault{Op: "send", Conversation: c.ID, Drop: true, Times: 1})
	w.waiting("Dana")
	must(t, w.teams.Await(t.Context(), func() bool { return len(reviews(c)) == 2 }))
	w.settle()
	stray := reviews(c)[0]
	must(t, w.apono.Approve(w.requests()[0].FriendlyID, "ava@acme.example", ""))
	w.pass(time.Minute)
	if all := reviews(c); !all[0].Has("Approval needed") || !all[1].Has("Approved") {
		t.Fatalf("the copies are\n%s\n%s", all[0].Visible(), all[1].Visible())
	}
	omar.pressesOn(stray, "Approve").shows("It is approved already")
	must(t, w.teams.Await(t.Context(), func() bool { return reviews(c)[0].Has("Approved", "Ava Approver") }))
}

// shows are the messages in the person's chat that show a text.
func (s *someone) shows(text string) (all []teamstest.Message) {
	for _, m := range s.Chat() {
		if m.Has(text) {
			all = append(all, m)
		}
	}
	return all
}
