package teamsbot

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/cards"
)

// To look for more than the seeds, which every run of the tests tries:
//
//	go test -run '^$' -fuzz FuzzActivity -fuzztime 2m ./teamsbot

// service stands in seeds for the service URL, whose port is another each time.
const service = "SERVICE"

// handled is what the bot's handler makes of a body, with an honest token.
func (d *door) handled(t testing.TB, path, authorization string, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	body = bytes.ReplaceAll(body, []byte(service), []byte(d.w.teams.ServiceURL()))
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+authorization)
	rec := httptest.NewRecorder()
	d.bot.Handler().ServeHTTP(rec, req)
	return rec
}

// warm has the keys fetched, which would take of a first activity's time.
func (d *door) warm() *door {
	d.w.t.Helper()
	if got := d.knocks("k1"); got != http.StatusOK {
		d.w.t.Fatalf("got %d", got)
	}
	return d
}

// sane fails the test for an answer that an activity of any kind must not get:
// a 5xx for what its sender did, something that is no JSON, or no end of it.
func sane(t testing.TB, what string, rec *httptest.ResponseRecorder) {
	t.Helper()
	switch rec.Code {
	case http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusNotImplemented:
	default:
		t.Errorf("%s: got %d", what, rec.Code)
	}
	if rec.Body.Len() > 0 && !json.Valid(rec.Body.Bytes()) {
		t.Errorf("%s: the answer is no JSON: %q", what, rec.Body)
	}
	if rec.Body.Len() > 64<<10 {
		t.Errorf("%s: the answer is %d bytes long", what, rec.Body.Len())
	}
}

// oddities are JSON values that no field expects.
var oddities = []string{
	`null`, `true`, `-1e308`, `18446744073709551616`, `""`, `"\u0000"`, `"\ud800"`, `"\u202e\u2066txt"`, `".."`, `"a/../b?c#d"`,
	`[[[[1]]]]`, `{"id":{"id":{"id":1}}}`, `"<at>x</at>[y](https://evil.example)"`, `"9999-12-31T23:59:59Z"`,
}

// paths are all fields of a JSON object, with their parents'.
func paths(value any, at []string) (all [][]string) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			all = append(all, append(slices.Clone(at), name))
			all = append(all, paths(inner, append(slices.Clone(at), name))...)
		}
	case []any:
		for i, inner := range v {
			all = append(all, paths(inner, append(slices.Clone(at), strconv.Itoa(i)))...)
		}
	}
	return all
}

// with is a JSON object with one field replaced, wherever it is.
func with(t testing.TB, object []byte, path []string, value string) []byte {
	t.Helper()
	var whole any
	must(t, json.Unmarshal(object, &whole))
	at := whole
	for _, name := range path[:len(path)-1] {
		switch v := at.(type) {
		case map[string]any:
			at = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			must(t, err)
			at = v[i]
		}
	}
	at.(map[string]any)[path[len(path)-1]] = json.RawMessage(value)
	return marshal(t, whole)
}

// kinds are activities of every kind that the bot listens to.
func (d *door) kinds(t testing.TB) map[string][]byte {
	t.Helper()
	made := make(map[string][]byte)
	add := func(name string, a map[string]any, fields map[string]any) {
		for field, value := range fields {
			a[field] = value
		}
		made[name] = marshal(t, a)
	}
	press := map[string]any{"apono": cards.Data{Verb: cards.VerbMine, List: cards.ListAll}, "search": "x"}
	mention := map[string]any{"type": "mention", "text": "<at>Apono</at>", "mentioned": map[string]any{"id": "28:" + d.w.teams.AppID(), "name": "Apono"}}
	bot := []any{map[string]any{"id": "28:" + d.w.teams.AppID()}}
	add("message", d.dana.Activity("message"), map[string]any{"text": "help", "entities": []any{mention}, "attachments": []any{map[string]any{"contentType": "text/html", "content": "<b>"}}})
	add("fetch", d.dana.Activity("invoke"), map[string]any{"name": "task/fetch", "replyToId": "17", "value": map[string]any{"data": press, "context": map[string]any{"theme": "dark"}}})
	add("submit", d.dana.Activity("invoke"), map[string]any{"name": "task/submit", "value": map[string]any{"data": press, "tabContext": map[string]any{}}})
	add("extension", d.dana.Activity("invoke"), map[string]any{
		"name":  "composeExtension/fetchTask",
		"value": map[string]any{"commandId": "request", "messagePayload": map[string]any{"body": map[string]any{"contentType": "html", "content": "<p>request</p>"}}},
	})
	add("install", d.dana.Activity("installationUpdate"), map[string]any{"action": "add"})
	add("members", d.dana.Activity("conversationUpdate"), map[string]any{"membersAdded": bot})
	add("channel", d.dana.ActivityIn(d.w.teams.Channel().ID, "conversationUpdate"), map[string]any{
		"membersRemoved": bot, "channelData": map[string]any{
			"tenant": map[string]any{"id": d.w.teams.TenantID()}, "eventType": "channelDeleted", "team": map[string]any{"id": "19:t"}, "channel": map[string]any{"id": "19:c"},
		},
	})
	return made
}

// Every field of every kind of activity, with values that it cannot have: the
// sender is told so or answered, and nothing breaks. What all kinds have is tried
// with all values in one of them, and with some in the others.
func TestEveryFieldOfAnyType(t *testing.T) {
	d := newDoor(t).warm()
	token := d.token(d.claims())
	n, tried := 0, make(map[string]int)
	for name, a := range d.kinds(t) {
		var object any
		must(t, json.Unmarshal(a, &object))
		for _, path := range paths(object, nil) {
			field := strings.Join(path, ".")
			for i, odd := range oddities {
				if tried[field] > 0 && i%9 != tried[field]-1 {
					continue
				}
				body := with(t, a, path, odd)
				if field != "id" {
					body = with(t, body, []string{"id"}, strconv.Quote("f:"+strconv.Itoa(n)))
				}
				sane(t, name+" with "+field+" = "+odd, d.handled(t, "/api/messages", token, body))
				n++
			}
			tried[field]++
		}
	}
	t.Logf("%d activities", n)
}

// seeds are bodies that are no activities, or strange ones.
func (d *door) seeds(f *testing.F) [][]byte {
	all := [][]byte{
		nil, []byte(`{}`), []byte(`[]`), []byte(`null`), []byte(`"x"`), []byte(`{"type":"message"}`), []byte("\xef\xbb\xbf{}"), []byte("{\"type\":\"\xff\xfe\"}"),
		[]byte(strings.Repeat(`{"a":`, 20_000)), []byte(strings.Repeat(`[`, 100_000)),
	}
	for _, a := range d.kinds(f) {
		a = bytes.ReplaceAll(a, []byte(d.w.teams.ServiceURL()), []byte(service))
		all = append(all, a,
			with(f, a, []string{"entities"}, "["+strings.TrimSuffix(strings.Repeat(`{"type":"mention","text":"e"},`, 8000), ",")+"]"),
			with(f, a, []string{"value"}, strings.Repeat(`{"data":`, 5000)+"1"+strings.Repeat(`}`, 5000)),
			with(f, a, []string{"value"}, `{"tabContext":"","data":{"apono":{"verb":"request.open"}}}`),
			with(f, a, []string{"name"}, `"signin/verifyState"`),
			with(f, a, []string{"text"}, strconv.Quote(strings.Repeat("<at", 60_000))),
		)
	}
	return all
}

// FuzzActivity is any body with an honest token.
func FuzzActivity(f *testing.F) {
	d := newDoor(f).warm()
	for _, body := range d.seeds(f) {
		f.Add(body)
	}
	token := d.token(d.claims())
	f.Fuzz(func(t *testing.T, body []byte) {
		sane(t, "activity", d.handled(t, "/api/messages", token, body))
	})
}

// FuzzPress is whatever a card's button or a form can be made to carry. Nobody
// gets a request made, decided on or ended by that.
func FuzzPress(f *testing.F) {
	d := newDoor(f).warm()
	for _, data := range presses() {
		f.Add("task/submit", []byte(data))
	}
	for _, name := range []string{"task/fetch", "composeExtension/fetchTask", "composeExtension/submitAction", "adaptiveCard/action"} {
		f.Add(name, []byte(`{"apono":{"verb":"request.open"}}`))
	}
	token := d.token(d.claims())
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if !json.Valid(data) {
			return // FuzzActivity's matter
		}
		a := d.dana.Activity("invoke")
		a["name"], a["value"] = name, map[string]any{"data": json.RawMessage(data), "commandId": "request", "tabContext": ""}
		sane(t, "press", d.handled(t, "/api/messages", token, marshal(t, a)))
		if n := len(d.w.requests()); n != 0 {
			t.Errorf("Apono has %d requests", n)
		}
	})
}

// presses are forged presses of every verb.
func presses() (all []string) {
	verbs := []cards.Verb{
		cards.VerbRequest, cards.VerbRequestStep, cards.VerbBundle, cards.VerbBundleStep, cards.VerbAgain, cards.VerbRevoke, cards.VerbRevokeNow,
		cards.VerbExtend, cards.VerbExtendNow, cards.VerbMine, cards.VerbResources, cards.VerbDetails, cards.VerbDetailsShow, cards.VerbReset,
		cards.VerbResetNow, cards.VerbFavorites, cards.VerbFavoritesStep, cards.VerbFavoriteName, cards.VerbFavoriteAdd, cards.VerbConnect,
		cards.VerbConnectNow, cards.VerbDisconnect, cards.VerbDisconnectNow, cards.VerbWatch, cards.VerbWatchNow, cards.VerbApprove, cards.VerbReject,
		cards.VerbReviewResources, cards.VerbApprovals, "details.", "",
	}
	odd := []string{
		`"request":"../../admin","session":"..","requests":["../x","",".","a/b"]`,
		`"draft":"\u0000","favorite":"\ud800","request":"\u0000","card":-9223372036854775808`,
		`"draft":"00000000-0000-0000-0000-000000000000","rev":-1,"do":"submit","from":-5,"search":"\u202e%_\\"`,
		`"list":"x","from":2147483647,"do":"later","channel":"19:x/../y","watch":"watch all"`,
		`"draft":7,"request":{},"requests":"x","from":"1","then":{"then":{"then":{}}}`,
		`"then":{"apono":1,"verb":"request.open","inputs":{"a":1}},"do":"decide"`,
	}
	for _, verb := range verbs {
		for _, o := range odd {
			all = append(all, `{"apono":{"verb":`+strconv.Quote(string(verb))+`,`+o+`},"search":"[x](https://evil.example)","filled":{"token":"x","hours":null,"do":7,"justification":"[x](https://evil.example)"},"token":"\u0000","name":"<at>x</at>","reason":7,"integration":"-1","resources":"0,99999999999999999999,,"}`)
		}
	}
	return append(all, `{}`, `[]`, `7`, `null`, `"x"`, `{"apono":null}`, `{"apono":[]}`, `{"apono":{"verb":7}}`, strings.Repeat(`{"apono":`, 4000)+`1`+strings.Repeat(`}`, 4000))
}

// FuzzEvent is whatever comes to Apono's webhook from who knows its secret.
func FuzzEvent(f *testing.F) {
	d := newDoor(f).warm()
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"event_type":"x"}`, `{"data":{"access_request":{"id":"../x"}}}`, `{"data":{"id":"\u0000"}}`, `{"data":{"id":7,"friendly_id":[]}}`,
		`{"event_type":"RequestGranted","data":{"id":"a/b","friendly_id":"\ud800"}}`, `{"event_type":"\u202e","data":{"id":"..","friendly_id":"DN-1"}}`,
		strings.Repeat(`[`, 50_000), `{"data":{"id":"` + strings.Repeat("x", 200_000) + `"}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rec := d.handled(t, "/api/apono/events", webhookSecret, body)
		if rec.Code >= 500 {
			t.Errorf("got %d", rec.Code)
		}
	})
}
