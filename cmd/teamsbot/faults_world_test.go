package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db/devpg"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

// faults is three bots on one Postgres between a Teams and an Apono, all of them
// processes that can fail.
type faults struct {
	t     *testing.T
	ctx   context.Context // of what the test does at the same time
	end   context.CancelFunc
	rng   *rand.Rand
	dir   string
	pg    *devpg.Server
	port  int
	teams string // URL of its control
	apono string // URL
	place teamsPlace
	front string // URL of the load balancer
	bots  [3]bot
	next  atomic.Int64
}

func newFaults(t *testing.T, seed uint64) *faults {
	t.Helper()
	dir, err := pgtest.Folder("teamsbot-faults-")
	must(t, err)
	f := &faults{t: t, rng: rand.New(rand.NewPCG(seed, seed)), dir: dir}
	f.ctx, f.end = context.WithCancel(t.Context())
	_, port, err := net.SplitHostPort(freeAddress(t))
	must(t, err)
	f.port, err = strconv.Atoi(port)
	must(t, err)
	f.startPostgres()
	t.Cleanup(func() { must(t, f.pg.Remove()) })
	for i := range f.bots {
		f.bots[i].addr = freeAddress(t)
	}
	balancer := httptest.NewServer(http.HandlerFunc(f.balance))
	t.Cleanup(balancer.Close)
	f.front = balancer.URL

	f.teams, f.apono = f.simulator("teams"), f.simulator("apono")
	f.must(f.get(f.teams+"/place", &f.place))
	for i := range f.bots {
		f.startBot(i)
	}
	for i := range f.bots {
		f.untilReady(i)
	}
	return f
}

func (f *faults) must(err error) {
	f.t.Helper()
	must(f.t, err)
}

func (f *faults) startPostgres() {
	f.t.Helper()
	var err error
	f.pg, err = devpg.Start(f.t.Context(), devpg.Config{Dir: f.dir, Port: f.port, Durable: true})
	f.must(err)
}

// simulator starts one, and waits until it answers.
func (f *faults) simulator(name string) string {
	f.t.Helper()
	addr := freeAddress(f.t)
	start(f.t, []string{asSimulator + "=" + name, simulatorListen + "=" + addr, simulatorBot + "=" + f.front}, name)
	f.until(name+" answers", patience, func() bool { return answers(f.t, addr) })
	return "http://" + addr
}

// startBot starts one of the bots, and does not wait.
func (f *faults) startBot(i int) {
	f.t.Helper()
	p := f.place
	f.bots[i].program = start(f.t, []string{
		"LISTEN_ADDR=" + f.bots[i].addr, "DATABASE_URL=" + f.pg.URL(), "APONO_API_URL=" + f.apono, "APONO_API_TOKEN=" + faultsToken,
		"APONO_WEBHOOK_SECRETS=" + faultsSecret, "MICROSOFT_APP_ID=" + p.AppID, "MICROSOFT_APP_TENANT_ID=" + p.TenantID,
		"MICROSOFT_APP_PASSWORD=" + p.AppPassword, "TEAMS_OPENID_URL=" + p.OpenIDURL, "TEAMS_LOGIN_URL=" + p.LoginURL,
		"TEAMS_SERVICE_HOSTS=" + p.Host, "EXTRA_CA_FILE=" + p.CAFile, "LOG_LEVEL=error",
		"TEAMS_RATE=2000", "TEAMS_CONVERSATION_RATE=60000", "EXPIRY_WARNING=1h",
	}, "serve")
}

func (f *faults) untilReady(i int) {
	f.t.Helper()
	f.until(fmt.Sprintf("bot %d is ready", i), patience, func() bool {
		if !f.bots[i].running() { // it found no database: whoever runs it starts it again
			f.startBot(i)
		}
		return f.bots[i].readiness(f.t) == http.StatusOK
	})
}

// kill ends a bot without a word, and starts it again.
func (f *faults) kill(with syscall.Signal, bots ...int) {
	f.t.Helper()
	for _, i := range bots {
		f.bots[i].signals(with)
	}
	for _, i := range bots {
		f.bots[i].waits()
		f.startBot(i)
	}
	for _, i := range bots {
		f.untilReady(i)
	}
}

// restartPostgres lets the database be gone for a while.
func (f *faults) restartPostgres() {
	f.t.Helper()
	f.must(f.pg.Stop())
	f.startPostgres()
	for i := range f.bots {
		f.untilReady(i)
	}
}

// balance gives what comes in to one of the bots, and to another one if that is
// dead: also when it died over it, as Teams sends again what got no answer.
func (f *faults) balance(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	first := int(f.next.Add(1))
	for i := range f.bots {
		to := f.bots[(first+i)%len(f.bots)].addr
		again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+to+r.URL.Path, bytes.NewReader(body))
		if err != nil {
			break
		}
		again.Header = r.Header.Clone()
		res, err := http.DefaultTransport.RoundTrip(again)
		if err != nil {
			continue
		}
		answer, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			continue
		}
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(answer) // Teams or Apono has hung up
		return
	}
	w.WriteHeader(http.StatusBadGateway)
}

// until waits for something that others do.
func (f *faults) until(what string, limit time.Duration, holds func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.t.Fatalf("not in time: %s", what)
		}
	}
}

// get reads an answer of a simulator's control.
func (f *faults) get(url string, answer any) error {
	return f.call(http.MethodGet, url, nil, answer)
}

// post tells a simulator's control to do something.
func (f *faults) post(url string, body, answer any) error {
	return f.call(http.MethodPost, url, body, answer)
}

func (f *faults) call(method, url string, body, answer any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(f.ctx, method, url, bytes.NewReader(content))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s", url, res.StatusCode, bytes.TrimSpace(got))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got, answer)
}

// requests are the requests that Apono has.
func (f *faults) requests() ([]aponotest.Request, error) {
	var state struct{ Requests []aponotest.Request }
	err := f.get(f.apono+"/control/state", &state)
	return state.Requests, err
}
