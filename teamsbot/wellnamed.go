package teamsbot

import (
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// wellNamed says that the ids by which an activity is remembered are there, and
// are ids.
func wellNamed(a *teams.Activity) bool {
	for _, id := range []string{a.ID, a.ConversationID(), a.PersonMRI(), a.TenantID()} {
		if id == "" || len(id) > 500 || id != cards.Line(id, 500) {
			return false
		}
	}
	for _, id := range []string{a.ChannelID(), a.TeamID(), a.ReplyToID} { // where there is one
		if len(id) > 500 || id != cards.Line(id, 500) {
			return false
		}
	}
	switch a.Kind() {
	case teams.Personal, teams.GroupChat, teams.Channel:
		return len(a.PersonID()) <= 100 && a.PersonID() == cards.Line(a.PersonID(), 100)
	}
	return false
}
