package teamsbot

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// invokeIn sends a press in a channel that no button of ours made.
func (s *someone) invokeIn(chatID, name string, data cards.Data) string {
	s.w.t.Helper()
	a := s.ActivityIn(chatID, "invoke")
	a["name"], a["value"] = name, map[string]any{"data": map[string]any{"apono": data}}
	status, body, err := s.w.teams.Send(s.w.t.Context(), a)
	must(s.w.t, err)
	if status != http.StatusOK {
		s.w.t.Errorf("%s %v: got %d", name, data, status)
	}
	return string(body)
}

// crowd are n people of the company, the last guests of them guests.
func crowd(n, guests int) []teamstest.Person {
	all := make([]teamstest.Person, n)
	for i := range all {
		all[i] = teamstest.Person{
			Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("p%d@acme.example", i), ObjectID: fmt.Sprintf("b0000000-0000-4000-8000-%012d", i),
		}
		if i >= n-guests {
			all[i].Role = "guest"
		}
	}
	return all
}

// audited are the audit's rows, as "action outcome name guests".
func (w *world) audited() (all []string) {
	w.t.Helper()
	must(w.t, w.store.Audited(w.t.Context(), time.Time{}, time.Time{}, func(r db.AuditRow) error {
		all = append(all, strings.TrimSpace(fmt.Sprint(r.Action, " ", r.Outcome, " ", r.Name, " ", r.Detail["guests"])))
		return nil
	}))
	return all
}

func TestWatchWhereGuestsRead(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.channelNamed("Partner project"), w.person("Adam")
	ask := adam.asked(channel, "watch integration AWS production",
		"Guests would read this", "1 guest", "will read who asks for what, and why", "Not shown here yet: requests for AWS production.")
	w.watches()
	d, err := adam.Presses(t.Context(), ask, "Watch anyway…")
	must(t, err)
	form := adam.opened(d).shows("Show requests here?", "Requests for AWS production would be shown", "1 guest", "added later")
	w.watches()
	if closed := form.press("Watch anyway"); !closed.Closed {
		t.Fatalf("the dialog did not close:\n%s%s", closed.Text(), closed.Message)
	}
	w.watches("integration AWS production")
	if told := channel.LastCard(); !told.Has("Requests for AWS production are shown here from now on") || told.Thread != ask.Thread {
		t.Errorf("the channel shows:\n%s", told.Visible())
	}
	before := len(channel.Messages())
	form.press("Watch anyway").shows("shown here already")
	if n := len(channel.Messages()); n != before {
		t.Errorf("pressed twice, the channel has %d messages more", n-before)
	}
	if got, want := strings.Join(w.audited(), ", "), "watch done Adam Admin 1"; got != want {
		t.Errorf("audited %q, want %q", got, want)
	}
	adam.asked(channel, "unwatch", "No requests are shown here any more")
}

// Whoever sees the card can press it, and anybody can forge what it sends.
func TestForgedWatchChangesNothing(t *testing.T) {
	w := newWorld(t)
	partners, approvals, shared := w.channelNamed("Partner project"), w.inChannel(), w.channelNamed("Joint operations")
	adam, dana := w.person("Adam"), w.person("Dana")
	ask := adam.saysIn(partners, "watch all")
	d, err := dana.Presses(t.Context(), ask, "Watch anyway…")
	must(t, err)
	dana.opened(d).shows("Only an admin of this bot can do that. Ask Adam Admin.")

	now := cards.Data{Verb: cards.VerbWatchNow, Watch: "all", Channel: partners.ID}
	for name, row := range map[string]struct {
		who   *someone
		place string
		data  cards.Data
		want  string
	}{
		"no admin":         {dana, partners.ID, now, "Only an admin of this bot"},
		"another channel":  {adam, approvals.ID, now, string(wordsOtherChannel)},
		"one's own chat":   {adam, adam.ChatID(), now, string(wordsOtherChannel)},
		"a chat as place":  {adam, adam.ChatID(), cards.Data{Verb: cards.VerbWatchNow, Watch: "all", Channel: adam.ChatID()}, string(wordsOtherChannel)},
		"no channel":       {adam, partners.ID, cards.Data{Verb: cards.VerbWatchNow, Watch: "all"}, string(wordsOtherChannel)},
		"a shared channel": {adam, shared.ID, cards.Data{Verb: cards.VerbWatchNow, Watch: "all", Channel: shared.ID}, "This channel is shared"},
		"nothing":          {adam, partners.ID, cards.Data{Verb: cards.VerbWatchNow, Channel: partners.ID}, string(wordsWatchGone)},
		"no integration":   {adam, partners.ID, cards.Data{Verb: cards.VerbWatchNow, Watch: "integration ../\x00", Channel: partners.ID}, string(wordsWatchGone)},
		"SQL":              {adam, partners.ID, cards.Data{Verb: cards.VerbWatchNow, Watch: "bundle '; --", Channel: partners.ID}, string(wordsWatchGone)},
		"very much":        {adam, partners.ID, cards.Data{Verb: cards.VerbWatchNow, Watch: strings.Repeat("x", 50_000), Channel: partners.ID}, string(wordsWatchGone)},
	} {
		for _, invoke := range []string{"task/fetch", "task/submit"} {
			for _, verb := range []cards.Verb{cards.VerbWatchNow, cards.VerbWatch} {
				row.data.Verb = verb
				if body := row.who.invokeIn(row.place, invoke, row.data); !strings.Contains(body, row.want) {
					t.Errorf("%s, %s of %s: got %s", name, invoke, verb, body)
				}
			}
		}
	}
	w.watches()
}

func TestWatchInASharedChannel(t *testing.T) {
	w := newWorld(t)
	shared, adam := w.channelNamed("Joint operations"), w.person("Adam")
	if m := adam.asked(shared, "watch all", "This channel is shared"); len(m.Buttons()) != 0 {
		t.Errorf("there are buttons: %v", m.Buttons())
	}
	// Where Teams does not tell the type, the strangers in it do.
	adam.writesIn(shared, "watch all", "")
	if m := shared.LastCard(); !m.Has("This channel is shared") {
		t.Errorf("the channel shows:\n%s", m.Visible())
	}
	w.watches()
}

// writesIn writes in a channel of which Teams tells another type, or none.
func (s *someone) writesIn(c *teamstest.Channel, text, channelType string) {
	s.w.t.Helper()
	a := s.ActivityIn(c.ID, "message")
	a["text"] = text
	channel := a["channelData"].(map[string]any)["channel"].(map[string]any)
	if channel["type"] = channelType; channelType == "" {
		delete(channel, "type")
	}
	status, _, err := s.w.teams.Send(s.w.t.Context(), a)
	must(s.w.t, err)
	if status != http.StatusOK {
		s.w.t.Errorf("got %d", status)
	}
}

func TestWatchWhereTeamsDoesNotTellTheType(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.inChannel(), w.person("Adam")
	for _, kind := range []string{"", "regional"} {
		adam.writesIn(channel, "watch all", kind)
		if m := channel.LastCard(); !m.Has("Who would read this?", "Teams does not tell whether this channel is shared", "Watch anyway…") {
			t.Errorf("of type %q, the channel shows:\n%s", kind, m.Visible())
		}
		w.watches()
	}
	adam.writesIn(channel, "watch all", "private")
	w.watches("all ")
}

func TestWatchInAPrivateChannel(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.channelNamed("Security"), w.person("Adam")
	adam.asked(channel, "watch all", "All requests are shown here")
	w.watches("all ")
}

// Guests are found on any page. Of more people than can be read while somebody
// waits, it is said that there are more.
func TestWatchInALargeTeam(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.inChannel(), w.person("Adam")
	channel.Joined(crowd(1100, 3)...)
	adam.asked(channel, "watch all", "**3 guests** are members here")
	w.watches()

	private := w.channelNamed("Security")
	private.Joined(crowd(5000, 0)...)
	if m := adam.saysIn(private, "watch all"); !m.Has("All requests are shown here from now on") && !m.Has("no guests, but there are more members") {
		t.Errorf("among 5,000 people:\n%s", m.Visible())
	}
}

// What is not known of a roster is said.
func TestWatchWhereTheRosterIsNotTold(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.inChannel(), w.person("Adam")
	asWell := teamstest.Fault{Op: teamstest.OpMembers, Times: 1} // one page is told
	for name, row := range map[string]struct {
		faults []teamstest.Fault
		want   string
	}{
		"never":       {[]teamstest.Fault{{Delay: 3 * time.Second}}, "Teams does not tell just now who is here"},
		"not now":     {[]teamstest.Fault{{Status: http.StatusTooManyRequests, RetryAfter: time.Minute}}, "Teams does not tell just now who is here"},
		"not at all":  {[]teamstest.Fault{{Status: http.StatusInternalServerError}}, "Teams does not tell just now who is here"},
		"not further": {[]teamstest.Fault{asWell, {Status: http.StatusInternalServerError}}, "Among the first 500 members there are no guests, but there are more"},
	} {
		if name == "not further" {
			channel.Joined(crowd(1000, 0)...)
		}
		for _, f := range row.faults {
			f.Op = teamstest.OpMembers
			w.teams.Fail(f)
		}
		w.hurries(func() { adam.asked(channel, "watch all", "Who would read this?", row.want, "Watch anyway…") })
		w.teams.ClearFaults()
	}
	w.watches()
}

func TestWatchWhereTheBotCannotPost(t *testing.T) {
	w := newWorld(t)
	channel, partners, adam := w.inChannel(), w.channelNamed("Partner project"), w.person("Adam")
	ask := adam.saysIn(partners, "watch all")
	d, err := adam.Presses(t.Context(), ask, "Watch anyway…")
	must(t, err)
	form := adam.opened(d)
	for _, code := range []string{"BotNotInConversationRoster", "NotEnoughPermissions", "MessageWritesBlocked", "AnotherCode"} {
		for _, c := range []*teamstest.Channel{channel, partners} {
			w.teams.Fail(teamstest.Fault{Op: teamstest.OpSend, Conversation: c.ID, Status: http.StatusForbidden, Code: code})
		}
		answer, err := adam.SaysIn(t.Context(), channel.ID, "watch all")
		must(t, err)
		if answer.Notice != "" || len(answer.Messages) != 0 {
			t.Errorf("%s: the channel shows %v %s", code, answer.Messages, answer.Notice)
		}
		adam.sees("I cannot write in that channel, so no requests are shown there.")
		form.press("Watch anyway").shows("I cannot write in that channel")
		w.watches()
		w.teams.ClearFaults()
		adam.asked(channel, "watch", "No requests are shown in this channel")
	}
}

// An answer that Teams does not take at first tells later how things stand, and
// does nothing once more.
func TestWatchThatIsAnsweredLate(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.inChannel(), w.person("Adam")
	for _, step := range []struct {
		written, told string
		watched       []string
	}{
		{"watch all", "Shown in this channel", []string{"all "}},
		{"unwatch bundle none", "Shown in this channel", []string{"all "}},
		{"unwatch", "No requests are shown in this channel", nil},
	} {
		w.teams.Fail(teamstest.Fault{Op: teamstest.OpSend, Conversation: channel.ID, Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second, Times: 1})
		_, err := adam.SaysIn(t.Context(), channel.ID, step.written)
		must(t, err)
		w.settle()
		if m := channel.LastCard(); !m.Has(step.told) {
			t.Errorf("%q is answered late:\n%s", step.written, m.Visible())
		}
		w.watches(step.watched...)
	}
}

func TestWatchesEndWithTheBot(t *testing.T) {
	w := newWorld(t)
	channel, private, partners := w.inChannel(), w.channelNamed("Security"), w.channelNamed("Partner project")
	adam := w.person("Adam")
	everywhere := func() {
		t.Helper()
		for _, c := range []*teamstest.Channel{channel, private} {
			_, err := c.Installs(t.Context(), adam.Person)
			must(t, err)
			adam.saysIn(c, "watch all")
		}
		w.watches("all ", "all ")
	}
	everywhere()
	_, err := private.Uninstalls(t.Context(), adam.Person)
	must(t, err)
	w.watches("all ")
	everywhere()
	_, err = channel.Uninstalls(t.Context(), adam.Person) // with its team, in which the private one is
	must(t, err)
	w.watches()
	everywhere()
	_, err = partners.Uninstalls(t.Context(), adam.Person) // another team
	must(t, err)
	w.watches("all ", "all ")

	// Of an event that comes late, what was begun since is not touched. Nor is
	// anything by one that is about somebody else, or of a tenant that is none of ours.
	for name, change := range map[string]func(a map[string]any){
		"late":    func(a map[string]any) { a["timestamp"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339Nano) },
		"other":   func(a map[string]any) { a["membersRemoved"] = []any{map[string]any{"id": "29:somebody"}} },
		"foreign": func(a map[string]any) { tenantOf(a, "11111111-2222-4333-8444-555555555555") },
	} {
		a := adam.ActivityIn(channel.ID, "conversationUpdate")
		a["membersRemoved"] = []any{map[string]any{"id": "28:" + w.teams.AppID()}}
		change(a)
		_, _, err := w.teams.Send(t.Context(), a)
		must(t, err)
		if got := w.watched(); len(got) != 2 {
			t.Errorf("%s: watched are %q", name, got)
		}
	}
	_, err = channel.Deleted(t.Context(), adam.Person)
	must(t, err)
	w.watches("all ")

	// Nobody need be named as who removed it.
	a := adam.ActivityIn(private.ID, "installationUpdate")
	a["action"] = "remove"
	delete(a["from"].(map[string]any), "aadObjectId")
	status, _, err := w.teams.Send(t.Context(), a)
	must(t, err)
	if w.watches(); status != http.StatusOK {
		t.Errorf("got %d", status)
	}
}

func tenantOf(a map[string]any, tenant string) {
	a["channelData"].(map[string]any)["tenant"] = map[string]any{"id": tenant}
	a["conversation"].(map[string]any)["tenantId"] = tenant
}
