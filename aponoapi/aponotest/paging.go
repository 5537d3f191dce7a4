package aponotest

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// page is the envelope of v1 to v3, which cannot be turned.
type page[T any] struct {
	Data       []T        `json:"data"`
	Pagination pagination `json:"pagination"`
}

type pagination struct {
	Total  int `json:"total"`
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}

func paged[T any](s *Server, all []T) page[T] {
	shown := all
	if limit := s.world.ListLimit; limit > 0 && len(all) > limit {
		shown = all[:limit]
	}
	return page[T]{Data: orEmpty(shown), Pagination: pagination{Total: len(all), Limit: max(len(shown), 1)}}
}

// tokenPage is the envelope of the user API.
type tokenPage[T any] struct {
	Items      []T `json:"items"`
	Pagination struct {
		NextPageToken string `json:"next_page_token,omitempty"`
	} `json:"pagination"`
}

// tokenPaged is one page of all; only what is on it is written out.
func tokenPaged[T, W any](req *http.Request, all []T, write func(T) W) (any, error) {
	limit, err := limitOf(req)
	if err != nil {
		return nil, err
	}
	from := 0
	if token := req.URL.Query().Get("page_token"); token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		number, known := strings.CutPrefix(string(raw), "from:")
		if from, _ = strconv.Atoi(number); err != nil || !known || from <= 0 || from > len(all) {
			return nil, invalid("Invalid page_token")
		}
	}
	to := min(len(all), from+limit)
	answer := tokenPage[W]{Items: written(all[from:to], write)}
	if to < len(all) {
		answer.Pagination.NextPageToken = base64.RawURLEncoding.EncodeToString([]byte("from:" + strconv.Itoa(to)))
	}
	return answer, nil
}

// skipPage is the envelope of the client API.
type skipPage[T any] struct {
	Data       []T `json:"data"`
	Pagination struct {
		Limit   int  `json:"limit"`
		Offset  int  `json:"offset"`
		Total   int  `json:"total"`
		HasMore bool `json:"has_more"`
	} `json:"pagination"`
}

// skipPaged is one page of all; only what is on it is written out.
func skipPaged[T, W any](req *http.Request, all []T, write func(T) W) (any, error) {
	limit, err := limitOf(req)
	if err != nil {
		return nil, err
	}
	from := 0
	if text := req.URL.Query().Get("skip"); text != "" {
		if from, err = strconv.Atoi(text); err != nil || from < 0 {
			return nil, invalid("skip must be a number")
		}
	}
	from = min(from, len(all))
	to := min(len(all), from+limit)
	answer := skipPage[W]{Data: written(all[from:to], write)}
	answer.Pagination.Limit, answer.Pagination.Offset = limit, from
	answer.Pagination.Total, answer.Pagination.HasMore = len(all), to < len(all)
	return answer, nil
}

func limitOf(req *http.Request) (int, error) {
	text := req.URL.Query().Get("limit")
	if text == "" {
		return 100, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > 1000 {
		return 0, invalid("limit must be between 1 and 1000")
	}
	return limit, nil
}

func written[T, W any](list []T, write func(T) W) []W {
	wire := make([]W, len(list))
	for i, item := range list {
		wire[i] = write(item)
	}
	return wire
}

// itself is what is in its wire form already.
func itself[T any](item T) T { return item }

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// among says that value is one of those that a filter names; a filter that
// names none takes all.
func among(filter []string, value string) bool {
	return len(filter) == 0 || slices.Contains(filter, value)
}

// alike is among for names: any case, and * at either end.
func alike(filter []string, value string) bool {
	if len(filter) == 0 {
		return true
	}
	value = strings.ToLower(value)
	return slices.ContainsFunc(filter, func(want string) bool {
		want = strings.ToLower(want)
		middle := strings.Trim(want, "*")
		switch begins, ends := strings.HasSuffix(want, "*"), strings.HasPrefix(want, "*"); {
		case begins && ends:
			return strings.Contains(value, middle)
		case begins:
			return strings.HasPrefix(value, middle)
		case ends:
			return strings.HasSuffix(value, middle)
		}
		return value == want
	})
}
