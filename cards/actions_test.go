package cards_test

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// What some buttons name.
var (
	ofRequest = map[cards.Verb]bool{
		cards.VerbAgain: true, cards.VerbRevoke: true, cards.VerbRevokeNow: true,
		cards.VerbResources: true, cards.VerbFavoriteName: true, cards.VerbFavoriteAdd: true,
		cards.VerbApprove: true, cards.VerbReject: true, cards.VerbReviewResources: true,
		cards.VerbExtend: true, cards.VerbExtendNow: true,
		cards.VerbDetails: true, cards.VerbDetailsShow: true, cards.VerbReset: true, cards.VerbResetNow: true,
	}
	ofFavorite = map[cards.Do]bool{
		cards.DoUse: true, cards.DoRename: true, cards.DoRenameNow: true, cards.DoDelete: true, cards.DoDeleteNow: true,
	}
	ofRecent = map[cards.Do]bool{cards.DoName: true, cards.DoAdd: true}
)

// What a button carries comes back as it was, with the inputs beside it.
func TestPressComesBack(t *testing.T) {
	t.Parallel()
	opening := map[cards.Verb]bool{ // whether a verb's buttons may open a dialog
		cards.VerbRequest: true, cards.VerbRequestStep: false, cards.VerbRevokeNow: false,
		// These are also pressed inside a dialog, which shows the next one then.
		cards.VerbAgain: true, cards.VerbRevoke: true, cards.VerbMine: true, cards.VerbResources: true,
		cards.VerbFavorites: true, cards.VerbFavoriteName: true, cards.VerbFavoritesStep: false, cards.VerbFavoriteAdd: false,
		cards.VerbBundle: true, cards.VerbBundleStep: false,
		cards.VerbDetails: true, cards.VerbDetailsShow: false, cards.VerbReset: true, cards.VerbResetNow: false,
		cards.VerbConnect: true, cards.VerbConnectNow: false, cards.VerbDisconnect: true, cards.VerbDisconnectNow: false,
		cards.VerbExtend: true, cards.VerbExtendNow: false,
		cards.VerbWatch: true, cards.VerbWatchNow: false,
		cards.VerbApprove: true, cards.VerbReject: true, cards.VerbReviewResources: true, cards.VerbApprovals: true,
	}
	for name, card := range states() {
		for o := range objects(t, card.JSON(texts.InEnglish)) {
			if o["type"] != "Action.Submit" {
				continue
			}
			data := o["data"].(map[string]any)
			data["search"], data["resources"] = "orders", "0,2"
			raw, err := json.Marshal(data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := cards.ParsePress(raw)
			if err != nil {
				t.Fatalf("%s, button %v: %v", name, o["title"], err)
			}
			wantOpens, known := opening[got.Verb]
			if !known {
				t.Errorf("%s, button %v has the verb %q", name, o["title"], got.Verb)
			}
			about := got.Request != "" || len(got.Requests) > 0
			if want := ofRequest[got.Verb] || got.Verb == cards.VerbFavoritesStep && ofRecent[got.Do]; about != want {
				t.Errorf("%s, button %v names a request: %t", name, o["title"], about)
			}
			if (got.Favorite == favoriteID) != ofFavorite[got.Do] {
				t.Errorf("%s, button %v carries %+v", name, o["title"], got.Data)
			}
			if inForm := got.Verb == cards.VerbRequestStep || got.Verb == cards.VerbBundleStep; inForm != (got.Do != "" && got.Revision > 0 && got.Draft == draftID) {
				t.Errorf("%s, button %v carries %+v", name, o["title"], got.Data)
			}
			// A message opens a dialog; a dialog's button must not.
			if opens := data["msteams"] != nil; opens && !wantOpens {
				t.Errorf("%s, button %v opens a dialog: %t", name, o["title"], opens)
			}
			want := map[string]string{"search": "orders", "resources": "0,2"}
			filled, _ := data["filled"].(map[string]any)
			for id, value := range filled {
				want[id] = value.(string)
			}
			if diff := cmp.Diff(want, got.Inputs); diff != "" {
				t.Errorf("%s, button %v: %s", name, o["title"], diff)
			}
		}
	}
}

// presses are data as anybody can forge it. A nil want is no press of ours.
var presses = map[string]struct {
	data string
	want *cards.Press
}{
	"ours": {
		`{"apono":{"verb":"request.step","draft":"d","rev":3,"do":"next"},"hours":"1.5"}`,
		&cards.Press{
			Data:   cards.Data{Verb: "request.step", Draft: "d", Revision: 3, Do: "next"},
			Inputs: map[string]string{"hours": "1.5"},
		},
	},
	"a verb that is not there": { // the bot's switch refuses it
		`{"apono":{"verb":"request.grant"}}`,
		&cards.Press{Data: cards.Data{Verb: "request.grant"}, Inputs: map[string]string{}},
	},
	"keys of its own": {
		`{"apono":{"verb":"request.open","admin":true,"apono":{"verb":"x"}},"apono2":{}}`,
		&cards.Press{Data: cards.Data{Verb: "request.open"}, Inputs: map[string]string{}},
	},
	"the last of two counts": {
		`{"apono":{"verb":"request.open","draft":"a"},"apono":{"verb":"request.step","draft":"b"},"x":"1","x":"2"}`,
		&cards.Press{Data: cards.Data{Verb: "request.step", Draft: "b"}, Inputs: map[string]string{"x": "2"}},
	},
	"inputs that are not text": {
		`{"apono":{"verb":"request.open"},"a":1,"b":true,"c":null,"d":["x"],"e":{"f":"g"},"h":"i"}`,
		&cards.Press{Data: cards.Data{Verb: "request.open"}, Inputs: map[string]string{"h": "i"}},
	},
	"filled in before": {
		`{"apono":{"verb":"request.open"},"filled":{"a":"1","b":"2","c":3},"b":"4"}`,
		&cards.Press{Data: cards.Data{Verb: "request.open"}, Inputs: map[string]string{"a": "1", "b": "4"}},
	},
	"nothing filled in before": {
		`{"apono":{"verb":"request.open"},"filled":null,"b":"4"}`,
		&cards.Press{Data: cards.Data{Verb: "request.open"}, Inputs: map[string]string{"b": "4"}},
	},
	"filled in before, of another kind": {
		`{"apono":{"verb":"request.open"},"filled":["a"],"b":"4"}`,
		&cards.Press{Data: cards.Data{Verb: "request.open"}, Inputs: map[string]string{"b": "4"}},
	},
	"half a surrogate": {
		`{"apono":{"verb":"request.open"},"a":"\ud800"}`,
		&cards.Press{Data: cards.Data{Verb: "request.open"}, Inputs: map[string]string{"a": "\ufffd"}},
	},

	"nothing":               {``, nil},
	"null":                  {`null`, nil},
	"a list":                {`[{"apono":{"verb":"request.open"}}]`, nil},
	"text":                  {`"request.open"`, nil},
	"half":                  {`{"apono":{"verb":"request.op`, nil},
	"no data of ours":       {`{"hours":"1.5"}`, nil},
	"another spelling":      {`{"Apono":{"verb":"request.open"}}`, nil},
	"no verb":               {`{"apono":{"draft":"d"}}`, nil},
	"an empty verb":         {`{"apono":{"verb":""}}`, nil},
	"ours is null":          {`{"apono":null}`, nil},
	"ours is a list":        {`{"apono":[{"verb":"request.open"}]}`, nil},
	"ours is text":          {`{"apono":"{\"verb\":\"request.open\"}"}`, nil},
	"the verb is a number":  {`{"apono":{"verb":1}}`, nil},
	"the verb is a list":    {`{"apono":{"verb":["request.open"]}}`, nil},
	"the revision is text":  {`{"apono":{"verb":"request.open","rev":"1"}}`, nil},
	"a revision and a half": {`{"apono":{"verb":"request.open","rev":1.5}}`, nil},
	"a huge revision":       {`{"apono":{"verb":"request.open","rev":1e400}}`, nil},
	"the second is no good": {`{"apono":{"verb":"request.open"},"apono":7}`, nil},
}

func TestParsePress(t *testing.T) {
	t.Parallel()
	for name, row := range presses {
		got, err := cards.ParsePress(json.RawMessage(row.data))
		if row.want == nil {
			if !errors.Is(err, cards.ErrNoPress) {
				t.Errorf("%s: got %+v and the error %v, want ErrNoPress", name, got, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(*row.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzParsePress(f *testing.F) {
	for _, row := range presses {
		f.Add([]byte(row.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := cards.ParsePress(data)
		if err != nil {
			if !errors.Is(err, cards.ErrNoPress) {
				t.Errorf("got %v, want ErrNoPress", err)
			}
			return
		}
		if got.Verb == "" || got.Inputs == nil {
			t.Errorf("got %+v", got)
		}
		for id, value := range got.Inputs {
			if !utf8.ValidString(id) || !utf8.ValidString(value) {
				t.Errorf("input %q is %q", id, value)
			}
		}
		again, err := json.Marshal(map[string]any{"apono": got.Data})
		if err != nil {
			t.Fatal(err)
		}
		second, err := cards.ParsePress(again)
		if err != nil || !cmp.Equal(second.Data, got.Data) {
			t.Errorf("read %+v, and then %+v (%v)", got.Data, second.Data, err)
		}
	})
}
