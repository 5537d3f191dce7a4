package aponoapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	maxBody      = 64 << 20 // 50,000 resources are about 8 MB
	maxErrorBody = 16 << 10
	maxTries     = 3
	maxPause     = 5 * time.Second // a longer Retry-After is the caller's to wait
	callsAtOnce  = 6
)

// call is one thing asked of Apono.
type call struct {
	op     string // the verb and the noun, for errors
	method string
	parts  []string // the path, unescaped
	query  url.Values
	body   any // nil: none
	out    any // where the answer goes; nil: nowhere
	// once marks a read that consumes what it reads.
	once bool
}

// action says that the call must not be repeated.
func (k call) action() bool { return k.method != http.MethodGet || k.once }

// do sends a call and decodes its answer. Reads are tried up to three times;
// actions once.
func (c *Client) do(ctx context.Context, k call) error {
	address, body, err := c.prepare(k)
	if err != nil {
		return err
	}
	if k.action() {
		if failure := c.try(ctx, k, address, body); failure != nil {
			return failure
		}
		return nil
	}
	var last *Error
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = 100 * time.Millisecond
	// What Retry returns is one of ours or the context's end; ours says more.
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		last = c.try(ctx, k, address, body)
		return struct{}{}, again(ctx, last)
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(maxTries))
	if err != nil {
		return last
	}
	return nil
}

// again says whether, and when, a failed read is worth another try.
func again(ctx context.Context, failure *Error) error {
	if failure == nil {
		return nil
	}
	if !errors.Is(failure, ErrUnavailable) || ctx.Err() != nil || failure.RetryAfter > maxPause {
		return backoff.Permanent(failure)
	}
	if errors.Is(failure, context.DeadlineExceeded) {
		// What took all the time of a call would take it again.
		return backoff.Permanent(failure)
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= failure.RetryAfter {
		return backoff.Permanent(failure)
	}
	if failure.RetryAfter > 0 {
		return &backoff.RetryAfterError{Duration: failure.RetryAfter}
	}
	return failure
}

func (c *Client) prepare(k call) (address string, body []byte, err error) {
	if err := checkToken(c.token); err != nil {
		return "", nil, &Error{Op: k.op, Message: err.Error(), kind: ErrUnauthorized}
	}
	path, err := join(k.op, k.parts...)
	if err != nil {
		return "", nil, err
	}
	for name, values := range k.query {
		for _, value := range values {
			if err := checkText(k.op, name, value); err != nil {
				return "", nil, err
			}
		}
	}
	if k.body != nil {
		if body, err = json.Marshal(k.body); err != nil {
			return "", nil, fmt.Errorf("%s: %w", k.op, err)
		}
	}
	address = c.base + path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	return address, body, nil
}

// try sends the call once.
func (c *Client) try(ctx context.Context, k call, address string, body []byte) *Error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	release, err := c.slots.take(ctx, c.token)
	if err != nil {
		return &Error{Op: k.op, kind: ErrUnavailable, cause: err}
	}
	defer release()

	// Once there is a connection the request may be on it: a dial that is
	// refused, an unknown host or a failed handshake come before.
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), k.method, address, k.reader(body))
	if err != nil {
		return refused(k.op, "the address cannot be built")
	}
	req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	started := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		c.watch(k.op, 0, time.Since(started))
		return lost(k, reason(err, connected.Load()), connected.Load())
	}
	defer res.Body.Close()
	c.watch(k.op, res.StatusCode, time.Since(started))
	return c.read(k, res)
}

// reader is the body to send. net/http sends a GET again by itself when a
// kept-alive connection breaks under it; a body that cannot be rewound, though
// there is nothing in it, keeps it from doing so.
func (k call) reader(body []byte) io.Reader {
	if k.once {
		return io.NopCloser(bytes.NewReader(body))
	}
	return bytes.NewReader(body)
}

// lost is a call that got no answer, or none that could be read.
func lost(k call, err error, sent bool) *Error {
	failure := &Error{Op: k.op, kind: ErrUnavailable, cause: err}
	if sent && k.action() {
		failure.kind = ErrUnknownOutcome
	}
	return failure
}

// reason is what may be told of a call that broke. net/http quotes an answer
// that it cannot read, in which there may be a secret.
func reason(err error, sent bool) error {
	// url.Error repeats the address, in which there may be a mail address.
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var network net.Error
	if !sent || errors.As(err, &network) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return errors.New("the connection broke, or what came is not HTTP")
}

func (c *Client) read(k call, res *http.Response) *Error {
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return c.refusal(k, res)
	}
	if k.out == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return lost(k, err, true)
	}
	if len(body) > maxBody {
		return lost(k, errors.New("the answer is too long"), true)
	}
	var odd *json.UnmarshalTypeError
	err = json.Unmarshal(body, k.out)
	if k.once && errors.As(err, &odd) && odd.Field != "" {
		// One field is of another type. The rest is there, and will not come again.
		return nil
	}
	if err != nil {
		// The decoder's error may quote the answer, which may be a secret.
		return lost(k, errors.New("the answer is not the JSON that was expected"), true)
	}
	return nil
}

// refusal is an answer that is not a success.
func (c *Client) refusal(k call, res *http.Response) *Error {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	wait := retryAfter(res.Header, c.now())
	message := explain(body, c.token)
	if k.once {
		// Whoever refuses may quote the details, and what is said is told and kept.
		message = ""
	}
	if err != nil {
		// The status alone says what happened; of a cut body what came is used.
		err = reason(err, true)
	}
	return &Error{
		Op: k.op, Status: res.StatusCode, Message: message, RetryAfter: wait,
		kind: kindOf(res.StatusCode, wait, k.action()), cause: err,
	}
}

// slots bounds the calls that run at once for each token, and forgets tokens
// that have none.
type slots struct {
	mu     sync.Mutex
	tokens map[Secret]*slot
}

type slot struct {
	free  chan struct{}
	users int
}

func (s *slots) take(ctx context.Context, token Secret) (release func(), err error) {
	t := s.enter(token)
	select {
	case t.free <- struct{}{}:
		return func() {
			<-t.free
			s.leave(token, t)
		}, nil
	case <-ctx.Done():
		s.leave(token, t)
		return nil, context.Cause(ctx)
	}
}

func (s *slots) enter(token Secret) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[token]
	if t == nil {
		if s.tokens == nil {
			s.tokens = make(map[Secret]*slot)
		}
		t = &slot{free: make(chan struct{}, callsAtOnce)}
		s.tokens[token] = t
	}
	t.users++
	return t
}

func (s *slots) leave(token Secret, t *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(s.tokens, token)
	}
}
