package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// signedIn is a credential that has a token.
type signedIn struct{}

func (signedIn) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: strings.Repeat("t", 1000), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// BenchmarkSend is a message of 3 KB over HTTP/2, beside the POST alone. Both
// include the server, which is in the same process.
func BenchmarkSend(b *testing.B) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id":"m-1"}`))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	b.Cleanup(server.Close)
	c, err := NewClient(ClientConfig{
		AppID: testApp, Credential: signedIn{}, ServiceHosts: []string{server.Listener.Addr().String()}, HTTPClient: server.Client(),
	})
	if err != nil {
		b.Fatal(err)
	}
	to := Conversation{ServiceURL: server.URL + "/teams/", ID: "a:dana"}
	card := json.RawMessage(`{"type":"AdaptiveCard","text":"` + strings.Repeat("x", 3000) + `"}`)
	b.Run("POST", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			post(b, server, to.ID, card)
		}
	})
	b.Run("Send", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Send(b.Context(), to, Message{Card: card, Summary: "A card"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// post sends as much as a message is, and no more.
func post(b *testing.B, server *httptest.Server, id string, card []byte) {
	b.Helper()
	to := server.URL + "/teams/v3/conversations/" + id + "/activities"
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, to, bytes.NewReader(card))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+strings.Repeat("t", 1000))
	response, err := server.Client().Do(request)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		b.Fatal(err)
	}
	_ = response.Body.Close()
}
