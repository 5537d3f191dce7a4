package teams

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"golang.org/x/sync/singleflight"
)

const (
	signInTimeout = 10 * time.Second
	// A token is replaced this long before it ends.
	tokenMargin = 5 * time.Minute
	// A connector that refuses every token does not make us ask Entra for a
	// new one more often than this.
	renewEvery = time.Minute
)

// bearer puts the bot's token on every request. azcore's own policy does not
// fit: waiting for its token ignores the caller's deadline, and after a 401 it
// is handed the same cached token again.
type bearer struct {
	credential azcore.TokenCredential
	scope      string
	now        func() time.Time
	flight     singleflight.Group

	mu       sync.Mutex
	token    azcore.AccessToken
	rejected string    // the token that the connector refused last
	renewed  time.Time // when
}

// signInError is not tried again by the pipeline: the credential has its own
// retries.
type signInError struct{ error }

func (e signInError) Unwrap() error { return e.error }

// Do sends the request, and once more with a new token if the first was
// refused. That is safe for a POST too: what is refused was not carried out.
func (b *bearer) Do(r *policy.Request) (*http.Response, error) {
	token, err := b.get(r.Raw().Context())
	if err != nil {
		return nil, signInError{err}
	}
	r.Raw().Header.Set("Authorization", "Bearer "+token)
	response, err := r.Next()
	if err != nil || response.StatusCode != http.StatusUnauthorized || !b.reject(token) {
		return response, err
	}
	fresh, err := b.get(r.Raw().Context())
	if err != nil || fresh == token {
		return response, nil // the connector's answer says more
	}
	runtime.Drain(response)
	if err := r.RewindBody(); err != nil {
		return nil, err
	}
	r.Raw().Header.Set("Authorization", "Bearer "+fresh)
	return r.Next()
}

// get returns a token that is good for a while. Concurrent callers share one
// sign-in; each waits no longer than its own context allows.
func (b *bearer) get(ctx context.Context) (string, error) {
	if token, ok := b.current(); ok {
		return token, nil
	}
	result := b.flight.DoChan("token", func() (any, error) {
		// Not the caller's context: the others want the token too.
		ctx, cancel := context.WithTimeout(context.Background(), signInTimeout)
		defer cancel()
		return b.signIn(ctx)
	})
	select {
	case r := <-result:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (b *bearer) current() (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.token.Token, b.token.Token != "" && b.now().Before(b.token.ExpiresOn.Add(-tokenMargin))
}

// signIn asks the credential, which keeps tokens itself. Asking with claims,
// even none, makes it ask Entra instead.
func (b *bearer) signIn(ctx context.Context) (string, error) {
	options := policy.TokenRequestOptions{Scopes: []string{b.scope}, EnableCAE: true}
	token, err := b.credential.GetToken(ctx, options)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	refused := token.Token == b.rejected
	b.mu.Unlock()
	if refused {
		options.Claims = "{}"
		if token, err = b.credential.GetToken(ctx, options); err != nil {
			return "", err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.token = token
	return token.Token, nil
}

// reject drops a token that the connector refused. It is false when a token
// was dropped a moment ago already: then the refusal is not the token's fault.
func (b *bearer) reject(token string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if token == b.rejected || token != b.token.Token {
		return true // somebody else has dropped it
	}
	if b.now().Sub(b.renewed) < renewEvery {
		return false
	}
	b.rejected, b.renewed, b.token = token, b.now(), azcore.AccessToken{}
	return true
}
