package teams

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/infracloudio/msbotbuilder-go/connector/auth"
	"github.com/infracloudio/msbotbuilder-go/schema"
	"github.com/maypok86/otter/v2"
)

const (
	// ChannelTeams is the only Bot Framework channel that the bot listens to.
	ChannelTeams = "msteams"

	defaultIssuer = "https://api.botframework.com"

	// Bot Framework: "industry-standard clock-skew of 5 minutes".
	clockSkew = 5 * time.Minute

	// Tokens of Teams live for an hour, others of Microsoft's for a day.
	longestLife = 7 * 24 * time.Hour

	// A token is about 1 KB; a longer one is not worth reading.
	maxToken = 16 << 10

	// Teams uses one token per service URL and hour, so this is plenty.
	maxKnownTokens = 1024
)

// VerifierConfig says whose tokens a Verifier accepts.
type VerifierConfig struct {
	AppID        string           // required; empty would mean no authentication
	OpenIDURL    string           // Microsoft's metadata document, https
	Issuer       string           // default https://api.botframework.com
	ServiceHosts []string         // "host" (port 443) or "host:port", exact
	HTTPClient   *http.Client     // default: one of its own
	Now          func() time.Time // default time.Now
}

// Verifier checks that an activity comes from Teams. It implements
// auth.TokenValidator with every rule of "Bot Framework: Authenticate requests
// from the Bot Connector service to your bot". Whose tenant an activity is
// from is not its matter: see Activity.Check.
type Verifier struct {
	parser *jwt.Parser
	claims *jwt.Validator
	hosts  hosts
	keys   *keyStore
	known  *otter.Cache[[sha256.Size]byte, *Token]

	issuerClaim, audienceClaim []byte // as Microsoft spells them in a token
}

var _ auth.TokenValidator = (*Verifier)(nil)

// Token is a token of Microsoft's for this bot: its signature was found good.
type Token struct {
	claims tokenClaims
	keyID  string
	key    *rsa.PublicKey
	host   error // why the bot does not talk to its service URL, or nil
}

// NewVerifier refuses a configuration that would accept too much.
func NewVerifier(c VerifierConfig) (*Verifier, error) {
	if c.AppID == "" {
		return nil, errors.New("teams: the verifier needs an app id")
	}
	list, err := newHosts(c.ServiceHosts)
	if err != nil {
		return nil, fmt.Errorf("teams: verifier: %w", err)
	}
	metadata, err := url.Parse(c.OpenIDURL)
	if err != nil || metadata.Scheme != "https" || metadata.Host == "" || metadata.User != nil {
		return nil, errors.New("teams: the verifier needs an https OpenID URL")
	}
	known, err := otter.New(&otter.Options[[sha256.Size]byte, *Token]{MaximumSize: maxKnownTokens})
	if err != nil {
		return nil, fmt.Errorf("teams: cache of verified tokens: %w", err)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Issuer = cmp.Or(c.Issuer, defaultIssuer)
	rules := c.rules()
	return &Verifier{
		parser: jwt.NewParser(rules...),
		claims: jwt.NewValidator(rules...),
		hosts:  list,
		keys:   newKeyStore(metadata, c.HTTPClient, c.Now),
		known:  known,

		issuerClaim:   []byte(`"iss":"` + c.Issuer + `"`),
		audienceClaim: []byte(`"aud":"` + c.AppID + `"`),
	}, nil
}

// rules is what a token must be, apart from its key and what it speaks for.
func (c VerifierConfig) rules() []jwt.ParserOption {
	return []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithIssuer(c.Issuer),
		jwt.WithAudience(c.AppID),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(clockSkew),
		jwt.WithTimeFunc(c.Now),
		jwt.WithStrictDecoding(),
	}
}

// Run loads the signing keys, again and again with growing pauses until they
// are there, and then every 24 hours. It returns when ctx ends.
func (v *Verifier) Run(ctx context.Context) { v.keys.run(ctx) }

// Ready is nil once the signing keys are there.
func (v *Verifier) Ready() error { return v.keys.ready() }

// Screen checks an Authorization header before anything else of a request is
// read. What it refuses is a *Rejection. Whether the token may speak for the
// activity that it came with is left to Token.Fits.
func (v *Verifier) Screen(ctx context.Context, authHeader string) (*Token, error) {
	token, rejection := v.authenticate(ctx, authHeader)
	if rejection != nil {
		return nil, rejection
	}
	return token, nil
}

// Fits checks that the token speaks for an activity. What it refuses is a
// *Rejection.
func (t *Token) Fits(a *Activity) error {
	if rejection := t.fits(&a.Activity); rejection != nil {
		return t.about(rejection)
	}
	return nil
}

// AuthenticateRequest is Screen and Token.Fits for the library's adapter, which
// the bot does not ask. The last two arguments are not used: what is accepted was
// settled in NewVerifier.
func (v *Verifier) AuthenticateRequest(ctx context.Context, activity schema.Activity, authHeader string,
	_ auth.CredentialProvider, _ string,
) (auth.ClaimsIdentity, error) {
	token, err := v.Screen(ctx, authHeader)
	if err != nil {
		return nil, err
	}
	if err := token.Fits(&Activity{Activity: activity}); err != nil {
		return nil, err
	}
	return identity{&token.claims}, nil
}

// Foreign says at a glance that an Authorization header has no token of
// Microsoft's for this bot, at a fraction of what Screen costs and without saying
// why: for floods. One that is spelled in another way than Microsoft's is left to
// Screen.
func (v *Verifier) Foreign(authHeader string) bool {
	token, ok := bearerToken(authHeader)
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	var room [2 << 10]byte
	if !ok || base64.RawURLEncoding.DecodedLen(len(payload)) > len(room) {
		return !ok
	}
	n, err := base64.RawURLEncoding.Decode(room[:], []byte(payload))
	text := room[:n]
	if err != nil || len(text) == 0 || text[0] != '{' {
		return true
	}
	return !bytes.ContainsAny(text, "\\ \t\r\n") && !(bytes.Contains(text, v.issuerClaim) && bytes.Contains(text, v.audienceClaim))
}

func (v *Verifier) authenticate(ctx context.Context, authHeader string) (*Token, *Rejection) {
	text, ok := bearerToken(authHeader)
	if !ok {
		return nil, unauthorized("no bearer token")
	}
	var room [2 << 10]byte // on the stack: enough for nearly every token
	sum := sha256.Sum256(append(room[:0], text...))
	if known, ok := v.known.GetIfPresent(sum); ok {
		key, rejection := v.admit(ctx, known)
		if rejection != nil {
			return nil, known.about(rejection)
		}
		// A key that was replaced since takes its tokens with it.
		if key.public == known.key || key.public.Equal(known.key) {
			return known, nil
		}
	}
	token, rejection := v.verify(ctx, text)
	if rejection != nil {
		return nil, rejection
	}
	v.known.Set(sum, token)
	return token, nil
}

// bearerToken takes the token out of an Authorization header of exactly two
// parts.
func bearerToken(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || scheme != "Bearer" || token == "" || len(token) > maxToken {
		return "", false
	}
	return token, !strings.ContainsAny(token, " \t\r\n")
}

// verify does the whole check of a token that is not known yet. The key is
// asked for last, so that a token which is wrong anyway costs no network call.
func (v *Verifier) verify(ctx context.Context, text string) (*Token, *Rejection) {
	token := new(Token)
	parsed, err := v.parser.ParseWithClaims(text, &token.claims, func(t *jwt.Token) (any, error) {
		if _, extended := t.Header["crit"]; extended {
			return nil, unauthorized("the token wants more than is understood") // RFC 7515, 4.1.11
		}
		keyID, ok := t.Header["kid"].(string)
		if !ok || keyID == "" {
			return nil, unauthorized("the token names no key")
		}
		token.keyID = keyID
		_, token.host = v.hosts.parse(token.claims.ServiceURL)
		key, rejection := v.admit(ctx, token)
		if rejection != nil {
			return nil, rejection
		}
		token.key = key.public
		return key.public, nil
	})
	if err == nil {
		return token, nil
	}
	rejection := new(Rejection)
	if !errors.As(err, &rejection) {
		rejection = unauthorized(tokenFault(err))
	}
	if parsed == nil {
		return nil, rejection
	}
	keyID, _ := parsed.Header["kid"].(string)
	algorithm, _ := parsed.Header["alg"].(string)
	return nil, rejection.about(token.claims.Issuer, keyID, algorithm)
}

// admit checks everything about a token but its signature: its times, issuer
// and audience, and that its key may. It is asked for known tokens too, at every
// use.
func (v *Verifier) admit(ctx context.Context, t *Token) (signingKey, *Rejection) {
	if err := v.claims.Validate(&t.claims); err != nil {
		return signingKey{}, unauthorized(tokenFault(err))
	}
	if t.claims.ExpiresAt.Sub(v.keys.now()) > longestLife {
		return signingKey{}, unauthorized("the token lives longer than Microsoft's do")
	}
	if t.claims.ServiceURL == "" {
		return signingKey{}, unauthorized("the token has no service URL")
	}
	key, rejection := v.keys.find(ctx, t.keyID)
	if rejection != nil {
		return signingKey{}, rejection
	}
	if !key.endorses(ChannelTeams) {
		return signingKey{}, forbidden("the key is not endorsed for the Teams channel")
	}
	return key, nil
}

// fits checks that the token speaks for an activity.
func (t *Token) fits(activity *schema.Activity) *Rejection {
	// To the letter: Microsoft's own libraries compare no other way.
	if t.claims.ServiceURL != activity.ServiceURL {
		return unauthorized("the token is for another service URL")
	}
	if activity.ChannelID != ChannelTeams {
		return forbidden("the activity is not from the Teams channel")
	}
	if t.host != nil {
		return forbidden(t.host.Error())
	}
	return nil
}

// about adds to r what the token says about itself.
func (t *Token) about(r *Rejection) *Rejection {
	return r.about(t.claims.Issuer, t.keyID, jwt.SigningMethodRS256.Alg())
}

// tokenFault names what the JWT library found, without its text, which may
// quote from the token.
func tokenFault(err error) string {
	for _, fault := range []error{
		jwt.ErrTokenMalformed, jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenInvalidAudience,
		jwt.ErrTokenInvalidIssuer, jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenSignatureInvalid,
	} {
		if errors.Is(err, fault) {
			return fault.Error()
		}
	}
	return "the token is not valid"
}

// identity is what the library hands on about a verified token. Unlike the
// library's own, it does not panic about a claim that is not there.
type identity struct{ claims *tokenClaims }

func (i identity) GetClaimValue(name string) string {
	switch name {
	case auth.IssuerClaim:
		return i.claims.Issuer
	case auth.AudienceClaim:
		return strings.Join(i.claims.Audience, " ")
	case auth.ServiceURLClaim:
		return i.claims.ServiceURL
	default:
		return ""
	}
}

func (i identity) IsAuthenticated() bool { return true }
