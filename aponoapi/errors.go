package aponoapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// kind is why a call failed, for errors.Is.
type kind string

func (k kind) Error() string { return string(k) }

// What callers ask an error with errors.Is. At most one of them holds.
const (
	// ErrNotFound: there is no such thing, or not for this token (404).
	ErrNotFound = kind("apono: not found")
	// ErrForbidden: the token may not do this (403).
	ErrForbidden = kind("apono: forbidden")
	// ErrUnauthorized: Apono does not know the token, or not any more (401).
	ErrUnauthorized = kind("apono: unauthorized")
	// ErrConflict: the request is not in a state that allows this (409).
	ErrConflict = kind("apono: conflict")
	// ErrInvalid: Apono refuses what was asked (400, 422), or this package
	// refuses to send it; Error.Message says why.
	ErrInvalid = kind("apono: invalid")
	// ErrUnavailable: Apono could not be asked, and has done nothing; later
	// may work. Error.RetryAfter tells when, if Apono did.
	ErrUnavailable = kind("apono: unavailable")
	// ErrUnknownOutcome: the action may have been carried out although its
	// answer was lost. Look before doing it again.
	ErrUnknownOutcome = kind("apono: outcome unknown")
)

// Error is a call that failed.
type Error struct {
	// Op is what was tried, for example "create request".
	Op string
	// Status is the HTTP status, 0 if Apono did not answer.
	Status int
	// Message is Apono's own explanation in one line of at most 300 bytes,
	// fit to be shown to a person; empty if it gave none. It never contains
	// the token.
	Message string
	// RetryAfter is how long Apono asks to wait; 0 if it did not say.
	RetryAfter time.Duration

	kind  error
	cause error
}

// Error tells what failed in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.kind != nil {
		fmt.Fprintf(&b, ": %v", e.kind)
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, ": status %d", e.Status)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Is holds for the one kind that the error is.
func (e *Error) Is(target error) bool { return e.kind != nil && target == e.kind }

// Unwrap returns what broke the connection, for example
// context.DeadlineExceeded.
func (e *Error) Unwrap() error { return e.cause }

// refused is an Error about something that was never sent.
func refused(op, format string, args ...any) *Error {
	return &Error{Op: op, Message: fmt.Sprintf(format, args...), kind: ErrInvalid}
}

// kindOf says what an answer means; action is true for calls that may change
// something, or consume it.
func kindOf(status int, retryAfter time.Duration, action bool) error {
	switch {
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		return ErrNotFound
	case status == http.StatusConflict:
		return ErrConflict
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return ErrInvalid
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && retryAfter > 0:
		return ErrUnavailable
	case status == http.StatusRequestTimeout, status >= 500:
		// A gateway may have lost the answer of an action that was done.
		if action {
			return ErrUnknownOutcome
		}
		return ErrUnavailable
	}
	return nil
}

const maxMessage = 300

// explain finds the words in the body of an error. Apono publishes no schema
// for errors, only {"status":"401","code":"Unauthorized"}, so whatever
// comes is tried.
func explain(body []byte, token Secret) string {
	text := string(body)
	var fields map[string]any
	if json.Unmarshal(body, &fields) == nil {
		text = firstText(fields)
	} else if looksLikeMarkup(text) {
		// A gateway's page; nobody wants to read it in a chat.
		text = ""
	}
	// Cleaned first: what is taken out may stand in the middle of a token.
	text = clean(text, len(text))
	if token != "" {
		text = strings.ReplaceAll(text, token.Reveal(), hidden)
	}
	return clean(text, maxMessage)
}

func firstText(fields map[string]any) string {
	for _, name := range []string{"message", "error", "detail", "title", "code"} {
		switch v := fields[name].(type) {
		case string:
			if strings.TrimSpace(v) != "" {
				return v
			}
		case map[string]any:
			if text := firstText(v); text != "" {
				return text
			}
		}
	}
	return ""
}

func looksLikeMarkup(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), "<")
}

// clean makes text one printable line of at most limit bytes.
func clean(text string, limit int) string {
	text = strings.ToValidUTF8(text, "")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= limit {
		return text
	}
	cut := limit - len("…")
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// retryAfter reads the header, which is a number of seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
