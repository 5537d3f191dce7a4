package teamsbot

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// knock is a request at the door, by its header and its activity, and what is
// to come of it. It is an honest one but for what its fields change.
type knock struct {
	name string
	want int // 200: the bot answered; else nothing happened at all
	// stricter says why the bot refuses what Microsoft's own library accepts;
	// "" where they agree.
	stricter string

	claims   func(map[string]any)
	token    func(testing.TB, *door) string   // default: Microsoft's, of the claims
	header   func(testing.TB, *door) []string // whole lines; default: the token as bearer
	activity func(map[string]any)
	body     func(activity []byte) []byte
}

// lines are the header lines of a knock, and body what comes with them.
func (k knock) lines(t testing.TB, d *door) []string {
	if k.header != nil {
		return k.header(t, d)
	}
	if k.token != nil {
		return bearer(k.token(t, d))
	}
	claims := d.claims()
	if k.claims != nil {
		k.claims(claims)
	}
	return bearer(d.token(claims))
}

func (k knock) says(d *door) map[string]any {
	a := d.says()
	if k.activity != nil {
		k.activity(a)
	}
	return a
}

// Reasons that several knocks have in common.
const (
	onlyRS256     = "Microsoft's metadata names RS256 only; the library takes RS384 and RS512 as well"
	onlyTeams     = "the bot is for Teams, whatever else a key is endorsed for"
	onlyEndorsed  = "Bot Framework: a key without endorsements is not for channels; the library checks none then"
	onlyListed    = "the bot's own token would go there: hosts are listed"
	onlyHonest    = "Microsoft's tokens always have an end, of an hour"
	onlyOneTenant = "the token names no tenant, so that the activity must, and in one way"
	onlyChannel   = "tokens of the emulator and of other bots are for none who is in Teams"
	onlyCanonical = "a signature has one spelling, or one token would be many"
)

func knocks() []knock {
	return slices.Concat(algorithmKnocks(), keyKnocks(), issuerKnocks(), timeKnocks(), shapeKnocks(), serviceKnocks(), channelKnocks(), headerKnocks())
}

func set(name string, value any) func(map[string]any) {
	return func(m map[string]any) { m[name] = value }
}

func lacking(name string) func(map[string]any) {
	return func(m map[string]any) { delete(m, name) }
}

// both makes claim and activity name the same service.
func both(name, address string, want int, stricter string) knock {
	return knock{name: name, want: want, stricter: stricter, claims: set("serviceurl", address), activity: set("serviceUrl", address)}
}

func by(method jwt.SigningMethod, key func() any, header map[string]any) func(testing.TB, *door) string {
	return func(t testing.TB, d *door) string { return signed(t, method, key(), header, d.claims()) }
}

func microsoft() any { return microsoftsKey() }
func stranger() any  { return strangersKey() }

func kid(id any) map[string]any { return map[string]any{"kid": id} }

// raw is a token with a header as it stands, and honest claims.
func rawHeader(header string) func(testing.TB, *door) string {
	return func(t testing.TB, d *door) string { return signedText(t, header, string(marshal(t, d.claims()))) }
}

func rawClaims(claims string) func(testing.TB, *door) string {
	return func(t testing.TB, _ *door) string { return signedText(t, `{"alg":"RS256","kid":"k1"}`, claims) }
}

func algorithmKnocks() []knock {
	der, err := x509.MarshalPKIXPublicKey(&microsoftsKey().PublicKey)
	if err != nil {
		panic(err)
	}
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	secret := func(b []byte) func() any { return func() any { return b } }
	unsigned := func() any { return jwt.UnsafeAllowNoneSignatureType }
	curve := func() any {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		return key
	}
	return []knock{
		{name: "honest", want: 200},
		{name: "alg none", want: 401, token: by(jwt.SigningMethodNone, unsigned, kid("k1"))},
		{name: "alg None", want: 401, token: rawHeader(`{"alg":"None","kid":"k1"}`)},
		{name: "alg nOnE without a signature", want: 401, token: func(t testing.TB, d *door) string {
			text := rawHeader(`{"alg":"nOnE","kid":"k1"}`)(t, d)
			return text[:strings.LastIndex(text, ".")+1]
		}},
		{name: "HS256 with the public key, PEM", want: 401, token: by(jwt.SigningMethodHS256, secret(asPEM), kid("k1"))},
		{name: "HS256 with the public key, PEM without its last line end", want: 401, token: by(jwt.SigningMethodHS256, secret(asPEM[:len(asPEM)-1]), kid("k1"))},
		{name: "HS256 with the public key, DER", want: 401, token: by(jwt.SigningMethodHS256, secret(der), kid("k1"))},
		{name: "HS256 with the modulus", want: 401, token: by(jwt.SigningMethodHS256, secret(microsoftsKey().N.Bytes()), kid("k1"))},
		{name: "HS256 with nothing", want: 401, token: by(jwt.SigningMethodHS256, secret([]byte{}), kid("k1"))},
		{name: "PS256 with the right key", want: 401, token: by(jwt.SigningMethodPS256, microsoft, kid("k1"))},
		{name: "RS384 with the right key", want: 401, token: by(jwt.SigningMethodRS384, microsoft, kid("k1")), stricter: onlyRS256},
		{name: "RS512 with the right key", want: 401, token: by(jwt.SigningMethodRS512, microsoft, kid("k1")), stricter: onlyRS256},
		{name: "ES256", want: 401, token: by(jwt.SigningMethodES256, curve, kid("k1"))},
		{name: "no alg", want: 401, token: rawHeader(`{"kid":"k1"}`)},
		{name: "alg in lower case", want: 401, token: rawHeader(`{"alg":"rs256","kid":"k1"}`)},
		{name: "alg is a number", want: 401, token: rawHeader(`{"alg":256,"kid":"k1"}`)},
		{name: "alg is a list", want: 401, token: rawHeader(`{"alg":["RS256"],"kid":"k1"}`)},
		{name: "alg twice, none last", want: 401, token: rawHeader(`{"alg":"RS256","alg":"none","kid":"k1"}`)},
		{
			name: "an extension that must be understood", want: 401, token: rawHeader(`{"alg":"RS256","kid":"k1","crit":["b64"],"b64":true}`),
			stricter: "RFC 7515, 4.1.11: who does not understand must refuse; the library does not look",
		},
	}
}

func keyKnocks() []knock {
	jwk := webKey("k1", strangersKey(), "msteams")
	pointing := func(field string) func(testing.TB, *door) string {
		return func(t testing.TB, d *door) string {
			return signed(t, jwt.SigningMethodRS256, strangersKey(), map[string]any{"kid": "k9", field: d.issuer.stranger.URL + "/keys"}, d.claims())
		}
	}
	chain := []string{base64.StdEncoding.EncodeToString(strangersKey().N.Bytes())}
	return []knock{
		{name: "another key under Microsoft's id", want: 401, token: by(jwt.SigningMethodRS256, stranger, kid("k1"))},
		{name: "no kid", want: 401, token: by(jwt.SigningMethodRS256, microsoft, nil)},
		{name: "empty kid", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid(""))},
		{name: "unknown kid", want: 401, token: by(jwt.SigningMethodRS256, stranger, kid("k9"))},
		{name: "unknown kid, the right key", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid("k8"))},
		{name: "kid in capitals", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid("K1"))},
		{name: "kid after a space", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid(" k1"))},
		{name: "kid is a path", want: 401, token: by(jwt.SigningMethodRS256, stranger, kid("../../../../dev/null"))},
		{name: "kid is an address", want: 401, token: by(jwt.SigningMethodRS256, stranger, kid("https://example.com/keys#k1"))},
		{name: "kid is SQL", want: 401, token: by(jwt.SigningMethodRS256, stranger, kid("k1' OR '1'='1'; --"))},
		{name: "kid ends with NUL", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid("k1\x00"))},
		{name: "kid of 8 KB", want: 401, token: by(jwt.SigningMethodRS256, stranger, kid(strings.Repeat("k", 8<<10)))},
		{name: "kid is a number", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid(1))},
		{name: "kid is null", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid(nil))},
		{name: "kid is a list", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid([]string{"k1"}))},
		{name: "kid is __proto__", want: 401, token: by(jwt.SigningMethodRS256, stranger, kid("__proto__"))},
		{name: "two kids, the last one unknown", want: 401, token: rawHeader(`{"alg":"RS256","kid":"k1","kid":"k9"}`)},
		{name: "two kids, the last one right", want: 200, token: rawHeader(`{"alg":"RS256","kid":"k9","kid":"k1"}`)},
		{name: "brings its own key", want: 401, token: by(jwt.SigningMethodRS256, stranger, map[string]any{"kid": "k1", "jwk": jwk})},
		{name: "brings its own key, without an id", want: 401, token: by(jwt.SigningMethodRS256, stranger, map[string]any{"jwk": jwk})},
		{name: "jku", want: 401, token: pointing("jku")},
		{name: "x5u", want: 401, token: pointing("x5u")},
		{name: "x5c", want: 401, token: by(jwt.SigningMethodRS256, stranger, map[string]any{"kid": "k1", "x5c": chain, "x5t": "k1"})},
		{name: "key endorsed for other channels", want: 403, token: by(jwt.SigningMethodRS256, microsoft, kid("web"))},
		{name: "key without endorsements", want: 403, token: by(jwt.SigningMethodRS256, microsoft, kid("bare")), stricter: onlyEndorsed},
		{name: "id that two keys have, the first one", want: 403, token: by(jwt.SigningMethodRS256, microsoft, kid("twice"))},
		{name: "id that two keys have, the second one", want: 403, token: by(jwt.SigningMethodRS256, stranger, kid("twice"))},
		{
			name: "key of a curve", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid("curve")),
			stricter: "a key of another type is none of ours; the library looks only for its numbers",
		},
		{name: "key that cannot be read", want: 401, token: by(jwt.SigningMethodRS256, microsoft, kid("list"))},
	}
}

func issuerKnocks() []knock {
	const botFramework = "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"
	emulator := func(issuer, version, app string) func(map[string]any) {
		return func(c map[string]any) { c["iss"], c["ver"], c[app] = issuer, version, c["aud"] }
	}
	return []knock{
		{name: "wrong audience", want: 401, claims: set("aud", "somebody-else")},
		{name: "no audience", want: 401, claims: lacking("aud")},
		{name: "audience is null", want: 401, claims: set("aud", nil)},
		{name: "audience is empty", want: 401, claims: set("aud", "")},
		{name: "audience is a number", want: 401, claims: set("aud", 7)},
		{name: "audience with api:// before it", want: 401, claims: func(c map[string]any) { c["aud"] = "api://" + c["aud"].(string) }},
		{name: "audience in capitals", want: 401, claims: func(c map[string]any) { c["aud"] = strings.ToUpper(c["aud"].(string)) }},
		{name: "audience after a space", want: 401, claims: func(c map[string]any) { c["aud"] = " " + c["aud"].(string) }},
		{name: "audience alone in a list", want: 401, claims: func(c map[string]any) { c["aud"] = []any{c["aud"]} }},
		{name: "many audiences", want: 401, claims: func(c map[string]any) { c["aud"] = []any{"somebody-else", c["aud"]} }},
		{name: "audience is an object", want: 401, claims: func(c map[string]any) { c["aud"] = map[string]any{"0": c["aud"]} }},
		{name: "wrong issuer", want: 401, claims: set("iss", "https://api.example.com")},
		{name: "issuer of another cloud", want: 401, claims: set("iss", "https://api.botframework.us")},
		{name: "issuer with a slash", want: 401, claims: set("iss", "https://api.botframework.com/")},
		{name: "issuer in capitals", want: 401, claims: set("iss", "HTTPS://API.BOTFRAMEWORK.COM")},
		{name: "issuer of plain http", want: 401, claims: set("iss", "http://api.botframework.com")},
		{name: "issuer that begins alike", want: 401, claims: set("iss", "https://api.botframework.com.example.com")},
		{name: "no issuer", want: 401, claims: lacking("iss")},
		{name: "issuer is null", want: 401, claims: set("iss", nil)},
		{name: "issuer is a number", want: 401, claims: set("iss", 7)},
		{name: "issuer is a list", want: 401, claims: set("iss", []string{"https://api.botframework.com"})},
		{name: "emulator's issuer, version 1", want: 401, claims: emulator(botFramework, "1.0", "appid"), stricter: onlyChannel},
		{
			name: "emulator's issuer, version 2", want: 401, stricter: onlyChannel,
			claims: emulator("https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0", "2.0", "azp"),
		},
		{name: "a tenant of one's own as issuer", want: 401, stricter: onlyChannel, claims: func(c map[string]any) {
			c["iss"], c["tid"], c["ver"], c["appid"] = "https://sts.windows.net/99999999-0000-4000-8000-000000000000/", "99999999-0000-4000-8000-000000000000", "1.0", c["aud"]
		}},
		{name: "another bot that calls this one", want: 401, claims: func(c map[string]any) {
			c["iss"], c["ver"], c["appid"] = botFramework, "1.0", "99999999-0000-4000-8000-000000000000"
		}},
	}
}
