package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// How much the bot sends of its own accord, where Config does not say. Teams
// takes 7 messages a second into one conversation, 60 in 30 seconds and 1800 in
// an hour, and 50 a second into one tenant ("Optimize your bot with rate
// limiting"); what answers people comes on top of this.
const (
	conversationPause = 2 * time.Second
	conversationBurst = 5
	tenantRate        = 30 // a second
)

// deliverFor is how long one job goes on delivering into one conversation.
const deliverFor = 5 * time.Second

// throttledPause is how long a conversation is left alone when Teams says that
// it was too much, and not for how long.
const throttledPause = 5 * time.Second

// noteAgain is the pause before the database is told once more what was sent.
const noteAgain = 200 * time.Millisecond

// How long a conversation is left alone after a message to which no answer came.
const (
	unclearPause        = 2 * time.Second
	longestUnclearPause = time.Hour
)

// pace is what the configuration says about it.
func (c Config) pace() db.Pace {
	return db.Pace{
		Conversation: cmp.Or(c.ConversationPause, conversationPause),
		Burst:        conversationBurst,
		Tenant:       time.Second / time.Duration(cmp.Or(c.TenantRate, tenantRate)),
	}
}

// deliver brings what is owed to a conversation there, each card drawn as things
// stand when it is sent. Of a conversation that is owed much the rest is left to
// the next job, so that what is urgent elsewhere gets its turn.
func (b *Bot) deliver(ctx context.Context, job db.Deliver) error {
	more, err := b.deliverOne(ctx, job.ConversationID)
	for started := time.Now(); more && err == nil && time.Since(started) < deliverFor; {
		more, err = b.deliverOne(ctx, job.ConversationID)
		var early *river.JobSnoozeError
		if errors.As(err, &early) {
			return nil // what is owed still has a job of its own
		}
	}
	return err
}

// deliverOne delivers the next card into a conversation, and says whether more
// is owed there.
func (b *Bot) deliverOne(ctx context.Context, conversationID string) (more bool, err error) {
	until := time.Now().Add(db.LeaseLasts)
	ctx, cancel := context.WithDeadline(ctx, until.Add(-5*time.Second))
	defer cancel()
	lease, wait, err := b.Store.LeaseConversation(ctx, conversationID, b.pace())
	switch {
	case errors.Is(err, db.ErrLeased):
		return false, nil // who has it looks for more
	case wait > 0:
		return false, river.JobSnooze(wait)
	case err != nil || lease == nil:
		return false, err
	}
	id, card, err := b.deliverNext(ctx, lease)
	late, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
	defer cancel()
	switch {
	case err == nil && card == nil, errors.Is(err, db.ErrNotFound): // forgotten meanwhile
		return false, b.Store.Leave(late, lease)
	case err == nil:
		b.metrics.drawn.Observe(time.Since(card.Due).Seconds())
		return b.noteDrawn(late, lease, card, id)
	}
	return false, b.notDelivered(late, lease, card, err)
}

// noteDrawn notes that a card stands where it was sent, and tries as long as the
// lease lasts: a message that nobody knows of would be sent once more.
func (b *Bot) noteDrawn(ctx context.Context, l *db.Lease, c *db.CardToDraw, activityID string) (more bool, err error) {
	for {
		more, err = b.Store.CardDrawn(ctx, l, c, activityID)
		if err == nil || sleep(ctx, noteAgain) != nil {
			return more, err
		}
	}
}

// deliverNext waits for its place in the tenant's line, and sends.
func (b *Bot) deliverNext(ctx context.Context, l *db.Lease) (activityID string, c *db.CardToDraw, err error) {
	wait, err := b.Store.TenantSlot(ctx, l.Conversation.TenantID, b.pace())
	if err != nil {
		return "", nil, err
	}
	if err := sleep(ctx, wait); err != nil {
		return "", nil, err
	}
	if c, err = b.Store.NextCard(ctx, l); err != nil || c == nil {
		return "", nil, err
	}
	card := b.cardOf(ctx, c)
	id, err := b.post(ctx, l, c, card)
	if errors.Is(err, teams.ErrTooLarge) {
		id, err = b.post(ctx, l, c, card.Short())
	}
	return id, c, err
}

// post sends a card that does not stand in its conversation yet, or replaces it
// where it stands.
func (b *Bot) post(ctx context.Context, l *db.Lease, c *db.CardToDraw, card cards.Card) (activityID string, err error) {
	to, m := conversationOf(l.Conversation), messageOf(card, readIn(c))
	to.Thread = c.Thread
	if c.ActivityID != "" {
		return c.ActivityID, b.Teams.Update(ctx, to, c.ActivityID, m)
	}
	return b.Teams.Send(ctx, to, m)
}

// mendCopy brings a person's card to its newest state where it stands as an
// activity that the bot does not know: the answer to its sending got lost.
func (b *Bot) mendCopy(ctx context.Context, k db.PersonKey, card int64, place teams.Conversation, activityID string) error {
	ctx, cancel := context.WithTimeout(ctx, db.LeaseLasts)
	defer cancel()
	c, err := b.Store.CopyOf(ctx, k, card, place.ID, activityID)
	if err != nil || c == nil {
		return err
	}
	return b.Teams.Update(ctx, place, activityID, messageOf(b.cardOf(ctx, c), readIn(c)))
}

// notDelivered is what becomes of a card that Teams did not take ("Send and
// receive messages": status codes). What a person or an admin must first let in
// waits for them, what Teams refuses as it is stays undone until it changes, and
// the rest is tried again.
func (b *Bot) notDelivered(ctx context.Context, l *db.Lease, c *db.CardToDraw, err error) error {
	var e *teams.Error
	errors.As(err, &e)
	reason := reasonOf(err)
	if errors.Is(err, teams.ErrGone) && c != nil && c.ActivityID == "" {
		reason = "conversation gone" // nothing else was named
	}
	b.metrics.failed.WithLabelValues(reason).Inc()
	switch {
	case errors.Is(err, teams.ErrThrottled):
		b.metrics.throttled.Inc()
		return b.Store.Pause(ctx, l, cmp.Or(e.RetryAfter, throttledPause))
	case mayHaveArrived(err) && c.ActivityID == "":
		// Each try may be one more copy in the chat: wait as long as the card has
		// waited already.
		return b.Store.Pause(ctx, l, min(max(time.Since(c.Due), unclearPause), longestUnclearPause))
	case errors.Is(err, teams.ErrBlocked), errors.Is(err, teams.ErrNotInstalled), errors.Is(err, teams.ErrNotAllowed):
		return b.Store.Shut(ctx, l, reason)
	case errors.Is(err, teams.ErrNoConversation), errors.Is(err, teams.ErrGone) && c.ActivityID == "":
		return b.conversationGone(ctx, l, c, reason)
	case errors.Is(err, teams.ErrWrongHost):
		return b.wrongHost(ctx, l, reason)
	case errors.Is(err, teams.ErrGone) && c.ActivityID != "" && c.Posts < 2:
		return b.Store.CardGone(ctx, l, c) // posted anew, once
	case errors.Is(err, teams.ErrGone), errors.Is(err, teams.ErrTooLarge), errors.Is(err, teams.ErrRefused),
		e != nil && e.Status == http.StatusBadRequest, e != nil && e.Status == http.StatusForbidden:
		return errors.Join(river.JobCancel(err), b.Store.CardGivenUp(ctx, l, c))
	}
	return errors.Join(err, b.Store.GiveBack(ctx, l, c)) // tried again by this job
}

// conversationGone makes a person's own chat anew. Where that gives the same
// one, Teams will not have the bot there.
func (b *Bot) conversationGone(ctx context.Context, l *db.Lease, c *db.CardToDraw, reason string) error {
	p := c.Person
	if l.Conversation.ID != p.Chat.ID {
		return b.Store.Shut(ctx, l, reason)
	}
	id, err := b.Teams.CreateConversation(ctx, l.Conversation.ServiceURL, p.TenantID, p.TeamsID)
	var e *teams.Error
	switch {
	case errors.As(err, &e) && (e.Status == http.StatusForbidden || e.Status == http.StatusNotFound || e.Status == http.StatusBadRequest),
		err == nil && id == l.Conversation.ID:
		return b.Store.Shut(ctx, l, reason)
	case err != nil:
		return errors.Join(err, b.Store.GiveBack(ctx, l, c))
	}
	return b.Store.ReplaceChat(ctx, l, p.PersonKey, id)
}

// wrongHost goes on with another service URL that the bot may use, until all
// have been tried.
func (b *Bot) wrongHost(ctx context.Context, l *db.Lease, reason string) error {
	urls := b.Teams.ServiceURLs()
	next := slices.Index(urls, l.Conversation.ServiceURL) + 1
	if next == len(urls) {
		return b.Store.Shut(ctx, l, reason)
	}
	return b.Store.Move(ctx, l, urls[next])
}

// reasonOf names a failure in few words, for the metrics.
func reasonOf(err error) string {
	for reason, kind := range map[string]error{
		"blocked by the person": teams.ErrBlocked, "not installed": teams.ErrNotInstalled, "not allowed": teams.ErrNotAllowed,
		"conversation gone": teams.ErrNoConversation, "wrong service URL": teams.ErrWrongHost, "too large": teams.ErrTooLarge,
		"throttled": teams.ErrThrottled, "token not accepted": teams.ErrToken, "unclear": teams.ErrUnclear,
	} {
		if errors.Is(err, kind) {
			return reason
		}
	}
	var e *teams.Error
	switch {
	case errors.Is(err, teams.ErrGone):
		return "message gone"
	case !errors.As(err, &e):
		return "not sent"
	case e.Status == http.StatusBadRequest:
		return "bad request"
	case e.Status >= http.StatusInternalServerError:
		return "trouble in Teams"
	case e.Status == 0:
		return "no answer"
	}
	return "refused"
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
