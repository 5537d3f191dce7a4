package db_test

import (
	"sync/atomic"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
)

func TestAnExtensionIsClaimedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, r := w.created(aponoapi.Granted)
	claims := func(used int, want bool) {
		t.Helper()
		if ok, err := w.ClaimExtension(w.ctx, r.ID, used); ok != want || err != nil {
			t.Errorf("claiming one after %d: %t, %v; want %t", used, ok, err, want)
		}
	}
	var won atomic.Int32
	w.together(8, func(int) error {
		ok, err := w.ClaimExtension(w.ctx, r.ID, 0)
		if ok {
			won.Add(1)
		}
		return err
	})
	if won.Load() != 1 {
		t.Errorf("%d claimed the same extension", won.Load())
	}
	claims(1, true)  // Apono has made the first
	claims(1, false) // and somebody is at the second
	w.must(w.ReleaseExtension(w.ctx, r.ID, 0))
	claims(1, false) // the first was not claimed any more
	w.must(w.ReleaseExtension(w.ctx, r.ID, 1))
	claims(1, true)
	claims(3, true) // others were made elsewhere
	claims(3, false)
	w.do(`UPDATE requests SET extended_at = now() - interval '1 minute'`)
	claims(3, true) // whoever had it has died, and Apono does not tell of it
	if ok, err := w.ClaimExtension(w.ctx, "nothing", 0); ok || err != nil {
		t.Errorf("an unknown request: %t, %v", ok, err)
	}
}
