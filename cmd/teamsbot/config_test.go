package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// complete is a configuration with nothing wrong, as parsed.
func complete() config {
	return config{
		ListenAddr: ":3978", database: database{DatabaseURL: "postgres://bot:password@db.example:5432/teamsbot"},
		AponoAPIURL: "https://api.apono.io", AponoAPIToken: "apono-token", AponoPortalURL: "https://portal.apono.io",
		MicrosoftAppID: "11111111-1111-4111-8111-111111111111", MicrosoftAppTenantID: "22222222-2222-4222-8222-222222222222",
		MicrosoftAppType: "SingleTenant", MicrosoftAppPassword: "app-password",
		TeamsCloud: "public", IdentityField: "mail", TeamsRate: 30, TeamsConversationRate: 30, LogLevel: "info", LogFormat: "json",
	}
}

// simulated is one whose Teams is a simulation on this machine.
func simulated() config {
	c := complete()
	c.ListenAddr = "127.0.0.1:3978"
	c.TeamsOpenIDURL = "https://127.0.0.1:3979/openid"
	c.TeamsLoginURL = "https://127.0.0.1:3979/login"
	c.TeamsServiceHosts = []string{"127.0.0.1:3979"}
	return c
}

func TestACompleteConfigurationIsTaken(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*config){
		"as it is":           func(*config) {},
		"a managed identity": func(c *config) { c.MicrosoftAppType, c.MicrosoftAppPassword = "UserAssignedMSI", "" },
		"a certificate": func(c *config) {
			c.MicrosoftAppPassword, c.MicrosoftAppCertificateFile = "", "/etc/teamsbot/app.pem"
		},
		"two secrets": func(c *config) {
			c.AponoWebhookSecrets = []aponoapi.Secret{aponoapi.Secret(strings.Repeat("n", 32)), aponoapi.Secret(strings.Repeat("o", 32))}
		},
		"another cloud": func(c *config) { c.TeamsCloud = "gcch" },
		"admins": func(c *config) {
			c.Admins = []string{"{A0000000-0000-4000-8000-00000000000A}", " adam@acme.example", "Ava@ACME.example"}
		},
		"behind a proxy": func(c *config) {
			c.PublicURL, c.TrustedProxies = "https://bot.example.com/", []string{"10.0.0.0/8", "192.0.2.1", "fd00::/8"}
		},
		"found by UPN":    func(c *config) { c.IdentityField = "upn" },
		"a local Apono":   func(c *config) { c.AponoAPIURL = "http://127.0.0.1:3980" },
		"postgresql:":     func(c *config) { c.DatabaseURL = "postgresql://db.example/teamsbot?sslmode=require" },
		"an IPv6 address": func(c *config) { c.ListenAddr = "[::]:3978" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := complete()
			change(&c)
			where, err := c.check()
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			if where.simulated || !strings.HasPrefix(where.OpenIDURL, "https://") || len(where.ServiceHosts) == 0 {
				t.Errorf("Teams is at %+v, want the cloud's own", where)
			}
			if !slices.Equal(c.AllowedTenants, []string{c.MicrosoftAppTenantID}) {
				t.Errorf("tenants %q may use it, want the app's own", c.AllowedTenants)
			}
		})
	}
}

func TestEachProblemNamesItsVariable(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing.pem")
	for _, tt := range []struct {
		variable string
		breaks   func(*config)
	}{
		{"LISTEN_ADDR", func(c *config) { c.ListenAddr = "3978" }},
		{"LISTEN_ADDR", func(c *config) { c.ListenAddr = "127.0.0.1:" }},
		{"LISTEN_ADDR", func(c *config) { c.ListenAddr = ":99999" }},
		{"LISTEN_ADDR", func(c *config) { c.ListenAddr = ":-1" }},
		{"LISTEN_ADDR", func(c *config) { c.ListenAddr = ":teams" }},
		{"DATABASE_URL", func(c *config) { c.DatabaseURL = "" }},
		{"DATABASE_URL", func(c *config) { c.DatabaseURL = "mysql://db.example/teamsbot" }},
		{"DATABASE_URL", func(c *config) { c.DatabaseURL = "postgres://bot:pass%zzword@db.example/teamsbot" }},
		{"APONO_API_URL", func(c *config) { c.AponoAPIURL = "http://api.apono.io" }},
		{"APONO_API_URL", func(c *config) { c.AponoAPIURL = "http://127.0.0.1@api.example" }},
		{"APONO_API_TOKEN", func(c *config) { c.AponoAPIToken = "" }},
		{"APONO_PORTAL_URL", func(c *config) { c.AponoPortalURL = "portal.apono.io" }},
		{"APONO_WEBHOOK_SECRETS", func(c *config) { c.AponoWebhookSecrets = []aponoapi.Secret{"too-short-to-be-safe"} }},
		{"APONO_WEBHOOK_SECRETS", func(c *config) {
			long := aponoapi.Secret(strings.Repeat("s", 32))
			c.AponoWebhookSecrets = []aponoapi.Secret{long, long, long}
		}},
		{"MICROSOFT_APP_ID", func(c *config) { c.MicrosoftAppID = "" }},
		{"MICROSOFT_APP_ID", func(c *config) { c.MicrosoftAppID = "apono-bot" }},
		{"MICROSOFT_APP_ID", func(c *config) { c.MicrosoftAppID = "{" + c.MicrosoftAppID + "}" }},
		{"MICROSOFT_APP_TENANT_ID", func(c *config) { c.MicrosoftAppTenantID = "common" }},
		{"MICROSOFT_APP_TENANT_ID", func(c *config) { c.MicrosoftAppTenantID = strings.ReplaceAll(c.MicrosoftAppTenantID, "-", "") }},
		{"ALLOWED_TENANTS", func(c *config) { c.AllowedTenants = []string{c.MicrosoftAppTenantID, "acme.example"} }},
		{"ALLOWED_TENANTS", func(c *config) { c.AllowedTenants = []string{""} }},
		{"MICROSOFT_APP_TYPE", func(c *config) { c.MicrosoftAppType = "MultiTenant" }},
		{"MICROSOFT_APP_PASSWORD", func(c *config) { c.MicrosoftAppPassword = "" }},
		{"MICROSOFT_APP_CERTIFICATE_FILE", func(c *config) { c.MicrosoftAppCertificateFile = "app.pem" }},
		{"MICROSOFT_APP_PASSWORD", func(c *config) { c.MicrosoftAppType = "UserAssignedMSI" }},
		{"TEAMS_APP_ID", func(c *config) { c.TeamsAppID = "apono" }},
		{"TEAMS_CLOUD", func(c *config) { c.TeamsCloud = "china" }},
		{"ADMINS", func(c *config) { c.Admins = []string{"adam@acme.example", "Adam Admin"} }},
		{"PUBLIC_URL", func(c *config) { c.PublicURL = "bot.example.com" }},
		{"PUBLIC_URL", func(c *config) { c.PublicURL = "http://bot.example.com" }},
		{"PUBLIC_URL", func(c *config) { c.PublicURL = "https://bot.example.com/teams" }},
		{"TRUSTED_PROXIES", func(c *config) { c.TrustedProxies = []string{"10.0.0.0/8", "proxy.example.com"} }},
		{"TRUSTED_PROXIES", func(c *config) { c.TrustedProxies = []string{"0.0.0.0/0"} }},
		{"TRUSTED_PROXIES", func(c *config) { c.TrustedProxies = []string{"::/0"} }},
		{"TRUSTED_PROXIES", func(c *config) { c.TrustedProxies = []string{"::ffff:0.0.0.0/96"} }},
		{"TRUSTED_PROXIES has \"fe80::1%eth0\", which has a zone:", func(c *config) { c.TrustedProxies = []string{"fe80::1%eth0"} }},
		{"TRUSTED_PROXIES has \"fe80::1%eth0/64\", which has a zone:", func(c *config) { c.TrustedProxies = []string{"fe80::1%eth0/64"} }},
		{"ADMINS", func(c *config) { c.Admins = []string{""} }},
		{"ADMINS", func(c *config) { c.Admins = []string{"adam@acme.example;ava@acme.example"} }},
		{"ADMINS", func(c *config) { c.Admins = []string{"Adam <adam@acme.example>"} }},
		{"ADMINS", func(c *config) { c.Admins = []string{"@acme.example"} }},
		{"IDENTITY_FIELD", func(c *config) { c.IdentityField = "sub" }},
		{"RETENTION", func(c *config) { c.Retention = "90" }},
		{"EXPIRY_WARNING", func(c *config) { c.ExpiryWarning = -time.Minute }},
		{"EXPIRY_WARNING", func(c *config) { c.ExpiryWarning = 25 * time.Hour }},
		{"TEAMS_RATE", func(c *config) { c.TeamsRate = 0 }},
		{"TEAMS_CONVERSATION_RATE", func(c *config) { c.TeamsConversationRate = -1 }},
		{"RETENTION", func(c *config) { c.Retention = "23h" }},
		{"AUDIT_RETENTION", func(c *config) { c.AuditRetention = "365" }},
		{"AUDIT_RETENTION", func(c *config) { c.AuditRetention = "1h" }},
		{"RETENTION", func(c *config) { c.Retention = "0d" }},
		{"RETENTION", func(c *config) { c.Retention = "-90d" }},
		{"RETENTION", func(c *config) { c.Retention = "1000000d" }},
		{"RETENTION", func(c *config) { c.Retention = "1d12h" }},
		{"EXTRA_CA_FILE", func(c *config) { c.ExtraCAFile = missing }},
		{"LOG_LEVEL", func(c *config) { c.LogLevel = "loud" }},
		{"LOG_LEVEL", func(c *config) { c.LogLevel = "" }},
		{"LOG_FORMAT", func(c *config) { c.LogFormat = "xml" }},
	} {
		c := complete()
		tt.breaks(&c)
		_, err := c.check()
		if err == nil {
			t.Errorf("%s: what is wrong with it is taken", tt.variable)
			continue
		}
		if lines := strings.Split(err.Error(), "\n"); len(lines) != 1 || !strings.Contains(lines[0], tt.variable) {
			t.Errorf("%s: got %q, want one line that names it", tt.variable, lines)
		}
		tellsNoSecret(t, err.Error())
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]time.Duration{
		"": 90 * 24 * time.Hour, "90d": 90 * 24 * time.Hour, "1d": 24 * time.Hour, "36h": 36 * time.Hour, "2160h0m": 2160 * time.Hour,
	} {
		c := complete()
		c.Retention = given
		if got, err := days(c.Retention, defaultRetention); got != want || err != nil {
			t.Errorf("%q is %v (%v), want %v", given, got, err, want)
		}
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	c := complete()
	c.ListenAddr, c.DatabaseURL, c.AponoAPIToken, c.MicrosoftAppID = "", "", "", ""
	c.AponoWebhookSecrets = []aponoapi.Secret{"too-short-to-be-safe", "as-short-to-be-safe"}
	c.TeamsCloud, c.LogLevel, c.LogFormat = "moon", "loud", "xml"
	_, err := c.check()
	if err == nil {
		t.Fatal("taken")
	}
	for _, variable := range []string{
		"LISTEN_ADDR", "DATABASE_URL", "APONO_API_TOKEN", "MICROSOFT_APP_ID", "APONO_WEBHOOK_SECRETS", "TEAMS_CLOUD", "LOG_LEVEL", "LOG_FORMAT",
	} {
		if n := strings.Count("\n"+err.Error(), "\n"+variable+" "); n != 1 {
			t.Errorf("%s is named in %d lines of\n%v", variable, n, err)
		}
	}
	tellsNoSecret(t, err.Error())
}

// tellsNoSecret looks for anything of complete() that is nobody's business.
func tellsNoSecret(t *testing.T, words string) {
	t.Helper()
	for _, secret := range []string{"bot:pass", "pass%zzword", "apono-token", "app-password", "short-to-be-safe"} {
		if strings.Contains(words, secret) {
			t.Errorf("%q is told in %q", secret, words)
		}
	}
}

func TestASimulatedTeamsStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*config){
		"as it is":          func(*config) {},
		"another loopback":  func(c *config) { c.ListenAddr = "127.8.8.8:80" },
		"IPv6":              func(c *config) { c.ListenAddr, c.TeamsServiceHosts = "[::1]:3978", []string{"[::1]:3979"} },
		"IPv6 without port": func(c *config) { c.TeamsServiceHosts = []string{"[::1]", "::1"} },
		"only the keys":     func(c *config) { c.TeamsLoginURL, c.TeamsServiceHosts = "", nil },
		"only the hosts":    func(c *config) { c.TeamsLoginURL, c.TeamsOpenIDURL = "", "" },
	} {
		c := simulated()
		change(&c)
		if where, err := c.check(); err != nil || !where.simulated {
			t.Errorf("%s: simulated %v, %v; want it taken", name, where.simulated, err)
		}
	}
	for _, tt := range []struct {
		variable string
		values   []string
		set      func(*config, string)
	}{
		{"LISTEN_ADDR", []string{
			":3978", "0.0.0.0:3978", "[::]:3978", "localhost:3978", "192.0.2.1:3978", "127.0.0.1.example:3978", "2130706433:3978", "0x7f000001:3978",
			"[::ffff:192.0.2.1]:3978", "127.1:3978",
		}, func(c *config, v string) { c.ListenAddr = v }},
		{"TEAMS_OPENID_URL", hostileURLs, func(c *config, v string) { c.TeamsOpenIDURL = v }},
		{"TEAMS_LOGIN_URL", hostileURLs, func(c *config, v string) { c.TeamsLoginURL = v }},
		{"TEAMS_SERVICE_HOSTS", []string{
			"teams.example", "localhost", "localhost:3979", "0.0.0.0:3979", "127.0.0.1@evil.example", "127.0.0.1:3979@evil.example", "127.0.0.1.evil.example:443", "*", "",
			"evil.example:127.0.0.1",
		}, func(c *config, v string) { c.TeamsServiceHosts = []string{"127.0.0.1:3979", v} }},
	} {
		for _, value := range tt.values {
			c := simulated()
			tt.set(&c, value)
			_, err := c.check()
			if err == nil || !strings.HasPrefix(err.Error(), tt.variable+" ") {
				t.Errorf("%s=%s: got %v, want a refusal that names it", tt.variable, value, err)
			}
		}
	}
}

// hostileURLs look as if they stayed here.
var hostileURLs = []string{
	"https://login.evil.example/", "https://localhost:3979/", "https://0.0.0.0:3979/", "https://127.0.0.1@evil.example/",
	"https://127.0.0.1:3979@evil.example/", "https://user:word@127.0.0.1:3979/", "https://127.0.0.1.evil.example/", "https://evil.example#@127.0.0.1/",
	"https://evil.example/?@127.0.0.1", "//127.0.0.1:3979/", "127.0.0.1:3979", "file://127.0.0.1/etc/keys", `https://evil.example\@127.0.0.1/`, "https://[::]:3979/", "https://[fe80::1]/",
}

// TestARealBotBelievesTheCloudAlone is the same from the other side: whatever a
// bot that others can reach is told about Teams, it is not taken.
func TestARealBotBelievesTheCloudAlone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*config){
		"keys":  func(c *config) { c.TeamsOpenIDURL = "https://127.0.0.1:3979/openid" },
		"login": func(c *config) { c.TeamsLoginURL = "https://127.0.0.1:3979/" },
		"hosts": func(c *config) { c.TeamsServiceHosts = []string{"127.0.0.1:3979"} },
	} {
		c := complete()
		change(&c)
		if _, err := c.check(); err == nil || !strings.HasPrefix(err.Error(), "LISTEN_ADDR ") {
			t.Errorf("%s: got %v, want LISTEN_ADDR refused", name, err)
		}
	}
}

func TestHelpNamesTheVariables(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--help")
	if status := p.waits(); status != 0 {
		t.Errorf("ended with status %d", status)
	}
	help := p.output()
	for _, v := range variables(reflect.TypeFor[config]()) {
		if !strings.Contains(help, "$"+v+")") {
			t.Errorf("%s is not named", v)
		}
		flag := "--" + strings.ToLower(strings.ReplaceAll(v, "_", "-")) + "="
		if !strings.Contains(help, flag) {
			t.Errorf("%s has no flag %s", v, flag)
		}
	}
	if strings.Contains(help, "…") {
		t.Error("the lists' placeholders end twice")
	}
}

// variables are the names of all that can be configured.
func variables(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Anonymous:
			names = append(names, variables(f.Type)...)
		case f.IsExported(): // the rest is not the operator's
			names = append(names, f.Tag.Get("env"))
		}
	}
	return names
}

func TestConfigurationComesFromVariablesAndFlags(t *testing.T) {
	t.Parallel()
	env := []string{
		"LISTEN_ADDR=nowhere", "DATABASE_URL=mysql://bot:password@db.example/x", "APONO_API_TOKEN=apono-token",
		"MICROSOFT_APP_ID=11111111-1111-4111-8111-111111111111", "MICROSOFT_APP_TENANT_ID=22222222-2222-4222-8222-222222222222",
		"MICROSOFT_APP_PASSWORD=app-password", "APONO_WEBHOOK_SECRETS=too-short-to-be-safe,as-short-to-be-safe",
		"TEAMS_SERVICE_HOSTS=127.0.0.1:1,evil.example",
	}
	p := start(t, env, "serve", "--log-level", "loud")
	p.fails("LISTEN_ADDR", "DATABASE_URL", "APONO_WEBHOOK_SECRETS", "TEAMS_SERVICE_HOSTS", "LOG_LEVEL")
	for _, fine := range []string{"APONO_API_TOKEN", "MICROSOFT_APP_ID", "MICROSOFT_APP_PASSWORD"} {
		if strings.Contains(p.output(), fine) {
			t.Errorf("%s is complained about", fine)
		}
	}
	tellsNoSecret(t, p.output())
}

// A variable that is empty says nothing, whatever it is for.
func TestEmptyVariablesAreNotSet(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=mysql://bot:password@db.example/x"}
	for _, name := range variables(reflect.TypeFor[config]()) {
		if name != "DATABASE_URL" {
			env = append(env, name+"=")
		}
	}
	empty, unset := start(t, env, "serve"), start(t, env[:1], "serve")
	empty.fails("DATABASE_URL", "APONO_API_TOKEN")
	unset.fails()
	if empty.output() != unset.output() {
		t.Errorf("empty variables:\n%s\nnone:\n%s", empty.output(), unset.output())
	}
}

func TestUnknownFlagsAndCommandsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"dance"}, {"serve", "--listen-adr=:1"}, {"serve", "now"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, &out); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

func TestExtraAuthoritiesMustBeThere(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "empty.pem")
	must(t, os.WriteFile(file, []byte("no certificate\n"), 0o600))
	if _, err := httpClient(file); err == nil || !strings.Contains(err.Error(), "EXTRA_CA_FILE") {
		t.Errorf("got %v, want a refusal that names EXTRA_CA_FILE", err)
	}
}

func TestAdminsAreWrittenAsTeamsWritesThem(t *testing.T) {
	t.Parallel()
	c := complete()
	c.Admins = []string{"{A0000000-0000-4000-8000-00000000000A}", " adam@acme.example "}
	if _, err := c.check(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a0000000-0000-4000-8000-00000000000a", "adam@acme.example"}; !slices.Equal(c.Admins, want) {
		t.Errorf("admins are %q, want %q", c.Admins, want)
	}
}
