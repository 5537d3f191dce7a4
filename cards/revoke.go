package cards

import "fmt"

// Cancel asks whether a request that waits is to be cancelled.
func Cancel(s Submission) Card {
	body := append([]element{
		heading("Cancel this request?"),
		say("Nobody has to decide on it any more. To get the access you have to request it again."),
	}, s.what()...)
	r := s.Requests[0]
	return newCard("Cancel request", append(body, fact("Request ID", Line(r.ID, 80)))...).
		with(button("Cancel request", Data{Verb: VerbRevokeNow, Requests: []string{r.Name}}).destructive())
}

// Revoke asks whether access is to end, and names all that ends. Each
// submission has one request.
func Revoke(all ...Submission) Card {
	body := []element{
		heading("Revoke this access?"),
		say("It ends at once. To get it back you have to request it again."),
	}
	ids := make([]string, len(all))
	for i, s := range all {
		r := s.Requests[0]
		ids[i] = r.Name
		body = append(body, group(append(s.what(), fact("Request ID", Line(r.ID, 80)))...))
	}
	title := "Revoke access"
	if len(all) > 1 {
		title = fmt.Sprintf("Revoke all %d", len(all))
	}
	return newCard("Revoke access", body...).with(button(title, Data{Verb: VerbRevokeNow, Requests: ids}).destructive())
}
