package teamsbot

import (
	"context"
	"errors"
	"time"

	"github.com/apono-teams/teamsbot/db"
)

// The regular work that one replica does for all.
const (
	turnSweep     = "sweep"
	turnElsewhere = "elsewhere"
	turnTasks     = "tasks"
)

const (
	// turnLasts is how long the work of a replica that died holds up the
	// others; one that lives keeps its turn.
	turnLasts = 10 * time.Second
	// sweepApart is how far the sweeps of all replicas are apart: a little less
	// than one replica's own, which must not miss its turn by a hair.
	sweepApart = sweepEvery - 200*time.Millisecond
)

// inTurn is f for one replica at a time, not more often than every.
func (b *Bot) inTurn(name string, every time.Duration, f func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		turn, ok, err := b.Store.TakeTurn(ctx, name, every, turnLasts)
		if err != nil || !ok {
			return err
		}
		work, stop := context.WithCancel(ctx)
		kept := make(chan struct{})
		go func() {
			defer close(kept)
			b.keep(work, stop, turn)
		}()
		err = safely(func() error { return f(work) }) // or this replica would keep its turn for ever
		stop()
		<-kept
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(err, b.Store.EndTurn(late, turn, err == nil))
	}
}

// keep keeps a turn until ctx ends, and stops the work if another replica has
// it: this one was held up for too long.
func (b *Bot) keep(ctx context.Context, stop func(), turn db.Turn) {
	tick := time.NewTicker(turnLasts / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			kept, err := b.Store.KeepTurn(ctx, turn, turnLasts)
			if err != nil && ctx.Err() == nil {
				b.Log.Warn().Err(err).Msg("turn not kept")
			}
			if err == nil && !kept {
				stop()
			}
		}
	}
}
