package teamstest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// form is a card with one field of each kind.
func form() map[string]any {
	choices := []any{map[string]any{"title": "orders-db", "value": "0"}, map[string]any{"title": "billing-db", "value": "1"}}
	return card([]any{
		says("What do you need?"),
		map[string]any{"type": "Input.ChoiceSet", "id": "one", "label": "Integration", "choices": choices, "style": "filtered"},
		map[string]any{"type": "Input.ChoiceSet", "id": "many", "label": "Resources", "choices": choices, "isMultiSelect": true},
		map[string]any{"type": "Input.Text", "id": "why", "label": "Justification", "maxLength": 20},
		map[string]any{"type": "Input.Number", "id": "hours", "label": "Hours", "value": 1.5},
		map[string]any{"type": "Input.Toggle", "id": "sure", "title": "Sure"},
		map[string]any{"type": "Input.Text", "id": "hidden", "value": "kept", "isVisible": false},
	}, button("Continue", map[string]any{"op": "next", "why": "data"}), button("Cancel", map[string]any{"op": "cancel"}),
		map[string]any{"type": "Action.Execute", "title": "Execute", "verb": "x"}, opens("Nested"))
}

// answersDialogs is a bot with a welcome card and a dialog behind its button.
func answersDialogs(b *bot, w http.ResponseWriter, r *http.Request, a map[string]any) {
	value, _ := a["value"].(map[string]any)
	data, _ := value["data"].(map[string]any)
	switch name := text(a["name"]); {
	case a["type"] == "message" && a["value"] == nil:
		_, err := b.send(r.Context(), a, card([]any{says("Welcome")}, opens("New request"), button("Plain", map[string]any{"op": "plain"}),
			map[string]any{"type": "Action.OpenUrl", "title": "Open", "url": "https://apono.example"},
			map[string]any{"type": "Action.Execute", "title": "Run", "verb": "run", "data": map[string]any{"a": "b"}}))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	case name == "task/fetch", name == "composeExtension/fetchTask":
		reply(w, task("Request access", form()))
	case data["op"] == "next":
		reply(w, task("Request access", card([]any{says("Step 2")}, button("Send", map[string]any{"op": "send"}), button("Say", map[string]any{"op": "say"}))))
	case data["op"] == "say":
		reply(w, `{"task":{"type":"message","value":"Sent."}}`)
	case name == "adaptiveCard/action":
		reply(w, `{"statusCode":200,"type":"application/vnd.microsoft.activity.message","value":"Done."}`)
	}
}

func TestPersonFillsADialog(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, answersDialogs)
	ctx, dana := t.Context(), teams.Person("Dana")
	if _, err := dana.Installs(ctx); err != nil {
		t.Fatal(err)
	}
	answer, err := dana.Says(ctx, "hello")
	if err != nil || answer.Notice != "" || len(answer.Messages) != 1 {
		t.Fatal(answer, err)
	}
	d, err := dana.Presses(ctx, dana.LastCard(), "New request")
	if err != nil {
		t.Fatal(err)
	}
	if d.Title != "Request access" || !d.Has("What do you need?", "orders-db", "Continue") || len(d.Inputs()) != 5 {
		t.Fatalf("got %+v %q", d, d.Text())
	}
	for _, bad := range [][]string{{"one", "nothing"}, {"one", "orders-db", "billing-db"}, {"why", strings.Repeat("x", 21)}, {"hours", "many"}, {"sure", "yes"}, {"none", ""}} {
		if err := d.Fill(bad[0], bad[1:]...); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	for _, good := range [][]string{{"one", "billing-db"}, {"many", "orders-db", "billing-db"}, {"why", "Because"}} {
		if err := d.Fill(good[0], good[1:]...); err != nil {
			t.Error(err)
		}
	}
	for _, no := range []string{"Execute", "Nested", "Nothing"} {
		if _, err := d.Press(ctx, no); err == nil {
			t.Errorf("%q did something", no)
		}
	}
	next, err := d.Press(ctx, "Continue")
	if err != nil || !next.Has("Step 2") || next.Closed {
		t.Fatalf("got %+v, %v", next, err)
	}
	want := map[string]any{"op": "next", "one": "1", "many": "0,1", "why": "Because", "hours": "1.5", "sure": "false", "hidden": "kept"}
	got := b.last(t)
	if diff := cmp.Diff(want, got["value"].(map[string]any)["data"]); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	if got["name"] != "task/submit" || got["replyToId"] != dana.LastCard().ID {
		t.Errorf("got %v", got)
	}
	said, err := next.Press(ctx, "Say")
	if err != nil || said.Message != "Sent." || !said.Closed {
		t.Errorf("got %+v, %v", said, err)
	}
	closed, err := next.Press(ctx, "Send")
	if err != nil || !closed.Closed || closed.Notice != "" {
		t.Errorf("got %+v, %v", closed, err)
	}
	if _, err := closed.Press(ctx, "Send"); err == nil {
		t.Error("a closed dialog was pressed")
	}
}

func TestButtonsOnMessages(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, answersDialogs)
	ctx, dana := t.Context(), teams.Person("Dana")
	if _, err := teams.Channel().Installs(ctx, dana); err != nil {
		t.Fatal(err)
	}
	if _, err := dana.SaysIn(ctx, teams.Channel().ID, "hello"); err != nil {
		t.Fatal(err)
	}
	m := teams.Channel().LastCard()
	d, err := dana.Presses(ctx, m, "Plain")
	if err != nil || d.Toast != responseSent {
		t.Errorf("got %+v, %v", d, err)
	}
	got := b.last(t)
	if got["type"] != "message" || got["text"] != nil || got["replyToId"] != m.ID || got["value"].(map[string]any)["op"] != "plain" {
		t.Errorf("got %v", got)
	}
	if chat := got["conversation"].(map[string]any)["id"]; chat != channelID+";messageid="+m.Thread {
		t.Errorf("the chat is %v", chat)
	}
	if d, err := dana.Presses(ctx, m, "Open"); err != nil || d.URL != "https://apono.example" {
		t.Errorf("got %+v, %v", d, err)
	}
	if d, err := dana.Presses(ctx, m, "Run"); err != nil || d.Toast != "Done." {
		t.Errorf("got %+v, %v", d, err)
	}
	if _, err := dana.Presses(ctx, m, "Nothing"); err == nil {
		t.Error("a button that is not there was pressed")
	}
}

func TestExtensionOpensADialogAnywhere(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, answersDialogs)
	ctx, dana := t.Context(), teams.Person("Dana")
	for _, where := range []string{"", teams.Channel().ID, Elsewhere} {
		d, err := dana.OpensExtension(ctx, "request", where)
		if err != nil || !d.Has("What do you need?") {
			t.Fatalf("%s: %+v, %v", where, d, err)
		}
		if _, err := d.Press(ctx, "Continue"); err != nil {
			t.Fatal(err)
		}
		got := b.last(t)
		if value := got["value"].(map[string]any); got["name"] != "composeExtension/submitAction" || value["commandId"] != "request" {
			t.Errorf("got %v", got)
		}
	}
}

func TestExtensionOnAMessageTellsOfIt(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, answersDialogs)
	ctx, dana := t.Context(), teams.Person("Dana")
	d, err := dana.OpensExtensionOn(ctx, "request", Message{Conversation: Elsewhere, From: "omar", Text: "1 < 2\nis <b>down</b>"})
	if err != nil || !d.Has("What do you need?") {
		t.Fatalf("%+v, %v", d, err)
	}
	for _, name := range []string{"composeExtension/fetchTask", "composeExtension/submitAction"} {
		got := b.last(t)
		value := got["value"].(map[string]any)
		payload, _ := value["messagePayload"].(map[string]any)
		body, _ := payload["body"].(map[string]any)
		if got["name"] != name || value["commandContext"] != "message" || got["replyToId"] != nil ||
			body["content"] != "<div><p>1 &lt; 2<br>is &lt;b&gt;down&lt;/b&gt;</p></div>" {
			t.Errorf("got %v", got)
		}
		if _, err := d.Press(ctx, "Continue"); err != nil {
			t.Fatal(err)
		}
	}
	d, err = dana.OpensExtensionOn(ctx, "request", Message{Conversation: Elsewhere, From: fromBot, Card: json.RawMessage(`{}`)})
	if err != nil || !d.Has("What do you need?") {
		t.Fatalf("a message with a card: %+v, %v", d, err)
	}
}

func TestWrongAnswersToADialog(t *testing.T) {
	t.Parallel()
	good := task("T", card(nil))
	for what, c := range map[string]struct {
		status int
		kind   string
		body   string
	}{
		"status 500":      {500, "application/json", good},
		"status 202":      {202, "application/json", good},
		"no JSON":         {200, "application/json", "<html>"},
		"not typed":       {200, "text/plain", good},
		"null":            {200, "application/json", "null"},
		"null task":       {200, "application/json", `{"task":null}`},
		"no task":         {200, "application/json", `{}`},
		"empty":           {200, "application/json", ``},
		"unknown type":    {200, "application/json", `{"task":{"type":"go","value":{}}}`},
		"message no text": {200, "application/json", `{"task":{"type":"message","value":{}}}`},
		"no card":         {200, "application/json", `{"task":{"type":"continue","value":{"title":"x"}}}`},
		"bad card":        {200, "application/json", task("T", map[string]any{"type": "AdaptiveCard"})},
		"big card":        {200, "application/json", task("T", card([]any{says(strings.Repeat("x", 60<<10))}))},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			_, teams := newBot(t, Config{}, func(_ *bot, w http.ResponseWriter, _ *http.Request, _ map[string]any) {
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			d, err := teams.Person("dana").OpensExtension(t.Context(), "request", "")
			if err != nil || d.Notice != SomethingWrong || !d.Closed {
				t.Errorf("got %+v, %v", d, err)
			}
		})
	}
}

func TestDialogStaysAfterAWrongAnswer(t *testing.T) {
	t.Parallel()
	_, teams := newBot(t, Config{}, func(b *bot, w http.ResponseWriter, r *http.Request, a map[string]any) {
		if a["name"] == "composeExtension/submitAction" {
			http.Error(w, "oops", http.StatusInternalServerError)
			return
		}
		answersDialogs(b, w, r, a)
	})
	d, err := teams.Person("dana").OpensExtension(t.Context(), "request", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Fill("why", "typed"); err != nil {
		t.Fatal(err)
	}
	next, err := d.Press(t.Context(), "Continue")
	if err != nil || next.Notice != SomethingWrong || next.Closed || !next.Has("What do you need?") {
		t.Fatalf("got %+v, %v", next, err)
	}
	if in, _ := next.Input("why"); in.Value != "typed" {
		t.Errorf("what was typed is lost: %+v", in)
	}
}

func TestSlowAnswersAreAskedForAgain(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	b, teams := newBot(t, Config{InvokeLimit: 500 * time.Millisecond, ExtensionLimit: 500 * time.Millisecond},
		func(b *bot, w http.ResponseWriter, r *http.Request, a map[string]any) {
			if a["type"] == "invoke" {
				select {
				case <-never:
				case <-r.Context().Done():
				}
			}
		})
	ctx, dana := t.Context(), teams.Person("dana")
	d, err := dana.Presses(ctx, Message{Conversation: dana.ChatID(), Card: asJSON(t, card(nil, opens("Open")))}, "Open")
	if err != nil || d.Notice != Unreachable {
		t.Fatalf("got %+v, %v", d, err)
	}
	got := b.received()
	if len(got) != 2 || got[0]["id"] != got[1]["id"] {
		t.Fatalf("got %v", got)
	}
	d, err = dana.OpensExtension(ctx, "request", "")
	if err != nil || d.Notice != Unreachable || len(b.received()) != 3 {
		t.Fatalf("got %+v, %v; %d", d, err, len(b.received()))
	}
}

func asJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
