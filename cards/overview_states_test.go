package cards_test

import (
	"time"

	"github.com/apono-teams/teamsbot/cards"
)

func overviewStates() map[string]cards.Card {
	since := time.Date(2026, time.November, 21, 9, 30, 0, 0, time.UTC)
	allowed := []cards.Capability{{Name: "people", Allowed: true}, {Name: "activity"}, {Name: "bundles", Unclear: true}, {Name: "something new", Allowed: true}}
	met := cards.Met{Name: "Dana Developer", Chat: true}
	connected, gone, guest := met, met, met
	connected.Connected = since
	gone.Closed, guest.Guest, guest.Chat = "blocked by the person", true, false
	return map[string]cards.Card{
		"help_own_admin": cards.Help(cards.Home{Admin: true}),
		"status_of_bot": cards.BotStatus(cards.Overview{
			Replicas: []cards.Replica{{Version: "v1.4.0", Since: since}, {Version: "v1.3.2", Since: since}},
			CardsDue: 12, CardsLate: 1, JobsDue: 3, JobsLater: 40, JobsFailed: 2, Swept: 3 * time.Second, Capabilities: allowed,
		}),
		"status_of_bot_untold": cards.BotStatus(cards.Overview{NeverSwept: true, CapabilitiesUntold: true}),
		"who":                  cards.Who(cards.Someone{Address: "dana@acme.example", Apono: cards.AponoActive, Name: "Dana Developer", Met: []cards.Met{connected}}),
		"who_inactive":         cards.Who(cards.Someone{Address: "ines@acme.example", Apono: cards.AponoInactive, Name: "Ines Inactive"}),
		"who_unknown":          cards.Who(cards.Someone{Address: "gus@partner.example", Apono: cards.AponoUnknown, Met: []cards.Met{guest}}),
		"who_untold":           cards.Who(cards.Someone{Address: "dana@acme.example", Apono: cards.AponoUntold, Met: []cards.Met{met, gone}}),
		"who_not_said":         cards.NotAWho(),
	}
}
