package main

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// flood is requests of somebody who is not Teams, and what they are held
// against: a path of the floor's.
type flood struct {
	name          string
	authorization string
	floor         string
}

// BenchmarkFlood is what it costs to turn away who is not Teams, beside net/http
// that answers as much, what memory that takes, whom the bot asks because of it,
// and what people notice.
func BenchmarkFlood(b *testing.B) {
	r := newRivals(b)
	r.warmUp()
	for b.Loop() {
		since := r.asked()
		r.levels()
		fmt.Print("\n| A flood of requests | Processor time, bot | floor | × |\n|---|---|---|---|\n")
		for _, f := range r.floods() {
			r.turnedAway(f)
		}
		r.asks(since)
		r.noticed()
	}
}

func (r *rivals) floods() []flood {
	r.b.Helper()
	claims := r.teams.Claims()
	claims["serviceurl"] = r.connector.server.URL + "/"
	strange := maps.Clone(claims)
	strange["iss"] = "https://sts.windows.net/strange/"
	return []flood{
		{"without a token", "", "/bare"},
		{"with what is no token", "Bearer abc.def.ghi", "/bare"},
		{"with a token of somebody else's", "Bearer " + r.teams.SignToken(strange), "/bare"},
		{"with a forged token", "Bearer " + r.forged(claims), "/checked"},
	}
}

// forged is a token that only its signature tells from Teams' own.
func (r *rivals) forged(claims map[string]any) string {
	r.b.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	r.must(err)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(claims))
	token.Header["kid"] = r.keyID()
	signed, err := token.SignedString(key)
	r.must(err)
	return signed
}

// keyID names the key that Teams signs with.
func (r *rivals) keyID() string {
	r.b.Helper()
	own, _, err := jwt.NewParser().ParseUnverified(r.teams.SignToken(r.teams.Claims()), jwt.MapClaims{})
	r.must(err)
	return own.Header["kid"].(string)
}

// turnedAway prints a row: the bot and the floor in turns.
func (r *rivals) turnedAway(f flood) {
	r.b.Helper()
	body := r.activity(anInvoke, 0, r.connector.server.URL+"/")
	var bots, floors []measured
	for range benchRounds {
		bots = append(bots, r.load(r.bot, repeated(request("/api/messages", f.authorization, body), 64), 0, benchSlice))
		floors = append(floors, r.load(r.floor, repeated(request(f.floor, f.authorization, body), 64), 0, benchSlice))
	}
	bot, floor := medians(bots), medians(floors)
	fmt.Printf("| %s | %s | %s | %.2f |\n", f.name, micros(bot.cpu), micros(floor.cpu), float64(bot.cpu)/float64(floor.cpu))
}

// repeated is a request for each of so many connections.
func repeated(request []byte, n int) (all [][]byte) {
	for range n {
		all = append(all, append([]byte(nil), request...))
	}
	return all
}

// noticed prints how long people wait, alone and in a flood.
func (r *rivals) noticed() {
	r.b.Helper()
	const aSecond, floods = 2000, 20
	body := r.activity(anInvoke, 0, r.connector.server.URL+"/")
	people := r.requests(anInvoke, 4)
	var alone, flooded []measured
	for range benchRounds {
		alone = append(alone, r.load(r.bot, people, http.StatusOK, benchSlice))
		stop := make(chan struct{})
		var all sync.WaitGroup
		for range floods {
			all.Go(func() { r.pour(request("/api/messages", "", body), time.Second*floods/aSecond, stop) })
		}
		flooded = append(flooded, r.load(r.bot, people, http.StatusOK, benchSlice))
		close(stop)
		all.Wait()
	}
	before, during := medians(alone), medians(flooded)
	fmt.Printf("\n| 4 people press again and again | p50 | p99 |\n|---|---|---|\n| alone | %s | %s |\n| in a flood of %d requests a second | %s | %s |\n",
		millis(before.at(500)), millis(before.at(990)), aSecond, millis(during.at(500)), millis(during.at(990)))
}

// pour sends a request again and again until it is stopped.
func (r *rivals) pour(request []byte, every time.Duration, stop <-chan struct{}) {
	w := &wire{addr: r.bot.addr}
	defer w.close()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			if _, _, err := w.send(request, r.number.Add(1)); err != nil {
				w.close()
			}
		}
	}
}
