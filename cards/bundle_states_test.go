package cards_test

import (
	"maps"
	"slices"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// The form for a bundle as it stands at each step.
var (
	atBundle   = cards.Form{Step: cards.VerbBundleStep, Draft: draftID, Revision: 1}
	atContents = cards.Form{
		Step: cards.VerbBundleStep, Draft: draftID, Revision: 2, Chosen: []cards.Chosen{{"Bundle", texts.English("On-call")}},
	}
	atBundleFinish = cards.Form{Step: cards.VerbBundleStep, Draft: draftID, Revision: 3, Chosen: []cards.Chosen{
		{"Bundle", texts.English("On-call")}, {"Resources", texts.English("Everything in the bundle")},
	}}
)

func bundleStates() map[string]cards.Card {
	single := func(l cards.List) cards.Card { return cards.BundleStep(atBundle, l) }
	all := map[string]cards.Card{
		"bundle_few":     single(cards.List{Page: few}),
		"bundle_problem": single(cards.List{Page: few, Problem: texts.English("Choose a bundle.")}),
		"bundle_first_page": single(cards.List{
			Page: choices("bundle", 1, cards.PageSize), Long: true, Found: 300, Total: 300,
		}),
		"bundles_closed": cards.BundlesClosed(atBundle, texts.English("Adam Admin"), "https://portal.apono.io"),
		"bundle_filter": cards.FilterStep(atContents, cards.Filter{
			Types: choices("type", 1, 3), Permissions: choices("role", 1, 2), TickedTypes: []string{"1"},
		}),
		"bundle_filter_many": cards.FilterStep(atContents, cards.Filter{
			Types: choices("type", 1, cards.MaxFilters), Permissions: choices("role", 1, cards.MaxFilters), More: true,
		}),
	}
	maps.Copy(all, contentsStates())
	maps.Copy(all, bundleFinishStates())
	maps.Copy(all, severalStates())
	return all
}

func contentsStates() map[string]cards.Card {
	contents := func(c cards.Contents) cards.Card { return cards.ContentsStep(atContents, c) }
	beside := []cards.Do{cards.DoFilter, cards.DoSelected}
	return map[string]cards.Card{
		"contents_few": contents(cards.Contents{Units: cards.List{Page: choices("db", 1, 3), Total: 3}, Take: cards.TakeAll}),
		"contents_some": contents(cards.Contents{
			Units: cards.List{Page: choices("db", 1, 3), Total: 3, Ticked: []string{"1"}}, Take: cards.TakeSome,
		}),
		"contents_problem": contents(cards.Contents{Units: cards.List{
			Page: choices("db", 1, 3), Total: 3, Problem: texts.English("Tick at least one, or take everything in the bundle."),
		}, Take: cards.TakeSome}),
		"contents_first_page": contents(cards.Contents{Units: cards.List{
			Page: choices("db", 1, 25), Long: true, Found: 2000, Total: 2000, Also: beside,
		}, Take: cards.TakeAll}),
		"contents_filtered": contents(cards.Contents{Units: cards.List{
			Page: choices("db", 1, 25), Long: true, Search: "orders", From: 25, Found: 60, Total: 2000, Also: beside,
			Elsewhere: choices("db", 90, 2), Ticked: []string{"3"},
		}, Take: cards.TakeSome, Filter: "Database, read-only"}),
		"contents_none_found": contents(cards.Contents{Units: cards.List{
			Long: true, Total: 2000, Also: beside, Empty: "Nothing matches. Try a shorter part of the name, or another filter.",
		}, Take: cards.TakeAll, Filter: "Table"}),
		"contents_selected": contents(cards.Contents{Units: cards.List{
			Page: choices("db", 1, 2), Long: true, Found: 2, Total: 2000, Also: []cards.Do{cards.DoAll}, Ticked: []string{"0", "1"},
		}, Take: cards.TakeSome}),
		"contents_none_selected": contents(cards.Contents{Units: cards.List{
			Long: true, Total: 2000, Also: []cards.Do{cards.DoAll}, Empty: "Nothing is ticked yet.",
		}, Take: cards.TakeSome}),
	}
}

func bundleFinishStates() map[string]cards.Card {
	last := func(s cards.BundleFinish) cards.Card { return cards.BundleFinishStep(atBundleFinish, s) }
	hour := cards.Finish{Duration: "60", Justification: "INC-42"}
	systems := cards.Question{Label: "Environment", Required: true, Choices: few, Value: "1"}
	return map[string]cards.Card{
		"bundle_finish":        last(cards.BundleFinish{Finish: hour}),
		"bundle_finish_untold": last(cards.BundleFinish{Finish: hour, Untold: true}),
		"bundle_finish_questions": last(cards.BundleFinish{Finish: asking(hour,
			cards.Question{Label: "Ticket", Value: "INC-42"}, systems,
			cards.Question{Label: "Cost centre", Hint: texts.English("One of 400: write it as Apono names it")},
		)}),
		"bundle_finish_problems": last(cards.BundleFinish{
			Finish: asking(
				cards.Finish{Hours: "soon", DurationProblem: texts.English("Write a number of hours."), JustificationProblem: texts.English("Say a little more.")},
				cards.Question{Label: "Ticket", Required: true, Problem: texts.English("This has to be answered.")},
				cards.Question{Label: "Environment", Choices: few, Problem: texts.English("This has to be answered.")},
			),
		}),
		"bundle_finish_full": last(cards.BundleFinish{Finish: asking(hour, slices.Repeat(
			[]cards.Question{{Label: "A question of the company", Value: "an answer"}}, cards.MaxQuestions,
		)...)}),
	}
}

// asking is a last step with the company's own questions.
func asking(s cards.Finish, questions ...cards.Question) cards.Finish {
	s.Questions = questions
	return s
}

// bundleStory is a submission for a bundle with a request at each of the
// statuses.
func bundleStory(statuses ...aponoapi.Status) cards.Submission {
	s := story(statuses...)
	s.Integration, s.ResourceType, s.Resources, s.Permissions = "", "", nil, nil
	s.Bundle, s.Answers = "On-call", [][2]string{{"Ticket", "INC-42"}}
	for i := range s.Requests {
		s.Requests[i].About = []string{"Orders database (Database)", "AWS production (IAM role)"}[i%2]
	}
	return s
}

// part is a submission for a part of a bundle.
func part(s cards.Submission) cards.Submission {
	s.Units = []string{"orders · read-write", "SupportEngineer · AssumeRole"}
	return s
}

func severalStates() map[string]cards.Card {
	return map[string]cards.Card{
		"status_bundle":        cards.Status(bundleStory(aponoapi.Granted)),
		"status_bundle_part":   cards.Status(part(bundleStory(aponoapi.Expired))),
		"refused_bundle":       cards.Refused(bundleStory(), texts.English("Ticket is required.")),
		"several_pending":      cards.Status(part(bundleStory(aponoapi.Pending, aponoapi.Pending))),
		"several_one_granted":  cards.Status(part(ends(bundleStory(aponoapi.Granted, aponoapi.Pending)))),
		"several_granted":      cards.Status(part(bundleStory(aponoapi.Granted, aponoapi.Granted))),
		"several_one_rejected": cards.Status(part(ends(bundleStory(aponoapi.Revoked, aponoapi.Rejected)))),
		"several_over":         cards.Status(part(ends(bundleStory(aponoapi.Expired, aponoapi.Expired)))),
		"several_unknown":      cards.Status(bundleStory("Thinking it over", "Thinking it over")),
		"several_many":         cards.Status(bundleStory(slices.Repeat([]aponoapi.Status{aponoapi.Granting}, 30)...)),
		"revoke_some":          cards.RevokeSome(part(bundleStory(aponoapi.Granted, aponoapi.Pending, aponoapi.Expired)), ""),
		"revoke_some_pressed":  cards.RevokeSome(part(bundleStory(aponoapi.Expired, aponoapi.Granted, aponoapi.Pending)), "v3-124"),
		"revoke_some_named":    cards.Revoke(bundleStory(aponoapi.Granted), part(bundleStory(aponoapi.Pending))),
	}
}
