package cards_test

import (
	"slices"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// review is what Devin asks for, as approvers see it.
func review(status aponoapi.Status) cards.Review {
	s := story(status)
	return cards.Review{
		Of: s, Requester: "Devin Developer", Grantee: "Devin Developer", PortalURL: "https://portal.apono.io", Decidable: true,
		Approvers: []cards.Approver{
			{Name: "Omar Approver", Decision: aponoapi.Undecided, Tier: 1},
			{Name: "Ava Approver", Decision: aponoapi.Undecided, Tier: 1},
			{Name: "Adam Admin", Decision: aponoapi.Undecided, Tier: 2},
		},
		Before: &cards.Before{
			FirstTime: true, Usual: time.Hour,
			Last: []cards.Past{
				{ID: "AR-41", About: "Orders database", Names: []string{"orders"}, Count: 1, Status: aponoapi.Expired},
				{ID: "AR-38", About: "AWS production", Count: 2, Status: aponoapi.Rejected},
			},
		},
	}
}

func reviewStates() map[string]cards.Card {
	change := func(status aponoapi.Status, f func(*cards.Review)) cards.Card {
		r := review(status)
		f(&r)
		return cards.ToReview(r)
	}
	decided := func(status aponoapi.Status, reason string) cards.Card {
		return change(status, func(r *cards.Review) {
			r.Approvers[0].Decision, r.DecidedAt = aponoapi.Approved, asked.Add(7*time.Minute)
			if status == aponoapi.Rejected {
				r.Approvers[0].Decision = aponoapi.Refused
			}
			r.Of.Requests[0].DecidedBy, r.Of.Requests[0].Reason = "Omar Approver", reason
		})
	}
	long := review(aponoapi.Pending)
	long.Waited = 30 * time.Minute
	return map[string]cards.Card{
		"review": cards.ToReview(review(aponoapi.Pending)),
		"review_for_another": change(aponoapi.Pending, func(r *cards.Review) {
			r.Grantee, r.Before.Overlap, r.Before.FirstTime = "Ines Intern", []string{"AR-40"}, false
			r.Of.Duration, r.Waited = 8*time.Hour, 3*time.Hour
		}),
		"review_all_must": change(aponoapi.Pending, func(r *cards.Review) {
			r.AllMustApprove, r.Approvers = true, r.Approvers[:2]
			r.Approvers[0].Decision, r.WhyYou = aponoapi.Approved, texts.English("You are asked by name.")
		}),
		"review_bundle": change(aponoapi.Pending, func(r *cards.Review) {
			r.Of.Bundle, r.Of.Units = "On-call", []string{"orders · read-write", "SupportEngineer · AssumeRole"}
			r.Of.Requests[0].About = "AWS production (IAM role)"
		}),
		"review_untold":       change(aponoapi.Pending, func(r *cards.Review) { r.Approvers, r.Before = nil, nil }),
		"review_unconnected":  change(aponoapi.Pending, func(r *cards.Review) { r.Decidable = false }),
		"review_mfa":          cards.ToReview(review(aponoapi.PendingMFA)),
		"review_approved":     decided(aponoapi.Granting, "Go ahead"),
		"review_granted":      decided(aponoapi.Granted, ""),
		"review_over":         decided(aponoapi.Expired, ""),
		"review_rejected":     decided(aponoapi.Rejected, "Use the replica instead"),
		"review_cancelled":    cards.ToReview(review(aponoapi.Revoked)),
		"review_undecided":    cards.ToReview(review(aponoapi.Expired)),
		"review_failed":       decided(aponoapi.Failed, ""),
		"review_gone":         cards.ToReview(review(aponoapi.Gone)),
		"review_still_waits":  cards.StillWaits(long),
		"review_waited":       cards.StillWaits(review(aponoapi.Rejected)),
		"decide_late":         cards.DecisionCameToNothing("AR-42", texts.English("It is rejected already: Ava Approver.")),
		"decide_approve":      cards.AskDecision(review(aponoapi.Pending), true, "", nil),
		"decide_reject":       cards.AskDecision(review(aponoapi.Pending), false, "No", texts.English("Apono wants a reason for this decision.")),
		"approvals":           cards.MyApprovals(cards.Approvals{Page: slices.Repeat([]cards.Review{review(aponoapi.Pending)}, 2), Found: 2}),
		"approvals_page":      cards.MyApprovals(cards.Approvals{Page: slices.Repeat([]cards.Review{review(aponoapi.Pending)}, cards.ApprovalsPage), From: 5, Found: 23}),
		"approvals_none":      cards.MyApprovals(cards.Approvals{}),
		"approvals_loading":   cards.ApprovalsLoading(),
		"approvals_open":      cards.OpenApprovals(false),
		"approvals_open_on":   cards.OpenApprovals(true),
		"approvals_on":        cards.ApprovalsSet(true),
		"approvals_off":       cards.ApprovalsSet(false),
		"approvals_unlinked":  cards.ConnectFirst(),
		"resources_to_review": cards.ViewResources(cards.Resources{Of: story(aponoapi.Pending), ForReview: true, Found: 1, Total: 1, Page: []cards.Access{{Resource: "orders", Permission: "read-only"}}}),
	}
}

// reviewsOf are all cards for approvers, with words from outside in every place.
func reviewsOf(s cards.Submission, words string) []cards.Card {
	s.Requests = slices.Clone(s.Requests[:1])
	past := cards.Past{ID: words, About: words, Status: aponoapi.Status(words)}
	r := cards.Review{
		Of: s, Requester: words, Grantee: words + "!", AllMustApprove: true, Waited: time.Hour, PortalURL: "https://portal.apono.io",
		Approvers: slices.Repeat([]cards.Approver{{Name: words, Decision: aponoapi.Approved, Tier: 3}, {Name: words, Tier: 1}}, 50),
		Before:    &cards.Before{Last: []cards.Past{past, past, past}, Overlap: slices.Repeat([]string{words}, 20), Usual: time.Minute},
		Decidable: true,
	}
	var all []cards.Card
	for _, status := range []aponoapi.Status{aponoapi.Pending, aponoapi.Rejected, aponoapi.Granted, aponoapi.Status(words)} {
		r.Of.Requests = []cards.Request{{ID: words, Name: draftID, About: words, Status: status, DecidedBy: "by " + words, Reason: "since " + words}}
		all = append(all, cards.ToReview(r))
	}
	r.Of.Requests[0].Status = aponoapi.Pending
	all = append(all, cards.StillWaits(r), cards.AskDecision(r, false, words, texts.Outside(words)))
	return append(all, cards.DecisionCameToNothing(words, texts.Outside(words)), cards.MyApprovals(cards.Approvals{Page: slices.Repeat([]cards.Review{r}, cards.ApprovalsPage), From: 5, Found: 60}))
}
