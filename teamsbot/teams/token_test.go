package teams

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t testing.TB, address string) url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return *u
}

func TestOneSignInForMany(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	c := m.client(t)
	atOnce(32, func() {
		if _, err := c.Member(t.Context(), m.chat(), "29:dana"); err != nil {
			t.Error(err)
		}
	})
	if got := m.signIns.Load(); got != 1 {
		t.Errorf("got %d sign-ins, want 1", got)
	}
}

// A token that the connector refuses is replaced, once.
func TestRefusedTokenIsReplaced(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	c := m.client(t)
	m.answer(fails(http.StatusUnauthorized, ""))
	if id, err := c.Send(t.Context(), m.chat(), Message{Text: "hi"}); err != nil || id != "m-1" {
		t.Fatalf("got %q, %v", id, err)
	}
	calls := m.seen()
	if len(calls) != 2 || calls[0].Token != "token-A" || calls[1].Token != "token-B" || calls[1].Body != calls[0].Body {
		t.Errorf("got %+v", calls)
	}
	m.answer(fails(http.StatusUnauthorized, "BotNotRegistered"))
	_, err := c.Send(t.Context(), m.chat(), Message{Text: "hi"})
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized || e.Code != "BotNotRegistered" || errors.Is(err, ErrUnclear) {
		t.Errorf("got %v", err)
	}
	if got := m.signIns.Load(); got != 2 {
		t.Errorf("got %d sign-ins, want 2: no more than one renewal a minute", got)
	}
	m.clock.Add(renewEvery)
	m.answer(fails(http.StatusUnauthorized, ""))
	if _, err := c.Send(t.Context(), m.chat(), Message{Text: "hi"}); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestSignInFails(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	credential, err := NewCredential(CredentialConfig{
		AppID: testApp, TenantID: testTenant, Password: "wrong-canary", LoginURL: m.URL,
		DisableInstanceDiscovery: true, HTTPClient: m.Server.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewClient(ClientConfig{AppID: testApp, Credential: credential, ServiceHosts: []string{m.host()}, HTTPClient: m.Server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Send(t.Context(), m.chat(), Message{Text: "hi"})
	if err == nil || !strings.Contains(err.Error(), "AADSTS7000215") || errors.Is(err, ErrUnclear) {
		t.Errorf("got %v, want Entra's own words", err)
	}
	if err != nil && strings.Contains(err.Error(), "wrong-canary") {
		t.Errorf("the error tells the password: %v", err)
	}
	if got := m.signIns.Load(); got != 1 {
		t.Errorf("got %d sign-ins, want 1", got)
	}
	if got := m.seen(); got != nil {
		t.Errorf("something was sent: %+v", got)
	}
}

func TestSignInWithCertificate(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, firstKey().Public(), firstKey())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bot.pem")
	content := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(firstKey())})...)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	credential, err := NewCredential(CredentialConfig{
		AppID: testApp, TenantID: testTenant, CertificateFile: file, LoginURL: m.URL,
		DisableInstanceDiscovery: true, HTTPClient: m.Server.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &bearer{credential: credential, scope: defaultScope, now: time.Now}
	if token, err := b.get(t.Context()); err != nil || token != "token-A" {
		t.Errorf("got %q, %v", token, err)
	}
}

func TestNewCredentialRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]CredentialConfig{
		"no app":                {TenantID: testTenant, Password: "x"},
		"no tenant":             {AppID: testApp, Password: "x"},
		"nothing to sign with":  {AppID: testApp, TenantID: testTenant},
		"two things":            {AppID: testApp, TenantID: testTenant, Password: "x", CertificateFile: "y"},
		"no such file":          {AppID: testApp, TenantID: testTenant, CertificateFile: "/nowhere.pem"},
		"another type":          {AppID: testApp, TenantID: testTenant, Password: "x", Type: "MultiTenant"},
		"http":                  {AppID: testApp, TenantID: testTenant, Password: "x", LoginURL: "http://login.example"},
		"identity and password": {AppID: testApp, Type: UserAssignedMSI, Password: "x"},
	} {
		if _, err := NewCredential(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := NewCredential(CredentialConfig{AppID: testApp, Type: UserAssignedMSI}); err != nil {
		t.Errorf("managed identity: %v", err)
	}
}

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	for name, c := range map[string]ClientConfig{
		"no app":        {Credential: m.credential(t), ServiceHosts: []string{"x"}},
		"no credential": {AppID: testApp, ServiceHosts: []string{"x"}},
		"no hosts":      {AppID: testApp, Credential: m.credential(t)},
	} {
		if _, err := NewClient(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// In one conversation calls follow each other; conversations do not wait for
// one another.
func TestOrderWithinConversation(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	c := m.client(t)
	var inFlight, most atomic.Int32
	slow := func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), inFlight.Add(1)))
		defer inFlight.Add(-1)
		writeJSON(w, http.StatusCreated, map[string]any{"id": "m"})
	}
	for range 20 {
		m.answer(slow)
	}
	var n atomic.Int32
	atOnce(20, func() {
		in := m.chat()
		if n.Add(1)%2 == 0 {
			in.Thread = "another thread"
		}
		if _, err := c.Send(t.Context(), in, Message{Text: "hi"}); err != nil {
			t.Error(err)
		}
	})
	if got := most.Load(); got != 1 {
		t.Errorf("got %d calls at once, want 1", got)
	}
	if len(c.order.lines) != 0 {
		t.Errorf("%d conversations are still kept", len(c.order.lines))
	}
}

func TestOrderRespectsContext(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	c := m.client(t)
	entered, goOn := make(chan struct{}), make(chan struct{})
	m.answer(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-goOn
		writeJSON(w, http.StatusCreated, map[string]any{"id": "m"})
	})
	done := make(chan error)
	go func() {
		_, err := c.Send(t.Context(), m.chat(), Message{Text: "first"})
		done <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Send(ctx, m.chat(), Message{Text: "second"})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnclear) {
		t.Errorf("got %v", err)
	}
	other := m.chat()
	other.ID = "a:omar"
	if _, err := c.Send(t.Context(), other, Message{Text: "to somebody else"}); err != nil {
		t.Error(err)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(c.order.lines) != 0 {
		t.Errorf("%d conversations are still kept", len(c.order.lines))
	}
}

func TestClouds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "smba.trafficmanager.net", "public": "smba.trafficmanager.net", "gcc": "smba.infra.gcc.teams.microsoft.com",
		"gcch": "smba.infra.gov.teams.microsoft.us", "dod": "smba.infra.dod.teams.microsoft.us",
	} {
		c, err := CloudNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{want}, c.ServiceHosts); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if c.Name != name && name != "" {
			t.Errorf("got name %q, want %q", c.Name, name)
		}
		if _, err := NewVerifier(VerifierConfig{AppID: testApp, OpenIDURL: c.OpenIDURL, Issuer: c.Issuer, ServiceHosts: c.ServiceHosts}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.HasSuffix(c.Scope, "/.default") || !strings.HasPrefix(c.LoginURL, "https://login.") {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if _, err := CloudNamed("china"); err == nil {
		t.Error("china: accepted")
	}
}
