package teamstest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

func cancelled(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

func TestCardsThatTeamsRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ card, want string }{
		{`"text"`, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`{"type":"Card","version":"1.5"}`, "not AdaptiveCard"},
		{`{"type":"AdaptiveCard"}`, "version"},
		{`{"type":"AdaptiveCard","version":"1.6"}`, "newer"},
		{`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"Hologram"}]}`, "Hologram"},
		{`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"Container","items":[{"type":"Hologram"}]}]}`, "Hologram"},
		{`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"Hologram","fallback":"drop"}]}`, ""},
		{`{"type":"AdaptiveCard","version":"1.5","actions":[{"type":"Action.Execute","title":"x"}]}`, "verb"},
		{`{"type":"AdaptiveCard","version":"1.5","actions":[{"type":"Action.OpenUrl","title":"x"}]}`, "url"},
		{`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"Input.Text"}]}`, "no id"},
		{`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"Input.Text","id":"a"},{"type":"Input.Text","id":"a"}]}`, "two elements"},
		{`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"TextBlock"}]}`, "no text"},
		{`{"type":"AdaptiveCard","version":"1.4","body":[{"type":"RichTextBlock","inlines":["a",{"type":"TextRun","text":"b"}]}],
			"actions":[{"type":"Action.Submit","title":"x","data":{"type":"Anything"}}],"msteams":{"width":"Full"}}`, ""},
	} {
		err := judgeCard([]byte(c.card))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.card, err, c.want)
		}
	}
}

func TestVisibleText(t *testing.T) {
	t.Parallel()
	m := Message{Text: "Hi", Card: json.RawMessage(`{"type":"AdaptiveCard","version":"1.5","body":[
		{"type":"TextBlock","text":"Block"}, {"type":"TextBlock","text":"Secret","isVisible":false},
		{"type":"RichTextBlock","inlines":["one ",{"type":"TextRun","text":"two"}]},
		{"type":"FactSet","facts":[{"title":"Who","value":"Dana"}]},
		{"type":"ColumnSet","columns":[{"type":"Column","items":[{"type":"TextBlock","text":"Column"}]}]},
		{"type":"Table","rows":[{"type":"TableRow","cells":[{"type":"TableCell","items":[{"type":"TextBlock","text":"Cell"}]}]}]},
		{"type":"Input.ChoiceSet","id":"c","label":"Which","choices":[{"title":"First","value":"0"}]},
		{"type":"Input.Toggle","id":"t","title":"Sure"},
		{"type":"ActionSet","actions":[{"type":"Action.Submit","title":"Inner"}]}],
		"actions":[{"type":"Action.Submit","title":"Outer","data":{"hidden":"Data"}}]}`)}
	if !m.Has("Hi", "Block", "one two", "Who", "Dana", "Column", "Cell", "Which", "First", "Sure", "Inner", "Outer") {
		t.Errorf("got %q", m.Visible())
	}
	if m.Has("Secret") || m.Has("Data") {
		t.Errorf("got what nobody sees: %q", m.Visible())
	}
	if got := strings.Join(m.Buttons(), ","); got != "Inner,Outer" {
		t.Errorf("buttons %q", got)
	}
}
