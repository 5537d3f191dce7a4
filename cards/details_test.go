package cards_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// viewed is when details came to stand so.
var viewed = asked.Add(2*time.Hour + 2*time.Minute)

// withDetails is a request with these systems.
func withDetails(s cards.Submission, all ...cards.System) cards.Submission {
	for i := range s.Requests {
		s.Requests[i].Systems = all
	}
	return s
}

// system is one without a name, as the service token sees it.
func system(state cards.DetailsState, note cards.DetailsNote) cards.System {
	return cards.System{State: state, Note: note, At: viewed, Number: 7}
}

// session is one that Apono has told of.
func session(name string, state cards.DetailsState, note cards.DetailsNote) cards.System {
	x := system(state, note)
	x.Session, x.Name = "ses_"+name, name
	return x
}

var aboutShown = cards.Shown{System: "Orders database / PostgreSQL", Session: "ses_1", Once: true, Admin: texts.English("it-help@acme.example")}

// toDatabase are details as Apono tells them of a session.
var toDatabase = aponoapi.Details{
	Instructions: "Connect to Orders database (PostgreSQL)\nHost: orders.acme.example\nUser: dana\nPassword: pw-1234\n\nUse a read replica for long queries.",
	Parameters:   map[string]aponoapi.Secret{"host": "orders.acme.example", "username": "dana", "password": "pw-1234"},
	CLI:          "psql 'postgresql://dana:pw-1234@orders.acme.example'",
	LinkURL:      "https://orders.acme.example/console?token=t-1234", LinkTitle: "Open the console",
	AdminMessage: "Mind the **on-call** rules.",
}

const kubeconfig = "apiVersion: v1\nclusters:\n  - cluster:\n      server: https://k8s.acme.example\n    name: prod\nusers:\n  - user:\n      token: t-1234"

func detailsStates() map[string]cards.Card {
	granted := func(all ...cards.System) cards.Submission { return withDetails(ends(story(aponoapi.Granted)), all...) }
	two := granted(session("Orders database", cards.DetailsViewed, ""), session("Billing", cards.DetailsOpen, ""))
	free := session("AWS production", cards.DetailsOpen, "")
	free.Free = true
	open := system(cards.DetailsOpen, "")
	all := map[string]cards.Card{
		"details_none":      cards.ViewDetails(granted(), nil),
		"details_two":       cards.ViewDetails(two, nil),
		"details_free":      cards.ViewDetails(granted(free), nil),
		"details_problem":   cards.ViewDetails(granted(open), texts.English("Apono is busy. Nothing was shown, and nothing is lost: press Show again.")),
		"details_which":     cards.WhichDetails(withDetails(story(aponoapi.Granted, aponoapi.Granted, aponoapi.Expired), open)),
		"details_shown":     cards.AccessDetails(aboutShown, toDatabase),
		"details_text":      cards.AccessDetails(cards.Shown{Once: true, Admin: texts.English("Adam Admin")}, aponoapi.Details{Instructions: toDatabase.Instructions}),
		"details_blanks":    cards.AccessDetails(cards.Shown{Once: true, Admin: texts.English("Adam Admin")}, aponoapi.Details{Instructions: kubeconfig}),
		"details_again":     cards.AccessDetails(cards.Shown{Admin: texts.English("Adam Admin")}, aponoapi.Details{Instructions: "Sign in.", LinkURL: "http://plain.example"}),
		"details_stars":     cards.AccessDetails(cards.Shown{Masked: true, Once: true, Admin: texts.English("Adam Admin")}, masked(toDatabase)),
		"details_too_long":  cards.AccessDetails(aboutShown, tooLong()),
		"details_odd":       cards.AccessDetails(aboutShown, aponoapi.Details{Parameters: map[string]aponoapi.Secret{"password": " a\u202eb\x00\n\nc "}}),
		"reset_ask":         cards.Reset(granted(system(cards.DetailsViewed, "")), []string{"AR-7", "AR-8"}, false),
		"reset_session":     cards.Reset(two, []string{"AR-7"}, true),
		"status_two":        cards.Status(two),
		"status_details_of": cards.Status(withDetails(story(aponoapi.Granted, aponoapi.Expired), open)),
		"status_details_and_mfa": cards.Status(withDetails(mfa(story(append([]aponoapi.Status{aponoapi.Granted},
			slices.Repeat([]aponoapi.Status{aponoapi.PendingMFA}, 8)...)...)), open)),
		"message_reset":     cards.NewCredentials(granted(system(cards.DetailsOpen, cards.DetailsRenewed))),
		"message_reset_old": cards.NewCredentials(granted(system(cards.DetailsViewed, ""))),
		"message_viewed":    cards.Granted(granted(system(cards.DetailsViewed, ""))),
		"access_details":    cards.MyAccess(cards.Mine{List: cards.ListAccess, Page: []cards.Submission{granted(system(cards.DetailsViewed, "")), granted(open)}, Found: 2}, asked),
	}
	for name, x := range map[string]cards.System{
		"open": open, "claimed": system(cards.DetailsClaimed, ""), "viewed": system(cards.DetailsViewed, ""),
		"masked": system(cards.DetailsViewed, cards.DetailsMasked), "unclear": system(cards.DetailsViewed, cards.DetailsUnclear),
		"not_reset": system(cards.DetailsViewed, cards.DetailsNotReset), "slow": session("Orders", cards.DetailsViewed, cards.DetailsSlow),
		"resetting": system(cards.DetailsResetting, ""), "resetting_session": session("Orders", cards.DetailsResetting, ""),
		"renewed": session("Orders", cards.DetailsOpen, cards.DetailsRenewed), "untold": system(cards.DetailsOpen, cards.DetailsUntold),
	} {
		all["status_details_"+name] = cards.Status(granted(x))
		all["details_"+name] = cards.ViewDetails(granted(x), nil)
	}
	return all
}

// masked is what Apono tells who comes second.
func masked(d aponoapi.Details) aponoapi.Details {
	hide := func(s aponoapi.Secret) aponoapi.Secret {
		return aponoapi.Secret(strings.ReplaceAll(s.Reveal(), "pw-1234", strings.Repeat("*", 12)))
	}
	d.Instructions, d.CLI, d.Parameters = hide(d.Instructions), hide(d.CLI), maps.Clone(d.Parameters)
	for name, value := range d.Parameters {
		d.Parameters[name] = hide(value)
	}
	return d
}

func tooLong() aponoapi.Details {
	d := toDatabase
	d.Parameters = map[string]aponoapi.Secret{"certificate": aponoapi.Secret(strings.Repeat("x", 30_000)), "password": "pw-1234"}
	for i := range 200 {
		d.Instructions += aponoapi.Secret(fmt.Sprintf("\n%03d: %s", i, strings.Repeat("and on ", 30)))
	}
	return d
}

// What does not fit is named, and what is there is whole: Apono does not show it
// a second time.
func TestDetailsAreWholeOrNamed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) string {
			return rapid.StringN(0, 40, -1).Draw(t, label) + strings.Repeat(rapid.SampledFrom([]string{"x", "\U0001f511", "\"", "\n"}).Draw(t, label+" rest"),
				rapid.SampledFrom([]int{0, 3, 300, 7_000, 40_000}).Draw(t, label+" length"))
		}
		d := aponoapi.Details{
			Instructions: aponoapi.Secret(text("instructions")), CLI: aponoapi.Secret(text("command")), AdminMessage: text("remark"),
			LinkURL: "https://" + aponoapi.Secret(rapid.StringMatching(`[a-z]{1,30}/[a-z]{0,100}`).Draw(t, "link")+strings.Repeat("z", rapid.SampledFrom([]int{0, 9000}).Draw(t, "link length"))), LinkTitle: text("title"),
			Parameters: make(map[string]aponoapi.Secret),
		}
		for i := range rapid.IntRange(0, 40).Draw(t, "parameters") {
			d.Parameters[fmt.Sprintf("value %d", i)] = aponoapi.Secret("<" + rapid.StringMatching(`[a-z]{0,200}`).Draw(t, "value") + strings.Repeat("y", rapid.SampledFrom([]int{0, 9000}).Draw(t, "more")) + ">")
		}
		about := cards.Shown{System: text("system"), Session: text("session"), Admin: texts.Outside(text("admin")), Once: true, Masked: rapid.Bool().Draw(t, "masked")}
		card := cards.AccessDetails(about, d).JSON(texts.InEnglish)
		for _, fault := range teamsFaults(t, card) {
			t.Errorf("%s", fault)
		}
		shown := visibleText(t, card)
		left := 0
		for name, value := range d.Parameters {
			switch {
			case strings.Contains(shown, value.Reveal()):
			case strings.Contains(shown, "Not shown: "):
				left++
			default:
				t.Errorf("%s is neither whole nor named in\n%s", name, shown)
			}
		}
		if left > 0 && !strings.Contains(shown, "value ") {
			t.Error("what is left out has no name")
		}
	})
}

// visibleText is what a card shows, a line for each element.
func visibleText(t rapid.TB, card json.RawMessage) string {
	var all strings.Builder
	for o := range objects(t, card) {
		for _, key := range []string{"text", "codeSnippet", "title"} {
			if s, ok := o[key].(string); ok {
				all.WriteString(s + "\n")
			}
		}
	}
	return all.String()
}

// Apono's words in details are words, wherever they come, and never in what a
// press sends back.
func TestDetailsAreNeitherMarkdownNorData(t *testing.T) {
	t.Parallel()
	for name, words := range hostile {
		d := aponoapi.Details{
			Instructions: aponoapi.Secret(words), CLI: aponoapi.Secret(words), AdminMessage: words, LinkTitle: words,
			LinkURL: aponoapi.Secret(words), Parameters: map[string]aponoapi.Secret{words: aponoapi.Secret(words), "canary": "pw-canary"},
		}
		card := cards.AccessDetails(cards.Shown{System: words, Session: words, Admin: texts.Outside(words), Once: true}, d).JSON(texts.InEnglish)
		for _, fault := range teamsFaults(t, card) {
			t.Errorf("%s: %s", name, fault)
		}
		for o := range objects(t, card) {
			kind, _ := o["type"].(string)
			if text, _ := o["text"].(string); kind == "TextBlock" && text != "Access details" {
				t.Errorf("%s: a text block says %.80q", name, text)
			}
			if strings.HasPrefix(kind, "Input.") || o["data"] != nil {
				t.Errorf("%s: %s carries something back", name, kind)
			}
			if u, ok := o["url"].(string); ok && !strings.HasPrefix(u, "https://") {
				t.Errorf("%s: leads to %s", name, u)
			}
		}
		if !strings.Contains(visibleText(t, card), "pw-canary") && !strings.Contains(visibleText(t, card), "Not shown: ") {
			t.Errorf("%s: the value beside it is lost", name)
		}
	}
}

// A line of blanks in a value is told by their code points.
func TestDetailsTellBlanks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a\n\nb": "⟨U+000A⟩\n", "a\n \t\nb": "⟨U+0020⟩⟨U+0009⟩\n", " ": "⟨U+0020⟩\n", " \n\n": "⟨U+0020⟩\n"} {
		d := aponoapi.Details{CLI: aponoapi.Secret(text), Parameters: map[string]aponoapi.Secret{"x": aponoapi.Secret(text)}}
		card := cards.AccessDetails(cards.Shown{Once: true, Admin: texts.Outside("Adam")}, d).JSON(texts.InEnglish)
		for _, fault := range teamsFaults(t, card) {
			t.Errorf("%q: %s", text, fault)
		}
		if shown := visibleText(t, card); !strings.Contains(shown, want) {
			t.Errorf("%q is shown as\n%s", text, shown)
		}
	}
}

func TestDetailsShowNoStarsAsAPassword(t *testing.T) {
	t.Parallel()
	card := string(cards.AccessDetails(cards.Shown{Once: true, Masked: true, Admin: texts.English("Adam")}, masked(toDatabase)).JSON(texts.InEnglish))
	if strings.Contains(card, "***") || strings.Contains(card, "pw-1234") || !strings.Contains(card, "[read before]") {
		t.Errorf("got %s", card)
	}
	for text, want := range map[string]string{"p**d": "p**d", "***": "[read before]", "a***b": "a***b", "a****b": "a[read before]b"} {
		card := visibleText(t, cards.AccessDetails(cards.Shown{Once: true, Admin: texts.Outside("Adam")}, aponoapi.Details{Parameters: map[string]aponoapi.Secret{"x": aponoapi.Secret(text)}}).JSON(texts.InEnglish))
		if !strings.Contains(card, want+"\n") {
			t.Errorf("%q is shown as\n%s", text, card)
		}
	}
}
