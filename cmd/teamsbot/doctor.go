package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// doctorCommand looks whether the bot can work as it is configured.
type doctorCommand struct {
	config

	JSON    bool          `name:"json" help:"Write what is found as JSON."`
	Timeout time.Duration `default:"10s" help:"How long one check may take; they run side by side." placeholder:"TIME"`
}

// How the command ends besides 0, for scripts.
const (
	codeProblems      = 1
	codeConfiguration = 2
)

// result is how something stands.
type result string

const (
	fine    result = "ok"
	warning result = "warning" // something is lost, or will be
	problem result = "problem" // the bot does not work
)

// finding is what one check has to say.
type finding struct {
	Check  string `json:"check"`
	Result result `json:"result"`
	Says   string `json:"says"`         // how it is, and what that means
	Do     string `json:"do,omitempty"` // what the operator can do about it
}

// findings are those of one check.
type findings []finding

func (f *findings) ok(check, says string, args ...any) {
	*f = append(*f, finding{Check: check, Result: fine, Says: fmt.Sprintf(says, args...)})
}

func (f *findings) add(r result, check, says, do string) {
	*f = append(*f, finding{check, r, says, do})
}

// Run implements the command.
func (d *doctorCommand) Run(ctx context.Context, t *terminal) error {
	x, err := d.examiner()
	if err != nil {
		return d.report(t, unusable(err), codeConfiguration)
	}
	return d.report(t, x.examine(ctx), codeProblems)
}

// unusable is what is wrong with a configuration, a line each.
func unusable(err error) (wrong findings) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		wrong.add(problem, "configuration", line, "")
	}
	wrong[len(wrong)-1].Do = "The bot does not start with this. teamsbot serve --help tells what each variable is for."
	return wrong
}

// examiner has what the checks need.
type examiner struct {
	config
	where      endpoints
	client     *http.Client
	credential azcore.TokenCredential
	clocks     *clocks
	timeout    time.Duration
	now        func() time.Time
}

// examiner fails if the bot could not start.
func (d *doctorCommand) examiner() (*examiner, error) {
	where, err := d.check()
	if err != nil {
		return nil, err
	}
	client, err := httpClient(d.ExtraCAFile)
	if err != nil {
		return nil, err
	}
	x := &examiner{config: d.config, where: where, client: client, clocks: &clocks{next: client.Transport}, timeout: d.Timeout, now: time.Now}
	client.Transport = x.clocks
	sign := d.credential(where, client)
	sign.Once = true
	if x.credential, err = teams.NewCredential(sign); err != nil {
		return nil, fmt.Errorf("MICROSOFT_APP_PASSWORD or MICROSOFT_APP_CERTIFICATE_FILE: %w", err)
	}
	return x, nil
}

// examine makes all checks at once, each within its own time, and says what
// they found in their order. The clocks come last: the others have seen them.
func (x *examiner) examine(ctx context.Context) findings {
	checks := []func(context.Context) findings{x.database, x.keys, x.signIn, x.apono, x.webhook, x.publicAddress, x.people, x.certificates}
	found := make([]findings, len(checks))
	var group sync.WaitGroup
	for i, check := range checks {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, x.timeout)
			defer cancel()
			found[i] = check(ctx)
		})
	}
	group.Wait()
	all := append(slices.Concat(found...), x.clocks.findings()...)
	hide := x.hider()
	for i := range all {
		all[i].Says, all[i].Do = hide.Replace(all[i].Says), hide.Replace(all[i].Do)
	}
	return all
}

// report writes the findings. code is how the command ends if there is a
// problem.
func (d *doctorCommand) report(t *terminal, all findings, code int) error {
	count := make(map[result]int)
	for _, f := range all {
		count[f.Result]++
	}
	worst := fine
	switch {
	case count[problem] > 0:
		worst = problem
	case count[warning] > 0:
		worst = warning
	}
	if err := d.write(t, all, worst, count); err != nil {
		return err
	}
	if worst == problem {
		return exit{code: code}
	}
	return nil
}

func (d *doctorCommand) write(t *terminal, all findings, worst result, count map[result]int) error {
	if d.JSON {
		out := json.NewEncoder(t.out)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(struct {
			Version  string   `json:"version"`
			Result   result   `json:"result"`
			Findings findings `json:"findings"`
		}{thisBuild().Version, worst, all})
	}
	for _, f := range all {
		t.say("%-8s %-14s %s", f.Result, f.Check, f.Says)
		if f.Do != "" {
			t.say("%-8s %-14s → %s", "", "", f.Do)
		}
	}
	t.say("\n%d ok, %d to look at, %d that the bot cannot work with", count[fine], count[warning], count[problem])
	return nil
}

const secretLetters = 6

// hider takes every secret of the configuration out of what is told, should
// somebody's error have quoted it. What is shorter than secretLetters is no
// secret, and part of many words.
func (c config) hider() *strings.Replacer {
	secrets := []string{c.AponoAPIToken.Reveal(), c.MicrosoftAppPassword.Reveal(), c.password()}
	for _, s := range slices.Concat(c.AponoWebhookSecrets, c.LinkKeys) {
		secrets = append(secrets, s.Reveal())
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // of one that begins with another, all is hidden
	var pairs []string
	for _, s := range secrets {
		if len(s) >= secretLetters {
			pairs = append(pairs, s, "•••")
		}
	}
	return strings.NewReplacer(pairs...)
}

// exit ends the program with a code of its own. Without an error everything has
// been said.
type exit struct {
	code int
	err  error
}

// Error is what is still to be said.
func (e exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// Unwrap is the error.
func (e exit) Unwrap() error { return e.err }

// codeOf is how the program ends after an error.
func codeOf(err error) int {
	var e exit
	if errors.As(err, &e) {
		return e.code
	}
	return 1
}
