package teamsbot

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

const (
	// jobsAtOnce is how many jobs one replica works on at a time, and
	// looksAtOnce how many looks at Apono beside them: people's presses need
	// Apono too.
	jobsAtOnce  = 20
	looksAtOnce = 3
	// deliveriesAtOnce is how many conversations one replica writes into at a
	// time; most of them wait for their place in the tenant's line.
	deliveriesAtOnce = 20
	// fetchPause is the shortest between two fetches of jobs. A queue of few
	// workers does no more than that many jobs in it.
	fetchPause = 10 * time.Millisecond
	// longestPause is the longest between two attempts at a job.
	longestPause = 5 * time.Minute
	// jobLasts bounds one attempt, and is longer than any delivery lasts; a job
	// that a dead replica left behind is taken over soon after that: River looks
	// for those twice a minute.
	jobLasts     = 40 * time.Second
	jobTakenOver = 45 * time.Second
)

// worker works through everything that the bot owes: THE OTHER SWITCH.
func (b *Bot) worker() (*db.Worker, error) {
	w := river.NewWorkers()
	river.AddWorker(w, work(b, b.welcome))
	river.AddWorker(w, work(b, b.sendReply))
	river.AddWorker(w, work(b, b.settle))
	river.AddWorker(w, work(b, b.refresh))
	river.AddWorker(w, work(b, b.explainLater))
	river.AddWorker(w, work(b, b.deliver))
	river.AddWorker(w, work(b, b.announce))
	river.AddWorker(w, work(b, b.announcePending))
	river.AddWorker(w, work(b, b.awaitReset))
	return b.Store.Worker(&river.Config{
		Workers: w,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: jobsAtOnce},
			db.QueueRefresh:    {MaxWorkers: looksAtOnce},
			db.QueueDeliver:    {MaxWorkers: deliveriesAtOnce},
		},
		FetchCooldown:               fetchPause,
		RetryPolicy:                 pauses{},
		JobTimeout:                  jobLasts,
		RescueStuckJobsAfter:        jobTakenOver,
		SoftStopTimeout:             stopLasts,
		CompletedJobRetentionPeriod: time.Hour,
		Logger:                      slog.New(zerolog.NewSlogHandler(b.Log.Level(max(zerolog.WarnLevel, b.Log.GetLevel())))),
	})
}

// work makes a worker of f, with the one line that the log gets of a job.
func work[T river.JobArgs](b *Bot, f func(context.Context, T) error) river.Worker[T] {
	return river.WorkFunc(func(ctx context.Context, job *river.Job[T]) error {
		started := time.Now()
		err := f(ctx, job.Args)
		if errors.Is(err, db.ErrNotFound) {
			err = nil // its subject has been forgotten
		}
		took := time.Since(started)
		b.metrics.attempted(job.Kind, err, took)
		line := b.Log.Info()
		var snooze *rivertype.JobSnoozeError
		if err != nil && !errors.As(err, &snooze) {
			line = b.Log.Error().Err(loggable(err))
		}
		line.Str("job", job.Kind).Int64("id", job.ID).Int("attempt", job.Attempt).
			RawJSON("subject", job.EncodedArgs).Dur("took_ms", took).Msg("job")
		return err
	})
}

// pauses between the attempts at a job: one second, then twice the last.
type pauses struct{}

// NextRetry implements river.ClientRetryPolicy.
func (pauses) NextRetry(job *rivertype.JobRow) time.Time {
	doublings := float64(min(len(job.Errors), 20))
	return time.Now().Add(min(time.Second*time.Duration(math.Exp2(doublings)), longestPause))
}

// welcome sends the first words to a person who has installed the bot.
func (b *Bot) welcome(ctx context.Context, job db.Welcome) error {
	p, err := b.Store.Person(ctx, db.PersonKey{TenantID: job.TenantID, ObjectID: job.ObjectID})
	if err != nil || p.Chat.ID == "" {
		return err
	}
	if err := b.meet(ctx, p); err != nil {
		b.Log.Warn().Err(loggable(err)).Msg("what waits for a grantee goes on waiting")
	}
	home, err := b.home(ctx, p.PersonKey)
	if err != nil {
		return err
	}
	_, err = b.Teams.Send(ctx, conversationOf(p.Chat), messageOf(cards.Welcome(home), texts.For(p.Locale)))
	return b.sent(err)
}

// sendReply sends a card that Teams would not take when it was asked for.
func (b *Bot) sendReply(ctx context.Context, job db.Reply) error {
	place, err := b.Store.Conversation(ctx, job.ConversationID)
	if err != nil {
		return err
	}
	c, ok := commandNamed(job.Card)
	if !ok {
		return river.JobCancel(errors.New("no card is called " + job.Card))
	}
	p, err := b.Store.Person(ctx, db.PersonKey{TenantID: job.TenantID, ObjectID: job.ObjectID})
	if err != nil {
		return err
	}
	t := &turn{bot: b, person: p, press: cards.Press{Data: cards.Data{Draft: job.Draft}}, alone: place.ID == p.Chat.ID, answersIn: place.ID}
	card, err := t.cardOf(ctx, c)
	if err != nil {
		return err
	}
	to := conversationOf(place)
	to.Thread = job.Thread
	_, err = b.Teams.Send(ctx, to, messageOf(card, t.reads()))
	return b.sent(err)
}

// sent says what becomes of a job whose message is not worth sending twice.
func (b *Bot) sent(err error) error {
	if mayHaveArrived(err) {
		return river.JobCancel(err)
	}
	return b.undelivered(err)
}

// undelivered says what becomes of a job whose message Teams did not take: what
// a person must first let in waits for them, what Teams refuses as it is stays
// undone, and the rest is tried again.
func (b *Bot) undelivered(err error) error {
	var e *teams.Error
	errors.As(err, &e)
	switch {
	case err == nil, errors.Is(err, errUnreachable), undeliverable(err):
		return nil
	case errors.Is(err, teams.ErrRefused), errors.Is(err, teams.ErrTooLarge), e != nil && e.Status == http.StatusBadRequest:
		return river.JobCancel(err)
	case e != nil && e.RetryAfter > 0:
		return river.JobSnooze(e.RetryAfter)
	}
	return err
}

// mayHaveArrived says that a message was sent and no answer came: Teams may
// show it. (An answer of trouble is Teams' word that it does not.)
func mayHaveArrived(err error) bool {
	var e *teams.Error
	return errors.Is(err, teams.ErrUnclear) && errors.As(err, &e) && e.Status == 0
}

func messageOf(c cards.Card, l *texts.Language) teams.Message {
	return teams.Message{Card: c.JSON(l), Summary: c.Summary(l)}
}
