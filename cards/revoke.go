package cards

import (
	"fmt"
	"strconv"
)

// Cancel asks whether a request that waits is to be cancelled.
func Cancel(s Submission) Card {
	body := append([]element{
		heading("Cancel this request?"),
		say("Nobody has to decide on it any more. To get the access you have to request it again."),
	}, s.what()...)
	r := s.Requests[0]
	return newCard("Cancel request", append(body, r.called()...)...).
		with(button("Cancel request", Data{Verb: VerbRevokeNow, Requests: []string{r.Name}}).destructive())
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
		r := s.Requests[0]
		ids[i] = r.Name
		body = append(body, group(append(s.first(names), r.called()...)...))
	}
	title := "Revoke access"
	if len(all) > 1 {
		title = fmt.Sprintf("Revoke all %d", len(all))
	}
	return newCard("Revoke access", body...).with(button(title, Data{Verb: VerbRevokeNow, Requests: ids}).destructive())
}

// called names a request, and what of a submission it is for.
func (r Request) called() []element {
	called := []element{fact("Request ID", Line(r.ID, 80))}
	if r.About != "" {
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
	var choices []Choice
	var ids, ticked []string
	offer := func(r Request) {
		if !r.Revocable() || len(ids) == shownToRevoke {
			return
		}
		value := strconv.Itoa(len(ids))
		choices = append(choices, Choice{Title: r.ID + " " + r.About + " " + r.Status.String(), Value: value})
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
	body = append(body, someOf(FieldRevoke, "Requests", shown(choices), ticked))
	return newCard("Revoke access", body...).with(button("Next", Data{Verb: VerbRevoke, Requests: ids}).positive())
}
