package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

const (
	// lookFor is how long Apono is given to show a request whose create got no
	// answer, before it counts as not made.
	lookFor = time.Minute
	// lookForLong is how long it is looked for where Apono does not tell all of
	// a person's requests, so that absence proves nothing.
	lookForLong = 30 * time.Minute
	// lookFirst is when a request is looked for first, after its answer broke off.
	lookFirst = 2 * time.Second
	// lookEvery is the pause between two looks.
	lookEvery = 10 * time.Second
)

// submit writes down what is asked, then asks Apono. What is refused in time
// keeps the form open; the rest is told by the status card.
func (t *turn) submit(ctx context.Context, d db.Draft, f form) (teams.Answer, error) {
	if _, err := t.identify(ctx); err != nil {
		return t.show(ctx, d, f, nil)
	}
	// What was typed last is kept with the draft, whatever happens next.
	if err := t.bot.Store.SaveDraft(ctx, &d, f); errors.Is(err, db.ErrStale) {
		return teams.Answer{}, sorry(err, wordsOpenTwice)
	} else if err != nil {
		return teams.Answer{}, err
	}
	asked, wrong, err := t.asked(ctx, &f)
	if err == nil && wrong == nil {
		wrong = t.tried(ctx, &f, asked)
	}
	switch {
	case err != nil:
		return t.showStep(ctx, d, f, nil, nil, err)
	case wrong != nil:
		return t.show(ctx, d, f, wrong)
	}
	sub, fresh, err := t.bot.Store.Submit(ctx, d, asked, t.bot.Now(), t.bot.within(settleAfter))
	if err != nil {
		return teams.Answer{}, err
	}
	if !fresh {
		return teams.Answer{}, sorry(errors.New("submitted before"), wordsSubmitted)
	}
	created := t.bot.goOn(ctx, func(ctx context.Context) error { return t.bot.create(ctx, sub) })
	select {
	case err = <-created:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return t.submitted(ctx, d, f, sub, err)
}

// submitted answers the press of Submit by what came of it so far.
func (t *turn) submitted(ctx context.Context, d db.Draft, f form, sub db.Submission, err error) (teams.Answer, error) {
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		t.err = err
		return t.show(ctx, d, f, problems{refused.field: refused.words})
	case err != nil:
		t.err = err
		late, cancel := t.bot.grace(ctx)
		defer cancel()
		if err := t.bot.Store.OweStory(late, sub); err != nil {
			return teams.Answer{}, err
		}
		return t.tell(wordsWaiting)
	case t.activity.Kind() != teams.Personal:
		return t.tell(wordsElsewhere)
	}
	return teams.TaskDone(), nil
}

// refusal is Apono's no to a submission: nothing was created.
type refusal struct {
	field string // of the form; "" for the whole
	words texts.Text
	err   error
}

func (r *refusal) Error() string { return "refused: " + r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// create asks Apono for what a submission says, once, and notes what came of
// it. A nil error says that Apono has it, a *refusal that it does not; after
// any other error nobody knows yet, and the job that settles will look.
func (b *Bot) create(ctx context.Context, sub db.Submission) error {
	ctx, cancel := context.WithTimeout(ctx, b.within(createLasts))
	defer cancel()
	reading, err := b.Store.NextReading(ctx)
	if err != nil {
		return err
	}
	created, err := b.ask(ctx, sub)
	b.catalog.changed(sub.Asked.AponoUserID)
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	switch {
	case err == nil:
		return b.created(note, sub, created, reading)
	case errors.Is(err, aponoapi.ErrUnknownOutcome):
		return errors.Join(err, b.Store.OweSettlement(note, sub, b.within(lookFirst)))
	}
	r := &refusal{words: b.wordsOf(err), err: err}
	person, err := b.Store.Person(note, sub.Person)
	if err != nil {
		return err
	}
	words := r.words.In(texts.For(person.Locale))
	r.field = fieldAsked(sub.Asked, words)
	if err := b.Store.SubmissionRefused(note, sub, words); err != nil {
		return err
	}
	return r
}

// ask asks Apono for access: through v3, which knows no bundles and no answers to
// a company's questions, or v4.
func (b *Bot) ask(ctx context.Context, sub db.Submission) ([]aponoapi.AccessRequest, error) {
	a := sub.Asked
	if a.OnBehalf() {
		return b.askOnBehalf(ctx, sub)
	}
	if a.ByV4() {
		return b.Apono.CreateRequestV4(ctx, newRequestV4(a))
	}
	created, err := b.Apono.CreateRequestV3(ctx, aponoapi.NewRequest{
		UserID: a.AponoUserID, IntegrationID: a.Integration.ID, ResourceIDs: idsOf(a.Resources),
		Permissions: a.Permissions, Justification: a.Justification, Duration: a.Duration,
	})
	return []aponoapi.AccessRequest{created}, err
}

// created notes what Apono has made of a submission.
func (b *Bot) created(ctx context.Context, sub db.Submission, created []aponoapi.AccessRequest, reading int64) error {
	if err := b.Store.SubmissionCreated(ctx, sub, b.requestsOf(created, reading)...); err != nil || !sub.Asked.OnBehalf() {
		return err
	}
	if err := b.nameOnBehalf(ctx, sub, created); err != nil {
		b.Log.Info().Err(loggable(err)).Msg("a request for somebody else has no other names yet") // a look will find them
	}
	return nil
}

// requestsOf is what the bot remembers of requests that Apono has just told.
func (b *Bot) requestsOf(told []aponoapi.AccessRequest, reading int64) []db.Request {
	requests := make([]db.Request, len(told))
	for i, r := range told {
		requests[i] = b.requestOf(r, reading)
	}
	return requests
}

// settle finds out what became of a submission whose create got no answer. It
// looks in Apono and never asks again.
func (b *Bot) settle(ctx context.Context, job db.SettleSubmission) error {
	sub, err := b.Store.Submission(ctx, job.SubmissionID)
	if err != nil {
		return err
	}
	if sub.State != db.Sending || sub.Attempt != job.Attempt {
		return nil
	}
	reading, err := b.Store.NextReading(ctx)
	if err != nil {
		return err
	}
	found, whole, err := b.look(ctx, sub)
	switch {
	case err != nil:
		return err
	case len(found) > 0:
		err := b.Store.SubmissionFound(ctx, sub, b.requestsOf(found, reading)...)
		if errors.Is(err, db.ErrTaken) { // by one that asks for the same
			return river.JobSnooze(time.Second)
		}
		return err
	}
	switch waited := b.Now().Sub(sub.AskedAt); {
	case whole && waited > lookFor:
		return b.Store.SubmissionGivenUp(ctx, sub, db.Lost)
	case waited > lookForLong:
		return b.Store.SubmissionGivenUp(ctx, sub, db.Unknown)
	}
	return river.JobSnooze(lookEvery)
}

// look searches Apono for the requests that a submission asked for: the same in
// every part, and not those that are known already. whole is false if Apono's
// list was cut, so that absence proves nothing.
func (b *Bot) look(ctx context.Context, sub db.Submission) (found []aponoapi.AccessRequest, whole bool, err error) {
	if sub.Asked.ByV4() {
		return b.lookByV4(ctx, sub)
	}
	const days = 2 // the clocks of Apono and the bot may disagree about midnight
	list, err := b.Apono.RequestsV3(ctx, sub.Asked.AponoUserID, days)
	if err != nil {
		return nil, false, err
	}
	var ids []string
	for _, r := range list.Items {
		ids = append(ids, r.ID)
	}
	known, err := b.Store.KnownRequests(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	for _, r := range list.Items {
		if known[r.ID] || !asks(sub.Asked, r) {
			continue
		}
		full, err := b.Apono.Request(ctx, r.ID)
		if err != nil {
			return nil, false, err
		}
		known, err := b.Store.KnownRequests(ctx, full.IDs()) // by what v4 calls it
		if err != nil {
			return nil, false, err
		}
		if len(known) == 0 && madeSince(sub.AskedAt.Add(-lookFor), full) {
			return []aponoapi.AccessRequest{full}, true, nil
		}
	}
	return nil, list.Cut() == 0, nil
}

// madeSince says that r is not an older request that asks for the same. Where
// Apono tells no time, one that is over counts as old.
func madeSince(since time.Time, r aponoapi.AccessRequest) bool {
	return r.CreatedAt.IsZero() && !r.Status.Over() || r.CreatedAt.After(since)
}

// asks says that r is a request for what was asked.
func asks(a db.Asked, r aponoapi.AccessRequest) bool {
	return r.Grantee.ID == a.AponoUserID && r.Justification == a.Justification &&
		len(r.Groups) == 1 && r.Groups[0].Integration.ID == a.Integration.ID &&
		sameSet(r.ResourceIDs, idsOf(a.Resources)) && sameSet(r.Permissions, a.Permissions)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func idsOf(items []db.Named) []string {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	return ids
}

// cardOf is a posted card as it is to be drawn now.
func (b *Bot) cardOf(ctx context.Context, c *db.CardToDraw) cards.Card {
	return b.contentOf(ctx, c).Posted(c.ID)
}

func (b *Bot) contentOf(ctx context.Context, c *db.CardToDraw) cards.Card {
	about := c.Requests
	if c.Kind != db.Story {
		about = slices.DeleteFunc(slices.Clone(about), func(r db.Request) bool { return r.ID != c.RequestID })
	}
	s := b.submissionView(c.Person, c.Submission, about...)
	for _, r := range c.Followers {
		s.Again = append(s.Again, cmp.Or(r.FriendlyID, r.ID))
	}
	switch c.Kind {
	case db.ToReviewHere:
		return cards.ToReview(b.reviewView(c, about[0]))
	case db.StillWaits:
		return cards.StillWaits(b.reviewView(c, about[0]))
	case db.ToldGranted:
		return cards.Granted(s)
	case db.ToldRejected:
		return cards.Rejected(s)
	case db.ToldFailed:
		return cards.Failed(s)
	case db.ToldMFA:
		return cards.AsksMFA(s)
	case db.ToldEnding:
		if len(about) == 1 && about[0].Status.Active() {
			s.Requests[0].ExtendBy = b.extendsBy(ctx, c, about[0])
		}
		return cards.Ending(s)
	case db.ToldEnded:
		return cards.Ended(s)
	case db.ToldReset:
		return cards.NewCredentials(s)
	}
	return b.storyOf(c, s)
}

// storyOf is what a card tells of a submission.
func (b *Bot) storyOf(c *db.CardToDraw, s cards.Submission) cards.Card {
	switch {
	case c.Submission.State == db.Refused:
		return cards.Refused(s, texts.Outside(c.Submission.Refusal))
	case c.Submission.State == db.Lost:
		return cards.Lost(s)
	case c.Submission.State == db.Unknown:
		return cards.Unknown(s, b.PortalURL)
	case len(s.Requests) == 0:
		return cards.Asking(s)
	}
	return cards.Status(s)
}

func namesOfUnits(units []db.Unit) []string {
	var names []string
	for _, u := range units {
		names = append(names, u.Name)
	}
	return names
}

// submissionView is a submission as a card shows it, in its person's time zone.
func (b *Bot) submissionView(p db.Person, sub db.Submission, requests ...db.Request) cards.Submission {
	zone := zoneOf(p)
	s := cards.Submission{
		Draft: sub.DraftID, Integration: sub.Asked.Integration.Name, ResourceType: sub.Asked.ResourceType.Name,
		Resources: namesOf(sub.Asked.Resources), Permissions: sub.Asked.Permissions,
		Duration: sub.Asked.Duration, Justification: sub.Asked.Justification, AskedAt: sub.AskedAt.In(zone),
	}
	s.Bundle = sub.Asked.Bundle.Name
	if s.Bundle != "" {
		s.Units = namesOfUnits(sub.Asked.Units)
	}
	for _, a := range sub.Asked.Answers {
		if a.Value != "" {
			s.Answers = append(s.Answers, [2]string{a.Label, a.Shown})
		}
	}
	switch {
	case !sub.Asked.OnBehalf():
	case p.PersonKey == sub.Person:
		s.For = sub.Asked.For.Name
	case p.AponoID == sub.Asked.AponoUserID:
		s.By = cmp.Or(sub.Asked.By, cards.Somebody)
	}
	for _, r := range requests {
		v := b.requestView(r, zone)
		v.Systems = systemsView(p, sub, r, zone)
		v.Others = s.For != ""
		s.Requests = append(s.Requests, v)
	}
	return s
}
