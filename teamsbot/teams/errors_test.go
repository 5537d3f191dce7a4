package teams

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	all := []error{ErrBlocked, ErrNotInstalled, ErrGone, ErrTooLarge, ErrThrottled, ErrUnclear, ErrRefused}
	for _, row := range []struct {
		status int
		code   string
		is     error // nil: none of them
		tries  int
	}{
		{400, "BadSyntax", nil, 1},
		{403, "ConversationBlockedByUser", ErrBlocked, 1},
		{403, "BotNotInConversationRoster", ErrNotInstalled, 1},
		{403, "BotDisabledByAdmin", nil, 1},
		{404, "ConversationNotFound", ErrGone, 1},
		{412, "PreconditionFailed", nil, 4},
		{413, "MessageSizeTooBig", ErrTooLarge, 1},
		{429, "Throttled", ErrThrottled, 4},
		{500, "ServiceError", ErrUnclear, 1},
		{502, "", ErrUnclear, 4},
		{503, "", ErrUnclear, 1},
		{504, "", ErrUnclear, 4},
	} {
		t.Run(http.StatusText(row.status)+row.code, func(t *testing.T) {
			t.Parallel()
			m := newMicrosoft(t)
			for range 5 {
				m.answer(fails(row.status, row.code))
			}
			_, err := m.client(t).Send(t.Context(), m.chat(), Message{Text: "hi"})
			var e *Error
			if !errors.As(err, &e) || e.Status != row.status || e.Code != row.code || e.Op != "send" {
				t.Fatalf("got %v", err)
			}
			for _, target := range all {
				if got := errors.Is(err, target); got != errors.Is(row.is, target) {
					t.Errorf("Is %v: got %v", target, got)
				}
			}
			if got := len(m.seen()); got != row.tries {
				t.Errorf("got %d tries, want %d", got, row.tries)
			}
			if strings.Contains(err.Error(), "token-") || strings.Contains(err.Error(), testSecret) {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestThrottledThenSent(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	m.answer(fails(429, "Throttled"), fails(412, "PreconditionFailed"), fails(502, ""))
	if id, err := m.client(t).Send(t.Context(), m.chat(), Message{Text: "hi"}); err != nil || id != "m-1" {
		t.Errorf("got %q, %v", id, err)
	}
	calls := m.seen()
	if len(calls) != 4 || calls[3].Body != calls[0].Body {
		t.Errorf("got %+v", calls)
	}
}

// short is a context that has 3 s left, whenever it is asked, and so does not
// end on a slow machine.
type short struct{ context.Context }

func (short) Deadline() (time.Time, bool) { return time.Now().Add(3 * time.Second), true }

// A wait beyond what is sensible, or beyond the deadline, is the caller's.
func TestRetryAfterIsHandedOn(t *testing.T) {
	t.Parallel()
	after := func(value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			writeJSON(w, http.StatusTooManyRequests, map[string]any{"error": map[string]any{"code": "Throttled"}})
		}
	}
	for _, row := range []struct {
		name   string
		ctx    context.Context
		header func(*microsoft) string
		want   time.Duration
	}{
		{"long", t.Context(), func(*microsoft) string { return "30" }, 30 * time.Second},
		{"beyond the deadline", short{t.Context()}, func(*microsoft) string { return "4" }, 4 * time.Second},
		{"a date", t.Context(), func(m *microsoft) string {
			return m.clock.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
		}, time.Minute},
	} {
		m := newMicrosoft(t)
		m.answer(after(row.header(m)))
		_, err := m.client(t).Send(row.ctx, m.chat(), Message{Text: "hi"})
		var e *Error
		if !errors.As(err, &e) || e.RetryAfter != row.want || !errors.Is(err, ErrThrottled) || errors.Is(err, ErrUnclear) {
			t.Errorf("%s: got %v", row.name, err)
		}
		if got := len(m.seen()); got != 1 {
			t.Errorf("%s: got %d tries, want 1", row.name, got)
		}
	}
}

// After an answer that refuses, nothing is unclear: what fails then can be
// tried again, even a POST.
func TestRefusalIsClear(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	for status, unclear := range map[int]bool{429: false, 412: false, 502: true, 504: true} {
		var sent atomic.Bool
		sent.Store(true)
		again := m.client(t).retries(t.Context(), http.MethodPost, &sent).ShouldRetry
		if !again(&http.Response{StatusCode: status}, nil) || sent.Load() != unclear {
			t.Errorf("%d: unclear %v, want %v", status, sent.Load(), unclear)
		}
		if got := again(nil, errors.New("no connection")); got == unclear {
			t.Errorf("%d, then no connection: tried again %v, want %v", status, got, !unclear)
		}
	}
}

// A POST that may have arrived is not repeated; a PUT is.
func TestCutConnection(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	c := m.client(t)
	m.answer(cut)
	if _, err := c.Send(t.Context(), m.chat(), Message{Text: "hi"}); !errors.Is(err, ErrUnclear) {
		t.Errorf("send: got %v, want ErrUnclear", err)
	}
	if got := len(m.seen()); got != 1 {
		t.Errorf("send: got %d tries, want 1", got)
	}
	m.answer(cut)
	if err := c.Update(t.Context(), m.chat(), "m-1", Message{Text: "hi"}); err != nil {
		t.Errorf("update: %v", err)
	}
	if got := len(m.seen()); got != 3 {
		t.Errorf("update: got %d tries, want 2", got-1)
	}
}

func TestAnswerThatBreaksOff(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"half a body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"id":`))
		},
		"no id":    func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusCreated, map[string]any{}) },
		"not JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"id":"` + strings.Repeat("x", maxAnswer) + `"}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMicrosoft(t)
			m.answer(answer)
			if _, err := m.client(t).Send(t.Context(), m.chat(), Message{Text: "hi"}); !errors.Is(err, ErrUnclear) {
				t.Errorf("got %v, want ErrUnclear", err)
			}
			if got := len(m.seen()); got != 1 {
				t.Errorf("got %d tries, want 1", got)
			}
		})
	}
}

// The deadline ends a call that hangs, and what hangs may have been carried out.
func TestDeadlineDuringSend(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	ctx, giveUp := context.WithCancel(t.Context())
	m.answer(func(_ http.ResponseWriter, r *http.Request) {
		giveUp()
		<-r.Context().Done()
	})
	_, err := m.client(t).Send(ctx, m.chat(), Message{Text: "hi"})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrUnclear) {
		t.Errorf("got %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	closed := httptest.NewTLSServer(http.NotFoundHandler())
	closed.Close()
	c, err := NewClient(ClientConfig{
		AppID: testApp, Credential: m.credential(t), HTTPClient: m.Server.Client(),
		ServiceHosts: []string{strings.TrimPrefix(closed.URL, "https://")},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = c.Send(ctx, Conversation{ServiceURL: closed.URL, ID: "a:1"}, Message{Text: "hi"})
	var e *Error
	if !errors.As(err, &e) || errors.Is(err, ErrUnclear) {
		t.Errorf("got %v, want an error that is clear", err)
	}
}
