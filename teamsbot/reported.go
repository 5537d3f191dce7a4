package teamsbot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// reportWithin is how long a press waits for Apono's report on what was made
// elsewhere: there is something to show without it.
const reportWithin = time.Second

// elsewhereFields are what is asked of Apono's report about requests that were
// made elsewhere. v3 tells none of it but ids.
var elsewhereFields = []string{
	"request_id", "request_date", "request_grant_date", "request_revoke_date", "status", "bundle_name", "resource_type", "resources",
}

// readReport completes requests that were made elsewhere by what Apono's report
// tells of them.
func (t *turn) readReport(ctx context.Context, some []ownRequest) {
	var ids []string
	var standing strings.Builder // what is kept is of no use when they stand differently
	for _, o := range some {
		if o.sub.ID == "" && o.request.FriendlyID != "" {
			ids = append(ids, o.request.FriendlyID)
			standing.WriteString(o.request.FriendlyID + " " + string(o.request.Status) + "\n")
		}
	}
	if len(ids) == 0 || t.bot.reportShut.is(t.bot.Now()) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, t.bot.within(reportWithin))
	defer cancel()
	l, err := t.bot.catalog.reports(ctx, t.person.AponoID, standing.String(), ids)
	if err != nil {
		t.err = cmp.Or(t.bot.reportShut.after(err, t.bot.Now()), t.err)
		return
	}
	for i, o := range some {
		for _, a := range l.reports {
			if o.sub.ID == "" && o.request.FriendlyID != "" && a.RequestID == o.request.FriendlyID {
				some[i].reported(a, t.bot.Now())
			}
		}
	}
}

// reports are the lines of Apono's report on requests, by the ids that people
// read. They are kept by name.
func (c *catalog) reports(ctx context.Context, user, name string, ids []string) (*listing, error) {
	key := listingKey{kind: "report", user: user, integration: name}
	return c.get(ctx, key, func(ctx context.Context) (*listing, error) {
		told, err := c.apono.Activity(ctx, aponoapi.ActivityFilter{RequestIDs: ids, Fields: elsewhereFields})
		if err != nil {
			return nil, err
		}
		return &listing{reports: told.Items, stands: true}, nil
	})
}

// reported adds a line of the report to a request that was made elsewhere. v3
// knows only one word for every end, and no times.
func (o *ownRequest) reported(a aponoapi.Activity, now time.Time) {
	o.report = &a
	o.request = ended(o.request, a)
	o.sub.AskedAt = cmp.Or(o.sub.AskedAt, a.RequestedAt)
	o.sub.Asked.Bundle.Name = a.Bundle
	if a.Bundle == "" {
		o.sub.Asked.ResourceType.Name = cmp.Or(o.sub.Asked.ResourceType.Name, a.ResourceType)
	}
	if o.request.Status.Active() && a.RevokedAt.After(now) {
		o.request.EndsAt = cmp.Or(o.request.EndsAt, a.RevokedAt)
	}
}

// ended is a request that v3 calls Expired, as the report calls it.
func ended(r db.Request, a aponoapi.Activity) db.Request {
	if r.Status == aponoapi.Expired && a.Status == aponoapi.Revoked {
		r.Status = aponoapi.Revoked
	}
	if r.Status.Over() {
		r.EndedAt = cmp.Or(a.RevokedAt, r.EndedAt)
	}
	return r
}

// resourceNames are the names of a request's resources: of what was made
// elsewhere and is not among what the person may request, as the report tells
// them.
func (o ownRequest) resourceNames() []string {
	named := func(r db.Named) bool { return r.Name != r.ID }
	if o.report != nil && len(o.report.Resources) > 0 && !slices.ContainsFunc(o.sub.Asked.Resources, named) {
		return o.report.Resources
	}
	return namesOf(o.sub.Asked.Resources)
}

// shortly are the resources of a request that was made elsewhere, for a card
// that does not wait until their names are looked up.
func (o ownRequest) shortly() []string {
	if names := o.resourceNames(); o.report != nil && len(o.report.Resources) > 0 {
		return names
	}
	return []string{countOf(len(o.sub.Asked.Resources), "resource")}
}
