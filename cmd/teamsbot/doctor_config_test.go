package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Of a secret that begins with another one, nothing is told.
func TestDoctorHidesSecretsWhole(t *testing.T) {
	t.Parallel()
	c := complete()
	c.AponoAPIToken, c.AponoWebhookSecrets = "secret-of-apono", []aponoapi.Secret{"secret-of-apono-and-more"}
	if got := c.hider().Replace("refused: secret-of-apono-and-more, secret-of-apono"); got != "refused: •••, •••" {
		t.Errorf("it says %q", got)
	}
}

// Tenants are the same in whatever case they are written, as when the bot runs.
func TestDoctorComparesTenantsAsTheBotDoes(t *testing.T) {
	t.Parallel()
	c := complete()
	c.MicrosoftAppTenantID = "abcdefab-2222-4222-8222-222222222222"
	c.AllowedTenants = []string{"ABCDEFAB-2222-4222-8222-222222222222"}
	x := examiner{config: c}
	if found := x.people(t.Context()); found[0].Result != fine {
		t.Errorf("it finds %+v", found[0])
	}
}

// A program that reads what doctor finds also reads that a setting is not even
// of its kind.
func TestDoctorSaysInJSONWhatCannotBeParsed(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	err := run(t.Context(), []string{"doctor", "--json", "--teams-rate=many"}, &out, &errs)
	var d diagnosis
	if jsonErr := json.Unmarshal(out.Bytes(), &d); jsonErr != nil || codeOf(err) != codeConfiguration {
		t.Fatalf("ended with %d: %v\n%s%s", codeOf(err), jsonErr, &out, &errs)
	}
	d.code = codeProblems
	d.has(t, "no number", problem, "configuration", "--teams-rate", "many")
}
