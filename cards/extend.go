package cards

import "github.com/apono-teams/teamsbot/texts"

// Extend asks whether the access of the one request is to be extended.
func Extend(s Submission, used int) Card {
	r := s.Requests[0]
	body := append([]element{heading("Extend this access?")}, s.what()...)
	body = append(body, factOf(texts.English("By"), texts.Duration(r.ExtendBy)))
	if !r.EndsAt.IsZero() {
		body = append(body, factOf(texts.English("Ends then"), texts.Clock(r.EndsAt.Add(r.ExtendBy))))
	}
	return newCard("Extend access", append(body, s.called()...)...).
		with(button("Extend access", Data{Verb: VerbExtendNow, Request: r.Name, From: used}).positive())
}

// NotExtended says that the access cannot be extended, or not any more.
func NotExtended(s Submission) Card {
	body := append([]element{
		heading("This access cannot be extended"),
		say("Apono does not extend it, or not once more. You can request it again."),
	}, s.what()...)
	return newCard("Extend access", append(body, s.called()...)...).
		with(button("Request again", Data{Verb: VerbAgain, Request: s.Requests[0].Name}).positive())
}
