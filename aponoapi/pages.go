package aponoapi

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// errEndless is a list whose pages do not lead to an end.
var errEndless = errors.New("the list repeats a page, or has no end")

// mostPages is more than any list has: 10,000 pages of 100.
const mostPages = 10_000

// tokenPages is a list of the user API, which names its next page by a
// token. Pages are read when the loop gets there; after an error, which is the
// last thing it yields, there are no more.
func tokenPages[W, T any](ctx context.Context, c *Client, op string, query url.Values, read func(W) T, parts ...string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query, seen := ownCopy(query), make(map[string]bool)
		for {
			var page struct {
				Items      []W `json:"items"`
				Pagination struct {
					Next string `json:"next_page_token"`
				} `json:"pagination"`
			}
			err := c.do(ctx, call{op: op, method: http.MethodGet, parts: parts, query: query, out: &page})
			next := page.Pagination.Next
			if err == nil && (seen[next] || len(seen) == mostPages) {
				err = &Error{Op: op, kind: ErrUnavailable, cause: errEndless}
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, item := range page.Items {
				if !yield(read(item), nil) {
					return
				}
			}
			if next == "" {
				return
			}
			seen[next] = true
			query.Set("page_token", next)
		}
	}
}

// skipPages is a list of the client API, of which one asks for what comes
// after the first so many.
func skipPages[W, T any](ctx context.Context, c *Client, op string, query url.Values, read func(W) T, parts ...string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query, skip := ownCopy(query), 0
		for pages := 0; ; pages++ {
			query.Set("skip", strconv.Itoa(skip))
			var page struct {
				Data       []W            `json:"data"`
				Pagination skipPagination `json:"pagination"`
			}
			err := c.do(ctx, call{op: op, method: http.MethodGet, parts: parts, query: query, out: &page})
			if err == nil && pages == mostPages {
				err = &Error{Op: op, kind: ErrUnavailable, cause: errEndless}
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, item := range page.Data {
				if !yield(read(item), nil) {
					return
				}
			}
			skip += len(page.Data)
			if !page.Pagination.more(len(page.Data), skip) {
				return
			}
		}
	}
}

// skipPagination tells, in one of several ways, whether there is more.
type skipPagination struct {
	Limit   int   `json:"limit"`
	Total   *int  `json:"total"`
	HasMore *bool `json:"has_more"`
}

func (p skipPagination) more(got, skip int) bool {
	switch {
	case got == 0:
		return false
	case p.HasMore != nil:
		return *p.HasMore
	case p.Total != nil:
		return skip < *p.Total
	}
	// What Apono's own command line goes by.
	return got >= p.Limit
}

// ownCopy lets a loop be run twice: each starts with the query as it was.
func ownCopy(query url.Values) url.Values {
	own := make(url.Values, len(query)+1)
	maps.Copy(own, query)
	return own
}

// arguments builds a query of those arguments that are set. Arrays are
// repeated keys in every family.
type arguments url.Values

func (a arguments) text(name, value string) arguments {
	if value != "" {
		a[name] = []string{value}
	}
	return a
}

func (a arguments) texts(name string, values []string) arguments {
	if len(values) > 0 {
		a[name] = values
	}
	return a
}

func (a arguments) number(name string, value int) arguments {
	if value > 0 {
		a[name] = []string{strconv.Itoa(value)}
	}
	return a
}

func (a arguments) flag(name string, value bool) arguments {
	if value {
		a[name] = []string{"true"}
	}
	return a
}

func (a arguments) values() url.Values { return url.Values(a) }
