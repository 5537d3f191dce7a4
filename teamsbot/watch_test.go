package teamsbot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// channelNamed is a channel with the bot in it.
func (w *world) channelNamed(name string) *teamstest.Channel {
	w.t.Helper()
	c := w.teams.ChannelNamed(name)
	_, err := c.Installs(w.t.Context(), w.teams.Person("Adam"))
	must(w.t, err)
	return c
}

// asked wants the bot to answer something in a channel with these texts.
func (s *someone) asked(c *teamstest.Channel, written string, texts ...string) teamstest.Message {
	s.w.t.Helper()
	m := s.saysIn(c, written)
	if !m.Has(texts...) {
		s.w.t.Errorf("%q is answered without %q:\n%s", written, texts, m.Visible())
	}
	return m
}

// watched are what channels watch, as "Name: of id".
func (w *world) watched() (all []string) {
	w.t.Helper()
	watches, err := w.store.Watches(w.t.Context())
	must(w.t, err)
	for _, one := range watches {
		all = append(all, string(one.Of)+" "+one.Name)
	}
	slices.Sort(all)
	return all
}

func (w *world) watches(want ...string) {
	w.t.Helper()
	slices.Sort(want)
	if got := w.watched(); !slices.Equal(got, want) {
		w.t.Errorf("watched are %q, want %q", got, want)
	}
}

func TestAChannelWatches(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.inChannel(), w.person("Adam")
	w.submits(w.person("Dana"), "AWS production")
	w.settle()

	adam.asked(channel, "watch", "No requests are shown in this channel", "**watch all**", "**watch integration**", "**watch bundle**", "requester@example.com")
	w.watches()
	adam.asked(channel, "watch integration aws PRODUCTION",
		"Requests for AWS production are shown here from now on: who asks for what, and why.", "1 open request matches now.")
	adam.asked(channel, `Watch Bundle "on-call"`, "Requests for the bundle On-call are shown here from now on", "No open request matches now.")
	adam.asked(channel, "watch Dana@acme.example", "Requests of dana@acme.example are shown here", "1 open request matches")
	adam.asked(channel, "watch ALL", "All requests are shown here from now on", "1 open request matches now.")
	adam.asked(channel, "watch integration AWS production", "Requests for AWS production are shown here already", "1 open request matches now.")
	adam.asked(channel, "watch", "Shown in this channel", "All requests", "Requests for AWS production", "Requests for the bundle On-call", "Requests of dana@acme.example", "unwatch")
	w.watches("all ", "integration AWS production", "bundle On-call", "requester dana@acme.example")

	adam.asked(channel, "unwatch integration aws production", "Not shown here any more: requests for AWS production.", "**watch** tells")
	adam.asked(channel, "unwatch dana@ACME.example", "Not shown here any more: requests of dana@acme.example.")
	adam.asked(channel, "unwatch bundle nothing", "Requests for the bundle nothing are not shown here.", "Did you mean", "On-call")
	w.watches("all ", "bundle On-call")
	adam.asked(channel, "unwatch", "No requests are shown here any more")
	adam.asked(channel, "unwatch", "No requests are shown in this channel.")
	w.watches()
}

func TestWatchRemembersWhereAndWhen(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.inChannel(), w.person("Adam")
	_, err := adam.SaysIn(t.Context(), channel.ID+";messageid="+adam.saysIn(channel, "help").Thread, "watch all")
	must(t, err)
	watches, err := w.store.Watches(t.Context())
	must(t, err)
	if len(watches) != 1 || watches[0].ConversationID != channel.ID || watches[0].TimeZone != adam.TimeZone ||
		watches[0].TeamID != channel.TeamID || time.Since(watches[0].Since) > time.Hour {
		t.Errorf("watched are %+v", watches)
	}
	var audited []string
	must(t, w.store.Audited(t.Context(), time.Time{}, time.Time{}, func(r db.AuditRow) error {
		audited = append(audited, fmt.Sprint(r.Action, " ", r.Outcome, " ", r.Name, " ", r.Detail["of"], " ", r.Detail["conversation"]))
		return nil
	}))
	if want := []string{"watch done Adam Admin all " + channel.ID}; !slices.Equal(audited, want) {
		t.Errorf("audited %q, want %q", audited, want)
	}
}

func TestOnlyAdminsSayWhatAChannelIsShown(t *testing.T) {
	w := newWorld(t)
	channel, dana := w.inChannel(), w.person("Dana")
	for _, written := range []string{"watch", "watch all", "unwatch", "watch integration AWS production"} {
		if hint := dana.asked(channel, written, "I answered in your own chat"); hint.Has("admin") {
			t.Errorf("everybody reads:\n%s", hint.Visible())
		}
		dana.sees("Only an admin of this bot can do that. Ask Adam Admin.")
	}
	w.watches()
	n := 0
	must(t, w.store.Audited(t.Context(), time.Time{}, time.Time{}, func(r db.AuditRow) error {
		if n++; r.Outcome != "refused" || r.Name != dana.Name {
			t.Errorf("audited %+v", r)
		}
		return nil
	}))
	if n != 4 {
		t.Errorf("%d refusals are audited, want 4", n)
	}
}

func TestWatchIsForChannels(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"Adam", "Dana"} {
		p := w.person(name)
		for _, written := range []string{"watch", "watch all", "unwatch", "unwatch all"} {
			p.says(written)
			p.sees("Requests are shown in channels of a team.")
		}
	}
	adam := w.stranger("Adam")
	group := adam.ActivityIn(teamstest.Elsewhere, "message")
	group["text"] = "watch all"
	status, _, err := w.teams.Send(t.Context(), group)
	must(t, err)
	if status != http.StatusOK {
		t.Errorf("in a group chat: %d", status)
	}
	w.watches()
}

func TestAdminByAddress(t *testing.T) {
	w := newWorld(t)
	w.bot.Admins = []string{"ava@acme.example", "gus@partner.example", "fay@partner.example"}
	channel := w.inChannel()
	w.person("Adam").asked(channel, "watch all", "I answered in your own chat")
	w.stranger("Ava").asked(channel, "watch all", "All requests are shown here")

	// Whoever gets the address later is no admin; who had it first still is one.
	later := w.person("Omar")
	must(t, w.store.RememberMember(t.Context(), db.Person{
		PersonKey: w.keyOf(later), Email: "AVA@acme.example", Role: "user", HomeTenantID: w.teams.TenantID(), ReadAt: w.bot.Now(),
	}))
	later.asked(channel, "unwatch", "I answered in your own chat")
	ava := w.stranger("Ava")
	must(t, w.store.RememberMember(t.Context(), db.Person{
		PersonKey: w.keyOf(ava), Email: "married@acme.example", Role: "user", HomeTenantID: w.teams.TenantID(), ReadAt: w.bot.Now(),
	}))
	ava.asked(channel, "unwatch", "No requests are shown here any more")

	// Guests and strangers are none, whatever their address.
	w.person("Gus").asked(w.channelNamed("Partner project"), "watch all", "I answered in your own chat")
	w.stranger("Fay").asked(w.channelNamed("Joint operations"), "watch all", "I answered in your own chat")
	w.watches()
}

// What the activity says of somebody's address counts for nothing.
func TestAnActivityMakesNobodyAnAdmin(t *testing.T) {
	w := newWorld(t)
	w.bot.Admins = []string{"adam@acme.example"}
	channel, dana := w.inChannel(), w.person("Dana")
	a := dana.ActivityIn(channel.ID, "message")
	a["text"] = "watch all"
	from := a["from"].(map[string]any)
	from["name"], from["email"], from["userPrincipalName"] = "adam@acme.example", "adam@acme.example", "adam@acme.example"
	status, _, err := w.teams.Send(t.Context(), a)
	must(t, err)
	if status != http.StatusOK {
		t.Errorf("got %d", status)
	}
	w.watches()
}

func TestAdminWhoCannotBeLookedUp(t *testing.T) {
	w := newWorld(t)
	w.bot.Admins = []string{"adam@acme.example"}
	channel := w.inChannel()
	w.teams.Fail(teamstest.Fault{Op: teamstest.OpMember, Status: http.StatusInternalServerError, Times: 1})
	w.stranger("Adam").asked(channel, "watch all", "I could not find out just now")
	w.watches()
	w.stranger("Adam").asked(channel, "watch all", "All requests are shown here")
}

func TestWatchOfWhatIsNotThere(t *testing.T) {
	w := newWorld(t, func(company *aponotest.World) {
		company.Integrations = append(company.Integrations, twin("Twin"), twin("tw\u202ein"))
	})
	channel, adam := w.inChannel(), w.person("Adam")
	adam.asked(channel, "watch integration production", "Apono has no integration called “production”", "Did you mean", "AWS production")
	adam.asked(channel, "watch integration AWS prodigy", "Apono has no integration called", "AWS production")
	adam.asked(channel, "watch integration Ordr databas", "Orders database")
	if m := adam.asked(channel, "watch integration zzz", "Apono has no integration called “zzz”"); m.Has("Did you mean") {
		t.Errorf("suggests:\n%s", m.Visible())
	}
	adam.asked(channel, "watch bundle Reportin", "Apono has no bundle called “Reportin”", "Reporting")
	adam.asked(channel, "watch nobody@acme.example", "Apono has no account for nobody@acme.example")
	for _, nonsense := range []string{"watch me", "watch integration", "watch bundle", "watch all of it", "watch a@b@c", "watch " + strings.Repeat("x", 2000)} {
		adam.asked(channel, nonsense, "I did not understand what is to be shown here", "watch all")
	}
	two := adam.asked(channel, "watch integration TWIN", "Apono has several called “TWIN”", "as in **watch integration** *id*")
	w.watches()
	integrations, err := w.bot.catalog.allIntegrations(t.Context())
	must(t, err)
	found := integrations.named("twin")
	if len(found) != 2 || !two.Has(found[0].ID, found[1].ID) {
		t.Fatalf("the twins are %+v, told:\n%s", found, two.Visible())
	}
	adam.asked(channel, "watch integration "+found[1].ID, "are shown here from now on")
	watches, err := w.store.Watches(t.Context())
	must(t, err)
	if len(watches) != 1 || watches[0].ID != found[1].ID {
		t.Errorf("watched are %+v, want the second twin", watches)
	}
	adam.asked(channel, "unwatch integration "+found[1].ID, "No requests are shown here any more")
}

// twin is an integration of a name that another one has.
func twin(name string) aponotest.Integration {
	return aponotest.NewIntegration(name, "postgresql", aponotest.ResourceType{
		ID: "postgresql-database", Name: "Database", Permissions: []string{"read-only"}, Resources: aponotest.Resources("one"),
	})
}

func TestWatchWhenAponoDoesNotTell(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.inChannel(), w.person("Adam")
	w.apono.Fault(aponotest.Fault{Path: "/api/v2/integrations", Status: http.StatusServiceUnavailable})
	adam.asked(channel, "watch integration AWS production", "Apono cannot be reached just now")
	w.apono.ClearFaults()
	w.apono.Fault(aponotest.Fault{Path: "/api/v2/integrations", Latency: 3 * time.Second})
	w.hurries(func() {
		adam.asked(channel, "watch integration AWS production", "Apono has not told yet what there is")
	})
	w.apono.ClearFaults()
	w.apono.Fault(aponotest.Fault{Path: "/api/admin/v2/bundles", Status: http.StatusForbidden})
	adam.asked(channel, "watch bundle On-call", "Apono does not tell this bot which bundles there are")
	w.watches()
	adam.asked(channel, "watch all", "All requests are shown here from now on")
}

// Names come from outside, and there may be thousands of them.
func TestWatchOfHostileNames(t *testing.T) {
	link, shout := "[Approve](https://evil.test) **now**", "<at>everybody</at> & _you_"
	w := newWorld(t, func(company *aponotest.World) {
		company.Integrations = append(company.Integrations, twin(link), twin(shout), twin("turned\u202eround"))
		for i := range 5000 {
			company.Integrations = append(company.Integrations, twin(fmt.Sprintf("crowd %04d %s", i, strings.Repeat("w", 300))))
		}
	})
	channel, adam := w.inChannel(), w.person("Adam")
	_, err := w.bot.catalog.allIntegrations(t.Context()) // takes its time
	must(t, err)
	adam.asked(channel, "watch integration "+link, "Requests for "+link+" are shown here")
	adam.asked(channel, "watch integration turnedround", "are shown here from now on")
	if m := adam.asked(channel, "watch integration crowd", "Did you mean"); strings.Count(m.Visible(), "crowd 0") != suggested {
		t.Errorf("suggests:\n%s", m.Visible())
	}
	for _, m := range []teamstest.Message{
		adam.asked(channel, "watch", link), adam.asked(channel, "watch integration [x](https://evil.test)", "Apono has no integration called “[x](https://evil.test)”"),
	} {
		for _, block := range []string{`"type":"TextBlock","text":"[`, "](https://evil.test) **now**\",\"wrap\""} {
			if strings.Contains(string(m.Card), block) {
				t.Errorf("the name is drawn as Markdown:\n%s", m.Card)
			}
		}
	}
	// A mention of somebody else is no mention by the time that it is a name.
	a := adam.ActivityIn(channel.ID, "message")
	a["text"] = "<at>Apono</at> watch integration &lt;at&gt;everybody&lt;/at&gt; &amp; _you_"
	a["entities"] = []any{map[string]any{"type": "mention", "text": "<at>Apono</at>", "mentioned": map[string]any{"id": "28:" + w.teams.AppID()}}}
	_, _, err = w.teams.Send(t.Context(), a)
	must(t, err)
	if got := w.watched(); !slices.Contains(got, "integration "+shout) {
		t.Errorf("watched are %q", got)
	}
}

func TestAChannelWatchesSoMuch(t *testing.T) {
	w := newWorld(t)
	channel, adam := w.inChannel(), w.person("Adam")
	adam.saysIn(channel, "help")
	for i := range watchesHere {
		must(t, w.store.Watch(t.Context(), db.Watch{
			ConversationID: channel.ID, Of: db.WatchIntegration, ID: fmt.Sprint(i), Name: strings.Repeat("\U0001f511", 200), Since: w.bot.Now(),
		}, w.keyOf(adam)))
	}
	adam.asked(channel, "watch all", fmt.Sprintf("This channel watches %d things already", watchesHere))
	adam.asked(channel, "watch", "Shown in this channel")
	adam.asked(channel, "unwatch all", "No requests are shown here any more")
	adam.asked(channel, "watch all", "All requests are shown here")
}

func TestHelpTellsAdminsWhatTheyCanDoThere(t *testing.T) {
	w := newWorld(t)
	channel, adam, dana := w.inChannel(), w.person("Adam"), w.person("Dana")
	adam.asked(channel, "help", "For admins, in this channel", "**watch integration**", "**unwatch**")
	if m := dana.asked(channel, "help", "What you can do here"); m.Has("For admins") {
		t.Errorf("Dana is told:\n%s", m.Visible())
	}
	for _, who := range []*someone{adam, dana} {
		who.says("help")
		if m := who.LastCard(); m.Has("**status**", "**who**") != (who == adam) || m.Has("**watch**") {
			t.Errorf("%s is told in their own chat:\n%s", who.Name, m.Visible())
		}
	}
}
