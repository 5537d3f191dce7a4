package teams

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// attack is a request to which the verifier must answer want; 0 means welcome.
type attack struct {
	name     string
	want     int
	header   func(testing.TB, *microsoft) string // the whole header; default "Bearer " + a good token
	claims   func(jwt.MapClaims)                 // changes the good token's claims
	activity func(*schema.Activity)
	keys     func() []map[string]any
}

func raw(header string) func(testing.TB, *microsoft) string {
	return func(testing.TB, *microsoft) string { return header }
}

// signedBy signs the good claims in another way.
func signedBy(method jwt.SigningMethod, key any, keyID string) func(testing.TB, *microsoft) string {
	return func(t testing.TB, m *microsoft) string {
		return "Bearer " + sign(t, method, key, keyID, m.claims())
	}
}

func set(claim string, value any) func(jwt.MapClaims) {
	return func(c jwt.MapClaims) { c[claim] = value }
}

func without(claim string) func(jwt.MapClaims) {
	return func(c jwt.MapClaims) { delete(c, claim) }
}

func off(claim string, by time.Duration) func(jwt.MapClaims) {
	return func(c jwt.MapClaims) {
		at := time.Now()
		if claim != "iat" {
			at = time.Unix(c["nbf"].(int64), 0)
		}
		c[claim] = at.Add(by).Unix()
	}
}

func keysWith(endorsements ...string) func() []map[string]any {
	return func() []map[string]any { return []map[string]any{jwk("k1", firstKey(), endorsements...)} }
}

func attacks(t testing.TB) []attack {
	t.Helper()
	public := &firstKey().PublicKey
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	good := func(t testing.TB, m *microsoft) string { return m.token(t, nil) }
	return []attack{
		{name: "valid", want: 0},
		{name: "scheme in lower case", want: 401, header: func(t testing.TB, m *microsoft) string { return "bearer " + good(t, m) }},
		{name: "service URL in capitals, without slash", want: 401, claims: func(c jwt.MapClaims) {
			c["serviceurl"] = strings.ToUpper(strings.TrimSuffix(c["serviceurl"].(string), "/"))
		}},

		{name: "alg none", want: 401, header: signedBy(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "k1")},
		{name: "HS256 with the public key, PEM", want: 401, header: signedBy(jwt.SigningMethodHS256, asPEM, "k1")},
		{name: "HS256 with the public key, DER", want: 401, header: signedBy(jwt.SigningMethodHS256, der, "k1")},
		{name: "HS256 with the modulus", want: 401, header: signedBy(jwt.SigningMethodHS256, public.N.Bytes(), "k1")},
		{name: "PS256", want: 401, header: signedBy(jwt.SigningMethodPS256, firstKey(), "k1")},
		{name: "RS512 with the right key", want: 401, header: signedBy(jwt.SigningMethodRS512, firstKey(), "k1")},
		{name: "another key under the same kid", want: 401, header: signedBy(jwt.SigningMethodRS256, secondKey(), "k1")},
		{name: "no kid", want: 401, header: signedBy(jwt.SigningMethodRS256, firstKey(), "")},
		{name: "unknown kid", want: 401, header: signedBy(jwt.SigningMethodRS256, firstKey(), "k9")},
		{name: "kid is a number", want: 401, header: func(t testing.TB, m *microsoft) string {
			claims, _ := json.Marshal(m.claims())
			return "Bearer " + signRaw(t, `{"alg":"RS256","kid":1}`, string(claims))
		}},

		{name: "wrong audience", want: 401, claims: set("aud", "somebody-else")},
		{name: "audience with api:// before it", want: 401, claims: set("aud", "api://"+testApp)},
		{name: "no audience", want: 401, claims: without("aud")},
		{name: "audience is a number", want: 401, claims: set("aud", 7)},
		{name: "audience is a list with the app", want: 401, claims: set("aud", []string{"x", testApp})},
		{name: "wrong issuer", want: 401, claims: set("iss", "https://api.botframework.us")},
		{name: "no issuer", want: 401, claims: without("iss")},
		{name: "issuer is a number", want: 401, claims: set("iss", 7)},
		{name: "emulator issuer, v1", want: 401, claims: set("iss", "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/")},
		{name: "emulator issuer, v2", want: 401, claims: set("iss", "https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0")},
		{name: "claims are null", want: 401, header: func(t testing.TB, _ *microsoft) string {
			return "Bearer " + signRaw(t, `{"alg":"RS256","kid":"k1"}`, `null`)
		}},
		{name: "claims are a list", want: 401, header: func(t testing.TB, _ *microsoft) string {
			return "Bearer " + signRaw(t, `{"alg":"RS256","kid":"k1"}`, `[]`)
		}},
		{name: "header is a list", want: 401, header: func(t testing.TB, _ *microsoft) string {
			return "Bearer " + signRaw(t, `[]`, `{}`)
		}},

		{name: "expired for an hour", want: 401, claims: off("exp", -time.Hour)},
		{name: "not valid for another hour", want: 401, claims: off("nbf", time.Hour)},
		{name: "no exp", want: 401, claims: without("exp")},
		{name: "exp is null", want: 401, claims: set("exp", nil)},
		{name: "exp a minute ago", want: 0, claims: off("exp", -time.Minute)},
		{name: "nbf in a minute", want: 0, claims: off("nbf", time.Minute)},
		{name: "iat in a minute", want: 0, claims: off("iat", time.Minute)},

		{name: "service URL differs", want: 401, claims: set("serviceurl", "https://smba.trafficmanager.net/teams/")},
		{name: "service URL of the activity differs", want: 401, activity: func(a *schema.Activity) { a.ServiceURL += "x" }},
		{name: "no service URL in the token", want: 401, claims: without("serviceurl")},
		{name: "service URL is a number", want: 401, claims: set("serviceurl", 7)},
		{name: "no service URL on either side", want: 401, claims: set("serviceurl", ""), activity: func(a *schema.Activity) { a.ServiceURL = "" }},
		service("service URL is plain http", "http://smba.trafficmanager.net/teams/"),
		service("service URL's host is not listed", "https://smba.trafficmanager.net.example/teams/"),
		service("service URL's host is userinfo", "https://smba.trafficmanager.net@example.com/teams/"),
		service("service URL's port is another", "https://smba.trafficmanager.net:444/teams/"),

		{name: "key endorsed for other channels", want: 403, keys: keysWith("webchat", "directline")},
		{name: "key without endorsements", want: 403, keys: keysWith()},
		{name: "channel directline", want: 403, activity: func(a *schema.Activity) { a.ChannelID = "directline" }},
		{name: "channel webchat, for which the key is endorsed", want: 403, activity: func(a *schema.Activity) { a.ChannelID = "webchat" }},
		{name: "channel emulator", want: 403, activity: func(a *schema.Activity) { a.ChannelID = "emulator" }},
		{name: "no channel", want: 403, activity: func(a *schema.Activity) { a.ChannelID = "" }},

		{name: "token without Bearer", want: 401, header: good},
		{name: "three parts", want: 401, header: func(t testing.TB, m *microsoft) string { return "Bearer " + good(t, m) + " x" }},
		{name: "no header", want: 401, header: raw("")},
		{name: "only Bearer", want: 401, header: raw("Bearer")},
		{name: "Bearer and a space", want: 401, header: raw("Bearer ")},
		{name: "Basic", want: 401, header: raw("Basic dXNlcjpwYXNz")},
		{name: "x", want: 401, header: raw("x")},
		{name: "garbage", want: 401, header: raw("Bearer garbage")},
		{name: "a.b.c", want: 401, header: raw("Bearer a.b.c")},
		{name: "two dots", want: 401, header: raw("Bearer ..")},
		{name: "1 MiB of dots", want: 401, header: raw("Bearer " + strings.Repeat(".", 1<<20))},
		{name: "16 KiB of dots", want: 401, header: raw("Bearer " + strings.Repeat(".", 16<<10))},
		{name: "1 MiB header segment", want: 401, header: raw("Bearer " + strings.Repeat("A", 1<<20) + ".e30.c2ln")},
		{name: "deep nesting", want: 401, header: raw("Bearer " + segment(strings.Repeat("[", 9000)) + ".e30.c2ln")},
		{name: "deep nesting in claims", want: 401, header: raw("Bearer " + segment(`{"alg":"RS256","kid":"k1"}`) + "." +
			segment(strings.Repeat("[", 9000)) + ".c2ln")},
	}
}

func service(name, address string) attack {
	return attack{
		name: name, want: 403, claims: set("serviceurl", address),
		activity: func(a *schema.Activity) { a.ServiceURL = address },
	}
}
