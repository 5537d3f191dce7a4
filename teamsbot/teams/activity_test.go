package teams

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

const channelMessage = `{
	"type":"message","id":"1700000000001","timestamp":"2026-11-21T10:15:30.1234567Z","localTimestamp":"2026-11-21T12:15:30.1234567+02:00",
	"localTimezone":"Asia/Jerusalem","serviceUrl":"https://smba.trafficmanager.net/emea/","channelId":"msteams",
	"from":{"id":"29:dana","name":"Dana","aadObjectId":"dana-object"},
	"conversation":{"isGroup":true,"conversationType":"channel","tenantId":"` + testTenant + `","id":"19:chan@thread.tacv2;messageid=1699999999999"},
	"recipient":{"id":"28:` + testApp + `","name":"Apono"},"textFormat":"plain",
	"text":"<at>Apono</at>&nbsp; request  &lt;prod&gt;\n now",
	"attachments":[{"contentType":"text/html","content":"<div><at>Apono</at> request</div>"}],
	"entities":[{"type":"mention","mentioned":{"id":"28:` + testApp + `","name":"Apono"},"text":"<at>Apono</at>"},
		{"type":"clientInfo","locale":"he-IL","country":"IL","platform":"Web","timezone":"Asia/Tel_Aviv"}],
	"channelData":{"teamsChannelId":"19:chan@thread.tacv2","channel":{"id":"19:chan@thread.tacv2"},
		"team":{"id":"19:team@thread.tacv2","name":"Platform","aadGroupId":"group"},"tenant":{"id":"` + testTenant + `"}},
	"locale":"en-GB"}`

func decode(t testing.TB, body string) *Activity {
	t.Helper()
	a, err := DecodeActivity([]byte(body))
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

func TestDecodeChannelMessage(t *testing.T) {
	t.Parallel()
	a := decode(t, channelMessage)
	if err := a.Check(); err != nil {
		t.Error(err)
	}
	got := map[string]string{
		"id": a.ID, "type": string(a.Type), "service": a.ServiceURL, "bf channel": a.Activity.ChannelID,
		"tenant": a.TenantID(), "person": a.PersonID(), "mri": a.PersonMRI(), "conversation": a.ConversationID(),
		"thread": a.ThreadID(), "kind": string(a.Kind()), "text": a.Text(), "locale": a.Locale(), "zone": a.TimeZone(),
		"team": a.TeamID(), "channel": a.ChannelID(), "sent": a.SentAt().Format(time.RFC3339Nano), "group": a.ChannelData.Team.AADGroupID,
	}
	want := map[string]string{
		"id": "1700000000001", "type": "message", "service": "https://smba.trafficmanager.net/emea/", "bf channel": "msteams",
		"tenant": testTenant, "person": "dana-object", "mri": "29:dana", "conversation": "19:chan@thread.tacv2",
		"thread": "1699999999999", "kind": "channel", "text": "request <prod> now", "locale": "en-GB", "zone": "Asia/Jerusalem",
		"team": "19:team@thread.tacv2", "channel": "19:chan@thread.tacv2", "sent": "2026-11-21T10:15:30.1234567Z", "group": "group",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	where := Conversation{ServiceURL: a.ServiceURL, ID: "19:chan@thread.tacv2", Thread: "1699999999999"}
	if diff := cmp.Diff(where, a.Where()); diff != "" {
		t.Error(diff)
	}
}

// The shapes that the library cannot read, or loses.
func TestDecodeShapes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		body string
		good func(*Activity) bool
	}{
		"personal message": {
			`{"type":"message","text":"hi","conversation":{"conversationType":"personal","id":"a:1"}}`,
			func(a *Activity) bool { return a.Kind() == Personal && a.Text() == "hi" && a.ThreadID() == "" },
		},
		"group chat": {
			`{"type":"message","conversation":{"conversationType":"groupChat","id":"19:g@unq.gbl.spaces","isGroup":true}}`,
			func(a *Activity) bool { return a.Kind() == GroupChat },
		},
		"no conversation type": {
			`{"type":"conversationUpdate","conversation":{"isGroup":true,"id":"19:c@thread.tacv2"},"channelData":{"team":{"id":"19:t"}}}`,
			func(a *Activity) bool { return a.Kind() == Channel },
		},
		"submit on a message": {
			`{"type":"message","value":{"op":"x","n":9007199254740993},"replyToId":"5"}`,
			func(a *Activity) bool {
				return string(a.Value) == `{"op":"x","n":9007199254740993}` && a.ReplyToID == "5"
			},
		},
		"value is a string": {
			`{"type":"message","value":"messageBack","id":"7"}`,
			func(a *Activity) bool { return string(a.Value) == `"messageBack"` && a.ID == "7" },
		},
		"value is a list": {
			`{"type":"invoke","name":"composeExtension/selectItem","value":[1],"id":"7"}`,
			func(a *Activity) bool { return string(a.Value) == `[1]` && a.ID == "7" },
		},
		"channelData is a string": {
			`{"type":"message","channelData":"x","conversation":{"tenantId":"t"},"id":"7"}`,
			func(a *Activity) bool { return a.TenantID() == "t" && a.ID == "7" },
		},
		"suggested actions with strings": {
			`{"type":"message","suggestedActions":{"actions":[{"value":"x"}]},"id":"7"}`,
			func(a *Activity) bool { return a.ID == "7" },
		},
		"times without zone": {
			`{"type":"message","timestamp":"2026-11-21T10:15:30.5","localTimestamp":"x","expiration":"y","id":"7"}`,
			func(a *Activity) bool {
				return a.SentAt().Equal(time.Date(2026, 11, 21, 10, 15, 30, 5e8, time.UTC)) && a.ID == "7"
			},
		},
		"no time": {`{"type":"message"}`, func(a *Activity) bool { return a.SentAt().IsZero() }},
		"wrong types everywhere": {
			`{"type":"message","historyDisclosed":"yes","entities":{"a":1},"attachments":7,"relatesTo":[],
			"semanticAction":"x","membersAdded":"x","textHighlights":3,"listenFor":{},"from":"x","id":"7","locale":"en-US"}`,
			func(a *Activity) bool { return a.ID == "7" && a.Locale() == "en-US" && a.PersonID() == "" },
		},
		"an entity of a wrong type": {
			`{"type":"message","entities":[{"type":"mention","mentioned":"x"},{"type":"clientInfo","locale":"de-DE","timezone":"Europe/Berlin"}]}`,
			func(a *Activity) bool { return a.Locale() == "de-DE" && a.TimeZone() == "Europe/Berlin" },
		},
		"tabContext is a string": {
			`{"type":"invoke","name":"task/fetch","value":{"data":{"op":"x"},"tabContext":"","context":{"theme":"dark"}}}`,
			func(a *Activity) bool {
				task, err := a.Task()
				return err == nil && string(task.Data) == `{"op":"x"}` && task.Theme == "dark"
			},
		},
		"unknown fields": {
			`{"type":"message","callerId":"x","new":{"a":[{}]},"id":"7"}`,
			func(a *Activity) bool { return a.ID == "7" },
		},
		"typing":   {`{"type":"typing"}`, func(a *Activity) bool { return a.Type == schema.Typing }},
		"reaction": {`{"type":"messageReaction","reactionsAdded":[{"type":"like"}],"replyToId":"5"}`, func(a *Activity) bool { return a.ReplyToID == "5" }},
		"event": {
			`{"type":"event","name":"application/vnd.microsoft.readReceipt","value":{"lastReadMessageId":"1"}}`,
			func(a *Activity) bool { return a.Name != "" && len(a.Value) > 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := decode(t, row.body); !row.good(a) {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing": "", "spaces": "  ", "garbage": "garbage", "list": "[]", "null": "null", "string": `"x"`,
		"cut": `{"type":"message"`, "second document": `{"type":"message"}{}`, "no type": `{}`, "type is a number": `{"type":7}`,
		"deep": `{"type":"message","value":` + strings.Repeat("[", 100_000),
		"deep and closed": `{"type":"message","value":` + strings.Repeat("[", 100_000) +
			strings.Repeat("]", 100_000) + `}`,
	} {
		if a, err := DecodeActivity([]byte(body)); err == nil {
			t.Errorf("%s: accepted as %+v", name, a)
		}
	}
	if _, err := DecodeActivity([]byte("\r\n\t {\"type\":\"message\"} \n")); err != nil {
		t.Errorf("spaces around: %v", err)
	}
}

func TestCheckTenants(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		named, spoken string
		good          bool
	}{
		{"a", "a", true}, {"a", "A", true}, {"a", "", true}, {"", "a", true}, {"a", "b", false}, {"", "", false},
	} {
		var a Activity
		a.ChannelData.Tenant.ID, a.Conversation.TenantID = row.named, row.spoken
		if err := a.Check(); (err == nil) != row.good || (err != nil && !errors.Is(err, ErrForbidden)) {
			t.Errorf("%q and %q: got %v", row.named, row.spoken, err)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	mention := []Entity{{Type: "mention", Text: "<at>Apono</at>"}}
	mention[0].Mentioned.ID = "28:bot"
	other := []Entity{{Type: "mention", Text: "<at>Omar</at>"}}
	other[0].Mentioned.ID = "29:omar"
	for _, row := range []struct {
		text, want string
		entities   []Entity
	}{
		{"request", "request", nil},
		{"  request\u00a0 access \n", "request access", nil},
		{"<at>Apono</at> request", "request", mention},
		{"hey <at>Apono</at>&nbsp;help", "hey help", mention},
		{"who <at>Omar</at>", "who Omar", other},
		{"<at>Apono</at> help", "Apono help", nil},
		{"<p>my <b>re</b>quests</p><p>now</p>", "my requests now", nil},
		{"a<br>b<br/>c", "a b c", nil},
		{"1 < 2 and 3 > 2", "1 < 2 and 3 > 2", nil},
		{"&lt;b&gt;", "<b>", nil},
		{"", "", nil},
	} {
		a := Activity{Entities: row.entities}
		a.Activity.Text, a.Recipient.ID = row.text, "28:bot"
		if got := a.Text(); got != row.want {
			t.Errorf("%q: got %q, want %q", row.text, got, row.want)
		}
	}
}

func TestInstallAndUninstall(t *testing.T) {
	t.Parallel()
	const recipient = `,"recipient":{"id":"28:bot"}}`
	for _, row := range []struct {
		body         string
		adds, leaves bool
	}{
		{`{"type":"installationUpdate","action":"add"` + recipient, true, false},
		{`{"type":"installationUpdate","action":"remove"` + recipient, false, true},
		{`{"type":"installationUpdate","action":"add-upgrade"` + recipient, false, false},
		{`{"type":"installationUpdate","action":"remove-upgrade"` + recipient, false, false},
		{`{"type":"conversationUpdate","membersAdded":[{"id":"29:dana"},{"id":"28:bot"}]` + recipient, true, false},
		{`{"type":"conversationUpdate","membersAdded":[{"id":"29:dana"}]` + recipient, false, false},
		{`{"type":"conversationUpdate","membersRemoved":[{"id":"28:bot"}]` + recipient, false, true},
		{`{"type":"conversationUpdate","membersAdded":[{"id":""}]}`, false, false},
		{`{"type":"message","action":"add"` + recipient, false, false},
	} {
		a := decode(t, row.body)
		if a.AddsBot() != row.adds || a.RemovesBot() != row.leaves {
			t.Errorf("%s: got %v, %v", row.body, a.AddsBot(), a.RemovesBot())
		}
	}
}

func TestTask(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, value string
		want        TaskRequest
		fails       bool
	}{
		{
			InvokeTaskFetch, `{"data":{"msteams":{"type":"task/fetch"},"op":"x"},"context":{"theme":"default"}}`,
			TaskRequest{Data: []byte(`{"msteams":{"type":"task/fetch"},"op":"x"}`), Theme: "default"},
			false,
		},
		{InvokeTaskSubmit, `{"data":{"op":"x"}}`, TaskRequest{Data: []byte(`{"op":"x"}`)}, false},
		{InvokeTaskSubmit, `{"data":null,"context":"x","commandId":7}`, TaskRequest{}, false},
		{
			InvokeExtensionFetch, `{"commandId":"request","commandContext":"compose","context":{"theme":"dark"}}`,
			TaskRequest{CommandID: "request", Theme: "dark"},
			false,
		},
		{InvokeExtensionSubmit, `{"commandId":"request","data":{"a":1}}`, TaskRequest{CommandID: "request", Data: []byte(`{"a":1}`)}, false},
		{
			InvokeExtensionFetch,
			`{"commandId":"request","commandContext":"message","messagePayload":{"id":"1","body":{"contentType":"html",
				"content":"<div>\n<p>Prod is <b>down</b>,&nbsp;<at id=\"0\">Omar</at>: 1 &lt; 2</p><ul><li>a<li>b</ul>c<br/>d</div><attachment id=\"7\"></attachment>"}}}`,
			TaskRequest{CommandID: "request", Message: "Prod is down, Omar: 1 < 2\na\nb\nc\nd"},
			false,
		},
		{
			InvokeExtensionFetch, `{"commandId":"request","messagePayload":{"body":{"contentType":"text","content":" a <b>\nc "}}}`,
			TaskRequest{CommandID: "request", Message: "a <b>\nc"},
			false,
		},
		{InvokeExtensionFetch, `{"commandId":"request","messagePayload":"x"}`, TaskRequest{CommandID: "request"}, false},
		{InvokeExtensionFetch, `{"commandId":"request","messagePayload":{"body":{"content":7}}}`, TaskRequest{CommandID: "request"}, false},
		{InvokeTaskFetch, `"x"`, TaskRequest{}, true},
		{InvokeTaskFetch, `null`, TaskRequest{}, true},
		{InvokeTaskFetch, ``, TaskRequest{}, true},
		{"adaptiveCard/action", `{}`, TaskRequest{}, true},
	} {
		a := Activity{Value: []byte(row.value)}
		a.Name = row.name
		got, err := a.Task()
		if diff := cmp.Diff(row.want, got); diff != "" || (err != nil) != row.fails {
			t.Errorf("%s %s: %v\n%s", row.name, row.value, err, diff)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	card := []byte(`{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"a < b & c"}],"n":9007199254740993}`)
	got, err := TaskCard(`Ask for "access"`, card, Medium)
	if err != nil || got.Status != 200 {
		t.Fatal(got.Status, err)
	}
	want := compact(t, `{"task":{"type":"continue","value":{"title":"Ask for \"access\"","width":"medium","height":"medium",
		"card":{"contentType":"application/vnd.microsoft.card.adaptive","content":`+string(card)+`}}}}`)
	if string(got.Body) != want || !bytes.Contains(got.Body, card) {
		t.Errorf("got  %s\nwant %s", got.Body, want)
	}
	if got, err := TaskMessage("Done."); err != nil || string(got.Body) != `{"task":{"type":"message","value":"Done."}}` {
		t.Errorf("got %s, %v", got.Body, err)
	}
	if got := TaskDone(); got.Status != 200 || got.Body != nil {
		t.Errorf("got %+v", got)
	}
	if got := NotImplemented(); got.Status != 501 || got.Body != nil {
		t.Errorf("got %+v", got)
	}
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(channelMessage)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeActivity(body); err != nil {
			b.Fatal(err)
		}
	}
}
