package teams

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// Bot Framework: keys should be refreshed at least every 24 hours.
	keysMaxAge = 24 * time.Hour
	// A key id that is not known may be a new key, or forged, so that looks are
	// rare. But whoever forges one delays a new key of Microsoft's by as much.
	unknownKeyEvery = 5 * time.Minute
	// A failed fetch is repeated after a second, then two, up to a minute.
	firstHoldOff, maxHoldOff = time.Second, time.Minute

	keysTimeout  = 10 * time.Second
	keysBodySize = 1 << 20
	minKeyBits   = 2048
)

// signingKey is one of Microsoft's keys, with the channels it may speak for.
type signingKey struct {
	public       *rsa.PublicKey
	endorsements []string
}

// endorses is false for a key without endorsements: such a key is not for
// channels. Bot Framework, "endorsements".
func (k signingKey) endorses(channel string) bool {
	return slices.Contains(k.endorsements, channel)
}

// keyStore keeps Microsoft's signing keys. It asks for them rarely, one fetch
// at a time, and keeps serving what it has while they cannot be had.
type keyStore struct {
	metadata *url.URL
	client   *http.Client
	now      func() time.Time

	keys   atomic.Pointer[map[string]signingKey]
	flight singleflight.Group

	mu       sync.Mutex
	loaded   time.Time // when keys were last had
	looked   time.Time // when an unknown key id was last looked for
	failures int       // in a row
	retryAt  time.Time // no fetch before, after a failed one
	failure  error
}

func newKeyStore(metadata *url.URL, client *http.Client, now func() time.Time) *keyStore {
	own := http.Client{Timeout: keysTimeout}
	if client != nil {
		own = *client
	}
	own.CheckRedirect = func(to *http.Request, via []*http.Request) error {
		if len(via) > 3 || to.URL.Scheme != "https" || hostPort(to.URL) != hostPort(metadata) {
			return errors.New("a redirect to another host is not followed")
		}
		return nil
	}
	return &keyStore{metadata: metadata, client: &own, now: now}
}

// run keeps the keys fresh until ctx ends.
func (s *keyStore) run(ctx context.Context) {
	for {
		timer := time.NewTimer(s.step(ctx))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// step fetches the keys if they are due and says how long to wait.
func (s *keyStore) step(ctx context.Context) time.Duration {
	// The failure is kept for ready; here only the next attempt matters.
	failed := s.refresh(ctx, false) != nil
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.loaded.Add(keysMaxAge)
	if failed {
		next = s.retryAt
	}
	return max(next.Sub(s.now()), firstHoldOff)
}

func (s *keyStore) ready() error {
	if s.keys.Load() != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return fmt.Errorf("%w: %w", ErrKeysUnavailable, s.failure)
	}
	return fmt.Errorf("%w: not loaded yet", ErrKeysUnavailable)
}

// find returns the key of that id. An unknown id is looked for, but not
// often, since Microsoft may have a new key.
func (s *keyStore) find(ctx context.Context, id string) (signingKey, *Rejection) {
	if key, ok := s.lookup(id); ok {
		return key, nil
	}
	if err := s.refresh(ctx, true); err != nil {
		return signingKey{}, &Rejection{Kind: ErrKeysUnavailable, Reason: "the token's key is not known", Err: err}
	}
	if key, ok := s.lookup(id); ok {
		return key, nil
	}
	return signingKey{}, unauthorized("the token's key is not Microsoft's")
}

func (s *keyStore) lookup(id string) (signingKey, bool) {
	keys := s.keys.Load()
	if keys == nil {
		return signingKey{}, false
	}
	key, ok := (*keys)[id]
	return key, ok
}

// refresh fetches the keys if that is due. Whoever comes while a fetch is under
// way waits for that one; its outcome does not hang on any single caller.
func (s *keyStore) refresh(ctx context.Context, unknown bool) error {
	result := s.flight.DoChan("keys", func() (any, error) {
		if due, err := s.due(unknown); !due {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysTimeout)
		defer cancel()
		keys, err := s.fetch(ctx)
		s.remember(keys, err)
		return nil, err
	})
	select {
	case r := <-result:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// due says whether to fetch now. While fetches fail, the answer is no until
// retryAt, with the last failure.
func (s *keyStore) due(unknown bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	switch {
	case now.Before(s.retryAt):
		return false, s.failure
	case s.loaded.IsZero() || now.Sub(s.loaded) >= keysMaxAge:
		return true, nil
	case unknown && now.Sub(s.looked) >= unknownKeyEvery:
		s.looked = now
		return true, nil
	default:
		return false, nil
	}
}

func (s *keyStore) remember(keys map[string]signingKey, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if err != nil {
		pause := min(firstHoldOff<<min(s.failures, 10), maxHoldOff)
		s.failures, s.failure, s.retryAt = s.failures+1, err, now.Add(pause)
		s.looked = time.Time{} // what was looked for was not answered
		return
	}
	s.failures, s.failure, s.retryAt, s.loaded = 0, nil, time.Time{}, now
	s.keys.Store(&keys)
}

// fetch reads the metadata document and the keys it points to.
func (s *keyStore) fetch(ctx context.Context) (map[string]signingKey, error) {
	var document struct {
		KeysURL string `json:"jwks_uri"`
	}
	if err := s.get(ctx, s.metadata, &document); err != nil {
		return nil, fmt.Errorf("OpenID metadata: %w", err)
	}
	// Microsoft serves both from one host; a document that points elsewhere
	// would hand the choice of keys to somebody else.
	address, err := url.Parse(document.KeysURL)
	if err != nil || address.Scheme != "https" || address.User != nil || hostPort(address) != hostPort(s.metadata) {
		return nil, errors.New("OpenID metadata: jwks_uri is not https on the same host")
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := s.get(ctx, address, &set); err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	keys := readKeys(set.Keys)
	if len(keys) == 0 {
		return nil, errors.New("signing keys: none that can be used")
	}
	return keys, nil
}

func (s *keyStore) get(ctx context.Context, address *url.URL, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, keysBodySize+1))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	if len(body) > keysBodySize {
		return fmt.Errorf("more than %d bytes", keysBodySize)
	}
	return json.Unmarshal(body, into)
}

// readKeys takes the keys that can be used. Of two with one id the first one
// counts, as in Microsoft's own libraries, also if it cannot be used.
func readKeys(set []json.RawMessage) map[string]signingKey {
	keys, seen := make(map[string]signingKey, len(set)), make(map[string]bool, len(set))
	for _, text := range set {
		var k webKey
		err := json.Unmarshal(text, &k) // what cannot be read is no key of ours; the others still count
		if seen[k.ID] {
			continue
		}
		seen[k.ID] = true
		if key, ok := k.read(); ok && err == nil {
			keys[k.ID] = key
		}
	}
	return keys
}

// webKey is a key as it stands in a key set (RFC 7517), with the endorsements
// that Bot Framework adds.
type webKey struct {
	ID           string   `json:"kid"`
	Type         string   `json:"kty"`
	Use          string   `json:"use"`
	Modulus      string   `json:"n"`
	Exponent     string   `json:"e"`
	Endorsements []string `json:"endorsements"`
}

// read is false for a key that cannot be used: another type or purpose, too
// short, or broken. The others of the set still count.
func (k webKey) read() (signingKey, bool) {
	if k.ID == "" || k.Type != "RSA" || (k.Use != "" && k.Use != "sig") {
		return signingKey{}, false
	}
	n, errN := base64.RawURLEncoding.DecodeString(k.Modulus)
	e, errE := base64.RawURLEncoding.DecodeString(k.Exponent)
	if errN != nil || errE != nil || len(e) > 4 {
		return signingKey{}, false
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e).Int64()
	if modulus.BitLen() < minKeyBits || exponent < 3 || exponent&1 == 0 {
		return signingKey{}, false
	}
	return signingKey{&rsa.PublicKey{N: modulus, E: int(exponent)}, k.Endorsements}, true
}
