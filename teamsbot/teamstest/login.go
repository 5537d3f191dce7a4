package teamstest

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

const connectorScope = "https://api.botframework.com/.default"

// serveTenant answers the discovery that MSAL does before it asks for a token.
func (s *Server) serveTenant(w http.ResponseWriter, r *http.Request) {
	if tenant := r.PathValue("tenant"); !strings.EqualFold(tenant, s.config.TenantID) {
		refuseToken(w, http.StatusBadRequest, "invalid_tenant", 90002,
			fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenant))
		return
	}
	base := "https://" + s.address + "/" + r.PathValue("tenant")
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                base + "/v2.0",
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         base + "/oauth2/v2.0/devicecode",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_types_supported":              []string{"code", "token"},
		"subject_types_supported":               []string{"pairwise"},
	})
}

// serveToken is Entra's token endpoint for one single-tenant app and its
// client secret. No certificate is registered on it.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		refuseToken(w, http.StatusBadRequest, "invalid_request", 900144, "The request body is not a form.")
		return
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	switch {
	case !strings.EqualFold(r.PathValue("tenant"), s.config.TenantID), !strings.EqualFold(id, s.config.AppID):
		refuseToken(w, http.StatusBadRequest, "unauthorized_client", 700016,
			fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'.", id, r.PathValue("tenant")))
	case r.PostForm.Get("grant_type") != "client_credentials":
		refuseToken(w, http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
	case r.PostForm.Get("client_assertion") != "":
		refuseToken(w, http.StatusUnauthorized, "invalid_client", 700027,
			"The certificate with identifier used to sign the client assertion is not registered on application.")
	case secret != s.config.AppPassword:
		refuseToken(w, http.StatusUnauthorized, "invalid_client", 7000215,
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "+
				"not the client secret ID, for a secret added to app '"+id+"'.")
	// MSAL adds the OpenID scopes to whatever is asked for.
	case !strings.Contains(" "+r.PostForm.Get("scope")+" ", " "+connectorScope+" "):
		refuseToken(w, http.StatusBadRequest, "invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.")
	default:
		writeJSON(w, http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": s.issueToken(),
		})
	}
}

func refuseToken(w http.ResponseWriter, status int, kind string, code int, text string) {
	trace := uuid.NewString()
	writeJSON(w, status, map[string]any{
		"error": kind,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			code, text, trace, trace, time.Now().UTC().Format("2006-01-02 15:04:05Z")),
		"error_codes": []int{code}, "timestamp": time.Now().UTC().Format("2006-01-02 15:04:05Z"),
		"trace_id": trace, "correlation_id": trace,
		"error_uri": fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", code),
	})
}

func (s *Server) issueToken() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	token := "simulated." + base64.RawURLEncoding.EncodeToString(random[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = time.Now().Add(time.Hour)
	return token
}

// ExpireTokens makes the connector refuse every token issued so far.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// signedIn tells whether a request to the connector carries a token of ours.
func (s *Server) signedIn(r *http.Request) bool {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.tokens[token])
}
