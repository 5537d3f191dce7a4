package teamsbot

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// Making RSA keys is slow: all doors use these.
var (
	microsoftsKey = sync.OnceValue(newRSAKey)
	strangersKey  = sync.OnceValue(newRSAKey)
)

func newRSAKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// door is a bot's door: it answers as the program does, with the same limits,
// believes in the keys of an issuer that tests can spoil, and does no work of
// its own accord.
type door struct {
	w      *world
	bot    *Bot
	addr   string
	began  time.Time    // where the clock of tokens and keys stands
	clock  atomic.Int64 // and how far it was moved since
	issuer *issuer
	dana   *someone
	conn   *pgx.Conn
	asked  atomic.Int32 // calls to Apono

	aponoURL string
	tables   string // the statement that sums up what is remembered
}

// newDoor starts one; change may alter the bot's configuration.
func newDoor(t testing.TB, change ...func(*Config)) *door {
	t.Helper()
	w := newWorld(t)
	d := &door{w: w, issuer: newIssuer(t), dana: w.person("Dana"), began: time.Now()}
	apono := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		d.asked.Add(1)
		w.apono.ServeHTTP(rw, r)
	}))
	t.Cleanup(apono.Close)
	d.aponoURL = apono.URL
	d.open(change...)
	var err error
	d.conn, err = pgx.Connect(t.Context(), w.dbURL)
	must(t, err)
	t.Cleanup(func() { must(t, d.conn.Close(context.WithoutCancel(t.Context()))) })
	return d
}

// open starts a bot that has seen no keys yet.
func (d *door) open(change ...func(*Config)) {
	t := d.w.t
	t.Helper()
	c := d.w.bot.Config
	var err error
	c.Apono, err = aponoapi.New(aponoapi.Config{URL: d.aponoURL, Token: "service-token"})
	must(t, err)
	c.Verifier, err = teams.NewVerifier(teams.VerifierConfig{
		AppID: d.w.teams.AppID(), OpenIDURL: d.issuer.openIDURL(),
		ServiceHosts: []string{d.w.teams.Host(), "smba.trafficmanager.net"}, HTTPClient: d.issuer.Client(),
		Now: func() time.Time { return d.began.Add(time.Duration(d.clock.Load())) },
	})
	must(t, err)
	for _, f := range change {
		f(&c)
	}
	d.bot, err = New(c)
	must(t, err)
	server := httptest.NewUnstartedServer(nil)
	server.Config = d.bot.Server()
	server.Start()
	t.Cleanup(server.Close)
	d.addr = server.Listener.Addr().String()
}

// claims are those of an honest token, which the table alters.
func (d *door) claims() map[string]any { return d.w.teams.Claims() }

// token is signed by Microsoft.
func (d *door) token(claims map[string]any) string {
	return signed(d.w.t, jwt.SigningMethodRS256, microsoftsKey(), map[string]any{"kid": "k1"}, claims)
}

// signed is a token by any method and key, with these fields in its header.
func signed(t testing.TB, method jwt.SigningMethod, key any, header, claims map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	for name, value := range header {
		token.Header[name] = value
	}
	text, err := token.SignedString(key)
	must(t, err)
	return text
}

// signedText is a token that no library would write, signed by Microsoft.
func signedText(t testing.TB, header, claims string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := jwt.SigningMethodRS256.Sign(text, microsoftsKey())
	must(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// says is a message of Dana's that the bot answers with one of its own.
func (d *door) says() map[string]any {
	a := d.dana.Activity("message")
	a["text"] = "help"
	return a
}

// post sends lines of a header and a body as they are, which net/http's client
// would not, and gives the status; 0 if the connection was cut.
func (d *door) post(lines []string, body []byte) (status int, answer string) {
	t := d.w.t
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", d.addr)
	must(t, err)
	defer func() { _ = conn.Close() }()
	must(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	head := fmt.Sprintf("POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n", len(body))
	for _, line := range lines {
		head += line + "\r\n"
	}
	go func() { _, _ = conn.Write(append([]byte(head+"\r\n"), body...)) }() // it may be cut off
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, ""
	}
	return res.StatusCode, string(text)
}

// traces is everything that something which happened behind the door would
// change: rows, calls to Teams, to the sign-in and to Apono.
func (d *door) traces() string {
	t := d.w.t
	t.Helper()
	d.bot.late.Wait() // the answer to who was let in before is kept
	if d.tables == "" {
		d.tables = d.one(`
			SELECT string_agg(format('SELECT %L || count(*) || '' '' || coalesce(sum(hashtext(t::text)), 0) AS line FROM %I t', table_name || ' ', table_name), ' UNION ALL ')
			FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE 'river%' AND table_name NOT IN ('goose_db_version', 'sweeps')`)
	}
	rows := d.one("SELECT string_agg(line, E'\n' ORDER BY line) FROM (" + d.tables + ") all_tables")
	calls := 0
	for _, op := range []string{
		teamstest.OpCreate, teamstest.OpSend, teamstest.OpUpdate, teamstest.OpDelete, teamstest.OpMember, teamstest.OpMembers, teamstest.OpToken,
	} {
		calls += d.w.teams.Calls(op)
	}
	return fmt.Sprintf("%s\nTeams %d, Apono %d, strangers %d", rows, calls, d.asked.Load(), d.issuer.strangers.Load())
}

// one is the one text that a statement gives.
func (d *door) one(statement string) (text string) {
	d.w.t.Helper()
	must(d.w.t, d.conn.QueryRow(d.w.t.Context(), statement).Scan(&text))
	return text
}

// issuer serves Microsoft's metadata and keys, and counts.
type issuer struct {
	*httptest.Server
	stranger            *httptest.Server // where forged tokens point to
	metadata, keyCalls  atomic.Int32
	strangers           atomic.Int32
	serveKeys, serveDoc atomic.Pointer[http.HandlerFunc] // in place of what is right
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := new(issuer)
	i.stranger = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.strangers.Add(1)
		answerJSON(w, map[string]any{"keys": []any{webKey("k9", strangersKey(), "msteams")}})
	}))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /doc", func(w http.ResponseWriter, r *http.Request) {
		i.metadata.Add(1)
		if f := i.serveDoc.Load(); f != nil {
			(*f)(w, r)
			return
		}
		answerJSON(w, map[string]any{
			"issuer": teamstest.Issuer, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		i.keyCalls.Add(1)
		if f := i.serveKeys.Load(); f != nil {
			(*f)(w, r)
			return
		}
		answerJSON(w, map[string]any{"keys": doorKeys()})
	})
	i.Server = httptest.NewUnstartedServer(mux)
	for _, server := range []*httptest.Server{i.Server, i.stranger} {
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		t.Cleanup(server.Close)
	}
	i.StartTLS()
	return i
}

func (i *issuer) openIDURL() string { return i.URL + "/doc" }

// doorKeys is a key set with every kind of key that a token can name.
func doorKeys() []any {
	unreadable := webKey("list", microsoftsKey(), "msteams")
	unreadable["n"] = []int{1}
	curve := webKey("curve", microsoftsKey(), "msteams")
	curve["kty"], curve["crv"] = "EC", "P-256"
	return []any{
		webKey("k1", microsoftsKey(), "msteams", "webchat"),
		webKey("web", microsoftsKey(), "webchat", "directline"),
		webKey("bare", microsoftsKey()),
		webKey("twice", microsoftsKey(), "webchat"),
		webKey("twice", strangersKey(), "msteams"),
		unreadable, curve, "no key at all",
	}
}

func webKey(id string, key *rsa.PrivateKey, endorsements ...string) map[string]any {
	k := map[string]any{
		"kty": "RSA", "use": "sig", "kid": id, "x5t": id,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
	if endorsements != nil {
		k["endorsements"] = endorsements
	}
	return k
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// bearer is the header line of a token.
func bearer(token string) []string { return []string{"Authorization: Bearer " + token} }

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	must(t, err)
	return text
}
