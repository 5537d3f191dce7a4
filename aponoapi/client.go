package aponoapi

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Config is what New needs.
type Config struct {
	// URL is where Apono is: https, or http on loopback. Apono's own is
	// https://api.apono.io.
	URL string
	// Token is the bearer token that every call carries.
	Token Secret
	// HTTPClient sends the calls; nil means one of our own. Its redirects
	// are replaced: none is followed to another host, and none after an action.
	HTTPClient *http.Client
	// Timeout bounds one try of one call; 0 means 20 s. Callers who must
	// answer sooner say so in the context.
	Timeout time.Duration
	// Now is the clock for Retry-After dates; nil means time.Now.
	Now func() time.Time
}

// Client is Apono as one token. It is safe for concurrent use, and keeps at
// most six calls per token running at a time: Apono publishes no rate limits.
type Client struct {
	base    string
	token   Secret
	http    *http.Client
	timeout time.Duration
	now     func() time.Time
	slots   *slots
	watch   Watch
}

// Watch is told of every try of a call: what it was for, the status of the
// answer (0: none), and how long that took.
type Watch func(op string, status int, took time.Duration)

// New returns a client for Apono at c.URL.
func New(c Config) (*Client, error) {
	base, err := parseBase(c.URL)
	if err != nil {
		return nil, err
	}
	if err := checkToken(c.Token); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	own := c.HTTPClient
	if own == nil {
		own = &http.Client{Transport: newTransport()}
	}
	guarded := *own
	guarded.CheckRedirect = sameHostReads
	return &Client{
		base: base, token: c.Token, http: &guarded,
		timeout: cmp.Or(c.Timeout, 20*time.Second), now: c.Now, slots: &slots{},
		watch: func(string, int, time.Duration) {},
	}, nil
}

// As returns the client for another token, which shares connections and
// limits with c. An unusable token is refused by every call, as
// ErrUnauthorized.
func (c *Client) As(token Secret) *Client {
	as := *c
	as.token = token
	return &as
}

// Watched is the same client, with somebody told of its calls.
func (c *Client) Watched(by Watch) *Client {
	w := *c
	w.watch = by
	return &w
}

// Format tells which Apono it is with every verb, and never the token: what
// fmt finds in an unexported field it prints as it is.
func (c *Client) Format(f fmt.State, _ rune) {
	// A Formatter has no way to return the error of its writer.
	_, _ = io.WriteString(f, "apono at "+c.base)
}

func parseBase(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("apono url: %w", err)
	}
	switch {
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("apono url: want https://host, without user, query or fragment")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return strings.TrimRight(u.String(), "/"), nil
	}
	return "", errors.New("apono url: want https (http only on loopback)")
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func checkToken(token Secret) error {
	if token == "" {
		return errors.New("apono token: empty")
	}
	for _, r := range token.Reveal() {
		if r <= ' ' || r > '~' {
			return errors.New("apono token: has a character that no token has")
		}
	}
	return nil
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// sameHostReads lets a read be sent elsewhere on the same host, and nothing
// else: a token must not travel, and an action must not be sent twice. Nor must
// a read that consumes, whose body cannot be rewound: see call.reader.
func sameHostReads(next *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > 3 || first.Method != http.MethodGet || first.GetBody == nil ||
		next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// join builds a path of parts, some of which come from people or from a
// card's data and must not reach another path: a part that is empty, has
// control characters, or hides a dot segment in any number of escapings is
// refused; the rest is escaped.
func join(op string, parts ...string) (string, error) {
	var b strings.Builder
	for _, part := range parts {
		if err := checkText(op, "path", part); err != nil {
			return "", err
		}
		if part == "" || hasDotSegment(part) {
			return "", refused(op, "%q cannot be part of a path", clean(part, 80))
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(part))
	}
	return b.String(), nil
}

func hasDotSegment(part string) bool {
	for {
		for segment := range strings.FieldsFuncSeq(part, func(r rune) bool { return r == '/' || r == '\\' }) {
			// ".;x" is a dot segment to servers that drop path parameters.
			name, _, _ := strings.Cut(segment, ";")
			if name == "." || name == ".." {
				return true
			}
		}
		decoded, err := url.PathUnescape(part)
		if err != nil || decoded == part {
			return false
		}
		part = decoded
	}
}

func checkText(op, name, value string) error {
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return refused(op, "the %s has characters that Apono does not take", name)
	}
	return nil
}
