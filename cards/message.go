package cards

import (
	"slices"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/texts"
)

// The cards of this file are messages of their own, about what must not be
// missed: a card that only changes where it stands alerts nobody. Each tells of
// one request, the only one in s.Requests, as it stands when the card is drawn.

// Granted says that the access is there.
func Granted(s Submission) Card {
	r := s.Requests[0]
	if !r.Status.Active() {
		return s.message("Access was granted", "", texts.English("It is not there any more: %s.").With(StatusText(r.Status)))
	}
	c := s.message("Access granted", good, until(r))
	c.body = slices.Insert(c.body, len(c.body)-1, r.detailsLines()...)
	return c.with(opening(r.detailsButtons(DoOne))...).with(
		button("View resources", Data{Verb: VerbResources, Request: r.Name}).opens(),
		button("Revoke access", Data{Verb: VerbRevoke, Request: r.Name}).opens())
}

// Rejected says that an approver has said no, and why where Apono tells it.
func Rejected(s Submission) Card {
	return s.message("Request rejected", attention, texts.English("Ask your approver, or make a new request.")).with(s.again()...)
}

// Failed says that Apono could not give the access.
func Failed(s Submission) Card {
	return s.message("Access failed", attention,
		texts.English("Something went wrong in Apono while giving the access. Contact your admin, or request it again.")).with(s.again()...)
}

// AsksMFA asks the person to show Apono that it is them.
func AsksMFA(s Submission) Card {
	if r := s.Requests[0]; r.Status != aponoapi.PendingMFA {
		return s.message("MFA was asked for", "", texts.English("That is over. The request: %s.").With(StatusText(r.Status)))
	}
	return s.message("Apono asks for MFA", warning,
		texts.English("Your request goes on when you have passed MFA in Apono.")).with(s.mfaLinks()...)
}

// Ending warns that the access ends soon.
func Ending(s Submission) Card {
	r := s.Requests[0]
	if !r.Status.Active() {
		return s.message("The access was about to end", "", texts.English("It is over: %s.").With(StatusText(r.Status))).with(s.again()...)
	}
	longer := s.again()
	if r.ExtendBy > 0 {
		longer = []element{button("Extend access", Data{Verb: VerbExtend, Request: r.Name}).opens().positive()}
	}
	return s.message("Access ends soon", warning, texts.English("It ends at about %s. Do you need it for longer?").With(texts.Clock(r.EndsAt))).with(
		append(longer, button("Revoke access", Data{Verb: VerbRevoke, Request: r.Name}).opens())...)
}

// Ended says that the access is over.
func Ended(s Submission) Card {
	r := s.Requests[0]
	how := StatusText(r.Status)
	if !r.EndsAt.IsZero() {
		how = texts.English("%s on %s").With(how, texts.Clock(r.EndsAt))
	}
	return s.message("Access ended", "", texts.English("%s. Do you still need it?").With(how)).with(s.again()...)
}

func until(r Request) texts.Text {
	switch {
	case r.Others && r.EndsAt.IsZero():
		return texts.English("They have access.")
	case r.Others:
		return texts.English("They have access until about %s.").With(texts.Clock(r.EndsAt))
	case r.EndsAt.IsZero():
		return texts.English("You have access.")
	}
	return texts.English("You have access until about %s.").With(texts.Clock(r.EndsAt))
}

// message is the one frame of these cards.
func (s Submission) message(title texts.English, color string, words texts.Text) Card {
	r := s.Requests[0]
	head := heading(title)
	head.Color = color
	about := append(s.whose(), s.what()[:1]...) // the card that tells the story has the rest
	if r.About != "" && s.Bundle != "" {
		about = append(about, fact("Part", Line(r.About, 100)))
	}
	about = append(about, fact("Request ID", Line(r.ID, 80)))
	about = append(about, r.decision()...)
	if len(s.Again) > 0 {
		about = append(about, factOf(texts.English("Requested again"), Names(s.Again, 5)))
	}
	return newCardOf(texts.English("%s: %s").With(title, s.title()), head, sayOf(words), group(about...))
}

// again offers what is not there (any longer) once more.
func (s Submission) again() []element {
	if len(s.Again) > 0 {
		return nil
	}
	return []element{button("Request again", Data{Verb: VerbAgain, Request: s.Requests[0].Name}).opens().positive()}
}
