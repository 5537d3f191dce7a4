package cards_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/apono-teams/teamsbot/db/devpg/npm"
)

// sizeLimit is what a card may weigh: Teams refuses messages that are too big,
// and its pages have named limits from 25 KB up.
const sizeLimit = 25 << 10

// rendererFaults is what Microsoft's renderer, kept to version 1.5, finds wrong
// with cards, by their names.
func rendererFaults(t *testing.T, all map[string]json.RawMessage) map[string][]string {
	t.Helper()
	page := filepath.Join("..", "teamsbot", "teamstest", "page") // asks for the renderer
	dir, err := npm.Install(t.Context(), "teams-page", os.DirFS(page), func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	renderer := filepath.Join(dir, "node_modules", "adaptivecards", "dist", "adaptivecards.js")
	check := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "check.cjs"), renderer)
	var out, complaints bytes.Buffer
	check.Stdin, check.Stdout, check.Stderr = bytes.NewReader(in), &out, &complaints
	if err := check.Run(); err != nil {
		t.Fatalf("%v\n%s", err, complaints.Bytes())
	}
	var found map[string][]string
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != len(all) {
		t.Fatalf("%d cards were looked at, want %d", len(found), len(all))
	}
	return found
}

// teamsFaults is what is wrong with a card by what Teams, and our own rules,
// demand beyond the schema.
func teamsFaults(t rapid.TB, card json.RawMessage) (faults []string) {
	t.Helper()
	complain := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	var top struct {
		Version, FallbackText string
		Actions               []json.RawMessage
	}
	if err := json.Unmarshal(card, &top); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, card); err != nil {
		t.Fatal(err)
	}
	if n := compact.Len(); n >= sizeLimit {
		complain("weighs %d bytes, want under %d", n, sizeLimit)
	}
	if len(top.Actions) > 6 {
		complain("has %d actions, want at most 6", len(top.Actions))
	}
	if top.Version != "1.5" || top.FallbackText == "" {
		complain("is of version %q with the fallback text %q", top.Version, top.FallbackText)
	}
	for o := range objects(t, card) {
		for fault := range elementFaults(o) {
			complain("%s", fault)
		}
	}
	return faults
}

// forbidden are elements and properties that Teams knows and gets wrong on
// some devices.
var forbidden = []string{"Action.Execute", "Action.ShowCard", "Action.ToggleVisibility", "Data.Query"}

func elementFaults(o map[string]any) iter.Seq[string] {
	return func(yield func(string) bool) {
		kind, _ := o["type"].(string)
		if slices.Contains(forbidden, kind) && !yield(kind+" is not for us") {
			return
		}
		if _, ok := o["isRequired"]; ok && !yield("isRequired blocks Back and Search") {
			return
		}
		if value, _ := o["value"].(string); o["title"] != nil && strings.Contains(value, ",") && !yield("the choice value "+value+" has a comma") {
			return
		}
		if address, ok := o["url"].(string); ok {
			u, err := url.Parse(address)
			if (err != nil || u.Scheme != "https" || u.Host == "") && !yield("the link "+address+" is not https") {
				return
			}
		}
		if _, ok := o["text"]; (kind == "TextRun" || kind == "TextBlock") && (!ok || strings.TrimSpace(fmt.Sprint(o["text"])) == "") {
			yield("a " + kind + " says nothing")
		}
	}
}

// objects are all objects in a card, the outer ones first.
func objects(t rapid.TB, card json.RawMessage) iter.Seq[map[string]any] {
	t.Helper()
	var all any
	if err := json.Unmarshal(card, &all); err != nil {
		t.Fatalf("%v in %s", err, card)
	}
	return func(yield func(map[string]any) bool) { walk(all, yield) }
}

func walk(v any, yield func(map[string]any) bool) bool {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			if !walk(inner, yield) {
				return false
			}
		}
	case map[string]any:
		if !yield(v) {
			return false
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			// The buttons below a card come last.
			if key != "actions" && !walk(v[key], yield) {
				return false
			}
		}
		return walk(v["actions"], yield)
	}
	return true
}

// broken are cards that must not pass, by what is said of them.
var broken = map[string]string{
	"weighs ":                   `{"body":[{"type":"TextBlock","text":"` + strings.Repeat("x", sizeLimit) + `"}]}`,
	"has 7 actions":             `{"actions":[` + strings.Repeat(`{"type":"Action.Submit","title":"a"},`, 6) + `{"type":"Action.Submit","title":"a"}]}`,
	"value 1,2 has a comma":     `{"body":[{"type":"Input.ChoiceSet","id":"a","choices":[{"title":"a","value":"1,2"}]}]}`,
	"no such property":          `{"body":[{"type":"TextBlock","text":"a","colour":"good"}]}`,
	"no such property in 1.5":   `{"body":[{"type":"Input.Text","id":"a","labelWidth":"20px"}]}`,
	"is not a list":             `{"body":{"type":"TextBlock","text":"a"}}`,
	"not a string":              `{"body":[{"type":"TextBlock","text":1}]}`,
	"not a boolean":             `{"body":[{"type":"TextBlock","text":"a","wrap":"yes"}]}`,
	"Invalid value \"huge\"":    `{"body":[{"type":"TextBlock","text":"a","size":"huge"}]}`,
	"has no Badge here":         `{"body":[{"type":"Badge","text":"a"}]}`,
	"has no TextBlock here":     `{"body":[{"type":"RichTextBlock","inlines":[{"type":"TextBlock","text":"a"}]}]}`,
	"has no Carousel":           `{"body":[{"type":"Carousel","pages":[]}]}`,
	"has no Action.Teleport":    `{"actions":[{"type":"Action.Teleport","title":"a"}]}`,
	"TextRun needs text":        `{"body":[{"type":"RichTextBlock","inlines":[{"type":"TextRun"}]}]}`,
	"Choice has no such":        `{"body":[{"type":"Input.ChoiceSet","id":"a","choices":[{"title":"a","value":"1","color":"red"}]}]}`,
	"Input.ChoiceSet needs id":  `{"body":[{"type":"Input.ChoiceSet","choices":[{"title":"a","value":"1"}]}]}`,
	"at least one choice":       `{"body":[{"type":"Input.ChoiceSet","id":"a","choices":[]}]}`,
	"must have their title":     `{"body":[{"type":"Input.ChoiceSet","id":"a","choices":[{"title":"","value":"1"}]}]}`,
	"a TextRun says nothing":    `{"body":[{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":" "}]}]}`,
	"isRequired":                `{"body":[{"type":"Input.Text","id":"a","label":"a","isRequired":true,"errorMessage":"a"}]}`,
	"Action.Execute is not":     `{"actions":[{"type":"Action.Execute","title":"a","verb":"b"}]}`,
	"Action.ShowCard is not":    `{"actions":[{"type":"Action.ShowCard","title":"a","card":{"type":"AdaptiveCard"}}]}`,
	"http://a.test is not":      `{"actions":[{"type":"Action.OpenUrl","title":"a","url":"http://a.test"}]}`,
	"javascript:alert() is not": `{"actions":[{"type":"Action.OpenUrl","title":"a","url":"javascript:alert()"}]}`,
	"Duplicate Id":              `{"body":[{"type":"Input.Text","id":"a"},{"type":"Input.Text","id":"a"}]}`,
}

// TestChecksFindWhatIsWrong shows that the checks of the golden files can fail.
func TestChecksFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	all := make(map[string]json.RawMessage)
	for want, card := range broken {
		inner := strings.TrimSuffix(strings.TrimPrefix(card, "{"), "}")
		if inner != "" {
			inner = "," + inner
		}
		all[want] = json.RawMessage(`{"type":"AdaptiveCard","version":"1.5","fallbackText":"a"` + inner + `}`)
	}
	found := rendererFaults(t, all)
	for want, card := range all {
		faults := append(found[want], teamsFaults(t, card)...)
		if !strings.Contains(strings.Join(faults, "\n"), want) {
			t.Errorf("%s: got the faults %q", want, faults)
		}
	}
}

// TestTeamsElementsNeedAFallback lets what only Teams knows pass if a client
// of 1.5 has something to show in its place.
func TestTeamsElementsNeedAFallback(t *testing.T) {
	t.Parallel()
	card := func(fallback string) json.RawMessage {
		return json.RawMessage(`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"Badge","text":"a"` + fallback + `}]}`)
	}
	found := rendererFaults(t, map[string]json.RawMessage{
		"none":    card(``),
		"text":    card(`,"fallback":{"type":"TextBlock","text":"a"}`),
		"dropped": card(`,"fallback":"drop"`),
		"bad":     card(`,"fallback":{"type":"TextBlock","text":"a","size":"huge"}`),
		"unknown": card(`,"fallback":{"type":"ProgressBar"}`),
	})
	for name, want := range map[string]bool{"none": true, "text": false, "dropped": false, "bad": true, "unknown": true} {
		if got := len(found[name]) > 0; got != want {
			t.Errorf("%s: got the faults %q, want some: %t", name, found[name], want)
		}
	}
}
