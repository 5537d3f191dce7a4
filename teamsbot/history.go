package teamsbot

import (
	"cmp"
	"slices"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

// history is what somebody asked for before a request.
type history struct {
	of   db.ToReview
	here map[string]db.ToReview // that the bot remembers, by name
	past []past
}

// past is one request of before. The time is zero where Apono does not tell it.
type past struct {
	id     string // as people read it
	asked  db.Asked
	status aponoapi.Status
	at     time.Time
}

func (h *history) add(p past) { h.past = append(h.past, p) }

// told is what approvers are told of it. Facts, not an opinion.
func (h *history) told() *db.Before {
	told := &db.Before{FirstTime: true}
	var durations []time.Duration
	// Of what has no time only the place in Apono's list is known: after the rest.
	slices.SortStableFunc(h.past, func(a, b past) int { return b.at.Compare(a.at) })
	for _, p := range h.past {
		same := sameThings(p.asked, h.of.Submission.Asked)
		if same {
			told.FirstTime = false
		}
		if same && (p.status.Active() || p.status == aponoapi.Granting) {
			told.Overlap = append(told.Overlap, p.id)
		}
		if len(told.Last) < shownBefore {
			told.Last = append(told.Last, inFewWords(p.id, p.asked, p.status))
		}
		if p.asked.Duration > 0 {
			durations = append(durations, p.asked.Duration)
		}
	}
	if len(durations) >= shownBefore {
		slices.Sort(durations)
		told.Usual = durations[len(durations)/2]
	}
	return told
}

// toldInPart is told where Apono may know more; nil if nothing is known.
func (h *history) toldInPart() *db.Before {
	told := h.told()
	if len(told.Last) == 0 {
		return nil
	}
	told.FirstTime = false
	return told
}

// sameThings says that two requests have a resource, or their bundle, in common.
func sameThings(a, b db.Asked) bool {
	of := thingsOf(a)
	return slices.ContainsFunc(thingsOf(b), func(id string) bool { return slices.Contains(of, id) })
}

// thingsOf are the ids of what is asked for.
func thingsOf(a db.Asked) []string {
	ids := idsOf(a.Resources)
	for _, u := range a.Units {
		ids = append(ids, u.Resource.ID)
	}
	if len(a.Units) == 0 && a.Bundle.ID != "" {
		ids = append(ids, a.Bundle.ID)
	}
	return ids
}

// pastNames is how many resources of an earlier request are named.
const pastNames = 2

// inFewWords tells what was asked for before.
func inFewWords(id string, a db.Asked, status aponoapi.Status) db.Past {
	p := db.Past{ID: id, About: cards.Line(cmp.Or(a.Bundle.Name, a.Integration.Name, a.Integration.ID), 60), Status: status}
	if a.Bundle.Name != "" {
		return p
	}
	names := slices.DeleteFunc(namesOf(a.Resources), func(name string) bool { return slices.Contains(idsOf(a.Resources), name) })
	if p.Count = len(a.Resources); len(names) > 0 {
		p.Names, p.Count = names[:min(len(names), pastNames)], len(names)
	}
	return p
}
