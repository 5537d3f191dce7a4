package teamstest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined as a SHA-1
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer is who signs activities. Bot Framework: "Authenticate requests from
// the Bot Connector service to your bot".
const Issuer = "https://api.botframework.com"

type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

// firstKey is what every Teams of a process begins with: making one takes a
// good part of a second, and a test run starts hundreds of them.
var firstKey = sync.OnceValues(newSigningKey)

func newSigningKey() (*signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	sum := sha1.Sum(private.N.Bytes()) //nolint:gosec // see above
	return &signingKey{id: base64.RawURLEncoding.EncodeToString(sum[:]), private: private}, nil
}

// RotateKey signs with a new key from now on. The older ones stay published.
func (s *Server) RotateKey() {
	key, err := newSigningKey()
	if err != nil {
		panic("teamstest: " + err.Error()) // crypto/rand does not fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, key)
}

// Claims are those of an honest token, for hostile tests to alter. The times
// are the wall clock's, as the bot's are.
func (s *Server) Claims() map[string]any {
	now := time.Now()
	return map[string]any{
		"serviceurl": s.ServiceURL(),
		"nbf":        now.Add(-time.Minute).Unix(),
		"exp":        now.Add(time.Hour).Unix(),
		"iss":        Issuer,
		"aud":        s.config.AppID,
	}
}

// SignToken signs any claims with the current key, as Teams signs its own.
func (s *Server) SignToken(claims map[string]any) string {
	s.mu.Lock()
	key := s.keys[len(s.keys)-1]
	s.mu.Unlock()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(maps.Clone(claims)))
	token.Header["kid"], token.Header["x5t"] = key.id, key.id
	signed, err := token.SignedString(key.private)
	if err != nil {
		panic("teamstest: claims that cannot be signed: " + err.Error())
	}
	return signed
}

// serveMetadata answers the document that names the keys.
func (s *Server) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                Issuer,
		"authorization_endpoint":                "https://invalid.botframework.com",
		"jwks_uri":                              "https://" + s.address + "/v1/.well-known/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"private_key_jwt"},
	})
}

func (s *Server) serveKeys(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]map[string]any, 0, len(s.keys))
	for _, key := range s.keys {
		public := key.private.PublicKey
		keys = append(keys, map[string]any{
			"kty": "RSA", "use": "sig", "kid": key.id, "x5t": key.id,
			"n":            base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
			"e":            base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
			"endorsements": []string{"msteams"},
		})
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": keys})
}
