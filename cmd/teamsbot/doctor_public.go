package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// certificateEnds is how long before its end a certificate is mentioned.
const certificateEnds = 14 * 24 * time.Hour

// publicAddress asks the bot as Teams and Apono would, and notices who answers
// in its place.
func (x *examiner) publicAddress(ctx context.Context) (f findings) {
	const check = "public address"
	if x.PublicURL == "" {
		f.add(warning, check, "PUBLIC_URL is not set: whether Teams and Apono can reach the bot was not tried.",
			"Set it to the address that they use, such as https://bot.example.com, and run doctor while the bot runs.")
		return f
	}
	// What is in front passes on the paths of Teams and Apono alone, so these
	// are asked who answers.
	a, err := x.ask(ctx, http.MethodPost, "/api/messages", "")
	if err != nil {
		f.add(problem, check, x.PublicURL+" does not answer: "+why(err)+".", "Is the bot running? Then look at DNS, firewalls, the proxy in front, and its certificate.")
		return f
	}
	f = append(f, x.messages(a)...)
	f = append(f, x.ending(check, "The certificate of "+x.PublicURL, a.certificateEnds)...)
	f = append(f, x.events(ctx)...)
	if m, err := x.ask(ctx, http.MethodGet, "/metrics", ""); err == nil && m.status == http.StatusOK && strings.Contains(m.body, "teamsbot_") {
		f.add(warning, check, "Everybody can read "+x.PublicURL+"/metrics.", "Let the proxy in front pass on only /api/messages and /api/apono/events.")
	}
	return f
}

// messages looks at what a call without a token was answered: the bot refuses
// it, and has nothing to say.
func (x *examiner) messages(a answer) (f findings) {
	const check, path = "public address", "/api/messages"
	switch {
	case a.refused():
		f.ok(check, "The bot answers at %s%s, and refuses who has no token.", x.PublicURL, path)
	case a.tooMuch():
		f.hearsTooMuch(check)
	default:
		f.add(problem, check, fmt.Sprintf("POST %s%s is answered by somebody else (status %d), so Teams cannot reach the bot.", x.PublicURL, path, a.status),
			"Is the bot running? The proxy in front must pass POST "+path+" on as it is: no sign-in of its own, no redirect, and the Authorization header kept.")
	}
	return f
}

// events calls with a secret that nobody knows.
func (x *examiner) events(ctx context.Context) (f findings) {
	const check, path = "webhook", "/api/apono/events"
	if len(x.AponoWebhookSecrets) == 0 {
		return nil
	}
	a, err := x.ask(ctx, http.MethodPost, path, "doctor-"+rand.Text())
	switch {
	case a.refused():
		f.ok(check, "%s refuses a wrong secret.", path)
	case a.tooMuch():
		f.hearsTooMuch(check)
	case err == nil && a.status == http.StatusNotFound:
		f.add(problem, check, fmt.Sprintf("POST %s%s is not found: the bot that answers there has no secret, or the path does not reach it.", x.PublicURL, path),
			"Start the bot with the same APONO_WEBHOOK_SECRETS, and let the proxy in front pass the path on.")
	default:
		f.add(problem, check, fmt.Sprintf("POST %s%s is answered by somebody else (%s), so Apono's events do not reach the bot.", x.PublicURL, path, a.tells(err)),
			"The proxy in front must pass POST "+path+" on as it is, with the Authorization header kept.")
	}
	return f
}

// answer is what came from the public address.
type answer struct {
	status          int
	body            string
	header          http.Header
	certificateEnds time.Time // zero: no TLS
}

// refused says that it is the bot's own refusal: without a word, and without
// an invitation to sign in.
func (a answer) refused() bool {
	return a.status == http.StatusUnauthorized && a.body == "" && a.header.Get("WWW-Authenticate") == ""
}

// tooMuch says that it is the bot's refusal for who comes too often.
func (a answer) tooMuch() bool { return a.status == http.StatusTooManyRequests && a.body == "" }

func (f *findings) hearsTooMuch(check string) {
	f.add(warning, check, "The bot hears too much that is neither from Teams nor from Apono, from the address that this came from.",
		"If that is the address of the proxy in front, name it in TRUSTED_PROXIES: else all that come through it are taken for one.")
}

func (a answer) tells(err error) string {
	if err != nil {
		return why(err)
	}
	return fmt.Sprintf("status %d", a.status)
}

// ask follows no redirect, and reads the beginning of what comes.
func (x *examiner) ask(ctx context.Context, method, path, bearer string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(x.PublicURL, "/")+path, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	client := *x.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, body: string(body), header: res.Header}
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		a.certificateEnds = res.TLS.PeerCertificates[0].NotAfter
	}
	return a, nil
}

// certificates looks at those that the bot holds itself.
func (x *examiner) certificates(context.Context) (f findings) {
	if x.TLSCertFile != "" {
		const check = "certificate"
		leaf, err := readCertificate(x.TLSCertFile)
		if err != nil {
			f.add(problem, check, err.Error(), "")
			return f
		}
		if u, err := url.Parse(x.PublicURL); err == nil && u.Host != "" && leaf.VerifyHostname(u.Hostname()) != nil {
			f.add(warning, check, "TLS_CERT_FILE is not for "+u.Hostname()+", which PUBLIC_URL names.", "Unless a proxy in front does TLS with another one, get one for that name.")
		}
		if ends := x.ending(check, "TLS_CERT_FILE", leaf.NotAfter); len(ends) > 0 {
			f = append(f, ends...)
		} else {
			f.ok(check, "TLS_CERT_FILE is good until %s.", leaf.NotAfter.UTC().Format(time.DateOnly))
		}
	}
	if x.MicrosoftAppCertificateFile != "" {
		if leaf, err := readCertificate(x.MicrosoftAppCertificateFile); err == nil { // PKCS#12 is not looked into
			f = append(f, x.ending("sign-in", "MICROSOFT_APP_CERTIFICATE_FILE", leaf.NotAfter)...)
		}
	}
	return f
}

// ending says that a certificate ends soon, or has.
func (x *examiner) ending(check, what string, at time.Time) (f findings) {
	left := at.Sub(x.now())
	switch {
	case at.IsZero(), left > certificateEnds:
	case left <= 0:
		f.add(problem, check, what+" ended on "+at.UTC().Format(time.DateOnly)+".", "Renew it.")
	default:
		f.add(warning, check, fmt.Sprintf("%s ends on %s, in %d days.", what, at.UTC().Format(time.DateOnly), int(left.Hours()/24)), "Renew it.")
	}
	return f
}

// readCertificate reads the first certificate of a PEM file.
func readCertificate(file string) (*x509.Certificate, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	return firstCertificate(content)
}

// why is what went wrong on the way to an address, without the address.
func why(err error) string {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var dns *net.DNSError
	switch {
	case errors.As(err, &authority):
		return "its certificate is signed by an authority that is not trusted here"
	case errors.As(err, &name):
		return "its certificate is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate is not valid now"
	case errors.As(err, &dns):
		return "the name " + dns.Name + " is not known"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return oneLine(err)
}
