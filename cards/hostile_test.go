package cards_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// hostile are words from outside that want to be more than words.
var hostile = map[string]string{
	"a link":            "[Approve](https://evil.test)",
	"an image":          "![x](https://evil.test/x.png)",
	"a bare address":    "https://evil.test",
	"a mention":         "<at>everybody</at>",
	"markup":            `<a href="https://evil.test" onclick="x()">Approve</a>`,
	"bold and lists":    "**Granted**\n- by your boss\n# really",
	"a macro":           "{{DATE(2017-02-14T06:08:39Z,SHORT)}} ${$root}",
	"another direction": "evil\u202etxt.exe\u2066\u200f",
	"nothing to see":    "\u202e\u0000\u0007",
	"breaks of line":    "one\ntwo\r\nthree\rfour\u2028five\u2029six\u0085seven",
	"NUL":               "before\x00after",
	"escapes":           "\x1b[31mred\x07\b\x7f",
	"no UTF-8":          "caf\xe9 \xff\xfe",
	"half a surrogate":  "\xed\xa0\x80 and \xed\xbf\xbf",
	"very long":         strings.Repeat("long ", 20_000),
	"one long word":     strings.Repeat("\U0001f511", 100_000),
	"JSON":              `"},{"type":"TextBlock","text":"Granted"`,
	"commas":            "a,b,,c",
	"blank":             "   ",
}

// everywhere are all cards that show words from outside, with these in every
// place where they can come.
func everywhere(words string) []cards.Card {
	form := cards.Form{Draft: draftID, Revision: 3, Chosen: []cards.Chosen{{"Integration", texts.Outside(words)}}, Note: texts.Outside(words), Problem: texts.Outside(words)}
	named := []cards.Choice{{Title: words, Value: "0"}, {Title: words, Value: "1"}}
	list := cards.List{
		Page: named, Ticked: []string{"1"}, Problem: texts.Outside(words),
		Long: true, Search: words, From: 25, Found: 60, Total: 60, Elsewhere: named,
	}
	names := slices.Repeat([]string{words}, 12)
	told := cards.Submission{
		Draft: draftID, Integration: words, ResourceType: words, Resources: names, Permissions: names,
		Duration: time.Hour, Justification: words, AskedAt: asked,
		Requests: []cards.Request{{ID: words, Status: aponoapi.Granted}},
	}
	request := cards.Request{ID: words, About: words, Status: aponoapi.Granted}
	bundled := cards.Submission{
		Draft: draftID, Bundle: words, Units: names, Answers: [][2]string{{words, words}},
		Duration: time.Hour, Justification: words, AskedAt: asked, Requests: []cards.Request{request, request},
	}
	sentence := cards.Sentence{
		Draft: draftID, Said: words, Integration: words, ResourceType: words, Resources: names, Permissions: names,
		Justification: words, Unclear: slices.Repeat([]cards.Ambiguity{{Words: texts.Outside(words), Names: outside(names)}}, 7), Rest: words,
	}
	return append([]cards.Card{
		cards.Understood(sentence),
		cards.OpenFilled(sentence),
		cards.IntegrationStep(form, list),
		cards.ResourceTypeStep(form, list),
		cards.ResourcesStep(form, list),
		cards.FinishStep(form, cards.Finish{
			Permissions: list, Several: true, Hours: words, Justification: words,
			DurationProblem: texts.Outside(words), JustificationProblem: texts.Outside(words),
		}),
		cards.BundleStep(form, list),
		cards.ContentsStep(form, cards.Contents{Units: list, Take: cards.TakeSome, Filter: words}),
		cards.FilterStep(form, cards.Filter{Types: named, Permissions: named}),
		cards.BundleFinishStep(form, cards.BundleFinish{
			Finish: cards.Finish{
				Hours: words, Justification: words, DurationProblem: texts.Outside(words),
				Questions: []cards.Question{{Label: words, Value: words, Problem: texts.Outside(words)}, {Label: words, Choices: named}},
			},
		}),
		cards.BundlesClosed(form, texts.Outside(words), "https://portal.apono.io"),
		cards.Status(bundled),
		cards.RevokeSome(bundled, words),
		cards.StillLoading(form),
		cards.Stopped(form, "Not possible just now", texts.Outside(words)),
		cards.Status(told),
		cards.Asking(told),
		cards.Refused(told, texts.Outside(words)),
		cards.Lost(told),
		cards.Unknown(told, "https://portal.apono.io"),
		cards.Revoke(told, told),
		cards.Cancel(told),
		cards.MyRequests(cards.Mine{List: cards.ListAll, Page: []cards.Submission{told, told}, Found: 2}, asked),
		cards.MyAccess(cards.Mine{List: cards.ListAccess, Page: []cards.Submission{told, told}, Found: 2}, asked),
		cards.ViewResources(cards.Resources{
			Of: told, Page: []cards.Access{{Integration: words, Resource: words, Permission: words}}, Search: words, Found: 60, Total: 60, Permissions: []string{words, words},
		}),
		cards.BotStatus(cards.Overview{Replicas: []cards.Replica{{Version: words}}, Capabilities: []cards.Capability{{Name: words}}}),
		cards.Who(cards.Someone{Address: words, Apono: cards.AponoActive, Name: words, Met: []cards.Met{{Name: words, Chat: true, Closed: words}}}),
	}, slices.Concat(favoritesOf(words), watchCardsOf(words, "all", 2), reviewsOf(told, words), reviewsOf(bundled, words)[:1])...)
}

// ours is what each card says in our words, whatever comes from outside.
func ours(t rapid.TB) (all [][]string) {
	t.Helper()
	for _, card := range everywhere("plain words") {
		said, _ := split(t, card)
		all = append(all, said)
	}
	return all
}

// holds says that the cards show the words as words, and otherwise say what
// they always say.
func holds(t rapid.TB, want [][]string, words string) {
	t.Helper()
	for i, card := range everywhere(words) {
		got, theirs := split(t, card)
		if !slices.Equal(want[i], got) {
			t.Errorf("card %d: words from outside came to where ours belong:\n%s", i, cmp.Diff(want[i], got))
		}
		for _, text := range theirs {
			if fault := unclean(text); fault != "" {
				t.Errorf("card %d shows %s: %.60q", i, fault, text)
			}
		}
		for _, fault := range teamsFaults(t, card.JSON(texts.InEnglish)) {
			// What a person typed comes back as it is; whoever keeps the draft cuts it.
			if !strings.HasPrefix(fault, "weighs") {
				t.Errorf("card %d: %s", i, fault)
			}
		}
	}
}

// split tells what a card says in our words, where Teams reads Markdown or the
// bot reads data, from what it shows as plain text. What a person typed is
// neither: it comes back in their own input, and what they searched for in the
// buttons of a dialog that has no box for it.
func split(t rapid.TB, c cards.Card) (ours, theirs []string) {
	t.Helper()
	for o := range objects(t, c.JSON(texts.InEnglish)) {
		kind, _ := o["type"].(string)
		for key, value := range o {
			text, ok := value.(string)
			isChoice := kind == "" && o["value"] != nil
			isSearch := key == "search" && o["verb"] == string(cards.VerbFavoritesStep)
			switch {
			case !ok || isSearch || kind == "Input.Text" && key == "value":
			case kind == "TextRun" && key == "text", isChoice && key == "title":
				theirs = append(theirs, text)
			default:
				ours = append(ours, fmt.Sprintf("%s.%s: %s", kind, key, text))
			}
		}
	}
	slices.Sort(ours)
	return ours, append(theirs, c.Summary(texts.InEnglish))
}

// unclean says what is wrong with a shown text; "" if nothing.
func unclean(text string) string {
	switch {
	case !utf8.ValidString(text):
		return "what is not UTF-8"
	case utf8.RuneCountInString(text) > cards.JustificationLimit:
		return "too much"
	case strings.TrimSpace(text) == "":
		return "nothing"
	}
	for _, r := range text {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return fmt.Sprintf("the character %U", r)
		}
	}
	return ""
}

func TestWordsFromOutsideStayWords(t *testing.T) {
	t.Parallel()
	for name, words := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			holds(t, ours(t), words)
		})
	}
}

// The renderer, too, makes nothing of them.
func TestWordsFromOutsideParse(t *testing.T) {
	t.Parallel()
	all := make(map[string]json.RawMessage)
	for name, words := range hostile {
		for i, card := range everywhere(words) {
			all[fmt.Sprintf("%s, card %d", name, i)] = card.JSON(texts.InEnglish)
		}
	}
	for name, faults := range rendererFaults(t, all) {
		if len(faults) > 0 {
			t.Errorf("%s: %q", name, faults)
		}
	}
}

func TestAnyWordsStayWords(t *testing.T) {
	t.Parallel()
	pieces := make([]*rapid.Generator[string], 0, len(hostile)+2)
	for _, words := range hostile {
		if len(words) < 1000 { // the long ones are in the table
			pieces = append(pieces, rapid.Just(words))
		}
	}
	pieces = append(pieces, rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	want := ours(t)
	rapid.Check(t, func(t *rapid.T) {
		words := strings.Join(rapid.SliceOfN(rapid.OneOf(pieces...), 1, 6).Draw(t, "pieces"), "")
		if words == "" {
			return // a card says less then
		}
		holds(t, want, words)
	})
}

// TestHeaviestCardsFit draws the most that a page and a story can hold, in
// letters of four bytes. Longer lists are for the bot to cut.
func TestHeaviestCardsFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\U0001f511", 5000)
	form := cards.Form{Draft: draftID, Revision: 1000, Chosen: []cards.Chosen{{"Integration", texts.Outside(long)}, {"Resource type", texts.Outside(long)}}, Problem: texts.Outside(long)}
	names := choices(long, 1, 40)
	page := cards.List{
		Page: names[:cards.PageSize], Long: true, From: 4000, Found: 5000, Total: 5000, Cut: 1000, Elsewhere: names, Problem: texts.Outside(long),
	}
	told := story(aponoapi.Granted)
	told.Integration, told.ResourceType, told.Justification = long, long, long
	told.Resources = slices.Repeat([]string{long}, 1000)
	told.Permissions = told.Resources
	sentence := cards.Sentence{
		Draft: draftID, Integration: long, ResourceType: long, Resources: told.Resources, Permissions: told.Permissions,
		Justification: long, Unclear: slices.Repeat([]cards.Ambiguity{{Words: texts.Outside(long), Names: outside(told.Resources)}}, 7), Rest: long,
	}
	form.Note = sentence.Note()
	for name, card := range map[string]cards.Card{
		"a sentence": cards.Understood(sentence),
		"a page":     cards.ResourcesStep(form, page), "a story": cards.Status(told), "a refusal": cards.Refused(told, texts.Outside(long)),
		"several requests": cards.Status(mfa(story(slices.Repeat([]aponoapi.Status{aponoapi.PendingMFA}, 20)...))),
	} {
		for _, fault := range teamsFaults(t, card.JSON(texts.InEnglish)) {
			t.Errorf("%s: %s", name, fault)
		}
	}

	// The last step has a page and a justification, and fits in letters of
	// three bytes.
	long = strings.Repeat("漢", 5000)
	form.Chosen, form.Problem = []cards.Chosen{{"Integration", texts.Outside(long)}, {"Resource type", texts.Outside(long)}, {"Resources", texts.Outside(long)}}, nil
	names = choices(long, 1, 40)
	page.Page, page.Elsewhere, page.Problem = names[:cards.PageSize], names, texts.English("Choose a permission.")
	last := cards.FinishStep(form, cards.Finish{
		Permissions: page, Several: true, Justification: strings.Repeat("漢", cards.JustificationLimit),
		DurationProblem: texts.English("Write a number of hours."), JustificationProblem: texts.Outside(long),
	})
	for _, fault := range teamsFaults(t, last.JSON(texts.InEnglish)) {
		t.Errorf("the last step: %s", fault)
	}
}
