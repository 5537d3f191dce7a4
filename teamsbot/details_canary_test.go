package teamsbot

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

// The canary: details that were viewed, failed, lost, late, repeated and reset
// are afterwards nowhere but with who viewed them.
func TestCanaryOfDetailsIsNowhere(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.granted("Dana")
	faults := []aponotest.Fault{
		{},
		{Status: 429, Message: "busy with " + w.secret()},
		{Status: 502, Message: w.secret()},
		{Status: 403, Message: w.secret()},
		{Status: 400, Message: w.secret()},
		{Status: 409, Message: w.secret()},
		{CutAfter: true},
		{Malformed: true},
		{CutBefore: true},
	}
	var press map[string]any
	for _, f := range faults {
		open := dana.presses("View details")
		if f.Path = detailsPath; f != (aponotest.Fault{Path: detailsPath}) {
			f.Times = 1
			w.apono.Fault(f)
			open.press("Show")
			w.settle()
		}
		if dana.has("View details") { // what was refused is not lost
			press = dana.pressOf(open, "Show")
			for range 3 {
				w.sendTo(w.url, press)
			}
			w.sendTo(other, press)
		}
		w.settle()
		dana.presses("Reset credentials").press("Reset credentials")
		w.apono.Advance(31 * time.Second)
		w.awaitResets()
	}
	must(t, w.apono.Revoke(w.requests()[0].V3ID))
	w.pass(time.Minute)
	w.pass(time.Minute)
	must(t, w.bot.forget(t.Context()))

	if n := w.reads(); n != 7 {
		t.Fatalf("%d reads: the test has not done its work", n)
	}
	w.keptNoSecret(len(faults), w.url, other)
}

// The same for a connected person, whose details have more parts.
func TestCanaryOfDetailsOfASessionIsNowhere(t *testing.T) {
	w := newWorld(t)
	_, other := w.replica()
	dana := w.connected("Dana")
	faults := []aponotest.Fault{{}, {Status: 429, Message: w.secret()}, {CutAfter: true}, {Malformed: true}, {Status: 401, Message: w.secret()}}
	for _, f := range faults {
		open := dana.presses("View details")
		if f.Path = sessionDetailsPath; f != (aponotest.Fault{Path: sessionDetailsPath}) {
			f.Times = 1
			w.apono.Fault(f)
			if again := open.press("Show"); again.Has("Your connection to Apono has ended") {
				again.fill(cards.FieldToken, tokenOf(dana.Name)).press("Connect")
			}
			w.settle()
		}
		if dana.has("View details") {
			press := dana.pressOf(open, "Show")
			w.sendTo(w.url, press)
			w.sendTo(w.url, press)
			w.sendTo(other, press)
		}
		w.settle()
		dana.presses("Reset credentials").press("Reset credentials")
		w.apono.Advance(5 * time.Second)
		w.awaitResets()
	}
	if n := w.reads(); n != 5 {
		t.Fatalf("%d reads: the test has not done its work", n)
	}
	w.keptNoSecret(len(faults), w.url, other)
}

// keptNoSecret looks for all the secrets of Apono, of which there must be some,
// wherever the bot could have put one.
func (w *world) keptNoSecret(some int, replicas ...string) {
	t := w.t
	t.Helper()
	secrets := w.apono.Secrets()
	if len(secrets) < some {
		t.Fatalf("there are %d secrets, want %d", len(secrets), some)
	}
	var metrics string
	for _, url := range replicas {
		metrics += w.metricsOf(url)
	}
	var spellings []string
	for _, secret := range secrets {
		w.hasNowhere(secret)
		spellings = append(spellings, secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret))[:20])
	}
	for _, spelled := range spellings {
		if strings.Contains(metrics, spelled) {
			t.Error("the metrics have it")
		}
	}
	const known = "dana@acme.example" // in the database
	found := map[string][]string{known: nil}
	if os.Getenv("TEST_DATABASE_URL") == "" { // another server's disk is not ours to look at
		found = w.onDisk(append(spellings, known)...)
	}
	if _, ok := found[known]; !ok || !strings.Contains(metrics, "details.show") {
		t.Error("the search finds nothing at all")
	}
	for text, files := range found {
		if text != known {
			t.Errorf("%q have it", files)
		}
	}
}

// metricsOf is what a replica tells Prometheus.
func (w *world) metricsOf(url string) string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, url+"/metrics", nil)
	must(w.t, err)
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(w.t, err)
	return string(body)
}

// onDisk are the files of Postgres in which the texts are: tables, indexes, the
// log of writes and its own.
func (w *world) onDisk(texts ...string) map[string][]string {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	conn, err := pgx.Connect(ctx, w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, `CHECKPOINT`)
	must(w.t, err)
	var dir, base string
	must(w.t, conn.QueryRow(ctx, `SELECT current_setting('data_directory'),
		'base/' || (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&dir, &base))
	found := make(map[string][]string)
	look := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(content, []byte(text)) {
				found[text] = append(found[text], path)
			}
		}
		return err
	}
	for _, part := range []string{base, "pg_wal", "log"} {
		err := filepath.WalkDir(filepath.Join(dir, part), func(path string, entry fs.DirEntry, err error) error {
			if err = look(path, entry, err); errors.Is(err, fs.ErrNotExist) {
				return nil // there is no such log, or it has been dropped meanwhile
			}
			return err
		})
		must(w.t, err)
	}
	return found
}
