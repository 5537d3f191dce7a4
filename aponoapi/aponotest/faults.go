package aponotest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault makes calls go wrong. Its effects combine: Latency passes first, then
// the answer is replaced.
type Fault struct {
	// Method and Path choose the calls; "" means all. Path is a prefix in
	// whole segments, in which * stands for any one segment:
	// /api/v3/access-requests/*/reset.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`

	// Latency is real time, cut short when the caller goes away.
	Latency time.Duration `json:"latency,omitempty"`
	// Status is answered instead of doing anything, with Message and
	// RetryAfter if they are set.
	Status     int           `json:"status,omitempty"`
	Message    string        `json:"message,omitempty"`
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	// CutBefore closes the connection without doing anything, CutAfter when
	// everything has been done.
	CutBefore bool `json:"cut_before,omitempty"`
	CutAfter  bool `json:"cut_after,omitempty"`
	// AnswerAfter does everything at once, and answers that much later.
	AnswerAfter time.Duration `json:"answer_after,omitempty"`
	// Malformed does everything, and answers half of it.
	Malformed bool `json:"malformed,omitempty"`

	// Times is how many calls it hits; 0 means until ClearFaults.
	Times int `json:"times,omitempty"`
}

// Fault adds a fault. Of several that fit a call the oldest hits.
func (s *Server) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Faults tells the faults that are still there.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Fault, len(s.faults))
	for i, f := range s.faults {
		list[i] = *f
	}
	return list
}

// fault takes the one that hits a call; the zero Fault does nothing.
func (s *Server) fault(r *http.Request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults, func(f *Fault) bool { return f.hits(r) })
	if i < 0 {
		return Fault{}
	}
	f := s.faults[i]
	hit := *f
	if f.Times > 0 {
		if f.Times--; f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
	}
	s.note(Event{Kind: "fault", Method: r.Method, Path: r.URL.EscapedPath(), Status: hit.Status})
	return hit
}

func (f *Fault) hits(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	want := strings.Split(strings.Trim(f.Path, "/"), "/")
	have := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	if f.Path == "" || f.Path == "/" {
		return true
	}
	if len(want) > len(have) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != have[i] {
			return false
		}
	}
	return true
}

// before does what a fault does before a call; true means that the call has
// its answer.
func (s *Server) before(f Fault, w http.ResponseWriter, r *http.Request) bool {
	if f.Latency > 0 {
		s.wait(r, f.Latency)
	}
	if f.CutBefore {
		panic(http.ErrAbortHandler)
	}
	if f.Status == 0 {
		return false
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	code := strings.ReplaceAll(http.StatusText(f.Status), " ", "")
	writeJSON(w, f.Status, newProblem(f.Status, cmp.Or(code, "Error"), f.Message))
	return true
}

// wait passes real time; it ends the call when the caller goes away.
func (s *Server) wait(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-s.closed:
		panic(http.ErrAbortHandler)
	}
}

// after does what a fault does to an answer, and sends it.
func (s *Server) after(f Fault, answer *recorder, w http.ResponseWriter, r *http.Request) {
	if f.AnswerAfter > 0 {
		s.wait(r, f.AnswerAfter)
	}
	if f.CutAfter {
		panic(http.ErrAbortHandler)
	}
	if f.Malformed {
		answer.body.Truncate(answer.body.Len() / 2)
	}
	answer.flush(w)
}
