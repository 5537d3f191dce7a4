package teamsbot

import (
	"net/http"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// asksElsewhere opens the message extension on a message in a chat where the
// bot is not.
func (s *someone) asksElsewhere(text string) *dialogue {
	s.w.t.Helper()
	m := teamstest.Message{Conversation: teamstest.Elsewhere, From: "omar", Text: text}
	d, err := s.OpensExtensionOn(s.w.t.Context(), "request", m)
	must(s.w.t, err)
	return s.opened(d)
}

func TestMessageBeginsTheJustification(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.asksElsewhere("Orders are stuck: 1 < 2\n<b>Dana</b>, can you look?").toLastStep()
	if got := form.value("justification"); got != "Orders are stuck: 1 < 2\n<b>Dana</b>, can you look?" {
		t.Errorf("the justification is %q", got)
	}
	in, _ := form.Input("permissions")
	form = form.fill("permissions", in.Choices[0].Title).press("Submit")
	if form.shows("Submitted. Your own chat"); !form.Closed {
		t.Errorf("the dialog is still open:\n%s", form.Text())
	}
	w.settle()
	dana.sees("Orders database", "Dana</b>, can you look?")
	for _, m := range w.teams.Messages() {
		if m.Conversation != dana.ChatID() {
			t.Errorf("the bot wrote to %s: %s", m.Conversation, m.Visible())
		}
	}
}

func TestMessageOfAnyKind(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	for name, c := range map[string]struct{ text, want string }{
		"nothing":  {"", ""},
		"a novel":  {strings.Repeat("word ", 5000), strings.Repeat("word ", 119) + "word…"},
		"unseen":   {"a\u202eb\x00c", "abc"},
		"Markdown": {"[x](https://evil.example) **b**", "[x](https://evil.example) **b**"},
		"a token":  {"it is aup_0123456789abcdef, keep it", "it is •••, keep it"},
	} {
		got := dana.asksElsewhere(c.text).toLastStep().value("justification")
		if got != c.want {
			t.Errorf("%s: the justification is %q, want %q", name, got, c.want)
		}
	}
	welcome := dana.LastCard()
	d, err := dana.OpensExtensionOn(t.Context(), "request", welcome)
	must(t, err)
	if got := dana.opened(d).toLastStep().value("justification"); got != "" {
		t.Errorf("a message with a card: the justification is %q", got)
	}
}

// The chat of two people is personal to Teams as well. The bot does not take it
// for its own chat with one of them.
func TestExtensionInTheChatOfTwoPeople(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	a := dana.ActivityIn("19:dana_omar@unq.gbl.spaces", "invoke")
	a["conversation"].(map[string]any)["conversationType"] = "personal"
	a["name"], a["value"] = "composeExtension/fetchTask", map[string]any{"commandId": "request"}
	status, body, err := w.teams.Send(t.Context(), a)
	must(t, err)
	if status != http.StatusOK || !strings.Contains(string(body), "What do you need access to?") {
		t.Fatalf("got %d %s", status, body)
	}
	p, err := w.store.Person(t.Context(), w.keyOf(dana))
	must(t, err)
	if p.Chat.ID != dana.ChatID() {
		t.Errorf("her own chat is taken to be %s", p.Chat.ID)
	}
}

func TestExtensionInTheComposeBox(t *testing.T) {
	w := newWorld(t)
	channel := w.inChannel()
	dana := w.person("Dana")
	for _, where := range []string{"", channel.ID, teamstest.Elsewhere} {
		d, err := dana.OpensExtension(t.Context(), "request", where)
		must(t, err)
		form := dana.opened(d).atLastStep().press("Submit")
		if own := where == ""; !form.Closed || own == strings.Contains(form.Message, "Your own chat") {
			t.Errorf("in %q the dialog ends with %q", where, form.Message)
		}
		w.settle()
		dana.sees("Orders database")
	}
	if n := len(w.requests()); n != 3 {
		t.Errorf("Apono has %d requests, want 3", n)
	}
}
