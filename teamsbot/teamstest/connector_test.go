package teamstest

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConnectorKeepsWhatTheBotWrites(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, dana := t.Context(), teams.Person("dana")
	if _, err := dana.Installs(ctx); err != nil {
		t.Fatal(err)
	}
	id, err := b.send(ctx, b.last(t), card([]any{says("Hello")}))
	if err != nil {
		t.Fatal(err)
	}
	if m := dana.LastCard(); !m.Has("Hello") || m.ID != id || m.From != "bot" {
		t.Errorf("got %+v", m)
	}
	status, _, err := b.call(ctx, http.MethodPut, cardMessage(card([]any{says("Bye")})), dana.ChatID(), "activities", id)
	if err != nil || status != http.StatusOK {
		t.Fatalf("update: %d %v", status, err)
	}
	if m, _ := dana.Message(id); !m.Has("Bye") || m.Has("Hello") || m.Edited != 1 {
		t.Errorf("after the update: %+v", m)
	}
	status, _, err = b.call(ctx, http.MethodDelete, nil, dana.ChatID(), "activities", id)
	if err != nil || status != http.StatusOK {
		t.Fatalf("delete: %d %v", status, err)
	}
	if m, _ := dana.Message(id); !m.Deleted {
		t.Error("the message is still there")
	}
	status, answer, err := b.call(ctx, http.MethodPut, cardMessage(card(nil)), dana.ChatID(), "activities", id)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "update of a deleted message", status, answer, http.StatusNotFound, "ActivityNotFoundInConversation")
}

func TestConnectorRefusals(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx := t.Context()
	dana, devin, omar, ava := teams.Person("dana"), teams.Person("devin"), teams.Person("omar"), teams.Person("ava")
	for _, p := range []*Person{dana, omar, ava} {
		if _, err := p.Installs(ctx); err != nil {
			t.Fatal(err)
		}
	}
	said, err := dana.Says(ctx, "help")
	if err != nil || said.Status != http.StatusOK {
		t.Fatal(said, err)
	}
	if _, err := omar.Uninstalls(ctx); err != nil {
		t.Fatal(err)
	}
	ava.Blocks()
	own := dana.Chat()[0].ID
	create := func(mri string) map[string]any {
		return map[string]any{"isGroup": false, "members": []any{map[string]any{"id": mri}}, "tenantId": teams.TenantID()}
	}
	huge := card([]any{says(strings.Repeat("x", 52<<10))})
	for _, c := range []struct {
		what, method string
		body         any
		parts        []string
		status       int
		code         string
	}{
		{"send to an unknown chat", "POST", cardMessage(card(nil)), []string{"a:nobody", "activities"}, 404, "ConversationNotFound"},
		{"send to somebody not installed", "POST", cardMessage(card(nil)), []string{devin.ChatID(), "activities"}, 404, "ConversationNotFound"},
		{"send after uninstall", "POST", cardMessage(card(nil)), []string{omar.ChatID(), "activities"}, 403, "BotNotInConversationRoster"},
		{"send when blocked", "POST", cardMessage(card(nil)), []string{ava.ChatID(), "activities"}, 403, "ConversationBlockedByUser"},
		{"send to a channel without the app", "POST", cardMessage(card(nil)), []string{channelID, "activities"}, 403, "BotNotInConversationRoster"},
		{"send too much", "POST", cardMessage(huge), []string{dana.ChatID(), "activities"}, 413, "MessageSizeTooBig"},
		{"send nothing", "POST", map[string]any{"type": "message"}, []string{dana.ChatID(), "activities"}, 400, "BadSyntax"},
		{"send an unknown type", "POST", map[string]any{"type": "gossip"}, []string{dana.ChatID(), "activities"}, 400, "BadSyntax"},
		{"send what is not JSON", "POST", "{", []string{dana.ChatID(), "activities"}, 400, "BadSyntax"},
		{"update what somebody else wrote", "PUT", cardMessage(card(nil)), []string{dana.ChatID(), "activities", own}, 403, "NotEnoughPermissions"},
		{"create with somebody unknown", "POST", create("29:nobody"), nil, 400, "BadSyntax"},
		{"create without the app anywhere", "POST", create(devin.MRI), nil, 403, "BotNotInConversationRoster"},
		{"create with somebody who uninstalled", "POST", create(omar.MRI), nil, 403, "BotNotInConversationRoster"},
		{"create when blocked", "POST", create(ava.MRI), nil, 403, "ConversationBlockedByUser"},
		{"create a group", "POST", map[string]any{"isGroup": true, "tenantId": "x"}, nil, 400, "BadSyntax"},
		{"create without a tenant", "POST", map[string]any{"members": []any{map[string]any{"id": dana.MRI}}}, nil, 400, "BadSyntax"},
		{"a member of another chat", "GET", nil, []string{dana.ChatID(), "members", devin.MRI}, 404, "MemberNotFoundInConversation"},
	} {
		status, answer, err := b.call(ctx, c.method, c.body, c.parts...)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		wantCode(t, c.what, status, answer, c.status, c.code)
	}
}

func TestBotOpensAChatOnce(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, dana, omar := t.Context(), teams.Person("dana"), teams.Person("omar")
	if _, err := teams.Channel().Installs(ctx, omar); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		status, answer, err := b.call(ctx, http.MethodPost, map[string]any{
			"isGroup": false, "members": []any{map[string]any{"id": dana.MRI}}, "channelData": map[string]any{"tenant": map[string]any{"id": teams.TenantID()}},
		})
		if err != nil || status != http.StatusCreated || answer["id"] != dana.ChatID() {
			t.Fatalf("create: %d %v %v", status, answer, err)
		}
	}
	chat := map[string]any{"conversation": map[string]any{"id": dana.ChatID()}}
	if _, err := b.send(ctx, chat, card([]any{says("Proactive")})); err != nil {
		t.Fatal(err)
	}
	if !dana.LastCard().Has("Proactive") {
		t.Error("Dana sees nothing")
	}
}

func TestRoster(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, gus, fay := t.Context(), teams.Person("gus"), teams.Person("fay")
	partners, shared := teams.ChannelNamed("Partner project"), teams.ChannelNamed("Joint operations")
	for _, c := range []*Channel{teams.Channel(), partners, shared} {
		if _, err := c.Installs(ctx, teams.Person("adam")); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{gus.MRI, gus.ObjectID, gus.UPN, strings.ToUpper(gus.Email)} {
		status, member, err := b.call(ctx, http.MethodGet, nil, partners.ID, "members", id)
		if err != nil || status != http.StatusOK {
			t.Fatalf("member %s: %d %v", id, status, err)
		}
		want := map[string]any{
			"id": gus.MRI, "name": "Gus Guest", "givenName": "Gus", "surname": "Guest", "email": "gus@partner.example",
			"userPrincipalName": "gus_partner.example#EXT#@acme.example", "objectId": gus.ObjectID, "aadObjectId": gus.ObjectID,
			"tenantId": teams.TenantID(), "userRole": "guest",
		}
		if diff := cmp.Diff(want, member); diff != "" {
			t.Errorf("member %s (-want +got):\n%s", id, diff)
		}
	}
	_, member, err := b.call(ctx, http.MethodGet, nil, shared.ID, "members", fay.MRI)
	if err != nil || member["tenantId"] == teams.TenantID() {
		t.Errorf("Fay is %v, %v; want another tenant", member, err)
	}
	for c, want := range map[*Channel]int{teams.Channel(): len(teams.People()) - 2, partners: len(teams.People()) - 1, shared: len(teams.People()) - 1} {
		_, page, err := b.call(ctx, http.MethodGet, nil, c.ID, "pagedmembers")
		if err != nil || len(page["members"].([]any)) != want {
			t.Errorf("paged members of %s: %v, %v; want %d", c.Name, page, err, want)
		}
	}
}

func TestThreads(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, dana, channel := t.Context(), teams.Person("dana"), teams.Channel()
	if _, err := dana.SaysIn(ctx, channel.ID, "help"); err == nil {
		t.Error("the bot was mentioned where it is not")
	}
	if _, err := channel.Installs(ctx, dana); err != nil {
		t.Fatal(err)
	}
	if _, err := dana.SaysIn(ctx, channel.ID, "request"); err != nil {
		t.Fatal(err)
	}
	got := b.last(t)
	if got["text"] != "<at>Apono</at> request" {
		t.Errorf("the text is %q", got["text"])
	}
	id, err := b.send(ctx, got, card([]any{says("In the thread")}))
	if err != nil {
		t.Fatal(err)
	}
	all := channel.Messages()
	if len(all) != 2 || all[1].Thread != all[0].ID || all[1].ID != id || all[1].Conversation != channel.ID {
		t.Errorf("got %+v", all)
	}
	status, answer, err := b.call(ctx, http.MethodPost, map[string]any{
		"isGroup": true, "channelData": map[string]any{"channel": map[string]any{"id": channel.ID}}, "tenantId": teams.TenantID(),
		"activity": cardMessage(card([]any{says("New thread")})),
	})
	if err != nil || status != http.StatusCreated || answer["id"] != channel.ID+";messageid="+text(answer["activityId"]) {
		t.Fatalf("create a thread: %d %v %v", status, answer, err)
	}
	status, answer, err = b.call(ctx, http.MethodPost, cardMessage(card(nil)), channel.ID+";messageid=1", "activities")
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "an unknown thread", status, answer, http.StatusNotFound, "ConversationNotFound")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	ctx, dana, omar := t.Context(), teams.Person("dana"), teams.Person("omar")
	for _, p := range []*Person{dana, omar} {
		if _, err := p.Installs(ctx); err != nil {
			t.Fatal(err)
		}
	}
	send := func(p *Person) (int, map[string]any, error) {
		return b.call(ctx, http.MethodPost, cardMessage(card([]any{says("x")})), p.ChatID(), "activities")
	}
	teams.Fail(Fault{Op: OpSend, Conversation: omar.ChatID(), Status: http.StatusTooManyRequests, RetryAfter: 1500 * time.Millisecond, Times: 1})
	if status, _, err := send(dana); err != nil || status != http.StatusCreated {
		t.Errorf("another chat: %d %v", status, err)
	}
	status, answer, err := send(omar)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "throttled", status, answer, http.StatusTooManyRequests, "Throttled")
	if status, _, err := send(omar); err != nil || status != http.StatusCreated {
		t.Errorf("after the fault: %d %v", status, err)
	}

	teams.Fail(Fault{Op: OpSend, Drop: true, Times: 1})
	before := len(dana.Chat())
	if _, _, err := send(dana); err == nil {
		t.Error("the answer was not cut")
	}
	if len(dana.Chat()) != before+1 {
		t.Error("the message was not kept")
	}

	hold := make(chan struct{})
	teams.Fail(Fault{Hold: hold})
	sent := make(chan error, 1)
	calls := teams.Calls(OpSend)
	go func() { _, _, err := send(dana); sent <- err }()
	if err := teams.Await(ctx, func() bool { return teams.Calls(OpSend) > calls }); err != nil {
		t.Fatal(err)
	}
	close(hold)
	if err := <-sent; err != nil {
		t.Error(err)
	}
	teams.ClearFaults()
}

func TestChatsSurviveARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state", "teams.json")
	b, teams := newBot(t, Config{StateFile: file}, nil)
	ctx, dana := t.Context(), teams.Person("dana")
	if _, err := dana.Installs(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := b.send(ctx, b.last(t), card([]any{says("Kept")})); err != nil {
		t.Fatal(err)
	}
	if err := teams.Close(); err != nil {
		t.Fatal(err)
	}
	_, again := newBot(t, Config{StateFile: file}, nil)
	if m := again.Person("dana").LastCard(); !m.Has("Kept") {
		t.Errorf("got %+v", m)
	}
	if _, err := again.Person("dana").Says(ctx, "still installed"); err != nil {
		t.Error(err)
	}
	if last := again.Person("dana").Chat(); last[1].ID <= last[0].ID {
		t.Error("an id was given twice")
	}
	if _, err := Serve(ctx, Config{StateFile: t.TempDir()}); err == nil {
		t.Error("a folder was read as a state file")
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, teams := newBot(t, Config{}, nil)
	ctx, cancel := cancelled(t)
	cancel()
	if err := teams.Await(ctx, func() bool { return false }); !errors.Is(err, ctx.Err()) {
		t.Errorf("got %v", err)
	}
}
