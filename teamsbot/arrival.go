package teamsbot

import (
	"context"
	"errors"
	"strings"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// readPress reads what an invoke is about. What is no press of a button of the
// bot's has no verb.
func (t *turn) readPress() {
	if t.activity.Type != schema.Invoke || t.activity.Name == teams.InvokeExtensionFetch {
		return
	}
	task, err := t.activity.Task()
	if err != nil {
		return
	}
	if press, err := cards.ParsePress(task.Data); err == nil {
		t.press = press
	}
}

// arrival is who did it and where. Some events do not name the person by
// Entra id; the roster does.
func (t *turn) arrival(ctx context.Context) (db.Arrival, error) {
	a := t.activity
	arrival := db.Arrival{
		ActivityID: a.ID,
		Conversation: db.Conversation{
			ID: a.ConversationID(), TenantID: a.TenantID(), Kind: string(a.Kind()), ServiceURL: a.ServiceURL,
		},
		Person:   db.PersonKey{TenantID: strings.ToLower(a.TenantID()), ObjectID: strings.ToLower(a.PersonID())},
		TeamsID:  a.PersonMRI(),
		Name:     cards.Line(a.From.Name, 200),
		Locale:   cards.Line(a.Locale(), 40),
		TimeZone: cards.Line(a.TimeZone(), 60),
		Looks:    t.looks(),
	}
	if arrival.Person.ObjectID == "" {
		m, err := t.bot.Teams.Member(ctx, a.Where(), a.PersonMRI())
		if err != nil {
			return arrival, err
		}
		if m.ObjectID == "" {
			return arrival, errors.New("the roster names no Entra id for who did this")
		}
		arrival.Person.ObjectID = strings.ToLower(m.ObjectID)
	}
	arrival.Also = t.foresee(arrival.Person)
	return arrival, nil
}

// foreseen is what an answer needs of the database, read on the trip on which
// the activity is taken on.
type foreseen struct {
	standing *db.Standing

	listed    bool
	favorites []db.Favorite
	recent    []db.Recent

	draft *draftSoFar
}

// draftSoFar is a draft of the person's own, and what has become of it; without ids
// where there is none.
type draftSoFar struct {
	draft      db.Draft
	submission db.Submission
}

// foresee asks for what an answer will need of the database, as far as that can be
// told before it is known whether the person may have it.
func (t *turn) foresee(k db.PersonKey) []db.Question {
	f := &t.foreseen
	switch t.press.Verb {
	case cards.VerbRequest, cards.VerbBundle, cards.VerbRequestStep, cards.VerbBundleStep:
		if t.press.Draft != "" {
			f.draft = new(draftSoFar)
			return []db.Question{db.AskDraft(k, t.press.Draft, &f.draft.draft), db.AskSubmissionOf(t.press.Draft, &f.draft.submission)}
		}
	case cards.VerbFavorites:
		if f.listed = t.press.Do == ""; f.listed {
			return []db.Question{db.AskFavorites(k, &f.favorites), db.AskRecent(k, recentShown, &f.recent)}
		}
	}
	if t.asksForHelp() {
		f.standing = new(db.Standing)
		return []db.Question{db.AskStanding(k, f.standing)}
	}
	return nil
}

// looks says that an activity only opens a dialog: nothing depends on whether that
// happens once or twice.
func (t *turn) looks() bool {
	if t.activity.Name != teams.InvokeTaskFetch {
		return false
	}
	switch t.press.Verb {
	case cards.VerbFavorites:
		return t.press.Do == ""
	case cards.VerbRequest, cards.VerbBundle:
		return t.press.Draft == ""
	}
	return false
}
