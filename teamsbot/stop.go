package teamsbot

import (
	"context"
	"fmt"
	"time"

	"github.com/apono-teams/teamsbot/db"
)

// How long what is under way gets to end when the bot is stopped.
const (
	// stopLasts is for jobs, and stopCutLasts for those that were cut off then
	// to note it.
	stopLasts    = 6 * time.Second
	stopCutLasts = 2 * time.Second
	// outlastLasts is for creates that go on after their press was answered. One
	// that is cut off is looked for. cutLasts is for noting that.
	outlastLasts = 3 * time.Second
	cutLasts     = time.Second
)

// Retire says that the bot is about to be stopped: it tells that it is not ready
// any more and leaves jobs to others, but goes on answering.
func (b *Bot) Retire() { b.retire.Do(func() { close(b.retired) }) }

// stopJobs lets jobs end. Those that do not end in time are cut off, to be tried
// again elsewhere.
func (b *Bot) stopJobs(ctx context.Context, worker *db.Worker) error {
	ctx, cancel := context.WithTimeout(ctx, stopLasts+b.within(stopCutLasts))
	defer cancel()
	if err := worker.Stop(ctx); err != nil {
		return fmt.Errorf("stop the jobs: %w", err)
	}
	return nil
}

// goOn does f beside the press that began it, which may be answered before f has
// ended.
func (b *Bot) goOn(ctx context.Context, f func(context.Context) error) <-chan error {
	done := make(chan error, 1)
	b.lateNow.Add(1)
	b.late.Go(func() {
		defer b.lateNow.Add(-1)
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		ended := make(chan struct{})
		defer close(ended)
		go func() {
			select {
			case <-b.cutLate:
				cancel()
			case <-ended:
			}
		}()
		done <- safely(func() error { return f(ctx) })
	})
	return done
}

// endLate waits for what goOn began, and cuts it off after a while.
func (b *Bot) endLate() {
	done := make(chan struct{})
	go func() {
		b.late.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-time.After(outlastLasts):
		close(b.cutLate)
	}
	select {
	case <-done:
	case <-time.After(b.within(cutLasts)): // it cannot even note that it was cut off
		b.Log.Warn().Msg("a create was left behind")
	}
}
