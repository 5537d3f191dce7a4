package teams

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
)

const (
	defaultScope = "https://api.botframework.com/.default"

	// Within the three seconds a person waits, or a job's minute, this is what
	// trying again can bring.
	maxRetries    = 3
	retryDelay    = 400 * time.Millisecond
	maxRetryDelay = 5 * time.Second
	tryTimeout    = 10 * time.Second

	// The largest answer is a page of members, well under this.
	maxAnswer = 1 << 20
	maxID     = 512
)

// ClientConfig says who the bot is and whom it may talk to.
type ClientConfig struct {
	AppID        string
	Credential   azcore.TokenCredential
	Scope        string           // default https://api.botframework.com/.default
	ServiceHosts []string         // "host" (port 443) or "host:port", exact
	HTTPClient   *http.Client     // default: one with 64 idle connections per host
	Now          func() time.Time // default time.Now
}

// Client speaks to the Bot Connector, Teams' side of a bot.
//
// What can be tried again is tried again, within the context's deadline: 429,
// 412, 502 and 504, and lost connections except for a POST that may have
// arrived. A wait that Teams asks for and that is longer than five seconds or
// the deadline is the caller's: the error carries it. Failures are *Error.
type Client struct {
	appID    string
	hosts    hosts
	now      func() time.Time
	pipeline runtime.Pipeline
	order    *order
	watch    Watch
}

// Watch is told of every try of a call: what it was for, the status of the
// answer (0: none), and how long that took.
type Watch func(op string, status int, took time.Duration)

// NewClient refuses a configuration that could send the token anywhere.
func NewClient(c ClientConfig) (*Client, error) {
	if c.AppID == "" || c.Credential == nil {
		return nil, errors.New("teams: the client needs an app id and a credential")
	}
	list, err := newHosts(c.ServiceHosts)
	if err != nil {
		return nil, fmt.Errorf("teams: client: %w", err)
	}
	now := c.Now
	if now == nil {
		now = time.Now
	}
	token := &bearer{credential: c.Credential, scope: cmp.Or(c.Scope, defaultScope), now: now}
	pipeline := runtime.NewPipeline("teamsbot", "v1",
		runtime.PipelineOptions{PerRetry: []policy.Policy{token, watched{}}},
		&policy.ClientOptions{Transport: newTransport(c.HTTPClient, list)})
	return &Client{appID: c.AppID, hosts: list, now: now, pipeline: pipeline, order: &order{}, watch: func(string, int, time.Duration) {}}, nil
}

// Watched is the same client, with somebody told of its calls.
func (c *Client) Watched(by Watch) *Client {
	w := *c
	w.watch = by
	return &w
}

// try is what the pipeline knows of a call, for who watches it.
type try struct {
	op    string
	watch Watch
}

// watched tells of each try. It stands behind the sign-in, whose time does not
// count.
type watched struct{}

func (watched) Do(r *policy.Request) (*http.Response, error) {
	started := time.Now()
	response, err := r.Next()
	var t try
	if r.OperationValue(&t) {
		status := 0
		if err == nil {
			status = response.StatusCode
		}
		t.watch(t.op, status, time.Since(started))
	}
	return response, err
}

// transport is the last step of every call: it looks at the host once more,
// follows no redirect and bounds the answer.
type transport struct {
	client *http.Client
	hosts  hosts
}

func newTransport(client *http.Client, list hosts) transport {
	own := &http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 64, // the default of 2 opens a connection per message under load
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: tryTimeout,
	}}
	if client != nil {
		*own = *client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return transport{own, list}
}

func (t transport) Do(r *http.Request) (*http.Response, error) {
	if !t.hosts.allow(r.URL) {
		return nil, fmt.Errorf("%w: the host is not on the list", ErrRefused)
	}
	response, err := t.client.Do(r)
	if err != nil {
		return nil, err
	}
	// The pipeline reads every answer to its end, so connections are reused.
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}

// endpoint is the address of something below a service URL. Its parts are ids
// that came from outside.
func (c *Client) endpoint(serviceURL string, parts ...string) (url.URL, error) {
	u, err := c.hosts.parse(serviceURL)
	if err != nil {
		return url.URL{}, err
	}
	for _, part := range parts {
		if err := checkID(part); err != nil {
			return url.URL{}, err
		}
	}
	// With slashes and dots refused, url.URL escapes all that is left.
	u.Path = path.Join("/", u.Path, "v3", path.Join(parts...))
	return *u, nil
}

// ServiceURLs are the default addresses of the connectors that the bot may talk
// to, for a conversation whose own was wrong.
func (c *Client) ServiceURLs() []string { return c.hosts.urls() }

// checkID refuses what could lead to another path than meant.
func checkID(id string) error {
	switch {
	case id == "":
		return errors.New("an id is empty")
	case len(id) > maxID || !utf8.ValidString(id):
		return errors.New("an id is too long or not text")
	case id == "." || id == ".." || strings.ContainsAny(id, `/\`) || strings.ContainsFunc(id, unicode.IsControl):
		return errors.New("an id has characters that no id has")
	default:
		return nil
	}
}

// do makes one call and returns the answer's body. What is sent is JSON, or nil.
func (c *Client) do(ctx context.Context, op, method string, to url.URL, content []byte) ([]byte, error) {
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	ctx = policy.WithRetryOptions(ctx, c.retries(ctx, method, &sent))
	request, err := runtime.NewRequest(ctx, method, to.String())
	if err != nil {
		return nil, refused(op, err)
	}
	request.SetOperationValue(try{op, c.watch})
	if content != nil {
		if err := request.SetBody(streaming.NopCloser(bytes.NewReader(content)), "application/json"); err != nil {
			return nil, refused(op, err)
		}
	}
	response, err := c.pipeline.Do(request)
	if err != nil {
		return nil, &Error{Op: op, cause: err, unclear: method == http.MethodPost && sent.Load()}
	}
	body, err := runtime.Payload(response)
	if err != nil {
		return nil, &Error{Op: op, Status: response.StatusCode, cause: err, unclear: method == http.MethodPost}
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, failure(op, response, body, c.now())
	}
	return body, nil
}

// retries says what is tried again. Teams: back off on 429, and try 412, 502
// and 504 again ("Optimize your bot with rate limiting"). sent is set while a
// request may have reached Teams without an answer.
func (c *Client) retries(ctx context.Context, method string, sent *atomic.Bool) policy.RetryOptions {
	again := func(r *http.Response, err error) bool {
		if err != nil {
			var signIn signInError
			return !errors.Is(err, ErrRefused) && !errors.As(err, &signIn) && (method != http.MethodPost || !sent.Load())
		}
		switch r.StatusCode {
		case http.StatusTooManyRequests, http.StatusPreconditionFailed:
			sent.Store(false) // answered, and not carried out
		case http.StatusBadGateway, http.StatusGatewayTimeout:
		default:
			return false
		}
		deadline, ok := ctx.Deadline()
		return !ok || retryAfter(r, c.now()) < time.Until(deadline)
	}
	return policy.RetryOptions{
		MaxRetries: maxRetries, RetryDelay: retryDelay, MaxRetryDelay: maxRetryDelay,
		TryTimeout: tryTimeout, ShouldRetry: again,
	}
}
