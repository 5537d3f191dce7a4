package cards

import (
	"cmp"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/texts"
)

// Submission is what a person has asked for. Names and words are from outside;
// times carry the person's own zone.
type Submission struct {
	Draft         string
	Integration   string
	ResourceType  string
	Resources     []string
	Unnamed       int // how many resources, where their names are not known
	Permissions   []string
	Duration      time.Duration
	Justification string
	AskedAt       time.Time
	Requests      []Request
	For           string   // whom it was asked for; "" for the person
	By            string   // who asked for it on their behalf; "" if they did
	Again         []string // ids of the requests that asked for the same again

	Bundle  string      // its name; there is no integration and the like then
	Units   []string    // what of the bundle; none: the whole of it
	Perhaps bool        // there may be more than Units
	Answers [][2]string // to the company's own questions, as label and answer
}

// Request is one of the requests that Apono made of a submission.
type Request struct {
	ID     string // as people read it, for example AR-123
	Name   string // as our buttons name it
	About  string // what of the submission it is for; "" where Apono did not tell
	Status aponoapi.Status
	EndsAt time.Time // when the access ends or ended; zero while nobody knows
	MFAURL string    // where Apono asks for MFA

	Others   bool          // the access is somebody else's
	ExtendBy time.Duration // by how much the person can extend the access; 0: not

	DecidedBy string // who approved or rejected; "" where Apono did not tell
	Reason    string // their words; "" where Apono did not tell

	Systems []System // how its access details stand; none for who does not receive the access
}

// mfaLinks is how many requests of a submission get a link to pass MFA, so that
// there is room for another of the six buttons that Teams shows.
const mfaLinks = 5

// Status tells how a submission stands whose requests Apono has.
func Status(s Submission) Card {
	if len(s.Requests) > 1 {
		return s.several()
	}
	lead := s.Requests[0]
	c := s.card(StatusText(lead.Status), colorOf(lead.Status), append(append([]element{meaning(lead)}, lead.detailsLines()...), lead.decision()...)...)
	return c.with(s.mfaLinks()...).with(lead.buttons()...)
}

// buttons are for what can be done about a request.
func (r Request) buttons() []element {
	favorite := button("Add to favorites", Data{Verb: VerbFavoriteName, Request: r.Name}).opens()
	switch {
	case r.Status == aponoapi.Granting, r.Status == aponoapi.Granted:
		return append(opening(r.detailsButtons(DoOne)),
			button("View resources", Data{Verb: VerbResources, Request: r.Name}).opens(),
			button("Revoke access", Data{Verb: VerbRevoke, Request: r.Name}).opens(), favorite)
	case r.Status.Waiting():
		return []element{button("Cancel request", Data{Verb: VerbRevoke, Request: r.Name}).opens()}
	case r.Status.Over():
		return []element{button("Request again", Data{Verb: VerbAgain, Request: r.Name}).opens(), newRequest(), favorite}
	}
	return []element{myRequests()}
}

// mfaLinks lead to where Apono asks for MFA.
func (s Submission) mfaLinks() []element {
	var links []element
	for _, r := range s.Requests {
		if r.Status == aponoapi.PendingMFA && r.MFAURL != "" && len(links) < mfaLinks {
			links = append(links, link("Open in Apono", r.MFAURL))
		}
	}
	return links
}

// Asking says that Apono is being asked and has not answered yet.
func Asking(s Submission) Card {
	return s.card(texts.English("Sending to Apono"), accent,
		say("Apono has not answered yet. This message changes as soon as it does; nothing is sent twice.")).with(myRequests())
}

// Refused says that Apono refused a submission after its dialog had closed.
func Refused(s Submission, words texts.Text) Card {
	return s.card(texts.English("Not accepted by Apono"), attention,
		quoteOf(paragraph(words, 600)),
		say("What you filled in is kept: change it and submit again."),
	).with(tryAgain(s))
}

// Lost says that a submission did not reach Apono.
func Lost(s Submission) Card {
	return s.card(texts.English("Did not reach Apono"), attention,
		say("Apono did not answer, and it does not have your request: nothing was asked for. What you filled in is kept: submit it again."),
	).with(tryAgain(s))
}

// Unknown says that nobody can tell whether Apono has a submission.
func Unknown(s Submission, portalURL string) Card {
	return s.card(texts.English("Not known"), attention,
		say("Apono did not answer, and does not tell whether it has your request. Look in Apono before you submit it again. What you filled in is kept."),
	).with(link("Open in Apono", portalURL), tryAgain(s))
}

// card is the one frame of everything that tells of a submission.
func (s Submission) card(status texts.Text, color string, words ...element) Card {
	title := s.title()
	state := runOf(status)
	state.Color, state.Weight, state.Size = color, "bolder", "medium"
	body := append([]element{heading("Access request"), runs(state)}, words...)

	about := append(append(s.whose(), s.what()...), factOf(texts.English("Duration"), texts.Duration(s.Duration)))
	if s.Justification != "" {
		about = append(about, fact("Justification", Paragraph(s.Justification, JustificationLimit)))
	}
	for _, a := range s.Answers {
		about = append(about, answer(a))
	}
	about = append(about, factOf(texts.English("Requested"), texts.Clock(s.AskedAt)))
	if len(s.Requests) == 1 {
		about = append(about, fact("Request ID", Line(s.Requests[0].ID, 80)))
	}
	if len(s.Again) > 0 {
		about = append(about, factOf(texts.English("Requested again"), Names(s.Again, 5)))
	}
	return newCardOf(texts.English("%s: %s").With(status, title), append(body, group(about...))...)
}

// whose tells for whom it was asked, or by whom.
func (s Submission) whose() []element {
	switch {
	case s.For != "":
		return []element{factOf(texts.English("For"), personNamed(s.For, 200))}
	case s.By != "":
		return []element{factOf(texts.English("Requested for you by"), personNamed(s.By, 100))}
	}
	return nil
}

// Somebody is the name of who has none. The database gives it to who was erased.
const Somebody = "somebody"

// personNamed is somebody's name from outside.
func personNamed(name string, limit int) texts.Text {
	if name == Somebody {
		return texts.English(Somebody)
	}
	return texts.Outside(Line(name, limit))
}

// title is what the access is to, in few words from outside.
func (s Submission) title() string {
	return cmp.Or(Line(cmp.Or(s.Bundle, s.Integration), 100), nothing)
}

// shownNames is how many resources, and how many permissions, are named.
const shownNames = 10

// what tells what the access is to.
func (s Submission) what() []element { return s.first(shownNames) }

// first is what, with fewer names.
func (s Submission) first(names int) []element {
	if s.Bundle != "" {
		return []element{fact("Bundle", Line(s.Bundle, 100)), factOf(texts.English("Resources"), s.parts(names))}
	}
	return []element{
		fact("Access to", Line(s.Integration, 100)+s.kind()),
		factOf(texts.English("Resources"), s.resources(names)),
		factOf(texts.English("Permissions"), Names(s.Permissions, names)),
	}
}

// parts are what of a bundle the access is to, up to limit of them.
func (s Submission) parts(limit int) texts.Text {
	if len(s.Units) == 0 {
		return texts.English("Everything in the bundle")
	}
	if s.Perhaps {
		return texts.English("%s and perhaps more").With(Names(s.Units, limit))
	}
	return Names(s.Units, limit)
}

// resources are up to limit of them by name, or how many there are.
func (s Submission) resources(limit int) texts.Text {
	if s.Unnamed > 0 {
		return texts.English("%d resources").With(s.Unnamed)
	}
	return Names(s.Resources, limit)
}

func (s Submission) kind() string {
	if s.ResourceType == "" {
		return ""
	}
	return " (" + Line(s.ResourceType, 60) + ")"
}

// meaning says what a status means for the person, and what comes next.
func meaning(r Request) element {
	switch r.Status {
	case aponoapi.Pending:
		return say("Waiting for approval. This message changes when it is decided.")
	case aponoapi.PendingMFA:
		return say("Apono wants to be sure it is you: pass MFA in Apono, then it goes on.")
	case aponoapi.Granting:
		return say("Approved. Apono is setting up the access; this takes a moment.")
	case aponoapi.Granted:
		return sayOf(until(r))
	case aponoapi.Revoking:
		return say("The access is being taken back.")
	case aponoapi.Revoked: // also one that was cancelled before there was any access
		if r.EndsAt.IsZero() {
			return say("It was taken back.")
		}
		return say("It was taken back on %s.", texts.Clock(r.EndsAt))
	case aponoapi.Expired:
		if r.EndsAt.IsZero() {
			return say("The time was up; the access has ended.")
		}
		return say("The time was up on %s; the access has ended.", texts.Clock(r.EndsAt))
	case aponoapi.Rejected:
		return say("The request was rejected. Ask your approver, or make a new request.")
	case aponoapi.Failed:
		return say("Something went wrong in Apono while giving the access. Contact your admin.")
	case aponoapi.Gone:
		return say("Apono does not know this request any more. If you need the access, request it again.")
	}
	return say("Apono reports a status that this bot does not know yet.")
}

// decision tells who decided, and why.
func (r Request) decision() []element {
	var told []element
	if by := Line(r.DecidedBy, 200); by != "" {
		told = append(told, fact("Decided by", by))
	}
	if why := Line(r.Reason, reasonLimit); why != "" {
		told = append(told, fact("Reason", why))
	}
	return told
}

// reasonLimit is how much of an approver's words a card shows.
const reasonLimit = 300

// answer is a question of the company's own and what was answered.
func answer(a [2]string) element {
	return factOf(texts.Outside(cmp.Or(Line(a[0], 60), nothing)), texts.Outside(Line(a[1], AnswerLimit)))
}

func colorOf(s aponoapi.Status) string {
	switch {
	case s.Active():
		return good
	case s == aponoapi.Rejected, s == aponoapi.Failed:
		return attention
	case s == aponoapi.Granting:
		return accent
	case s.Waiting(), s == aponoapi.Revoking:
		return warning
	}
	return ""
}

func newRequest() element { return button("New request", Data{Verb: VerbRequest}).opens() }

func tryAgain(s Submission) element {
	verb := VerbRequest
	if s.Bundle != "" {
		verb = VerbBundle
	}
	return button("Try again", Data{Verb: verb, Draft: s.Draft}).opens().positive()
}

// nameBytes is what a name of a list may weigh on average: letters of one byte
// are listed in full, and of names in longer ones fewer are.
const nameBytes = titleLimit + 4

// Names lists up to limit names, and how many more there are.
func Names(all []string, limit int) texts.Text {
	var shown []texts.Text
	room := limit * nameBytes
	for _, n := range all[:min(len(all), limit)] {
		n = Name(n, titleLimit)
		if room -= len(n); room < 0 && shown != nil {
			break
		}
		shown = append(shown, texts.Outside(n))
		room -= len(", ")
	}
	return listed(shown, len(all)-len(shown))
}

// list lists up to limit texts, and how many more there are.
func list(all []texts.Text, limit int) texts.Text {
	shown := min(len(all), limit)
	return listed(all[:shown], len(all)-shown)
}

func listed(shown []texts.Text, more int) texts.Text {
	names := texts.Join(texts.Outside(", "), shown...)
	if more == 0 {
		return names
	}
	return texts.English("%s and %d more").With(names, more)
}
