package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

func TestPlaygroundStartsKeepsAndEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.playground(t)
	p.says(s.ready())
	s.answersHereOnly(t)
	s.hasCards(t, "dana", 1)
	s.acts(t, `{"op": "say", "as": "dana", "chat": %q, "text": "help"}`)
	s.controls(t, "advance", `{"seconds": 900}`)
	postgres := s.postgres(t)
	p.signals(os.Interrupt)
	if status := p.waits(); status != 0 {
		t.Errorf("Ctrl-C ends it with status %d, want 0", status)
	}
	s.nothingRuns(t, postgres)

	// All is there at the next start, and nobody is welcomed twice.
	p = s.playground(t)
	p.says(s.ready())
	s.hasCards(t, "dana", 2)
	if ahead := s.ahead(t); ahead != 900 {
		t.Errorf("Apono's clock is %v s ahead, want 900", ahead)
	}
	s.acts(t, `{"op": "say", "as": "dana", "chat": %q, "text": "help"}`)
	s.hasCards(t, "dana", 3)
	p.signals(syscall.SIGTERM)
	if status := p.waits(); status != 0 {
		t.Errorf("SIGTERM ends it with status %d, want 0", status)
	}

	p = s.playground(t, "--fresh")
	p.says(s.ready())
	s.hasCards(t, "dana", 1)
	if ahead := s.ahead(t); ahead != 0 {
		t.Errorf("Apono's clock is %v s ahead after --fresh, want 0", ahead)
	}
}

func TestPlaygroundIsToldOfAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.playground(t)
	first.says(s.ready())

	second := newSite(t)
	must(t, os.Remove(second.dir))
	second.dir = s.dir
	second.playground(t).fails(fmt.Sprintf("another playground (process %d) is using", first.cmd.Process.Pid))
	second.playground(t, "--fresh").fails("another playground")
	if s.hasCards(t, "dana", 1); !first.running() {
		t.Error("the first one has ended")
	}
}

func TestPlaygroundGoesOnAfterBeingKilled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.playground(t)
	p.says(s.ready())
	s.hasCards(t, "dana", 1)
	p.signals(os.Kill)
	p.waits()

	p = s.playground(t)
	p.says(s.ready())
	s.hasCards(t, "dana", 1)
	// Its Postgres may have ended in order by then: Linux tells it that we died.
	said := p.output()
	log, err := os.ReadFile(filepath.Join(s.dir, "postgres", "postgres.log"))
	must(t, err)
	if !strings.Contains(said, "did not end in order") && !strings.Contains(said, "left behind") &&
		!strings.Contains(string(log), "database system was shut down at") { // which the next one finds
		t.Errorf("neither ended Postgres in order, nor does it say that the last one was killed:\n%s", said)
	}
}

func TestPlaygroundNamesATakenAddress(t *testing.T) {
	t.Parallel()
	for name, flag := range map[string]func(site) string{
		"page":  func(s site) string { return s.page },
		"bot":   func(s site) string { return s.bot },
		"teams": func(s site) string { return s.teams },
		"apono": func(s site) string { return s.apono },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			addr := flag(s)
			var config net.ListenConfig
			l, err := config.Listen(t.Context(), "tcp", addr)
			must(t, err)
			s.playground(t).fails(addr+" is in use by another program", "(--"+name+")")
			l.Close()
			s.nothingRuns(t, 0)
		})
	}
}

func TestPlaygroundStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--page", "--bot", "--teams", "--apono"} {
		for _, addr := range []string{":8080", "0.0.0.0:8080", "localhost:8080", "192.0.2.1:80", "127.0.0.1"} {
			dir := filepath.Join(t.TempDir(), "playground")
			start(t, nil, "playground", "--dir", dir, flag, addr).fails("this machine only", addr)
			if _, err := os.Stat(dir); err == nil {
				t.Errorf("%s %s: something was made", flag, addr)
			}
		}
	}
}

// TestPlaygroundWhereOnlyRootMayEnter is a clone in a home folder: Postgres
// runs as another user, who cannot come there.
func TestPlaygroundWhereOnlyRootMayEnter(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	must(t, os.Chmod(s.dir, 0o700))
	s.dir = filepath.Join(s.dir, "clone", ".playground")
	for range 2 {
		p := s.playground(t)
		p.says(s.ready())
		s.hasCards(t, "dana", 1)
		p.signals(os.Interrupt)
		p.waits()
	}
	s.remove(t)()
}

func TestCompaniesAgree(t *testing.T) {
	t.Parallel()
	inApono := map[string]aponotest.Person{}
	for _, p := range aponotest.DefaultWorld().People {
		inApono[p.Email] = p
	}
	for _, p := range teamstest.Company("the tenant") {
		account, ok := inApono[p.Email]
		switch {
		case strings.HasSuffix(p.Email, "@partner.example"), p.Email == "nora@acme.example":
			if ok {
				t.Errorf("%s has an Apono account, but must not", p.Email)
			}
		case !ok:
			t.Errorf("%s has no Apono account", p.Email)
		case p.Name != account.FirstName+" "+account.LastName:
			t.Errorf("%s is called %s in Teams, %s %s in Apono", p.Email, p.Name, account.FirstName, account.LastName)
		}
	}
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.playground(t)
	p.says(s.ready())
	password, err := os.ReadFile(filepath.Join(s.dir, "postgres", "password"))
	must(t, err)
	_, port, err := net.SplitHostPort(s.database(t))
	must(t, err)
	nobody := freeAddress(t)

	for _, tt := range []struct {
		name, variable, value string
		words                 []string
	}{
		{"no Postgres there", "DATABASE_URL", "postgres://bot:hush-hush@" + nobody + "/teamsbot", []string{"database", nobody}},
		{"a wrong password", "DATABASE_URL", "postgres://teamsbot:hush-hush@127.0.0.1:" + port + "/teamsbot", []string{"password authentication failed"}},
		{"no such database", "DATABASE_URL", "postgres://teamsbot:" + string(password) + "@127.0.0.1:" + port + "/hush", []string{`database "hush" does not exist`}},
		{"a taken address", "LISTEN_ADDR", s.page, []string{s.page + " is in use by another program"}},
		{"no certificate there", "EXTRA_CA_FILE", "/does/not/exist.pem", []string{"EXTRA_CA_FILE"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := []string{
				"LISTEN_ADDR=127.0.0.1:0", "DATABASE_URL=postgres://bot:hush-hush@" + nobody + "/teamsbot", "APONO_API_TOKEN=hush-hush",
				"MICROSOFT_APP_ID=11111111-1111-4111-8111-111111111111", "MICROSOFT_APP_TENANT_ID=22222222-2222-4222-8222-222222222222",
				"MICROSOFT_APP_PASSWORD=hush-hush", tt.variable + "=" + tt.value,
			}
			serve := start(t, env, "serve")
			serve.fails(tt.words...)
			for _, secret := range []string{"hush-hush", string(password)} {
				if strings.Contains(serve.output(), secret) {
					t.Error("a secret is told")
				}
			}
			if lines := strings.Count(strings.TrimSpace(serve.output()), "\n"); lines > 3 {
				t.Errorf("says %d lines, want what fits on one or two", lines+1)
			}
		})
	}
}

// database is the address of the site's Postgres.
func (s site) database(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, "postgres", "data", "postmaster.pid"))
	must(t, err)
	lines := strings.Split(string(content), "\n") // pid, folder, start, port, …
	return "127.0.0.1:" + lines[3]
}

// answersHereOnly checks that nobody else is served, by address or by name.
func (s site) answersHereOnly(t *testing.T) {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	must(t, err)
	for _, a := range addrs {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.IsLinkLocalUnicast() {
			continue
		}
		for _, addr := range []string{s.page, s.bot, s.teams, s.apono} {
			_, port, _ := net.SplitHostPort(addr) // we made it
			if answers(t, net.JoinHostPort(ip.IP.String(), port)) {
				t.Errorf("port %s answers on %s", port, ip.IP)
			}
		}
	}
	for host, want := range map[string]int{"": 200, "localhost": 200, "evil.example": 403, "127.0.0.1.evil.example": 403} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url(), nil)
		must(t, err)
		req.Host = host
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != want {
			t.Errorf("the page answers %d to host %q, want %d", res.StatusCode, host, want)
		}
	}
}

// chat is what the page is told of one.
type chat struct {
	ID       string
	Messages []struct {
		From string
		Card json.RawMessage
	}
}

// chats is what the page shows to somebody, their chat with the bot first.
func (s site) chats(t *testing.T, person string) []chat {
	t.Helper()
	var state struct{ Chats []chat }
	s.calls(t, http.MethodGet, "/api/state?as="+url.QueryEscape(person), "", &state)
	return state.Chats
}

// hasCards wants the bot to have sent somebody so many cards, soon.
func (s site) hasCards(t *testing.T, person string, want int) {
	t.Helper()
	n := -1
	for end := time.Now().Add(30 * time.Second); n != want && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		n = 0
		for _, m := range s.chats(t, person)[0].Messages {
			if m.From == "bot" && m.Card != nil {
				n++
			}
		}
	}
	if n != want {
		t.Fatalf("%s has %d cards, want %d", person, n, want)
	}
}

// acts does what the page does; the chat of the person fills the gap.
func (s site) acts(t *testing.T, what string) {
	t.Helper()
	var answer struct{ Notice string }
	s.calls(t, http.MethodPost, "/api/act", fmt.Sprintf(what, s.chats(t, "dana")[0].ID), &answer)
	if answer.Notice != "" {
		t.Errorf("Teams shows %q", answer.Notice)
	}
}

func (s site) controls(t *testing.T, what, body string) {
	t.Helper()
	s.calls(t, http.MethodPost, "/control/"+what, body, nil)
}

// ahead is how far Apono's clock was advanced, in seconds.
func (s site) ahead(t *testing.T) float64 {
	t.Helper()
	var state struct {
		AheadSec float64 `json:"ahead_sec"`
	}
	s.calls(t, http.MethodGet, "/control/state", "", &state)
	return state.AheadSec
}

func (s site) calls(t *testing.T, method, path, body string, answer any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url()+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s answers %d: %s", method, path, res.StatusCode, content)
	}
	if answer != nil {
		must(t, json.Unmarshal(content, answer))
	}
}
