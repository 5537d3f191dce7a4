package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

const (
	residentMemory = "process_resident_memory_bytes"

	benchRounds = 5
	benchSlice  = 1500 * time.Millisecond
)

// BenchmarkFloor is the bot beside the floor, in turns: processor time, answers
// and times at 1, 64 and 512 connections.
func BenchmarkFloor(b *testing.B) {
	r := newRivals(b)
	r.warmUp()
	for b.Loop() {
		fmt.Print("\n| | Connections | Processor time, bot | floor | × | Answers a second, bot | floor | p50, bot | floor | p99, bot | floor | × | p99.9, bot | floor |\n" +
			"|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
		for _, k := range []kind{aMessage, anInvoke, aNewDraft} {
			for _, connections := range []int{1, 64, 512} {
				r.compare(k, connections)
			}
		}
		r.newTokens()
		r.memory()
		r.starts()
	}
}

// warmUp lets everybody press once, so that the bot knows them and what they may
// request, and gives the floor what the bot answers.
func (r *rivals) warmUp() {
	r.b.Helper()
	w := &wire{addr: r.bot.addr}
	defer w.close()
	home, away := r.teams.ServiceURL(), r.connector.server.URL+"/"
	atHome, token := "Bearer "+r.tokenFor(home, 0), "Bearer "+r.tokenFor(away, 0)
	var answer []byte
	for i := range r.people {
		for _, req := range [][]byte{
			request("/api/messages", atHome, r.activity(aNewDraft, i, home)),
			request("/api/messages", token, r.activity(aMessage, i, away)),
			request("/api/messages", token, r.activity(anInvoke, i, away)),
		} {
			status, body, err := w.send(req, r.number.Add(1))
			if err != nil || status != http.StatusOK {
				r.b.Fatalf("got %d (%v) %.200s", status, err, body)
			}
			answer = body
		}
	}
	r.sql(`ANALYZE`)
	r.startFloor(*r.connector.last.Load(), answer)
}

// requests are so many of one kind, each of somebody else.
func (r *rivals) requests(k kind, n int) [][]byte {
	away := r.connector.server.URL + "/"
	token := "Bearer " + r.tokenFor(away, 0)
	all := make([][]byte, n)
	for i := range all {
		all[i] = request("/api/messages", token, r.activity(k, i, away))
	}
	return all
}

// compare prints a row: the bot and the floor in turns.
func (r *rivals) compare(k kind, connections int) {
	r.b.Helper()
	var bots, floors []measured
	all, opened := r.requests(k, connections), r.connector.opened.Load()
	for range benchRounds {
		bots = append(bots, r.load(r.bot, all, http.StatusOK, benchSlice))
		floors = append(floors, r.load(r.floor, all, http.StatusOK, benchSlice))
	}
	bot, floor := medians(bots), medians(floors)
	fmt.Printf("| %s | %d | %s | %s | %.2f | %.0f | %.0f | %s | %s | %s | %s | %.2f | %s | %s |\n",
		k, connections, micros(bot.cpu), micros(floor.cpu), float64(bot.cpu)/float64(floor.cpu), bot.rate, floor.rate,
		millis(bot.at(500)), millis(floor.at(500)), millis(bot.at(990)), millis(floor.at(990)),
		float64(bot.at(990))/float64(floor.at(990)), millis(bot.at(999)), millis(floor.at(999)))
	if opened = r.connector.opened.Load() - opened; opened > 0 {
		fmt.Printf("| %s | %d | %d connections to Teams were opened |\n", k, connections, opened)
	}
}

// newTokens prints what a token costs that was never seen before.
func (r *rivals) newTokens() {
	r.b.Helper()
	const n = 1500
	away := r.connector.server.URL + "/"
	var fresh [][]byte
	for i := range n {
		fresh = append(fresh, request("/api/messages", "Bearer "+r.tokenFor(away, i+1), r.activity(anInvoke, i%benchPeople, away)))
	}
	known := r.requests(anInvoke, benchPeople)
	w := &wire{addr: r.bot.addr}
	defer w.close()
	cpu := func(of func(int) []byte) time.Duration {
		before := r.metric(r.bot, "process_cpu_seconds_total")
		for i := range n {
			if status, body, err := w.send(of(i), r.number.Add(1)); err != nil || status != http.StatusOK {
				r.b.Fatalf("got %d (%v) %s", status, err, body)
			}
		}
		return time.Duration((r.metric(r.bot, "process_cpu_seconds_total") - before) / n * float64(time.Second))
	}
	before, first, after := cpu(func(i int) []byte { return known[i%benchPeople] }), cpu(func(i int) []byte { return fresh[i] }), cpu(func(i int) []byte { return known[i%benchPeople] })
	fmt.Printf("\n| | |\n|---|---|\n| A token never seen before | %s of processor time more |\n", micros(first-(before+after)/2))
}

// memory prints what the bot has of it.
func (r *rivals) memory() {
	r.b.Helper()
	fmt.Printf("| Memory after all of this | %.0f MB; floor %.0f MB |\n", r.metric(r.bot, residentMemory)/(1<<20), r.metric(r.floor, residentMemory)/(1<<20))
}

// starts prints how long a start takes, and how large the program is.
func (r *rivals) starts() {
	r.b.Helper()
	const n = 7
	away := r.connector.server.URL + "/"
	first := request("/api/messages", "Bearer "+r.tokenFor(away, 0), r.activity(anInvoke, 0, away))
	var took, answered, idle []float64
	for range n {
		fresh := rival{addr: r.freeAddress()}
		began := time.Now()
		fresh.cmd = r.launch(exec.CommandContext(context.WithoutCancel(r.b.Context()), r.binary, "serve"), r.botEnv(fresh.addr))
		r.ready(fresh)
		took = append(took, float64(time.Since(began)))
		w := &wire{addr: fresh.addr}
		if status, body, err := w.send(first, r.number.Add(1)); err != nil || status != http.StatusOK {
			r.b.Fatalf("got %d (%v) %s", status, err, body)
		}
		answered = append(answered, float64(time.Since(began)))
		w.close()
		time.Sleep(2 * time.Second) // what the regular work needs
		idle = append(idle, r.metric(fresh, residentMemory))
		r.must(fresh.cmd.Process.Signal(syscall.SIGTERM))
	}
	file, err := os.Stat(r.binary)
	r.must(err)
	fmt.Printf("| From start to ready | %s |\n| From start to the first answer | %s |\n| Memory when idle | %.0f MB |\n| The program | %.0f MB |\n",
		millis(time.Duration(median(took))), millis(time.Duration(median(answered))), median(idle)/(1<<20), float64(file.Size())/(1<<20))
}
