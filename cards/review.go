package cards

import (
	"cmp"
	"slices"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/texts"
)

// DecisionLimit is how long an approver's reason may be: Apono takes less than
// 124 characters.
const DecisionLimit = 123

// FieldReason is the input for an approver's reason.
const FieldReason = "reason"

// Review is a request as approvers see it. Of holds the one request that is to
// be decided on. Names are from outside.
type Review struct {
	Of        Submission
	Requester string // who submitted it
	Grantee   string // who receives the access, if that is somebody else
	Duration  time.Duration

	Approvers      []Approver // none: Apono has not told
	AllMustApprove bool
	ReasonRequired bool
	WhyYou         texts.Text // why a card is in somebody's own chat, in our words

	Before    *Before       // nil: not known
	Waited    time.Duration // since it was asked for; 0: not known
	DecidedAt time.Time     // zero: not decided, or not known when

	PortalURL string
	Decidable bool // people can connect here, so that buttons to decide work
}

// Approver is somebody, or a group, who was asked to decide.
type Approver struct {
	Name     string
	Decision aponoapi.Decision
	Tier     int // 0: not told
}

// Before is what the person asked for before.
type Before struct {
	FirstTime bool
	Last      []Past
	Overlap   []string // ids of what is granted now, to the same resources
	Usual     time.Duration
}

// Past is one of the requests of before.
type Past struct {
	ID     string
	About  string   // the integration or bundle
	Names  []string // the first of the resources, where they are known by name
	Count  int      // how many resources; 0: not told
	Status aponoapi.Status
}

// ToReview asks approvers to decide, or tells what was decided. It is the same
// card in every channel and chat.
func ToReview(r Review) Card {
	title, color, words := r.stands()
	head := heading(title)
	head.Color = color
	body := []element{head, r.who()}
	if words != nil {
		body = append(body, sayOf(words))
	}
	request := r.Of.Requests[0]
	body = append(body, request.decision()...)
	if !r.DecidedAt.IsZero() {
		body = append(body, factOf(texts.English("Decided"), texts.Clock(r.DecidedAt)))
	}
	about := append(r.what(), fact("Request ID", Line(request.ID, 80)))
	body = append(body, group(about...), group(r.deciders()...))
	if facts := r.facts(); len(facts) > 0 && r.waits() {
		body = append(body, group(append([]element{part("Good to know")}, facts...)...))
	}
	c := newCardOf(texts.English("%s: %s").With(title, r.summary()), body...)
	if !r.waits() {
		return c
	}
	return c.with(r.buttons()...)
}

func (r Review) waits() bool { return r.Of.Requests[0].Status == aponoapi.Pending }

// stands tells how the request stands for those who decide.
func (r Review) stands() (title texts.English, color string, words texts.Text) {
	switch s := r.Of.Requests[0].Status; {
	case s == aponoapi.Pending:
		return "Approval needed", warning, nil
	case s == aponoapi.PendingMFA:
		return "Waiting for MFA", warning, texts.English("Apono waits for the requester to pass MFA.")
	case s == aponoapi.Rejected:
		return "Rejected", attention, nil
	case s == aponoapi.Granting:
		return "Approved", good, texts.English("Apono is setting up the access.")
	case s == aponoapi.Granted:
		return "Approved", good, texts.English("The access is there.")
	case r.DecidedAt.IsZero() && (s == aponoapi.Revoked || s == aponoapi.Revoking):
		return "Cancelled", "", texts.English("The request was taken back before it was decided.")
	case r.DecidedAt.IsZero() && s == aponoapi.Expired:
		return "Expired", "", texts.English("The request was not decided in time.")
	case s == aponoapi.Failed:
		return "Failed", attention, texts.English("Something went wrong in Apono.")
	case s == aponoapi.Gone:
		return "No longer in Apono", "", texts.English("Apono does not know this request any more.")
	case s.Over(), s == aponoapi.Revoking:
		return "Approved", "", texts.English("The access has ended: %s.").With(StatusText(s))
	}
	return "Not decided here", "", texts.English("Apono reports a status that this bot does not know yet.")
}

// summary is what it is about, in few words for a notification.
func (r Review) summary() texts.Text {
	return texts.English("%s, %s").With(cmp.Or(Line(cmp.Or(r.Grantee, r.Requester), 60), nothing), r.Of.title())
}

// who tells who asks, and for whom.
func (r Review) who() element {
	var name texts.Text = texts.English("Somebody")
	if known := Line(r.Requester, 100); known != "" {
		name = texts.Outside(known)
	}
	if r.Grantee == "" || r.Grantee == r.Requester {
		return phrase("%s asks for access.", bold(runOf(name)))
	}
	return phrase("%s asks for access for %s.", bold(runOf(name)), bold(run(Line(r.Grantee, 100))))
}

// what tells what is asked, for how long, why and since when.
func (r Review) what() []element {
	s := r.Of
	about := s.what()
	if part := s.Requests[0].About; part != "" && s.Bundle != "" {
		about = append(about, fact("Part", Line(part, 120)))
	}
	var length, why texts.Text = texts.English("As long as Apono allows"), texts.English("none given")
	if s.Duration > 0 {
		length = texts.Duration(s.Duration)
	}
	if given := Paragraph(s.Justification, JustificationLimit); given != "" {
		why = texts.Outside(given)
	}
	about = append(about, factOf(texts.English("Duration"), length), factOf(texts.English("Justification"), why))
	for _, a := range s.Answers {
		about = append(about, answer(a))
	}
	if s.AskedAt.IsZero() {
		return about
	}
	since := texts.Clock(s.AskedAt)
	if r.waits() && r.Waited >= time.Minute {
		since = texts.English("%s (waiting for %s)").With(since, roughly(r.Waited))
	}
	return append(about, factOf(texts.English("Requested"), since))
}

// roughly tells a long time without its minutes.
func roughly(d time.Duration) texts.Text {
	switch {
	case d >= 48*time.Hour:
		return texts.English("%d days").With(int(d / (24 * time.Hour)))
	case d >= 2*time.Hour:
		return texts.Duration(d.Truncate(time.Hour))
	}
	return texts.Duration(d)
}

// deciders tells who can decide, how many must, and who has.
func (r Review) deciders() []element {
	if len(r.Approvers) == 0 {
		if !r.waits() {
			return []element{aside("Who could decide, Apono has not told.")}
		}
		return []element{aside("Who can decide stands here as soon as one of them has connected to Apono. Nobody else can.")}
	}
	if !r.waits() {
		return append([]element{part("Who could decide")}, r.tiers()...)
	}
	var rule texts.Text = texts.English("One of them decides.")
	if r.AllMustApprove {
		done := 0
		for _, a := range r.Approvers {
			if a.Decision == aponoapi.Approved {
				done++
			}
		}
		rule = texts.English("All of them must approve: %d of %d so far.").With(done, len(r.Approvers))
	}
	if r.WhyYou != nil {
		rule = texts.Join(texts.Outside(" "), rule, r.WhyYou)
	}
	return append([]element{part("Who can decide"), sayOf(rule)}, r.tiers()...)
}

// shownApprovers is how many approvers of a tier are named.
const shownApprovers = 10

// tiers has a line for each tier of approvers.
func (r Review) tiers() []element {
	var numbers []int
	names := make(map[int][]texts.Text)
	for _, a := range r.Approvers {
		var name texts.Text = texts.Outside(cmp.Or(Line(a.Name, 60), nothing))
		switch a.Decision {
		case aponoapi.Approved:
			name = texts.English("%s ✓ approved").With(name)
		case aponoapi.Refused:
			name = texts.English("%s ✗ rejected").With(name)
		}
		if names[a.Tier] == nil {
			numbers = append(numbers, a.Tier)
		}
		names[a.Tier] = append(names[a.Tier], name)
	}
	slices.Sort(numbers)
	var lines []element
	for _, n := range numbers {
		var label texts.Text = texts.English("Approvers")
		if len(numbers) > 1 && n > 0 {
			label = texts.English("Tier %d").With(n)
		}
		lines = append(lines, factOf(label, list(names[n], shownApprovers)))
	}
	return lines
}

// facts are what helps to decide; what they mean is the approver's to say.
func (r Review) facts() []element {
	var lines []element
	s := r.Of
	if n, m := len(s.Resources), len(s.Permissions); n > 1 || m > 1 {
		lines = append(lines, point(texts.English("%s × %s").With(texts.English("%d resources").With(n), texts.English("%d permissions").With(m))))
	} else if len(s.Units) > 1 {
		lines = append(lines, point(texts.English("%d permissions of the bundle").With(len(s.Units))))
	}
	b := r.Before
	if b == nil {
		return append(lines, point(texts.English("What was asked for before is not known.")))
	}
	if b.FirstTime {
		lines = append(lines, point(texts.English("The first request for this, as far as is known.")))
	}
	if len(b.Overlap) > 0 {
		lines = append(lines, point(texts.English("Has such access now: %s").With(Names(b.Overlap, 3))))
	}
	if b.Usual > 0 && s.Duration > b.Usual {
		lines = append(lines, point(texts.English("Longer than usual: %s is the middle of what was asked for before.").With(b.Usual)))
	}
	if len(b.Last) == 0 {
		return append(lines, point(texts.English("No earlier request is known.")))
	}
	for i, p := range b.Last {
		var label texts.English = "Before"
		if i == 0 {
			label = "Last request"
		}
		lines = append(lines, factOf(label, texts.English("%s · %s · %s").With(Line(p.ID, 60), p.about(), StatusText(p.Status))))
	}
	return lines
}

// about tells in few words what was asked for.
func (p Past) about() texts.Text {
	what := texts.Outside(Line(p.About, 100))
	switch {
	case len(p.Names) > 0:
		names := make([]texts.Text, len(p.Names))
		for i, n := range p.Names {
			names[i] = texts.Outside(Name(n, titleLimit))
		}
		return texts.English("%s: %s").With(what, listed(names, p.Count-len(p.Names)))
	case p.Count > 0:
		return texts.English("%s, %s").With(what, texts.English("%d resources").With(p.Count))
	}
	return what
}

// point is one fact in a list.
func point(text texts.Text) element {
	e := runs(runOf(texts.English("• %s").With(text)))
	e.Spacing = "small"
	return e
}

// buttons are for those who decide.
func (r Review) buttons() []element {
	name := r.Of.Requests[0].Name
	view := button("View resources", Data{Verb: VerbReviewResources, Request: name}).opens()
	open := link("Open in Apono", r.PortalURL)
	if !r.Decidable {
		return []element{view, open}
	}
	return []element{
		button("Approve", Data{Verb: VerbApprove, Request: name}).opens().positive(),
		button("Reject", Data{Verb: VerbReject, Request: name}).opens().destructive(), view, open,
	}
}

// StillWaits reminds of a request that nobody has decided on, in the thread of
// its card.
func StillWaits(r Review) Card {
	if !r.waits() {
		title, color, _ := r.stands()
		head := heading(title)
		head.Color = color
		return newCardOf(texts.English("%s: %s").With(title, r.summary()), head, r.who())
	}
	head := heading("Still waiting for a decision")
	head.Color = warning
	about := append(r.Of.what()[:1], fact("Request ID", Line(r.Of.Requests[0].ID, 80)))
	if r.Waited > 0 {
		about = append(about, factOf(texts.English("Waiting for"), roughly(r.Waited)))
	}
	return newCardOf(texts.English("Still waiting: %s").With(r.summary()), head, r.who(), group(about...)).with(r.buttons()...)
}

// DecisionCameToNothing tells an approver why their decision on a request did not
// count. The words may be Apono's.
func DecisionCameToNothing(request string, words texts.Text) Card {
	return newCard("Your decision did not count", heading("Your decision did not count"),
		fact("Request ID", Line(request, 80)), quoteOf(paragraph(words, 600)))
}

// AskDecision asks for the last word on a request: what is decided, and why.
// Wrong says what was wrong with the reason; nil if nothing was.
func AskDecision(r Review, approve bool, reason string, wrong texts.Text) Card {
	var title texts.English = "Reject this request?"
	verb := VerbReject
	if approve {
		title, verb = "Approve this request?", VerbApprove
	}
	body := append([]element{heading(title), r.who()}, r.what()...)
	body = append(body, fact("Request ID", Line(r.Of.Requests[0].ID, 80)))
	var label texts.English = "Reason (optional)"
	if r.ReasonRequired {
		label = "Reason (required)"
	}
	var hint texts.English = "Up to %d characters."
	if !approve {
		hint = "Up to %d characters. The requester reads it."
	}
	field := input(FieldReason, label, hint.With(DecisionLimit), reason, DecisionLimit).multiline()
	body = append(body, field)
	body = appendProblem(body, wrong)
	press := Data{Verb: verb, Request: r.Of.Requests[0].Name, Do: DoDecide}
	if approve {
		return newCard("Approve", body...).with(button("Approve", press).positive())
	}
	return newCard("Reject", body...).with(button("Reject", press).destructive())
}
