package teamsbot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// What must not be missed is a message of its own, and comes once.
func TestWhatMattersIsAMessage(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	w.pass(time.Minute)
	if n := dana.messages("Access granted"); n != 1 {
		t.Errorf("she is told %d times that the access is granted, want once", n)
	}
	w.pass(time.Hour - 12*time.Minute)
	must(t, w.bot.warnOfEnds(t.Context()))
	must(t, w.bot.warnOfEnds(t.Context()))
	w.settle()
	dana.sees("Access ends soon", "Do you need it for longer?", "Request again")
	if n := dana.messages("Access ends soon"); n != 1 {
		t.Errorf("she is warned %d times, want once", n)
	}
	dana.presses("Request again").shows("Orders database", "For how long, and why?")
	w.pass(time.Hour)
	dana.sees("Access ended", "Expired", "Request again")
	for _, m := range dana.Chat() {
		if m.Has("Access ends soon") {
			t.Errorf("the warning still stands as it was:\n%s", m.Visible())
		}
	}
	if n := len(dana.Chat()); n != 5 { // the welcome, the story, and the three
		t.Errorf("there are %d messages in her chat, want 5", n)
	}
}

// messages counts the messages in the person's chat that show a text.
func (s *someone) messages(text string) int { return len(s.shows(text)) }

func TestWarningsCanBeMuted(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	if got := dana.says("notifications"); len(got) != 1 || !got[0].Has("I warn you before an access ends") {
		t.Errorf("notifications: answered by %v", got)
	}
	dana.says("Notifications OFF")
	w.pass(time.Hour - 12*time.Minute)
	must(t, w.bot.warnOfEnds(t.Context()))
	w.settle()
	if n := dana.messages("Access ends soon"); n != 0 {
		t.Errorf("muted, she is warned %d times", n)
	}
	dana.says("notifications on")
	must(t, w.bot.warnOfEnds(t.Context()))
	w.settle()
	dana.sees("Access ends soon")
}

// Who ends their access needs no message about it.
func TestWhoRevokesIsToldByTheCard(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	dana.presses("Revoke access").press("Revoke access")
	w.settle()
	w.pass(time.Minute)
	if story := dana.story(); !story.Has("Revoked") {
		t.Errorf("the card shows:\n%s", story.Visible())
	}
	if n := dana.messages("Access ended"); n != 0 {
		t.Errorf("she is told %d times what she did", n)
	}
}

// What Teams answers to a delivery has its consequence, and what can be told
// later is told later.
func TestDeliveriesThatTeamsRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		fault  teamstest.Fault
		closed string // why nothing is sent there any more
		owed   bool   // until something is heard from there
	}{
		"blocked":       {teamstest.Fault{Status: 403, Code: "ConversationBlockedByUser"}, "blocked by the person", true},
		"not installed": {teamstest.Fault{Status: 403, Code: "BotNotInConversationRoster"}, "not installed", true},
		"disabled":      {teamstest.Fault{Status: 403, Code: "BotDisabledByAdmin"}, "not allowed", true},
		"writes":        {teamstest.Fault{Status: 403, Code: "MessageWritesBlocked"}, "not allowed", true},
		"no place":      {teamstest.Fault{Status: 404, Code: "ConversationNotFound"}, "conversation gone", true},
		// The other address is tried next, and there nobody is.
		"wrong host": {teamstest.Fault{Status: 403, Code: "InvalidBotApiHost"}, "conversation gone", true},
		"bad card":   {teamstest.Fault{Status: 400, Code: "BadSyntax"}, "", false},
		"forbidden":  {teamstest.Fault{Status: 403, Code: "SomethingNew"}, "", false},
		"too large":  {teamstest.Fault{Status: 413, Code: "MessageSizeTooBig"}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dana := w.person("Dana")
			c.fault.Op, c.fault.Conversation = "send", dana.ChatID()
			w.teams.Fail(c.fault)
			form := dana.presses("New request").atLastStep()
			form.press("Submit")
			w.settle()
			if got := w.one(`SELECT closed FROM conversations WHERE id = $1`, dana.ChatID()); got != c.closed {
				t.Errorf("the chat is closed for %q, want %q", got, c.closed)
			}
			calls := w.teams.Calls("send")
			w.pass(time.Minute)
			if n := w.teams.Calls("send") - calls; c.closed != "" && n != 0 {
				t.Errorf("%d messages are tried in a closed chat", n)
			}
			w.teams.ClearFaults()
			dana.says("help")
			w.settle()
			if shown := slices.ContainsFunc(dana.Chat(), func(m teamstest.Message) bool { return m.Has("INC-42") }); shown != c.owed {
				t.Errorf("the card is there: %v, want %v", shown, c.owed)
			}
		})
	}
}

// A card that Teams finds too large is shown by its summary.
func TestACardTooLargeIsShortened(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.teams.Fail(teamstest.Fault{Op: "send", Status: 413, Code: "MessageSizeTooBig", Times: 1})
	form.press("Submit")
	w.settle()
	dana.sees("Pending approval: Orders database", "Teams finds the rest too large")
}

// A message that is gone is posted anew, and not again and again.
func TestACardThatIsGoneIsPostedOnce(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.presses("New request").atLastStep().press("Submit")
	w.settle()
	w.teams.Fail(teamstest.Fault{Op: "update", Status: 404, Code: "ActivityNotFoundInConversation"})
	for range 5 {
		w.pass(time.Minute)
	}
	if n := dana.messages("INC-42"); n != 2 {
		t.Errorf("there are %d cards, want the lost one and another", n)
	}
}

// While Teams takes messages and does not answer, a card is sent again less and
// less often: each time may be one more copy.
func TestCopiesAreSentLessAndLessOften(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.teams.Fail(teamstest.Fault{Op: "send", Conversation: dana.ChatID(), Drop: true})
	form.press("Submit")
	w.settle()
	must(t, w.exec(`UPDATE conversations SET next_send = now() + interval '1 hour'`))
	w.settle()
	must(t, w.exec(`DELETE FROM river_job`)) // the job that tries again would do so by the real clock
	sent := dana.messages("INC-42")
	must(t, w.exec(`UPDATE posted_cards SET wanted_at = now() - interval '20 minutes'`))
	must(t, w.exec(`UPDATE conversations SET next_send = now()`))
	must(t, w.bot.deliver(t.Context(), db.Deliver{ConversationID: dana.ChatID()}))
	if n := dana.messages("INC-42"); n != sent+1 {
		t.Errorf("there are %d messages, want one more than %d", n, sent)
	}
	if got := w.one(`SELECT (next_send > now() + interval '19 minutes')::text FROM conversations WHERE id = $1`, dana.ChatID()); got != "true" {
		t.Error("it is sent again sooner than it has waited")
	}
}

// A throttled conversation is left alone as long as Teams says, and the others
// go on meanwhile.
func TestAThrottledConversationWaits(t *testing.T) {
	w := newWorld(t)
	dana, devin := w.person("Dana"), w.person("Devin")
	w.teams.Fail(teamstest.Fault{Op: "send", Conversation: dana.ChatID(), Status: 429, RetryAfter: time.Hour, Times: 1})
	dana.presses("New request").atLastStep().press("Submit")
	devin.presses("New request").atLastStep().press("Submit")
	must(t, w.teams.Await(t.Context(), func() bool { return devin.has("AR-") }))
	w.settle()
	if dana.has("AR-") {
		t.Error("the conversation was not left alone")
	}
	if got := w.one(`SELECT (next_send > now() + interval '59 minutes')::text FROM conversations WHERE id = $1`, dana.ChatID()); got != "true" {
		t.Error("the pause that Teams asked for is not kept")
	}
	w.tells(`teamsbot_pushes_throttled_total 1`, `teamsbot_pushes_failed_total{reason="throttled"} 1`)
}

// Many changes of one card are one update, and the last one is shown.
func TestManyChangesAreOneUpdate(t *testing.T) {
	w := newWorld(t)
	w.granted("Dana")
	hold := make(chan struct{})
	w.teams.Fail(teamstest.Fault{Op: "update", Hold: hold, Times: 1})
	r, err := w.store.Request(t.Context(), w.requests()[0].FriendlyID)
	must(t, err)
	before := w.teams.Calls("update")
	for i := range 50 {
		r.Reading, err = w.store.NextReading(t.Context())
		must(t, err)
		r.About = fmt.Sprintf("Part %d", i)
		must(t, w.store.RecordStatus(t.Context(), r))
	}
	close(hold)
	w.settle()
	if n := w.teams.Calls("update") - before; n > 2*3 { // the story and the message: the first, the one under way, the last
		t.Errorf("50 changes are %d updates", n)
	}
	if got := w.one(`SELECT count(*)::text FROM posted_cards WHERE wanted > drawn`); got != "0" {
		t.Errorf("%s cards are behind", got)
	}
}

// one reads one text behind the bot's back.
func (w *world) one(sql string, args ...any) (text string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, conn.Close(context.WithoutCancel(w.t.Context()))) }()
	must(w.t, conn.QueryRow(w.t.Context(), sql, args...).Scan(&text))
	return text
}

// do changes the database behind the bot's back.
func (w *world) do(sql string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, conn.Close(context.WithoutCancel(w.t.Context()))) }()
	_, err = conn.Exec(w.t.Context(), sql)
	must(w.t, err)
}

// A message that Teams took is not sent again because the database could not
// note it at once.
func TestWhatWasSentIsNotedWhenTheDatabaseIsBack(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.do(`
		CREATE SEQUENCE tries;
		CREATE FUNCTION restarting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('tries') <= 2 THEN RAISE EXCEPTION 'the database is starting up'; END IF;
			RETURN NEW;
		END $$;
		CREATE TRIGGER restarting BEFORE UPDATE ON posted_cards FOR EACH ROW
			WHEN (NEW.drawn > OLD.drawn) EXECUTE FUNCTION restarting()`)
	dana.presses("New request").atLastStep().press("Submit")
	must(t, w.teams.Await(t.Context(), func() bool { return dana.has("INC-42") }))
	w.settle()
	w.do(`UPDATE conversations SET leased_until = now() - interval '1 second' WHERE leased_until IS NOT NULL`)
	must(t, w.store.OweAbandoned(t.Context()))
	w.settle()
	if n := dana.messages("INC-42"); n != 1 {
		t.Errorf("the card stands %d times, want once", n)
	}
}

// exec changes the database behind the bot's back.
func (w *world) exec(sql string) error {
	conn, err := pgx.Connect(w.t.Context(), w.dbURL)
	if err != nil {
		return err
	}
	_, err = conn.Exec(w.t.Context(), sql)
	return errors.Join(err, conn.Close(context.WithoutCancel(w.t.Context())))
}
