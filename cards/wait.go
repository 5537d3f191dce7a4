package cards

import (
	"maps"

	"github.com/apono-teams/teamsbot/texts"
)

// Wait asks somebody to wait who has pressed p in a dialog. Try again presses the
// same once more, with what was filled in but for a token, which no card holds.
func Wait(words texts.Text, p Press) Card {
	again := button("Try again", p.Data).positive()
	again.Data.Filled = maps.Clone(p.Inputs)
	delete(again.Data.Filled, FieldToken)
	body := []element{quoteOf(words)}
	if len(again.Data.Filled) > 0 {
		body = append(body, say("What you filled in is kept."))
	}
	return newCard("Wait a minute", body...).with(again)
}
