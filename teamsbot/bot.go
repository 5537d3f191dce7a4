package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/infracloudio/msbotbuilder-go/core"
	"github.com/rs/zerolog"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// The time that things may take.
const (
	// pressLasts bounds the work on one activity: Teams shows an error to a
	// person whose press is not answered soon, so that something has to be
	// answered within 3 s.
	pressLasts = 2500 * time.Millisecond
	// graceLasts is for what must be noted when that time is over.
	graceLasts = 400 * time.Millisecond
	// createLasts bounds a create, which goes on after its press was answered.
	createLasts = 10 * time.Second
	// settleAfter is when a submission without an answer is looked for.
	settleAfter = createLasts + 5*time.Second
	// sweepEvery is how often the requests that are due are looked at, and
	// forgetEvery how often what is no longer needed is dropped.
	sweepEvery  = 2 * time.Second
	forgetEvery = time.Minute
	// warnEvery is how often it is looked who is to be warned of an end, or
	// reminded to decide.
	warnEvery = 5 * time.Second
	// forgottenEvery is how often cards are looked for that no job is about, and
	// how long they have been behind then.
	forgottenEvery = time.Minute
)

// Config is what the bot is made of. All of it but the marked fields is
// required.
type Config struct {
	AppID          string
	AllowedTenants []string // whose people may use the bot
	Verifier       *teams.Verifier
	Teams          *teams.Client
	Apono          *aponoapi.Client // with the service token
	Store          *db.Store
	Log            zerolog.Logger

	IdentityField  string            // optional: "upn" maps people by UPN instead of mail
	WebhookSecrets []aponoapi.Secret // optional: without them Apono's events are not taken
	AdminContact   string            // optional: whom people are told to ask
	LinkKeys       []LinkKey         // optional: without them nobody can connect their own Apono token; the first one encrypts
	Admins         []string          // optional: who may say what channels are shown, by Entra object ids or mail addresses
	PortalURL      string            // optional: Apono's portal, default https://portal.apono.io
	TeamsAppID     string            // optional: the app's id in Teams, by which people add it, default AppID
	TeamsURL       string            // optional: where people use Teams, default https://teams.microsoft.com
	TrustedProxies []string          // optional: networks (CIDR) whose X-Forwarded-For is believed; without them nobody's
	Retention      time.Duration     // optional: how long requests that have ended are remembered, default 90 days
	AuditRetention time.Duration     // optional: how long the audit is kept, default 365 days
	Version        string            // optional: the program's own, for admins
	Now            func() time.Time  // optional: default time.Now
	Grace          time.Duration     // optional: for what must be noted when the time of a press is over, default 0.4 s
	Patience       func() int        // optional: how many times longer than usual presses and what they wait for may take: a slow machine tests with patience; default 1

	// Optional: how much the bot sends of its own accord, over all replicas.
	TenantRate        int           // messages a second into one tenant, default 30
	ConversationPause time.Duration // between two into one conversation, after the first few; default 2 s
	ExpiryWarning     time.Duration // how long before its end an access is warned of, default 15 min; below 0: never
	ReviewReminder    time.Duration // how long a request waits before its approvers are reminded, default 30 min; below 0: never

	// Optional: how much is taken in a minute, below 0: all. It is counted by each
	// replica for itself.
	PersonRate   int // presses and messages of one person, default 120
	TenantsRate  int // and of all of a tenant, default 6,000
	StrangerRate int // requests of neither Teams nor Apono from one address, before they are noted no more; default 120
}

// Bot is the program between Teams and Apono.
type Bot struct {
	Config
	adapter *core.BotFrameworkAdapter
	catalog *catalog
	metrics *metrics
	handler http.Handler
	late    sync.WaitGroup // what goes on after its press was answered
	lateNow atomic.Int64   // how much that is
	replica string         // names this program among those that run
	cutLate chan struct{}  // closed when that has to end

	retire  sync.Once
	retired chan struct{} // closed when no more jobs are taken on

	seals      seals // people's own Apono tokens
	tokensShut shut  // for such tokens
	reportShut shut  // Apono's activity report
	lists      lists
	languages  languages

	strangers, persons, tenants, warned *limiter

	shownAnswers shownAnswers
}

// New makes a bot, or says what is missing.
func New(c Config) (*Bot, error) {
	if c.Verifier == nil || c.Teams == nil || c.Apono == nil || c.Store == nil {
		return nil, errors.New("teamsbot: a verifier, a Teams client, an Apono client and a store are needed")
	}
	if c.AppID == "" || len(c.AllowedTenants) == 0 || slices.Contains(c.AllowedTenants, "") {
		return nil, errors.New("teamsbot: an app id and at least one allowed tenant are needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.PortalURL = cmp.Or(c.PortalURL, "https://portal.apono.io")
	c.TeamsAppID = cmp.Or(c.TeamsAppID, c.AppID)
	c.TeamsURL = cmp.Or(c.TeamsURL, "https://teams.microsoft.com")
	c.Retention = cmp.Or(c.Retention, 90*24*time.Hour)
	c.AuditRetention = cmp.Or(c.AuditRetention, 365*24*time.Hour)
	c.Admins = slices.Clone(c.Admins)
	for i, who := range c.Admins {
		c.Admins[i] = strings.ToLower(who)
	}
	m := newMetrics()
	c.Teams, c.Apono = c.Teams.Watched(m.teams.done), c.Apono.Watched(m.apono.done)
	catalog, err := newCatalog(c.Apono)
	if err != nil {
		return nil, fmt.Errorf("teamsbot: %w", err)
	}
	seals, err := newSeals(c.LinkKeys)
	if err != nil {
		return nil, fmt.Errorf("teamsbot: %w", err)
	}
	b := &Bot{
		Config: c, seals: seals, adapter: teams.NewAdapter(c.AppID, c.Verifier, c.Teams), catalog: catalog, metrics: m,
		replica: uuid.NewString(), cutLate: make(chan struct{}), retired: make(chan struct{}),
		strangers: newLimiter(c.StrangerRate, strangerRate), persons: newLimiter(c.PersonRate, personRate),
		tenants: newLimiter(c.TenantsRate, tenantsRate), warned: newLimiter(toldRate, 0),
	}
	m.registry.MustRegister(newOwing(b))
	if b.handler, err = b.routes(); err != nil {
		return nil, fmt.Errorf("teamsbot: %w", err)
	}
	return b, nil
}

// Handler answers what Teams and Apono send.
func (b *Bot) Handler() http.Handler { return b.handler }

// Run works through what is owed until ctx ends, then finishes what is under
// way, for a few seconds. By then nothing must come in any more.
func (b *Bot) Run(ctx context.Context) error { return b.run(ctx, b.regularly) }

// run is Run with that as the regular work.
func (b *Bot) run(ctx context.Context, regular func(context.Context, *sync.WaitGroup)) error {
	worker, err := b.worker()
	if err != nil {
		return err
	}
	// Jobs end in order when told to; ctx would cut them off.
	if err := worker.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the jobs: %w", err)
	}
	var background sync.WaitGroup
	background.Go(func() { b.Verifier.Run(ctx) })
	background.Go(func() { b.beat(ctx) })
	regular(ctx, &background)
	select {
	case <-b.retired:
	case <-ctx.Done():
	}
	stopped := make(chan error, 1)
	go func() { stopped <- b.stopJobs(context.WithoutCancel(ctx), worker) }()
	<-ctx.Done()
	background.Wait()
	b.endLate()
	return <-stopped
}

// regularly does what has to be done again and again.
func (b *Bot) regularly(ctx context.Context, background *sync.WaitGroup) {
	background.Go(func() { b.repeat(ctx, sweepEvery, b.inTurn(turnSweep, sweepApart, b.Sweep)) })
	background.Go(func() { b.repeat(ctx, sweepEvery, b.Store.OweAbandoned) })
	background.Go(func() {
		b.repeat(ctx, forgottenEvery, func(ctx context.Context) error { return b.Store.OweForgotten(ctx, forgottenEvery) })
	})
	background.Go(func() { b.repeat(ctx, warnEvery, b.warnOfEnds) })
	background.Go(func() { b.repeat(ctx, warnEvery, b.remindApprovers) })
	background.Go(func() {
		b.repeat(ctx, sweepEvery, b.inTurn(turnElsewhere, elsewhereEvery, b.LookElsewhere))
	})
	background.Go(func() { b.repeat(ctx, sweepEvery, b.inTurn(turnTasks, tasksEvery, b.LookAtTasks)) })
	background.Go(func() { b.repeat(ctx, forgetEvery, b.forget) })
}

// within is how long something may take that a person waits for.
func (b *Bot) within(usual time.Duration) time.Duration {
	if b.Patience == nil {
		return usual
	}
	return usual * time.Duration(b.Patience())
}

// forget drops what is no longer needed.
func (b *Bot) forget(ctx context.Context) error {
	return b.Store.Forget(ctx, b.Now(), db.Retention{Requests: b.Retention, Audit: b.AuditRetention})
}

// repeat does f again and again until ctx ends. One that fails or panics is
// followed by another.
func (b *Bot) repeat(ctx context.Context, every time.Duration, f func(context.Context) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := safely(func() error { return f(ctx) }); err != nil && ctx.Err() == nil {
				b.Log.Error().Err(err).Msg("regular work failed")
			}
		}
	}
}

// safely turns a panic in f into an error, for work outside a request's own
// goroutine, where it would end the program.
func safely(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panicked: %v\n%s", cause, debug.Stack())
		}
	}()
	return f()
}
