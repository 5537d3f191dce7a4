package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/apono-teams/teamsbot/cards"
)

// kind is what is asked of the rivals again and again.
type kind string

const (
	aMessage  kind = "message with its reply"
	anInvoke  kind = "invoke: the favorites"
	aNewDraft kind = "invoke: a new request"
)

// activity is one of that kind, with a place for its id.
func (r *rivals) activity(k kind, person int, serviceURL string) []byte {
	r.b.Helper()
	a := r.people[person].Activity("message")
	verb := map[kind]cards.Verb{anInvoke: cards.VerbFavorites, aNewDraft: cards.VerbRequest}[k]
	if verb == "" {
		a["text"] = "help"
	} else {
		a["type"], a["name"] = "invoke", "task/fetch"
		a["value"] = map[string]any{"data": map[string]any{"apono": cards.Data{Verb: verb}}, "context": map[string]any{"theme": "default"}}
	}
	a["id"], a["serviceUrl"] = idPlace, serviceURL
	body, err := json.Marshal(a)
	r.must(err)
	return body
}

// idPlace is where an activity's id goes; all are as long.
const idPlace = "f:id-000000000000"

// tokenFor is a token of Teams' for a service URL, unlike any other of another
// number.
func (r *rivals) tokenFor(serviceURL string, number int) string {
	claims := r.teams.Claims()
	claims["serviceurl"], claims["number"] = serviceURL, number
	return r.teams.SignToken(claims)
}

// request is what is sent to a path, but for the activity's id.
func request(path, authorization string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: bot.example.com\r\nContent-Type: application/json; charset=utf-8\r\n", path)
	if authorization != "" {
		fmt.Fprintf(&b, "Authorization: %s\r\n", authorization)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(body))
	b.Write(body)
	return b.Bytes()
}

// wire is one connection to a rival, which is kept.
type wire struct {
	addr   string
	conn   net.Conn
	reader *bufio.Reader
}

// send sends a request under a number of its own, and reads the whole answer.
func (w *wire) send(request []byte, number int64) (status int, body []byte, err error) {
	if w.conn == nil {
		if w.conn, err = net.Dial("tcp", w.addr); err != nil { //nolint:noctx // loopback
			return 0, nil, err
		}
		w.reader = bufio.NewReader(w.conn)
	}
	if i := bytes.Index(request, []byte(idPlace)); i >= 0 {
		copy(request[i:], fmt.Appendf(nil, "f:id-%012d", number))
		defer copy(request[i:], idPlace)
	}
	if _, err := w.conn.Write(request); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(w.reader, nil)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if response.Close {
		w.close()
	}
	return response.StatusCode, body, err
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// measured is what a rival did in some time.
type measured struct {
	cpu   time.Duration // of its process, for each
	rate  float64       // a second
	times []time.Duration
}

// load sends requests over as many connections as there are of them, each one
// after the other, for some time. All must be answered with the status; 0: any
// that refuses.
func (r *rivals) load(who rival, requests [][]byte, wants int, lasts time.Duration) measured {
	r.b.Helper()
	times, failed := make([][]time.Duration, len(requests)), make(chan error, len(requests))
	wires := make([]*wire, len(requests))
	for i := range wires { // connections are there before
		wires[i] = &wire{addr: who.addr}
		defer wires[i].close()
		status, body, err := wires[i].send(requests[i], r.number.Add(1))
		if err != nil || !isWanted(status, wants) {
			r.b.Fatalf("got %d, want %d (%v) %.200s", status, wants, err, body)
		}
	}
	cpu, began := r.metric(who, "process_cpu_seconds_total"), time.Now()
	var all sync.WaitGroup
	for i, w := range wires {
		all.Go(func() {
			for time.Since(began) < lasts {
				sent := time.Now()
				status, _, err := w.send(requests[i], r.number.Add(1))
				if err != nil || !isWanted(status, wants) {
					failed <- fmt.Errorf("got %d, want %d: %w", status, wants, err)
					return
				}
				times[i] = append(times[i], time.Since(sent))
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	cpu = r.metric(who, "process_cpu_seconds_total") - cpu
	select {
	case err := <-failed:
		r.b.Fatal(err)
	default:
	}
	m := measured{times: slices.Concat(times...)}
	n := float64(len(m.times))
	m.cpu, m.rate = time.Duration(cpu/n*float64(time.Second)), n/took.Seconds()
	return m
}

func isWanted(status, wants int) bool {
	return status == wants || wants == 0 && status >= 400 && status < 500
}

// medians is what several rounds of one rival have measured.
func medians(rounds []measured) (m measured) {
	var cpus, rates []float64
	for _, r := range rounds {
		cpus, rates, m.times = append(cpus, float64(r.cpu)), append(rates, r.rate), append(m.times, r.times...)
	}
	slices.Sort(m.times)
	m.cpu, m.rate = time.Duration(median(cpus)), median(rates)
	return m
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// at is the time within which that part of the answers came, of a thousand.
func (m measured) at(thousandth int) time.Duration {
	return m.times[min(len(m.times)*thousandth/1000, len(m.times)-1)]
}

// micros is a time as the tables show it.
func micros(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Microsecond), 'f', 0, 64) + " µs"
}

func millis(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 2, 64) + " ms"
}
