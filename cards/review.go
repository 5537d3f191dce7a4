package cards

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
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
	WhyYou         string // why a card is in somebody's own chat, in our words

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
	ID, About string
	Status    aponoapi.Status
}

// ToReview asks approvers to decide, or tells what was decided. It is the same
// card in every channel and chat.
func ToReview(r Review) Card {
	title, color, words := r.stands()
	head := heading(title)
	head.Color = color
	body := []element{head, r.who()}
	if words != "" {
		body = append(body, say(words))
	}
	request := r.Of.Requests[0]
	body = append(body, request.decision()...)
	if !r.DecidedAt.IsZero() {
		body = append(body, fact("Decided", clock(r.DecidedAt)))
	}
	about := append(r.what(), fact("Request ID", Line(request.ID, 80)))
	body = append(body, group(about...), group(r.deciders()...))
	if facts := r.facts(); len(facts) > 0 && r.waits() {
		body = append(body, group(append([]element{part("Good to know")}, facts...)...))
	}
	c := newCard(fmt.Sprintf("%s: %s", title, r.summary()), body...)
	if !r.waits() {
		return c
	}
	return c.with(r.buttons()...)
}

func (r Review) waits() bool { return r.Of.Requests[0].Status == aponoapi.Pending }

// stands tells how the request stands for those who decide.
func (r Review) stands() (title, color, words string) {
	switch s := r.Of.Requests[0].Status; {
	case s == aponoapi.Pending:
		return "Approval needed", warning, ""
	case s == aponoapi.PendingMFA:
		return "Waiting for MFA", warning, "Apono waits for the requester to pass MFA."
	case s == aponoapi.Rejected:
		return "Rejected", attention, ""
	case s == aponoapi.Granting:
		return "Approved", good, "Apono is setting up the access."
	case s == aponoapi.Granted:
		return "Approved", good, "The access is there."
	case r.DecidedAt.IsZero() && (s == aponoapi.Revoked || s == aponoapi.Revoking):
		return "Cancelled", "", "The request was taken back before it was decided."
	case r.DecidedAt.IsZero() && s == aponoapi.Expired:
		return "Expired", "", "The request was not decided in time."
	case s == aponoapi.Failed:
		return "Failed", attention, "Something went wrong in Apono."
	case s == aponoapi.Gone:
		return "No longer in Apono", "", "Apono does not know this request any more."
	case s.Over(), s == aponoapi.Revoking:
		return "Approved", "", "The access has ended: " + s.String() + "."
	}
	return "Not decided here", "", "Apono reports a status that this bot does not know yet."
}

// summary is what it is about, in few words for a notification.
func (r Review) summary() string {
	return fmt.Sprintf("%s, %s", cmp.Or(Line(cmp.Or(r.Grantee, r.Requester), 60), nothing), r.Of.title())
}

// who tells who asks, and for whom.
func (r Review) who() element {
	name := run(cmp.Or(Line(r.Requester, 100), "Somebody"))
	name.Weight = "bolder"
	if r.Grantee == "" || r.Grantee == r.Requester {
		return runs(name, run(" asks for access."))
	}
	grantee := run(Line(r.Grantee, 100))
	grantee.Weight = "bolder"
	return runs(name, run(" asks for access for "), grantee, run("."))
}

// what tells what is asked, for how long, why and since when.
func (r Review) what() []element {
	s := r.Of
	about := s.what()
	if part := s.Requests[0].About; part != "" && s.Bundle != "" {
		about = append(about, fact("Part", Line(part, 120)))
	}
	length := "As long as Apono allows"
	if s.Duration > 0 {
		length = Hours(s.Duration)
	}
	about = append(about, fact("Duration", length))
	why := Paragraph(s.Justification, JustificationLimit)
	about = append(about, fact("Justification", cmp.Or(why, "none given")))
	for _, a := range s.Answers {
		about = append(about, fact(cmp.Or(Line(a[0], 60), nothing), Line(a[1], AnswerLimit)))
	}
	if s.AskedAt.IsZero() {
		return about
	}
	since := clock(s.AskedAt)
	if r.waits() && r.Waited >= time.Minute {
		since += " (waiting for " + roughly(r.Waited) + ")"
	}
	return append(about, fact("Requested", since))
}

// roughly tells a long time without its minutes.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return plural(int(d/(24*time.Hour)), "day")
	case d >= 2*time.Hour:
		return plural(int(d/time.Hour), "hour")
	}
	return Hours(d)
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
	rule := "One of them decides."
	if r.AllMustApprove {
		done := 0
		for _, a := range r.Approvers {
			if a.Decision == aponoapi.Approved {
				done++
			}
		}
		rule = fmt.Sprintf("All of them must approve: %d of %d so far.", done, len(r.Approvers))
	}
	lines := []element{part("Who can decide"), say(rule)}
	if r.WhyYou != "" {
		lines[1] = say(rule + " " + r.WhyYou)
	}
	return append(lines, r.tiers()...)
}

// shownApprovers is how many approvers of a tier are named.
const shownApprovers = 10

// tiers has a line for each tier of approvers.
func (r Review) tiers() []element {
	var numbers []int
	names := make(map[int][]string)
	for _, a := range r.Approvers {
		name := cmp.Or(Line(a.Name, 60), nothing)
		switch a.Decision {
		case aponoapi.Approved:
			name += " ✓ approved"
		case aponoapi.Refused:
			name += " ✗ rejected"
		}
		if names[a.Tier] == nil {
			numbers = append(numbers, a.Tier)
		}
		names[a.Tier] = append(names[a.Tier], name)
	}
	slices.Sort(numbers)
	var lines []element
	for _, n := range numbers {
		label := "Approvers"
		if len(numbers) > 1 && n > 0 {
			label = fmt.Sprintf("Tier %d", n)
		}
		lines = append(lines, fact(label, Names(names[n], shownApprovers)))
	}
	return lines
}

// facts are what helps to decide; what they mean is the approver's to say.
func (r Review) facts() []element {
	var lines []element
	s := r.Of
	if n, m := len(s.Resources), len(s.Permissions); n > 1 || m > 1 {
		lines = append(lines, point(fmt.Sprintf("%s × %s", plural(n, "resource"), plural(m, "permission"))))
	} else if len(s.Units) > 1 {
		lines = append(lines, point(plural(len(s.Units), "permission")+" of the bundle"))
	}
	b := r.Before
	if b == nil {
		return append(lines, point("What was asked for before is not known."))
	}
	if b.FirstTime {
		lines = append(lines, point("The first request for this, as far as is known."))
	}
	if len(b.Overlap) > 0 {
		lines = append(lines, point("Has such access now: "+Names(b.Overlap, 3)))
	}
	if b.Usual > 0 && s.Duration > b.Usual {
		lines = append(lines, point(fmt.Sprintf("Longer than usual: %s is the middle of what was asked for before.", Hours(b.Usual))))
	}
	if len(b.Last) == 0 {
		return append(lines, point("No earlier request is known."))
	}
	for i, p := range b.Last {
		label := "Before"
		if i == 0 {
			label = "Last request"
		}
		lines = append(lines, fact(label, fmt.Sprintf("%s · %s · %s", Line(p.ID, 60), Line(p.About, 100), Line(p.Status.String(), 40))))
	}
	return lines
}

// point is one fact in a list.
func point(text string) element {
	e := runs(run("• " + text))
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
		return newCard(title+": "+r.summary(), head, r.who())
	}
	head := heading("Still waiting for a decision")
	head.Color = warning
	about := append(r.Of.what()[:1], fact("Request ID", Line(r.Of.Requests[0].ID, 80)))
	if r.Waited > 0 {
		about = append(about, fact("Waiting for", roughly(r.Waited)))
	}
	return newCard("Still waiting: "+r.summary(), head, r.who(), group(about...)).with(r.buttons()...)
}

// DecisionCameToNothing tells an approver why their decision on a request did not
// count. The words may be Apono's.
func DecisionCameToNothing(request, words string) Card {
	return newCard("Your decision did not count", heading("Your decision did not count"),
		fact("Request ID", Line(request, 80)), quote(Paragraph(words, 600)))
}

// AskDecision asks for the last word on a request: what is decided, and why.
// Wrong says what was wrong with the reason; "" if nothing was.
func AskDecision(r Review, approve bool, reason, wrong string) Card {
	title, verb := "Reject this request?", VerbReject
	if approve {
		title, verb = "Approve this request?", VerbApprove
	}
	body := append([]element{heading(title), r.who()}, r.what()...)
	body = append(body, fact("Request ID", Line(r.Of.Requests[0].ID, 80)))
	label := "Reason (optional)"
	if r.ReasonRequired {
		label = "Reason (required)"
	}
	hint := fmt.Sprintf("Up to %d characters.", DecisionLimit)
	if !approve {
		hint = strings.TrimSuffix(hint, ".") + ". The requester reads it."
	}
	field := input(FieldReason, label, hint, reason, DecisionLimit).multiline()
	body = append(body, field)
	body = appendProblem(body, wrong)
	press := Data{Verb: verb, Request: r.Of.Requests[0].Name, Do: DoDecide}
	if approve {
		return newCard("Approve", body...).with(button("Approve", press).positive())
	}
	return newCard("Reject", body...).with(button("Reject", press).destructive())
}
