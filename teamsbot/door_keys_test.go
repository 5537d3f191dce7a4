package teamsbot

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// replaced is a handler in place of an issuer's own.
func replaced(f http.HandlerFunc) *http.HandlerFunc { return &f }

// knocks sends an honest message with a token of a key.
func (d *door) knocks(keyID string) int {
	d.w.t.Helper()
	key := microsoftsKey()
	if keyID != "k1" {
		key = strangersKey()
	}
	status, _ := d.post(bearer(signed(d.w.t, jwt.SigningMethodRS256, key, kid(keyID), d.claims())), marshal(d.w.t, d.says()))
	return status
}

// A new key of Microsoft's is taken at once, with one look for it, however many
// come with it at the same time; ids that are forged cost one look together.
func TestDoorWhenKeysRotate(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.StrangerRate = 60 })
	if got := d.knocks("k1"); got != http.StatusOK {
		t.Fatalf("got %d", got)
	}
	d.issuer.serveKeys.Store(replaced(func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, map[string]any{"keys": []any{webKey("k1", microsoftsKey(), "msteams"), webKey("k2", strangersKey(), "msteams")}})
	}))
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if got := d.knocks("k2"); got != http.StatusOK {
				t.Errorf("the new key: got %d", got)
			}
		})
	}
	all.Wait()
	before := d.traces()
	for i := range 50 {
		if got := d.knocks(fmt.Sprint("forged", i)); got != http.StatusUnauthorized {
			t.Errorf("a forged id: got %d", got)
		}
	}
	if d.traces() != before {
		t.Error("something happened")
	}
	if m, k := d.issuer.metadata.Load(), d.issuer.keyCalls.Load(); m != 2 || k != 2 {
		t.Errorf("metadata was fetched %d times and keys %d times, want 2 and 2", m, k)
	}
	// Forged ids do not keep new keys away for long, and cost one look again if
	// they come all at once, and by many more than are noted.
	d.clock.Add(int64(5 * time.Minute))
	before = d.traces()
	for i := range 8 {
		all.Go(func() {
			for n := range 25 {
				if got := d.knocks(fmt.Sprint("flood", i, "-", n)); got != http.StatusUnauthorized && got != http.StatusTooManyRequests {
					t.Errorf("a forged id: got %d", got)
				}
			}
		})
	}
	all.Wait()
	if d.traces() != before {
		t.Error("something happened in the flood")
	}
	if m, k := d.issuer.metadata.Load(), d.issuer.keyCalls.Load(); m != 3 || k != 3 {
		t.Errorf("metadata was fetched %d times and keys %d times, want 3 and 3", m, k)
	}
}

// Without keys nobody is let in and the answer is 503, so that Teams tries
// again; the keys are asked for once, not by everybody, and it ends by itself.
func TestDoorWithoutKeys(t *testing.T) {
	d := newDoor(t)
	elsewhere := d.issuer.stranger.URL
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	keys := map[string]http.HandlerFunc{
		"down":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"cut":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"empty":     func(http.ResponseWriter, *http.Request) {},
		"no keys":   func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, map[string]any{"keys": []any{}}) },
		"an object": func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, map[string]any{"keys": map[string]any{}}) },
		"a page":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			chunk := []byte(strings.Repeat(" ", 64<<10))
			for range 1024 { // 64 MB, if anybody read them
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"deep": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":` + strings.Repeat("[", 1<<19)))
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere+"/keys", http.StatusTemporaryRedirect)
		},
		"in a circle": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/keys", http.StatusFound) },
		"slow": func(_ http.ResponseWriter, r *http.Request) {
			select { // longer than a press can wait
			case <-over:
			case <-r.Context().Done():
			}
		},
	}
	for name, f := range keys {
		d.issuer.serveKeys.Store(&f)
		d.refusesFor(name)
	}
	d.issuer.serveKeys.Store(nil)
	d.issuer.serveDoc.Store(replaced(func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, map[string]any{"jwks_uri": elsewhere + "/keys"})
	}))
	d.refusesFor("keys of a stranger")
	d.issuer.serveDoc.Store(nil)
	d.clock.Add(int64(time.Minute))
	if got := d.knocks("k1"); got != http.StatusOK {
		t.Errorf("once they can be had again: got %d", got)
	}
	d.issuer.serveKeys.Store(replaced(keys["down"]))
	d.clock.Add(int64(30 * time.Hour))
	claims := d.claims()
	claims["nbf"], claims["exp"] = time.Now().Add(30*time.Hour).Unix(), time.Now().Add(31*time.Hour).Unix()
	if got, _ := d.post(bearer(d.token(claims)), marshal(t, d.says())); got != http.StatusOK {
		t.Errorf("with the keys of yesterday, which are all there are: got %d", got)
	}
}

// refusesFor wants a bot without keys to answer 503, to everybody, and to ask once.
func (d *door) refusesFor(name string) {
	t := d.w.t
	t.Helper()
	d.open(func(c *Config) { c.Patience = nil }) // as it is: what is slow takes all of it
	before, fetched := d.traces(), d.issuer.metadata.Load()
	times := 3
	if name == "slow" {
		times = 1
	}
	for range times {
		if got := d.knocks("k1"); got != http.StatusServiceUnavailable {
			t.Errorf("%s: got %d, want 503", name, got)
		}
	}
	if d.traces() != before {
		t.Errorf("%s: something happened", name)
	}
	if n := d.issuer.metadata.Load() - fetched; n != 1 {
		t.Errorf("%s: metadata was fetched %d times, want 1", name, n)
	}
}
