package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// floodSlice is how long a flood goes on between two looks at the memory.
const floodSlice = 5 * time.Second

// levels prints what memory the bot has as a flood goes on in which no two
// requests are alike, and with more connections.
func (r *rivals) levels() {
	r.b.Helper()
	fmt.Print("\n| A flood, each request another | Connections | Requests | Memory | Of it alive in the heap | Stacks |\n|---|---|---|---|---|---|\n")
	print := func(when string, connections, requests int) {
		mb := func(name string) float64 { return r.metric(r.bot, name) / (1 << 20) }
		// The next collection is due when as much has come to what was alive after
		// the last as that and the stacks were.
		stacks := mb("go_memstats_stack_inuse_bytes")
		alive := (mb("go_memstats_next_gc_bytes") - stacks) / 2
		fmt.Printf("| %s | %d | %d | %.0f MB | %.1f MB | %.1f MB |\n", when, connections, requests, mb(residentMemory), alive, stacks)
	}
	print("before", 0, 0)
	next, began := r.strangers(), time.Now()
	for _, connections := range []int{64, 64, 64, 64, 64, 64, 512, 64} {
		r.slice(next, connections, func(requests int) {
			print(fmt.Sprintf("after %.0f s", time.Since(began).Seconds()), connections, requests)
		})
	}
}

// strangers gives requests of nobody's, each unlike the others: without a token,
// with what is none, with somebody else's, and with a forged one, whose key every
// other time is unknown.
func (r *rivals) strangers() func(int) []byte {
	r.b.Helper()
	claims := r.teams.Claims()
	claims["serviceurl"] = r.connector.server.URL + "/"
	strange := maps.Clone(claims)
	strange["iss"] = "https://sts.windows.net/strange/"
	own, other, known := r.inToken(claims), r.inToken(strange), r.keyID()
	body := r.activity(anInvoke, 0, r.connector.server.URL+"/")
	return func(i int) []byte {
		signature := make([]byte, 256)
		_, _ = rand.Read(signature) // it never fails
		end := "." + base64.RawURLEncoding.EncodeToString(signature)
		head := r.inToken(map[string]any{"alg": "RS256", "typ": "JWT", "kid": rand.Text()})
		if i%8 < 4 {
			head = r.inToken(map[string]any{"alg": "RS256", "typ": "JWT", "kid": known})
		}
		return request("/api/messages", [...]string{"", "Bearer " + head + ".def" + end, "Bearer " + head + "." + other + end, "Bearer " + head + "." + own + end}[i%4], body)
	}
}

// inToken is a part of a token.
func (r *rivals) inToken(part map[string]any) string {
	r.b.Helper()
	text, err := json.Marshal(part)
	r.must(err)
	return base64.RawURLEncoding.EncodeToString(text)
}

// slice is a part of a flood: every connection sends one request after the
// other, and makes way for a new one after a hundred. Those of the end are open
// when it is looked at.
func (r *rivals) slice(next func(int) []byte, connections int, look func(requests int)) {
	r.b.Helper()
	wires, sent := make([]*wire, connections), make([]int, connections)
	failed := make(chan error, connections)
	var all sync.WaitGroup
	began := time.Now()
	for i := range wires {
		wires[i] = &wire{addr: r.bot.addr}
		defer wires[i].close()
		all.Go(func() {
			for time.Since(began) < floodSlice {
				if sent[i]%100 == 0 {
					wires[i].close()
				}
				status, _, err := wires[i].send(next(sent[i]), 0)
				if err != nil || status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
					failed <- fmt.Errorf("got %d: %w", status, err)
					return
				}
				sent[i]++
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		r.b.Fatal(err)
	default:
	}
	total := 0
	for _, n := range sent {
		total += n
	}
	look(total)
}

// asked is how often the bot called anybody.
type asked struct{ metadata, keys, tokens, connector, apono int64 }

func (r *rivals) asked() asked {
	calls := func(op string) int64 { return int64(r.teams.Calls(op)) }
	connector := r.connector.taken.Load()
	for _, op := range []string{
		teamstest.OpCreate, teamstest.OpSend, teamstest.OpUpdate, teamstest.OpDelete, teamstest.OpMember, teamstest.OpMembers,
	} {
		connector += calls(op)
	}
	return asked{calls(teamstest.OpMetadata), calls(teamstest.OpKeys), calls(teamstest.OpToken), connector, r.aponoCalls.Load()}
}

// asks prints what the bot has asked since.
func (r *rivals) asks(since asked) {
	now := r.asked()
	fmt.Printf("\n| The bot, in all of it, has asked | |\n|---|---|\n| for Microsoft's metadata and keys | %d and %d times |\n| for a token of its own | %d times |\n| Teams' connector | %d times |\n| Apono | %d times |\n",
		now.metadata-since.metadata, now.keys-since.keys, now.tokens-since.tokens, now.connector-since.connector, now.apono-since.apono)
}
