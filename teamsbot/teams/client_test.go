package teams

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/google/go-cmp/cmp"
	"github.com/infracloudio/msbotbuilder-go/core/activity"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

func (m *microsoft) credential(t testing.TB) azcore.TokenCredential {
	t.Helper()
	credential, err := NewCredential(CredentialConfig{
		AppID: testApp, TenantID: testTenant, Password: testSecret,
		LoginURL: m.URL, DisableInstanceDiscovery: true, HTTPClient: m.Server.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

func (m *microsoft) client(t testing.TB) *Client {
	t.Helper()
	c, err := NewClient(ClientConfig{
		AppID: testApp, Credential: m.credential(t), ServiceHosts: []string{m.host()},
		HTTPClient: m.Server.Client(), Now: m.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (m *microsoft) chat() Conversation {
	return Conversation{ServiceURL: m.serviceURL(), ID: "a:dana"}
}

// answer says what the connector does with the next calls.
func (m *microsoft) answer(next ...http.HandlerFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers = append(m.answers, next...)
}

// fails answers with a status and a code; the pause before the next try is a
// millisecond.
func fails(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After-Ms", "1")
		writeJSON(w, status, map[string]any{"error": map[string]any{"code": code, "message": "said by Teams"}})
	}
}

// cut ends the connection after the request has arrived.
func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestSend(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	to := Conversation{ServiceURL: m.serviceURL(), ID: "19:chan@thread.tacv2", Thread: "169"}
	card := json.RawMessage(`{"type":"AdaptiveCard","text":"a < b & c","n":9007199254740993}`)
	id, err := m.client(t).Send(t.Context(), to, Message{Text: "hi", Card: card, Summary: "A card", Alert: true})
	if err != nil || id != "m-1" {
		t.Fatalf("got %q, %v", id, err)
	}
	want := []call{{
		Method: http.MethodPost, Path: "/v3/conversations/19:chan@thread.tacv2;messageid=169/activities",
		RawPath: "/teams/v3/conversations/19:chan@thread.tacv2;messageid=169/activities", Token: "token-A",
		Body: compact(t, `{"type":"message","serviceUrl":"`+m.serviceURL()+`","channelId":"msteams","text":"hi","summary":"A card",
			"channelData":{"notification":{"alert":true}},
			"from":{"id":"28:`+testApp+`"},"conversation":{"id":"19:chan@thread.tacv2;messageid=169"},
			"attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":`+string(card)+`}]}`),
	}}
	if diff := cmp.Diff(want, m.seen()); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateAndDelete(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	c := m.client(t)
	m.answer(nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if err := c.Update(t.Context(), m.chat(), "m-1", Message{Text: "new"}); err != nil {
		t.Error(err)
	}
	if err := c.Delete(t.Context(), m.chat(), "m-1"); err != nil {
		t.Error(err)
	}
	calls := m.seen()
	if len(calls) != 2 || calls[0].Method != http.MethodPut || calls[1].Method != http.MethodDelete ||
		calls[0].Path != "/v3/conversations/a:dana/activities/m-1" || calls[1].Path != calls[0].Path {
		t.Fatalf("got %+v", calls)
	}
	if strings.Contains(calls[0].Body, "replyToId") || !strings.Contains(calls[0].Body, `"id":"m-1"`) {
		t.Errorf("got %s", calls[0].Body)
	}
}

func TestCreateConversation(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	m.answer(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusCreated, map[string]any{"id": "a:new"})
	})
	id, err := m.client(t).CreateConversation(t.Context(), m.serviceURL(), testTenant, "29:dana")
	if err != nil || id != "a:new" {
		t.Fatalf("got %q, %v", id, err)
	}
	got := m.seen()[0]
	want := `{"isGroup":false,"bot":{"id":"28:` + testApp + `"},"members":[{"id":"29:dana"}],"tenantId":"` + testTenant + `"}`
	if got.Path != "/v3/conversations" || got.Body != want {
		t.Errorf("got %+v", got)
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	in := m.chat()
	in.Thread = "169"
	got, err := m.client(t).Member(t.Context(), in, "dana@example.com")
	if err != nil {
		t.Fatal(err)
	}
	want := Member{
		ID: "29:dana", ObjectID: "dana-object", TenantID: testTenant, Name: "Dana",
		Email: "dana@example.com", UPN: "dana@example.com", Role: "user",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if path := m.seen()[0].Path; path != "/v3/conversations/a:dana/members/dana@example.com" {
		t.Errorf("got %s", path)
	}
	for who, guest := range map[Member]bool{
		want: false, {Role: "guest"}: true, {Role: "Anonymous"}: true, {UPN: "x_y#ext#@z.example"}: true,
	} {
		if who.Guest() != guest {
			t.Errorf("%+v: got guest %v", who, who.Guest())
		}
	}
}

func TestAdapter(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	adapter := NewAdapter(testApp, m.verifier(t), m.client(t))
	if _, err := adapter.AuthenticateRequest(t.Context(), m.activity(), "Bearer "+m.token(t, nil), nil, ""); err != nil {
		t.Error(err)
	}
	incoming := m.activity()
	incoming.From, incoming.Recipient = schema.ChannelAccount{ID: "29:dana"}, schema.ChannelAccount{ID: "28:" + testApp}
	incoming.Conversation.ID, incoming.ID = "a:dana", ""
	silent := activity.HandlerFuncs{OnMessageFunc: func(*activity.TurnContext) (schema.Activity, error) { return schema.Activity{}, nil }}
	if err := adapter.ProcessActivity(t.Context(), incoming, silent); err != nil {
		t.Errorf("a handler with nothing to say: %v", err)
	}
	if got := m.seen(); got != nil {
		t.Errorf("something was sent: %+v", got)
	}
	echo := activity.HandlerFuncs{OnMessageFunc: func(turn *activity.TurnContext) (schema.Activity, error) {
		return turn.SendActivity(activity.MsgOptionText("hello"))
	}}
	if err := adapter.ProcessActivity(t.Context(), incoming, echo); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"message","serviceUrl":"` + m.serviceURL() + `","channelId":"msteams","text":"hello",` +
		`"from":{"id":"28:` + testApp + `"},"recipient":{"id":"29:dana"},"conversation":{"id":"a:dana"}}`
	if got := m.seen()[0].Body; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	member, err := adapter.Get(t.Context(), mustParse(t, m.serviceURL()+"v3/conversations/a:dana/members/29:dana"))
	if err != nil || !strings.Contains(string(member), "dana-object") {
		t.Errorf("got %s, %v", member, err)
	}
}
