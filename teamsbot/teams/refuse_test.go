package teams

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/infracloudio/msbotbuilder-go/schema"
)

func TestTokenGoesNowhereElse(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	var reached []string
	other := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached = append(reached, r.URL.Path) }))
	t.Cleanup(other.Close)
	c := m.client(t)
	for _, address := range []string{
		other.URL, strings.Replace(m.URL, "https:", "http:", 1), "https://" + m.host() + ".example", "https://x@" + m.host(), "",
	} {
		_, err := c.Send(t.Context(), Conversation{ServiceURL: address, ID: "a:1"}, Message{Text: "hi"})
		if !errors.Is(err, ErrRefused) {
			t.Errorf("send to %q: got %v, want ErrRefused", address, err)
		}
		if _, err := c.CreateConversation(t.Context(), address, testTenant, "29:dana"); !errors.Is(err, ErrRefused) {
			t.Errorf("create at %q: got %v, want ErrRefused", address, err)
		}
		if _, err := c.Member(t.Context(), Conversation{ServiceURL: address, ID: "a:1"}, "29:dana"); !errors.Is(err, ErrRefused) {
			t.Errorf("member at %q: got %v, want ErrRefused", address, err)
		}
	}
	m.answer(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	_, err := c.Send(t.Context(), m.chat(), Message{Text: "hi"})
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusTemporaryRedirect {
		t.Errorf("redirect: got %v", err)
	}
	// The library's adapter, too, cannot be led elsewhere.
	a := schema.Activity{Type: schema.Message, ServiceURL: other.URL, Conversation: schema.ConversationAccount{ID: "a:1"}, ID: "1"}
	if err := NewAdapter(testApp, m.verifier(t), c).UpdateActivity(t.Context(), a); !errors.Is(err, ErrRefused) {
		t.Errorf("adapter: got %v, want ErrRefused", err)
	}
	if reached != nil {
		t.Errorf("the other host got %v", reached)
	}
}

func TestIDsAreChecked(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	c := m.client(t)
	for _, id := range []string{"", ".", "..", "a/b", `a\b`, "../x", "a\x00", "a\nb", "\xff", strings.Repeat("x", maxID+1)} {
		in := m.chat()
		if err := c.Update(t.Context(), in, id, Message{Text: "hi"}); !errors.Is(err, ErrRefused) {
			t.Errorf("message %q: got %v", id, err)
		}
		if err := c.Delete(t.Context(), in, id); !errors.Is(err, ErrRefused) {
			t.Errorf("message %q: got %v", id, err)
		}
		if _, err := c.Member(t.Context(), in, id); !errors.Is(err, ErrRefused) {
			t.Errorf("member %q: got %v", id, err)
		}
		if _, err := c.CreateConversation(t.Context(), in.ServiceURL, testTenant, id); !errors.Is(err, ErrRefused) {
			t.Errorf("member %q: got %v", id, err)
		}
		if id != "" {
			in.Thread = "1/" + id
			if _, err := c.Send(t.Context(), in, Message{Text: "hi"}); !errors.Is(err, ErrRefused) {
				t.Errorf("thread %q: got %v", in.Thread, err)
			}
		}
		in.ID, in.Thread = id, "1"
		if _, err := c.Send(t.Context(), in, Message{Text: "hi"}); !errors.Is(err, ErrRefused) {
			t.Errorf("conversation %q: got %v", id, err)
		}
	}
	if _, err := c.Send(t.Context(), m.chat(), Message{}); !errors.Is(err, ErrRefused) {
		t.Errorf("an empty message: got %v", err)
	}
	if got := m.seen(); got != nil {
		t.Errorf("something was sent: %+v", got)
	}
	// What is odd but harmless is escaped.
	if err := c.Delete(t.Context(), m.chat(), "a?b#c%2f d"); err != nil {
		t.Error(err)
	}
	if got := m.seen()[0].RawPath; got != "/teams/v3/conversations/a:dana/activities/a%3Fb%23c%252f%20d" {
		t.Errorf("got %s", got)
	}
}
