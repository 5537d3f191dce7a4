package teamsbot

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

// connector is a Teams that takes every message at once, over TLS on loopback:
// the simulated Teams looks too closely at each to be measured against.
type connector struct {
	server *httptest.Server

	mu    sync.Mutex
	taken []took
	wake  chan struct{} // told of every message
}

// took is a message that the connector took.
type took struct {
	at           time.Time
	conversation string
	activity     string
	status       string // what the card says in its first words
}

func startConnector(t testing.TB) *connector {
	c := &connector{wake: make(chan struct{}, 1)}
	c.server = httptest.NewUnstartedServer(http.HandlerFunc(c.take))
	c.server.EnableHTTP2 = true
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	return c
}

func (c *connector) host() string { return strings.TrimPrefix(c.server.URL, "https://") }

// trustedBy is a client like the program's own, that trusts this Teams too.
func (c *connector) trustedBy(client *http.Client) *http.Client {
	roots := client.Transport.(*http.Transport).TLSClientConfig.RootCAs.Clone()
	roots.AddCert(c.server.Certificate())
	return &http.Client{Timeout: client.Timeout, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64,
	}}
}

// take answers POST and PUT /v3/conversations/{id}/activities[/{id}].
func (c *connector) take(rw http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var message struct {
		Summary string `json:"summary"`
	}
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil || len(parts) < 4 {
		http.Error(rw, "not understood", http.StatusBadRequest)
		return
	}
	m := took{at: time.Now(), conversation: parts[2], status: message.Summary}
	if len(parts) > 4 {
		m.activity = parts[4]
	}
	c.mu.Lock()
	c.taken = append(c.taken, m)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
	rw.Header().Set("Content-Type", "application/json")
	_, _ = rw.Write([]byte(`{"id": "posted"}`))
}

// await waits until at least n messages were taken.
func (c *connector) await(t testing.TB, n int) {
	t.Helper()
	for {
		c.mu.Lock()
		taken := len(c.taken)
		c.mu.Unlock()
		if taken >= n {
			return
		}
		select {
		case <-c.wake:
		case <-time.After(time.Minute):
			t.Fatalf("Teams was sent %d messages, want %d", taken, n)
		}
	}
}

func (c *connector) messages() []took {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.taken)
}

// crowded is a world in which n requests of so many people stand at a status,
// each with its card, and nothing is owed. The cards stand in the connector.
func crowded(b *testing.B, n, people int, status aponoapi.Status) (*world, []aponotest.Request) {
	b.Helper()
	w := &world{t: b, log: &logBuffer{}, dbURL: pgtest.URL(b), connector: startConnector(b), real: true}
	w.start()
	w.leaveSweeps()
	// Apono does not know of what the benchmark records.
	w.sql(`INSERT INTO sweeps (name, next_at) VALUES ($1, 'infinity') ON CONFLICT (name) DO UPDATE SET next_at = 'infinity'`, turnElsewhere)
	all := w.crowd(n, "Orders database", status)
	w.sql(`INSERT INTO conversations (id, tenant_id, kind, service_url)
		SELECT 'crowd-' || i, $1, 'personal', $2 FROM generate_series(0, $3 - 1) i`, w.teams.TenantID(), w.connector.server.URL+"/", people)
	w.sql(`INSERT INTO people (tenant_id, object_id, teams_id, name, time_zone, conversation_id, added_at)
		SELECT $1, 'crowd-' || i, '29:crowd-' || i, 'Person ' || i, 'Europe/Berlin', 'crowd-' || i, now()
		FROM generate_series(0, $2 - 1) i`, w.teams.TenantID(), people)
	const crowd = `('x' || right(id::text, 8))::bit(32)::int`
	w.sql(`UPDATE submissions SET object_id = 'crowd-' || `+crowd+` % $1::int, asked = $2
		WHERE `+crowd+` BETWEEN 1 AND $3 AND id::text LIKE '00000000-0000-4000-8000-%'`, people, `{
			"integration": {"id": "pg", "name": "Orders database"}, "resource_type": {"id": "db", "name": "PostgreSQL Database"},
			"resources": [{"id": "1", "name": "orders"}, {"id": "2", "name": "customers"}], "permissions": ["read-only"],
			"duration": 14400000000000, "justification": "INC-4711: orders are stuck since noon, the queue has to be drained"}`, n)
	w.sql(`INSERT INTO posted_cards (submission_id, tenant_id, object_id, conversation_id, activity_id, wanted, drawn, posts)
		SELECT s.id, s.tenant_id, s.object_id, s.object_id, r.friendly_id, 1, 1, 1
		FROM submissions s JOIN requests r ON r.submission_id = s.id WHERE s.object_id LIKE 'crowd-%'`)
	w.sql(`ANALYZE`)
	w.settle()
	return w, all
}

// stand records that requests stand so, as looks at Apono do, several at once.
func (w *world) stand(all []aponotest.Request, status aponoapi.Status, tell db.CardKind) {
	w.t.Helper()
	var wait sync.WaitGroup
	for some := range slices.Chunk(all, (len(all)+7)/8) {
		wait.Go(func() {
			for _, r := range some {
				reading, err := w.store.NextReading(w.t.Context())
				if err == nil {
					err = w.store.RecordStatus(w.t.Context(), db.Request{
						ID: r.V3ID, Status: status, Reading: reading, LookAt: w.bot.Now().Add(time.Hour), Tell: tell,
					})
				}
				if err != nil {
					w.t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

// usage is what the process has used.
type usage struct {
	cpu  time.Duration
	peak uint64 // bytes of the heap, at most
	stop chan struct{}
	done sync.WaitGroup
}

// watchUsage watches what the process uses, until it is told.
func watchUsage() *usage {
	u := &usage{cpu: cpuTime(), stop: make(chan struct{})}
	runtime.GC()
	u.done.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			u.peak = max(u.peak, m.HeapInuse)
			select {
			case <-u.stop:
				return
			case <-tick.C:
			}
		}
	})
	return u
}

// tell reports what was used since, the processor's time for each of n.
func (u *usage) tell(b *testing.B, n int, each string) {
	close(u.stop)
	u.done.Wait()
	b.ReportMetric(float64((cpuTime()-u.cpu).Microseconds())/1000/float64(n), "cpu-ms/"+each)
	b.ReportMetric(float64(u.peak)/(1<<20), "peak-heap-MB")
}

// cpuTime is the time that this process has spent on processors.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// percentiles reports p50 and p99 of some times, in milliseconds.
func percentiles(b *testing.B, name string, times []time.Duration) {
	b.Helper()
	if len(times) == 0 {
		b.Fatalf("%s: nothing was measured", name)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	for p, unit := range map[int]string{50: "-p50-ms", 99: "-p99-ms"} {
		at := min(len(times)*p/100, len(times)-1)
		b.ReportMetric(float64(times[at].Microseconds())/1000, name+unit)
	}
}
