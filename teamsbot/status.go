package teamsbot

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

// How soon a request is looked at again, by how it stands. A webhook brings a
// change sooner; these bound how long a lost one costs.
const (
	lookSoon    = 3 * time.Second  // Apono is at work on it
	lookWaiting = 15 * time.Second // a person has to act
	lookGranted = time.Minute      // nothing happens until it ends
	lookForGone = time.Hour        // Apono does not know it any more
)

// knowsSecret checks the Authorization header of an event, of which there must be
// one. All secrets are compared in full, so that the time taken tells nothing.
func (b *Bot) knowsSecret(authorization []string) bool {
	if len(authorization) != 1 {
		return false
	}
	given, isBearer := strings.CutPrefix(authorization[0], "Bearer ")
	known := 0
	for _, s := range b.WebhookSecrets {
		known |= subtle.ConstantTimeCompare([]byte(given), []byte(s.Reveal()))
	}
	return isBearer && known == 1
}

// onEvent owes a look at the request that an event names, and believes nothing
// else of it.
func (b *Bot) onEvent(ctx context.Context, body []byte) int {
	var event struct {
		Type string `json:"event_type"`
		Data struct {
			ID         string `json:"id"`
			FriendlyID string `json:"friendly_id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		b.Log.Warn().Err(err).Msg("event not understood")
		return http.StatusBadRequest
	}
	names := slices.DeleteFunc([]string{event.Data.ID, event.Data.FriendlyID}, func(name string) bool {
		return name != cards.Line(name, 500) // no id of Apono's
	})
	known, err := b.told(ctx, names)
	if err != nil {
		b.Log.Error().Err(err).Msg("event not taken")
		return http.StatusInternalServerError
	}
	b.Log.Info().Bool("known", known).Str("event", cards.Line(event.Type, 40)).
		Str("request_id", cards.Line(event.Data.ID, 80)).Msg("event")
	return http.StatusAccepted
}

// told owes a look at the request of one of the names. Of one that the bot does
// not know, only that something is to be found elsewhere is believed.
func (b *Bot) told(ctx context.Context, names []string) (known bool, err error) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if owed, err := b.Store.OweRefresh(ctx, name, b.Now()); owed || err != nil {
			return owed, err
		}
	}
	over, err := b.Store.KnownRequests(ctx, names)
	if err != nil || len(over) > 0 {
		return true, err
	}
	return false, b.Store.BringForward(ctx, turnElsewhere, elsewhereApart)
}

// refresh looks how a request stands in Apono and records it, unless somebody
// else has since the look was owed.
func (b *Bot) refresh(ctx context.Context, job db.RefreshRequest) error {
	look, err := b.Store.StartLook(ctx, job.RequestID, b.Now().Add(lookWaiting))
	if err != nil || look == nil {
		return err
	}
	r, by, err := b.lookAt(ctx, look)
	if errors.Is(err, errUnread) {
		return nil // who asked may connect again; it is looked again in its time
	}
	if errors.Is(err, aponoapi.ErrNotFound) {
		return b.Store.RecordStatus(ctx, b.gone(look.Request))
	}
	if err != nil {
		soon := b.Now().Add(lookSoon) // whoever told of a change is not kept waiting
		return errors.Join(err, b.Store.LookSooner(context.WithoutCancel(ctx), []string{look.ID}, soon, soon))
	}
	named := b.nameInV3(ctx, by, &r, look.Request)
	now := b.asTold(look.Request, r, look.Reading)
	now.ToldSince = look.ToldSince
	if look.Elsewhere && !now.Status.Over() {
		now.LookAt = b.Now().Add(lookElsewhere)
	}
	var untold error
	onlyV3 := now.Status == aponoapi.Expired && now.V4ID == ""
	if look.Status != now.Status && (tellsWhy(now.Status) || onlyV3) {
		untold = b.explain(ctx, &now)
	}
	return errors.Join(b.Store.RecordStatus(ctx, now), named, untold)
}

// lookAt reads one request, with one call where its name in v4 is known, and by
// whose token it did.
func (b *Bot) lookAt(ctx context.Context, look *db.Look) (r aponoapi.AccessRequest, by *aponoapi.Client, err error) {
	if look.OnBehalf {
		return b.lookOnBehalf(ctx, look)
	}
	r, err = b.lookAtOwn(ctx, look)
	return r, b.Apono, err
}

// lookAtOwn reads a request that the bot's own token is told of.
func (b *Bot) lookAtOwn(ctx context.Context, look *db.Look) (aponoapi.AccessRequest, error) {
	if look.V4ID != "" {
		r, err := b.Apono.DelegatedRequest(ctx, look.V4ID)
		if !refusedToToken(err) {
			return r, err
		}
	}
	if look.Elsewhere {
		return b.Apono.RequestV3(ctx, look.ID)
	}
	return b.Apono.Request(ctx, look.ID)
}

// asTold is what the bot remembers of a request that it knew before, and that
// Apono has just told.
func (b *Bot) asTold(before db.Request, r aponoapi.AccessRequest, reading int64) db.Request {
	if (before.RevokedHere || before.Status == aponoapi.Revoking) && r.Status == aponoapi.Expired {
		r.Status = aponoapi.Revoked // v3 knows only one word for the end
	}
	now := b.requestOf(r, reading)
	now.ReadAt = b.Now()
	now.ID, now.FriendlyID = before.ID, cmp.Or(now.FriendlyID, before.FriendlyID)
	now.Tell = worthTelling(before, r.Status)
	if !r.Status.Over() {
		now.LookAt = b.Now().Add(lookAgain(r.Status, b.Now().Sub(before.CreatedAt)))
	}
	return now
}

// gone is a request that Apono does not know: it has put it away, or hides it
// for now. A young one may not be everywhere yet.
func (b *Bot) gone(r db.Request) db.Request {
	now := b.Now()
	switch {
	case r.Status == aponoapi.Gone && now.Sub(r.EndedAt) > mineDays*24*time.Hour:
		r.LookAt = time.Time{}
	case r.Status == aponoapi.Gone:
		r.LookAt = now.Add(lookForGone)
	case now.Sub(r.CreatedAt) < lookFor:
		r.LookAt = now.Add(lookWaiting)
	default:
		r.Status, r.EndedAt, r.LookAt = aponoapi.Gone, now, now.Add(lookForGone)
	}
	return r
}

// requestOf is what the bot remembers of a request that Apono has just told.
func (b *Bot) requestOf(r aponoapi.AccessRequest, reading int64) db.Request {
	out := db.Request{
		ID: cmp.Or(r.V3ID, r.ID), FriendlyID: r.FriendlyID, Names: r.IDs(), Status: r.Status, Reading: reading,
		About: aboutOf(r), Duration: r.Duration, V4ID: r.V4ID,
	}
	for _, g := range r.Groups {
		out.Integrations = append(out.Integrations, strings.ReplaceAll(g.Integration.ID, "\x00", ""))
	}
	if r.Status.Active() {
		out.GrantedAt = b.Now()
	}
	if r.Status.Over() {
		out.EndedAt = cmp.Or(r.RevokedAt, b.Now())
		return out
	}
	out.LookAt = b.Now().Add(lookAgain(r.Status, 0))
	return out
}

// worthTelling is the message that a request deserves which has come to stand
// so. What somebody has just ended themselves is no news to them.
func worthTelling(before db.Request, now aponoapi.Status) db.CardKind {
	switch {
	case now == before.Status:
		return ""
	case now == aponoapi.Granted && before.GrantedAt.IsZero():
		return db.ToldGranted
	case now == aponoapi.Rejected:
		return db.ToldRejected
	case now == aponoapi.Failed:
		return db.ToldFailed
	case now == aponoapi.PendingMFA:
		return db.ToldMFA
	case now.Over() && !before.GrantedAt.IsZero() && !before.RevokedHere:
		return db.ToldEnded
	}
	return ""
}

// lookAgain is when a request of that age is worth another look.
func lookAgain(s aponoapi.Status, age time.Duration) time.Duration {
	switch {
	case s == aponoapi.Granting, s == aponoapi.Revoking, age < lookWaiting:
		return lookSoon
	case s == aponoapi.Granted:
		return lookGranted
	}
	return lookWaiting
}

// requestView is a request as a card shows it.
func (b *Bot) requestView(r db.Request, zone *time.Location) cards.Request {
	v := cards.Request{
		ID: cmp.Or(r.FriendlyID, r.ID), Name: r.ID, About: r.About, Status: r.Status, DecidedBy: r.DecidedBy, Reason: r.Reason,
	}
	switch {
	case r.Status == aponoapi.PendingMFA:
		v.MFAURL = b.PortalURL + "/account/step-up?status=pending-mfa&request=" + url.QueryEscape(r.ID)
	case r.Status.Active() && !r.EndsAt.IsZero():
		v.EndsAt = r.EndsAt.In(zone)
	case r.Status.Over() && !r.EndedAt.IsZero():
		v.EndsAt = r.EndedAt.In(zone)
	}
	return v
}
