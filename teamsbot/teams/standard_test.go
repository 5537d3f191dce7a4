package teams

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

// standard is an activity as encoding/json reads it: what reader has to read is
// what stands in here then.
type standard struct {
	Type         schema.ActivityTypes  `json:"type"`
	ID           string                `json:"id"`
	Name         string                `json:"name"`
	Text         string                `json:"text"`
	Action       string                `json:"action"`
	ReplyToID    string                `json:"replyToId"`
	ServiceURL   string                `json:"serviceUrl"`
	ChannelID    string                `json:"channelId"`
	Timestamp    string                `json:"timestamp"`
	Locale       string                `json:"locale"`
	Timezone     string                `json:"localTimezone"`
	From         schema.ChannelAccount `json:"from"`
	Recipient    account               `json:"recipient"`
	Conversation struct {
		ID       string `json:"id"`
		TenantID string `json:"tenantId"`
		Type     string `json:"conversationType"`
		IsGroup  bool   `json:"isGroup"`
	} `json:"conversation"`
	Value       json.RawMessage `json:"value"`
	ChannelData struct {
		EventType string  `json:"eventType"`
		Tenant    account `json:"tenant"`
		Team      struct {
			ID         string `json:"id"`
			Name       string `json:"name"`
			AADGroupID string `json:"aadGroupId"`
		} `json:"team"`
		Channel struct {
			ID   string      `json:"id"`
			Name string      `json:"name"`
			Type ChannelType `json:"type"`
		} `json:"channel"`
	} `json:"channelData"`
	Entities       standardList[standardEntity] `json:"entities"`
	MembersAdded   standardList[account]        `json:"membersAdded"`
	MembersRemoved standardList[account]        `json:"membersRemoved"`
}

type standardEntity struct {
	Type      string  `json:"type"`
	Text      string  `json:"text"`
	Mentioned account `json:"mentioned"`
	Locale    string  `json:"locale"`
	Timezone  string  `json:"timezone"`
}

// standardList is the beginning of a list, whatever is in it.
type standardList[T any] []T

func (l *standardList[T]) UnmarshalJSON(text []byte) error {
	if !bytes.HasPrefix(text, []byte("[")) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() && len(*l) < mostOfFew {
		var one T
		if err := d.Decode(&one); err != nil && !isWrongType(err) {
			return err
		}
		*l = append(*l, one)
	}
	return nil
}

func isWrongType(err error) bool {
	var wrongType *json.UnmarshalTypeError
	return errors.As(err, &wrongType)
}

// decodeStandard is DecodeActivity by encoding/json.
func decodeStandard(body []byte) (*Activity, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return nil, errors.New("decode activity: not a JSON object")
	}
	var s standard
	if err := json.Unmarshal(body, &s); err != nil && !isWrongType(err) {
		return nil, fmt.Errorf("decode activity: %w", err)
	}
	if s.Type == "" {
		return nil, errors.New("decode activity: it has no type")
	}
	a := &Activity{
		Activity: schema.Activity{
			Type: s.Type, ID: s.ID, Name: s.Name, Text: s.Text, Action: s.Action, ReplyToID: s.ReplyToID,
			ServiceURL: s.ServiceURL, ChannelID: s.ChannelID, Locale: s.Locale, LocalTimezone: s.Timezone,
			From:      schema.ChannelAccount{ID: s.From.ID, Name: s.From.Name, AadObjectID: s.From.AadObjectID},
			Recipient: schema.ChannelAccount{ID: s.Recipient.ID},
			Conversation: schema.ConversationAccount{
				ID: s.Conversation.ID, TenantID: s.Conversation.TenantID, ConversationType: s.Conversation.Type, IsGroup: s.Conversation.IsGroup,
			},
		},
		Value: s.Value, Timestamp: s.Timestamp,
	}
	a.ChannelData.EventType, a.ChannelData.Tenant.ID = s.ChannelData.EventType, s.ChannelData.Tenant.ID
	a.ChannelData.Team.ID, a.ChannelData.Team.Name, a.ChannelData.Team.AADGroupID = s.ChannelData.Team.ID, s.ChannelData.Team.Name, s.ChannelData.Team.AADGroupID
	a.ChannelData.Channel.ID, a.ChannelData.Channel.Name, a.ChannelData.Channel.Type = s.ChannelData.Channel.ID, s.ChannelData.Channel.Name, s.ChannelData.Channel.Type
	for _, e := range s.Entities {
		entity := Entity{Type: e.Type, Text: e.Text, Locale: e.Locale, Timezone: e.Timezone}
		entity.Mentioned.ID = e.Mentioned.ID
		a.Entities = append(a.Entities, entity)
	}
	for _, m := range s.MembersAdded {
		a.MembersAdded = append(a.MembersAdded, mover{m.ID})
	}
	for _, m := range s.MembersRemoved {
		a.MembersRemoved = append(a.MembersRemoved, mover{m.ID})
	}
	return a, nil
}

// taskStandard is Activity.Task by encoding/json, of what is a dialog's.
func taskStandard(a *Activity) (TaskRequest, error) {
	var value struct {
		Data      json.RawMessage `json:"data"`
		CommandID string          `json:"commandId"`
		Context   struct {
			Theme string `json:"theme"`
		} `json:"context"`
		MessagePayload struct {
			Body struct {
				ContentType string `json:"contentType"`
				Content     string `json:"content"`
			} `json:"body"`
		} `json:"messagePayload"`
	}
	if !bytes.HasPrefix(a.Value, []byte("{")) {
		return TaskRequest{}, errors.New("its value is not an object")
	}
	if err := json.Unmarshal(a.Value, &value); err != nil && !isWrongType(err) {
		return TaskRequest{}, err
	}
	if string(value.Data) == "null" {
		value.Data = nil
	}
	message := value.MessagePayload.Body.Content
	if value.MessagePayload.Body.ContentType != "text" {
		message = plain(message)
	}
	return TaskRequest{
		Data: value.Data, CommandID: value.CommandID, Theme: value.Context.Theme, Message: strings.TrimSpace(message),
	}, nil
}

// readsAsStandard wants a body to be read as encoding/json reads it, or refused
// in its words.
func readsAsStandard(t *testing.T, body []byte) {
	t.Helper()
	got, err := DecodeActivity(body)
	want, wantErr := decodeStandard(body)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("got %v, want %v: %.300q", err, wantErr, body)
	}
	if !reflect.DeepEqual(got, want) { // for cmp.Diff there are too many
		t.Fatalf("%s: %.300q", cmp.Diff(want, got), body)
	}
	if err != nil {
		return
	}
	got.Name = InvokeTaskSubmit
	task, err := got.Task()
	wantTask, wantErr := taskStandard(got)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("got %v, want %v: %.300q", err, wantErr, body)
	}
	if !reflect.DeepEqual(task, wantTask) {
		t.Fatalf("%s: %.300q", cmp.Diff(wantTask, task), body)
	}
}

// Values of all kinds, right and wrong, each in the place of an activity's fields
// of each kind.
func TestReadsAsStandard(t *testing.T) {
	t.Parallel()
	deep := func(n int, open, in, end string) string {
		return strings.Repeat(open, n) + in + strings.Repeat(end, n)
	}
	values := []string{
		``, ` `, `null`, `nul`, `nulll`, `true`, `false`, `tru`, `True`, `truefalse`, `0`, `-0`, `-`, `+1`, `01`, `1.`, `.1`, `1.5`, `1e`, `1e5`, `1E+5`,
		`1e-05`, `1e999`, `-1.0e+0`, `1 2`, `0x1`, `NaN`, `1e5.0`, `--1`, `1_0`, "1\x00",
		`""`, `"`, `"a`, `"a" "b"`, `"a\"b"`, `"\u0041"`, `"\u00e9\u05d0"`, `"\ud83d\ude00"`, `"\ud800"`, `"\ud800\u0041"`, `"\ude00\ud83d"`, `"\ud800\ud800\udc00"`,
		`"\u12"`, `"\u123g"`, `"\x41"`, `"\'"`, `"\/\b\f\n\r\t\\"`, `"\`, `"\u`, "\"\x01\"", "\"\t\"", "\"\n\"", "\"\x7f\"", "\"\xff\"", "\"a\xffb\\n\"", "\"\xed\xa0\x80\"",
		"\"\xc3\"", "\"\u05d0\u05d1\"", "\"\U0001F600\u2028\"", "\"\xef\xbf\xbd\"", `'a'`, `"<at>&nbsp;</at>"`,
		`{}`, `{`, `}`, `{}}`, `{"id"}`, `{"id":}`, `{"id":"a",}`, `{,"id":"a"}`, `{"id":"a" "name":"b"}`, `{"id" "a"}`, `{"id"::"a"}`, `{id:"a"}`, `{1:"a"}`, `{"id":"a"]`,
		`{"id":"a","name":"b","aadObjectId":"c","tenantId":"d","type":"e","text":"f","theme":"g"}`, `{"id":1,"name":{"id":"x"},"aadObjectId":["y"]}`,
		`{"id":"a","id":"b"}`, `{"id":"a","id":null}`, `{"id":"a","id":7}`, `{"id":"a","ID":"b"}`, `{"ID":"a","id":"b"}`, `{"Id":"a"}`, `{"\u0069d":"a"}`, `{"\u0049\u0044":"a"}`,
		"{\"\u0131d\":\"a\",\"\u0130D\":\"b\"}", "{\"\u212aind\":\"a\",\"isGroup\":true}", "{\"i\u017fGroup\":true,\"\u017f\":1}", `{"\u017f":1,"i\u017fgroup":true}`, "{\"i\xff\":1}",
		`{"":"a"}`, `{"` + strings.Repeat("n", 33) + `":"a"}`, `{"` + strings.Repeat("\u212a", 33) + `":"a"}`, `{"isGroup":"x","id":"a"}`, `{"isGroup":true,"isGroup":null}`, `{"isGroup":true,"isGroup":false}`,
		`{"data":null}`, `{"data":{"a":1} , "data" : [ 1 ] }`, `{"context":{"theme":"dark","THEME":7},"commandId":"x","messagePayload":{"body":{"contentType":"text","content":" a "}}}`,
		`{"messagePayload":{"body":{"content":"<p>a</p>"},"body":{"contentType":"text"}},"messagePayload":null}`,
		`{"mentioned":{"id":"m"},"text":"t","type":"mention","locale":"l","timezone":"z"}`, `{"team":{"id":"t","aadGroupId":"g"},"channel":{"type":"private"},"tenant":{"id":"x"},"eventType":"e"}`,
		`{"team":{"id":"t"},"team":{"name":"n"},"tenant":[],"channel":"c"}`, "{\r\n\t \"id\" : \"a\" , \"name\":\"b\"\t}", "{\v\"id\":\"a\"}", "{\u00a0\"id\":\"a\"}",
		`[]`, `[`, `]`, `[1,]`, `[,1]`, `[1 2]`, `[1}`, `[[]]`, `[null]`, `[{}]`, `[{"id":"a"},7,null,"x",{"ID":"b"},[{"id":"c"}],{"id":5}]`, `[{"type":"mention","mentioned":{"id":"a"}},{"mentioned":null}]`,
		`[{"id":"a"}`, `[{"id":"a"},`, `[` + strings.Repeat(`{"id":"a"},`, mostOfFew) + `{"id":"b"}]`, `[` + strings.Repeat(`{},`, mostOfFew+5) + `{]`,
		deep(9_998, `[`, ``, `]`), deep(9_999, `[`, ``, `]`), deep(10_000, `[`, ``, `]`), deep(10_001, `[`, ``, `]`), deep(9_999, `{"a":`, `1`, `}`), deep(10_000, `{"a":`, `1`, `}`),
		deep(100, `[{"a":[],"b":`, `""`, `}]`), deep(100, `[{"a":[],"b":`, `""`, `}`),
	}
	for _, field := range []string{
		"type", "id", "text", "replyToId", "serviceUrl", "SERVICEURL", "channelId", "name", "action", "timestamp", "locale", "localTimezone",
		"from", "recipient", "conversation", "Conversation", "channelData", "entities", "membersAdded", "membersRemoved", "value", "unknown", "attachments",
	} {
		for _, value := range values {
			name := `"` + field + `":`
			for _, body := range []string{
				`{"type":"message",` + name + value + `}`,
				` {` + name + value + ` , "type" : "invoke","id":"7"} `,
				`{"type":"message",` + name + value + `,` + name + `{"id":"z"},` + name + `[{"id":"y"}]}`,
				`{"type":"message",` + name + `[{"id":"y"}],` + name + `{"id":"z","isGroup":true,"name":"n"},` + name + value + `}`,
			} {
				if len(value) < 1000 || field == "from" || field == "entities" || field == "value" || field == "unknown" {
					readsAsStandard(t, []byte(body))
				}
			}
		}
	}
	for _, value := range values {
		readsAsStandard(t, []byte(value))
		readsAsStandard(t, []byte(value+`{"type":"message"}`))
		readsAsStandard(t, []byte(`{"type":"message"}`+value))
		readsAsStandard(t, []byte(`{"type":"message","value":{`+value+`}}`))
	}
	for end := range channelMessage { // cut anywhere
		readsAsStandard(t, []byte(channelMessage[:end]))
	}
}
