package cards

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apono-teams/teamsbot/texts"
)

// Cancel asks whether a request that waits is to be cancelled.
func Cancel(s Submission) Card {
	body := append([]element{
		heading("Cancel this request?"),
		say("Nobody has to decide on it any more. To get the access you have to request it again."),
	}, s.what()...)
	cancel := Data{Verb: VerbRevokeNow, Requests: []string{s.Requests[0].Name}}
	return newCard("Cancel request", append(body, s.called()...)...).
		with(button("Cancel request", cancel).destructive())
}

// Revoke asks whether access is to end, and names all that ends. Each
// submission has one request.
func Revoke(all ...Submission) Card {
	body := []element{
		heading("Revoke this access?"),
		say("It ends at once. To get it back you have to request it again."),
	}
	ids, names := make([]string, len(all)), shownNames
	if len(all) > 1 {
		names = 3
	}
	for i, s := range all {
		ids[i] = s.Requests[0].Name
		body = append(body, group(append(s.first(names), s.called()...)...))
	}
	var title texts.Text = texts.English("Revoke access")
	if len(all) > 1 {
		title = texts.English("Revoke all %d").With(len(all))
	}
	return newCard("Revoke access", body...).with(buttonOf(title, Data{Verb: VerbRevokeNow, Requests: ids}).destructive())
}

// called names the one request of a submission, and what of a bundle it is for:
// elsewhere that has been said.
func (s Submission) called() []element {
	r := s.Requests[0]
	called := []element{fact("Request ID", Line(r.ID, 80))}
	if r.About != "" && s.Bundle != "" {
		called = append(called, fact("In", Line(r.About, 120)))
	}
	return called
}

// shownToRevoke is how many requests of one submission can be ended at once.
const shownToRevoke = 10

// RevokeSome asks which requests of a submission are to end; what is ticked is
// asked for once more. Where one of them was pressed, it alone is ticked; it is
// named as buttons do, and "" ticks all.
func RevokeSome(s Submission, pressed string) Card {
	body := append([]element{heading("What is to end?")}, s.what()...)
	var names []Choice
	var states []texts.Text
	var ids, ticked []string
	offer := func(r Request) {
		if !r.Revocable() || len(ids) == shownToRevoke {
			return
		}
		value := strconv.Itoa(len(ids))
		parts := slices.DeleteFunc([]string{r.ID, r.About}, func(p string) bool { return p == "" })
		names = append(names, Choice{Title: strings.Join(parts, " · "), Value: value})
		states = append(states, StatusText(r.Status))
		ids = append(ids, r.Name)
		if pressed == "" || pressed == r.Name {
			ticked = append(ticked, value)
		}
	}
	for _, r := range s.Requests { // the pressed one has a place, however many there are
		if r.Name == pressed {
			offer(r)
		}
	}
	for _, r := range s.Requests {
		if r.Name != pressed {
			offer(r)
		}
	}
	choices := shown(names)
	for i, state := range states {
		choices[i].Title = texts.English("%s · %s").With(choices[i].Title, state)
	}
	body = append(body, someOf(FieldRevoke, texts.English("Requests"), choices, ticked))
	return newCard("Revoke access", body...).with(button("Next", Data{Verb: VerbRevoke, Requests: ids}).positive())
}
