package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/db/pgtest"
)

// pageOf is one of the docs.
func pageOf(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", name))
	must(t, err)
	return string(content)
}

var fence = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")

// printed is the block of code that begins so. If the docs have it no more,
// this test has nothing to say about them.
func printed(t *testing.T, name, begins string) string {
	t.Helper()
	for _, block := range fence.FindAllStringSubmatch(pageOf(t, name), -1) {
		if strings.HasPrefix(block[1], begins) {
			return block[1]
		}
	}
	t.Fatalf("%s prints nothing that begins with %q", name, begins)
	return ""
}

// What the docs print works as it is printed: a company makes the database,
// tells the variables that the docs say are needed and no others, and runs the
// commands one after the other. What needs Azure, Docker or a cluster is not
// here.
func TestPrintedCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env["DATABASE_URL"] = d.makesDatabase(printed(t, "docs/install.md", "CREATE ROLE"))
	d.tells(printed(t, "docs/install.md", "MICROSOFT_APP_ID="))
	if _, err := exec.LookPath("openssl"); err == nil {
		line := d.shell(printed(t, "docs/install.md", `echo "LINK_KEYS=`))
		d.env["LINK_KEYS"] = strings.TrimSpace(strings.TrimPrefix(line, "LINK_KEYS="))
		d.env["LINK_KEYS"] += "," + strings.TrimSpace(d.shell(strings.Replace(printed(t, "docs/operate.md", `echo "2026-11:`), "2026-11", "older", 1)))
	}
	if out := d.shell("teamsbot migrate"); !strings.Contains(out, "up to date") {
		t.Errorf("migrate says %q", out)
	}
	b := d.starts()
	if out := d.shell("teamsbot doctor"); !strings.Contains(out, "0 that the bot cannot work with") {
		t.Errorf("doctor says\n%s", out)
	}
	if _, err := exec.LookPath("curl"); err == nil {
		for i, line := range strings.Split(strings.TrimSpace(printed(t, "docs/operate.md", "curl -i -X POST https://bot.example.com/api/messages\n")), "\n") {
			out, want := d.shell(line), []string{" 401 ", " 202 "}[i]
			if first, _, _ := strings.Cut(out, "\n"); !strings.Contains(first+" ", want) {
				t.Errorf("%s is answered with %q, want%s", line, first, want)
			}
		}
		b.says(`"known":false`)
	}
	d.installs("Dana")
	d.shell(printed(t, "docs/operate.md", "teamsbot audit export"))
	if _, err := os.Stat(filepath.Join(d.dir, "november.jsonl")); err != nil {
		t.Error(err)
	}
	d.looksIntoTheDatabase()
	person := d.teams.Person("Dana").ObjectID
	if out := d.shell("teamsbot forget " + person); !strings.Contains(out, "Erased Dana Developer") {
		t.Errorf("forget says\n%s", out)
	}
	d.shell(printed(t, "docs/install.md", "MICROSOFT_APP_ID=… teamsbot manifest"))
	if content, err := os.ReadFile(filepath.Join(d.dir, "app.zip")); err != nil || !bytes.HasPrefix(content, []byte("PK")) {
		t.Errorf("manifest wrote %.10q (%v)", content, err)
	}
}

// desk is where an operator sits: a folder, a shell, and variables.
type desk struct {
	*outside
	dir   string
	env   map[string]string
	addr  string
	front *httptest.Server // https://bot.example.com
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	o := newOutside(t)
	d := &desk{outside: o, dir: t.TempDir(), addr: freeAddress(t)}
	program, err := filepath.Abs(os.Args[0])
	must(t, err)
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec %q \"$@\"\n", asProgram, program)
	must(t, os.WriteFile(filepath.Join(d.dir, "teamsbot"), []byte(script), 0o700))
	bot := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: d.addr})
	bot.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	d.front = httptest.NewServer(bot)
	t.Cleanup(d.front.Close)
	// Where the simulations are; an operator has the real ones.
	d.env = map[string]string{
		"LISTEN_ADDR": d.addr, "APONO_API_URL": o.aponoURL, "TEAMS_OPENID_URL": o.teams.OpenIDURL(), "TEAMS_LOGIN_URL": o.teams.LoginURL(),
		"TEAMS_SERVICE_HOSTS": o.teams.Host(), "EXTRA_CA_FILE": o.teams.CAFile(), "TEAMSBOT_PATIENCE": "5",
		"SECRET": doctorSecrets[3], "PATH": d.dir + ":" + os.Getenv("PATH"), "HOME": d.dir,
	}
	return d
}

// tells sets the variables that are printed, with values of here for those that
// everybody has their own of.
func (d *desk) tells(block string) {
	d.t.Helper()
	own := map[string]string{
		"MICROSOFT_APP_ID": d.teams.AppID(), "MICROSOFT_APP_TENANT_ID": d.teams.TenantID(), "MICROSOFT_APP_PASSWORD": d.teams.AppPassword(),
		"APONO_API_TOKEN": doctorSecrets[0], "APONO_WEBHOOK_SECRETS": doctorSecrets[3], "DATABASE_URL": d.env["DATABASE_URL"],
		"LINK_KEYS": "first:" + doctorSecrets[4], "PUBLIC_URL": d.front.URL,
	}
	for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
		name, value, _ := strings.Cut(line, "=")
		if mine, ok := own[name]; ok {
			value = mine
		}
		if strings.Contains(value, "…") {
			d.t.Errorf("%s has no value here", line)
		}
		d.env[name] = value
	}
}

// variables are the environment as a process has it.
func (d *desk) variables() (all []string) {
	for name, value := range d.env {
		all = append(all, name+"="+value)
	}
	return all
}

// shell runs what is printed, and wants it to go well.
func (d *desk) shell(line string) string {
	d.t.Helper()
	line = strings.NewReplacer("https://bot.example.com", d.front.URL, "MICROSOFT_APP_ID=… ", "").Replace(line)
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-ec", line)
	cmd.Dir, cmd.Env = d.dir, d.variables()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		d.t.Errorf("%s: %v\n%s%s", line, err, out, &errs)
	}
	return string(out)
}

// starts runs serve until it is ready.
func (d *desk) starts() bot {
	d.t.Helper()
	b := bot{start(d.t, d.variables(), "serve"), d.addr}
	d.killsInTheEnd(b)
	d.until("the bot is ready", func() bool { return b.readiness(d.t) == http.StatusOK })
	d.teams.SetBot(d.front.URL + "/api/messages")
	return b
}

// makesDatabase is what whoever keeps Postgres does, under names of our own.
func (d *desk) makesDatabase(block string) (address string) {
	d.t.Helper()
	u, err := url.Parse(d.dbURL)
	must(d.t, err)
	name := "desk_" + strings.Trim(u.Path, "/")
	admin, err := pgx.Connect(d.t.Context(), d.dbURL)
	must(d.t, err)
	block = strings.NewReplacer("teamsbot", pgx.Identifier{name}.Sanitize(), "…", "as-printed").Replace(block)
	for statement := range strings.SplitSeq(strings.TrimSpace(block), ";") {
		if _, err := admin.Exec(d.t.Context(), statement); err != nil {
			d.t.Fatalf("%s: %v", statement, err)
		}
	}
	must(d.t, admin.Close(d.t.Context()))
	ctx := context.WithoutCancel(d.t.Context())
	other := pgtest.URL(d.t)
	d.t.Cleanup(func() {
		admin, err := pgx.Connect(ctx, other)
		must(d.t, err)
		for _, sql := range []string{`DROP DATABASE %s WITH (FORCE)`, `DROP ROLE %s`} {
			_, err := admin.Exec(ctx, fmt.Sprintf(sql, pgx.Identifier{name}.Sanitize()))
			must(d.t, err)
		}
		must(d.t, admin.Close(ctx))
	})
	u.User, u.Path = url.UserPassword(name, "as-printed"), "/"+name
	return u.String()
}

// looksIntoTheDatabase runs what is printed for that, as the bot's own user.
func (d *desk) looksIntoTheDatabase() {
	d.t.Helper()
	c, err := pgx.Connect(d.t.Context(), d.env["DATABASE_URL"])
	must(d.t, err)
	defer func() { must(d.t, c.Close(d.t.Context())) }()
	text := pageOf(d.t, "docs/operate.md")
	var all []string
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		all = append(all, block[1])
	}
	for _, span := range regexp.MustCompile("`((?:SELECT|UPDATE|DELETE)[^`]+)`").FindAllStringSubmatch(text, -1) {
		all = append(all, span[1])
	}
	ran := 0
	for _, sql := range all {
		if !regexp.MustCompile(`^(SELECT|UPDATE|DELETE) `).MatchString(sql) {
			continue
		}
		if _, err := c.Exec(d.t.Context(), strings.ReplaceAll(sql, "…", "0")); err != nil {
			d.t.Errorf("%s: %v", sql, err)
		}
		ran++
	}
	if ran < 3 {
		d.t.Errorf("%d statements are printed, want some", ran)
	}
}

// Every command that is mentioned is one, with the flags that it has.
func TestMentionedCommandsExist(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	must(t, err)
	mention := regexp.MustCompile("(?m)(?:^|[`/]|=[^ ]+ )teamsbot ([a-z][a-z-]*(?: [^`\n|>#]*)?)(?:`|$| >)")
	seen := 0
	for _, name := range append(pages, "../../README.md", "../../CHANGELOG.md") {
		content, err := os.ReadFile(name)
		must(t, err)
		for _, code := range inCode(string(content)) {
			for _, m := range mention.FindAllStringSubmatch(code, -1) {
				seen++
				if err := parses(strings.Fields(m[1])); err != nil {
					t.Errorf("%s: teamsbot %s: %v", filepath.Base(name), m[1], err)
				}
			}
		}
	}
	if seen < 10 {
		t.Errorf("%d commands are mentioned, want more: does this test find them?", seen)
	}
}

// inCode is what stands in blocks and between backquotes.
func inCode(text string) (all []string) {
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		all = append(all, block[1])
	}
	return append(all, regexp.MustCompile("`teamsbot [^`]+`").FindAllString(fence.ReplaceAllString(text, ""), -1)...)
}

// parses says what is wrong with arguments; that some are left out is not.
func parses(args []string) error {
	if i := slices.Index(args, "--help"); i >= 0 {
		args = slices.Delete(args, i, i+1)
	}
	var c commands
	parser, err := kong.New(&c, kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	if err != nil && (strings.HasPrefix(err.Error(), "expected ") || strings.HasPrefix(err.Error(), "missing flags")) {
		return nil
	}
	return err
}
