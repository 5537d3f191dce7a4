package main

import (
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
