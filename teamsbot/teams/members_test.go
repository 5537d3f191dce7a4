package teams

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// page answers people of a roster, and where the next begin.
func page(next string, ids ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		members := []any{}
		for _, id := range ids {
			members = append(members, map[string]any{"id": id, "aadObjectId": "object-" + id, "tenantId": testTenant, "userRole": "guest"})
		}
		answer := map[string]any{"members": members, "query": r.URL.RawQuery}
		if next != "" {
			answer["continuationToken"] = next
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

func TestMembersAreReadPageByPage(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	var queries []string
	keep := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			queries = append(queries, r.URL.RawQuery)
			h(w, r)
		}
	}
	m.answer(keep(page("a&b=c", "29:1", "29:2")), keep(page("last", "29:3")), keep(page("")))
	var got []string
	in := Conversation{ServiceURL: m.serviceURL(), ID: "19:chan@thread.tacv2", Thread: "169"}
	for p, err := range m.client(t).Members(t.Context(), in) {
		if err != nil {
			t.Fatal(err)
		}
		if p.TenantID != testTenant || !p.Guest() {
			t.Errorf("read %+v", p)
		}
		got = append(got, p.ID+" "+p.ObjectID)
	}
	if diff := cmp.Diff([]string{"29:1 object-29:1", "29:2 object-29:2", "29:3 object-29:3"}, got); diff != "" {
		t.Error(diff)
	}
	want := []string{"pageSize=500", "continuationToken=a%26b%3Dc&pageSize=500", "continuationToken=last&pageSize=500"}
	if diff := cmp.Diff(want, queries); diff != "" {
		t.Error(diff)
	}
	for _, c := range m.seen() {
		if c.Path != "/v3/conversations/19:chan@thread.tacv2/pagedmembers" {
			t.Errorf("asked %s for the roster", c.Path)
		}
	}
}

func TestMembersEnd(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answers []http.HandlerFunc
		want    int // people before the error
		is      error
	}{
		"the same page again": {[]http.HandlerFunc{page("x", "29:1"), page("x", "29:2")}, 1, nil},
		"in a circle":         {[]http.HandlerFunc{page("x", "29:1"), page("y", "29:2"), page("x", "29:3")}, 2, nil},
		"not let in":          {[]http.HandlerFunc{page("x", "29:1"), fails(http.StatusForbidden, "BotNotInConversationRoster")}, 1, ErrNotInstalled},
		"not JSON":            {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMicrosoft(t)
			m.answer(row.answers...)
			n := 0
			var last error
			for _, err := range m.client(t).Members(t.Context(), m.chat()) {
				if last != nil {
					t.Fatal("it goes on after an error")
				}
				if last = err; err == nil {
					n++
				}
			}
			if n != row.want || last == nil || row.is != nil && !errors.Is(last, row.is) {
				t.Errorf("got %d people and %v", n, last)
			}
		})
	}
}

func TestMembersAreReadNoFurtherThanWanted(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	m.answer(page("more", "29:1", "29:2"))
	for p, err := range m.client(t).Members(t.Context(), m.chat()) {
		if err != nil || p.ID != "29:1" {
			t.Errorf("read %+v, %v", p, err)
		}
		break
	}
	if n := len(m.seen()); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

func TestWhereTheBotCannotWriteAnyMore(t *testing.T) {
	t.Parallel()
	const channel, team = "19:c@thread.tacv2", "19:t@thread.tacv2"
	activity := func(kind, id, rest, data string) string {
		return `{"type":"` + kind + `","recipient":{"id":"28:bot"},"conversation":{"id":"` + id + `","conversationType":"channel"}` + rest +
			`,"channelData":{"team":{"id":"` + team + `"},"channel":{"id":"` + channel + `"}` + data + `}}`
	}
	const bot, other = `,"membersRemoved":[{"id":"28:bot"}]`, `,"membersRemoved":[{"id":"29:dana"}]`
	for name, row := range map[string]struct{ body, channel, team string }{
		"taken from the team":       {activity("installationUpdate", channel, `,"action":"remove"`, ""), channel, team},
		"and once more":             {activity("conversationUpdate", team, bot, `,"eventType":"teamMemberRemoved"`), team, team},
		"taken from a channel":      {activity("conversationUpdate", channel, bot, `,"eventType":"channelMemberRemoved"`), channel, ""},
		"from a private channel":    {activity("conversationUpdate", channel+";messageid=7", bot, `,"channel":{"type":"private"}`), channel, ""},
		"a channel was deleted":     {activity("conversationUpdate", team, "", `,"eventType":"channelDeleted"`), channel, ""},
		"a team was deleted":        {activity("conversationUpdate", team, "", `,"eventType":"teamHardDeleted"`), team, team},
		"a person left":             {activity("conversationUpdate", team, other, `,"eventType":"teamMemberRemoved"`), "", ""},
		"the bot was added":         {activity("installationUpdate", channel, `,"action":"add"`, ""), "", ""},
		"an upgrade":                {activity("installationUpdate", channel, `,"action":"remove-upgrade"`, ""), "", ""},
		"a message about a channel": {activity("message", channel, "", `,"eventType":"channelDeleted"`), "", ""},
		"a chat": {
			`{"type":"installationUpdate","action":"remove","conversation":{"id":"a:1","conversationType":"personal"}}`, "", "",
		},
	} {
		a, err := DecodeActivity([]byte(row.body))
		if err != nil {
			t.Fatal(err)
		}
		if channelID, teamID := a.Ends(); channelID != row.channel || teamID != row.team {
			t.Errorf("%s: got %q and %q, want %q and %q", name, channelID, teamID, row.channel, row.team)
		}
	}
}
