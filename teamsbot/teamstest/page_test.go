package teamstest

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// site is the page of a Teams whose bot answers dialogs.
func site(t *testing.T) (*bot, *Server, *httptest.Server) {
	t.Helper()
	b, teams := newBot(t, Config{Control: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply(w, `"`+r.Method+" "+r.URL.Path+`"`)
	})}, answersDialogs)
	page, err := teams.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(page)
	t.Cleanup(server.Close)
	return b, teams, server
}

func ask(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	response, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read below
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func request(t *testing.T, method, address, body string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	return r
}

func TestPageServesItsFiles(t *testing.T) {
	t.Parallel()
	_, _, server := site(t)
	for path, want := range map[string]string{
		"/": "<title>Teams (simulated)</title>", "/app.js": "EventSource", "/style.css": "--accent",
		"/adaptivecards.min.js": "AdaptiveCards", "/control/state": "GET /state",
	} {
		if status, body := ask(t, request(t, http.MethodGet, server.URL+path, "")); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestPageIsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	_, _, server := site(t)
	say := `{"as":"dana","op":"block"}`
	for _, c := range []struct {
		what   string
		r      *http.Request
		status int
	}{
		{"its own", request(t, "POST", server.URL+"/api/act", say, "Origin", server.URL, "Sec-Fetch-Site", "same-origin"), 200},
		{"another host", request(t, "GET", server.URL+"/api/state", "", "Host", "attacker.example"), 403},
		{"a host that looks like ours", request(t, "GET", server.URL+"/api/state", "", "Host", "localhost.attacker.example:8080"), 403},
		{"localhost", request(t, "GET", server.URL+"/api/state", "", "Host", "localhost:8080"), 200},
		{"IPv6", request(t, "GET", server.URL+"/api/state", "", "Host", "[::1]:8080"), 200},
		{"another origin", request(t, "POST", server.URL+"/api/act", say, "Origin", "https://attacker.example"), 403},
		{"another site", request(t, "POST", server.URL+"/control/advance", "{}", "Sec-Fetch-Site", "cross-site"), 403},
		{"a form", request(t, "POST", server.URL+"/api/act", say, "Content-Type", "text/plain"), 415},
		{"nonsense", request(t, "POST", server.URL+"/api/act", "{"), 400},
		{"nobody", request(t, "POST", server.URL+"/api/act", `{"as":"eve","op":"block"}`), 400},
		{"somebody else's chat", request(t, "POST", server.URL+"/api/act", `{"as":"dana","op":"install","chat":"a:other"}`), 400},
	} {
		if status, body := ask(t, c.r); status != c.status {
			t.Errorf("%s: got %d %s, want %d", c.what, status, body, c.status)
		}
	}
}

// acts does something on the page and returns what it shows.
func acts(t *testing.T, server *httptest.Server, body map[string]any) shown {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	status, answer := ask(t, request(t, http.MethodPost, server.URL+"/api/act", string(data)))
	var result shown
	if err := json.Unmarshal([]byte(answer), &result); status != http.StatusOK || err != nil {
		t.Fatalf("%s: %d %s", data, status, answer)
	}
	return result
}

func looks(t *testing.T, server *httptest.Server, as string) pageState {
	t.Helper()
	var state pageState
	if _, body := ask(t, request(t, http.MethodGet, server.URL+"/api/state?as="+as, "")); json.Unmarshal([]byte(body), &state) != nil {
		t.Fatalf("not a state: %s", body)
	}
	return state
}

func TestPageWalksThroughADialog(t *testing.T) {
	t.Parallel()
	b, teams, server := site(t)
	dana := teams.Person("dana")
	if state := looks(t, server, "dana"); !state.Control || state.Chats[0].Installed || len(state.People) != len(teams.People()) {
		t.Errorf("at the start: %+v", state)
	}
	act := func(more map[string]any) shown {
		more["as"] = "dana"
		return acts(t, server, more)
	}
	act(map[string]any{"op": "install", "chat": dana.ChatID()})
	act(map[string]any{"op": "say", "chat": dana.ChatID(), "text": "hello"})
	state := looks(t, server, "dana")
	messages := state.Chats[0].Messages
	if len(messages) != 2 || messages[0].Text != "hello" || messages[1].Card == nil || state.People[0].Latest != messages[1].ID {
		t.Fatalf("got %+v", messages)
	}
	from := map[string]any{"message": messages[1].ID}
	opened := act(map[string]any{"op": "press", "from": from, "action": map[string]any{
		"type": "Action.Submit", "data": map[string]any{"msteams": map[string]any{"type": "task/fetch"}},
	}})
	if opened.Dialog == nil || opened.Dialog.Title != "Request access" || opened.Dialog.Card == nil {
		t.Fatalf("got %+v", opened)
	}
	next := act(map[string]any{"op": "submit", "from": opened.Dialog.From, "action": map[string]any{"data": map[string]any{"op": "say"}}})
	if next.Dialog == nil || next.Dialog.Message != "Sent." {
		t.Errorf("got %+v", next)
	}
	if closed := act(map[string]any{"op": "submit", "from": opened.Dialog.From, "action": map[string]any{"data": map[string]any{}}}); closed.Dialog != nil || closed.Notice != "" {
		t.Errorf("got %+v", closed)
	}
	if pressed := act(map[string]any{"op": "press", "from": from, "action": map[string]any{"type": "Action.Submit", "data": map[string]any{"op": "x"}}}); pressed.Toast != responseSent {
		t.Errorf("got %+v", pressed)
	}
	if extension := act(map[string]any{"op": "extension", "text": "request", "chat": channelID}); extension.Dialog == nil || extension.Dialog.From.Command != "request" {
		t.Errorf("got %+v", extension)
	}
	quoting := act(map[string]any{"op": "extension", "text": "request", "from": from})
	if quoting.Dialog == nil || quoting.Dialog.From.Command != "request" || quoting.Dialog.From.Message != messages[1].ID {
		t.Errorf("got %+v", quoting)
	}
	act(map[string]any{"op": "submit", "from": quoting.Dialog.From, "action": map[string]any{"data": map[string]any{"op": "say"}}})
	if value := b.last(t)["value"].(map[string]any); value["commandContext"] != "message" {
		t.Errorf("got %v", value)
	}
	if refused := act(map[string]any{"op": "say", "chat": channelID, "text": "hello"}); !strings.Contains(refused.Notice, "not installed") {
		t.Errorf("got %+v", refused)
	}
	before := len(b.received())
	if posted := act(map[string]any{"op": "post", "chat": channelID, "text": "hello all"}); posted.Notice != "" || len(b.received()) != before {
		t.Errorf("a post without a mention: %+v", posted)
	}
}

func TestPageHearsOfChanges(t *testing.T) {
	t.Parallel()
	_, teams, server := site(t)
	response, err := server.Client().Do(request(t, http.MethodGet, server.URL+"/api/events", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // an endless stream
	lines := bufio.NewScanner(response.Body)
	event := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatal("the stream ended")
		return ""
	}
	first := event()
	teams.Person("dana").Blocks()
	if second := event(); second == first {
		t.Errorf("got %s twice", second)
	}
}
