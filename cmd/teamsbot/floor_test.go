package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// asFloor is the variable that makes this test binary the floor: the least that
// answers what the bot answers, to measure the bot against.
const asFloor = "TEAMSBOT_TEST_AS_FLOOR"

// floorConfig is what the floor finds in that variable.
type floorConfig struct {
	Addr, AppID, CAFile string
	Key                 []byte // PKIX, of Teams
	Reply, Answer       []byte // what the bot sends and answers, ready-made
}

// floor is net/http that checks tokens (with a cache of its own) and decodes
// what comes. Its replies go out over a connection that is kept.
type floor struct {
	floorConfig
	key    any
	parser *jwt.Parser
	client *http.Client

	mu    sync.Mutex
	known map[[sha256.Size]byte]*floorClaims
}

type floorClaims struct {
	jwt.RegisteredClaims
	ServiceURL string `json:"serviceurl"`
}

// floorActivity is what of an activity has to be read.
type floorActivity struct {
	Type         string `json:"type"`
	ID           string `json:"id"`
	Name         string `json:"name"`
	Text         string `json:"text"`
	ServiceURL   string `json:"serviceUrl"`
	ChannelID    string `json:"channelId"`
	Locale       string `json:"locale"`
	Conversation struct {
		ID       string `json:"id"`
		TenantID string `json:"tenantId"`
	} `json:"conversation"`
	From struct {
		ID       string `json:"id"`
		ObjectID string `json:"aadObjectId"`
	} `json:"from"`
	Value struct {
		Data json.RawMessage `json:"data"`
	} `json:"value"`
}

// runFloor serves until it is told to end.
func runFloor(config string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	f := &floor{known: make(map[[sha256.Size]byte]*floorClaims)}
	if err := json.Unmarshal([]byte(config), &f.floorConfig); err != nil {
		return err
	}
	var err error
	if f.key, err = x509.ParsePKIXPublicKey(f.Key); err != nil {
		return err
	}
	f.parser = jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer("https://api.botframework.com"),
		jwt.WithAudience(f.AppID), jwt.WithExpirationRequired(), jwt.WithLeeway(5*time.Minute))
	pem, err := os.ReadFile(f.CAFile)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.TLSClientConfig = 64, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	f.client = &http.Client{Transport: transport}

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/messages", f.messages)
	mux.HandleFunc("POST /bare", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mux.HandleFunc("POST /checked", f.checked)
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.Addr)
	if err != nil {
		return err
	}
	return serveHTTP(ctx, listener, mux)
}

func (f *floor) messages(w http.ResponseWriter, r *http.Request) {
	claims, err := f.check(r)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256<<10))
	var a floorActivity
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	switch {
	case err != nil, a.ID == "", a.ServiceURL != claims.ServiceURL:
		w.WriteHeader(http.StatusBadRequest)
	case a.Type == "invoke":
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(f.Answer)
	default:
		if err := f.reply(r.Context(), a); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
}

// checked is who is refused after the signature was looked at.
func (f *floor) checked(w http.ResponseWriter, r *http.Request) {
	if _, err := f.check(r); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// check is whose token came with a request.
func (f *floor) check(r *http.Request) (*floorClaims, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, errors.New("no token")
	}
	sum := sha256.Sum256([]byte(token))
	f.mu.Lock()
	known, ok := f.known[sum]
	f.mu.Unlock()
	if ok && time.Now().Before(known.ExpiresAt.Time) {
		return known, nil
	}
	claims := new(floorClaims)
	if _, err := f.parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return f.key, nil }); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.known[sum] = claims
	f.mu.Unlock()
	return claims, nil
}

func (f *floor) reply(ctx context.Context, a floorActivity) error {
	to := strings.TrimSuffix(a.ServiceURL, "/") + "/v3/conversations/" + a.Conversation.ID + "/activities"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(f.Reply))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+strings.Repeat("t", 1000))
	response, err := f.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var created struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&created); err != nil || created.ID == "" {
		return fmt.Errorf("no message was made: %w", err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}
