package cards_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

const tokensURL = "https://portal.apono.io/api-tokens"

func connectStates() map[string]cards.Card {
	return map[string]cards.Card{
		"connect":         cards.Connect(cards.Connecting{TokensURL: tokensURL}),
		"connect_problem": cards.Connect(cards.Connecting{TokensURL: tokensURL, Problem: texts.English("Apono does not accept this token.")}),
		"connect_again": cards.Connect(cards.Connecting{
			TokensURL: tokensURL, Lead: texts.English("Your connection to Apono has ended."),
			Then: &cards.Press{Data: cards.Data{Verb: cards.VerbAgain, Request: "AR-123"}, Inputs: map[string]string{"reason": "INC-42"}},
		}),
		"connect_open":  cards.OpenConnect(),
		"connected":     cards.Connected(asked),
		"disconnect":    cards.Disconnect(),
		"disconnected":  cards.Disconnected(tokensURL),
		"not_connected": cards.NotConnected(),
		"token_typed":   cards.TokenTyped(tokensURL),
	}
}

// What was pressed before comes back whole, so that it can go on.
func TestConnectKeepsWhatWasPressed(t *testing.T) {
	t.Parallel()
	want := cards.Press{
		Data:   cards.Data{Verb: cards.VerbAgain, Do: cards.DoSubmit, Request: "AR-123", Card: 7, Requests: []string{"a", "b"}},
		Inputs: map[string]string{"reason": "INC-42\n\"quoted\""},
	}
	card := cards.Connect(cards.Connecting{TokensURL: tokensURL, Then: &want})
	var c struct {
		Actions []struct {
			Data json.RawMessage `json:"data"`
		} `json:"actions"`
	}
	if err := json.Unmarshal(card.JSON(texts.InEnglish), &c); err != nil || len(c.Actions) != 2 {
		t.Fatalf("%v: %s", err, card.JSON(texts.InEnglish))
	}
	got, err := cards.ParsePress(c.Actions[1].Data)
	if err != nil || got.Verb != cards.VerbConnectNow || got.Then == nil {
		t.Fatalf("the button asks for %+v, %v", got, err)
	}
	if diff := cmp.Diff(want, *got.Then); diff != "" {
		t.Errorf("what goes on (-want +got):\n%s", diff)
	}
}
