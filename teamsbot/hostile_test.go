package teamsbot

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/cards"
)

// invoke sends a press that no button of ours made.
func (s *someone) invoke(data any) (int, string) {
	s.w.t.Helper()
	a := s.Activity("invoke")
	a["name"] = "task/submit"
	a["value"] = map[string]any{"data": data}
	status, body, err := s.w.teams.Send(s.w.t.Context(), a)
	must(s.w.t, err)
	return status, string(body)
}

func TestForgedPressIsNotActedOn(t *testing.T) {
	w := newWorld(t)
	dana, devin := w.person("Dana"), w.person("Devin")
	form := dana.presses("New request").atLastStep()
	draft := draftOf(t, form)

	status, body := devin.invoke(map[string]any{
		"apono": cards.Data{Verb: cards.VerbRequestStep, Draft: draft.Draft, Revision: draft.Revision, Do: cards.DoSubmit},
	})
	if status != http.StatusOK || !strings.Contains(body, string(wordsNoDraft)) {
		t.Errorf("somebody else's draft: got %d %s", status, body)
	}
	for name, data := range map[string]any{
		"no data":         nil,
		"text":            "submit",
		"array":           []int{1},
		"unknown verb":    map[string]any{"apono": map[string]any{"verb": "access.grant"}},
		"verb of no text": map[string]any{"apono": map[string]any{"verb": 7}},
		"no draft":        map[string]any{"apono": map[string]any{"verb": "request.step", "draft": "../x"}},
		"request of NUL":  map[string]any{"apono": map[string]any{"verb": "mine.request", "request": "a\x00b"}},
		"revoke of NUL":   map[string]any{"apono": map[string]any{"verb": "revoke.now", "requests": []string{"a\x00b"}}},
		"odd draft":       map[string]any{"apono": map[string]any{"verb": "request.step", "draft": "\x00"}},
	} {
		status, body := dana.invoke(data)
		if status != http.StatusOK || !strings.Contains(body, `"type":"message"`) {
			t.Errorf("%s: got %d %s, want words", name, status, body)
		}
	}
	if n := len(w.requests()); n != 0 {
		t.Errorf("Apono has %d requests, want none", n)
	}
}

// Choices that the page did not offer count for nothing.
func TestForgedChoicesAreNotTaken(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	draft := draftOf(t, form)
	status, body := dana.invoke(map[string]any{
		"apono":         cards.Data{Verb: cards.VerbRequestStep, Draft: draft.Draft, Revision: draft.Revision, Do: cards.DoSubmit},
		"permissions":   "99,-1,superuser,0x0",
		"duration":      "525600",
		"justification": "please",
	})
	if status != http.StatusOK || !strings.Contains(body, "Choose a permission") {
		t.Errorf("got %d %s", status, body)
	}
	if n := len(w.requests()); n != 0 {
		t.Errorf("Apono has %d requests, want none", n)
	}
}

// Submit submits what is right, whatever stands in a search box, and only from
// the last step.
func TestSubmitSubmitsWhatWasChecked(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	draft := draftOf(t, dana.presses("New request").atLastStep())
	press := func(rev int, fields map[string]any) string {
		fields["apono"] = cards.Data{Verb: cards.VerbRequestStep, Draft: draft.Draft, Revision: rev, Do: cards.DoSubmit}
		_, body := dana.invoke(fields)
		return body
	}
	body := press(draft.Revision, map[string]any{"permissions": "0", "hours": "4h", "search": "x"})
	if !strings.Contains(body, "is not one") {
		t.Errorf("hours that are none, with a search: got %s", body)
	}
	early := draftOf(t, dana.presses("New request").fill("integration", "Orders database").press("Next"))
	draft = early
	if body := press(early.Revision, map[string]any{"resource_type": "0"}); !strings.Contains(body, "Which resources?") {
		t.Errorf("submitted from an early step: got %s", body)
	}
	if n := len(w.requests()); n != 0 {
		t.Errorf("Apono has %d requests, want none", n)
	}
}

func TestOddActivities(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   int
	}{
		"unknown invoke":   {func(a map[string]any) { a["type"], a["name"] = "invoke", "signin/verifyState" }, http.StatusNotImplemented},
		"unknown activity": {func(a map[string]any) { a["type"] = "messageReaction" }, http.StatusOK},
		"no type":          {func(a map[string]any) { delete(a, "type") }, http.StatusBadRequest},
		"no id":            {func(a map[string]any) { a["id"] = "" }, http.StatusBadRequest},
		"id with NUL":      {func(a map[string]any) { a["id"] = "f:\x00" }, http.StatusBadRequest},
		"odd kind": {func(a map[string]any) {
			a["conversation"].(map[string]any)["conversationType"] = "meeting"
		}, http.StatusBadRequest},
		"name with NUL":   {func(a map[string]any) { a["from"].(map[string]any)["name"] = "Da\x00na" }, http.StatusOK},
		"other channel":   {func(a map[string]any) { a["channelId"] = "webchat" }, http.StatusForbidden},
		"text of a novel": {func(a map[string]any) { a["text"] = strings.Repeat("novel ", 20000) }, http.StatusOK},
		"iOS tab context": {func(a map[string]any) {
			a["type"], a["name"], a["value"] = "invoke", "task/fetch", map[string]any{"tabContext": "", "data": map[string]any{"apono": map[string]any{"verb": "request.open"}}}
		}, http.StatusOK},
	} {
		a := dana.Activity("message")
		c.change(a)
		status, body, err := w.teams.Send(t.Context(), a)
		must(t, err)
		if status != c.want {
			t.Errorf("%s: got %d %s, want %d", name, status, body, c.want)
		}
	}
}

func TestWhoIsNotTeamsIsNotHeard(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	before := len(dana.Chat())
	a := dana.Activity("message")
	a["text"] = "help"
	body, err := json.Marshal(a)
	must(t, err)

	wrongAudience := w.teams.Claims()
	wrongAudience["aud"] = "somebody-else"
	wrongService := w.teams.Claims()
	wrongService["serviceurl"] = "https://attacker.example/"
	for name, token := range map[string]string{
		"none":          "",
		"garbage":       "a.b.c",
		"wrong app":     w.teams.SignToken(wrongAudience),
		"wrong service": w.teams.SignToken(wrongService),
	} {
		status, answer, err := w.teams.Post(t.Context(), token, body)
		must(t, err)
		if status != http.StatusUnauthorized || len(answer) != 0 {
			t.Errorf("%s: got %d %q, want 401 and nothing", name, status, answer)
		}
	}
	if got := len(dana.Chat()); got != before {
		t.Errorf("the bot wrote %d messages", got-before)
	}
}

// Words from outside are shown as they are, and draw nothing.
func TestHostileJustificationIsShownAsText(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	const hostile = "[click](https://evil.example) <at>Omar</at> **bold** \u202etxt\x00"
	form := dana.presses("New request").atLastStep().fill("justification", hostile)
	if form = form.press("Submit"); !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	var card struct {
		Body []json.RawMessage `json:"body"`
	}
	must(t, json.Unmarshal(dana.LastCard().Card, &card))
	for _, block := range textBlocks(card.Body) {
		if strings.Contains(block, "click") || strings.Contains(block, "<at>") {
			t.Errorf("a text block, which draws Markdown, holds %q", block)
		}
	}
	dana.sees("[click](https://evil.example) <at>Omar</at> **bold** txt")
}

func TestNothingPersonalIsLogged(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.submits(dana, "Orders database")
	w.pass(0)
	for _, secret := range []string{"INC-7", "service-token", webhookSecret, w.teams.AppPassword(), "dana@acme.example", "Bearer"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(w.log.String()), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("the log line %q is no JSON", line)
		}
	}
}

// draftOf reads what the buttons of a dialog carry.
func draftOf(t testing.TB, f *dialogue) cards.Data {
	t.Helper()
	var card struct {
		Actions []struct {
			Data struct {
				Apono cards.Data `json:"apono"`
			} `json:"data"`
		} `json:"actions"`
	}
	must(t, json.Unmarshal(f.Card(), &card))
	return card.Actions[0].Data.Apono
}

// textBlocks are the texts of all text blocks in a card's elements.
func textBlocks(elements []json.RawMessage) []string {
	var texts []string
	for _, raw := range elements {
		var e struct {
			Type  string            `json:"type"`
			Text  string            `json:"text"`
			Items []json.RawMessage `json:"items"`
		}
		if json.Unmarshal(raw, &e) == nil && e.Type == "TextBlock" {
			texts = append(texts, e.Text)
		}
		texts = append(texts, textBlocks(e.Items)...)
	}
	return texts
}
