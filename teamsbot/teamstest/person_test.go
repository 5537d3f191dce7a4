package teamstest

import (
	"net/http"
	"testing"
)

func TestInstallTellsTheBotTwice(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, dana := t.Context(), teams.Person("dana")
	for _, do := range []func() (*Answer, error){
		func() (*Answer, error) { return dana.Installs(ctx) },
		func() (*Answer, error) { return dana.Upgrades(ctx) },
		func() (*Answer, error) { return dana.Uninstalls(ctx) },
	} {
		if answer, err := do(); err != nil || answer.Status != http.StatusOK || answer.Notice != "" {
			t.Fatal(answer, err)
		}
	}
	var kinds []string
	for _, a := range b.received() {
		kinds = append(kinds, text(a["type"])+" "+text(a["action"]))
		if a["membersAdded"] != nil && text(a["membersAdded"].([]any)[0].(map[string]any)["id"]) != "28:"+teams.AppID() {
			t.Errorf("added %v", a["membersAdded"])
		}
	}
	want := []string{"installationUpdate add", "conversationUpdate ", "installationUpdate add-upgrade", "installationUpdate remove", "conversationUpdate "}
	if len(kinds) != len(want) {
		t.Fatalf("got %q", kinds)
	}
	for i := range want {
		if kinds[i] != want[i] {
			t.Errorf("got %q, want %q", kinds, want)
		}
	}
	if _, err := dana.Says(ctx, "hello"); err == nil {
		t.Error("she wrote without the app")
	}
}

func TestActivitiesCarryWhatTeamsSends(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, devin := t.Context(), teams.Person("devin")
	if _, err := teams.Channel().Installs(ctx, devin); err != nil {
		t.Fatal(err)
	}
	if _, err := devin.SaysIn(ctx, teams.Channel().ID, "request"); err != nil {
		t.Fatal(err)
	}
	a := b.last(t)
	for _, field := range []string{"type", "id", "timestamp", "localTimestamp", "localTimezone", "locale", "channelId", "serviceUrl", "from", "recipient", "conversation", "channelData", "entities", "text", "attachments"} {
		if a[field] == nil {
			t.Errorf("no %s", field)
		}
	}
	from, conversation := a["from"].(map[string]any), a["conversation"].(map[string]any)
	if from["aadObjectId"] != devin.ObjectID || from["id"] != devin.MRI || a["localTimezone"] != "America/New_York" {
		t.Errorf("from %v in %v", from, a["localTimezone"])
	}
	if conversation["conversationType"] != "channel" || conversation["tenantId"] != teams.TenantID() || conversation["isGroup"] != true {
		t.Errorf("conversation %v", conversation)
	}
	entities := a["entities"].([]any)
	if entities[0].(map[string]any)["type"] != "clientInfo" || entities[1].(map[string]any)["text"] != "<at>Apono</at>" {
		t.Errorf("entities %v", entities)
	}
	if fay := teams.Person("fay"); fay.Activity("message")["conversation"].(map[string]any)["tenantId"] == teams.TenantID() {
		t.Error("Fay is of this tenant")
	}
}

func TestResendIsTheSameActivity(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx := t.Context()
	if _, _, err := teams.Send(ctx, teams.Person("dana").Activity("message")); err != nil {
		t.Fatal(err)
	}
	if status, _, err := teams.Resend(ctx, teams.LastActivityID()); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v", status, err)
	}
	got := b.received()
	if len(got) != 2 || got[0]["id"] != got[1]["id"] {
		t.Errorf("got %v", got)
	}
	if _, _, err := teams.Resend(ctx, "f:unknown"); err == nil {
		t.Error("something unknown was sent again")
	}
	if status, _, err := teams.Post(ctx, "", []byte("{}")); err != nil || status != http.StatusOK || b.tokens[2] != "" {
		t.Errorf("without a token: %d %v %q", status, err, b.tokens[2])
	}
}

func TestABotThatIsAway(t *testing.T) {
	t.Parallel()
	_, teams := newBot(t, Config{}, func(_ *bot, w http.ResponseWriter, _ *http.Request, _ map[string]any) {
		w.WriteHeader(http.StatusBadGateway)
	})
	dana := teams.Person("dana")
	if answer, err := dana.Installs(t.Context()); err != nil || answer.Notice != SomethingWrong {
		t.Errorf("got %+v, %v", answer, err)
	}
	teams.SetBot("http://127.0.0.1:1/")
	if answer, err := dana.Says(t.Context(), "hello"); err != nil || answer.Notice != Unreachable {
		t.Errorf("got %+v, %v", answer, err)
	}
	teams.SetBot("")
	if _, err := dana.Says(t.Context(), "hello"); err == nil {
		t.Error("no bot, no error")
	}
}
