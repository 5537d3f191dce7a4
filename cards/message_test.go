package cards_test

import (
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
)

// messageStates are the messages about one request, while they hold and after.
func messageStates() map[string]cards.Card {
	bundle := story(aponoapi.Granted)
	bundle.Bundle, bundle.Integration = "On-call", ""
	bundle.Requests[0].About = "Orders database (Table)"
	extendable := ends(story(aponoapi.Granted))
	extendable.Requests[0].ExtendBy = time.Hour
	return map[string]cards.Card{
		"extend":                 cards.Extend(extendable, 1),
		"extend_not":             cards.NotExtended(extendable),
		"message_ending_extend":  cards.Ending(extendable),
		"message_granted":        cards.Granted(ends(story(aponoapi.Granted))),
		"message_granted_bundle": cards.Granted(bundle),
		"message_granted_over":   cards.Granted(ends(story(aponoapi.Revoked))),
		"message_rejected":       cards.Rejected(story(aponoapi.Rejected)),
		"message_rejected_again": cards.Rejected(again(story(aponoapi.Rejected))),
		"message_failed":         cards.Failed(story(aponoapi.Failed)),
		"message_mfa":            cards.AsksMFA(mfa(story(aponoapi.PendingMFA))),
		"message_mfa_over":       cards.AsksMFA(mfa(story(aponoapi.Granting))),
		"message_ending":         cards.Ending(ends(story(aponoapi.Granted))),
		"message_ending_over":    cards.Ending(ends(story(aponoapi.Expired))),
		"message_ended":          cards.Ended(ends(story(aponoapi.Expired))),

		"posted":            cards.Status(story(aponoapi.Granted)).Posted(4711),
		"short":             cards.Status(ends(story(aponoapi.Granted))).Short(),
		"notifications_on":  cards.Notifications(true, false),
		"notifications_off": cards.Notifications(false, true),
	}
}
