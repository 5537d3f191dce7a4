package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"sync"

	"github.com/rs/zerolog"
)

// certificate is what the bot serves TLS with. Whoever renews it replaces the
// files; the next connection gets the new one.
type certificate struct {
	certFile, keyFile string
	log               zerolog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	seen   [2]os.FileInfo // the files, when they were last read
}

// newCertificate reads the files, which must be there and fit.
func newCertificate(certFile, keyFile string, log zerolog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	_, _ = c.changed() // if a file is not there, reading it says so
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.loaded = &pair
	return c, nil
}

// tls is the configuration to serve with.
func (c *certificate) tls() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.current}
}

// current is the certificate for a new connection. Files that cannot be read or
// do not fit change nothing: one of them may be about to be replaced, too.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed, err := c.changed()
	if err != nil || !changed {
		return c.loaded, nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Error().Err(err).Msg("the certificate files have changed and cannot be used: the certificate from before goes on being served")
		return c.loaded, nil
	}
	c.loaded = &pair
	c.log.Info().Time("until", pair.Leaf.NotAfter).Msg("the renewed certificate is being served")
	return c.loaded, nil
}

// changed says whether the files are others than last time. Looking costs two
// calls of the system.
func (c *certificate) changed() (bool, error) {
	var now [2]os.FileInfo
	differ := false
	for i, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return false, err
		}
		now[i] = info
		was := c.seen[i]
		differ = differ || was == nil || !os.SameFile(was, info) || !was.ModTime().Equal(info.ModTime()) || was.Size() != info.Size()
	}
	c.seen = now
	return differ, nil
}

// firstCertificate is the first one in a PEM text, which is the server's own.
func firstCertificate(content []byte) (*x509.Certificate, error) {
	for {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			return nil, errors.New("no certificate in PEM")
		}
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
}
