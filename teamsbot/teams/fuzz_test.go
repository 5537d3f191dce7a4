package teams

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

// To look for more than the seeds, which every run of the tests tries:
//
//	go test -run '^$' -fuzz FuzzToken -fuzztime 2m ./teamsbot/teams

// FuzzToken is any Authorization header. None but the honest one is welcome.
func FuzzToken(f *testing.F) {
	m := newMicrosoft(f)
	good := "Bearer " + m.token(f, nil)
	f.Add(good)
	welcome := map[string]bool{good: true} // and what else the table says is good
	for _, row := range attacks(f) {
		switch {
		case row.header != nil:
			f.Add(row.header(f, m))
		case row.claims != nil:
			token := "Bearer " + m.token(f, row.claims) // another one a second later
			f.Add(token)
			welcome[token] = row.want == 0 && row.activity == nil && row.keys == nil
		}
	}
	v := m.verifier(f)
	f.Fuzz(func(t *testing.T, header string) {
		who, err := v.AuthenticateRequest(t.Context(), m.activity(), header, nil, "")
		if err == nil && !welcome[header] {
			t.Errorf("welcome: %q", header)
		}
		refusedWell(t, who != nil, err)
	})
}

// refusedWell wants a refusal to be one, and to tell nothing of the token.
func refusedWell(t *testing.T, known bool, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var r *Rejection
	if !errors.As(err, &r) || known {
		t.Fatalf("got %v and somebody: %v", err, known)
	}
	if s := r.Status(); s != http.StatusUnauthorized && s != http.StatusForbidden {
		t.Errorf("got %d: %v", s, err)
	}
	for _, text := range []string{r.Issuer, r.KeyID, r.Algorithm} {
		if len(text) > 100 || strings.ContainsAny(text, "\r\n\x00") {
			t.Errorf("the log would hold %q", text)
		}
	}
}

// FuzzClaims is any claims that Microsoft's key has signed. Welcome are only
// those that say everything by its exact name and type.
func FuzzClaims(f *testing.F) {
	m := newMicrosoft(f)
	v := m.verifier(f)
	for _, row := range attacks(f) {
		claims := m.claims()
		if row.claims != nil {
			row.claims(claims)
		}
		text, err := json.Marshal(claims)
		if err != nil {
			f.Fatal(err)
		}
		// The port is another every time.
		f.Add(strings.ReplaceAll(string(text), m.serviceURL(), "SERVICE"))
	}
	f.Add(`{"aud":"` + testApp + `","AUD":"x","iss":"` + defaultIssuer + `","exp":1e11,"serviceurl":"SERVICE"}`)
	f.Fuzz(func(t *testing.T, claims string) {
		claims = strings.ReplaceAll(claims, "SERVICE", m.serviceURL())
		who, err := v.AuthenticateRequest(t.Context(), m.activity(), "Bearer "+signRaw(t, `{"alg":"RS256","kid":"k1"}`, claims), nil, "")
		refusedWell(t, who != nil, err)
		if err != nil {
			return
		}
		var said map[string]any
		if err := json.Unmarshal([]byte(claims), &said); err != nil {
			t.Fatalf("welcome with %q", claims)
		}
		ends, _ := said["exp"].(float64)
		now := float64(m.clock.Now().Unix())
		if said["aud"] != testApp || said["iss"] != defaultIssuer || said["serviceurl"] != m.serviceURL() ||
			ends < now-clockSkew.Seconds() || ends > now+longestLife.Seconds()+1 {
			t.Errorf("welcome with %q", claims)
		}
	})
}

// FuzzDecodeActivity is any body: nothing that is asked of it panics, and what
// is shown of it is text.
func FuzzDecodeActivity(f *testing.F) {
	for _, body := range []string{
		channelMessage, `{}`, `null`, `{"type":"message","value":"x","entities":7,"from":[]}`, `{"type":"invoke","name":"task/fetch","value":{"tabContext":"","data":1}}`,
		`{"type":"message","text":"<at>Apono</at> \ud800 \u202e <a <b></c>&#0;&#xD800;&lt;at&gt;","entities":[{"type":"mention","text":"a"}],"recipient":{"id":""}}`,
		`{"type":"conversationUpdate","membersAdded":[null,7,{"id":""}],"channelData":{"eventType":"teamDeleted"},"timestamp":"0000-00-00T00:00:00"}`,
		"{\"type\":\"\xff\"}", strings.Repeat(`[`, 20_000), `{"type":"x","value":` + strings.Repeat(`{"data":`, 9000) + `1` + strings.Repeat(`}`, 9000) + `}`,
		`{"type":"invoke","name":"composeExtension/fetchTask","value":{"messagePayload":{"body":{"content":"<p>a<br/>b</p><table><tr>"}}}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := DecodeActivity(body)
		if err != nil {
			return
		}
		if err := a.Check(); err == nil && a.TenantID() == "" {
			t.Error("no tenant")
		}
		for _, text := range []string{a.Text(), a.Locale(), a.TimeZone(), a.ConversationID(), a.ThreadID(), string(a.Kind())} {
			if !utf8.ValidString(text) {
				t.Errorf("not UTF-8: %q", text)
			}
		}
		a.SentAt()
		a.Ends()
		a.AddsBot()
		a.RemovesBot()
		if task, err := a.Task(); err == nil && !utf8.ValidString(task.Message) {
			t.Errorf("not UTF-8: %q", task.Message)
		}
	})
}

// A body is held to 256 KB before it is read. What it can be made to cost in
// memory then is bounded, whatever is in it.
func TestDecodedActivityIsBounded(t *testing.T) { // not parallel: it counts all that is allocated
	const limit = 256 << 10
	fill := func(before, unit, after string) string {
		n := (limit - len(before) - len(after)) / len(unit)
		return before + strings.TrimSuffix(strings.Repeat(unit, n), ",") + after
	}
	for name, body := range map[string]string{
		"deep":            fill(`{"type":"message","value":`, `[`, ``),
		"deep objects":    fill(`{"type":"message","value":`, `{"a":`, ``),
		"many fields":     fill(`{"type":"message",`, `"a":1,`, `"z":1}`),
		"one field often": fill(`{"type":"message",`, `"entities":[{}],`, `"z":1}`),
		"many entities":   fill(`{"type":"message","entities":[`, `{},`, `]}`),
		"many mentions":   fill(`{"type":"message","text":"`+strings.Repeat("e", limit/2)+`","recipient":{"id":"1"},"entities":[`, `{"type":"mention","text":"e","mentioned":{"id":"1"}},`, `]}`),
		"many members":    fill(`{"type":"conversationUpdate","membersAdded":[`, `{},`, `]}`),
		"many nulls":      fill(`{"type":"message","membersAdded":[`, `null,`, `]}`),
		"escapes":         fill(`{"type":"message","text":"`, `\ud800`, `"}`),
		"tags":            fill(`{"type":"message","text":"`, `<b>`, `"}`),
		"open tags":       fill(`{"type":"message","text":"`, `<b`, `"}`),
		"references":      fill(`{"type":"message","text":"`, `&ngE;`, `"}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, err := DecodeActivity([]byte(body))
		runtime.ReadMemStats(&after)
		if err == nil { // what these cost the race detector is not ours
			a.Text()
			_, _ = a.Task()
		}
		used := int(after.TotalAlloc-before.TotalAlloc) / limit
		t.Logf("%s: %d times its size", name, used)
		if used > 20 {
			t.Errorf("%s: %d times its size is allocated", name, used)
		}
	}
}
