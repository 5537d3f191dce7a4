package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db/devpg"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// playgroundCommand runs the bot on this machine with every other end simulated.
type playgroundCommand struct {
	Dir   string `default:".playground" help:"Where the playground keeps its data." placeholder:"FOLDER"`
	Fresh bool   `help:"Start over: forget everything from before."`

	Page  string `default:"127.0.0.1:8080" help:"Address of the page." placeholder:"HOST:PORT"`
	Bot   string `default:"127.0.0.1:3978" help:"Address of the bot." placeholder:"HOST:PORT"`
	Teams string `default:"127.0.0.1:3979" help:"Address of the simulated Teams." placeholder:"HOST:PORT"`
	Apono string `default:"127.0.0.1:3980" help:"Address of the simulated Apono." placeholder:"HOST:PORT"`

	Patience int `env:"TEAMSBOT_PATIENCE" default:"1" hidden:"" help:"For tests on slow machines, as that of serve." placeholder:"NUMBER"`
}

// Run implements the command.
func (p *playgroundCommand) Run(ctx context.Context, t *terminal) (err error) {
	if err := p.checkAddresses(); err != nil {
		return err
	}
	say := func(line string) { t.say("%s", line) }
	// The Postgres holds the lock of the folder, so it goes first.
	postgres, err := devpg.Start(ctx, devpg.Config{Dir: filepath.Join(p.Dir, "postgres"), Fresh: p.Fresh, Durable: true, Say: say})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, postgres.Stop()) }()
	world := playground{playgroundCommand: *p, terminal: t, postgres: postgres}
	if err := world.start(ctx, say); err != nil {
		return errors.Join(err, world.close())
	}
	err = world.serve(ctx)
	t.say("Stopping…")
	return errors.Join(err, world.close())
}

// addresses are all that it listens on, by flag.
func (p *playgroundCommand) addresses() [4][2]string {
	return [...][2]string{{"--page", p.Page}, {"--bot", p.Bot}, {"--teams", p.Teams}, {"--apono", p.Apono}}
}

// checkAddresses keeps everything on this machine.
func (p *playgroundCommand) checkAddresses() error {
	for _, a := range p.addresses() {
		if !isAddress(a[1]) || !isLoopbackHost(a[1]) {
			return fmt.Errorf("the playground listens on this machine only: %s %s is not an address such as 127.0.0.1:8080", a[0], a[1])
		}
	}
	return nil
}

// checkFree says which address somebody else has, before anything is begun that
// would have to be stopped again.
func (p *playgroundCommand) checkFree(ctx context.Context) error {
	for _, a := range p.addresses() {
		l, err := listen(ctx, a[1])
		if err != nil {
			return fmt.Errorf("%w (%s)", err, a[0])
		}
		l.Close()
	}
	return nil
}

// playground is everything around the bot.
type playground struct {
	playgroundCommand
	*terminal
	postgres *devpg.Server
	apono    *aponotest.Server
	teams    *teamstest.Server
	page     http.Handler
	isNew    bool
	token    aponoapi.Secret // of the bot's own Apono user
	secret   aponoapi.Secret // of Apono's webhook
	linkKey  aponoapi.Secret // for people's own tokens: id and key

	pageListener, aponoListener net.Listener
	log                         *os.File
}

// start brings up every end but the bot.
func (p *playground) start(ctx context.Context, say func(string)) (err error) {
	p.token, p.secret = aponoapi.Secret(rand.Text()), aponoapi.Secret(rand.Text()+rand.Text())
	if err = p.checkFree(ctx); err != nil {
		return err
	}
	if p.pageListener, err = listen(ctx, p.Page); err != nil {
		return err
	}
	if p.aponoListener, err = listen(ctx, p.Apono); err != nil {
		return err
	}
	aponoState, teamsState := filepath.Join(p.Dir, "apono.json"), filepath.Join(p.Dir, "teams.json")
	if p.Fresh {
		if err := errors.Join(remove(aponoState), remove(teamsState), remove(p.linkKeyFile())); err != nil {
			return err
		}
	}
	if p.linkKey, err = keptLinkKey(p.linkKeyFile()); err != nil {
		return err
	}
	_, err = os.Stat(teamsState)
	p.isNew = errors.Is(err, os.ErrNotExist)
	if p.apono, err = aponotest.New(aponotest.Config{
		ServiceToken: p.token, StateFile: aponoState,
		WebhookURL: "http://" + p.Bot + "/api/apono/events", WebhookSecret: p.secret,
	}); err != nil {
		return fmt.Errorf("start the simulated Apono: %w", err)
	}
	if p.teams, err = teamstest.Serve(ctx, teamstest.Config{
		Addr: p.Teams, StateFile: teamsState, BotURL: "http://" + p.Bot + "/api/messages", Control: p.apono.Control(), Say: say,
	}); err != nil {
		return fmt.Errorf("start the simulated Teams: %w", err)
	}
	if p.page, err = p.teams.Page(ctx); err != nil {
		return err
	}
	p.log, err = os.OpenFile(filepath.Join(p.Dir, "teamsbot.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return err
}

func (p *playground) linkKeyFile() string { return filepath.Join(p.Dir, "link.key") }

// keptLinkKey is the key in the file, which is made if it is not there: the
// database beside it outlives the program.
func keptLinkKey(file string) (aponoapi.Secret, error) {
	kept, err := os.ReadFile(file)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return aponoapi.Secret(kept), err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	made := "playground:" + base64.StdEncoding.EncodeToString(key)
	return aponoapi.Secret(made), os.WriteFile(file, []byte(made), 0o600)
}

// serve runs everything until ctx ends or a part of it fails.
func (p *playground) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	ready := make(chan struct{})
	group.Go(func() error { return serve(ctx, p.botConfig(), p.log, 0, func() { close(ready) }) })
	group.Go(func() error { p.apono.Run(ctx); return nil })
	group.Go(func() error { return serveHTTP(ctx, p.aponoListener, p.apono) })
	group.Go(func() error { return serveHTTP(ctx, p.pageListener, p.page) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-p.postgres.Done():
			return errors.New("the playground's Postgres ended by itself; its log is in " + filepath.Join(p.Dir, "postgres"))
		}
	})
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-ready:
			return p.greet(ctx)
		}
	})
	return group.Wait()
}

// greet gives a new company the app, and says where to look.
func (p *playground) greet(ctx context.Context) error {
	if p.isNew {
		for _, person := range p.teams.People() {
			if person.TenantID != p.teams.TenantID() {
				continue
			}
			if _, err := person.Installs(ctx); err != nil {
				return fmt.Errorf("give %s the app: %w", person.Name, err)
			}
		}
		for _, channel := range p.teams.Channels() {
			if _, err := channel.Installs(ctx, p.teams.Person("Adam")); err != nil {
				return fmt.Errorf("give the channel %s the app: %w", channel.Name, err)
			}
		}
	}
	_, port, err := net.SplitHostPort(p.Page)
	if err != nil {
		return err
	}
	p.say("\nThe playground is ready: http://localhost:%s", port)
	p.say("You are Dana Developer there; choose others on the left. The bot's log: %s", p.log.Name())
	p.say("To connect somebody's Apono account, take their personal token from the page's Simulator panel.")
	p.say("Adam Admin is the bot's admin. In a channel he writes @Apono watch all, and requests that wait are shown there.")
	p.say("Ctrl-C stops it. Everything is kept for the next start; --fresh starts over (make playground ARGS=--fresh).")
	return nil
}

// botConfig is the configuration of a real bot, with the simulations' URLs.
func (p *playground) botConfig() config {
	return config{
		ListenAddr: p.Bot, database: database{DatabaseURL: p.postgres.URL()},
		AponoAPIURL: "http://" + p.Apono, AponoAPIToken: p.token, AponoPortalURL: "https://portal.apono.io",
		AponoWebhookSecrets: []aponoapi.Secret{p.secret}, LinkKeys: []aponoapi.Secret{p.linkKey},
		MicrosoftAppID: p.teams.AppID(), MicrosoftAppTenantID: p.teams.TenantID(),
		MicrosoftAppType: "SingleTenant", MicrosoftAppPassword: aponoapi.Secret(p.teams.AppPassword()),
		TeamsCloud: "public", TeamsOpenIDURL: p.teams.OpenIDURL(), TeamsLoginURL: p.teams.LoginURL(),
		TeamsServiceHosts: []string{p.teams.Host()}, ExtraCAFile: p.teams.CAFile(),
		IdentityField: "mail", AdminContact: "Adam Admin (adam@acme.example)", Admins: []string{p.teams.Person("Adam").Email}, LogLevel: "info", LogFormat: "json",
		now: p.apono.Now, ExpiryWarning: 15 * time.Minute, ReviewReminder: 30 * time.Minute, TeamsRate: 30, TeamsConversationRate: 30,
		patience: p.Patience,
	}
}

// close ends what start began.
func (p *playground) close() error {
	var errs []error
	if p.teams != nil {
		errs = append(errs, p.teams.Close())
	}
	if p.apono != nil {
		errs = append(errs, p.apono.Close())
	}
	if p.log != nil {
		errs = append(errs, p.log.Close())
	}
	return errors.Join(errs...)
}

// serveHTTP serves a simulation's page until ctx ends.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // pages hold streams open; nothing is lost
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func remove(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
