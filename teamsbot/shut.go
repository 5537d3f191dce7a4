package teamsbot

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// How long something of Apono's that the bot can do without is not tried again,
// after Apono said that the bot's token may not use it, and after it failed.
const (
	shutFor  = 30 * time.Minute
	pauseFor = 30 * time.Second
)

// shut is something of Apono's that the bot can do without, and until when it
// does.
type shut struct {
	until  atomic.Int64
	failed atomic.Bool // it is not refused: it may be there then
}

// is says whether it is not to be tried at that time.
func (s *shut) is(now time.Time) bool { return now.UnixNano() < s.until.Load() }

// open notes that it is there after all.
func (s *shut) open() { s.until.Store(0) }

// refused notes that Apono does not let anybody do it.
func (s *shut) refused(now time.Time) {
	s.until.Store(now.Add(shutFor).UnixNano())
	s.failed.Store(false)
}

// after notes what came of trying it. A refusal is no error: from now on the bot
// does without.
func (s *shut) after(err error, now time.Time) error {
	if refusedToToken(err) {
		s.refused(now)
		return nil
	}
	if err != nil {
		pause := pauseFor
		var e *aponoapi.Error
		if errors.As(err, &e) {
			pause = max(pause, e.RetryAfter)
		}
		s.until.Store(now.Add(pause).UnixNano())
		s.failed.Store(true)
	}
	return err
}

// refusedToToken says that Apono does not let this bot's token do something,
// whatever it asks for.
func refusedToToken(err error) bool {
	return errors.Is(err, aponoapi.ErrForbidden) || errors.Is(err, aponoapi.ErrUnauthorized) || errors.Is(err, aponoapi.ErrNotFound)
}
