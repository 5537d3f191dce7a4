package teamsbot

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// strange is how often somebody without a token is answered with 429, who calls
// ten times from addr and says to be another one each time.
func (d *door) strange(addr, header string) (held int) {
	for i := range 10 {
		req := httptest.NewRequestWithContext(d.w.t.Context(), http.MethodPost, "/api/messages", http.NoBody)
		req.RemoteAddr = addr
		req.Header.Set(header, fmt.Sprintf("203.0.113.%d", i))
		rec := httptest.NewRecorder()
		d.bot.Handler().ServeHTTP(rec, req)
		if rec.Code == http.StatusTooManyRequests {
			held++
		}
	}
	return held
}

// Who called is whom a proxy of ours names. Nobody else is believed, and no
// other header: whoever could choose an address would have as many as they like.
func TestOnlyTrustedProxiesSayWhoCalled(t *testing.T) {
	d := newDoor(t, func(c *Config) {
		c.StrangerRate, c.TrustedProxies = 2, []string{"10.0.0.0/8", "fd00::/8"}
	})
	for _, tt := range []struct {
		addr, header string
		believed     bool
	}{
		{"10.1.2.3:4711", "X-Forwarded-For", true},
		{"[fd00::1]:4711", "X-Forwarded-For", true},
		{"192.0.2.7:4711", "X-Forwarded-For", false},
		{"11.0.0.1:4711", "X-Forwarded-For", false},
		{"10.1.2.4:4711", "X-Real-IP", false},
		{"10.1.2.5:4711", "Forwarded", false},
		{"192.0.2.8:4711", "CF-Connecting-IP", false},
	} {
		if held := d.strange(tt.addr, tt.header); (held == 0) != tt.believed {
			t.Errorf("%s of %s: held %d times of 10, want it believed: %t", tt.header, tt.addr, held, tt.believed)
		}
	}
	d.open(func(c *Config) { c.StrangerRate = 2 })
	if held := d.strange("10.1.2.3:4711", "X-Forwarded-For"); held == 0 {
		t.Error("without trusted proxies somebody is believed")
	}
	c := d.bot.Config
	c.TrustedProxies = []string{"proxy.example.com"}
	if _, err := New(c); err == nil {
		t.Error("a name is taken for a network")
	}
}
