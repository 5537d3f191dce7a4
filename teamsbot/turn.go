package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/infracloudio/msbotbuilder-go/core/activity"
	"github.com/infracloudio/msbotbuilder-go/schema"
	"github.com/rs/zerolog"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// turn is one thing that a person did.
type turn struct {
	bot         *Bot
	correlation string // Teams' MS-CV, which Microsoft's support asks for

	activity *teams.Activity
	person   db.Person
	press    cards.Press // of an invoke
	intent   string      // for the metrics: the verb or command, if it is one of ours
	rest     string      // what was written after the command
	alone    bool        // only the person reads the answer
	foreseen foreseen    // what was read when it was taken on
	link     db.Link     // the person's own token, once it has been asked for
	began    []db.Watch  // what the channel watches since this turn

	language  *texts.Language // of the person; see reads
	answersIn string          // of a job that answers late, which has no activity: where
	err       error           // what went wrong, for the log
	quiet     bool            // this is not worth a line in the log

	// What is stored for repeats in place of an answer with a secret in it.
	repeat *teams.Answer
}

// take checks that a token is for an activity, acts on it once, and answers it.
func (t *turn) take(ctx context.Context, token *teams.Token, body []byte) teams.Answer {
	a, err := teams.DecodeActivity(body)
	if err != nil {
		t.err = err
		return status(http.StatusBadRequest)
	}
	t.activity = a
	if err := token.Fits(a); err != nil {
		return t.reject(err)
	}
	if err := a.Check(); err != nil {
		return t.reject(err)
	}
	if !t.bot.serves(a.TenantID()) {
		return t.foreign(ctx)
	}
	if !concerns(a) {
		return status(http.StatusOK)
	}
	if !wellNamed(a) {
		t.err = errors.New("the activity names its parts in a way that Teams does not")
		return status(http.StatusBadRequest)
	}
	if channel, team := a.Ends(); channel != "" || team != "" {
		return t.ended(ctx, channel, team)
	}
	if answer, tooMuch := t.tooMuch(ctx); tooMuch {
		return answer
	}
	t.readPress()
	ctx, cancel := t.patience(ctx)
	defer cancel()
	return t.once(ctx)
}

// patience is how long a press may take: all the same, but for the one that shows
// access details, and its repeats.
func (t *turn) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok && t.activity.Name == teams.InvokeTaskSubmit && t.press.Verb == cards.VerbDetailsShow {
		return context.WithDeadline(context.WithoutCancel(ctx), end.Add(t.bot.within(showLasts-pressLasts)))
	}
	return ctx, func() {}
}

// concerns says that an activity is of a kind that the bot does something about.
func concerns(a *teams.Activity) bool {
	switch a.Type {
	case schema.Message, schema.Invoke, schema.ConversationUpdate, schema.InstallationUpdate:
		return true
	}
	return false
}

// serves says that people of a tenant may use the bot.
func (b *Bot) serves(tenant string) bool {
	return slices.ContainsFunc(b.AllowedTenants, func(t string) bool { return strings.EqualFold(t, tenant) })
}

// once acts on the activity if it is the first of its id, and else answers what
// the first one was answered.
func (t *turn) once(ctx context.Context) teams.Answer {
	arrival, err := t.arrival(ctx)
	if err != nil {
		return t.fail(err)
	}
	person, first, answer, err := t.bot.Store.Arrive(ctx, arrival)
	if err != nil {
		return t.fail(err)
	}
	t.person = person
	if !first {
		return t.again(ctx, arrival, answer)
	}
	reply, err := t.act(ctx)
	place, id := arrival.Conversation.ID, arrival.ActivityID
	switch {
	case err != nil && arrival.Looks:
		return t.fail(err)
	case err != nil:
		late, cancel := t.bot.grace(ctx)
		defer cancel()
		t.err = errors.Join(err, t.bot.Store.Release(late, place, id))
		return status(http.StatusInternalServerError)
	case arrival.Looks:
		return reply
	}
	kept := reply
	if t.repeat != nil {
		t.bot.shownAnswers.keep(pressKey{t.person.PersonKey, place, id}, reply.Body)
		kept = *t.repeat
	}
	t.bot.keepAnswer(ctx, place, id, db.Answer{Status: kept.Status, Body: kept.Body})
	return reply
}

// keepAnswer keeps an answer for repeats, which wait for it, while it is on its
// way to who pressed.
func (b *Bot) keepAnswer(ctx context.Context, place, id string, a db.Answer) {
	b.lateNow.Add(1)
	b.late.Go(func() {
		defer b.lateNow.Add(-1)
		if err := b.Store.Answered(context.WithoutCancel(ctx), place, id, a); err != nil {
			b.Log.Error().Err(loggable(err)).Str("turn", cards.Line(id, 100)).Msg("an answer is not kept for repeats")
		}
	})
}

// again answers an activity that was taken on before, when the answer is there.
func (t *turn) again(ctx context.Context, a db.Arrival, answer *db.Answer) teams.Answer {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for answer == nil {
		select {
		case <-ctx.Done():
			return t.fail(fmt.Errorf("activity %s is being acted on elsewhere: %w", a.ActivityID, ctx.Err()))
		case <-tick.C:
		}
		var err error
		if answer, err = t.bot.Store.AnswerTo(ctx, a.Conversation.ID, a.ActivityID); err != nil {
			return t.fail(err)
		}
	}
	if shown := t.bot.shownAnswers.take(pressKey{t.person.PersonKey, a.Conversation.ID, a.ActivityID}); shown != nil {
		t.repeat = &teams.Answer{} // it has a secret in it
		return teams.Answer{Status: answer.Status, Body: shown}
	}
	return teams.Answer{Status: answer.Status, Body: answer.Body}
}

// act hands the activity to what it is for, by msbotbuilder's own dispatch
// where that knows the kind.
func (t *turn) act(ctx context.Context) (answer teams.Answer, err error) {
	answer = status(http.StatusOK)
	if t.activity.Type == schema.InstallationUpdate {
		return answer, t.installChanged(ctx)
	}
	nothing := schema.Activity{} // our client sends nothing for it
	err = t.bot.adapter.ProcessActivity(ctx, t.activity.Activity, activity.HandlerFuncs{
		OnMessageFunc: func(*activity.TurnContext) (schema.Activity, error) {
			return nothing, t.onMessage(ctx)
		},
		OnInvokeFunc: func(*activity.TurnContext) (_ schema.Activity, err error) {
			answer, err = t.onInvoke(ctx)
			return nothing, err
		},
		OnConversationUpdateFunc: func(*activity.TurnContext) (schema.Activity, error) {
			return nothing, t.installChanged(ctx)
		},
	})
	return answer, err
}

// onInvoke answers a press.
func (t *turn) onInvoke(ctx context.Context) (teams.Answer, error) {
	switch t.activity.Name {
	case teams.InvokeTaskFetch, teams.InvokeTaskSubmit, teams.InvokeExtensionSubmit:
	case teams.InvokeExtensionFetch:
		return t.said(t.openExtension(ctx))
	default:
		return teams.NotImplemented(), nil
	}
	if t.press.Verb == "" {
		return t.tell(wordsOldButton)
	}
	t.mendCopy(ctx)
	return t.onPress(ctx)
}

// onPress does what a press asks for: THE SWITCH of what a person can ask.
func (t *turn) onPress(ctx context.Context) (teams.Answer, error) {
	t.intent = string(t.press.Verb)
	switch t.press.Verb {
	case cards.VerbRequest:
		return t.said(t.openRequest(ctx))
	case cards.VerbBundle:
		return t.said(t.openBundle(ctx))
	case cards.VerbRequestStep, cards.VerbBundleStep:
		return t.said(t.stepRequest(ctx))
	case cards.VerbAgain:
		return t.said(t.requestAgain(ctx))
	case cards.VerbRevoke:
		return t.said(t.askRevoke(ctx))
	case cards.VerbRevokeNow:
		return t.said(t.revoke(ctx))
	case cards.VerbExtend:
		return t.said(t.askExtend(ctx))
	case cards.VerbExtendNow:
		return t.said(t.extend(ctx))
	case cards.VerbMine:
		return t.said(t.openMine(ctx))
	case cards.VerbDetails:
		return t.said(t.viewDetails(ctx))
	case cards.VerbDetailsShow:
		return t.said(t.showDetails(ctx))
	case cards.VerbReset:
		return t.said(t.askReset(ctx))
	case cards.VerbResetNow:
		return t.said(t.resetNow(ctx))
	case cards.VerbResources:
		return t.said(t.viewResources(ctx))
	case cards.VerbApprove, cards.VerbReject:
		return t.said(t.decide(ctx))
	case cards.VerbReviewResources:
		return t.said(t.viewToReview(ctx))
	case cards.VerbApprovals:
		return t.said(t.openApprovals(ctx))
	case cards.VerbFavorites, cards.VerbFavoritesStep:
		return t.said(t.stepFavorites(ctx))
	case cards.VerbFavoriteName:
		return t.said(t.nameRequest(ctx, cards.NameRequest))
	case cards.VerbFavoriteAdd:
		return t.said(t.addRequest(ctx, cards.Place{}, cards.NameRequest))
	case cards.VerbConnect:
		return t.said(t.openConnect(ctx))
	case cards.VerbConnectNow:
		return t.said(t.connect(ctx))
	case cards.VerbDisconnect:
		return t.said(t.askDisconnect(ctx))
	case cards.VerbDisconnectNow:
		return t.said(t.disconnect(ctx))
	case cards.VerbWatch:
		return t.said(t.askWatch(ctx))
	case cards.VerbWatchNow:
		return t.said(t.watchAnyway(ctx))
	}
	t.intent = "unknown"
	return t.tell(wordsOldButton)
}

// mendCopy brings a card to its newest state if the press came from a copy of it
// that nobody knew of, beside what the press is about.
func (t *turn) mendCopy(ctx context.Context) {
	if t.press.Card == 0 || t.activity.ReplyToID == "" || t.activity.Name != teams.InvokeTaskFetch || t.activity.Kind() == teams.GroupChat {
		return
	}
	b, k, card, place, id := t.bot, t.person.PersonKey, t.press.Card, t.activity.Where(), t.activity.ReplyToID
	b.goOn(ctx, func(ctx context.Context) error {
		err := b.mendCopy(ctx, k, card, place, id)
		if err != nil {
			b.Log.Warn().Err(loggable(err)).Int64("card", card).Msg("a copy of a card is not mended")
		}
		return err
	})
}

// foreign answers people of a tenant that is not served, and remembers nothing.
func (t *turn) foreign(ctx context.Context) teams.Answer {
	t.err = fmt.Errorf("tenant %q is not served", t.activity.TenantID())
	return t.turnAway(ctx, t.bot.wordsForeign())
}

// said turns words for the person into an answer, whatever kept them from
// getting what they wanted. Only what nobody foresaw stays an error.
func (t *turn) said(answer teams.Answer, err error) (teams.Answer, error) {
	var s *sorryError
	if !errors.As(err, &s) {
		return answer, err
	}
	t.err = err
	return t.tell(s.words)
}

func (t *turn) reject(err error) teams.Answer {
	t.err = err
	var r *teams.Rejection
	if errors.As(err, &r) {
		return status(r.Status())
	}
	return status(http.StatusUnauthorized)
}

func (t *turn) fail(err error) teams.Answer {
	t.err = err
	return status(http.StatusInternalServerError)
}

// log writes the one line of the turn: ids and outcome, no words of anybody.
func (t *turn) log(answer teams.Answer, took time.Duration) {
	var line *zerolog.Event
	switch {
	case answer.Status >= 500:
		line = t.bot.Log.Error()
	case t.err != nil || answer.Status >= 400:
		line = t.bot.Log.Warn()
	default:
		line = t.bot.Log.Info()
	}
	line.Int("status", answer.Status).Dur("took_ms", took)
	if t.correlation != "" {
		line.Str("ms_cv", cards.Line(t.correlation, 100))
	}
	if a := t.activity; a != nil {
		line.Str("turn", cards.Line(a.ID, 100)).Str("type", cards.Line(string(a.Type), 40)).Str("name", cards.Line(a.Name, 60)).
			Str("tenant", cards.Line(a.TenantID(), 60)).Str("person", cards.Line(a.PersonID(), 60)).
			Str("conversation", cards.Line(a.ConversationID(), 120)).Str("kind", cards.Line(string(a.Kind()), 20))
	}
	if t.press.Verb != "" {
		line.Str("verb", cards.Line(string(t.press.Verb), 40)).Str("do", cards.Line(string(t.press.Do), 20)).
			Str("draft", cards.Line(t.press.Draft, 40))
	}
	line.Err(loggable(t.err)).Msg("turn")
}

// grace is a little time after ctx has ended, for what must be noted although
// the time to answer is over.
func (b *Bot) grace(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now()
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end.Add(cmp.Or(b.Grace, graceLasts)))
}

// status is an answer without a body.
func status(code int) teams.Answer { return teams.Answer{Status: code} }
