package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// reviewView is a request as the card for its approvers shows it.
func (b *Bot) reviewView(c *db.CardToDraw, r db.Request) cards.Review {
	zone := c.Person
	if c.Person.ObjectID == "" {
		zone.TimeZone = c.TimeZone
	}
	v := cards.Review{
		Of: b.submissionView(zone, c.Submission, r), Requester: partyName(r.Review.Requester), Grantee: partyName(r.Review.Grantee),
		AllMustApprove: r.Review.AllMustApprove, ReasonRequired: r.Review.ReasonRequired,
		PortalURL: b.PortalURL, Decidable: b.canConnect(),
	}
	v.Requester = cmp.Or(v.Requester, c.Requester.Name, v.Grantee)
	if !r.DecidedAt.IsZero() {
		v.DecidedAt = r.DecidedAt.In(v.Of.AskedAt.Location())
	}
	if c.Person.ObjectID != "" {
		v.WhyYou = whyYou(r.Review.Approvers, c.Person)
	}
	if !v.Of.AskedAt.IsZero() {
		v.Waited = b.Now().Sub(v.Of.AskedAt)
	}
	for _, a := range r.Review.Approvers {
		v.Approvers = append(v.Approvers, cards.Approver{Name: a.Name, Decision: a.Decision, Tier: a.Tier})
	}
	if before := r.Review.Before; before != nil {
		v.Before = &cards.Before{FirstTime: before.FirstTime, Overlap: before.Overlap, Usual: before.Usual}
		for _, p := range before.Last {
			v.Before.Last = append(v.Before.Last, cards.Past(p))
		}
	}
	return v
}

// partyName is how an approver knows somebody.
func partyName(p db.Party) string { return cmp.Or(p.Name, p.Email) }

// whyYou says why a request waits for a person: by name, or as one of a group.
func whyYou(approvers []db.Approver, p db.Person) texts.Text {
	var groups []string
	for _, a := range approvers {
		switch {
		case strings.EqualFold(a.Name, p.Email), strings.EqualFold(a.Name, p.Name):
			return texts.English("You are asked by name.")
		case a.Type != "" && !strings.EqualFold(a.Type, "user"):
			groups = append(groups, a.Name)
		}
	}
	if len(groups) > 0 {
		return texts.English("You are asked as one of a group.")
	}
	return texts.English("Apono lists it among your tasks.")
}

// told is a request as Apono tells it to an approver, and the number of that
// reading.
type told struct {
	aponoapi.AccessRequest
	reading int64
}

// tell reads a request with an approver's own token.
func (b *Bot) tell(ctx context.Context, own *aponoapi.Client, id string) (told, error) {
	reading, err := b.Store.NextReading(ctx)
	if err != nil {
		return told{}, err
	}
	r, err := own.ClientRequest(ctx, id, 0)
	return told{r, reading}, err
}

// approversOf is what Apono tells one approver of all of them.
func approversOf(r told) db.Review {
	v := db.Review{AllMustApprove: r.AllMustApprove, ReasonRequired: r.ReasonRequired, Reading: r.reading}
	for _, a := range r.Approvers {
		v.Approvers = append(v.Approvers, db.Approver{
			Name: cards.Line(a.Name, 100), Type: cards.Line(a.Type, 40), Decision: a.Decision, Tier: a.Tier,
		})
	}
	return v
}

// reviewTold is a request as Apono tells it to an approver themselves. What was
// asked for here the bot knows better, if it is known: Apono takes the bot for
// who asks.
func (b *Bot) reviewTold(r told, known db.ToReview, p db.Person) cards.Review {
	v := cards.Review{
		Of: b.askedAsTold(r, p), Requester: cmp.Or(r.Requester.Name, r.Requester.Email), Grantee: cmp.Or(r.Grantee.Name, r.Grantee.Email),
		AllMustApprove: r.AllMustApprove, ReasonRequired: r.ReasonRequired, PortalURL: b.PortalURL, Decidable: true,
	}
	if known.ID != "" && known.Submission.State != db.Elsewhere {
		v.Of = b.submissionView(p, known.Submission, known.Request)
		v.Of.Requests[0].Status = r.Status
		v.Requester, v.Grantee = cmp.Or(partyName(known.Review.Requester), v.Grantee, v.Requester), partyName(known.Review.Grantee)
	} else if r.Requester.ID == r.Grantee.ID || v.Requester == "" {
		v.Requester, v.Grantee = cmp.Or(v.Grantee, v.Requester), ""
	}
	if !r.CreatedAt.IsZero() {
		v.Waited = b.Now().Sub(r.CreatedAt)
	}
	for _, a := range r.Approvers {
		v.Approvers = append(v.Approvers, cards.Approver{Name: a.Name, Decision: a.Decision, Tier: a.Tier})
	}
	return v
}

// summarised is how many permissions Apono's client API tells of a request.
const summarised = 5

// askedAsTold is what was asked for, as Apono tells it to an approver.
func (b *Bot) askedAsTold(r told, p db.Person) cards.Submission {
	s := cards.Submission{
		Bundle: r.Bundle.Name, Permissions: r.Permissions, Resources: r.ResourceNames, Duration: r.Duration, Justification: r.Justification,
		Requests: []cards.Request{{
			ID: cmp.Or(r.FriendlyID, r.ID), Name: r.ID, Status: r.Status, About: aboutOf(r.AccessRequest),
		}},
	}
	if !r.CreatedAt.IsZero() {
		s.AskedAt = r.CreatedAt.In(zoneOf(p))
	}
	if len(r.Groups) > 0 {
		s.Integration = cmp.Or(r.Groups[0].Integration.Name, r.Groups[0].Integration.ID)
		if len(r.Groups[0].ResourceTypes) > 0 {
			s.ResourceType = r.Groups[0].ResourceTypes[0].Name
		}
	}
	for _, a := range r.Summary {
		s.Units = append(s.Units, a.Resource+" · "+a.Permission)
		if len(r.ResourceNames) == 0 && !slices.Contains(s.Resources, a.Resource) {
			s.Resources = append(s.Resources, a.Resource)
		}
		if len(r.Permissions) == 0 && !slices.Contains(s.Permissions, a.Permission) {
			s.Permissions = append(s.Permissions, a.Permission)
		}
	}
	if len(r.Summary) >= summarised {
		s.Perhaps = true
	}
	return s
}

// viewToReview shows members what a request is for whose card stands where it was
// pressed. Elsewhere it is not told.
func (t *turn) viewToReview(ctx context.Context) (teams.Answer, error) {
	name := t.press.Request
	if name == "" || name != cards.Line(name, 200) {
		return teams.Answer{}, sorry(errors.New("no request has such a name"), wordsNoRequest)
	}
	if err := t.isMemberHere(ctx); err != nil {
		return teams.Answer{}, err
	}
	stands, err := t.bot.Store.StandsIn(ctx, name, t.activity.ConversationID())
	if err != nil {
		return teams.Answer{}, err
	}
	if !stands {
		return teams.Answer{}, sorry(errors.New("no card of it stands here"), wordsNotApprover)
	}
	r, err := t.bot.Store.ToReview(ctx, name)
	if errors.Is(err, db.ErrNotFound) {
		return teams.Answer{}, sorry(err, wordsNotApprover)
	}
	if err != nil {
		return teams.Answer{}, err
	}
	o := ownRequest{request: r.Request, sub: r.Submission, at: r.CreatedAt}
	p, err := t.partsToReview(ctx, o)
	if err != nil {
		return teams.Answer{}, sorry(err, t.bot.wordsOf(err))
	}
	return t.showParts(cards.Resources{Of: t.bot.submissionView(t.person, r.Submission, r.Request), ForReview: true}, p)
}

// isMemberHere makes sure that who pressed is a member of a tenant that the bot
// serves, by the roster of where they did: their own chat need not exist.
func (t *turn) isMemberHere(ctx context.Context) error {
	m, err := t.bot.Teams.Member(ctx, t.activity.Where(), t.activity.PersonMRI())
	switch {
	case err != nil:
		return sorry(err, texts.English("I could not find out just now who you are. Press it again in a moment."))
	case m.Guest():
		return sorry(errGuest, t.bot.wordsGuest())
	case !t.bot.serves(m.TenantID):
		return sorry(errForeign, t.bot.wordsForeign())
	}
	return nil
}

// partsToReview is what a request is for, as the bot remembers it.
func (t *turn) partsToReview(ctx context.Context, o ownRequest) (parts, error) {
	if o.sub.Asked.Bundle.ID != "" {
		return t.remembered(ctx, o)
	}
	_, whole, err := t.lyingIn(ctx, o)
	if o.sub.State == db.Elsewhere {
		o.sub.ID = "" // v3 does not tell which permission is on which resource
	}
	p := o.parts()
	p.whole = whole
	return p, err
}
