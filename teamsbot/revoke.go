package teamsbot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// askRevoke asks whether to end an access, and names what ends.
func (t *turn) askRevoke(ctx context.Context) (teams.Answer, error) {
	sub, r, err := t.ownRequest(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	if r.Status != aponoapi.Granting && r.Status != aponoapi.Granted {
		return teams.Answer{}, sorry(errors.New("not active"), wordsNotActive)
	}
	return teams.TaskCard("Revoke access", cards.Revoke(t.bot.submissionView(t.person, sub, r)).JSON(), teams.Small)
}

// revoke ends an access. Apono takes a while for it, and the card follows.
func (t *turn) revoke(ctx context.Context) (teams.Answer, error) {
	_, r, err := t.ownRequest(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	if err := t.received(ctx, r); err != nil {
		return teams.Answer{}, err
	}
	_, err = t.bot.Apono.RevokeV3(ctx, r.ID)
	late, cancel := grace(ctx)
	defer cancel()
	// Whatever came of it, Apono knows how the request stands now.
	if owed := t.bot.Store.Owe(late, db.RefreshRequest{RequestID: r.ID}); owed != nil {
		return teams.Answer{}, errors.Join(err, owed)
	}
	switch {
	case err == nil:
		return teams.TaskDone(), nil
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
	sub, _, err := t.ownRequest(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	a := sub.Asked
	f := form{
		Step: stepFinish, Integration: a.Integration, ResourceType: a.ResourceType, Resources: a.Resources, Follows: sub.ID,
	}
	for _, p := range a.Permissions {
		f.Permissions = append(f.Permissions, db.Named{ID: p, Name: p})
	}
	f.sayDuration(a.Duration)
	d, err := t.bot.Store.NewDraft(ctx, t.person.PersonKey, f)
	if err != nil {
		return teams.Answer{}, err
	}
	return t.show(ctx, d, f, nil)
}

// ownRequest is the request that the press names, if it is the person's own.
// Whoever forges another's name learns nothing.
func (t *turn) ownRequest(ctx context.Context) (db.Submission, db.Request, error) {
	r, err := t.bot.Store.Request(ctx, t.press.Request)
	if errors.Is(err, db.ErrNotFound) {
		return db.Submission{}, db.Request{}, sorry(err, wordsNoRequest)
	}
	if err != nil {
		return db.Submission{}, db.Request{}, err
	}
	sub, err := t.bot.Store.Submission(ctx, r.SubmissionID)
	if err != nil {
		return db.Submission{}, db.Request{}, err
	}
	if sub.Person != t.person.PersonKey {
		return db.Submission{}, db.Request{}, sorry(fmt.Errorf("request %s is not theirs", r.ID), wordsNoRequest)
	}
	return sub, r, nil
}

// received makes sure that the person is who receives the access of a request,
// as Apono knows it: with the service token Apono checks the bot's rights only.
func (t *turn) received(ctx context.Context, r db.Request) error {
	aponoID, err := t.identify(ctx)
	if err != nil {
		return t.unidentified(err)
	}
	now, err := t.bot.Apono.Request(ctx, r.ID)
	switch {
	case errors.Is(err, aponoapi.ErrNotFound):
		return sorry(err, wordsNoRequest)
	case err != nil:
		return sorry(err, t.bot.wordsOf(err))
	case !strings.EqualFold(now.Grantee.ID, aponoID):
		return sorry(fmt.Errorf("request %s is for another Apono user", r.ID), wordsNoRequest)
	}
	return nil
}

// unidentified says why it is not known who the person is.
func (t *turn) unidentified(err error) error {
	var s *sorryError
	switch {
	case errors.As(err, &s):
		return err
	case errors.Is(err, errUnreachable):
		return sorry(err, "Add the Apono app to your Teams first: "+t.bot.appURL())
	}
	return sorry(err, t.bot.wordsOf(err))
}
