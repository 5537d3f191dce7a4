package cards_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// states are all cards in all the states that people see, by the name of the
// golden file.
func states() map[string]cards.Card {
	all := map[string]cards.Card{
		"welcome":        cards.Welcome(cards.Home{}),
		"help":           cards.Help(cards.Home{}),
		"help_shared":    cards.Help(cards.Home{Shared: true}),
		"home_waiting":   cards.Help(cards.Home{Waiting: 2, Active: 1, FirstEnds: 20 * time.Minute}),
		"home_active":    cards.Welcome(cards.Home{Active: 1234, FirstEnds: 90 * time.Minute}),
		"home_untold":    cards.Help(cards.Home{Waiting: 1, Active: 1}),
		"not_understood": cards.NotUnderstood(),
		"open_request":   cards.OpenRequest(),
		"open_bundle":    cards.OpenBundle(),
		"in_own_chat":    cards.InOwnChat(),
		"add_for_answer": cards.AddForAnswer("https://teams.microsoft.com/l/app/11111111-2222-3333-4444-555555555555"),
		"told":           cards.Told(texts.English("There is nothing that you may request in Apono: you are in no access flow.")),

		"wait": cards.Wait(texts.English("That was a lot at once. Wait a minute, then try again."), cards.Press{
			Data:   cards.Data{Verb: cards.VerbRequestStep, Draft: draftID, Revision: 4, Do: cards.DoSubmit},
			Inputs: map[string]string{cards.FieldDuration: "60", cards.FieldJustification: "INC-42: orders\nare \"stuck\"", cards.FieldToken: "never"},
		}),
		"wait_nothing": cards.Wait(texts.English("That was a lot at once. Wait a minute, then try again."), cards.Press{
			Data: cards.Data{Verb: cards.VerbDetailsShow, Request: "r-1"},
		}),
		"form_loading": cards.StillLoading(atResources),
		"form_stopped": cards.Stopped(atResources, "Not possible just now", texts.English("Apono does not answer. Try again in a minute.")),
		"form_add_app": cards.AddApp(atIntegration, "https://teams.microsoft.com/l/app/11111111-2222-3333-4444-555555555555"),
	}
	maps.Copy(all, sentenceStates())
	maps.Copy(all, integrationStates())
	maps.Copy(all, resourceStates())
	maps.Copy(all, finishStates())
	maps.Copy(all, storyStates())
	maps.Copy(all, favoriteStates())
	maps.Copy(all, bundleStates())
	maps.Copy(all, messageStates())
	maps.Copy(all, detailsStates())
	maps.Copy(all, connectStates())
	maps.Copy(all, behalfStates())
	maps.Copy(all, watchStates())
	maps.Copy(all, overviewStates())
	maps.Copy(all, reviewStates())
	return all
}

const draftID = "7a5b0c1e-0d7a-4f0e-9f7e-1d2c3b4a5f60"

// The form as it stands at each step.
var (
	atIntegration = cards.Form{Draft: draftID, Revision: 1}
	atType        = cards.Form{Draft: draftID, Revision: 2, Chosen: []cards.Chosen{{"Integration", texts.English("AWS production")}}}
	atResources   = cards.Form{Draft: draftID, Revision: 3, Chosen: []cards.Chosen{
		{"Integration", texts.English("AWS production")}, {"Resource type", texts.English("RDS PostgreSQL")},
	}}
	atFinish = cards.Form{Draft: draftID, Revision: 4, Chosen: []cards.Chosen{
		{"Integration", texts.English("AWS production")}, {"Resource type", texts.English("RDS PostgreSQL")}, {"Resources", texts.English("orders-db, billing-db")},
	}}
)

// choices are n choices, the first of which is numbered from.
func choices(prefix string, from, n int) []cards.Choice {
	all := make([]cards.Choice, n)
	for i := range all {
		all[i] = cards.Choice{Title: fmt.Sprintf("%s-%04d", prefix, from+i), Value: strconv.Itoa(i)}
	}
	return all
}

var few = []cards.Choice{
	{Title: "AWS production", Value: "0"}, {Title: "GCP analytics", Value: "1"}, {Title: "PostgreSQL (EU)", Value: "2"},
}

func integrationStates() map[string]cards.Card {
	single := func(l cards.List) cards.Card { return cards.IntegrationStep(atIntegration, l) }
	kind := func(l cards.List) cards.Card { return cards.ResourceTypeStep(atType, l) }
	return map[string]cards.Card{
		"integration_few":      single(cards.List{Page: few}),
		"integration_chosen":   single(cards.List{Page: few, Ticked: []string{"1"}}),
		"integration_problem":  single(cards.List{Page: few, Problem: texts.English("Choose an integration.")}),
		"integration_filtered": single(cards.List{Page: choices("integration", 1, cards.FilteredChoices), Ticked: []string{"41"}}),
		"integration_first_page": single(cards.List{
			Page: choices("integration", 1, cards.PageSize), Long: true, Found: 300, Total: 300,
		}),
		"integration_middle_page": single(cards.List{
			Page: choices("integration", 26, cards.PageSize), Long: true, From: 25, Found: 300, Total: 300, Ticked: []string{"3"},
		}),
		"integration_chosen_elsewhere": single(cards.List{
			Page: choices("integration", 26, cards.PageSize), Long: true, From: 25, Found: 300, Total: 300,
			Elsewhere: choices("integration", 7, 1),
		}),
		"integration_none_found": single(cards.List{Long: true, Search: "mysql", Total: 300}),
		"integration_cut":        single(cards.List{Page: few, Cut: 1200}),
		"integration_open_twice": cards.IntegrationStep(
			cards.Form{Draft: draftID, Revision: 9, Problem: texts.English("This form was open twice. Here is how it stands now.")},
			cards.List{Page: few}),

		"resource_type_none":    kind(cards.List{}),
		"resource_type_few":     kind(cards.List{Page: choices("type", 1, 4), Ticked: []string{"2"}}),
		"resource_type_problem": kind(cards.List{Page: choices("type", 1, 4), Problem: texts.English("Choose a resource type.")}),
		"resource_type_search":  kind(cards.List{Page: choices("type", 1, 2), Long: true, Search: "type-000", Found: 2, Total: 130}),
	}
}

func sentenceStates() map[string]cards.Card {
	all := cards.Sentence{
		Draft: draftID, Said: "prod-postgres orders read-only 4h", Integration: "prod-postgres", ResourceType: "Database",
		Resources: []string{"orders"}, Permissions: []string{"read-only"}, Duration: 4 * time.Hour, Justification: "INC-123: orders are stuck",
	}
	unclear := cards.Sentence{
		Draft: draftID, Duration: time.Hour, Rest: "pretty please",
		Unclear: []cards.Ambiguity{{Words: texts.English("postgres"), Names: outside([]string{"prod-postgres", "stage-postgres"})}},
	}
	noted := atIntegration
	noted.Note = unclear.Note()
	return map[string]cards.Card{
		"sentence_understood": cards.Understood(all),
		"sentence_unclear":    cards.Understood(unclear),
		"sentence_slow":       cards.Understood(cards.Sentence{Draft: draftID, Duration: time.Hour, Rest: "prod-postgres", Slow: true}),
		"sentence_nothing":    cards.Understood(cards.Sentence{Draft: draftID, Rest: "world peace"}),
		"sentence_shared":     cards.OpenFilled(all),
		"sentence_unsaid":     cards.OpenFilled(cards.Sentence{Draft: draftID}),
		"integration_noted":   cards.IntegrationStep(noted, cards.List{Page: few}),
	}
}

func resourceStates() map[string]cards.Card {
	several := func(l cards.List) cards.Card { return cards.ResourcesStep(atResources, l) }
	return map[string]cards.Card{
		"resources_none":    several(cards.List{}),
		"resources_few":     several(cards.List{Page: choices("db", 1, 3)}),
		"resources_chosen":  several(cards.List{Page: choices("db", 1, 25), Ticked: []string{"0", "7", "24"}}),
		"resources_problem": several(cards.List{Page: choices("db", 1, 3), Problem: texts.English("Choose at least one resource.")}),
		"resources_first_page": several(cards.List{
			Page: choices("db", 1, 25), Long: true, Found: 5000, Total: 5000,
		}),
		"resources_middle_page": several(cards.List{
			Page: choices("db", 26, 25), Long: true, From: 25, Found: 5000, Total: 5000, Ticked: []string{"1"},
			Elsewhere: choices("db", 1, 3),
		}),
		"resources_last_page": several(cards.List{
			Page: choices("db", 4976, 25), Long: true, From: 4975, Found: 5000, Total: 5000, Cut: 1234,
		}),
		"resources_search": several(cards.List{
			Page: choices("db", 42, 2), Long: true, Search: "db-004", Found: 2, Total: 5000, Elsewhere: choices("db", 1, 25),
		}),
		"resources_none_found": several(cards.List{
			Long: true, Search: "orders", Total: 5000, Elsewhere: choices("db", 1, 1), Problem: texts.English("Choose at least one resource."),
		}),
		"resources_many_elsewhere": several(cards.List{
			Page: choices("db", 101, 25), Long: true, From: 100, Found: 5000, Total: 5000, Elsewhere: choices("db", 1, 40),
		}),
	}
}

func finishStates() map[string]cards.Card {
	last := func(s cards.Finish) cards.Card { return cards.FinishStep(atFinish, s) }
	permissions := cards.List{Page: []cards.Choice{{Title: "read-only", Value: "0"}, {Title: "read-write", Value: "1"}}}
	ticked, wrong := permissions, permissions
	ticked.Ticked = []string{"0", "1"}
	wrong.Problem = texts.English("Choose a permission.")
	return map[string]cards.Card{
		"finish_one_permission": last(cards.Finish{
			Permissions: cards.List{Page: permissions.Page[:1], Ticked: []string{"0"}}, Duration: "60",
		}),
		"finish_several_permissions": last(cards.Finish{
			Permissions: ticked, Several: true, Hours: "1.5", Justification: "Ticket 4711\nSee the runbook.",
		}),
		"finish_filtered": last(cards.Finish{Permissions: cards.List{Page: choices("role", 1, 100), Ticked: []string{"99"}}, Duration: "30"}),
		"finish_longest":  last(cards.Finish{Permissions: ticked, Several: true, Duration: "60", Longest: 90 * time.Minute}),
		"finish_none":     last(cards.Finish{Duration: "60"}),
		"finish_page_of_one": last(cards.Finish{Duration: "60", Permissions: cards.List{
			Page: choices("role", 26, cards.PageSize), Long: true, From: 25, Found: 300, Total: 300, Ticked: []string{"3"},
		}}),
		"finish_page_of_several": last(cards.Finish{Duration: "60", Several: true, Permissions: cards.List{
			Page: choices("role", 1, cards.PageSize), Long: true, Search: "role", Found: 300, Total: 312,
			Ticked: []string{"3"}, Elsewhere: choices("role", 51, 2),
		}}),
		"finish_none_found": last(cards.Finish{Duration: "60", Permissions: cards.List{Long: true, Search: "owner", Total: 300}}),
		"finish_cut":        last(cards.Finish{Permissions: cards.List{Page: permissions.Page, Cut: 3}, Duration: "60"}),
		"finish_problem_permission": last(cards.Finish{
			Permissions: wrong, Duration: "60",
		}),
		"finish_problem_duration": last(cards.Finish{
			Permissions: permissions, Hours: "soon", DurationProblem: texts.English("Write a number of hours, for example 1.5."),
		}),
		"finish_problem_justification": last(cards.Finish{
			Permissions: permissions, Duration: "240", JustificationProblem: texts.English("Apono needs a justification for this."),
		}),
		"finish_problem_everywhere": last(cards.Finish{
			Permissions: wrong, Several: true, Hours: "-1", Justification: "x",
			DurationProblem: texts.English("Write a number of hours."), JustificationProblem: texts.English("Say a little more."),
		}),
		"finish_open_twice": cards.FinishStep(
			cards.Form{
				Draft: draftID, Revision: 9, Chosen: atFinish.Chosen,
				Problem: texts.English("This form was open twice. Here is how it stands now."),
			},
			cards.Finish{Permissions: permissions, Duration: "480"}),
	}
}

// The times are of no zone that a machine could lack.
var (
	zone  = time.FixedZone("CET", 3600)
	asked = time.Date(2026, 11, 20, 9, 30, 0, 0, zone)
)

// story is a submission with a request at each of the statuses.
func story(statuses ...aponoapi.Status) cards.Submission {
	s := cards.Submission{
		Draft: draftID, Integration: "AWS production", ResourceType: "RDS PostgreSQL",
		Resources: []string{"orders-db", "billing-db"}, Permissions: []string{"read-only"},
		Duration: 90 * time.Minute, Justification: "Ticket 4711:\nlate invoices", AskedAt: asked,
	}
	for i, status := range statuses {
		s.Requests = append(s.Requests, cards.Request{ID: fmt.Sprintf("AR-%d", 123+i), Name: fmt.Sprintf("v3-%d", 123+i), Status: status})
	}
	return s
}

func ends(s cards.Submission) cards.Submission {
	s.Requests[0].EndsAt = asked.Add(s.Duration)
	return s
}

// decided tells who decided about the first request.
func decided(s cards.Submission, by, reason string) cards.Submission {
	s.Requests[0].DecidedBy, s.Requests[0].Reason = by, reason
	return s
}

// mfaURL is where the first request asks for MFA.
func mfa(s cards.Submission) cards.Submission {
	for i := range s.Requests {
		s.Requests[i].MFAURL = "https://app.apono.io/account/step-up?request=" + s.Requests[i].ID
	}
	return s
}

func again(s cards.Submission) cards.Submission {
	s.Again = []string{"AR-200"}
	return s
}

// mine is a page of n requests of those found.
func mine(list cards.ListOf, from, n, found int) cards.Mine {
	m := cards.Mine{List: list, From: from, Found: found}
	statuses := []aponoapi.Status{aponoapi.Granted, aponoapi.Pending, aponoapi.Expired, "Thinking it over", aponoapi.Rejected}
	for i := range n {
		s := story(statuses[i%len(statuses)])
		if list == cards.ListAccess {
			s = ends(story(aponoapi.Granted))
		}
		m.Page = append(m.Page, s)
	}
	return m
}

// access is n permissions on resources, one of which could not be given.
func access(n int) []cards.Access {
	all := make([]cards.Access, n)
	for i := range all {
		all[i] = cards.Access{Resource: fmt.Sprintf("orders-db-%02d", i), Permission: "read-only"}
	}
	all[n-1].Status = aponoapi.Failed
	return all
}

func storyStates() map[string]cards.Card {
	bare := story(aponoapi.Pending)
	bare.ResourceType, bare.Justification = "", ""
	wide := ends(story(aponoapi.Granted))
	wide.Resources = nil
	for i := range 40 {
		wide.Resources = append(wide.Resources, fmt.Sprintf("arn:aws:rds:eu-central-1:123456789012:db:orders-%02d", i))
	}
	all := map[string]cards.Card{
		"asking":             cards.Asking(story()),
		"refused":            cards.Refused(story(), texts.English("The requested duration is longer than the 1 hour that the access flow allows.")),
		"lost":               cards.Lost(story()),
		"status_asked_again": cards.Status(again(story(aponoapi.Expired))),
		"revoke":             cards.Revoke(story(aponoapi.Granted)),
		"cancel":             cards.Cancel(story(aponoapi.Pending)),
		"revoke_several":     cards.Revoke(story(aponoapi.Granted), story(aponoapi.Granting)),

		"mine_open":         cards.OpenMine(),
		"mine_none":         cards.MyRequests(cards.Mine{List: cards.ListAll}, asked),
		"mine_loading":      cards.MineLoading(cards.Mine{List: cards.ListOpen, From: 5}),
		"mine_all":          cards.MyRequests(mine(cards.ListAll, 0, 5, 5), asked),
		"mine_middle_page":  cards.MyRequests(mine(cards.ListClosed, 5, 5, 12), asked),
		"mine_cut":          cards.MyRequests(cards.Mine{List: cards.ListOpen, Page: mine(cards.ListOpen, 0, 1, 1).Page, Found: 1, Cut: 40}, asked),
		"access_none":       cards.MyAccess(cards.Mine{List: cards.ListAccess}, asked),
		"access_one":        cards.MyAccess(cards.Mine{List: cards.ListAccess, Page: []cards.Submission{ends(story(aponoapi.Granted))}, Found: 1}, asked),
		"access_several":    cards.MyAccess(mine(cards.ListAccess, 0, 3, 8), asked),
		"resources_of":      cards.ViewResources(cards.Resources{Of: story(aponoapi.Granted), Page: access(2), Found: 2, Total: 2}),
		"resources_of_none": cards.ViewResources(cards.Resources{Of: story(aponoapi.Granted)}),
		"resources_of_many": cards.ViewResources(cards.Resources{Of: story(aponoapi.Granted), Page: access(25), From: 25, Found: 400, Total: 5000, Search: "orders"}),
		"resources_of_partial": cards.ViewResources(cards.Resources{
			Of: story(aponoapi.Granted), Found: 3, Total: 3, Stands: map[aponoapi.Status]int{aponoapi.Granted: 2, aponoapi.Failed: 1, "ON HOLD": 1},
			Page: []cards.Access{
				{Integration: "AWS production", Resource: "SupportEngineer", Permission: "AssumeRole", Status: aponoapi.Failed},
				{Integration: "Orders database", Resource: "orders", Permission: "read-only", Status: aponoapi.Granted},
				{Integration: "Orders database", Resource: "customers", Permission: "read-only", Status: "ON HOLD"},
			},
		}),
		"resources_of_whole": cards.ViewResources(cards.Resources{Of: story(aponoapi.Granted), Page: access(2), Found: 2, Total: 2, Whole: true}),
		"resources_of_apart": cards.ViewResources(cards.Resources{
			Of: story(aponoapi.Granted), Page: []cards.Access{{Resource: "orders"}, {Resource: "loader"}}, Found: 2, Total: 2,
			Permissions: []string{"select", "insert", "assume"},
		}),
		"resources_of_late": cards.ViewResources(cards.Resources{Of: story(aponoapi.Granted), Page: access(2), Found: 2, Total: 2, Late: true}),
		"unknown":           cards.Unknown(story(), "https://portal.apono.io"),

		"status_bare":             cards.Status(bare),
		"status_pending_mfa_link": cards.Status(mfa(story(aponoapi.PendingMFA))),
		"status_granted_end":      cards.Status(ends(story(aponoapi.Granted))),
		"status_revoked_end":      cards.Status(ends(story(aponoapi.Revoked))),
		"status_expired_end":      cards.Status(ends(story(aponoapi.Expired))),
		"status_several":          cards.Status(mfa(story(aponoapi.PendingMFA, aponoapi.Granted, aponoapi.PendingMFA))),
		"status_many_mfa":         cards.Status(mfa(story(slices.Repeat([]aponoapi.Status{aponoapi.PendingMFA}, 8)...))),
		"status_over_many_mfa": cards.Status(mfa(story(append([]aponoapi.Status{aponoapi.Expired},
			slices.Repeat([]aponoapi.Status{aponoapi.PendingMFA}, 8)...)...))),
		"status_40_resources": cards.Status(wide),
		"status_decided":      cards.Status(decided(ends(story(aponoapi.Granted)), "Omar Haddad, Ana Lima", "Fine for the incident.")),
		"status_rejected_why": cards.Status(decided(story(aponoapi.Rejected), "Omar Haddad", "**Not** today: [ask Ana](https://evil.example)")),
		"status_several_why":  cards.Status(decided(story(aponoapi.Rejected, aponoapi.Granted), "Omar Haddad", "Not this one.")),
		"status_unknown":      cards.Status(story("Thinking it over")),
		"status_untold":       cards.Status(story("")),
	}
	for _, s := range statuses {
		all["status_"+string(s)] = cards.Status(story(s))
	}
	return all
}

var statuses = []aponoapi.Status{
	aponoapi.Pending, aponoapi.PendingMFA, aponoapi.Granting, aponoapi.Granted, aponoapi.Revoking,
	aponoapi.Revoked, aponoapi.Expired, aponoapi.Rejected, aponoapi.Failed, aponoapi.Gone,
}

// outside are words that are not ours.
func outside(all []string) (words []texts.Text) {
	for _, w := range all {
		words = append(words, texts.Outside(w))
	}
	return words
}
