package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/golang-jwt/jwt/v5"
)

// bot is a small bot: it checks what it receives, keeps it, and answers as
// answer says.
type bot struct {
	teams  *Server
	token  string
	mu     sync.Mutex
	got    []map[string]any
	tokens []string
	answer func(b *bot, w http.ResponseWriter, r *http.Request, a map[string]any)
}

// newBot starts a Teams and a bot that are connected.
func newBot(t *testing.T, c Config, answer func(*bot, http.ResponseWriter, *http.Request, map[string]any)) (*bot, *Server) {
	t.Helper()
	teams, err := Serve(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	b := &bot{teams: teams, token: teams.issueToken(), answer: answer}
	server := httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(func() {
		server.Close()
		if err := teams.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	teams.SetBot(server.URL + "/api/messages")
	return b, teams
}

func (b *bot) serve(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	var activity map[string]any
	if err != nil || json.Unmarshal(data, &activity) != nil {
		http.Error(w, "no activity", http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	b.got = append(b.got, activity)
	b.tokens = append(b.tokens, r.Header.Get("Authorization"))
	b.mu.Unlock()
	if b.answer != nil {
		b.answer(b, w, r, activity)
	}
}

func (b *bot) received() []map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]map[string]any(nil), b.got...)
}

func (b *bot) last(t *testing.T) map[string]any {
	t.Helper()
	all := b.received()
	if len(all) == 0 {
		t.Fatal("the bot got nothing")
	}
	return all[len(all)-1]
}

// call is a call of the connector; path parts are escaped.
func (b *bot) call(ctx context.Context, method string, body any, parts ...string) (int, map[string]any, error) {
	address := b.teams.ServiceURL() + "v3/conversations"
	for _, part := range parts {
		address += "/" + url.PathEscape(part)
	}
	data, err := json.Marshal(body)
	if raw, ok := body.(string); ok {
		data = []byte(raw)
	}
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(data))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	client := b.teams.HTTPClient()
	defer client.CloseIdleConnections()
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read below
	answer := map[string]any{}
	text, err := io.ReadAll(response.Body)
	if err == nil && len(text) > 0 {
		err = json.Unmarshal(text, &answer)
	}
	return response.StatusCode, answer, err
}

// send writes into the chat of an activity.
func (b *bot) send(ctx context.Context, a map[string]any, card any) (string, error) {
	chat := a["conversation"].(map[string]any)["id"].(string)
	status, answer, err := b.call(ctx, http.MethodPost, cardMessage(card), chat, "activities")
	if err != nil || status != http.StatusCreated {
		return "", fmt.Errorf("send: %d %v %w", status, answer, err)
	}
	return text(answer["id"]), nil
}

func cardMessage(card any) map[string]any {
	return map[string]any{"type": "message", "attachments": []any{map[string]any{"contentType": cardType, "content": card}}}
}

// wantCode fails unless a connector call was refused as it should be.
func wantCode(t *testing.T, what string, status int, answer map[string]any, wantStatus int, wantCode string) {
	t.Helper()
	code := ""
	if refused, ok := answer["error"].(map[string]any); ok {
		code = text(refused["code"])
	}
	if status != wantStatus || code != wantCode {
		t.Errorf("%s: got %d %s (%v), want %d %s", what, status, code, answer, wantStatus, wantCode)
	}
}

func reply(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// task is a dialog's answer with a card.
func task(title string, card any) string {
	data, err := json.Marshal(map[string]any{"task": map[string]any{"type": "continue", "value": map[string]any{
		"title": title, "width": "medium", "height": "large", "card": map[string]any{"contentType": cardType, "content": card},
	}}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func card(body []any, actions ...any) map[string]any {
	return map[string]any{"type": "AdaptiveCard", "version": "1.5", "body": body, "actions": actions}
}

func says(line string) map[string]any {
	return map[string]any{"type": "TextBlock", "text": line, "wrap": true}
}

func button(title string, data map[string]any) map[string]any {
	return map[string]any{"type": "Action.Submit", "title": title, "data": data}
}

func opens(title string) map[string]any {
	return button(title, map[string]any{"op": "open", "msteams": map[string]any{"type": "task/fetch"}})
}

// verified reads a bearer token as a bot would, with the published keys.
func (b *bot) verified(t *testing.T, header string) (*jwt.Token, error) {
	t.Helper()
	client := b.teams.HTTPClient()
	defer client.CloseIdleConnections()
	read := func(address string, into any) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close() //nolint:errcheck // read below
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	var metadata struct {
		Issuer  string
		JWKSURI string `json:"jwks_uri"`
	}
	read(b.teams.OpenIDURL(), &metadata)
	var published struct {
		Keys []struct {
			Kid, N, E    string
			Endorsements []string
		}
	}
	read(metadata.JWKSURI, &published)
	return jwt.Parse(header[len("Bearer "):], func(token *jwt.Token) (any, error) {
		for _, key := range published.Keys {
			if key.Kid == token.Header["kid"] && len(key.Endorsements) == 1 && key.Endorsements[0] == "msteams" {
				return publicKey(key.N, key.E)
			}
		}
		return nil, errors.New("unknown key")
	}, jwt.WithIssuer(metadata.Issuer), jwt.WithAudience(b.teams.AppID()), jwt.WithValidMethods([]string{"RS256"}))
}

// signIn gets a token with Microsoft's own library.
func signIn(t *testing.T, teams *Server, tenant, app, secret string) (azcore.AccessToken, error) {
	t.Helper()
	if _, err := os.ReadFile(teams.CAFile()); err != nil {
		t.Fatal(err)
	}
	client := teams.HTTPClient()
	t.Cleanup(client.CloseIdleConnections)
	credential, err := azidentity.NewClientSecretCredential(tenant, app, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: azcore.ClientOptions{
			Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: teams.LoginURL()},
			Transport: client, Retry: policy.RetryOptions{MaxRetries: -1},
		},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{connectorScope}})
}
