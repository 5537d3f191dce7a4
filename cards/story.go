package cards

import (
	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/texts"
)

// shownRequests is how many requests of one submission get a line.
const shownRequests = 20

// several tells how a submission stands that became several requests, with a
// line for each.
func (s Submission) several() Card {
	status, n := s.overall()
	title := StatusText(status)
	if n < len(s.Requests) {
		title = texts.English("%s (%d of %d)").With(title, n, len(s.Requests))
	}
	words := []element{say("Apono made %d requests of this, each with a status of its own.", len(s.Requests))}
	if status == aponoapi.PendingMFA {
		words = append(words, meaning(Request{Status: status}))
	}
	for _, r := range s.Requests[:min(len(s.Requests), shownRequests)] {
		words = append(words, r.line())
	}
	if rest := len(s.Requests) - shownRequests; rest > 0 {
		words = append(words, aside("and %d more", rest))
	}
	links, details := s.mfaLinks(), s.details()
	links = links[:min(len(links), mfaLinks-len(details))] // Teams shows six buttons
	c := s.card(title, colorOf(status), words...).with(links...)
	if !s.over() {
		return c.with(details...).with(s.end()...)
	}
	return c.with(button("Request again", Data{Verb: VerbAgain, Request: s.Requests[0].Name}).opens(), newRequest())
}

// urgency orders the statuses by how much the person wants to know of them
// first.
var urgency = []aponoapi.Status{
	aponoapi.PendingMFA, aponoapi.Granted, aponoapi.Granting, aponoapi.Pending, aponoapi.Revoking,
	aponoapi.Failed, aponoapi.Rejected, aponoapi.Revoked, aponoapi.Expired, aponoapi.Gone,
}

// overall is the status that is told first, and how many requests have it.
func (s Submission) overall() (lead aponoapi.Status, n int) {
	count := make(map[aponoapi.Status]int)
	for _, r := range s.Requests {
		count[r.Status]++
	}
	for _, status := range urgency {
		if count[status] > 0 {
			return status, count[status]
		}
	}
	lead = s.Requests[0].Status
	return lead, count[lead]
}

// end is the button to end what there is to end.
func (s Submission) end() []element {
	var title texts.English = "Cancel request"
	name := ""
	for _, r := range s.Requests {
		if r.Revocable() {
			name = r.Name
		}
		if r.Status.Active() || r.Status == aponoapi.Granting {
			title = "Revoke access"
		}
	}
	if name == "" {
		return nil
	}
	return []element{button(title, Data{Verb: VerbRevoke, Request: name}).opens()}
}

// Revocable says that there is access to end, or a request to take back.
func (r Request) Revocable() bool { return r.Status.Active() || r.Status.Waiting() }

// details is the button to view details of any of the requests, or to reset them.
func (s Submission) details() []element {
	for _, r := range s.Requests {
		if all := r.detailsButtons(""); len(all) > 0 {
			return opening([]element{button("View details", Data{Verb: VerbDetails, Request: r.Name})})
		}
	}
	return nil
}

func (s Submission) over() bool {
	for _, r := range s.Requests {
		if !r.Status.Over() {
			return false
		}
	}
	return true
}

// line tells one request of several: its id, what it is for, how it stands.
func (r Request) line() element {
	name := run(Line(r.ID, 80))
	name.Weight = "bolder"
	inlines := []element{name}
	if r.About != "" {
		inlines = append(inlines, run(" · "+Line(r.About, 120)))
	}
	status := runOf(texts.English(" · %s").With(StatusText(r.Status)))
	status.Color, status.Weight = colorOf(r.Status), "bolder"
	inlines = append(inlines, status)
	switch {
	case r.EndsAt.IsZero(), r.Status == aponoapi.Gone:
	case r.Status.Active():
		inlines = append(inlines, runOf(texts.English(", until about %s").With(texts.Clock(r.EndsAt))))
	default:
		inlines = append(inlines, runOf(texts.English(" on %s").With(texts.Clock(r.EndsAt))))
	}
	if why := Line(r.Reason, reasonLimit); why != "" {
		inlines = append(inlines, run(" · "+why))
	}
	e := runs(inlines...)
	e.Spacing = "small"
	return e
}
