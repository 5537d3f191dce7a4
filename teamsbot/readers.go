package teamsbot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

const (
	// afterRoster is the time that is left for the answer when the roster of a
	// channel has been read, as far as it goes; who wrote or pressed waits.
	afterRoster = 700 * time.Millisecond
	// membersLooked is at how many people is looked. Of teams that are larger the
	// rest is not known.
	membersLooked = 10_000
)

// errShared says that people from anywhere are in a channel.
var errShared = errors.New("a shared channel")

// readers are who reads in the channel that the activity is from, as far as
// Teams tells in time. One that is shared is errShared.
func (t *turn) readers(ctx context.Context) (cards.Readers, error) {
	kind := t.activity.ChannelData.Channel.Type
	if kind == teams.Shared {
		return cards.Readers{}, errShared
	}
	r := cards.Readers{Untold: kind != teams.Standard && kind != teams.Private}
	ctx, cancel := sparing(ctx, afterRoster)
	defer cancel()
	for m, err := range t.bot.Teams.Members(ctx, t.activity.Where()) {
		if err != nil || r.Looked == membersLooked {
			t.err, r.Incomplete = errors.Join(t.err, err), true
			break
		}
		r.Looked++
		foreign := m.TenantID != "" && !strings.EqualFold(m.TenantID, t.activity.TenantID())
		switch {
		case m.Guest():
			r.Guests++
		case foreign && r.Untold: // only a shared channel has them
			return r, errShared
		case foreign:
			r.Guests++
		}
	}
	return r, nil
}

// harmless says that nobody reads it who is not of the company, as far as Teams
// tells.
func harmless(r cards.Readers) bool { return r.Guests == 0 && !r.Incomplete && !r.Untold }

// sparing is ctx without its last part, which is left for what follows.
func sparing(ctx context.Context, left time.Duration) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-left))
}
