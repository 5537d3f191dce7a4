package teamsbot

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

const webhookSecret = "a webhook secret of more than 32 characters"

// world is a bot between a Teams, an Apono and a database of its own.
type world struct {
	t         testing.TB
	teams     *teamstest.Server
	apono     *aponotest.Server
	store     *db.Store
	bot       *Bot
	url       string // of the bot
	log       *logBuffer
	aponoHTTP *httptest.Server
	instead   atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // answers for Apono, if it does
	dbURL     string
	connector *connector // a second Teams, for benchmarks
	linkKeys  []LinkKey
	earnest   atomic.Bool // presses may take no longer than where people wait
	real      bool        // time passes by itself and replicas do their regular work, as benchmarks need it
	bots      []*Bot
}

// newWorld starts everything; change may alter Apono's world before.
func newWorld(t testing.TB, change ...func(*aponotest.World)) *world {
	t.Helper()
	test, ok := t.(*testing.T)
	if ok {
		test.Parallel()
	}
	w := &world{t: t, log: &logBuffer{}, dbURL: pgtest.URL(t), linkKeys: []LinkKey{linkKey("k1")}, real: !ok}
	w.start(change...)
	return w
}

// start starts everything that a world is made of.
func (w *world) start(change ...func(*aponotest.World)) {
	t := w.t
	t.Helper()
	people := aponotest.DefaultWorld()
	for _, f := range change {
		f(people)
	}
	var err error
	w.apono, err = aponotest.New(aponotest.Config{ServiceToken: "service-token", World: people, Now: w.clock()})
	must(t, err)
	apono := httptest.NewServer(http.HandlerFunc(w.answerForApono))
	t.Cleanup(apono.Close)
	t.Cleanup(func() { must(t, w.apono.Close()) })
	w.aponoHTTP = apono

	w.teams, err = teamstest.Serve(context.WithoutCancel(t.Context()), teamstest.Config{
		InvokeLimit: time.Minute, ExtensionLimit: time.Minute,
	}) // outlives the bot
	must(t, err)
	t.Cleanup(func() { must(t, w.teams.Close()) })
	w.store, err = db.Open(t.Context(), db.Config{URL: w.dbURL})
	must(t, err)
	t.Cleanup(w.store.Close)

	w.bot, w.url = w.replica()
	w.teams.SetBot(w.url + "/api/messages")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the bot's log:\n%s", w.log)
		}
	})
}

// replica runs one more bot on the same database, and gives its URL.
func (w *world) replica() (*Bot, string) {
	t := w.t
	t.Helper()
	credential, err := teams.NewCredential(teams.CredentialConfig{
		AppID: w.teams.AppID(), TenantID: w.teams.TenantID(), Password: w.teams.AppPassword(),
		LoginURL: w.teams.LoginURL(), DisableInstanceDiscovery: true, HTTPClient: w.teams.HTTPClient(),
	})
	must(t, err)
	hosts, client := []string{w.teams.Host()}, w.teams.HTTPClient()
	if w.connector != nil {
		hosts, client = append(hosts, w.connector.host()), w.connector.trustedBy(client)
	}
	out, err := teams.NewClient(teams.ClientConfig{AppID: w.teams.AppID(), Credential: credential, ServiceHosts: hosts, HTTPClient: client})
	must(t, err)
	in, err := teams.NewVerifier(teams.VerifierConfig{
		AppID: w.teams.AppID(), OpenIDURL: w.teams.OpenIDURL(), ServiceHosts: hosts, HTTPClient: w.teams.HTTPClient(),
	})
	must(t, err)
	apono, err := aponoapi.New(aponoapi.Config{URL: w.aponoHTTP.URL, Token: "service-token"})
	must(t, err)
	bot, err := New(Config{
		AppID: w.teams.AppID(), AllowedTenants: []string{w.teams.TenantID()}, Verifier: in, Teams: out, Apono: apono,
		Store: w.store, Log: zerolog.New(w.log), WebhookSecrets: []aponoapi.Secret{webhookSecret},
		AdminContact: "Adam Admin", Admins: []string{w.teams.Person("Adam").ObjectID}, Now: w.apono.Now, TenantRate: 100_000, ConversationPause: time.Microsecond,
		LinkKeys: w.linkKeys, Patience: w.patience, Grace: 20 * time.Second, PersonRate: -1, TenantsRate: -1, StrangerRate: -1, // see limits_test.go
	})
	must(t, err)
	server := httptest.NewServer(bot.Handler())
	t.Cleanup(server.Close)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	regular := func(context.Context, *sync.WaitGroup) {} // tests do it, when they want it
	if w.real {
		regular = bot.regularly
	}
	go func() { ended <- bot.run(ctx, regular) }()
	w.bots = append(w.bots, bot)
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
	})
	return bot, server.URL
}

// clock is the clock under Apono's and the bot's: it stands still, but for as
// much as tells apart what follows each other.
func (w *world) clock() func() time.Time {
	if w.real {
		return time.Now
	}
	began, looked := time.Now(), atomic.Int64{}
	return func() time.Time { return began.Add(time.Duration(looked.Add(1)) * 10 * time.Microsecond) }
}

// patience lets no test depend on how fast the machine is.
func (w *world) patience() int {
	if w.earnest.Load() {
		return 1
	}
	return 20
}

// hurries does f with presses that are answered as soon as where people wait for
// the answer: what Apono tells later than that comes too late. Teams says so if a
// press is not answered at all.
func (w *world) hurries(f func()) {
	w.earnest.Store(true)
	w.teams.SetInvokeLimit(15 * time.Second)
	f()
	w.earnest.Store(false)
	w.teams.SetInvokeLimit(time.Minute)
}

// settle waits until nothing is owed that is due by now, and nothing goes on that
// a press has begun.
func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		late := w.late() // what goes on may owe something when it ends
		n, err := w.store.Owed(ctx)
		if err == nil && n == 0 && late == 0 {
			tick.Stop()
			return
		}
		select {
		case <-ctx.Done():
			o, _ := w.store.Owing(context.Background(), w.bot.Now())
			w.t.Fatalf("%d jobs are still owed, %d presses still go on (%v) %+v", n, late, err, o)
		case <-tick.C:
		}
	}
}

// late is how much goes on beside and after presses.
func (w *world) late() (n int64) {
	for _, b := range w.bots {
		n += b.lateNow.Load()
	}
	return n
}

// pass lets time pass in Apono, and the bot look and draw.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.apono.Advance(d)
	must(w.t, w.bot.Sweep(w.t.Context()))
	w.settle()
}

// person is somebody who has the bot.
func (w *world) person(name string) *someone {
	w.t.Helper()
	p := w.stranger(name)
	_, err := p.Installs(w.t.Context())
	must(w.t, err)
	w.settle()
	return p
}

// stranger is somebody who does not have the bot.
func (w *world) stranger(name string) *someone {
	return &someone{Person: w.teams.Person(name), w: w}
}

// someone acts in a test and is looked at.
type someone struct {
	*teamstest.Person
	w *world
}

// keyOf names somebody in the bot's memory.
func (w *world) keyOf(s *someone) db.PersonKey {
	return db.PersonKey{TenantID: s.TenantID, ObjectID: s.ObjectID}
}

// says writes to the bot and gives what it wrote back.
func (s *someone) says(text string) []teamstest.Message {
	s.w.t.Helper()
	answer, err := s.Says(s.w.t.Context(), text)
	must(s.w.t, err)
	if answer.Notice != "" {
		s.w.t.Fatalf("Teams told %s: %s", s.Name, answer.Notice)
	}
	return answer.Messages
}

// cards are the newest card in the person's chat and, if that is a message about
// a request, those before it up to the card that tells the request's story.
func (s *someone) cards() (newest []teamstest.Message) {
	chat := s.Chat()
	for i := len(chat) - 1; i >= 0; i-- {
		if chat[i].Card == nil {
			continue
		}
		newest = append(newest, chat[i])
		if !chat[i].Has("Request ID") || chat[i].Has("Access request") {
			break
		}
	}
	return newest
}

// story is the card that tells the story of the newest request.
func (s *someone) story() teamstest.Message {
	all := s.cards()
	return all[len(all)-1]
}

// Chat is what stands in the person's chat when nothing is under way any more.
func (s *someone) Chat() []teamstest.Message {
	s.w.t.Helper()
	s.w.settle()
	return s.Person.Chat()
}

// LastCard is the newest card there.
func (s *someone) LastCard() teamstest.Message {
	s.w.t.Helper()
	s.w.settle()
	return s.Person.LastCard()
}

// presses a button of the newest cards.
func (s *someone) presses(title string) *dialogue {
	s.w.t.Helper()
	all := s.cards()
	card := all[0]
	for _, c := range slices.Backward(all) {
		if slices.Contains(c.Buttons(), title) {
			card = c
		}
	}
	d, err := s.Presses(s.w.t.Context(), card, title)
	must(s.w.t, err)
	return s.opened(d)
}

// sees wants one of the newest cards to show the texts.
func (s *someone) sees(texts ...string) {
	s.w.t.Helper()
	if s.has(texts...) {
		return
	}
	for _, card := range s.cards() {
		s.w.t.Errorf("%s does not see %q in:\n%s", s.Name, texts, card.Visible())
	}
}

// has tells whether one of the newest cards shows the texts.
func (s *someone) has(texts ...string) bool {
	return slices.ContainsFunc(s.cards(), func(m teamstest.Message) bool { return m.Has(texts...) })
}

// requests are the requests that Apono has.
func (w *world) requests() []aponotest.Request { return w.apono.Requests() }

// settleSubmissions does the work of the jobs that settle, which are due later;
// one that is due by now may have been faster.
func (w *world) settleSubmissions() {
	w.t.Helper()
	for _, job := range w.unsettled() {
		must(w.t, w.bot.settle(w.t.Context(), job))
	}
	w.settle()
}

// settleFirst does so for the oldest one, whatever comes of it.
func (w *world) settleFirst() {
	w.t.Helper()
	for _, job := range w.unsettled()[:1] {
		err := w.bot.settle(w.t.Context(), job)
		var snooze *river.JobSnoozeError
		if err != nil && !errors.As(err, &snooze) {
			w.t.Error(err)
		}
	}
}

// unsettled are the submissions without an answer, oldest first.
func (w *world) unsettled() []db.SettleSubmission {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, conn.Close(context.WithoutCancel(w.t.Context()))) }()
	rows, err := conn.Query(w.t.Context(), "SELECT id::text, attempt FROM submissions WHERE state = 'sending' ORDER BY asked_at")
	must(w.t, err)
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[db.SettleSubmission])
	must(w.t, err)
	return due
}

// event tells the bot of something as Apono's webhook would.
func (w *world) event(secret, body string) int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+"/api/apono/events", strings.NewReader(body))
	must(w.t, err)
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	must(w.t, err)
	must(w.t, res.Body.Close())
	return res.StatusCode
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
