package teams

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func (m *microsoft) asks(t testing.TB, v *Verifier, keyID string) error {
	t.Helper()
	key := firstKey()
	if keyID == "k2" {
		key = secondKey()
	}
	_, err := v.AuthenticateRequest(t.Context(), m.activity(), "Bearer "+sign(t, jwt.SigningMethodRS256, key, keyID, m.claims()), nil, "")
	return err
}

func (m *microsoft) fetched(t testing.TB, want int32) {
	t.Helper()
	if got := m.metadataCalls.Load(); got != want {
		t.Errorf("got %d metadata fetches, want %d", got, want)
	}
}

func down(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	if err := m.asks(t, v, "k1"); err != nil {
		t.Fatal(err)
	}
	m.setKeys(jwk("k1", firstKey(), ChannelTeams), jwk("k2", secondKey(), ChannelTeams))
	if err := m.asks(t, v, "k2"); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if err := m.asks(t, v, "k1"); err != nil {
		t.Errorf("the old key: %v", err)
	}
	m.fetched(t, 2)
}

func TestColdKeysAreFetchedOnce(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	atOnce(64, func() {
		if err := m.asks(t, v, "k1"); err != nil {
			t.Error(err)
		}
	})
	m.fetched(t, 1)
	if got := m.keyCalls.Load(); got != 1 {
		t.Errorf("got %d key fetches, want 1", got)
	}
}

func atOnce(n int, do func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(do)
	}
	all.Wait()
}

func TestForgedKeyIDsAreLookedForOnce(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	if err := m.asks(t, v, "k1"); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := m.asks(t, v, fmt.Sprint("forged", i)); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("got %v, want ErrUnauthorized", err)
		}
	}
	m.fetched(t, 2)
	m.clock.Add(unknownKeyEvery)
	if err := m.asks(t, v, "forged"); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("got %v, want ErrUnauthorized", err)
	}
	m.fetched(t, 3)
}

func TestOutageWithWarmKeys(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	if err := m.asks(t, v, "k1"); err != nil {
		t.Fatal(err)
	}
	m.setMetadata(down)
	m.clock.Add(30 * time.Hour)
	v.keys.step(t.Context())
	if err := m.asks(t, v, "k1"); err != nil {
		t.Errorf("a stale key: %v", err)
	}
	for range 20 {
		if err := m.asks(t, v, "k2"); !errors.Is(err, ErrKeysUnavailable) {
			t.Errorf("an unknown key: got %v, want ErrKeysUnavailable", err)
		}
	}
	m.fetched(t, 2)
	m.setMetadata(nil)
	m.setKeys(jwk("k2", secondKey(), ChannelTeams))
	m.clock.Add(maxHoldOff)
	if err := m.asks(t, v, "k2"); err != nil {
		t.Errorf("after the outage: %v", err)
	}
}

func TestOutageAtStart(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	m.setMetadata(down)
	for range 50 {
		err := m.asks(t, v, "k1")
		var r *Rejection
		if !errors.As(err, &r) || r.Status() != http.StatusServiceUnavailable {
			t.Errorf("got %v, want 503", err)
		}
	}
	m.fetched(t, 1)
	if err := v.Ready(); !errors.Is(err, ErrKeysUnavailable) || !strings.Contains(err.Error(), "503") {
		t.Errorf("Ready: got %v", err)
	}
	for i, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		m.clock.Add(maxHoldOff)
		if got := v.keys.step(t.Context()); got != want*time.Second {
			t.Errorf("pause %d: got %v, want %v", i, got, want*time.Second)
		}
	}
	m.setMetadata(nil)
	m.clock.Add(maxHoldOff)
	if got := v.keys.step(t.Context()); got != keysMaxAge {
		t.Errorf("got %v until the next fetch, want %v", got, keysMaxAge)
	}
	if err := v.Ready(); err != nil {
		t.Error(err)
	}
}

// One caller that hangs up must not spoil the fetch for the others.
func TestFetchOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	entered, goOn := make(chan struct{}), make(chan struct{})
	m.setMetadata(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-goOn
		writeJSON(w, http.StatusOK, map[string]any{"jwks_uri": m.URL + "/v1/.well-known/keys"})
	})
	ctx, hangUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := v.AuthenticateRequest(ctx, m.activity(), "Bearer "+m.token(t, nil), nil, "")
		first <- err
	}()
	<-entered
	second := make(chan error, 1)
	go func() { second <- m.asks(t, v, "k1") }()
	hangUp()
	if err := <-first; !errors.Is(err, ErrKeysUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("the first: got %v", err)
	}
	close(goOn)
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
	m.fetched(t, 1)
}

func TestRunLoadsKeys(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	loaded := make(chan struct{})
	m.setMetadata(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"jwks_uri": m.URL + "/v1/.well-known/keys"})
		close(loaded)
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { v.Run(ctx); close(done) }()
	<-loaded
	// Joins the fetch that is under way, or finds it done.
	if err := v.keys.refresh(t.Context(), false); err != nil {
		t.Error(err)
	}
	if err := v.Ready(); err != nil {
		t.Error(err)
	}
	stop()
	<-done
	m.fetched(t, 1)
}

func TestMetadataIsNotBelievedBlindly(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"keys": []any{jwk("k1", firstKey(), ChannelTeams)}})
	}))
	t.Cleanup(elsewhere.Close)
	pointTo := func(address string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, http.StatusOK, map[string]any{"jwks_uri": address})
		}
	}
	for name, document := range map[string]http.HandlerFunc{
		"another host": pointTo(elsewhere.URL + "/keys"),
		"nothing":      pointTo(""),
		"not JSON":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"too long": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"x":"` + strings.Repeat("x", keysBodySize) + `"}`))
		},
		"redirect elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		},
		"redirect to http": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+r.Host+"/", http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMicrosoft(t)
			m.setMetadata(document)
			err := m.asks(t, m.verifier(t), "k1")
			if !errors.Is(err, ErrKeysUnavailable) {
				t.Errorf("got %v, want ErrKeysUnavailable", err)
			}
			if strings.HasPrefix(name, "redirect") && !strings.Contains(err.Error(), "not followed") {
				t.Errorf("the redirect was followed: %v", err)
			}
			if got := m.keyCalls.Load(); got != 0 {
				t.Errorf("got %d key fetches, want none", got)
			}
		})
	}
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		m := newMicrosoft(t)
		m.setMetadata(pointTo(strings.Replace(m.URL, "https:", "http:", 1) + "/v1/.well-known/keys"))
		if err := m.asks(t, m.verifier(t), "k1"); !errors.Is(err, ErrKeysUnavailable) {
			t.Errorf("got %v, want ErrKeysUnavailable", err)
		}
	})
}

func TestUnusableKeys(t *testing.T) {
	t.Parallel()
	with := func(change func(map[string]any)) map[string]any {
		k := jwk("k1", firstKey(), ChannelTeams)
		change(k)
		return k
	}
	for name, keys := range map[string][]map[string]any{
		"empty":      {},
		"EC":         {with(func(k map[string]any) { k["kty"] = "EC" })},
		"encryption": {with(func(k map[string]any) { k["use"] = "enc" })},
		"short":      {with(func(k map[string]any) { k["n"] = "AQAB" })},
		"broken":     {with(func(k map[string]any) { k["n"] = "!" })},
		"exponent 1": {with(func(k map[string]any) { k["e"] = "AQ" })},
		"no id":      {with(func(k map[string]any) { delete(k, "kid") })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMicrosoft(t)
			m.setKeys(keys...)
			v := m.verifier(t)
			if err := m.asks(t, v, "k1"); !errors.Is(err, ErrKeysUnavailable) {
				t.Errorf("got %v, want ErrKeysUnavailable", err)
			}
		})
	}
	m := newMicrosoft(t)
	m.setKeys(with(func(k map[string]any) { k["kid"], k["kty"] = "k0", "EC" }), jwk("k1", firstKey(), ChannelTeams))
	if err := m.asks(t, m.verifier(t), "k1"); err != nil {
		t.Errorf("a good key beside a foreign one: %v", err)
	}
}
