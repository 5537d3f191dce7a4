package cards

import "github.com/apono-teams/teamsbot/texts"

// ApprovalsPage is how many requests a page of an approver's list has.
const ApprovalsPage = 5

// Approvals is a page of what waits for a person's decision, the oldest first.
type Approvals struct {
	Page  []Review
	From  int
	Found int
}

// OpenApprovals answers the typed command. On says that what waits comes to the
// person's own chat by itself.
func OpenApprovals(on bool) Card {
	var words texts.English = "What waits for you comes here by itself. Write **approvals off** to end that."
	if !on {
		words = "Write **approvals on** to get what waits for you here, as it comes."
	}
	return newCard("My approvals", say("The requests that wait for your decision."), aside(words)).
		with(button("My approvals", Data{Verb: VerbApprovals}).opens().positive())
}

// ApprovalsSet says whether what waits for a person comes to their own chat.
func ApprovalsSet(on bool) Card {
	if on {
		return newCard("Approvals on", say("What waits for your decision comes here from now on."))
	}
	return newCard("Approvals off", say("What waits for your decision does not come here any more. Write **approvals** to see it."))
}

// ConnectFirst says that only a person's own token tells what waits for them.
func ConnectFirst() Card {
	return newCard("Connect first", say("Only your own Apono token tells what waits for you. Write **connect** first, then **approvals on**."))
}

// ApprovalsLoading says that Apono has not told the list yet.
func ApprovalsLoading() Card {
	return newCard("My approvals", heading("Still loading"), say("Apono has not answered yet. Try again in a few seconds.")).
		with(button("Try again", Data{Verb: VerbApprovals}).positive())
}

// MyApprovals shows a page of what waits for a person, to be decided from there.
func MyApprovals(l Approvals) Card {
	if l.Found == 0 {
		return newCard("My approvals", say("Nothing waits for your decision."))
	}
	var body []element
	if l.Found > len(l.Page) {
		body = append(body, aside("%d to %d of %d, the oldest first", l.From+1, l.From+len(l.Page), l.Found))
	}
	for _, r := range l.Page {
		body = append(body, group(r.entry()...))
	}
	var more []element
	if l.From > 0 {
		more = append(more, button("Previous page", Data{Verb: VerbApprovals, From: max(0, l.From-ApprovalsPage)}))
	}
	if l.From+len(l.Page) < l.Found {
		more = append(more, button("Next page", Data{Verb: VerbApprovals, From: l.From + ApprovalsPage}))
	}
	if more != nil {
		body = append(body, buttons(more...))
	}
	return newCard("My approvals", body...)
}

// entry is one request in the list, with the buttons to decide.
func (r Review) entry() []element {
	request := r.Of.Requests[0]
	lines := append([]element{r.who()}, r.what()...)
	lines = append(lines, fact("Request ID", Line(request.ID, 80)))
	return append(lines, buttons(
		button("Approve", Data{Verb: VerbApprove, Request: request.Name}).positive(),
		button("Reject", Data{Verb: VerbReject, Request: request.Name}).destructive()))
}
