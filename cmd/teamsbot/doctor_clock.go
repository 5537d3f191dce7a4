package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Clocks that differ by more than clocksDiffer are mentioned; by more than
// clocksBreak tokens are refused. Bot Framework: five minutes.
const (
	clocksDiffer = 30 * time.Second
	clocksBreak  = 5 * time.Minute
)

// clocks notes, from the Date of the answers that pass, how far other clocks
// are ahead of this machine's.
type clocks struct {
	next http.RoundTripper

	mu    sync.Mutex
	ahead map[string]time.Duration
}

// RoundTrip implements http.RoundTripper.
func (c *clocks) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := time.Now()
	res, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	// A date is in whole seconds, and of a cache it is that of long ago.
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil && res.Header.Get("Age") == "" {
		c.note(r.URL.Host, at.Add(time.Second/2).Sub(asked.Add(time.Since(asked)/2)))
	}
	return res, nil
}

// note keeps how far somebody's clock is ahead.
func (c *clocks) note(whose string, ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead == nil {
		c.ahead = make(map[string]time.Duration)
	}
	c.ahead[whose] = ahead
}

// findings compares them.
func (c *clocks) findings() (f findings) {
	const check = "clock"
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, whose := range slices.Sorted(maps.Keys(c.ahead)) {
		ahead := c.ahead[whose]
		r := warning
		switch {
		case ahead.Abs() <= clocksDiffer:
			continue
		case ahead.Abs() > clocksBreak:
			r = problem
		}
		than := "behind"
		if ahead < 0 {
			than = "ahead of"
		}
		f.add(r, check, fmt.Sprintf("This machine's clock is %s %s that of %s. Beyond five minutes tokens are refused.", ahead.Abs().Round(time.Second), than, whose),
			"Let this machine set its clock by NTP; or that one, if all others agree with this one.")
	}
	if len(f) == 0 && len(c.ahead) > 0 {
		f.ok(check, "This machine's clock agrees with %s.", strings.Join(slices.Sorted(maps.Keys(c.ahead)), ", "))
	}
	return f
}
