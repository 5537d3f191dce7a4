package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db/pgtest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// rivals is the program as it is shipped, and the floor beside it, each in a
// process of its own. What they talk to is in other processes: this one, and
// Postgres.
type rivals struct {
	b         *testing.B
	teams     *teamstest.Server
	connector *benchConnector
	dbURL     string
	binary    string
	caFile    string
	aponoURL  string
	bot       rival
	floor     rival
	people    []*teamstest.Person
	number    atomic.Int64 // of activities

	aponoCalls atomic.Int64
}

// rival is a process that answers.
type rival struct {
	cmd  *exec.Cmd
	addr string
}

// benchPeople is how many people take part: one for each connection.
const benchPeople = 512

func newRivals(b *testing.B) *rivals {
	r := &rivals{b: b, dbURL: pgtest.URL(b), connector: newBenchConnector(b)}
	world := aponotest.DefaultWorld()
	var people []teamstest.Person
	for i := range benchPeople {
		p := aponotest.NewPerson(fmt.Sprintf("P%03d", i), "Person")
		world.People = append(world.People, p)
		for f := range world.Flows {
			world.Flows[f].Requesters = append(world.Flows[f].Requesters, p.Email)
		}
		people = append(people, teamstest.Person{
			Name: p.FirstName + " Person", Email: p.Email, ObjectID: fmt.Sprintf("a0000000-0000-4000-8000-%012d", i), TimeZone: "Europe/Berlin", Locale: "en-GB",
		})
	}
	apono, err := aponotest.New(aponotest.Config{ServiceToken: "service-token", World: world})
	r.must(err)
	b.Cleanup(func() { r.must(apono.Close()) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.aponoCalls.Add(1)
		apono.ServeHTTP(w, req)
	}))
	b.Cleanup(server.Close)
	r.aponoURL = server.URL
	r.teams, err = teamstest.Serve(context.WithoutCancel(b.Context()), teamstest.Config{People: people})
	r.must(err)
	b.Cleanup(func() { r.must(r.teams.Close()) })
	r.people = r.teams.People()[:benchPeople]
	r.writeCA()
	r.build()
	r.bot = rival{addr: r.freeAddress()}
	r.bot.cmd = r.launch(exec.CommandContext(context.WithoutCancel(b.Context()), r.binary, "serve"), r.botEnv(r.bot.addr))
	r.ready(r.bot)
	return r
}

func (r *rivals) must(err error) {
	r.b.Helper()
	if err != nil {
		r.b.Fatal(err)
	}
}

// build makes the program as make does.
func (r *rivals) build() {
	r.b.Helper()
	r.binary = filepath.Join(r.b.TempDir(), "teamsbot")
	cmd := exec.CommandContext(r.b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", r.binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		r.b.Fatalf("%v\n%s", err, out)
	}
}

// writeCA writes whom the program has to trust: both simulations of Teams.
func (r *rivals) writeCA() {
	r.b.Helper()
	both, err := os.ReadFile(r.teams.CAFile())
	r.must(err)
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.connector.server.Certificate().Raw})
	r.caFile = filepath.Join(r.b.TempDir(), "ca.pem")
	r.must(os.WriteFile(r.caFile, append(both, own...), 0o600))
}

func (r *rivals) freeAddress() string {
	r.b.Helper()
	l, err := (&net.ListenConfig{}).Listen(r.b.Context(), "tcp", "127.0.0.1:0")
	r.must(err)
	r.must(l.Close())
	return l.Addr().String()
}

func (r *rivals) botEnv(addr string) []string {
	return []string{
		"TEAMSBOT_RATES=-1", "LISTEN_ADDR=" + addr, "DATABASE_URL=" + r.dbURL, "APONO_API_URL=" + r.aponoURL, "APONO_API_TOKEN=service-token",
		"MICROSOFT_APP_ID=" + r.teams.AppID(), "MICROSOFT_APP_TENANT_ID=" + r.teams.TenantID(), "MICROSOFT_APP_PASSWORD=" + r.teams.AppPassword(),
		"TEAMS_OPENID_URL=" + r.teams.OpenIDURL(), "TEAMS_LOGIN_URL=" + r.teams.LoginURL(),
		"TEAMS_SERVICE_HOSTS=" + r.teams.Host() + "," + r.connector.host(), "EXTRA_CA_FILE=" + r.caFile,
	}
}

// launch starts a process that ends with the benchmark. What it logs goes to a
// file, as much as where it is run.
func (r *rivals) launch(cmd *exec.Cmd, env []string) *exec.Cmd {
	r.b.Helper()
	logs, err := os.CreateTemp(r.b.TempDir(), "log")
	r.must(err)
	cmd.Env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+os.Getenv("HOME"))
	cmd.Stdout, cmd.Stderr = logs, logs
	r.must(cmd.Start())
	r.b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if said, err := os.ReadFile(logs.Name()); err == nil && r.b.Failed() {
			r.b.Logf("the end of what %s logged:\n%s", cmd.Path, said[max(0, len(said)-4000):])
		}
		_ = logs.Close()
	})
	return cmd
}

// ready waits until a rival answers that it is ready.
func (r *rivals) ready(who rival) {
	r.b.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		response, err := http.Get("http://" + who.addr + "/readyz") //nolint:noctx // it is waited for
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			r.b.Fatalf("%s is not ready: %v", who.addr, err)
		}
	}
}

// startFloor starts the floor with what the bot answers.
func (r *rivals) startFloor(reply, answer []byte) {
	r.b.Helper()
	r.floor = rival{addr: r.freeAddress()}
	config, err := json.Marshal(floorConfig{
		Addr: r.floor.addr, AppID: r.teams.AppID(), CAFile: r.caFile, Key: r.publicKey(), Reply: reply, Answer: answer,
	})
	r.must(err)
	r.floor.cmd = r.launch(exec.CommandContext(context.WithoutCancel(r.b.Context()), os.Args[0]), []string{asFloor + "=" + string(config)})
	r.ready(r.floor)
}

// publicKey is the key that Teams signs with.
func (r *rivals) publicKey() []byte {
	r.b.Helper()
	var document struct {
		KeysURL string `json:"jwks_uri"`
	}
	var set struct {
		Keys []struct{ N string }
	}
	r.get(r.teams.OpenIDURL(), &document)
	r.get(document.KeysURL, &set)
	n, err := base64.RawURLEncoding.DecodeString(set.Keys[len(set.Keys)-1].N)
	r.must(err)
	key, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537})
	r.must(err)
	return key
}

func (r *rivals) get(url string, into any) {
	r.b.Helper()
	request, err := http.NewRequestWithContext(r.b.Context(), http.MethodGet, url, nil)
	r.must(err)
	response, err := r.teams.HTTPClient().Do(request)
	r.must(err)
	defer response.Body.Close()
	r.must(json.NewDecoder(response.Body).Decode(into))
}

// metric is what a rival tells of its process, such as its processor time.
func (r *rivals) metric(who rival, name string) (value float64) {
	r.b.Helper()
	request, err := http.NewRequestWithContext(r.b.Context(), http.MethodGet, "http://"+who.addr+"/metrics", nil)
	r.must(err)
	response, err := http.DefaultClient.Do(request)
	r.must(err)
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			_, err := fmt.Sscan(text, &value)
			r.must(err)
		}
	}
	return value
}

// sql does what nobody could do from outside.
func (r *rivals) sql(statement string, args ...any) {
	r.b.Helper()
	conn, err := pgx.Connect(r.b.Context(), r.dbURL)
	r.must(err)
	defer func() { r.must(conn.Close(context.WithoutCancel(r.b.Context()))) }()
	_, err = conn.Exec(r.b.Context(), statement, args...)
	r.must(err)
}

// benchConnector is a Teams that takes every message at once, over TLS.
type benchConnector struct {
	server *httptest.Server
	taken  atomic.Int64 // messages
	opened atomic.Int64 // connections
	last   atomic.Pointer[[]byte]
}

func newBenchConnector(b *testing.B) *benchConnector {
	c := new(benchConnector)
	c.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if c.taken.Add(1); c.last.Load() == nil {
			body = bytes.Clone(body)
			c.last.Store(&body)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"1700000000000"}`)
	}))
	c.server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			c.opened.Add(1)
		}
	}
	c.server.EnableHTTP2 = true
	c.server.StartTLS()
	b.Cleanup(c.server.Close)
	return c
}

func (c *benchConnector) host() string { return strings.TrimPrefix(c.server.URL, "https://") }
