package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// apono tries what the bot's token may do.
func (x *examiner) apono(ctx context.Context) (f findings) {
	const check = "Apono"
	client, err := aponoapi.New(aponoapi.Config{URL: x.AponoAPIURL, Token: x.AponoAPIToken, HTTPClient: x.client})
	if err != nil {
		f.add(problem, check, err.Error()+".", "Check APONO_API_URL and APONO_API_TOKEN.")
		return f
	}
	all, err := client.Capabilities(ctx)
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized):
		f.add(problem, check, "Apono does not know the token, or not any more.",
			"Set APONO_API_TOKEN to a personal token of the bot's own Apono user. Tokens end with the user, and when they were made to.")
		return f
	case errors.Is(err, aponoapi.ErrUnavailable) || err != nil && !errors.Is(err, aponoapi.ErrForbidden):
		f.add(problem, check, "Apono cannot be asked: "+why(err)+".", adviceOfHTTPS(x.AponoAPIURL))
		return f
	}
	allowed := 0
	for _, c := range all {
		if c.Allowed {
			allowed++
			continue
		}
		f = append(f, capability(c))
	}
	if allowed > 0 {
		first := findings{}
		first.ok(check, "Apono takes the token. It may make %d of the %d calls that can be tried without changing anything.", allowed, len(all))
		f = append(first, f...)
	}
	return f
}

// capability is what a call that is not allowed costs.
func capability(c aponoapi.Capability) finding {
	found := finding{
		Check: "Apono", Result: warning,
		Says: fmt.Sprintf("%s: Apono denies it. The bot needs it to %s.", c.Call, c.Need),
		Do:   "Give the bot's Apono user an admin role.",
	}
	if c.Essential {
		found.Result = problem
	}
	if ofUsers[c.Name] {
		found.Do = "Use a personal token, not one of a service account, and let Apono's support enable end-user tokens for your account."
	}
	if !c.Denied() {
		found.Says = fmt.Sprintf("%s: whether Apono allows it is not known (%s). The bot needs it to %s.", c.Call, why(c.Err), c.Need)
		found.Do = "Run doctor again in a while; Apono's status page may know more."
	}
	return found
}

// ofUsers are the capabilities for which Apono wants a person's token, not a
// role. Apono: "API authentication".
var ofUsers = map[string]bool{
	"session": true, "delegated requests": true, "bundles": true, "entitlements": true, "bundle contents": true,
}

// webhook looks at how Apono tells the bot of changes.
func (x *examiner) webhook(context.Context) (f findings) {
	const check = "webhook"
	if len(x.AponoWebhookSecrets) == 0 {
		f.add(warning, check, "APONO_WEBHOOK_SECRETS is not set: events are not taken, and people see changes some seconds later.",
			"Make a secret (openssl rand -hex 32), set the variable to it, and let Apono's webhook send it as a bearer token.")
		return f
	}
	f.ok(check, "%d set that Apono's webhook can send.", len(x.AponoWebhookSecrets))
	return f
}

// people looks at who may use the bot, and who may run it.
func (x *examiner) people(context.Context) (f findings) {
	own := false
	for _, t := range x.AllowedTenants {
		own = own || strings.EqualFold(t, x.MicrosoftAppTenantID)
	}
	if own {
		f.ok("tenants", "People of %d may use the bot, the app's own among them.", len(x.AllowedTenants))
	} else {
		f.add(warning, "tenants", "ALLOWED_TENANTS does not have the app's own tenant: its people are refused.",
			"Add MICROSOFT_APP_TENANT_ID to ALLOWED_TENANTS, or leave that empty, unless this is meant.")
	}
	if len(x.Admins) == 0 {
		f.add(warning, "admins", "ADMINS is not set: nobody can say which channels are shown requests.", "Set ADMINS to the Entra object ids of those who run the bot.")
	} else {
		f.ok("admins", "%d.", len(x.Admins))
	}
	return f
}
