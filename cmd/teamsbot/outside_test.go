package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db/pgtest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// outside is everything around a bot that runs as a program: a Teams, an Apono
// and a database.
type outside struct {
	t     *testing.T
	teams *teamstest.Server
	apono *aponotest.Server
	dbURL string

	aponoURL string
	mu       sync.Mutex
	onCreate func() // called before Apono creates a request
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{t: t, dbURL: pgtest.URL(t), onCreate: func() {}}
	var err error
	o.apono, err = aponotest.New(aponotest.Config{ServiceToken: "service-token"})
	must(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/api/v3/access-requests" {
			o.mu.Lock()
			f := o.onCreate
			o.mu.Unlock()
			f()
		}
		o.apono.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { must(t, o.apono.Close()) })
	o.aponoURL = server.URL
	o.teams, err = teamstest.Serve(context.WithoutCancel(t.Context()), teamstest.Config{InvokeLimit: patience})
	must(t, err)
	t.Cleanup(func() { must(t, o.teams.Close()) })
	return o
}

// creating sets what happens before Apono creates a request.
func (o *outside) creating(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.onCreate = f
}

// bot is a started teamsbot and its address.
type bot struct {
	*program
	addr string
}

// serve starts a bot that Teams sends to, with more variables if any, and waits
// until it is ready.
func (o *outside) serve(env ...string) bot {
	o.t.Helper()
	b := bot{addr: freeAddress(o.t)}
	b.program = start(o.t, append([]string{
		"LISTEN_ADDR=" + b.addr, "DATABASE_URL=" + o.dbURL, "APONO_API_URL=" + o.aponoURL, "APONO_API_TOKEN=service-token",
		"MICROSOFT_APP_ID=" + o.teams.AppID(), "MICROSOFT_APP_TENANT_ID=" + o.teams.TenantID(),
		"MICROSOFT_APP_PASSWORD=" + o.teams.AppPassword(),
		"TEAMS_OPENID_URL=" + o.teams.OpenIDURL(), "TEAMS_LOGIN_URL=" + o.teams.LoginURL(),
		"TEAMS_SERVICE_HOSTS=" + o.teams.Host(), "EXTRA_CA_FILE=" + o.teams.CAFile(), "TEAMSBOT_PATIENCE=5",
	}, env...), "serve")
	o.t.Cleanup(o.teams.ClearFaults)
	o.until("the bot is ready", func() bool { return b.readiness(o.t) == http.StatusOK })
	o.teams.SetBot("http://" + b.addr + "/api/messages")
	return b
}

// killsInTheEnd spares a test that is not about that the time which a bot takes
// to end in order.
func (o *outside) killsInTheEnd(b bot) {
	o.t.Cleanup(func() {
		b.signals(syscall.SIGKILL)
		b.waits()
	})
}

// readiness is what the bot answers to who asks whether it is ready; 0: nothing.
func (b bot) readiness(t *testing.T) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.addr+"/readyz", nil)
	must(t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	must(t, res.Body.Close())
	return res.StatusCode
}

// until waits for something that others do.
func (o *outside) until(what string, holds func() bool) {
	o.t.Helper()
	o.untilEvery(10*time.Millisecond, what, holds)
}

// untilEvery is until for what a person does, who is limited in how often.
func (o *outside) untilEvery(pause time.Duration, what string, holds func() bool) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			o.t.Fatalf("not in time: %s", what)
		}
	}
}

// installs gives somebody the app.
func (o *outside) installs(name string) *teamstest.Person {
	o.t.Helper()
	p := o.teams.Person(name)
	_, err := p.Installs(o.t.Context())
	must(o.t, err)
	o.until(name+" is welcomed", func() bool { return len(p.Chat()) > 0 })
	return p
}

// form is a person's request form, filled in up to Submit, for something that
// everybody gets at once.
func (o *outside) form(p *teamstest.Person) *teamstest.Dialog {
	o.t.Helper()
	return o.formFor(p, "Orders database")
}

// formFor is such a form for another integration.
func (o *outside) formFor(p *teamstest.Person, integration string) *teamstest.Dialog {
	o.t.Helper()
	d, err := o.pressesOn(p, "New request"), error(nil)
	first := func(id string) string {
		in, ok := d.Input(id)
		if !ok || len(in.Choices) == 0 {
			o.t.Fatalf("there is no %s to choose:\n%s", id, d.Text())
		}
		return in.Choices[0].Title
	}
	next := func() {
		d, err = d.Press(o.t.Context(), "Next")
		must(o.t, err)
	}
	must(o.t, d.Fill("integration", integration))
	next()
	if _, ok := d.Input("resource_type"); ok {
		must(o.t, d.Fill("resource_type", first("resource_type")))
		next()
	}
	must(o.t, d.Fill("resources", first("resources")))
	next()
	must(o.t, d.Fill("permissions", first("permissions")))
	must(o.t, d.Fill("justification", "INC-42: orders are stuck"))
	return d
}
