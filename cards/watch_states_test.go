package cards_test

import "github.com/apono-teams/teamsbot/cards"

func watchStates() map[string]cards.Card {
	aws := cards.Watched{Of: cards.OfIntegration, Name: "AWS production"}
	onCall := cards.Watched{Of: cards.OfBundle, Name: "On-call"}
	dana := cards.Watched{Of: cards.OfRequester, Name: "dana@acme.example"}
	at := cards.Data{Watch: "integration AWS production", Channel: "19:c0ffee@thread.tacv2"}
	like := []cards.Suggested{{ID: "5f2c", Name: "AWS production"}, {ID: "7d1e", Name: "AWS staging"}}
	return map[string]cards.Card{
		"help_admin":                cards.Help(cards.Home{Shared: true, Admin: true}),
		"watch_all":                 cards.Watching(cards.Watched{Of: cards.OfAll}, 1, 500),
		"watch_integration":         cards.Watching(aws, 1200, 500),
		"watch_bundle":              cards.Watching(onCall, 0, 500),
		"watch_already":             cards.WatchingAlready(dana, -1),
		"watches_none":              cards.Watches(nil),
		"watches":                   cards.Watches([]cards.Watched{{Of: cards.OfAll}, aws, onCall, dana}),
		"watch_not_understood":      cards.NotAWatch(),
		"watch_not_found":           cards.WatchNotFound(cards.OfIntegration, "AWS", like),
		"watch_nothing_like_it":     cards.WatchNotFound(cards.OfBundle, "zzz", nil),
		"unwatch_not_found":         cards.NotWatched(cards.Watched{Of: cards.OfIntegration, Name: "AWS"}, like[:1]),
		"watch_not_unique":          cards.WatchNotUnique(cards.OfIntegration, "AWS production", like),
		"unwatch_all":               cards.Unwatched([]cards.Watched{aws, dana}, 0),
		"unwatch_one":               cards.Unwatched([]cards.Watched{aws}, 2),
		"unwatch_none":              cards.Unwatched(nil, 0),
		"watch_elsewhere":           cards.WatchIsForChannels(),
		"watch_ask_guests":          cards.AskWatch(aws, cards.Readers{Guests: 3, Looked: 40}, at),
		"watch_ask_large":           cards.AskWatch(cards.Watched{Of: cards.OfAll}, cards.Readers{Guests: 1, Looked: 10_000, Incomplete: true}, at),
		"watch_ask_nobody_knows":    cards.AskWatch(aws, cards.Readers{Incomplete: true}, at),
		"watch_ask_type":            cards.AskWatch(aws, cards.Readers{Looked: 12, Untold: true}, at),
		"watch_confirm":             cards.ConfirmWatch(aws, cards.Readers{Guests: 1, Looked: 12}, at),
		"watch_confirm_none_so_far": cards.ConfirmWatch(aws, cards.Readers{Looked: 500, Incomplete: true}, at),
		"watch_confirm_none_now":    cards.ConfirmWatch(aws, cards.Readers{Looked: 12}, at),
	}
}

// watchCardsOf are all cards about watches, with these words wherever some can
// come from outside, n times each, and typed in the buttons.
func watchCardsOf(words, typed string, n int) []cards.Card {
	var all []cards.Watched
	var like []cards.Suggested
	for _, of := range []cards.WatchOf{cards.OfAll, cards.OfIntegration, cards.OfBundle, cards.OfRequester} {
		for range n {
			all = append(all, cards.Watched{Of: of, Name: words})
			like = append(like, cards.Suggested{ID: words, Name: words})
		}
	}
	at := cards.Data{Watch: typed, Channel: "19:c0ffee@thread.tacv2"}
	one, few := all[n], like[:min(len(like), 5)]
	return []cards.Card{
		cards.Watching(one, 7, 500), cards.Watches(all), cards.WatchNotFound(cards.OfBundle, words, few),
		cards.NotWatched(one, few), cards.WatchNotUnique(cards.OfIntegration, words, few),
		cards.Unwatched(all[:2*n], 2*n), cards.AskWatch(one, cards.Readers{Guests: 1}, at), cards.ConfirmWatch(one, cards.Readers{Guests: 1}, at),
	}
}
