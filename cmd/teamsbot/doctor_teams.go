package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// keys looks for what activities from Teams are checked with.
func (x *examiner) keys(ctx context.Context) (f findings) {
	const check = "Teams' keys"
	found, err := teams.ExamineKeys(ctx, x.where.OpenIDURL, x.client)
	switch {
	case err != nil:
		f.add(problem, check, "Microsoft's signing keys cannot be had, so nobody could be authenticated: "+why(err)+".", adviceOfHTTPS(x.where.OpenIDURL))
	case found.Issuer != x.where.Issuer:
		f.add(problem, check, fmt.Sprintf("The metadata at %s names the issuer %q, and the bot believes %q alone: nobody could be authenticated.", x.where.OpenIDURL, found.Issuer, x.where.Issuer),
			"Check TEAMS_CLOUD. If it is right, something between here and Microsoft answers in its place.")
	case found.Endorsed == 0:
		f.add(problem, check, fmt.Sprintf("None of the %d keys there may speak for Teams: nobody could be authenticated.", found.Usable),
			"Check TEAMS_CLOUD. If it is right, something between here and Microsoft answers in its place.")
	default:
		f.ok(check, "%d of the %d keys may speak for Teams.", found.Endorsed, found.Usable)
	}
	return f
}

// signIn gets the token that the bot needs to write to people.
func (x *examiner) signIn(ctx context.Context) (f findings) {
	const check = "sign-in"
	until, err := teams.ExamineSignIn(ctx, x.credential, x.where.Scope)
	if err == nil {
		f.ok(check, "Entra gives the bot a token, good until %s.", until.UTC().Format("15:04 UTC"))
		return f
	}
	var failed *teams.SignInError
	if !errors.As(err, &failed) {
		failed = &teams.SignInError{}
	}
	if failed.Code == 0 && failed.Status == 0 {
		err = cmp.Or(x.reach(ctx, x.where.LoginURL), err)
	}
	says, do := x.adviceOfSignIn(err, failed)
	if failed.Code != 0 {
		says = fmt.Sprintf("%s (AADSTS%d)", says, failed.Code)
	}
	f.add(problem, check, says+". The bot can write to nobody.", do)
	return f
}

// reach says why an address does not answer. The libraries that sign in keep
// that to themselves.
func (x *examiner) reach(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, address, http.NoBody)
	if err != nil {
		return err
	}
	res, err := x.client.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// advice is what a code of Entra's means to an operator.
type advice struct{ says, do string }

// signInAdvice is by the number of Entra's error. Microsoft Entra:
// "Microsoft Entra authentication and authorization error codes".
var signInAdvice = map[int]advice{
	7000215: {
		"MICROSOFT_APP_PASSWORD is not a secret of this app",
		"Paste the secret's value, not its id. If it is not known any more, add a new secret to the app registration.",
	},
	7000222: {"The client secret has expired", "Add a new secret to the app registration, and set MICROSOFT_APP_PASSWORD to its value."},
	700016: {
		"There is no app MICROSOFT_APP_ID in the tenant MICROSOFT_APP_TENANT_ID",
		"Compare both with the app registration's overview: Application (client) ID and Directory (tenant) ID.",
	},
	90002: {"There is no tenant MICROSOFT_APP_TENANT_ID in this cloud", "Compare it with the Directory (tenant) ID of the app registration, and check TEAMS_CLOUD."},
	7000229: {
		"The app has no service principal in its tenant",
		"Create it: az ad sp create --id $MICROSOFT_APP_ID",
	},
	7000112: {"The app has been disabled", "Enable it in Entra: Enterprise applications, Properties, Enabled for users to sign-in."},
	700027:  {"The certificate is not registered on the app", "Upload the certificate of MICROSOFT_APP_CERTIFICATE_FILE to the app registration, without its key."},
	700024:  {"What the bot signed is not valid now", "Set this machine's clock; the certificate may have ended, too."},
	53003:   {"A Conditional Access policy for workload identities keeps the bot from signing in", "Exclude the app from the policy, or run the bot where the policy allows it."},
	70011:   {"Entra does not know what the bot signs in for", "Check TEAMS_CLOUD."},
}

func (x *examiner) adviceOfSignIn(err error, failed *teams.SignInError) (says, do string) {
	a, known := signInAdvice[failed.Code]
	managed := x.MicrosoftAppType == teams.UserAssignedMSI
	switch {
	case known:
		return a.says, a.do
	case failed.Code != 0:
		return "Entra refuses the bot", "Look the number up at https://login.microsoftonline.com/error"
	case managed && failed.Status == 0:
		return "Nothing here gives out tokens of a managed identity",
			"Run the bot on an Azure machine, container or app that the identity is assigned to; anywhere else use MICROSOFT_APP_TYPE=SingleTenant with a secret or certificate."
	case managed:
		return fmt.Sprintf("What gives out tokens of managed identities refuses (status %d)", failed.Status),
			"Assign the identity whose client id is MICROSOFT_APP_ID to what the bot runs on."
	case failed.Status != 0:
		return fmt.Sprintf("What answers in Entra's place refuses with status %d", failed.Status), adviceOfHTTPS(x.where.LoginURL)
	}
	return "Entra cannot be reached: " + why(err), adviceOfHTTPS(x.where.LoginURL)
}

// adviceOfHTTPS is for an address outside that does not answer as it should.
func adviceOfHTTPS(address string) string {
	host := address
	if u, err := url.Parse(address); err == nil {
		host = u.Host
	}
	return "Let the bot reach " + host + " over HTTPS. HTTPS_PROXY names a proxy to go through, and EXTRA_CA_FILE the authority of one that inspects TLS."
}
