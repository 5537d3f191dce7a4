package teams

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

const (
	testApp    = "11111111-2222-3333-4444-555555555555"
	testTenant = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	testSecret = "app-password-canary"
)

// Making RSA keys is slow: every test uses these.
var (
	firstKey  = sync.OnceValue(func() *rsa.PrivateKey { return newKey() })
	secondKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey() })
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// microsoft plays metadata, keys, sign-in and connector on one TLS server.
type microsoft struct {
	*httptest.Server
	clock *clock

	metadataCalls, keyCalls, signIns atomic.Int32

	mu       sync.Mutex
	keys     []map[string]any
	metadata func(http.ResponseWriter, *http.Request) // replaces the document
	tokens   []string                                 // handed out, newest last
	calls    []call
	answers  []http.HandlerFunc // what the connector answers, in turn; then it is well
}

// call is one request that reached the connector.
type call struct {
	Method, Path, RawPath, Token string
	Body                         string
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

func newMicrosoft(t testing.TB) *microsoft {
	t.Helper()
	m := &microsoft{clock: &clock{t: time.Now().Truncate(time.Second)}}
	m.keys = []map[string]any{jwk("k1", firstKey(), ChannelTeams, "webchat")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/.well-known/openidconfiguration", m.serveMetadata)
	mux.HandleFunc("GET /v1/.well-known/keys", func(w http.ResponseWriter, _ *http.Request) {
		m.keyCalls.Add(1)
		m.mu.Lock()
		defer m.mu.Unlock()
		writeJSON(w, http.StatusOK, map[string]any{"keys": m.keys})
	})
	mux.HandleFunc("GET /"+testTenant+"/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		base := m.URL + "/" + testTenant
		writeJSON(w, http.StatusOK, map[string]any{
			"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token",
			"authorization_endpoint": base + "/oauth2/v2.0/authorize",
		})
	})
	mux.HandleFunc("POST /"+testTenant+"/oauth2/v2.0/token", m.serveToken)
	mux.HandleFunc("/teams/", m.serveConnector)
	m.Server = httptest.NewUnstartedServer(mux)
	m.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes of clients that were sent away
	m.StartTLS()
	t.Cleanup(m.Close)
	return m
}

func (m *microsoft) serveMetadata(w http.ResponseWriter, r *http.Request) {
	m.metadataCalls.Add(1)
	m.mu.Lock()
	replaced := m.metadata
	m.mu.Unlock()
	if replaced != nil {
		replaced(w, r)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"jwks_uri": m.URL + "/v1/.well-known/keys"})
}

func (m *microsoft) serveToken(w http.ResponseWriter, r *http.Request) {
	m.signIns.Add(1)
	if r.PostFormValue("client_secret") != testSecret && r.PostFormValue("client_assertion") == "" {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": "AADSTS7000215"})
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	token := "token-" + string(rune('A'+len(m.tokens)))
	m.tokens = append(m.tokens, token)
	writeJSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": token})
}

func (m *microsoft) serveConnector(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	m.calls = append(m.calls, call{
		r.Method, strings.TrimPrefix(r.URL.Path, "/teams"), r.URL.EscapedPath(),
		strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), string(body),
	})
	var answer http.HandlerFunc
	if len(m.answers) > 0 {
		answer, m.answers = m.answers[0], m.answers[1:]
	}
	m.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case strings.Contains(r.URL.Path, "/members/"):
		writeJSON(w, http.StatusOK, map[string]any{
			"id": "29:dana", "objectId": "dana-object", "name": "Dana", "email": "dana@example.com",
			"userPrincipalName": "dana@example.com", "tenantId": testTenant, "userRole": "user",
		})
	default:
		writeJSON(w, http.StatusCreated, map[string]any{"id": "m-1"})
	}
}

func (m *microsoft) seen() []call {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]call(nil), m.calls...)
}

func (m *microsoft) setKeys(keys ...map[string]any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = keys
}

func (m *microsoft) setMetadata(h http.HandlerFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.metadata = h
}

func (m *microsoft) host() string { return strings.TrimPrefix(m.URL, "https://") }

func (m *microsoft) serviceURL() string { return m.URL + "/teams/" }

func (m *microsoft) verifier(t testing.TB) *Verifier {
	t.Helper()
	v, err := NewVerifier(VerifierConfig{
		AppID: testApp, OpenIDURL: m.URL + "/v1/.well-known/openidconfiguration",
		ServiceHosts: []string{m.host()}, HTTPClient: m.Server.Client(), Now: m.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// activity is a good one, and claims the good claims that go with it.
func (m *microsoft) activity() schema.Activity {
	return schema.Activity{Type: schema.Message, ID: "1", ChannelID: ChannelTeams, ServiceURL: m.serviceURL()}
}

func (m *microsoft) claims() jwt.MapClaims {
	now := m.clock.Now()
	return jwt.MapClaims{
		"serviceurl": m.serviceURL(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"iss": defaultIssuer, "aud": testApp,
	}
}

// token is a good token, changed by change.
func (m *microsoft) token(t testing.TB, change func(jwt.MapClaims)) string {
	t.Helper()
	claims := m.claims()
	if change != nil {
		change(claims)
	}
	return sign(t, jwt.SigningMethodRS256, firstKey(), "k1", claims)
}

func sign(t testing.TB, method jwt.SigningMethod, key any, keyID string, claims jwt.Claims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if keyID != "" {
		token.Header["kid"] = keyID
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// signRaw signs segments that no library would write.
func signRaw(t testing.TB, header, claims string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := jwt.SigningMethodRS256.Sign(text, firstKey())
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func jwk(id string, key *rsa.PrivateKey, endorsements ...string) map[string]any {
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

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func compact(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return b.String()
}
