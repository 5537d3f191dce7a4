package teams_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// listener is the inbound half of a bot: it keeps what it believed.
type listener struct {
	verifier *teams.Verifier
	mu       sync.Mutex
	heard    []*teams.Activity
	refused  []error
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		l.refused = append(l.refused, err)
		return
	}
	var a *teams.Activity
	token, err := l.verifier.Screen(r.Context(), r.Header.Get("Authorization"))
	if err == nil {
		a, err = teams.DecodeActivity(body)
	}
	if err == nil {
		err = token.Fits(a)
	}
	if err == nil {
		err = a.Check()
	}
	if err != nil {
		l.refused = append(l.refused, err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	l.heard = append(l.heard, a)
}

func newTeams(t *testing.T) (*teamstest.Server, *listener, *teams.Client) {
	t.Helper()
	server, err := teamstest.Serve(t.Context(), teamstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	verifier, err := teams.NewVerifier(teams.VerifierConfig{
		AppID: server.AppID(), OpenIDURL: server.OpenIDURL(), ServiceHosts: []string{server.Host()}, HTTPClient: server.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	credential, err := teams.NewCredential(teams.CredentialConfig{
		AppID: server.AppID(), TenantID: server.TenantID(), Password: server.AppPassword(),
		LoginURL: server.LoginURL(), DisableInstanceDiscovery: true, HTTPClient: server.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := teams.NewClient(teams.ClientConfig{
		AppID: server.AppID(), Credential: credential, ServiceHosts: []string{server.Host()}, HTTPClient: server.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{verifier: verifier}
	bot := httptest.NewServer(l)
	t.Cleanup(bot.Close)
	server.SetBot(bot.URL)
	return server, l, client
}

// Against the whole simulated Teams: what it says is believed, what we say
// arrives.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	server, l, client := newTeams(t)
	dana := server.Person("dana")
	if _, err := dana.Installs(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.RotateKey()
	if _, err := dana.Says(t.Context(), "my  requests"); err != nil {
		t.Fatal(err)
	}
	if l.refused != nil || len(l.heard) != 3 {
		t.Fatalf("heard %d, refused %v", len(l.heard), l.refused)
	}
	said := l.heard[2]
	if !l.heard[0].AddsBot() || !l.heard[1].AddsBot() || said.Text() != "my requests" || said.PersonID() != dana.ObjectID ||
		said.TenantID() != server.TenantID() || said.Kind() != teams.Personal || said.TimeZone() != dana.TimeZone || said.SentAt().IsZero() {
		t.Errorf("heard %+v", said)
	}
	server.ExpireTokens() // the first call meets a 401
	id, err := client.Send(t.Context(), said.Where(), teams.Message{Text: "one"})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Update(t.Context(), said.Where(), id, teams.Message{Text: "two"}); err != nil {
		t.Error(err)
	}
	if m, ok := dana.Message(id); !ok || m.Text != "two" {
		t.Errorf("dana sees %+v", m)
	}
	member, err := client.Member(t.Context(), said.Where(), said.PersonMRI())
	if err != nil || member.ObjectID != dana.ObjectID || member.Email != dana.Email || member.Guest() {
		t.Errorf("got %+v, %v", member, err)
	}
	chat, err := client.CreateConversation(t.Context(), said.ServiceURL, server.TenantID(), dana.MRI)
	if err != nil || chat != said.ConversationID() {
		t.Errorf("got %q, %v", chat, err)
	}
	if err := client.Delete(t.Context(), said.Where(), id); err != nil {
		t.Error(err)
	}
}

func TestRoundTripRefusals(t *testing.T) {
	t.Parallel()
	server, l, client := newTeams(t)
	dana := server.Person("dana")
	if _, err := dana.Installs(t.Context()); err != nil {
		t.Fatal(err)
	}
	where := l.heard[0].Where()
	if err := client.Update(t.Context(), where, "12345", teams.Message{Text: "hi"}); !errors.Is(err, teams.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	dana.Blocks()
	if _, err := client.Send(t.Context(), where, teams.Message{Text: "hi"}); !errors.Is(err, teams.ErrBlocked) {
		t.Errorf("got %v, want ErrBlocked", err)
	}
	dana.Unblocks()
	if _, err := dana.Uninstalls(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !l.heard[len(l.heard)-1].RemovesBot() {
		t.Errorf("heard %+v", l.heard[len(l.heard)-1])
	}
	if _, err := client.Send(t.Context(), where, teams.Message{Text: "hi"}); !errors.Is(err, teams.ErrNotInstalled) {
		t.Errorf("got %v, want ErrNotInstalled", err)
	}
}
