package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/teamsbot"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// config is everything that an operator tells the bot. Flags and variables have
// the same names.
type config struct {
	ListenAddr string `env:"LISTEN_ADDR" default:":3978" help:"Address to listen on." placeholder:"HOST:PORT"`

	TLSCertFile string `env:"TLS_CERT_FILE" help:"PEM file with the certificate to serve; none: a proxy in front does TLS." placeholder:"FILE"`
	TLSKeyFile  string `env:"TLS_KEY_FILE" help:"PEM file with its key." placeholder:"FILE"`

	PublicURL      string   `env:"PUBLIC_URL" help:"The bot's address from outside, as Teams and Apono use it: doctor tries whether they can." placeholder:"URL"`
	TrustedProxies []string `env:"TRUSTED_PROXIES" help:"Networks of the proxies in front, whose X-Forwarded-For is believed; none: nobody's is." placeholder:"CIDR"`

	database

	AponoAPIURL         string            `name:"apono-api-url" env:"APONO_API_URL" default:"https://api.apono.io" help:"Apono's API." placeholder:"URL"`
	AponoAPIToken       aponoapi.Secret   `env:"APONO_API_TOKEN" help:"Personal token of the bot's own Apono user, who needs an admin role." placeholder:"TOKEN"`
	AponoPortalURL      string            `env:"APONO_PORTAL_URL" default:"https://portal.apono.io" help:"Apono's portal, for links." placeholder:"URL"`
	AponoWebhookSecrets []aponoapi.Secret `env:"APONO_WEBHOOK_SECRETS" help:"One or two secrets of at least 32 characters that Apono's webhook sends; none: events are not taken." placeholder:"SECRET"`

	MicrosoftAppID              string          `env:"MICROSOFT_APP_ID" help:"Application (client) id of the bot's app registration." placeholder:"GUID"`
	MicrosoftAppTenantID        string          `env:"MICROSOFT_APP_TENANT_ID" help:"Tenant of the app registration." placeholder:"GUID"`
	MicrosoftAppType            string          `env:"MICROSOFT_APP_TYPE" default:"SingleTenant" help:"SingleTenant or UserAssignedMSI." placeholder:"TYPE"`
	MicrosoftAppPassword        aponoapi.Secret `env:"MICROSOFT_APP_PASSWORD" help:"Client secret of the app registration." placeholder:"SECRET"`
	MicrosoftAppCertificateFile string          `env:"MICROSOFT_APP_CERTIFICATE_FILE" help:"PEM file with certificate and RSA key, instead of a client secret." placeholder:"FILE"`

	TeamsCloud        string   `env:"TEAMS_CLOUD" default:"public" help:"public, gcc, gcch or dod." placeholder:"CLOUD"`
	TeamsAppID        string   `name:"teams-app-id" env:"TEAMS_APP_ID" help:"The app's id in Teams, for the link by which people add it; default: the id in the package that manifest writes." placeholder:"GUID"`
	TeamsOpenIDURL    string   `name:"teams-openid-url" env:"TEAMS_OPENID_URL" help:"Where Teams' signing keys are told, if not the cloud's own: for simulations on loopback." placeholder:"URL"`
	TeamsLoginURL     string   `env:"TEAMS_LOGIN_URL" help:"Where the bot signs in, if not the cloud's own: for simulations on loopback." placeholder:"URL"`
	TeamsServiceHosts []string `env:"TEAMS_SERVICE_HOSTS" help:"Hosts of the connector, if not the cloud's own: for simulations on loopback." placeholder:"HOST:PORT"`

	AllowedTenants []string          `env:"ALLOWED_TENANTS" help:"Tenants whose people may use the bot; default: the app's own." placeholder:"GUID"`
	IdentityField  string            `env:"IDENTITY_FIELD" default:"mail" help:"How people are found in Apono: by mail, or by upn where people can edit their mail." placeholder:"FIELD"`
	Admins         []string          `env:"ADMINS" help:"Who may say what channels are shown: Entra object ids, or mail addresses." placeholder:"WHO"`
	AdminContact   string            `env:"ADMIN_CONTACT" help:"Whom people are told to ask, for example it-help@example.com." placeholder:"WHO"`
	LinkKeys       []aponoapi.Secret `env:"LINK_KEYS" help:"Keys that encrypt people's own Apono tokens: id:key, 32 bytes in base64 each. The first one encrypts, all decrypt; none: nobody can connect." placeholder:"ID:KEY"`

	ExtraCAFile string `env:"EXTRA_CA_FILE" help:"PEM file with more certificate authorities to trust, for example of a proxy that inspects TLS." placeholder:"FILE"`

	Retention      string `env:"RETENTION" default:"90d" help:"How long requests that have ended are remembered: days such as 90d, or hours such as 2160h." placeholder:"TIME"`
	AuditRetention string `env:"AUDIT_RETENTION" default:"365d" help:"How long the audit is kept: days such as 365d, or hours such as 8760h." placeholder:"TIME"`

	ExpiryWarning         time.Duration `env:"EXPIRY_WARNING" default:"15m" help:"How long before its end people are warned of an access; 0s: never." placeholder:"TIME"`
	ReviewReminder        time.Duration `env:"REVIEW_REMINDER" default:"30m" help:"How long a request waits for a decision before its approvers are reminded, once, in the card's thread; 0s: never." placeholder:"TIME"`
	TeamsRate             int           `env:"TEAMS_RATE" default:"30" help:"How many messages a second the bot sends into one tenant of its own accord; Teams takes 50 of everything." placeholder:"NUMBER"`
	TeamsConversationRate int           `env:"TEAMS_CONVERSATION_RATE" default:"30" help:"How many messages a minute the bot sends into one conversation of its own accord, after the first few; Teams takes 1800 an hour." placeholder:"NUMBER"`

	now      func() time.Time // the simulated Apono's clock, in the playground
	rates    int              // what people and tenants may do in a minute; 0: as much as usual, below 0: everything
	patience int              // how many times longer than usual presses may take, and the end; 0: once

	LogLevel  string `env:"LOG_LEVEL" default:"info" help:"debug, info, warn or error." placeholder:"LEVEL"`
	LogFormat string `env:"LOG_FORMAT" default:"json" help:"json or text." placeholder:"FORMAT"`
}

// database says where the bot's memory is. It has a command of its own.
type database struct {
	DatabaseURL string `env:"DATABASE_URL" help:"The bot's Postgres: postgres://user:password@host:port/database." placeholder:"URL"`
}

// teamsURLs are where people use Teams, by cloud.
var teamsURLs = map[string]string{
	"public": "https://teams.microsoft.com",
	"gcc":    "https://teams.microsoft.com",
	"gcch":   "https://gov.teams.microsoft.us",
	"dod":    "https://dod.teams.microsoft.us",
}

// endpoints are where Teams is, after everything has been weighed.
type endpoints struct {
	teams.Cloud
	simulated bool
}

// check says everything that is wrong, by the variables' names, and where Teams
// is if nothing is.
func (c *config) check() (endpoints, error) {
	var wrong []error
	must := func(ok bool, variable, words string) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s %s", variable, words))
		}
	}
	must(isAddress(c.ListenAddr), "LISTEN_ADDR", fmt.Sprintf("is %q, which is not an address such as :3978 or 127.0.0.1:3978, with a port up to 65535", c.ListenAddr))
	must((c.TLSCertFile == "") == (c.TLSKeyFile == ""), "TLS_CERT_FILE", "and TLS_KEY_FILE belong together")
	if c.TLSCertFile != "" && c.TLSKeyFile != "" {
		_, err := tls.LoadX509KeyPair(c.TLSCertFile, c.TLSKeyFile)
		must(err == nil, "TLS_CERT_FILE", fmt.Sprintf("or TLS_KEY_FILE cannot be used: %v", err))
	}
	must(c.PublicURL == "" || isBase(c.PublicURL), "PUBLIC_URL", "must be an https URL without a path, such as https://bot.example.com")
	for _, network := range c.TrustedProxies {
		wrong = append(wrong, checkNetwork(network))
	}
	wrong = append(wrong, c.database.check())

	must(isHTTPS(c.AponoAPIURL) || isLoopbackURL(c.AponoAPIURL), "APONO_API_URL", "must be an https URL")
	must(c.AponoAPIToken != "", "APONO_API_TOKEN", "is missing: the personal token of the bot's own Apono user")
	must(isHTTPS(c.AponoPortalURL) || isLoopbackURL(c.AponoPortalURL), "APONO_PORTAL_URL", "must be an https URL")
	must(len(c.AponoWebhookSecrets) <= 2, "APONO_WEBHOOK_SECRETS", "may name two secrets at most: the new one and the one before")
	short := slices.ContainsFunc(c.AponoWebhookSecrets, func(s aponoapi.Secret) bool { return len(s) < 32 })
	must(!short, "APONO_WEBHOOK_SECRETS", "must have at least 32 characters each")

	must(isGUID(c.MicrosoftAppID), "MICROSOFT_APP_ID", "is missing or not a GUID: without it nobody could be authenticated")
	must(isGUID(c.MicrosoftAppTenantID), "MICROSOFT_APP_TENANT_ID", "is missing or not a GUID")
	must(c.TeamsAppID == "" || isGUID(c.TeamsAppID), "TEAMS_APP_ID", "is not a GUID")
	for _, t := range c.AllowedTenants {
		must(isGUID(t), "ALLOWED_TENANTS", fmt.Sprintf("has %q, which is not a GUID", t))
	}
	if len(c.AllowedTenants) == 0 {
		c.AllowedTenants = []string{c.MicrosoftAppTenantID}
	}
	wrong = append(wrong, c.checkCredential())
	wrong = append(wrong, c.checkAdmins())

	_, err := c.linkKeys()
	wrong = append(wrong, err)

	_, err = days(c.Retention, defaultRetention)
	must(err == nil, "RETENTION", "must be at least a day: days such as 90d, or hours such as 2160h")
	_, err = days(c.AuditRetention, defaultAuditRetention)
	must(err == nil, "AUDIT_RETENTION", "must be at least a day: days such as 365d, or hours such as 8760h")
	must(c.ReviewReminder >= 0 && c.ReviewReminder <= 7*24*time.Hour, "REVIEW_REMINDER", "must be a time up to a week, such as 30m, or 0s for none")
	must(c.ExpiryWarning >= 0 && c.ExpiryWarning <= 24*time.Hour, "EXPIRY_WARNING", "must be a time up to a day, such as 15m, or 0s for none")
	must(c.TeamsRate > 0, "TEAMS_RATE", "must be a number above 0")
	must(c.TeamsConversationRate > 0, "TEAMS_CONVERSATION_RATE", "must be a number above 0")
	must(c.IdentityField == "mail" || c.IdentityField == "upn", "IDENTITY_FIELD", "must be mail or upn")
	_, err = zerolog.ParseLevel(c.LogLevel)
	must(err == nil && c.LogLevel != "", "LOG_LEVEL", "must be debug, info, warn or error")
	must(c.LogFormat == "json" || c.LogFormat == "text", "LOG_FORMAT", "must be json or text")
	if c.ExtraCAFile != "" {
		_, err := os.ReadFile(c.ExtraCAFile)
		must(err == nil, "EXTRA_CA_FILE", fmt.Sprintf("cannot be read: %v", err))
	}
	where, err := c.endpoints()
	return where, errors.Join(append(wrong, err)...)
}

// How long things are remembered where nobody says, as in the help.
const (
	defaultRetention      = "90d"
	defaultAuditRetention = "365d"
)

// days is a time of at least a day that was given, else the default.
func days(given, otherwise string) (time.Duration, error) {
	given = cmp.Or(given, otherwise)
	d, err := time.ParseDuration(given)
	if days, ok := strings.CutSuffix(given, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16) // more days than that are no time.Duration
		d = time.Duration(n) * 24 * time.Hour
	}
	if err == nil && d < 24*time.Hour {
		err = errors.New("less than a day")
	}
	return d, err
}

// checkAdmins wants object ids or addresses, and writes the ids as Teams does.
func (c *config) checkAdmins() error {
	var wrong []error
	for i, who := range c.Admins {
		who = strings.TrimSpace(who)
		id, err := uuid.Parse(who)
		if err == nil {
			who = id.String()
		}
		if err != nil && !teamsbot.IsMail(who) {
			wrong = append(wrong, fmt.Errorf("ADMINS has %q, which is neither an Entra object id nor a mail address", who))
		}
		c.Admins[i] = who
	}
	return errors.Join(wrong...)
}

func (d database) check() error {
	u, err := url.Parse(d.DatabaseURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" {
		return errors.New("DATABASE_URL is missing or not of the form postgres://user:password@host:port/database")
	}
	return nil
}

// checkCredential wants exactly what the kind of app needs to sign in.
func (c *config) checkCredential() error {
	secret, certificate := c.MicrosoftAppPassword != "", c.MicrosoftAppCertificateFile != ""
	switch {
	case c.MicrosoftAppType == "UserAssignedMSI" && (secret || certificate):
		return errors.New("MICROSOFT_APP_PASSWORD and MICROSOFT_APP_CERTIFICATE_FILE must be empty for MICROSOFT_APP_TYPE UserAssignedMSI")
	case c.MicrosoftAppType == "UserAssignedMSI":
		return nil
	case c.MicrosoftAppType != "SingleTenant":
		return errors.New("MICROSOFT_APP_TYPE must be SingleTenant or UserAssignedMSI")
	case secret == certificate:
		return errors.New("MICROSOFT_APP_PASSWORD or MICROSOFT_APP_CERTIFICATE_FILE is needed, one of them")
	}
	return nil
}

// endpoints weighs the cloud against the URLs of a simulation. Those are taken
// only if everything stays on this machine, the bot's own address included: so
// a bot that others can reach believes Microsoft's keys alone.
func (c *config) endpoints() (endpoints, error) {
	cloud, err := teams.CloudNamed(c.TeamsCloud)
	if err != nil {
		return endpoints{}, errors.New("TEAMS_CLOUD must be public, gcc, gcch or dod")
	}
	where := endpoints{Cloud: cloud}
	if c.TeamsOpenIDURL == "" && c.TeamsLoginURL == "" && len(c.TeamsServiceHosts) == 0 {
		return where, nil
	}
	where.simulated = true
	var wrong []error
	local := func(ok bool, variable string) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s may differ from the cloud's own only on loopback (127.0.0.1)", variable))
		}
	}
	if c.TeamsOpenIDURL != "" {
		local(isLoopbackURL(c.TeamsOpenIDURL), "TEAMS_OPENID_URL")
		where.OpenIDURL = c.TeamsOpenIDURL
	}
	if c.TeamsLoginURL != "" {
		local(isLoopbackURL(c.TeamsLoginURL), "TEAMS_LOGIN_URL")
		where.LoginURL = c.TeamsLoginURL
	}
	if len(c.TeamsServiceHosts) > 0 {
		where.ServiceHosts = c.TeamsServiceHosts
	}
	for _, host := range c.TeamsServiceHosts {
		local(isLoopbackHost(host), "TEAMS_SERVICE_HOSTS")
	}
	if !isLoopbackHost(c.ListenAddr) {
		wrong = append(wrong, errors.New("LISTEN_ADDR must be on loopback (127.0.0.1:…) while TEAMS_OPENID_URL, TEAMS_LOGIN_URL or TEAMS_SERVICE_HOSTS is set"))
	}
	return where, errors.Join(wrong...)
}

// isGUID takes the form in which Microsoft writes them alone: in braces or
// without hyphens nothing would ever be equal to it.
func isGUID(raw string) bool { return len(raw) == 36 && uuid.Validate(raw) == nil }

func isAddress(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	_, none := strconv.ParseUint(port, 10, 16)
	return err == nil && none == nil
}

func isHTTPS(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// isBase says that paths can be added to a URL.
func isBase(raw string) bool {
	u, err := url.Parse(raw)
	return (isHTTPS(raw) || isLoopbackURL(raw)) && err == nil && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}

// checkNetwork takes networks and single addresses, but not everybody's: then
// anybody could say to be anybody.
func checkNetwork(raw string) error {
	wrong := func(words string) error { return fmt.Errorf("TRUSTED_PROXIES has %q, %s", raw, words) }
	network, notNetwork := netip.ParsePrefix(raw)
	address, notAddress := netip.ParseAddr(raw)
	switch {
	case notAddress == nil && address.Zone() != "": // what follows the zone is taken for a part of it
		return wrong("which has a zone: a proxy is known only by an address without one")
	case notNetwork != nil && notAddress != nil:
		return wrong("which is neither a network such as 10.0.0.0/8 nor an address")
	case notNetwork == nil && (network.Bits() == 0 || network.Addr().Is4In6() && network.Bits() <= 96):
		return wrong("which is everybody: anybody could say to be anybody")
	}
	return nil
}

func isLoopbackURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil && isLoopbackHost(u.Host)
}

// isLoopbackHost says that an address with or without a port is this machine's
// own. Names do not count, since somebody else may answer for them.
func isLoopbackHost(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		host, port = strings.Trim(hostport, "[]"), "0"
	}
	_, err = strconv.ParseUint(port, 10, 16)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}
