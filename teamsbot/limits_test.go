package teamsbot

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/infracloudio/msbotbuilder-go/schema"
	"github.com/rs/zerolog"

	"github.com/apono-teams/teamsbot/cards"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(10, 0), time.Unix(1_800_000_000, 0)
	take := func(key string, want int) {
		t.Helper()
		got := 0
		for l.allow(key, now) {
			got++
		}
		if got != want {
			t.Errorf("%s may %d times, want %d", key, got, want)
		}
	}
	take("Dana", 10)
	take("Dana", 0)
	now = now.Add(30 * time.Second)
	take("Dana", 5)
	now = now.Add(time.Hour)
	take("Dana", 10)
	now = now.Add(-time.Hour) // a clock that is set back
	take("Dana", 0)
	if !newLimiter(-1, 10).allow("Dana", now) || !newLimiter(0, 1).allow("Dana", now) {
		t.Error("no limit, or the usual one, lets nobody through")
	}
	for i := range 100_000 {
		l.allow(fmt.Sprint(i), now)
	}
	if len(l.slots) != limiterSlots {
		t.Errorf("there are %d slots", len(l.slots))
	}
}

// held is a world whose bot has limits.
func held(t testing.TB, limits func(*Config)) *world {
	t.Helper()
	d := newDoor(t)
	d.w.person("Devin")
	d.open(limits, func(c *Config) { c.Verifier = d.w.bot.Verifier })
	d.w.teams.SetBot("http://" + d.addr + "/api/messages")
	return d.w
}

// Who presses more in a minute than people do is asked to wait, in the dialog or
// once in the chat, and nothing is remembered of it. Others notice nothing.
func TestWhoPressesTooMuchIsAskedToWait(t *testing.T) {
	w := held(t, func(c *Config) { c.PersonRate = 5 })
	dana, devin := w.stranger("Dana"), w.stranger("Devin")
	press := func(s *someone) string {
		_, body := s.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbMine, List: cards.ListAll}})
		return body
	}
	for i := range 8 {
		if body := press(dana); strings.Contains(body, string(wordsTooMuch)) != (i >= 5) {
			t.Errorf("press %d: got %s", i, body)
		}
	}
	before := len(dana.Chat())
	for range 5 {
		if got := dana.says("help"); len(got) != 0 {
			t.Errorf("answered: %v", got)
		}
	}
	if n := len(dana.Chat()) - before; n != 5 { // her own; she was told in the dialog
		t.Errorf("%d messages", n)
	}
	if body := press(devin); strings.Contains(body, string(wordsTooMuch)) {
		t.Errorf("Devin: got %s", body)
	}
	w.apono.Advance(time.Minute)
	if got := dana.says("help"); len(got) != 1 {
		t.Errorf("after a minute: %v", got)
	}
	for range 4 {
		dana.says("help")
	}
	if got := dana.says("help"); len(got) != 1 || !got[0].Has(string(wordsTooMuch)) {
		t.Errorf("too much again: %v", got)
	}
	// The news that somebody installed the bot is not theirs to send too often.
	if code, _, err := w.teams.Send(t.Context(), dana.Activity(string(schema.InstallationUpdate))); code != http.StatusOK || err != nil {
		t.Errorf("an install: got %d, %v", code, err)
	}
}

// A whole company is held to what the bot can do for it.
func TestATenantIsHeldToItsShare(t *testing.T) {
	w := held(t, func(c *Config) { c.TenantsRate = 1 })
	dana, devin := w.stranger("Dana"), w.stranger("Devin")
	if got := dana.says("help"); len(got) != 1 || got[0].Has(string(wordsTooMuchForAll)) {
		t.Errorf("the first: %v", got)
	}
	if got := devin.says("help"); len(got) != 1 || !got[0].Has(string(wordsTooMuchForAll)) {
		t.Errorf("the second: %v", got)
	}
}

// A flood of requests without a token of Microsoft's is answered and, after so
// many from one address, noted no more; nothing grows, nobody is asked, and Teams
// gets through from the same address.
func TestAFloodOfStrangers(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.StrangerRate = 20 })
	d.warm()
	wrong, forged := d.claims(), signedBy(t, d)
	wrong["aud"] = "somebody-else"
	headers := []string{"Bearer x", "Bearer " + d.token(wrong), "Bearer " + forged, "Bearer a.b.c"}
	before, series, asked, log := d.traces(), d.series(t), d.issuer.keyCalls.Load(), len(d.w.log.String())
	seen := make(map[int]int)
	body := strings.NewReader(strings.Repeat(" ", bodyLimit))
	for i := range 400 {
		body.Reset(strings.Repeat("x", bodyLimit))
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/messages", body)
		req.Header.Set("Authorization", headers[i%len(headers)])
		rec := httptest.NewRecorder()
		d.bot.Handler().ServeHTTP(rec, req)
		seen[rec.Code]++
		if body.Len() != bodyLimit {
			t.Fatalf("%d bytes of the body were read", bodyLimit-body.Len())
		}
		if closed := rec.Header().Get("Connection") == "close"; closed {
			t.Errorf("got %d and the connection is closed", rec.Code)
		}
	}
	if seen[http.StatusUnauthorized] != 20 || seen[http.StatusTooManyRequests] != 380 {
		t.Errorf("got %v", seen)
	}
	if got := d.knocks("k1"); got != http.StatusOK {
		t.Errorf("Teams, from the same address: got %d", got)
	}
	lines := strings.Count(d.w.log.String()[log:], "\n")
	if lines > 25 {
		t.Errorf("%d lines were logged", lines)
	}
	if n := d.series(t) - series; n > 4 {
		t.Errorf("there are %d metrics more", n)
	}
	if d.issuer.keyCalls.Load() != asked {
		t.Error("Microsoft was asked for keys")
	}
	if before == d.traces() {
		t.Error("the traces do not show what Teams did")
	}
}

// So is one of events without the webhook's secret, and Apono gets through.
func TestAFloodOfEvents(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.StrangerRate = 20 })
	before, log := d.traces(), len(d.w.log.String())
	const event = `{"event_type":"RequestGranted","data":{"id":"made-up"}}`
	right := "Bearer " + webhookSecret
	forged := [][]string{nil, {""}, {"Bearer "}, {right + "x"}, {right[:len(right)-1]}, {webhookSecret}, {"bearer " + webhookSecret}, {right, right}, {"Bearer x", right}}
	seen := make(map[int]int)
	for i := range 20 * len(forged) {
		body := strings.NewReader(event)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/apono/events", body)
		req.Header["Authorization"] = forged[i%len(forged)]
		rec := httptest.NewRecorder()
		d.bot.Handler().ServeHTTP(rec, req)
		seen[rec.Code]++
		if body.Len() != len(event) || rec.Body.Len() != 0 || rec.Header().Get("Connection") == "close" {
			t.Errorf("%q: %d bytes of it are not read, the answer is %q, %v", forged[i%len(forged)], body.Len(), rec.Body, rec.Header())
		}
	}
	if seen[http.StatusUnauthorized] != 20 || seen[http.StatusTooManyRequests] != 20*len(forged)-20 {
		t.Errorf("got %v", seen)
	}
	said := d.w.log.String()[log:]
	if n := strings.Count(said, `"event refused"`); n != strings.Count(said, "\n") || n < 15 || n > 20 {
		t.Errorf("%d lines were logged:\n%s", n, said)
	}
	if strings.Contains(said, webhookSecret[:20]) {
		t.Error("the log has the secret in it")
	}
	if d.traces() != before {
		t.Error("something happened")
	}
	if rec := d.handled(t, "/api/apono/events", webhookSecret, []byte(event)); rec.Code != http.StatusAccepted {
		t.Errorf("Apono, from the same address: got %d", rec.Code)
	}
	if got := d.knocks("k1"); got != http.StatusOK {
		t.Errorf("Teams, from the same address: got %d", got)
	}
}

// signedBy is an honest token, but for whose key has signed it.
func signedBy(t testing.TB, d *door) string {
	t.Helper()
	return by(jwt.SigningMethodRS256, stranger, kid("k1"))(t, d)
}

// series is how many time series the bot's metrics have.
func (d *door) series(t testing.TB) (n int) {
	t.Helper()
	families, err := d.bot.metrics.registry.Gather()
	must(t, err)
	for _, f := range families {
		n += len(f.GetMetric())
	}
	return n
}

// Who is slow to say what they want, or never ends, is cut off; the program has
// limits for all of it.
func TestSlowClientsAreCutOff(t *testing.T) {
	d := newDoor(t)
	program := d.bot.Server()
	for name, limit := range map[string]time.Duration{
		"header": program.ReadHeaderTimeout, "request": program.ReadTimeout, "answer": program.WriteTimeout,
	} {
		if limit <= 0 || limit > 30*time.Second {
			t.Errorf("the time for the %s is %v", name, limit)
		}
	}
	if program.IdleTimeout <= 0 || program.MaxHeaderBytes != 32<<10 {
		t.Errorf("idle %v, header %d bytes", program.IdleTimeout, program.MaxHeaderBytes)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = program
	program.ReadHeaderTimeout, program.ReadTimeout, program.IdleTimeout = 50*time.Millisecond, 100*time.Millisecond, 50*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	good := bearer(d.token(d.claims()))[0]
	event := "POST /api/apono/events HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n"
	for name, said := range map[string]string{
		"nothing":              "",
		"half a header":        "POST /api/messages HTTP/1.1\r\nHost: b",
		"a header without end": "POST /api/messages HTTP/1.1\r\nHost: bot\r\n" + good + "\r\n",
		"half a body":          "POST /api/messages HTTP/1.1\r\nHost: bot\r\n" + good + "\r\nContent-Length: 1000\r\n\r\n{",
		"chunks without end":   "POST /api/messages HTTP/1.1\r\nHost: bot\r\n" + good + "\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"half an event":        event + bearer(webhookSecret)[0] + "\r\n\r\n{",
		"half a forged event":  event + "\r\n{",
		"nothing after that":   "GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n",
	} {
		var dialer net.Dialer
		conn, err := dialer.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		must(t, err)
		must(t, conn.SetDeadline(time.Now().Add(time.Minute)))
		_, err = io.WriteString(conn, said)
		must(t, err)
		// It ends, with an answer or without.
		if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s: it does not end", name)
		}
		must(t, conn.Close())
	}
}

// BenchmarkUnauthenticated is what a request costs whose token is not
// Microsoft's: beside a ready-made answer of net/http, without and with a
// signature to check.
func BenchmarkUnauthenticated(b *testing.B) {
	d := newDoor(b, func(c *Config) { c.Log = zerolog.Nop() }).warm() // as in a flood
	wrong := d.claims()
	wrong["aud"] = "somebody-else"
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	for _, c := range []struct {
		name, header string
		handler      http.Handler
	}{
		{"net-http", "", refuse},
		{"no-token", "", d.bot.Handler()},
		{"wrong-audience", "Bearer " + d.token(wrong), d.bot.Handler()},
		{"forged", "Bearer " + signedBy(b, d), d.bot.Handler()},
	} {
		b.Run(c.name, func(b *testing.B) {
			server := httptest.NewServer(c.handler)
			defer server.Close()
			client := server.Client()
			b.ReportAllocs()
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/api/messages", strings.NewReader("{}"))
				must(b, err)
				if c.header != "" {
					req.Header.Set("Authorization", c.header)
				}
				res, err := client.Do(req)
				must(b, err)
				must(b, res.Body.Close())
			}
		})
	}
}
