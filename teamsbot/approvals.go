package teamsbot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

const (
	// tasksEvery is how often it is read what connected approvers have to decide,
	// with up to two calls for each of them, and only while something waits. A
	// new request brings it forward to tasksApart after the last time.
	tasksEvery = time.Minute
	tasksApart = 2 * time.Second
	// namedAtOnce is about how many requests each approver is asked, one by one, how
	// the client API calls them.
	namedAtOnce = 20
)

// onApprovals answers the typed command: it opens the list of what waits for the
// person, or says whether that comes to their chat by itself.
func (t *turn) onApprovals(ctx context.Context) (cards.Card, error) {
	switch on, said := onOrOff(t.rest); {
	case t.rest == "":
		return cards.OpenApprovals(t.person.Approvals), nil
	case !said:
		return cards.NotUnderstood(), nil
	case on:
		return t.approvalsOn(ctx)
	}
	return cards.ApprovalsSet(false), t.bot.Store.SetApprovals(ctx, t.person.PersonKey, false)
}

// approvalsOn brings what waits for the person to their own chat from now on.
// Only their own token tells what that is.
func (t *turn) approvalsOn(ctx context.Context) (cards.Card, error) {
	if _, err := t.own(ctx); errors.Is(err, errNotConnected) {
		return cards.ConnectFirst(), nil
	} else if err != nil {
		return cards.Card{}, t.unidentified(err)
	}
	if err := t.bot.Store.SetApprovals(ctx, t.person.PersonKey, true); err != nil {
		return cards.Card{}, err
	}
	return cards.ApprovalsSet(true), t.bot.Store.BringForward(ctx, turnTasks, tasksApart)
}

// openApprovals shows a page of what waits for the person, the oldest first.
func (t *turn) openApprovals(ctx context.Context) (teams.Answer, error) {
	own, err := t.own(ctx)
	switch {
	case errors.Is(err, errNotConnected):
		return t.askConnect(ctx)
	case err != nil:
		return teams.Answer{}, t.unidentified(err)
	}
	all, err := collect(own.ClientRequests(ctx, aponoapi.ClientFilter{Scope: aponoapi.MyTasks}))
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized):
		return t.reconnect(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		t.err = err
		return t.dialog("My approvals", cards.ApprovalsLoading(), teams.Medium)
	case err != nil:
		return teams.Answer{}, sorry(err, t.bot.wordsOf(err))
	}
	// Nobody decides on their own.
	all = slices.DeleteFunc(all, func(r aponoapi.AccessRequest) bool { return isOwn(r, t.person.AponoID) })
	slices.SortStableFunc(all, func(a, b aponoapi.AccessRequest) int { return a.CreatedAt.Compare(b.CreatedAt) })
	l := cards.Approvals{From: max(0, t.press.From), Found: len(all)}
	if l.From >= l.Found {
		l.From = 0
	}
	page := all[l.From:min(l.From+cards.ApprovalsPage, len(all))]
	known, err := t.knownOf(ctx, own, page)
	if err != nil {
		return teams.Answer{}, err
	}
	for i, r := range page {
		l.Page = append(l.Page, t.bot.reviewTold(told{AccessRequest: r}, known[i], t.person))
	}
	return t.dialog("My approvals", cards.MyApprovals(l), teams.Medium)
}

// clientNamedWithin is how long a press waits to find out which of the bot's own
// requests those are that the client API calls otherwise.
const clientNamedWithin = time.Second

// knownOf is what the bot remembers of requests that Apono tells an approver.
func (t *turn) knownOf(ctx context.Context, own *aponoapi.Client, told []aponoapi.AccessRequest) ([]db.ToReview, error) {
	known := make([]db.ToReview, len(told))
	for again := range 2 {
		missing := false
		for i, r := range told {
			k, err := t.bot.Store.ToReview(ctx, r.ID)
			if err != nil && !errors.Is(err, db.ErrNotFound) {
				return nil, err
			}
			known[i], missing = k, missing || err != nil
		}
		if !missing || again > 0 {
			break
		}
		soon, cancel := context.WithTimeout(ctx, t.bot.within(clientNamedWithin))
		t.err = t.bot.nameTasks(soon, own) // there is something to show without it
		cancel()
	}
	return known, nil
}

// LookAtTasks reads what connected approvers have to decide: who can decide on
// what waits, how far they are, and what is to be brought to their own chats.
// Only their own tokens tell it.
func (b *Bot) LookAtTasks(ctx context.Context) error {
	people, err := b.Store.Reviewers(ctx)
	if err != nil || len(people) == 0 {
		return err
	}
	var failed error
	for _, p := range people {
		if err := b.lookAtTasksOf(ctx, p); err != nil && ctx.Err() == nil {
			failed = errors.Join(failed, loggable(err))
		}
	}
	return failed
}

func (b *Bot) lookAtTasksOf(ctx context.Context, p db.Person) error {
	own, err := b.as(ctx, p)
	if errors.Is(err, errNotConnected) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := b.nameTasks(ctx, own); err != nil {
		return err
	}
	for _, scope := range []aponoapi.Scope{aponoapi.MyTasks, aponoapi.MyHistoricTasks} {
		reading, err := b.Store.NextReading(ctx)
		if err != nil {
			return err
		}
		filter := aponoapi.ClientFilter{Scope: scope, Statuses: []string{"Pending"}}
		for r, err := range own.ClientRequests(ctx, filter) {
			if errors.Is(err, aponoapi.ErrUnauthorized) {
				return nil // they are asked for another token when they come
			}
			if err != nil {
				return err
			}
			if err := b.noteTask(ctx, p, told{r, reading}, scope == aponoapi.MyTasks); err != nil {
				return err
			}
		}
	}
	return nil
}

// nameTasks finds out how the client API calls requests that wait and that the
// bot knows by other names only, where the approver may see them.
func (b *Bot) nameTasks(ctx context.Context, own *aponoapi.Client) error {
	unknown, err := b.Store.WithoutApprovers(ctx, namedAtOnce)
	if err != nil {
		return err
	}
	for _, r := range unknown {
		told, err := b.tell(ctx, own, r.FriendlyID)
		switch {
		case errors.Is(err, aponoapi.ErrNotFound), errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrInvalid):
			continue // somebody else's to decide on
		case errors.Is(err, aponoapi.ErrUnauthorized):
			return nil
		case err != nil:
			return err
		}
		if err := b.nameAsTold(ctx, r.Request, told); err != nil {
			return err
		}
	}
	return nil
}

// nameAsTold keeps how the client API calls a request, and who can decide on it.
func (b *Bot) nameAsTold(ctx context.Context, known db.Request, r told) error {
	return errors.Join(b.Store.AddNames(ctx, known.ID, r.IDs()), b.Store.RecordReview(ctx, known.ID, approversOf(r)))
}

// noteTask keeps who can decide on a request that waits, and brings it to the
// approver's own chat if they want that.
func (b *Bot) noteTask(ctx context.Context, p db.Person, r told, waits bool) error {
	known, err := b.known(ctx, r.AccessRequest)
	if err != nil {
		return err
	}
	if known.ID == "" {
		return b.Store.BringForward(ctx, turnElsewhere, elsewhereApart)
	}
	if err := b.nameAsTold(ctx, known, r); err != nil {
		return err
	}
	if !waits || !p.Approvals || isOwn(r.AccessRequest, p.AponoID) || known.Status != aponoapi.Pending {
		return nil
	}
	return b.Store.OweReview(ctx, known.ID, db.Place{Person: p.PersonKey, Since: b.Now()})
}
