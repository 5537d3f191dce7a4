package cards

import (
	"time"

	"github.com/apono-teams/teamsbot/texts"
)

// System is something with access details of its own, and how they stand. There
// is nothing here of what is in them.
type System struct {
	Session string // as our buttons name it; "" is all of a request
	Name    string // as people read it; "" for all of a request
	Free    bool   // there is no secret: they can be viewed again and again
	Fixed   bool   // the credentials cannot be reset
	State   DetailsState
	Note    DetailsNote
	At      time.Time // since when
	Number  int64     // of the last claim or reset
}

// DetailsState is who has had the look at access details.
type DetailsState string

// The states of access details.
const (
	DetailsOpen      DetailsState = "open"
	DetailsClaimed   DetailsState = "claimed" // somebody is being shown them, or was when a bot died
	DetailsViewed    DetailsState = "viewed"
	DetailsResetting DetailsState = "resetting"
)

// DetailsNote is what was special about how they came to stand so.
type DetailsNote string

// The notes.
const (
	DetailsMasked   DetailsNote = "masked"    // viewed elsewhere
	DetailsUnclear  DetailsNote = "unclear"   // viewed, perhaps
	DetailsNotReset DetailsNote = "not_reset" // viewed, and a reset failed
	DetailsSlow     DetailsNote = "slow"      // viewed, and a reset takes too long
	DetailsRenewed  DetailsNote = "renewed"   // open after a reset
	DetailsUntold   DetailsNote = "untold"    // open after a reset, as far as anybody can know
)

// words say how details stand; nil where the button says it all.
func (x System) words() texts.Text {
	when := texts.Timely(x.At)
	switch x.State {
	case DetailsClaimed:
		return texts.English("Details asked for %s. If you did not see them, reset the credentials.").With(when)
	case DetailsResetting:
		if x.Session == "" {
			return texts.English("Resetting… Apono does not tell this bot when it is done: 30 seconds after %s you can view them.").With(when)
		}
		return texts.English("Resetting… since %s.").With(when)
	case DetailsViewed:
		return x.viewedWords(when)
	}
	switch x.Note {
	case DetailsRenewed:
		return texts.English("The credentials were reset. The new ones are there.")
	case DetailsUntold:
		return texts.English("The credentials were reset %s. Apono does not tell this bot whether the new ones are there; they should be.").With(when)
	}
	return nil
}

func (x System) viewedWords(when texts.Text) texts.Text {
	switch x.Note {
	case DetailsMasked:
		return texts.English("Details read elsewhere, before %s. Reset the credentials to get new ones.").With(when)
	case DetailsUnclear:
		return texts.English("Details perhaps used up %s: Apono's answer did not come. Reset the credentials to be sure.").With(when)
	case DetailsNotReset:
		return texts.English("The credentials were not reset (%s). Try it again.").With(when)
	case DetailsSlow:
		return texts.English("The reset takes too long (%s). Try it again, or ask your Apono admin.").With(when)
	}
	return texts.English("Details viewed %s.").With(when)
}

// detailsLines tell how the details of a request stand.
func (r Request) detailsLines() (lines []element) {
	for _, x := range r.Systems {
		words := x.words()
		switch {
		case words == nil || !r.Status.Active():
		case x.Name == "":
			lines = append(lines, sayOf(words))
		default:
			lines = append(lines, factOf(texts.Outside(Line(x.Name, 100)), words))
		}
	}
	return lines
}

// detailsButtons are for what can be done about the details of a request.
func (r Request) detailsButtons(do Do) (does []element) {
	if r.viewable() {
		does = append(does, button("View details", Data{Verb: VerbDetails, Request: r.Name, Do: do}))
	}
	if r.resettable() {
		does = append(does, button("Reset credentials", Data{Verb: VerbReset, Request: r.Name, Do: do}))
	}
	return does
}

// opening makes the buttons of a message open a dialog.
func opening(all []element) []element {
	for i := range all {
		all[i] = all[i].opens()
	}
	return all
}

func (r Request) viewable() bool {
	return r.hasSystem(func(x System) bool { return x.State == DetailsOpen || x.Free })
}

func (r Request) resettable() bool {
	return r.hasSystem(func(x System) bool {
		return !x.Free && (x.State == DetailsViewed || x.State == DetailsClaimed)
	})
}

func (r Request) hasSystem(is func(System) bool) bool {
	for _, x := range r.Systems {
		if r.Status.Active() && is(x) {
			return true
		}
	}
	return false
}

// WhichDetails asks of which request of a submission details are wanted.
func WhichDetails(s Submission) Card {
	body := append([]element{heading("Access details"), say("Each part has details of its own.")}, s.first(3)...)
	for _, r := range s.Requests[:min(len(s.Requests), shownRequests)] {
		does := r.detailsButtons(DoOne)
		if len(does) == 0 && len(r.detailsLines()) == 0 {
			continue
		}
		lines := append([]element{r.line()}, r.detailsLines()...)
		if len(does) > 0 {
			lines = append(lines, buttons(does...))
		}
		body = append(body, group(lines...))
	}
	return newCard("Access details", body...)
}

// ViewDetails shows how the details of the systems of one request stand, and
// offers what can be done about them. A problem, in our own words, comes first.
func ViewDetails(s Submission, problemWords texts.Text) Card {
	r := s.Requests[0]
	body := []element{heading("Access details")}
	if problemWords != nil {
		body = append(body, problem(problemWords))
	}
	body = append(append(body, s.first(3)...), s.called()...)
	for _, x := range r.Systems {
		body = append(body, group(x.offer(r.Name)...))
	}
	if len(r.Systems) == 0 {
		body = append(body, say("Apono has nothing to show for this access yet. Look again in a moment."),
			buttons(button("Look again", Data{Verb: VerbDetails, Request: r.Name, Do: DoOne})))
	}
	return newCard("Access details", body...)
}

// offer is one system in a dialog.
func (x System) offer(request string) (lines []element) {
	if name := Line(x.Name, 100); name != "" {
		lines = append(lines, runs(bold(run(name))))
	}
	if words := x.words(); words != nil && !x.Free {
		lines = append(lines, sayOf(words))
	}
	about := Data{Request: request, Session: x.Session, Do: DoOne}
	show, reset, again := about, about, about
	show.Verb, reset.Verb, again.Verb = VerbDetailsShow, VerbReset, VerbDetails
	switch {
	case x.Free:
		return append(lines, say("There is no secret in these details: you can view them again."), buttons(button("Show", show).positive()))
	case x.State == DetailsOpen:
		return append(lines, say("**Shown once, for your eyes.** Have the place ready where you keep it: when you close the dialog, only a reset brings new credentials."),
			buttons(button("Show", show).positive()))
	case x.State == DetailsResetting:
		return append(lines, buttons(button("Look again", again)))
	}
	if x.Fixed {
		return append(lines, say("Apono cannot reset these credentials. Ask your Apono admin."))
	}
	return append(lines, buttons(button("Reset credentials", reset)))
}

// Reset asks whether to reset the credentials of the one system of a request, and
// says what else that affects. Others are more requests that may share it, as
// people read them; sure says that Apono tells so.
func Reset(s Submission, others []string, sure bool) Card {
	r := s.Requests[0]
	x := r.Systems[0]
	body := []element{
		heading("Reset the credentials?"),
		say("Apono makes new ones. What uses the old ones, such as an open connection or a stored password, stops working."),
	}
	body = append(append(body, s.first(3)...), s.called()...)
	if name := Line(x.Name, 100); name != "" {
		body = append(body, fact("System", name))
	}
	switch {
	case x.Session == "" && s.Bundle != "":
		body = append(body, say("This is about everything in the bundle."))
	case x.Session == "":
		body = append(body, say("This is about all of this request."))
	}
	switch {
	case len(others) > 0 && sure:
		body = append(body, factOf(texts.English("The same credentials serve"), Names(others, shownNames)))
	case len(others) > 0:
		body = append(body, factOf(texts.English("May also be affected, if Apono gives them the same credentials"), Names(others, shownNames)))
	}
	yes := Data{Verb: VerbResetNow, Request: r.Name, Session: x.Session, Do: DoOne, Revision: int(x.Number)}
	return newCard("Reset credentials", body...).with(button("Reset credentials", yes).destructive())
}

// NewCredentials says that credentials have been reset.
func NewCredentials(s Submission) Card {
	r := s.Requests[0]
	if !r.Status.Active() {
		return s.message("The credentials were reset", "", texts.English("The access is not there any more: %s.").With(StatusText(r.Status)))
	}
	if !r.viewable() {
		return s.message("The credentials were reset", "", told(r.Systems)).with(opening(r.detailsButtons(DoOne))...)
	}
	var words texts.English = "The new ones are there."
	if len(r.Systems) == 1 && r.Systems[0].Note == DetailsUntold {
		words = "Apono does not tell this bot whether the new ones are there; they should be by now."
	}
	return s.message("New credentials", good, words).with(opening(r.detailsButtons(DoOne))...)
}

// told is what the details of several systems say in one paragraph.
func told(all []System) texts.Text {
	var words []texts.Text
	for _, x := range all {
		if w := x.words(); w != nil {
			words = append(words, w)
		}
	}
	return texts.Join(texts.Outside(" "), words...)
}
