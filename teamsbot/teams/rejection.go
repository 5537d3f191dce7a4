package teams

import (
	"errors"
	"net/http"
	"strings"
)

// What a request can be turned away with.
var (
	// ErrUnauthorized: the token is missing or wrong. Answer 401.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the token is good, but not for this activity. Answer 403.
	ErrForbidden = errors.New("forbidden")
	// ErrKeysUnavailable: Microsoft's keys cannot be had, so nothing can be
	// said about the token. Answer 503.
	ErrKeysUnavailable = errors.New("signing keys unavailable")
)

// Rejection says why a request was turned away. Everything in it is fit for
// logs and nothing in it for the sender: Issuer, KeyID and Algorithm are what
// the token claims (an operator needs them when Microsoft changes issuers),
// shortened; the token itself is never kept.
type Rejection struct {
	Kind                     error // ErrUnauthorized, ErrForbidden or ErrKeysUnavailable
	Reason                   string
	Issuer, KeyID, Algorithm string
	Err                      error // what went wrong when keys were fetched, or nil
}

func (r *Rejection) Error() string {
	text := r.Kind.Error() + ": " + r.Reason
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	return text
}

// Unwrap makes errors.Is work for the kind and the cause.
func (r *Rejection) Unwrap() []error {
	if r.Err == nil {
		return []error{r.Kind}
	}
	return []error{r.Kind, r.Err}
}

// Status is the HTTP status to answer with.
func (r *Rejection) Status() int {
	switch {
	case errors.Is(r.Kind, ErrForbidden):
		return http.StatusForbidden
	case errors.Is(r.Kind, ErrKeysUnavailable):
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnauthorized
	}
}

func unauthorized(reason string) *Rejection {
	return &Rejection{Kind: ErrUnauthorized, Reason: reason}
}

func forbidden(reason string) *Rejection {
	return &Rejection{Kind: ErrForbidden, Reason: reason}
}

// about adds what the token says about itself. It was not verified: anybody
// can have written it.
func (r *Rejection) about(issuer, keyID, algorithm string) *Rejection {
	r.Issuer, r.KeyID, r.Algorithm = printable(issuer), printable(keyID), printable(algorithm)
	return r
}

// printable cuts text from outside down to what a log line can bear.
func printable(text string) string {
	const limit = 100
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text[:min(len(text), limit)])
	return text
}
