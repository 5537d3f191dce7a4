package cards

import "fmt"

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
