package cards_test

import (
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// behalfStates are the cards of what is asked for somebody else.
func behalfStates() map[string]cards.Card {
	mine, dana := atIntegration, atIntegration
	mine.MayFor, mine.For = true, texts.English("Me")
	const danas = "Dana **Developer** (dana@acme.example)"
	dana.MayFor, dana.For = true, texts.Outside(danas)
	later := atFinish
	later.For = dana.For
	people := []cards.Choice{{Title: "Me", Value: "0"}, {Title: danas, Value: "1"}}
	asker, grantee := ends(story(aponoapi.Granted)), ends(story(aponoapi.Granted))
	asker.For, asker.Requests[0].Others = danas, true
	grantee.By = "Devin Developer"
	return map[string]cards.Card{
		"for":             cards.ForStep(atIntegration, cards.List{Page: people, Ticked: []string{"0"}}),
		"for_long":        cards.ForStep(atIntegration, cards.List{Page: choices("person", 1, 25), Long: true, Found: 5000, Total: 5000}),
		"integration_me":  cards.IntegrationStep(mine, cards.List{Page: few}),
		"integration_for": cards.IntegrationStep(dana, cards.List{Page: few}),
		"bundle_for":      cards.BundleStep(dana, cards.List{Page: few}),
		"finish_for":      cards.FinishStep(later, cards.Finish{Duration: "60", Permissions: cards.List{Page: few[:1], Ticked: []string{"0"}}}),
		"status_for":      cards.Status(asker),
		"status_by":       cards.Status(grantee),
		"granted_for":     cards.Granted(asker),
		"granted_by":      cards.Granted(grantee),
	}
}

// Who was erased has a name in every language.
func TestSomebodyInGerman(t *testing.T) {
	t.Parallel()
	s := story(aponoapi.Granted)
	s.For = cards.Somebody
	if card := string(cards.Status(s).JSON(texts.For("de"))); strings.Contains(card, "somebody") || !strings.Contains(card, "jemand") {
		t.Errorf("it is for nobody:\n%s", card)
	}
}
