package teams

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// What errors.Is finds in an *Error.
var (
	// ErrBlocked: the person has blocked or uninstalled the bot.
	ErrBlocked = errors.New("blocked by the person")
	// ErrNotInstalled: the bot is not in that conversation.
	ErrNotInstalled = errors.New("the bot is not in the conversation")
	// ErrNotAllowed: an admin or a policy keeps the bot from writing there.
	ErrNotAllowed = errors.New("not allowed to write there")
	// ErrGone: the conversation, message or member is not there (404).
	ErrGone = errors.New("not there")
	// ErrNoConversation: it is the conversation that is not there.
	ErrNoConversation = errors.New("the conversation is not there")
	// ErrWrongHost: the tenant is served by another service URL.
	ErrWrongHost = errors.New("wrong service URL for this tenant")
	// ErrToken: Teams does not accept the bot's token, even a new one.
	ErrToken = errors.New("the bot's token is not accepted")
	// ErrTooLarge: the message is too big; draw a smaller card (413).
	ErrTooLarge = errors.New("too large")
	// ErrThrottled: too much was sent; wait RetryAfter (429).
	ErrThrottled = errors.New("throttled")
	// ErrUnclear: a POST that may or may not have been carried out. Sending
	// again may show the message twice.
	ErrUnclear = errors.New("unclear whether it was carried out")
	// ErrRefused: we did not send it: a bad id, or a host that is not ours.
	ErrRefused = errors.New("refused before sending")
)

// Error is a call to the connector that did not succeed.
type Error struct {
	Op         string        // send, update, delete, create conversation, member, members
	Status     int           // the HTTP status, 0 if there was none
	Code       string        // Teams' word for it, e.g. ConversationBlockedByUser
	Message    string        // Teams' sentence, shortened
	RetryAfter time.Duration // how long Teams wants us to wait, 0 if it does not say

	unclear bool
	cause   error
}

func (e *Error) Error() string {
	text := "teams: " + e.Op
	if e.Status != 0 {
		text += fmt.Sprintf(": status %d", e.Status)
	}
	for _, part := range []string{e.Code, e.Message} {
		if part != "" {
			text += ": " + part
		}
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	if e.unclear {
		text += " (" + ErrUnclear.Error() + ")"
	}
	return text
}

// Unwrap is the failure below, such as context.DeadlineExceeded.
func (e *Error) Unwrap() error { return e.cause }

// Is answers for the Err… values of this package. Codes and statuses are those
// of Teams, "Send and receive messages: status codes from bot conversational
// APIs".
func (e *Error) Is(target error) bool {
	switch target {
	case ErrBlocked:
		return e.Code == "ConversationBlockedByUser"
	case ErrNotInstalled:
		return e.Code == "BotNotInConversationRoster"
	case ErrNotAllowed:
		return e.Status == http.StatusForbidden && notAllowed[e.Code]
	case ErrGone:
		return e.Status == http.StatusNotFound
	case ErrNoConversation:
		return e.Status == http.StatusNotFound && e.Code == "ConversationNotFound"
	case ErrWrongHost:
		return e.Code == "InvalidBotApiHost"
	case ErrToken:
		return e.Status == http.StatusUnauthorized
	case ErrTooLarge:
		return e.Status == http.StatusRequestEntityTooLarge || e.Code == "MessageSizeTooBig"
	case ErrThrottled:
		return e.Status == http.StatusTooManyRequests
	case ErrUnclear:
		return e.unclear
	default:
		return false
	}
}

// notAllowed are the codes of a 403 that only an admin can change.
var notAllowed = map[string]bool{
	"BotDisabledByAdmin": true, "NotEnoughPermissions": true, "ForbiddenOperationException": true, "MessageWritesBlocked": true,
}

func refused(op string, err error) *Error {
	return &Error{Op: op, cause: fmt.Errorf("%w: %w", ErrRefused, err)}
}

// failure reads the error out of an answer. After a 5xx, a POST may have been
// carried out all the same.
func failure(op string, r *http.Response, body []byte, now time.Time) *Error {
	var answer struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
		Message string `json:"message"`
	}
	// Not every error has a body, and not every body is JSON: the status stands.
	_ = json.Unmarshal(body, &answer)
	e := &Error{
		Op:         op,
		Status:     r.StatusCode,
		Code:       printable(answer.Error.Code),
		Message:    printable(answer.Error.Message),
		RetryAfter: retryAfter(r, now),
		unclear:    r.Request.Method == http.MethodPost && r.StatusCode >= http.StatusInternalServerError,
	}
	if e.Message == "" {
		e.Message = printable(answer.Message)
	}
	return e
}

// retryAfter reads Retry-After, which is a number of seconds or a date.
func retryAfter(r *http.Response, now time.Time) time.Duration {
	header := r.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil {
		return max(time.Duration(seconds)*time.Second, 0)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
