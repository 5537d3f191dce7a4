package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// What is taken in a minute: more than people do, and less than hurts.
const (
	personRate   = 120
	tenantsRate  = 6000
	strangerRate = 120
	// toldRate is how often somebody who writes too much is told so.
	toldRate = 1
	// limiterSlots is how many can be told apart. Two who share a slot share what
	// they may, which only those notice who do nearly too much.
	limiterSlots = 1 << 14
)

const (
	// pressHolds is more than a press in any dialog of ours carries, in bytes.
	pressHolds = 64 << 10
	// Teams: a dialog may have about 25 KB.
	dialogHolds = 25 << 10
)

const (
	wordsTooMuch       texts.English = "That was a lot at once. Wait a minute, then try again."
	wordsTooMuchForAll texts.English = "There is more to do just now than Apono can answer. Try again in a minute."
)

var errTooMuch = errors.New("more in a minute than is answered")

// limiter lets each of many do something so often in a minute. It takes the same
// memory however many they are: they share a table, by a hash that nobody
// outside can foresee.
type limiter struct {
	slots []atomic.Int64 // when the whole of a minute is there again, in ns
	seed  maphash.Seed
	each  int64 // what one takes of the minute, in ns
}

// newLimiter makes one for so many a minute, 0 meaning as many as usual. Below
// 0 there is no limit, and no limiter.
func newLimiter(perMinute, usual int) *limiter {
	n := cmp.Or(perMinute, usual)
	if n < 0 {
		return nil
	}
	return &limiter{slots: make([]atomic.Int64, limiterSlots), seed: maphash.MakeSeed(), each: int64(time.Minute) / int64(n)}
}

// spent says that allow would not.
func (l *limiter) spent(key string, now time.Time) bool {
	if l == nil {
		return false
	}
	at := now.UnixNano()
	return max(l.slot(key).Load(), at)+l.each-at > int64(time.Minute)
}

func (l *limiter) slot(key string) *atomic.Int64 {
	return &l.slots[maphash.String(l.seed, key)%uint64(len(l.slots))]
}

// allow takes one of a key's minute, if it is there.
func (l *limiter) allow(key string, now time.Time) bool {
	if l == nil {
		return true
	}
	slot, at := l.slot(key), now.UnixNano()
	for {
		whole := slot.Load()
		next := max(whole, at) + l.each
		if next-at > int64(time.Minute) {
			return false
		}
		if slot.CompareAndSwap(whole, next) {
			return true
		}
	}
}

// tooMuch answers a person who does more in a minute than is taken, or whose
// colleagues do. The bot remembers nothing of it.
func (t *turn) tooMuch(ctx context.Context) (teams.Answer, bool) {
	a, b := t.activity, t.bot
	if a.Type != schema.Message && a.Type != schema.Invoke {
		return teams.Answer{}, false
	}
	now, who := b.Now(), strings.ToLower(a.TenantID())+" "+a.PersonMRI()
	words := wordsTooMuch
	if b.persons.allow(who, now) {
		if b.tenants.allow(strings.ToLower(a.TenantID()), now) {
			return teams.Answer{}, false
		}
		words = wordsTooMuchForAll
	}
	t.err = errTooMuch
	first := b.warned.allow(who, now)
	t.quiet = !first
	if a.Type == schema.Message && !first {
		return status(http.StatusOK), true
	}
	if answer, kept := t.keepDialog(words); kept {
		return answer, true
	}
	return t.turnAway(ctx, words), true
}

// keepDialog asks who pressed in a dialog to wait, and keeps there what they have
// filled in. It is false where there is nothing to keep, or more than any dialog
// of ours holds.
func (t *turn) keepDialog(words texts.Text) (teams.Answer, bool) {
	if name := t.activity.Name; name != teams.InvokeTaskSubmit && name != teams.InvokeExtensionSubmit {
		return teams.Answer{}, false
	}
	if len(t.activity.Value) > pressHolds {
		return teams.Answer{}, false
	}
	t.readPress()
	press := t.press
	if press.Verb == "" {
		return teams.Answer{}, false
	}
	if press.Verb == cards.VerbConnectNow { // the token has to be pasted again
		answer, err := t.connectDialog(cards.Connecting{Problem: words, Then: after(press.Then)})
		return answer, err == nil
	}
	answer, err := t.dialog("Wait a minute", cards.Wait(words, press), teams.Medium)
	return answer, err == nil && len(answer.Body) <= dialogHolds
}

// turnAway says why nothing is done, and remembers nothing.
func (t *turn) turnAway(ctx context.Context, words texts.Text) teams.Answer {
	switch t.activity.Type {
	case schema.Invoke:
		if answer, err := t.tell(words); err == nil {
			return answer
		}
	case schema.Message:
		if _, err := t.bot.Teams.Send(ctx, t.activity.Where(), teams.Message{Text: words.In(t.reads())}); err != nil {
			t.err = errors.Join(t.err, err)
		}
	}
	return status(http.StatusOK)
}
