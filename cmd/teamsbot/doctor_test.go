package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db/pgtest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// The secrets of the doctor's tests, none of which is ever told.
var doctorSecrets = []string{
	"service-token", "wrong-client-secret", "guessed-password", "webhook-secret-of-thirty-two-characters",
	base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)),
}

// patient is what doctor looks at: everything outside, and a bot that runs
// behind a proxy.
type patient struct {
	*outside
	bot   bot
	front *httptest.Server
}

// flags configure everything. What more follows replaces it; nothing after the
// equals sign takes it away.
func (p *patient) flags(more ...string) []string {
	all := []string{
		"--timeout=1m", "--listen-addr=" + p.bot.addr, "--database-url=" + p.dbURL, "--public-url=" + p.front.URL,
		"--apono-api-url=" + p.aponoURL, "--apono-api-token=" + doctorSecrets[0], "--apono-webhook-secrets=" + doctorSecrets[3],
		"--microsoft-app-id=" + p.teams.AppID(), "--microsoft-app-tenant-id=" + p.teams.TenantID(), "--microsoft-app-password=" + p.teams.AppPassword(),
		"--teams-openid-url=" + p.teams.OpenIDURL(), "--teams-login-url=" + p.teams.LoginURL(), "--teams-service-hosts=" + p.teams.Host(),
		"--extra-ca-file=" + p.teams.CAFile(), "--admins=adam@acme.example", "--link-keys=first:" + doctorSecrets[4],
	}
	for _, flag := range more {
		name, value, _ := strings.Cut(flag, "=")
		all = slices.DeleteFunc(all, func(f string) bool { return strings.HasPrefix(f, name+"=") })
		if value != "" {
			all = append(all, flag)
		}
	}
	return append([]string{"doctor", "--json"}, all...)
}

// diagnosis is what doctor says as JSON.
type diagnosis struct {
	Version  string
	Result   result
	Findings findings
	code     int
}

// examined runs doctor.
func (p *patient) examined(t *testing.T, more ...string) (d diagnosis) {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(t.Context(), p.flags(more...), &out, &errs)
	if err != nil {
		d.code = codeOf(err)
	}
	if jsonErr := json.Unmarshal(out.Bytes(), &d); jsonErr != nil {
		t.Fatalf("%v: %v\n%s%s", err, jsonErr, &out, &errs)
	}
	for _, secret := range append(doctorSecrets, p.teams.AppPassword()) {
		if strings.Contains(out.String()+errs.String(), secret) {
			t.Errorf("%q is told in\n%s%s", secret, &out, &errs)
		}
	}
	return d
}

// has wants a finding with these words in what it says and advises.
func (d diagnosis) has(t *testing.T, name string, r result, check string, words ...string) {
	t.Helper()
	fits := slices.ContainsFunc(d.Findings, func(f finding) bool {
		return f.Check == check && f.Result == r && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(f.Says+" "+f.Do, w) })
	})
	if !fits {
		t.Errorf("%s: there is no %s of %s with %q in\n%+v", name, r, check, words, d.Findings)
	}
	want := 0
	if d.Result == problem {
		want = codeProblems
	}
	if d.code != want {
		t.Errorf("%s: ended with %d, want %d", name, d.code, want)
	}
	if r == problem && d.Result != problem || r == warning && d.Result == fine {
		t.Errorf("%s: the result is %s", name, d.Result)
	}
	for _, f := range d.Findings {
		if f.Result != fine && f.Do == "" || f.Says == "" || strings.Contains(f.Says, "%!") {
			t.Errorf("%s: %+v says too little", name, f)
		}
	}
}

// newPatient starts a bot that has nothing wrong.
func newPatient(t *testing.T) *patient {
	t.Helper()
	o := newOutside(t)
	p := &patient{outside: o, bot: o.serve("APONO_WEBHOOK_SECRETS=" + doctorSecrets[3])}
	p.killsInTheEnd(p.bot)
	p.front = p.proxy(t, "", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/messages" && r.URL.Path != "/api/apono/events" { // as install.md has it
			http.NotFound(w, r)
			return
		}
		p.pass().ServeHTTP(w, r)
	})
	return p
}

// proxy passes everything on to the bot but one path; "" is every path.
func (p *patient) proxy(t *testing.T, path string, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path == "" || r.URL.Path == path {
			answer(w, r)
			return
		}
		p.pass().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

func (p *patient) pass() http.Handler {
	return httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: p.bot.addr})
}

// ailment is something that is wrong, and what doctor has to say to it.
type ailment struct {
	name  string
	flags []string
	cause func(*patient)
	r     result
	check string
	words []string
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	healthy := p.examined(t)
	if healthy.Result != fine || healthy.code != 0 || healthy.Version == "" {
		t.Errorf("a bot that has nothing is %+v", healthy)
	}
	for _, check := range []string{"database", "migrations", "link keys", "Teams' keys", "sign-in", "Apono", "webhook", "public address", "tenants", "admins", "clock"} {
		healthy.has(t, "healthy", fine, check)
	}
	ails := slices.Concat(ofTheDatabase(t), ofTeams(), ofSignIn(t), ofApono(), ofSettings(t), ofTheAddress(t, p))
	for _, a := range ails {
		if a.cause != nil {
			a.cause(p)
		}
		p.examined(t, a.flags...).has(t, a.name, a.r, a.check, a.words...)
		p.teams.ClearFaults()
		p.apono.ClearFaults()
	}
	if n := len(p.apono.Requests()); n != 0 {
		t.Errorf("doctor made %d requests", n)
	}
}

// changed is another database, with a change.
func changed(t *testing.T, sql string) string {
	t.Helper()
	address := pgtest.URL(t)
	c, err := pgx.Connect(t.Context(), address)
	must(t, err)
	_, err = c.Exec(t.Context(), sql)
	must(t, err)
	must(t, c.Close(t.Context()))
	return "--database-url=" + address
}

// A managed identity is asked for where the environment says.
func TestDoctorLooksForAManagedIdentity(t *testing.T) {
	t.Parallel()
	p := &patient{outside: newOutside(t), bot: bot{addr: "127.0.0.1:0"}, front: httptest.NewServer(http.NotFoundHandler())}
	t.Cleanup(p.front.Close)
	none := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error": "invalid_request", "error_description": "Identity not found"}`, http.StatusBadRequest)
	}))
	t.Cleanup(none.Close)
	for endpoint, words := range map[string]string{"http://127.0.0.1:1": "Nothing here gives out tokens", none.URL: "What gives out tokens of managed identities refuses (status 400)"} {
		env := []string{"IDENTITY_ENDPOINT=" + endpoint, "IDENTITY_HEADER=here", "NO_PROXY=*"}
		args := slices.DeleteFunc(p.flags("--microsoft-app-type=UserAssignedMSI", "--microsoft-app-password="), func(f string) bool { return f == "--json" })
		program := start(t, env, args...)
		if code := program.waits(); code != codeProblems {
			t.Errorf("%s: ended with %d", endpoint, code)
		}
		for _, want := range []string{"problem  sign-in        " + words, "\n                        → ", " that the bot cannot work with\n"} {
			if !strings.Contains(program.output(), want) {
				t.Errorf("%s: %q is not said", endpoint, want)
			}
		}
	}
}

func TestDoctorNamesEveryVariableThatIsWrong(t *testing.T) {
	t.Parallel()
	wrong := []string{
		"LISTEN_ADDR=:99999", "DATABASE_URL=mysql://bot:password@db.example/x", "APONO_API_TOKEN=", "APONO_WEBHOOK_SECRETS=too-short-to-be-safe",
		"MICROSOFT_APP_ID=apono-bot", "PUBLIC_URL=bot.example.com", "TRUSTED_PROXIES=fe80::1%eth0/64", "LINK_KEYS=first:c2hvcnQ=",
	}
	p := start(t, wrong, "doctor")
	if code := p.waits(); code != codeConfiguration {
		t.Errorf("ended with %d, want %d", code, codeConfiguration)
	}
	for _, v := range wrong {
		if name, _, _ := strings.Cut(v, "="); !strings.Contains(p.output(), "problem  configuration  "+name+" ") {
			t.Errorf("%s is not named", name)
		}
	}
	tellsNoSecret(t, p.output())
	for _, args := range [][]string{{"doctor", "--expiry-warning=soon"}, {"doctor", "--jsno"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, &out); codeOf(err) != codeConfiguration || err.Error() == "" {
			t.Errorf("%q: got %v (%d), want %d", args, err, codeOf(err), codeConfiguration)
		}
	}
	_, empty := ownCertificate(t, "bot.example.com", time.Now().Add(time.Hour))
	must(t, os.WriteFile(empty, nil, 0o600))
	c := complete()
	c.MicrosoftAppPassword, c.MicrosoftAppCertificateFile = "", empty
	if _, err := (&doctorCommand{config: c}).examiner(); err == nil || !strings.Contains(err.Error(), "MICROSOFT_APP_CERTIFICATE_FILE") {
		t.Errorf("got %v, want a certificate without one to be told", err)
	}
}

func ofTheDatabase(t *testing.T) []ailment {
	address := func(change func(*url.URL)) []string {
		u, err := url.Parse(pgtest.URL(t))
		must(t, err)
		change(u)
		return []string{"--database-url=" + u.String()}
	}
	const d, m = "database", "migrations"
	return []ailment{
		{"wrong password", address(func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "guessed-password") }), nil, problem, d, []string{"refuses the user", "DATABASE_URL"}},
		{"no database", address(func(u *url.URL) { u.Path = "/nowhere" }), nil, problem, d, []string{"no such database", "Create"}},
		{"no server", address(func(u *url.URL) { u.Host = "127.0.0.1:1" }), nil, problem, d, []string{"cannot be reached", "firewalls"}},
		{"an older version", []string{changed(t, `DELETE FROM goose_db_version WHERE version_id > 17`)}, nil, warning, m, []string{"stands at migration 17", "teamsbot migrate"}},
		{"a later version", []string{changed(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)}, nil, warning, m, []string{"99999", "later version"}},
		{"an empty one", []string{changed(t, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)}, nil, warning, m, []string{"empty", "fills it"}},
		{"no rights", []string{changed(t, `DROP SCHEMA public CASCADE`)}, nil, problem, m, []string{"may not change it", "GRANT CREATE"}},
		{"a key is lost", []string{changed(t, `
			INSERT INTO people (tenant_id, object_id, teams_id, name) VALUES ('t', 'dana', '29:1', 'Dana');
			INSERT INTO apono_links VALUES ('t', 'dana', 'spring', '', 'a', now())`)}, nil, problem, "link keys", []string{"1 people", "spring"}},
	}
}

func ofTeams() []ailment {
	const k = "Teams' keys"
	fails := func(f teamstest.Fault) func(*patient) { return func(p *patient) { p.teams.Fail(f) } }
	key := base64.RawURLEncoding.EncodeToString(append([]byte{0xff}, make([]byte, 255)...))
	return []ailment{
		{"no metadata", nil, fails(teamstest.Fault{Op: teamstest.OpMetadata, Status: http.StatusBadGateway}), problem, k, []string{"cannot be had", "status 502", "127.0.0.1"}},
		{"metadata that is a page", nil, fails(teamstest.Fault{Op: teamstest.OpMetadata, Status: http.StatusOK, Body: "<html>sign in</html>"}), problem, k, []string{"cannot be had"}},
		{"another issuer", nil, func(p *patient) {
			body := `{"issuer": "https://api.botframework.example", "jwks_uri": "https://` + p.teams.Host() + `/v1/.well-known/keys"}`
			p.teams.Fail(teamstest.Fault{Op: teamstest.OpMetadata, Status: http.StatusOK, Body: body})
		}, problem, k, []string{"api.botframework.example", "TEAMS_CLOUD"}},
		{"no keys", nil, fails(teamstest.Fault{Op: teamstest.OpKeys, Status: http.StatusOK, Body: `{"keys": []}`}), problem, k, []string{"none that can be used"}},
		{"keys for others", nil, fails(teamstest.Fault{
			Op: teamstest.OpKeys, Status: http.StatusOK,
			Body: `{"keys": [{"kty": "RSA", "kid": "k", "n": "` + key + `", "e": "AQAB", "endorsements": ["webchat"]}]}`,
		}), problem, k, []string{"None of the 1 keys"}},
		{"an authority that is not trusted", []string{"--extra-ca-file="}, nil, problem, k, []string{"authority that is not trusted", "EXTRA_CA_FILE"}},
	}
}

func ofSignIn(t *testing.T) []ailment {
	const s = "sign-in"
	nobody := "00000000-0000-4000-8000-000000000000"
	entra := func(code string, status int) func(*patient) {
		return func(p *patient) { p.teams.Fail(teamstest.Fault{Op: teamstest.OpToken, Status: status, Code: code}) }
	}
	_, both := ownCertificate(t, "bot.example.com", time.Now().Add(5*24*time.Hour))
	certificate := []string{"--microsoft-app-password=", "--microsoft-app-certificate-file=" + both}
	ails := []ailment{
		{"a wrong secret", []string{"--microsoft-app-password=wrong-client-secret"}, nil, problem, s, []string{"AADSTS7000215", "not its id"}},
		{"a wrong tenant", []string{"--microsoft-app-tenant-id=" + nobody}, nil, problem, s, []string{"AADSTS90002", "MICROSOFT_APP_TENANT_ID"}},
		{"a wrong app", []string{"--microsoft-app-id=" + nobody}, nil, problem, s, []string{"AADSTS700016", "MICROSOFT_APP_ID"}},
		{"a certificate that Entra does not know", certificate, nil, problem, s, []string{"AADSTS700027", "Upload"}},
		{"a certificate that ends", certificate, nil, warning, s, []string{"MICROSOFT_APP_CERTIFICATE_FILE ends on", "in 4 days"}},
		{"another code", nil, entra("AADSTS7654321", http.StatusBadRequest), problem, s, []string{"AADSTS7654321", "error"}},
		{"no Entra", []string{"--teams-login-url=https://127.0.0.1:1/"}, nil, problem, s, []string{"cannot be reached", "nothing listens there"}},
		{"no sign-in", nil, entra("", http.StatusServiceUnavailable), problem, s, []string{"status 503"}},
	}
	for code, words := range map[string]string{
		"AADSTS7000222": "expired", "AADSTS7000229": "service principal", "AADSTS7000112": "disabled", "AADSTS700024": "clock", "AADSTS53003": "Conditional Access",
	} {
		ails = append(ails, ailment{code, nil, entra(code, http.StatusUnauthorized), problem, s, []string{code, words}})
	}
	return ails
}

func ofApono() []ailment {
	const a = "Apono"
	fails := func(path string, status int) func(*patient) {
		return func(p *patient) {
			p.apono.Fault(aponotest.Fault{Path: path, Status: status, Message: "says service-token"})
		}
	}
	return []ailment{
		{"a wrong token", []string{"--apono-api-token=aup_of_nobody"}, nil, problem, a, []string{"does not know the token", "APONO_API_TOKEN"}},
		{"no Apono", []string{"--apono-api-url=http://127.0.0.1:1"}, nil, problem, a, []string{"cannot be asked", "nothing listens"}},
		{"an Apono with trouble", nil, fails("", http.StatusBadGateway), problem, a, []string{"cannot be asked", "502"}},
		{"no people", nil, fails("/api/v2/users", http.StatusForbidden), problem, a, []string{"/api/v2/users", "find in Apono", "admin role"}},
		{"no bundles", nil, fails("/api/user/v1/available-access/bundles", http.StatusNotFound), warning, a, []string{"offer bundles", "end-user tokens"}},
		{"no activity", nil, fails("/api/v3/activity", http.StatusForbidden), warning, a, []string{"who decided", "admin role"}},
		{"an activity with trouble", nil, fails("/api/v3/activity", http.StatusBadGateway), warning, a, []string{"not known", "502"}},
	}
}

func ofSettings(t *testing.T) []ailment {
	soon, _ := ownCertificate(t, "other.example.com", time.Now().Add(5*24*time.Hour))
	over, _ := ownCertificate(t, "127.0.0.1", time.Now().Add(-time.Hour))
	serves := func(file string) []string {
		return []string{"--tls-cert-file=" + file, "--tls-key-file=" + strings.Replace(file, "cert", "key", 1)}
	}
	return []ailment{
		{"no secret", []string{"--apono-webhook-secrets="}, nil, warning, "webhook", []string{"events are not taken", "openssl"}},
		{"no keys", []string{"--link-keys="}, nil, warning, "link keys", []string{"nobody can connect"}},
		{"no admins", []string{"--admins="}, nil, warning, "admins", []string{"ADMINS"}},
		{"other tenants", []string{"--allowed-tenants=00000000-0000-4000-8000-000000000000"}, nil, warning, "tenants", []string{"ALLOWED_TENANTS"}},
		{"a certificate that ends", serves(soon), nil, warning, "certificate", []string{"ends on", "in 4 days"}},
		{"a certificate for another name", serves(soon), nil, warning, "certificate", []string{"is not for 127.0.0.1"}},
		{"a certificate that has ended", serves(over), nil, problem, "certificate", []string{"ended on"}},
	}
}

// ofTheAddress are proxies that stand in front of the bot and do it wrong.
func ofTheAddress(t *testing.T, p *patient) []ailment {
	const a = "public address"
	front := func(path string, answer http.HandlerFunc) []string {
		return []string{"--public-url=" + p.proxy(t, path, answer).URL}
	}
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	signIn := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="proxy"`)
		w.WriteHeader(http.StatusUnauthorized)
	}
	late := func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = []string{time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)}
		p.pass().ServeHTTP(w, r)
	}
	secretless := p.serve() // without any secret of the webhook
	p.killsInTheEnd(secretless)
	p.teams.SetBot("http://" + p.bot.addr + "/api/messages")
	return []ailment{
		{"not told", []string{"--public-url="}, nil, warning, a, []string{"PUBLIC_URL is not set"}},
		{"nothing there", []string{"--public-url=http://127.0.0.1:1"}, nil, problem, a, []string{"nothing listens", "Is the bot running"}},
		{"another page", front("", says(http.StatusOK, "<html>")), nil, problem, a, []string{"status 200", "Is the bot running"}},
		{"a path that is not passed on", front("/api/messages", says(http.StatusNotFound, "")), nil, problem, a, []string{"status 404", "Teams cannot reach"}},
		{"a proxy that wants a password", front("/api/messages", signIn), nil, problem, a, []string{"somebody else", "no sign-in of its own"}},
		{"a proxy that redirects", front("/api/messages", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }), nil, problem, a, []string{"status 302"}},
		{"a flood through the proxy", front("/api/messages", says(http.StatusTooManyRequests, "")), nil, warning, a, []string{"too much", "TRUSTED_PROXIES"}},
		{"a flood of events through the proxy", front("/api/apono/events", says(http.StatusTooManyRequests, "")), nil, warning, "webhook", []string{"too much", "TRUSTED_PROXIES"}},
		{"metrics for all", []string{"--public-url=http://" + p.bot.addr}, nil, warning, a, []string{"/metrics", "Everybody"}},
		{"events that anybody may send", front("/api/apono/events", says(http.StatusOK, "ok")), nil, problem, "webhook", []string{"status 200", "somebody else"}},
		{"a bot without a secret", []string{"--public-url=http://" + secretless.addr}, nil, problem, "webhook", []string{"not found", "APONO_WEBHOOK_SECRETS"}},
		{"a clock that is late", front("", late), nil, problem, "clock", []string{"10m0s behind", "NTP"}},
	}
}
