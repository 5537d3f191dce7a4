package teamsbot

import (
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

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
