package teamsbot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// revokedAtOnce is how many accesses one press can end.
const revokedAtOnce = 10

// askRevoke asks whether to end one access or those that are ticked in a list,
// and names what ends.
func (t *turn) askRevoke(ctx context.Context) (teams.Answer, error) {
	names := t.toRevoke()
	if t.press.Request != "" && len(t.press.Requests) == 0 {
		if all, err := t.split(ctx, t.press.Request); err != nil || all != nil {
			return t.askRevokeSome(all, err)
		}
	}
	if len(names) == 0 {
		return t.tell(texts.English("Nothing was ticked, so nothing ends."))
	}
	all, err := t.ownRequests(ctx, names)
	if err != nil {
		return teams.Answer{}, err
	}
	var views []cards.Submission
	for _, o := range all {
		if s := o.request.Status; s.Active() || s.Waiting() {
			views = append(views, t.bot.ownView(t.person, o))
		}
	}
	switch {
	case len(views) == 0:
		return teams.Answer{}, sorry(errors.New("not active"), wordsNotActive)
	case len(views) == 1 && views[0].Requests[0].Status.Waiting() && views[0].Requests[0].Status != aponoapi.Granting:
		return t.dialog("Cancel request", cards.Cancel(views[0]), teams.Medium)
	}
	return t.dialog("Revoke access", cards.Revoke(views...), teams.Medium)
}

// toRevoke are the requests that the press names: one, or those that are ticked.
func (t *turn) toRevoke() (names []string) {
	if len(t.press.Requests) == 0 {
		return []string{t.press.Request}
	}
	ticked := placesOf(t.press.Inputs[cards.FieldRevoke])
	for i, name := range t.press.Requests[:min(len(t.press.Requests), revokedAtOnce)] {
		if ticked[i] {
			names = append(names, name)
		}
	}
	return names
}

// revoke ends access. Apono takes a while for it, and the cards follow.
func (t *turn) revoke(ctx context.Context) (teams.Answer, error) {
	if n := len(t.press.Requests); n == 0 || n > revokedAtOnce {
		return teams.Answer{}, sorry(fmt.Errorf("%d requests are named", n), wordsNoRequest)
	}
	all, err := t.ownRequests(ctx, t.press.Requests)
	if err != nil {
		return teams.Answer{}, err
	}
	ids, theirs := make([]string, len(all)), make([]string, len(all))
	carded := true // all have a card that will tell
	group, each := errgroup.WithContext(ctx)
	for i, o := range all {
		theirs[i] = o.request.ID
		carded = carded && o.sub.ID != ""
		group.Go(func() (err error) {
			ids[i], err = t.receives(each, o)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return teams.Answer{}, err
	}
	return t.end(ctx, ids, theirs, carded)
}

// ownRequests are the requests of those names, read side by side: of those made
// elsewhere only Apono knows, and the time to answer is short.
func (t *turn) ownRequests(ctx context.Context, names []string) ([]ownRequest, error) {
	// Who the person is, is found out once and before.
	if _, err := t.identify(ctx); err != nil {
		return nil, t.unidentified(err)
	}
	all := make([]ownRequest, len(names))
	group, each := errgroup.WithContext(ctx)
	for i, name := range names {
		group.Go(func() (err error) {
			all[i], err = t.ownRequest(each, name)
			return err
		})
	}
	return all, group.Wait()
}

// end ends access by the names that v3 has for it, and owes a look at the
// requests that the bot remembers.
func (t *turn) end(ctx context.Context, ids, theirs []string, carded bool) (teams.Answer, error) {
	_, err := t.bot.Apono.RevokeV3(ctx, ids...)
	t.bot.catalog.changed(t.person.AponoID)
	late, cancel := t.bot.grace(ctx)
	defer cancel()
	if err == nil || errors.Is(err, aponoapi.ErrUnknownOutcome) {
		if err := t.bot.Store.RevokedHere(late, theirs); err != nil {
			return teams.Answer{}, err
		}
	}
	// Whatever came of it, Apono knows how the requests stand now.
	for _, id := range theirs {
		if _, owed := t.bot.Store.OweRefresh(late, id, t.bot.Now()); owed != nil {
			return teams.Answer{}, errors.Join(err, owed)
		}
	}
	switch {
	case err == nil && carded:
		return teams.TaskDone(), nil
	case err == nil:
		return t.tell(texts.English("The access is ending."))
	case errors.Is(err, aponoapi.ErrConflict):
		return teams.Answer{}, sorry(err, wordsNotActive)
	case errors.Is(err, aponoapi.ErrUnknownOutcome), errors.Is(err, context.DeadlineExceeded):
		return teams.Answer{}, sorry(err, wordsRevokeUnknown)
	}
	return teams.Answer{}, sorry(err, t.bot.wordsOf(err))
}

// requestAgain opens the last step of the request form with all that an earlier
// request asked for but its justification.
func (t *turn) requestAgain(ctx context.Context) (teams.Answer, error) {
	o, err := t.ownRequest(ctx, t.press.Request)
	if err != nil {
		return teams.Answer{}, err
	}
	if o.sub.Asked.Bundle.ID != "" {
		f := bundleAgain(o.sub)
		f.For = o.forWhom(t.person.PersonKey)
		return t.openForm(ctx, f)
	}
	if err := t.nameResources(ctx, &o); err != nil {
		return teams.Answer{}, sorry(err, t.bot.wordsOf(err))
	}
	f := wishForm(o.sub.Asked.Wish(), o.sub.ID)
	f.For = o.forWhom(t.person.PersonKey)
	return t.openForm(ctx, f)
}

// receives makes sure that the person is who receives the access of a request,
// as Apono knows it: with the service token Apono checks the bot's rights only.
// It gives the name by which the request can be revoked.
func (t *turn) receives(ctx context.Context, o ownRequest) (v3ID string, err error) {
	aponoID, err := t.identify(ctx)
	if err != nil {
		return "", t.unidentified(err)
	}
	r := o.request
	var now aponoapi.AccessRequest
	if o.told != nil {
		now = *o.told
	} else {
		now, err = t.bot.readRequest(ctx, r.ID, r.FriendlyID)
	}
	switch {
	case errors.Is(err, aponoapi.ErrNotFound):
		return "", sorry(err, wordsNoRequest)
	case err != nil:
		return "", sorry(err, t.bot.wordsOf(err))
	case o.asksFor(t.person.PersonKey, now.Grantee.ID): // who submitted may end it, too
	case !strings.EqualFold(now.Grantee.ID, aponoID):
		return "", sorry(fmt.Errorf("request %s is for another Apono user", r.ID), wordsNoRequest)
	}
	v3ID, err = t.bot.v3ID(ctx, r, now)
	switch {
	case errors.Is(err, errUnnamed):
		return "", sorry(err, wordsNotHere)
	case err != nil:
		return "", sorry(err, t.bot.wordsOf(err))
	}
	return v3ID, nil
}

// asksFor says that this person submitted it for that Apono user.
func (o ownRequest) asksFor(k db.PersonKey, aponoID string) bool {
	return o.sub.ID != "" && o.sub.Person == k && o.sub.Asked.OnBehalf() && strings.EqualFold(o.sub.Asked.AponoUserID, aponoID)
}

// forWhom is whom this person asked for; nobody else if it was for them.
func (o ownRequest) forWhom(k db.PersonKey) db.Named {
	if o.sub.Person != k {
		return db.Named{}
	}
	return o.sub.Asked.For
}

// unidentified says why it is not known who the person is.
func (t *turn) unidentified(err error) error {
	var s *sorryError
	switch {
	case errors.As(err, &s):
		return err
	case errors.Is(err, errUnreachable):
		return sorry(err, texts.English("Add the Apono app to your Teams first: %s").With(t.bot.appURL()))
	}
	return sorry(err, t.bot.wordsOf(err))
}
