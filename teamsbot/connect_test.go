package teamsbot

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
)

// linkKey is a key that is made of its id.
func linkKey(id string) LinkKey {
	return LinkKey{ID: id, Key: aponoapi.Secret(strings.Repeat(id+"-", 32)[:32])}
}

// tokenOf is the personal token that somebody has in Apono.
func tokenOf(name string) string {
	first, last, _ := strings.Cut(name, " ")
	return aponotest.NewPerson(first, last).Token.Reveal()
}

// connects lets somebody connect their Apono account.
func (s *someone) connects() {
	s.w.t.Helper()
	title := "Connect"
	if m := s.says("connect"); slices.Contains(m[0].Buttons(), "Replace token") {
		title = "Replace token"
	}
	s.presses(title).fill(cards.FieldToken, tokenOf(s.Name)).press("Connect").shows("You are connected")
}

// acts is Apono with somebody's own token, as far as they are connected.
func (s *someone) acts() (*aponoapi.Client, error) {
	s.w.t.Helper()
	p, err := s.w.store.Person(s.w.t.Context(), s.w.keyOf(s))
	must(s.w.t, err)
	return s.w.bot.as(s.w.t.Context(), p)
}

// refuse lets Apono refuse calls to its client API, until it is called.
func (w *world) refuse(f aponotest.Fault) (end func()) {
	f.Path = "/api/client/v1/session"
	w.apono.Fault(f)
	return w.apono.ClearFaults
}

func TestConnect(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	omar.says("connect")
	omar.sees("You are not connected")
	dialog := omar.presses("Connect").shows("personal token", "disconnect")
	if in, ok := dialog.Input(cards.FieldToken); !ok || in.Value != "" || in.Label != "Personal token" {
		t.Errorf("the token goes into %+v", in)
	}
	dialog.fill(cards.FieldToken, "  "+tokenOf("Omar Approver")+"\n").press("Connect").shows("You are connected to Apono")
	client, err := omar.acts()
	must(t, err)
	me, err := client.Me(t.Context())
	if must(t, err); me.User.Email != "omar@acme.example" {
		t.Errorf("he acts as %s", me.User.Email)
	}

	omar.says("connect")
	omar.sees("You are connected", "Since")
	omar.presses("Replace token").fill(cards.FieldToken, tokenOf("Omar Approver")).press("Connect").shows("You are connected")
	omar.presses("Disconnect").shows("Disconnect from Apono?").press("Disconnect").shows("forgotten your personal token", "revoke it in Apono")
	if _, err := omar.acts(); !errors.Is(err, errNotConnected) {
		t.Errorf("after he disconnected: %v", err)
	}
	omar.presses("Disconnect").press("Disconnect").shows("You are not connected")
}

func TestDisconnectIsWritten(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	omar.says("disconnect")
	omar.sees("You are not connected")
	omar.connects()
	omar.says("disconnect")
	omar.sees("forgotten your personal token", "revoke it in Apono")
	if _, err := omar.acts(); !errors.Is(err, errNotConnected) {
		t.Errorf("after he disconnected: %v", err)
	}
}

// A reply that Teams did not take is sent later, and must not disconnect who has
// connected meanwhile.
func TestAnOwedReplyDisconnectsNobody(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	omar.connects()
	p, err := w.store.Person(t.Context(), w.keyOf(omar))
	must(t, err)
	must(t, w.bot.sendReply(t.Context(), db.Reply{ConversationID: p.Chat.ID, Card: "disconnect", TenantID: p.TenantID, ObjectID: p.ObjectID}))
	if _, err := omar.acts(); err != nil {
		t.Errorf("he is not connected any more: %v", err)
	}
}

func TestWhatKeepsATokenFromBeingConnected(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	omar.says("connect")
	dialog := omar.presses("Connect")
	calls := func() (n int) {
		for _, e := range w.apono.Events() {
			if strings.HasPrefix(e.Path, "/api/client/") {
				n++
			}
		}
		return n
	}
	for _, odd := range []string{"", "   ", "two words", "zero\u200bwidth", "tab\tinside", "nul\x00", "Ünicode", strings.Repeat("x", 5000)} {
		status, body := omar.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbConnectNow}, cards.FieldToken: odd})
		if status != http.StatusOK || !strings.Contains(body, "Paste your personal token") && !strings.Contains(body, "That is no token") {
			t.Errorf("%.20q: %d %s", odd, status, body)
		}
	}
	if n := calls(); n != 0 {
		t.Errorf("Apono was asked %d times about what can be no token", n)
	}
	mine := tokenOf("Omar Approver")
	for _, c := range []struct {
		name, token, words string
		fault              *aponotest.Fault
	}{
		{name: "unknown", token: "aup_of_nobody", words: "Apono does not accept this token"},
		{name: "somebody else's", token: tokenOf("Ava Approver"), words: "This token is somebody else's"},
		{name: "the bot's own", token: "service-token", words: "This token is somebody else's"},
		{name: "Apono is down", token: mine, words: "Apono cannot be reached", fault: &aponotest.Fault{Status: 503}},
		{name: "Apono is slow", token: mine, words: "Apono cannot be reached", fault: &aponotest.Fault{Latency: 5 * time.Second}},
		{name: "Apono says something", token: mine, words: "Apono says: Tea only.", fault: &aponotest.Fault{Status: 418, Message: "Tea only"}},
		{name: "a bad request", token: mine, words: "Apono does not accept this token", fault: &aponotest.Fault{Status: 400}},
		{name: "an empty answer", token: mine, words: "Apono cannot be reached", fault: &aponotest.Fault{Malformed: true}},
		{name: "no tokens", token: mine, words: "does not take people's own tokens", fault: &aponotest.Fault{Status: 403}},
		{name: "no such API", token: mine, words: "does not take people's own tokens", fault: &aponotest.Fault{Status: 404}},
	} {
		end := func() {}
		if c.fault != nil {
			end = w.refuse(*c.fault)
		}
		w.hurries(func() { dialog = dialog.fill(cards.FieldToken, c.token).press("Connect").shows(c.words) })
		if dialog.value(cards.FieldToken) != "" {
			t.Errorf("%s: the field holds what was pasted", c.name)
		}
		if _, err := omar.acts(); !errors.Is(err, errNotConnected) {
			t.Errorf("%s: he is connected (%v)", c.name, err)
		}
		end()
	}
	dialog.fill(cards.FieldToken, mine).press("Connect").shows("You are connected")
}

// Where Apono takes no tokens of people, that is known for a while, and said
// before anybody makes one.
func TestNoTokensOfPeople(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) { world.NoEndUserTokens = true })
	omar := w.person("Omar")
	if !w.bot.canConnect() {
		t.Error("nobody can connect before anybody has tried")
	}
	omar.says("connect")
	omar.presses("Connect").fill(cards.FieldToken, tokenOf("Omar Approver")).press("Connect").shows("does not take people's own tokens", "Adam Admin")
	if w.bot.canConnect() {
		t.Error("it is not remembered")
	}
	omar.presses("Connect").shows("does not take people's own tokens", "Adam Admin")
	w.apono.Advance(shutFor)
	if !w.bot.canConnect() {
		t.Error("it is remembered for ever")
	}
}

// One odd token must not keep others from connecting.
func TestATokenOfAnotherKindClosesNothing(t *testing.T) {
	w := newWorld(t, func(world *aponotest.World) {
		world.ServiceAccounts = []aponotest.ServiceAccount{{Name: "ci", Token: "account-token"}}
	})
	omar, ava := w.person("Omar"), w.person("Ava")
	ava.connects()
	omar.says("connect")
	omar.presses("Connect").fill(cards.FieldToken, "account-token").press("Connect").shows("does not take this for a personal token")
	if !w.bot.canConnect() {
		t.Error("nobody can connect any more")
	}
}

func TestWithoutLinkKeysNobodyConnects(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	w.linkKeys = nil
	bot, url := w.replica()
	w.teams.SetBot(url + "/api/messages")
	if bot.canConnect() {
		t.Error("people can connect")
	}
	omar.says("connect")
	omar.sees("not set up here", "Adam Admin")
	for _, verb := range []cards.Verb{cards.VerbConnect, cards.VerbConnectNow} {
		_, body := omar.invoke(map[string]any{"apono": cards.Data{Verb: verb}, cards.FieldToken: tokenOf("Omar Approver")})
		if !strings.Contains(body, "not set up here") {
			t.Errorf("%s: %s", verb, body)
		}
	}
	omar.says("disconnect")
	omar.sees("You are not connected")
}

// What was pressed when the connection was missing goes on when it is there.
func TestConnectGoesOnWithWhatWasPressed(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	press := cards.Press{Data: cards.Data{Verb: cards.VerbMine, List: cards.ListClosed}, Inputs: map[string]string{cards.FieldToken: "x", "reason": "INC-42"}}
	asked, err := w.turnOf(omar, press).askConnect(t.Context())
	must(t, err)
	then := cards.Press{Data: press.Data, Inputs: map[string]string{"reason": "INC-42"}}
	kept, err := json.Marshal(cards.Data{Verb: cards.VerbConnectNow, Then: &then})
	must(t, err)
	if !strings.Contains(string(asked.Body), string(kept)) {
		t.Errorf("the dialog goes on with something else than %s: %s", kept, asked.Body)
	}
	press.Verb, press.Then = cards.VerbConnectNow, &then
	_, body := omar.invoke(map[string]any{"apono": press.Data, cards.FieldToken: "aup_wrong"})
	if !strings.Contains(body, "Apono does not accept") || !strings.Contains(body, string(kept)) {
		t.Errorf("a wrong token is answered by %s", body)
	}
	_, body = omar.invoke(map[string]any{"apono": press.Data, cards.FieldToken: tokenOf("Omar Approver")})
	if !strings.Contains(body, "My requests") {
		t.Errorf("it goes on with %s", body)
	}
}

// Apono is asked once for one press, however often a press is wrapped in others.
func TestWrappedPressesAreUnwrappedOnce(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	wrapped := cards.Press{Data: cards.Data{Verb: cards.VerbMine}}
	for range 50 {
		p := wrapped
		wrapped = cards.Press{Data: cards.Data{Verb: cards.VerbConnectNow, Then: &p}, Inputs: map[string]string{cards.FieldToken: tokenOf("Omar Approver")}}
	}
	status, body := omar.invoke(map[string]any{"apono": wrapped.Data, cards.FieldToken: tokenOf("Omar Approver")})
	if status != http.StatusOK || !strings.Contains(body, "You are connected") {
		t.Errorf("got %d %s", status, body)
	}
	n := 0
	for _, e := range w.apono.Events() {
		if e.Path == "/api/client/v1/session" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("Apono was asked %d times, want once", n)
	}
}

// The token is somebody's; if their address leads to another Apono user, or they
// may not use Apono any more, it is forgotten.
func TestTheTokenGoesWithTheAponoUser(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	omar.connects()
	k := w.keyOf(omar)
	must(t, w.store.RememberApono(t.Context(), k, "somebody-else", w.bot.Now()))
	if _, err := w.store.Link(t.Context(), k); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("his token is kept for another Apono user: %v", err)
	}
}

func TestTheTokenOfWhoHasLeftIsForgotten(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	for _, user := range []string{`{"id":"x","email":"omar@acme.example","active":false}`, ""} {
		omar.connects()
		w.apono.Advance(identityLasts + time.Minute)
		w.answers(func(rw http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/api/v2/users/") {
				return false
			}
			if user == "" {
				rw.WriteHeader(http.StatusNotFound)
				return true
			}
			_, err := rw.Write([]byte(user))
			return err == nil
		})
		omar.says("help")
		omar.presses("My requests")
		w.instead.Store(nil)
		if _, err := w.store.Link(t.Context(), w.keyOf(omar)); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("the token is kept (%v) although Apono answers %q", err, user)
		}
	}
}

// The dialog comes again when Apono does not know the token any more, and only
// the token that was refused is forgotten.
func TestAnEndedConnection(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	omar.connects()
	turned := w.turnOf(omar, cards.Press{Data: cards.Data{Verb: cards.VerbMine}})
	_, err := turned.own(t.Context())
	must(t, err)
	omar.connects() // meanwhile, with another press
	answer, err := turned.reconnect(t.Context())
	must(t, err)
	if !strings.Contains(string(answer.Body), "Your connection to Apono has ended") {
		t.Errorf("the dialog says %s", answer.Body)
	}
	if _, err := omar.acts(); err != nil {
		t.Errorf("the new token went with the old: %v", err)
	}
	_, err = turned.own(t.Context())
	must(t, err)
	_, err = turned.reconnect(t.Context())
	must(t, err)
	if _, err := omar.acts(); !errors.Is(err, errNotConnected) {
		t.Errorf("the refused token is kept: %v", err)
	}
	omar.connects()
	must(t, w.bot.dropLink(t.Context(), w.keyOf(omar)))
	if _, err := omar.acts(); !errors.Is(err, errNotConnected) {
		t.Errorf("the dropped token is kept: %v", err)
	}
}

// turnOf is a press of somebody that the bot is at.
func (w *world) turnOf(s *someone, p cards.Press) *turn {
	w.t.Helper()
	person, err := w.store.Person(w.t.Context(), w.keyOf(s))
	must(w.t, err)
	return &turn{bot: w.bot, person: person, press: p}
}

// answers lets somebody else answer what is asked of Apono, if they do.
func (w *world) answers(f func(http.ResponseWriter, *http.Request) bool) { w.instead.Store(&f) }
