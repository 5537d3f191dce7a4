package aponoapi_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// pages answers one page after the other, and the last one for ever.
func pages(calls *atomic.Int32, bodies ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		n := int(calls.Add(1))
		body := bodies[min(n, len(bodies))-1]
		if body == "" {
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprint(w, body)
	}
}

// read is the names in a list and the error that ends it; it stops after most.
func read[T any](list iter.Seq2[T, error], name func(T) string, most int) (names []string, failure error) {
	for item, err := range list {
		if err != nil {
			return names, err
		}
		if names = append(names, name(item)); len(names) == most {
			break
		}
	}
	return names, nil
}

func TestPages(t *testing.T) {
	t.Parallel()
	user := func(names, next string) string {
		return fmt.Sprintf(`{"items":[%s],"pagination":{"next_page_token":%s}}`, names, next)
	}
	client := func(names, pagination string) string {
		return fmt.Sprintf(`{"data":[%s],"pagination":%s}`, names, pagination)
	}
	const a, b = `{"name":"a","display_name":"a"}`, `{"name":"b","display_name":"b"}`
	for _, c := range []struct {
		name   string
		most   int
		want   string
		calls  int32
		err    error
		bodies []string
	}{
		{"null ends it", 9, "a", 1, nil, []string{user(a, "null")}},
		{"nothing ends it", 9, "a b", 2, nil, []string{user(a, `"2"`), `{"items":[` + b + `]}`}},
		{"an empty page does not", 9, "b", 2, nil, []string{user("", `"2"`), user(b, `""`)}},
		{"lazy", 1, "a", 1, nil, []string{user(a, `"2"`)}},
		{"a page twice", 9, "a b", 3, aponoapi.ErrUnavailable, []string{user(a, `"2"`), user(b, `"3"`), user(b, `"3"`)}},
		{"a failure ends it", 9, "a", 2, aponoapi.ErrForbidden, []string{user(a, `"2"`), ""}},
		{"has_more", 9, "a b", 2, nil, []string{client(a, `{"limit":9,"has_more":true}`), client(b, `{"limit":1,"has_more":false}`)}},
		{"total", 9, "a b", 2, nil, []string{client(a, `{"limit":9,"total":2}`), client(b, `{"limit":1,"total":2}`)}},
		{"a full page", 9, "a b", 2, nil, []string{client(a, `{"limit":1}`), client(b, `{"limit":2}`)}},
		{"lazy, too", 1, "a", 1, nil, []string{client(a, `{"has_more":true}`)}},
		{"more of nothing", 9, "a", 2, nil, []string{client(a, `{"has_more":true}`), client("", `{"has_more":true}`)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			apono := answering(t, pages(&calls, c.bodies...))
			var names []string
			var err error
			if strings.Contains(c.bodies[0], "items") {
				names, err = read(apono.AvailableBundles(t.Context(), aponoapi.BundleFilter{}), func(b aponoapi.Bundle) string { return b.Name }, c.most)
			} else {
				names, err = read(apono.Grantees(t.Context(), aponoapi.GranteeFilter{}), func(g aponoapi.Grantee) string { return g.Name }, c.most)
			}
			if !slices.Equal(names, strings.Fields(c.want)) || !errors.Is(err, c.err) || calls.Load() != c.calls {
				t.Errorf("got %v, %v after %d calls; want %s, %v after %d", names, err, calls.Load(), c.want, c.err, c.calls)
			}
		})
	}
}
