package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// served is the certificate that a new connection to addr gets, with TLS up to
// a version.
func served(t *testing.T, addr string, version uint16) (*x509.Certificate, error) {
	t.Helper()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MaxVersion: version}} // it is looked at here
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { must(t, conn.Close()) }()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// replace puts one file in the place of another, as whoever renews does.
func replace(t *testing.T, with, file string) {
	t.Helper()
	content, err := os.ReadFile(with)
	must(t, err)
	next := file + ".next"
	must(t, os.WriteFile(next, content, 0o600))
	must(t, os.Rename(next, file))
}

func TestARenewedCertificateIsServed(t *testing.T) {
	t.Parallel()
	first, _ := ownCertificate(t, "first.example.com", time.Now().Add(24*time.Hour))
	second, _ := ownCertificate(t, "second.example.com", time.Now().Add(48*time.Hour))
	keyOf := func(cert string) string { return filepath.Join(filepath.Dir(cert), "key.pem") }
	log := newOutput()
	c := config{TLSCertFile: first, TLSKeyFile: keyOf(first)}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- serveOn(server, listener, c, zerolog.New(log)) }()
	t.Cleanup(func() {
		must(t, server.Shutdown(context.WithoutCancel(t.Context())))
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	wants := func(name, when string) {
		t.Helper()
		if got, err := served(t, listener.Addr().String(), tls.VersionTLS13); err != nil || got.Subject.CommonName != name {
			t.Errorf("%s: got %v, %v; want %s", when, got, err, name)
		}
	}
	wants("first.example.com", "at first")
	if _, err := served(t, listener.Addr().String(), tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is taken")
	}

	must(t, os.WriteFile(first+".next", []byte("no certificate"), 0o600))
	must(t, os.Rename(first+".next", first))
	wants("first.example.com", "with a broken file")
	wants("first.example.com", "with a file that is still broken")
	if n := strings.Count(log.String(), "cannot be used"); n != 1 {
		t.Errorf("the broken file is logged %d times, want once:\n%s", n, log)
	}
	replace(t, second, first)
	wants("first.example.com", "while the key is still the old one")
	must(t, os.Rename(keyOf(first), keyOf(first)+".away"))
	wants("first.example.com", "while there is no key")
	replace(t, keyOf(second), keyOf(first))
	wants("second.example.com", "when both are there")
	if !strings.Contains(log.String(), "renewed certificate") || strings.Contains(log.String(), "PRIVATE") {
		t.Errorf("the log says\n%s", log)
	}
}

func TestACertificateMustBeThere(t *testing.T) {
	t.Parallel()
	cert, _ := ownCertificate(t, "bot.example.com", time.Now().Add(time.Hour))
	for _, file := range []string{filepath.Join(t.TempDir(), "missing.pem"), cert} {
		if _, err := newCertificate(file, cert, zerolog.Nop()); err == nil {
			t.Errorf("%s with a key that is none: taken", file)
		}
	}
}

// ownCertificate makes a certificate and its key: in files of their own, and
// both in one.
func ownCertificate(t *testing.T, name string, ends time.Time) (cert, both string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: ends.Add(-90 * 24 * time.Hour), NotAfter: ends,
	}
	if ip := net.ParseIP(name); ip != nil {
		c.DNSNames, c.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	must(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	dir := t.TempDir()
	for file, content := range map[string][]byte{"cert.pem": certPEM, "key.pem": keyPEM, "both.pem": append(keyPEM, certPEM...)} {
		must(t, os.WriteFile(filepath.Join(dir, file), content, 0o600))
	}
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "both.pem")
}
