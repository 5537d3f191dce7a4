package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// mineDays is how long a closed request stays in a person's list, and openDays
// how old an open one may be.
const (
	mineDays = 7
	openDays = 365
)

// openMine shows a page of the person's requests, made here or elsewhere.
func (t *turn) openMine(ctx context.Context) (teams.Answer, error) {
	aponoID, err := t.identify(ctx)
	if err != nil {
		return teams.Answer{}, t.unidentified(err)
	}
	m := cards.Mine{List: t.press.List, From: max(0, t.press.From)}
	all, cut, err := t.mine(ctx, aponoID)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		t.err = err
		return t.dialog(m.Title(), cards.MineLoading(m), teams.Medium)
	case err != nil:
		return teams.Answer{}, sorry(err, t.bot.wordsOf(err))
	}
	m.Cut = cut
	all = slices.DeleteFunc(all, func(o ownRequest) bool {
		others := o.sub.Asked.OnBehalf() && o.sub.Person == t.person.PersonKey // their access is not the person's
		return !belongs(m.List, o.request.Status) || m.List == cards.ListAccess && others
	})
	m.Found = len(all)
	if m.From >= m.Found {
		m.From = 0
	}
	page := all[m.From:min(m.From+cards.MinePage, m.Found)]
	t.readReport(ctx, page)
	for _, o := range page {
		m.Page = append(m.Page, t.bot.ownView(t.person, o))
	}
	card := cards.MyRequests
	if m.List == cards.ListAccess {
		card = cards.MyAccess
	}
	return t.dialog(m.Title(), card(m, t.bot.Now()), teams.Medium)
}

// belongs says whether a request that stands so belongs into a list.
func belongs(list cards.ListOf, s aponoapi.Status) bool {
	switch list {
	case cards.ListOpen:
		return !s.Over()
	case cards.ListClosed:
		return s.Over()
	case cards.ListAccess:
		return s.Active()
	}
	return true
}

// mine are the person's requests, newest first: what Apono lists for them, and
// what the bot remembers beside it. Each is there once, whatever it is called.
// cut is how many Apono did not list.
func (t *turn) mine(ctx context.Context, aponoID string) (all []ownRequest, cut int, err error) {
	remembered, err := t.bot.Store.OwnRequests(ctx, t.person.PersonKey, t.bot.Now().AddDate(0, 0, -mineDays))
	if err != nil {
		return nil, 0, err
	}
	byName := make(map[string]db.OwnRequest)
	for _, o := range remembered {
		for _, name := range o.Names {
			byName[name] = o
		}
	}
	told, cut, err := t.listed(ctx, aponoID)
	if err != nil {
		return nil, 0, err
	}
	seen := make(map[string]bool)
	var behind []string
	before := t.bot.Now() // v3 tells no times: one made elsewhere stands by its neighbour
	for _, r := range told {
		o, known := byName[r.ID]
		if !known {
			o, known = unnamed(remembered, seen, told, r)
		}
		if seen[cmp.Or(o.ID, r.ID)] {
			continue
		}
		seen[cmp.Or(o.ID, r.ID)] = true
		if !known {
			all = append(all, elsewhere(r, before))
			continue
		}
		if isBehind(o.Request, r.Status) {
			behind = append(behind, o.ID)
		}
		all = append(all, remember(o.Request, o.Submission))
		before = o.CreatedAt
	}
	t.lookAgainAt(ctx, behind)
	for _, o := range remembered {
		if !seen[o.ID] {
			all = append(all, remember(o.Request, o.Submission))
		}
	}
	slices.SortStableFunc(all, func(a, b ownRequest) int { return b.at.Compare(a.at) })
	return all, cut, t.nameWhatIsElsewhere(ctx, all)
}

// unnamed is the remembered request that r is, if it was made through v4 and
// its name in v3 is not known yet: the one with the same words of which Apono
// tells nothing else.
func unnamed(remembered []db.OwnRequest, seen map[string]bool, told []aponoapi.AccessRequest, r aponoapi.AccessRequest) (db.OwnRequest, bool) {
	for _, o := range slices.Backward(remembered) {
		isTold := func(other aponoapi.AccessRequest) bool { return slices.Contains(o.Names, other.ID) }
		if o.Submission.Asked.ByV4() && !o.Submission.Asked.OnBehalf() && o.Submission.Asked.Justification == r.Justification && !seen[o.ID] &&
			!slices.ContainsFunc(told, isTold) {
			return o, true
		}
	}
	return db.OwnRequest{}, false
}

// isBehind says that Apono tells more of a request than the bot has recorded.
// v3 knows fewer words than the others, so it is not believed itself.
func isBehind(r db.Request, told aponoapi.Status) bool {
	return told != r.Status && told.Over() != r.Status.Over()
}

// lookAgainAt makes the sweep look at requests that have gone on, unless it is
// about to. The page does not wait for it.
func (t *turn) lookAgainAt(ctx context.Context, behind []string) {
	now := t.bot.Now()
	if err := t.bot.Store.LookSooner(ctx, behind, now, now.Add(lookWaiting)); err != nil {
		t.err = err // the sweep will come to them
	}
}

// nameWhatIsElsewhere fills in the names of integrations that v3 does not tell.
func (t *turn) nameWhatIsElsewhere(ctx context.Context, all []ownRequest) error {
	if !slices.ContainsFunc(all, func(o ownRequest) bool { return o.sub.ID == "" }) {
		return nil
	}
	names, err := t.bot.catalog.integrationNames(ctx)
	if err != nil {
		return err
	}
	for i, o := range all {
		if o.sub.ID == "" {
			all[i].sub.Asked.Integration.Name = cmp.Or(names[o.sub.Asked.Integration.ID], o.sub.Asked.Integration.Name)
		}
	}
	return nil
}

// nameResources finds the names of the resources of a request that was made
// elsewhere, among what the person may request, and the first of their types.
// What is not found keeps its id.
func (t *turn) nameResources(ctx context.Context, o *ownRequest) error {
	a := &o.sub.Asked
	if o.sub.ID != "" || len(a.Resources) == 0 {
		return nil
	}
	user := t.person.AponoID
	types, err := t.bot.catalog.resourceTypes(ctx, user, a.Integration.ID)
	if err != nil {
		return err
	}
	unnamed := len(a.Resources)
	for _, kind := range types.items {
		l, err := t.bot.catalog.resources(ctx, user, a.Integration.ID, kind.ID)
		if err != nil {
			return err
		}
		names := make(map[string]string, len(l.items))
		for _, it := range l.items {
			names[it.ID] = it.Name
		}
		if _, ok := names[a.Resources[0].ID]; ok {
			a.ResourceType = kind
		}
		for i, r := range a.Resources {
			if name := names[r.ID]; name != "" {
				a.Resources[i].Name = name
				unnamed--
			}
		}
		if unnamed <= 0 {
			return nil
		}
	}
	return nil
}

// ownRequest is one of a person's requests, made here or elsewhere.
type ownRequest struct {
	request db.Request
	sub     db.Submission           // without an ID for one that was made elsewhere
	at      time.Time               // when it was made; unknown for one made elsewhere
	told    *aponoapi.AccessRequest // what Apono has just told of it, if it was asked
	report  *aponoapi.Activity      // what Apono's report tells of one made elsewhere, if it does
}

func remember(r db.Request, sub db.Submission) ownRequest {
	if sub.State == db.Elsewhere {
		// The bot remembers how it stands, and knows no more of it.
		sub.ID, sub.AskedAt = "", time.Time{}
	}
	return ownRequest{request: r, sub: sub, at: r.CreatedAt}
}

// elsewhere is a request that the bot does not remember, as far as Apono tells.
func elsewhere(r aponoapi.AccessRequest, at time.Time) ownRequest {
	o := ownRequest{at: cmp.Or(r.CreatedAt, at)}
	o.request = db.Request{ID: cmp.Or(r.V3ID, r.ID), FriendlyID: r.FriendlyID, Status: r.Status, EndedAt: r.RevokedAt}
	a := &o.sub.Asked
	a.Duration, a.Justification, a.Permissions = r.Duration, r.Justification, r.Permissions
	o.sub.AskedAt = r.CreatedAt
	if len(r.Groups) > 0 {
		in := r.Groups[0].Integration
		a.Integration = db.Named{ID: in.ID, Name: cmp.Or(in.Name, in.ID)}
		if kinds := r.Groups[0].ResourceTypes; len(r.Groups) == 1 && len(kinds) == 1 {
			a.ResourceType = db.Named{ID: kinds[0].ID, Name: kinds[0].Name}
		}
	}
	for _, id := range r.ResourceIDs {
		a.Resources = append(a.Resources, db.Named{ID: id, Name: id})
	}
	return o
}

// ownView is a person's request as a card shows it.
func (b *Bot) ownView(p db.Person, o ownRequest) cards.Submission {
	s := b.submissionView(p, o.sub, o.request)
	if o.sub.ID == "" && o.sub.Asked.Resources != nil && o.sub.Asked.ResourceType.ID == "" {
		s.Resources = o.shortly()
	}
	if o.sub.ID == "" && s.Bundle != "" {
		s.Resources, s.Units = nil, s.Resources
	}
	if o.sub.AskedAt.IsZero() {
		s.AskedAt = time.Time{}
	}
	return s
}

func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// ownRequest is the request of that name, if the person receives the access.
// Whoever forges another's name learns nothing.
func (t *turn) ownRequest(ctx context.Context, name string) (ownRequest, error) {
	if name == "" || name != cards.Line(name, 200) {
		return ownRequest{}, sorry(errors.New("no request has such a name"), wordsNoRequest)
	}
	r, err := t.bot.Store.Request(ctx, name)
	if errors.Is(err, db.ErrNotFound) {
		return t.ownElsewhere(ctx, name)
	}
	if err != nil {
		return ownRequest{}, err
	}
	sub, err := t.bot.Store.Submission(ctx, r.SubmissionID)
	if err != nil {
		return ownRequest{}, err
	}
	mine := sub.Person == t.person.PersonKey
	if !mine {
		if mine, err = t.isGrantee(ctx, sub); err != nil {
			return ownRequest{}, err
		}
	}
	if !mine {
		return ownRequest{}, sorry(errors.New("the request is somebody else's"), wordsNoRequest)
	}
	return remember(r, sub), nil
}

// ownElsewhere asks Apono for a request that the bot does not remember.
func (t *turn) ownElsewhere(ctx context.Context, name string) (ownRequest, error) {
	aponoID, err := t.identify(ctx)
	if err != nil {
		return ownRequest{}, t.unidentified(err)
	}
	r, err := t.bot.Apono.Request(ctx, name)
	switch {
	case errors.Is(err, aponoapi.ErrNotFound), errors.Is(err, aponoapi.ErrInvalid):
		return ownRequest{}, sorry(err, wordsNoRequest)
	case err != nil:
		return ownRequest{}, sorry(err, t.bot.wordsOf(err))
	case r.Grantee.ID != aponoID:
		return ownRequest{}, sorry(errors.New("the request is for another Apono user"), wordsNoRequest)
	}
	one := []ownRequest{elsewhere(r, time.Time{})}
	one[0].told = &r
	err = t.nameWhatIsElsewhere(ctx, one)
	return one[0], err
}
