package teamsbot

import (
	"context"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// quoteLimit is how much of a message begins a justification, so that there is
// room to go on.
const quoteLimit = 600

// openExtension opens the request form from the compose box or from a message,
// whose text begins the justification. The bot need not be where that is: the
// status goes to the person's own chat.
func (t *turn) openExtension(ctx context.Context) (teams.Answer, error) {
	t.press.Verb, t.intent = cards.VerbRequest, "extension"
	task, err := t.activity.Task()
	if err != nil {
		return teams.Answer{}, sorry(err, wordsOldButton)
	}
	f := newForm()
	f.Justification = cards.Paragraph(withoutTokens(task.Message), quoteLimit)
	return t.openForm(ctx, f)
}
