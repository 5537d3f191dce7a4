package cards_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// letters are what names can be full of, by what they weigh in JSON.
var letters = map[string]string{
	"one byte": "w", "markup": "<", "quotes": `"`, "three bytes": "漢", "four bytes": "\U0001f511",
}

// of is n letters.
func of(letter string, n int) string { return strings.Repeat(letter, n) }

// fullest are all cards that show words from outside, with as many of them, and
// as long, as the bot ever puts there.
func fullest(letter string) map[string]cards.Card {
	name, words := of(letter, 80), of(letter, cards.JustificationLimit)
	many := slices.Repeat([]string{name}, 500)
	request := cards.Request{ID: name, Name: draftID, About: words, Status: aponoapi.Granted, EndsAt: asked.Add(time.Hour), MFAURL: "https://portal.apono.io/mfa"}
	told := cards.Submission{
		Draft: draftID, Integration: words, ResourceType: words, Resources: many, Permissions: many,
		Duration: time.Hour, Justification: words, AskedAt: asked, Requests: []cards.Request{request}, Again: many,
	}
	bundled := told
	bundled.Bundle, bundled.Units = words, many
	bundled.Answers = slices.Repeat([][2]string{{words, of(letter, cards.AnswerLimit)}}, cards.MaxQuestions)
	several, waiting := bundled, told
	several.Requests = slices.Repeat([]cards.Request{request}, 25)
	request.Status = aponoapi.PendingMFA
	waiting.Requests = slices.Repeat([]cards.Request{request}, 25)
	all := map[string]cards.Card{
		"status": cards.Status(told), "status of a bundle": cards.Status(bundled),
		"several requests": cards.Status(several), "several that wait": cards.Status(waiting),
		"asking": cards.Asking(told), "refused": cards.Refused(bundled, texts.Outside(words)), "lost": cards.Lost(bundled),
		"unknown": cards.Unknown(bundled, "https://portal.apono.io"),
		"revoke":  cards.Revoke(told), "cancel": cards.Cancel(bundled), "revoke some": cards.RevokeSome(several, ""),
		"revoke ten":         cards.Revoke(slices.Repeat([]cards.Submission{told}, 10)...),
		"revoke ten bundles": cards.Revoke(slices.Repeat([]cards.Submission{bundled}, 10)...),
		"my requests": cards.MyRequests(cards.Mine{
			List: cards.ListAll, Page: slices.Repeat([]cards.Submission{bundled}, cards.MinePage), From: 5, Found: 60, Cut: 900,
		}, asked),
		"my access": cards.MyAccess(cards.Mine{
			List: cards.ListAccess, Page: slices.Repeat([]cards.Submission{told}, cards.MinePage), From: 5, Found: 60, Cut: 900,
		}, asked),
		"resources": cards.ViewResources(cards.Resources{
			Of: told, Search: of(letter, 100), From: 25, Found: 4000, Total: 5000, Whole: true, Late: true, Permissions: slices.Repeat([]string{name}, 50),
			Stands: map[aponoapi.Status]int{aponoapi.Granted: 4000, aponoapi.Failed: 900, aponoapi.Status(of(letter, 40)): 100},
			Page:   slices.Repeat([]cards.Access{{Integration: name, Resource: name, Permission: name, Status: aponoapi.Granted}}, cards.PageSize),
		}),
	}
	for i, card := range favoritesOf(words) {
		all[fmt.Sprintf("favorites %d", i)] = card
	}
	for i, card := range watchCardsOf(words, of(letter, 400/len(letter)), 12) {
		all[fmt.Sprintf("watch %d", i)] = card
	}
	for i, card := range slices.Concat(reviewsOf(told, words), reviewsOf(bundled, words)) {
		all[fmt.Sprintf("for approvers %d", i)] = card
	}
	addForms(all, letter)
	return all
}

// addForms adds the steps of the forms.
func addForms(all map[string]cards.Card, letter string) {
	name, words := of(letter, 80), of(letter, cards.JustificationLimit)
	many := slices.Repeat([]string{name}, 500)
	sentence := cards.Sentence{
		Draft: draftID, Said: words, Integration: words, ResourceType: words, Resources: many, Permissions: many,
		Justification: words, Unclear: slices.Repeat([]cards.Ambiguity{{Words: texts.Outside(words), Names: outside(many)}}, 7), Rest: words,
	}
	form := cards.Form{
		Draft: draftID, Revision: 1000, Chosen: []cards.Chosen{{"Integration", texts.Outside(words)}, {"Resource type", texts.Outside(words)}, {"Resources", texts.Outside(words)}},
		Note: sentence.Note(), Problem: texts.Outside(words),
	}
	page := cards.List{
		Page: choices(name, 1, cards.PageSize), Problem: texts.Outside(words), Long: true, Search: of(letter, 100), Also: []cards.Do{cards.DoFilter, cards.DoSelected},
		From: 4000, Found: 5000, Total: 5000, Cut: 1000, Elsewhere: choices(name, 1, 40),
	}
	finish := cards.Finish{
		Permissions: page, Several: true, Hours: of(letter, 10), Justification: words,
		DurationProblem: texts.English("Write a number of hours."), JustificationProblem: texts.English("Say why you need it."),
	}
	asks := finish
	asks.Questions = slices.Repeat([]cards.Question{{Label: words, Value: of(letter, cards.AnswerLimit), Problem: texts.English("Answer this.")}}, cards.MaxQuestions)
	bundle := asks
	bundle.Permissions = cards.List{}
	for name, card := range map[string]cards.Card{
		"understood": cards.Understood(sentence), "open filled": cards.OpenFilled(sentence),
		"integration": cards.IntegrationStep(form, page), "resource type": cards.ResourceTypeStep(form, page),
		"a list to type in": cards.IntegrationStep(cards.Form{Draft: draftID}, cards.List{Page: choices(name, 1, cards.FilteredChoices)}),
		"resources step":    cards.ResourcesStep(form, page), "finish": cards.FinishStep(form, finish),
		"bundle":        cards.BundleStep(form, page),
		"contents":      cards.ContentsStep(form, cards.Contents{Units: page, Take: cards.TakeSome, Filter: words}),
		"filter":        cards.FilterStep(form, cards.Filter{Types: page.Page, Permissions: page.Page, More: true}),
		"bundle finish": cards.BundleFinishStep(form, cards.BundleFinish{Finish: bundle}),
		"asks":          cards.FinishStep(form, asks),
		"loading":       cards.StillLoading(form), "stopped": cards.Stopped(form, "Not possible just now", texts.Outside(words)),
	} {
		all[name] = card
	}
}

// TestFullestCardsFit holds the fullest cards to what Teams takes, whatever
// letters names are of.
func TestFullestCardsFit(t *testing.T) {
	t.Parallel()
	for kind, letter := range letters {
		for name, card := range fullest(letter) {
			drawn := card.JSON(texts.InEnglish)
			for _, fault := range append(teamsFaults(t, drawn), teamsFaults(t, card.JSON(texts.For("de")))...) {
				t.Errorf("%s, letters of %s: %s", name, kind, fault)
			}
			if !bytes.Equal(drawn, card.JSON(texts.InEnglish)) {
				t.Errorf("%s, letters of %s: drawn twice, the card is not the same", name, kind)
			}
		}
	}
}

// TestOrdinaryNamesAreNotCut draws the longest names in the letters that nearly
// all names have.
func TestOrdinaryNamesAreNotCut(t *testing.T) {
	t.Parallel()
	all := fullest("w")
	for _, name := range []string{"resources", "contents", "finish", "revoke ten", "my access"} {
		if !strings.Contains(string(all[name].JSON(texts.InEnglish)), of("w", 80)) {
			t.Errorf("%s: no name is shown in full", name)
		}
	}
}
