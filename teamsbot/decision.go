package teamsbot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

const (
	// reportLasts bounds the wait for Apono's report: a status must not come
	// late because of the words beside it.
	reportLasts = 3 * time.Second
	// reportedAtOnce is how many requests one call asks the report for: their
	// ids have to fit into an address.
	reportedAtOnce = 25
	// untoldFor is how long the report is asked again about a request.
	untoldFor = time.Hour
	// reasonLimit is how much of an approver's words is kept. Apono takes 123
	// characters.
	reasonLimit = 300
)

// reportFields are what is asked of Apono's report.
var reportFields = []string{
	"request_id", "request_grant_date", "request_revoke_date", "status", "approver_names", "approver_emails", "approver_reason",
}

// tellsWhy says that Apono's report has something to add to a request that has
// just come to this status.
func tellsWhy(s aponoapi.Status) bool {
	return s.Active() || s == aponoapi.Rejected || s == aponoapi.Failed
}

// explain completes requests that have just been decided by what only Apono's
// activity report tells: when the access began, who decided, and with what
// words, and what v3 calls Expired and was revoked. Without the report the
// requests are told without that; where it may come later they are marked as
// Untold. The error is for the log.
func (b *Bot) explain(ctx context.Context, requests ...*db.Request) error {
	if len(requests) == 0 {
		return nil
	}
	if b.reportShut.is(b.Now()) {
		markUntold(requests, b.reportShut.failed.Load())
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.within(reportLasts))
	defer cancel()
	for some := range slices.Chunk(requests, reportedAtOnce) {
		var ids []string
		byName := make(map[string]*db.Request)
		for _, r := range some {
			ids = append(ids, cmp.Or(r.FriendlyID, r.ID))
			for _, name := range append([]string{r.ID, r.FriendlyID}, r.Names...) {
				byName[name] = r
			}
		}
		told, err := b.Apono.Activity(ctx, aponoapi.ActivityFilter{RequestIDs: ids, Fields: reportFields})
		if err != nil {
			err = b.reportShut.after(err, b.Now())
			markUntold(requests, err != nil)
			return err
		}
		for _, a := range told.Items {
			if r := byName[a.RequestID]; r != nil && a.RequestID != "" {
				explained(r, a)
			}
		}
	}
	return nil
}

// markUntold marks the requests of which the report has told nothing.
func markUntold(requests []*db.Request, yes bool) {
	for _, r := range requests {
		r.Untold = yes && r.BeganAt.IsZero() && r.DecidedBy == "" && r.Reason == ""
	}
}

// explainLater completes a request that was decided while the report could not
// be read. A status that has no more to tell, or is old, is left as it is.
func (b *Bot) explainLater(ctx context.Context, job db.ExplainRequest) error {
	r, err := b.Store.Request(ctx, job.RequestID)
	if err != nil {
		return err
	}
	if !tellsWhy(r.Status) || b.Now().Sub(cmp.Or(r.EndedAt, r.GrantedAt)) > untoldFor {
		return nil
	}
	if err := b.explain(ctx, &r); err != nil {
		return err
	}
	if r.Untold {
		return river.JobSnooze(db.ExplainAgain)
	}
	return b.Store.Explained(ctx, r)
}

// explained adds a line of the report to a request.
func explained(r *db.Request, a aponoapi.Activity) {
	*r = ended(*r, a)
	by := a.Approvers
	if len(by) == 0 {
		by = a.ApproverEmails
	}
	r.BeganAt = cmp.Or(r.BeganAt, a.GrantedAt)
	r.DecidedBy = cmp.Or(r.DecidedBy, inShort(by, 3))
	r.Reason = cmp.Or(r.Reason, cards.Line(a.ApproverReason, reasonLimit))
}

// inShort lists the first names, in no language.
func inShort(names []string, limit int) string {
	shown := make([]string, 0, limit+1)
	for i, n := range names {
		if i == limit {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, cards.Name(n, 80))
	}
	return strings.Join(shown, ", ")
}
