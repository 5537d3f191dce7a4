package cards

// Revoke asks whether access is to end, and names what ends.
func Revoke(s Submission) Card {
	r := s.Requests[0]
	body := append([]element{
		heading("Revoke this access?"),
		say("It ends at once for you. To get it back you have to request it again."),
	}, s.what()...)
	body = append(body, fact("Request ID", Line(r.ID, 80)))
	return newCard("Revoke access", body...).
		with(button("Revoke access", Data{Verb: VerbRevokeNow, Request: r.Name}).destructive())
}
