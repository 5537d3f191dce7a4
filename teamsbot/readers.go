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
	// rosterLasts is how long the roster of a channel is read, and membersLooked
	// at how many people: who pressed or wrote waits. Of teams that are larger
	// the rest is not known.
	rosterLasts   = time.Second
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
	ctx, cancel := context.WithTimeout(ctx, rosterLasts)
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
