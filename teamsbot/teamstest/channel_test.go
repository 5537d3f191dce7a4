package teamstest

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// heard are the events that the bot was told since it had heard n.
func (b *bot) heard(n int) (kinds []string) {
	for _, a := range b.received()[n:] {
		data := a["channelData"].(map[string]any)
		kinds = append(kinds, text(a["type"])+" "+text(a["action"])+text(data["eventType"])+" "+text(data["channel"].(map[string]any)["type"]))
	}
	return kinds
}

func TestTheBotInChannels(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, adam := t.Context(), teams.Person("adam")
	private, shared := teams.ChannelNamed("security"), teams.ChannelNamed("Joint operations")
	writes := func(c *Channel) int {
		status, _, err := b.call(ctx, http.MethodPost, cardMessage(card([]any{says("hello")})), c.ID, "activities")
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	for _, c := range []*Channel{teams.Channel(), private, shared} {
		before := len(b.received())
		if _, err := c.Installs(ctx, adam); err != nil {
			t.Fatal(err)
		}
		want := []string{"conversationUpdate channelMemberAdded " + c.Type}
		if c.Type == Standard {
			want = []string{"installationUpdate add standard", "conversationUpdate teamMemberAdded standard"}
		}
		if got := b.heard(before); !slices.Equal(got, want) {
			t.Errorf("%s: the bot heard %q, want %q", c.Name, got, want)
		}
		if status := writes(c); status != http.StatusCreated {
			t.Errorf("the bot writes in %s: %d", c.Name, status)
		}
	}
	if _, err := private.Uninstalls(ctx, adam); err != nil {
		t.Fatal(err)
	}
	if status := writes(private); status != http.StatusForbidden || writes(shared) != http.StatusCreated {
		t.Errorf("the bot writes in the private channel: %d", status)
	}
	if _, err := teams.Channel().Uninstalls(ctx, adam); err != nil {
		t.Fatal(err)
	}
	if status := writes(shared); status != http.StatusForbidden {
		t.Errorf("the bot writes in a channel of a team that it was taken from: %d", status)
	}
}

func TestAChannelIsDeleted(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, adam, c := t.Context(), teams.Person("adam"), teams.Channel()
	if _, err := c.Installs(ctx, adam); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Deleted(ctx, adam); err != nil {
		t.Fatal(err)
	}
	got := b.last(t)
	data, place := got["channelData"].(map[string]any), got["conversation"].(map[string]any)
	if data["eventType"] != "channelDeleted" || data["channel"].(map[string]any)["id"] != c.ID || place["id"] != c.TeamID || place["conversationType"] != "channel" {
		t.Errorf("the bot heard %v", got)
	}
	status, answer, err := b.call(ctx, http.MethodPost, cardMessage(card([]any{says("hello")})), c.ID, "activities")
	if err != nil || status != http.StatusNotFound {
		t.Errorf("the bot writes where nothing is: %d %v %v", status, answer, err)
	}
	if _, err := adam.SaysIn(ctx, c.ID, "help"); err == nil {
		t.Error("Adam writes where nothing is")
	}
}

func TestWhoIsInAChannel(t *testing.T) {
	t.Parallel()
	_, teams := newBot(t, Config{}, nil)
	ctx := t.Context()
	for _, c := range teams.Channels() {
		if _, err := c.Installs(ctx, teams.Person("adam")); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]string{
		"Access approvals": {"dana", "omar"}, "Security": {"omar"}, "Joint operations": {"dana", "omar", "fay"}, "Partner project": {"dana", "omar", "gus"},
	} {
		for _, who := range []string{"dana", "omar", "fay", "gus"} {
			_, err := teams.Person(who).SaysIn(ctx, teams.ChannelNamed(name).ID, "help")
			if in := slices.Contains(want, who); (err == nil) != in {
				t.Errorf("%s writes in %s: %v, want %t", who, name, err, in)
			}
		}
	}
}

func TestACrowdIsToldInPages(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, c := t.Context(), teams.Channel()
	if _, err := c.Installs(ctx, teams.Person("adam")); err != nil {
		t.Fatal(err)
	}
	crowd := make([]Person, 1200)
	for i := range crowd {
		crowd[i] = Person{Name: fmt.Sprintf("Person %d", i), ObjectID: fmt.Sprintf("b0000000-0000-4000-8000-%012d", i), Role: "guest"}
	}
	c.Joined(crowd...)
	_, page, err := b.call(ctx, http.MethodGet, nil, c.ID, "pagedmembers")
	if err != nil || len(page["members"].([]any)) != 200 || page["continuationToken"] == nil {
		t.Errorf("the first page has %d people and goes on at %v, %v", len(page["members"].([]any)), page["continuationToken"], err)
	}
	if _, _, err := b.call(ctx, http.MethodGet, nil, c.ID, "members", crowd[7].ObjectID); err != nil {
		t.Error(err)
	}
}

func TestThePageShowsOnesChannels(t *testing.T) {
	t.Parallel()
	_, teams, server := site(t)
	for who, want := range map[string]string{
		"dana": "apono channel shared partners", "omar": "apono channel private shared partners", "gus": "apono partners", "fay": "apono shared",
	} {
		got := ""
		for _, c := range looks(t, server, who).Chats {
			got += c.Key + " "
			if (c.Channel == "") != (c.Key == "apono") {
				t.Errorf("%s of %s is %q", c.Key, who, c.Channel)
			}
		}
		if got != want+" " {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
	private := teams.ChannelNamed("Security")
	if posted := acts(t, server, map[string]any{"as": "omar", "op": "post", "chat": private.ID, "text": "hello"}); posted.Notice != "" {
		t.Errorf("Omar posts: %+v", posted)
	}
}
