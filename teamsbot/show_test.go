package teamsbot

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apono-teams/teamsbot/db"
)

// An answer with details waits for one repeat, and not for long.
func TestDetailsWaitInMemoryOnceAndNotForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var kept shownAnswers
		dana := db.PersonKey{TenantID: "t", ObjectID: "dana"}
		k, body := pressKey{dana, "a:1", "f:1"}, []byte("pw-canary")
		kept.keep(k, body)
		clear(body) // the answer that was sent is overwritten
		for _, other := range []pressKey{
			{db.PersonKey{TenantID: "t", ObjectID: "devin"}, "a:1", "f:1"}, {dana, "a:2", "f:1"}, {dana, "a:1", "f:2"},
		} {
			if got := kept.take(other); got != nil {
				t.Errorf("%+v gets %q", other, got)
			}
		}
		if got := kept.take(k); string(got) != "pw-canary" {
			t.Errorf("the repeat gets %q", got)
		}
		if got := kept.take(k); got != nil {
			t.Errorf("a second repeat gets %q", got)
		}

		kept.keep(k, []byte("pw-canary"))
		held := kept.all[k]
		time.Sleep(shownLasts - time.Second)
		if !bytes.Equal(held, []byte("pw-canary")) {
			t.Error("it is gone too early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := kept.take(k); got != nil || !bytes.Equal(held, make([]byte, len(held))) {
			t.Errorf("after %v there is %q, and in its place %q", shownLasts, got, held)
		}
	})
}
