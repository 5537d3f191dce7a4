package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/manifest"
	"github.com/apono-teams/teamsbot/teamsbot"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// How the bot ends, in 10 s at most: Kubernetes and systemd give 30 s and 90 s,
// others 10 s. Jobs and presses get their time side by side.
const (
	// drainLasts is how long it goes on answering after it has said that it is
	// not ready any more, so that who sends it traffic notices.
	drainLasts = 2 * time.Second
	// pressesLast is how long presses that are being answered then get to end.
	pressesLast = 3 * time.Second
	// closeLasts is how long connections to the database get to be given back.
	closeLasts = time.Second
)

// heapGrows is by how many percent memory grows before it is collected: the bot
// keeps a few megabytes, and collecting them at every doubling is a sixth of the
// processor time of a press. GOGC says otherwise.
const heapGrows = 300

// serveCommand runs the bot.
type serveCommand struct {
	config

	Patience int `env:"TEAMSBOT_PATIENCE" default:"1" hidden:"" help:"For tests on slow machines: how many times longer than usual presses may take, and the end." placeholder:"NUMBER"`
	Rates    int `env:"TEAMSBOT_RATES" default:"0" hidden:"" help:"For benchmarks: how much people may do in a minute; below 0: everything." placeholder:"NUMBER"`
}

// Run implements the command.
func (s *serveCommand) Run(ctx context.Context, t *terminal) error {
	if err := writeNoCores(); err != nil {
		return err
	}
	if _, told := os.LookupEnv("GOGC"); !told {
		debug.SetGCPercent(heapGrows)
	}
	s.patience, s.rates = s.Patience, s.Rates
	return serve(ctx, s.config, t.err, s.longer(drainLasts), nil)
}

// serve runs the bot until ctx ends and drains it for that long. It calls ready
// (if any) once it answers.
func serve(ctx context.Context, c config, logs io.Writer, drain time.Duration, ready func()) error {
	where, err := c.check()
	if err != nil {
		return fmt.Errorf("the configuration is not complete:\n%w", err)
	}
	log := newLog(c, logs)
	// The address first: if it is taken, nothing has happened yet.
	listener, err := listen(ctx, c.ListenAddr)
	if err != nil {
		return err
	}
	defer listener.Close()

	err = db.Migrate(ctx, c.DatabaseURL)
	if errors.Is(err, db.ErrNewer) {
		log.Warn().Msg("a later version has migrated the database: this one works with it if it is the version before")
	} else if err != nil {
		return err
	}
	store, err := db.Open(ctx, db.Config{URL: c.DatabaseURL})
	if err != nil {
		return err
	}
	defer closeSoon(store)
	bot, err := newBot(c, where, store, log)
	if err != nil {
		return err
	}
	log.Info().Str("address", listener.Addr().String()).Str("cloud", where.Name).Msg("serving")
	if ready != nil {
		ready()
	}
	return serveUntil(ctx, listener, c, drain, bot)
}

// longer is how long something may take that usually takes that long.
func (c config) longer(usual time.Duration) time.Duration {
	return usual * time.Duration(max(1, c.patience))
}

// closeSoon closes the connections to the database, and does not wait for one
// that hangs.
func closeSoon(store *db.Store) {
	closed := make(chan struct{})
	go func() {
		store.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(closeLasts):
	}
}

// listen takes an address for the bot or a simulation.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program: end it, or choose another address", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

// serveUntil answers and works until ctx ends, then lets both end in order.
func serveUntil(ctx context.Context, listener net.Listener, c config, drain time.Duration, bot *teamsbot.Bot) error {
	server := bot.Server()
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	group, failed := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := serveOn(server, listener, c, bot.Log); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error { return bot.Run(work) })
	group.Go(func() error {
		<-failed.Done()
		defer stopWork()
		bot.Retire()
		server.SetKeepAlivesEnabled(false) // the next request may find another replica
		if ctx.Err() != nil {
			time.Sleep(drain)
		}
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.longer(pressesLast))
		defer cancel()
		return server.Shutdown(stop)
	})
	return group.Wait()
}

// serveOn serves with TLS if there is a certificate for it.
func serveOn(server *http.Server, listener net.Listener, c config, log zerolog.Logger) error {
	if c.TLSCertFile == "" {
		return server.Serve(listener)
	}
	own, err := newCertificate(c.TLSCertFile, c.TLSKeyFile, log)
	if err != nil {
		return err
	}
	server.TLSConfig = own.tls()
	return server.ServeTLS(listener, "", "")
}

// newBot makes the bot that the configuration describes.
func newBot(c config, where endpoints, store *db.Store, log zerolog.Logger) (*teamsbot.Bot, error) {
	client, err := httpClient(c.ExtraCAFile)
	if err != nil {
		return nil, err
	}
	credential, err := teams.NewCredential(c.credential(where, client))
	if err != nil {
		return nil, err
	}
	out, err := teams.NewClient(teams.ClientConfig{
		AppID: c.MicrosoftAppID, Credential: credential, Scope: where.Scope, ServiceHosts: where.ServiceHosts, HTTPClient: client,
	})
	if err != nil {
		return nil, err
	}
	in, err := teams.NewVerifier(teams.VerifierConfig{
		AppID: c.MicrosoftAppID, OpenIDURL: where.OpenIDURL, Issuer: where.Issuer, ServiceHosts: where.ServiceHosts, HTTPClient: client,
	})
	if err != nil {
		return nil, err
	}
	apono, err := aponoapi.New(aponoapi.Config{URL: c.AponoAPIURL, Token: c.AponoAPIToken, HTTPClient: client})
	if err != nil {
		return nil, err
	}
	retention, err := days(c.Retention, defaultRetention)
	if err != nil {
		return nil, err
	}
	auditRetention, err := days(c.AuditRetention, defaultAuditRetention)
	if err != nil {
		return nil, err
	}
	keys, err := c.linkKeys()
	if err != nil {
		return nil, err
	}
	return teamsbot.New(teamsbot.Config{
		AppID: c.MicrosoftAppID, AllowedTenants: c.AllowedTenants, Verifier: in, Teams: out, Apono: apono, Store: store, Log: log,
		IdentityField: c.IdentityField, WebhookSecrets: c.AponoWebhookSecrets, AdminContact: c.AdminContact, Admins: c.Admins, PortalURL: c.AponoPortalURL,
		TeamsURL: teamsURLs[where.Name], TeamsAppID: cmp.Or(c.TeamsAppID, manifest.AppID(c.MicrosoftAppID)), Retention: retention, AuditRetention: auditRetention,
		Version: thisBuild().Version, Now: c.now, LinkKeys: keys, Patience: func() int { return max(1, c.patience) },
		ExpiryWarning: cmp.Or(c.ExpiryWarning, -1), ReviewReminder: cmp.Or(c.ReviewReminder, -1),
		TrustedProxies: c.TrustedProxies, PersonRate: c.rates, TenantsRate: c.rates,
		TenantRate: c.TeamsRate, ConversationPause: time.Minute / time.Duration(c.TeamsConversationRate),
	})
}

// credential is how the bot signs in.
func (c config) credential(where endpoints, client *http.Client) teams.CredentialConfig {
	return teams.CredentialConfig{
		AppID: c.MicrosoftAppID, TenantID: c.MicrosoftAppTenantID, Type: c.MicrosoftAppType,
		Password: c.MicrosoftAppPassword.Reveal(), CertificateFile: c.MicrosoftAppCertificateFile,
		LoginURL: where.LoginURL, DisableInstanceDiscovery: where.simulated, HTTPClient: client,
	}
}

// httpClient is the one client for everything outside. It keeps enough
// connections for many cards at once, and trusts what extraCA names as well.
func httpClient(extraCA string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	if extraCA != "" {
		pem, err := os.ReadFile(extraCA)
		if err != nil {
			return nil, fmt.Errorf("read EXTRA_CA_FILE: %w", err)
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("read the system's certificate authorities: %w", err)
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("EXTRA_CA_FILE holds no certificate")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport, Timeout: time.Minute}, nil
}

func newLog(c config, w io.Writer) zerolog.Logger {
	level, err := zerolog.ParseLevel(c.LogLevel)
	if err != nil {
		level = zerolog.InfoLevel // check has said so already
	}
	if c.LogFormat == "text" {
		w = zerolog.ConsoleWriter{Out: w, NoColor: true, TimeFormat: time.RFC3339}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}
