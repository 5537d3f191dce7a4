package db_test

import (
	"fmt"
	"testing"

	"github.com/apono-teams/teamsbot/db"
)

// Somebody new who presses several times at once is known to each press, and each
// answer is kept for its own repeats.
func TestManyPressesOfSomebodyNewAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const presses = 150 // more than one statement keeps
	press := func(i int) db.Arrival {
		a := arrival("dana")
		a.ActivityID = fmt.Sprintf("activity-%d", i)
		return a
	}
	w.together(presses, func(i int) error {
		a := press(i)
		p, first, _, err := w.Arrive(w.ctx, a)
		if err != nil {
			return err
		}
		if !first || p.TeamsID != "29:dana" || p.Chat.ID != a.Conversation.ID {
			t.Errorf("press %d: got %v and %+v", i, first, p)
		}
		return w.Answered(w.ctx, a.Conversation.ID, a.ActivityID, db.Answer{Status: 200, Body: []byte(a.ActivityID)})
	})
	for i := range presses {
		a := press(i)
		answer, err := w.AnswerTo(w.ctx, a.Conversation.ID, a.ActivityID)
		w.must(err)
		if answer == nil || string(answer.Body) != a.ActivityID {
			t.Errorf("press %d: the answer is %v", i, answer)
		}
	}
}
