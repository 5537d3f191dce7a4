package teamsbot

import (
	"net/http"
	"testing"
)

// What is wrong with a token, or with what it comes with, is answered with a
// status and nothing more, and nothing happens behind the door. TheirVerdict
// compares with Microsoft's own library.
func TestDoor(t *testing.T) {
	d := newDoor(t)
	all := knocks()
	seen := make(map[string]bool)
	for _, k := range all {
		if seen[k.name] {
			t.Errorf("two are called %q", k.name)
		}
		seen[k.name] = true
		body := marshal(t, k.says(d))
		if k.body != nil {
			body = k.body(body)
		}
		lines := k.lines(t, d)
		before := d.traces()
		status, answer := d.post(lines, body)
		// Whoever sends too much may be cut off before the answer gets through.
		if status != k.want && (status != 0 || k.want != http.StatusRequestHeaderFieldsTooLarge) {
			t.Errorf("%s: got %d, want %d", k.name, status, k.want)
		}
		changed := d.traces() != before
		if changed != (k.want == http.StatusOK) {
			t.Errorf("%s: something happened: %v\nbefore:\n%s\nafter:\n%s", k.name, changed, before, d.traces())
		}
		if quiet := k.want == 401 || k.want == 403; quiet && answer != "" {
			t.Errorf("%s: the answer says %q", k.name, answer)
		}
	}
	if len(all) < 60 {
		t.Errorf("only %d cases", len(all))
	}
	t.Logf("%d cases", len(all))
	// Once at first, and once for all the unknown ids.
	if m, k := d.issuer.metadata.Load(), d.issuer.keyCalls.Load(); m != 2 || k != 2 {
		t.Errorf("metadata was fetched %d times and keys %d times, want 2 and 2", m, k)
	}
}
