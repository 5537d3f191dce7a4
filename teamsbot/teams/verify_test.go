package teams

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
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
		{name: "scheme in lower case", want: 0, header: func(t testing.TB, m *microsoft) string { return "bearer " + good(t, m) }},
		{name: "service URL in capitals, without slash", want: 0, claims: func(c jwt.MapClaims) {
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
		{name: "audience is a list with the app", want: 0, claims: set("aud", []string{"x", testApp})},
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

func TestVerifierAgainstAttacks(t *testing.T) {
	t.Parallel()
	for _, row := range attacks(t) {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newMicrosoft(t)
			if row.keys != nil {
				m.setKeys(row.keys()...)
			}
			header := "Bearer " + m.token(t, row.claims)
			if row.header != nil {
				header = row.header(t, m)
			}
			a := m.activity()
			if row.activity != nil {
				row.activity(&a)
			}
			who, err := m.verifier(t).AuthenticateRequest(t.Context(), a, header, nil, "")
			if row.want == 0 {
				if err != nil || !who.IsAuthenticated() {
					t.Fatalf("got %v, want welcome", err)
				}
				return
			}
			var rejection *Rejection
			if !errors.As(err, &rejection) || rejection.Status() != row.want || who != nil {
				t.Fatalf("got %v, %v, want status %d", who, err, row.want)
			}
			if token := strings.TrimPrefix(header, "Bearer "); len(token) > 20 && strings.Contains(err.Error(), token[:20]) {
				t.Errorf("the error tells the token: %v", err)
			}
		})
	}
}

// What is wrong before the signature must not make us ask Microsoft anything.
func TestWrongTokenCostsNoNetwork(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	for _, claims := range []func(jwt.MapClaims){
		set("aud", "x"), set("iss", "x"), without("exp"), off("exp", -time.Hour), without("serviceurl"), set("serviceurl", "https://x"),
	} {
		if _, err := v.AuthenticateRequest(t.Context(), m.activity(), "Bearer "+m.token(t, claims), nil, ""); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("got %v, want ErrUnauthorized", err)
		}
	}
	other := m.activity()
	other.ChannelID = "directline"
	if _, err := v.AuthenticateRequest(t.Context(), other, "Bearer "+m.token(t, nil), nil, ""); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	if got := m.metadataCalls.Load(); got != 0 {
		t.Errorf("got %d metadata fetches, want none", got)
	}
}

func TestRejectionNamesTheToken(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	token := m.token(t, set("iss", "https://new.example\n"+strings.Repeat("x", 200)))
	_, err := m.verifier(t).AuthenticateRequest(t.Context(), m.activity(), "Bearer "+token, nil, "")
	var r *Rejection
	if !errors.As(err, &r) {
		t.Fatalf("got %v", err)
	}
	if r.KeyID != "k1" || r.Algorithm != "RS256" || len(r.Issuer) != 100 || !strings.HasPrefix(r.Issuer, "https://new.example?x") {
		t.Errorf("got %+v", r)
	}
	if strings.Contains(err.Error(), "new.example") {
		t.Errorf("the error's text quotes the token: %v", err)
	}
}

// A token that is known is still looked at, every time.
func TestKnownTokenIsCheckedAgain(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	v := m.verifier(t)
	header := "Bearer " + m.token(t, nil)
	ask := func(change func(*schema.Activity)) error {
		a := m.activity()
		if change != nil {
			change(&a)
		}
		_, err := v.AuthenticateRequest(t.Context(), a, header, nil, "")
		return err
	}
	for range 2 {
		if err := ask(nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask(func(a *schema.Activity) { a.ServiceURL = "https://" + m.host() + "/other/" }); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("another service URL: got %v", err)
	}
	if err := ask(func(a *schema.Activity) { a.ChannelID = "webchat" }); !errors.Is(err, ErrForbidden) {
		t.Errorf("another channel: got %v", err)
	}
	m.clock.Add(59 * time.Minute)
	if err := ask(nil); err != nil {
		t.Errorf("after 59 minutes: %v", err)
	}
	m.clock.Add(7 * time.Minute)
	if err := ask(nil); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("after it ended: got %v", err)
	}
}

// A key that Microsoft takes back takes its known tokens along.
func TestKnownTokenEndsWithItsKey(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]map[string]any{
		"gone":               {jwk("k2", secondKey(), ChannelTeams)},
		"replaced":           {jwk("k1", secondKey(), ChannelTeams)},
		"no longer endorsed": {jwk("k1", firstKey(), "webchat")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMicrosoft(t)
			v := m.verifier(t)
			header := "Bearer " + m.token(t, set("exp", m.clock.Now().Add(48*time.Hour).Unix()))
			if _, err := v.AuthenticateRequest(t.Context(), m.activity(), header, nil, ""); err != nil {
				t.Fatal(err)
			}
			m.setKeys(keys...)
			m.clock.Add(keysMaxAge)
			v.keys.step(t.Context())
			if _, err := v.AuthenticateRequest(t.Context(), m.activity(), header, nil, ""); err == nil {
				t.Error("the token is still accepted")
			}
		})
	}
}

func TestIdentityDoesNotPanic(t *testing.T) {
	t.Parallel()
	m := newMicrosoft(t)
	who, err := m.verifier(t).AuthenticateRequest(t.Context(), m.activity(), "Bearer "+m.token(t, nil), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for claim, want := range map[string]string{"iss": defaultIssuer, "aud": testApp, "serviceurl": m.serviceURL(), "nothing": ""} {
		if got := who.GetClaimValue(claim); got != want {
			t.Errorf("%s: got %q, want %q", claim, got, want)
		}
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	t.Parallel()
	good := VerifierConfig{AppID: testApp, OpenIDURL: "https://login.example/doc", ServiceHosts: []string{"smba.trafficmanager.net"}}
	if _, err := NewVerifier(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*VerifierConfig){
		"no app":        func(c *VerifierConfig) { c.AppID = "" },
		"http metadata": func(c *VerifierConfig) { c.OpenIDURL = "http://login.example/doc" },
		"no metadata":   func(c *VerifierConfig) { c.OpenIDURL = "" },
		"no hosts":      func(c *VerifierConfig) { c.ServiceHosts = nil },
		"host with URL": func(c *VerifierConfig) { c.ServiceHosts = []string{"https://smba.trafficmanager.net"} },
		"empty host":    func(c *VerifierConfig) { c.ServiceHosts = []string{""} },
		"wildcard":      func(c *VerifierConfig) { c.ServiceHosts = []string{"*.trafficmanager.net"} },
		"path":          func(c *VerifierConfig) { c.ServiceHosts = []string{"smba.trafficmanager.net/teams"} },
		"userinfo":      func(c *VerifierConfig) { c.ServiceHosts = []string{"a@b"} },
	} {
		c := good
		spoil(&c)
		if _, err := NewVerifier(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	list, err := newHosts([]string{"smba.trafficmanager.net", "127.0.0.1:8443", "[::1]:8443"})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"https://smba.trafficmanager.net/amer/":            true,
		"https://SMBA.trafficmanager.net:443/amer/":        true,
		"https://127.0.0.1:8443/":                          true,
		"https://[::1]:8443/":                              true,
		"https://smba.trafficmanager.net.:443/":            false,
		"https://smba.trafficmanager.net:8443/":            false,
		"https://127.0.0.1/":                               false,
		"http://smba.trafficmanager.net/":                  false,
		"https://x.smba.trafficmanager.net/":               false,
		"https://smba.trafficmanager.net@evil.example/":    false,
		"https://u:p@smba.trafficmanager.net/":             false,
		"https://evil.example/smba.trafficmanager.net":     false,
		"https://smba.trafficmanager.net\\@evil.example/":  false,
		"https://smba.trafficmanager.net/?a=b":             false,
		"https://smba.trafficmanager.net/#a":               false,
		"https://smba.trafficmanager.net/a%2fb":            false,
		"//smba.trafficmanager.net/":                       false,
		"smba.trafficmanager.net":                          false,
		"https:smba.trafficmanager.net":                    false,
		"https://smba.trafficmanager.net%2eevil.example/a": false,
		"": false,
	} {
		if _, err := list.parse(address); (err == nil) != want {
			t.Errorf("%s: got %v, want allowed %v", address, err, want)
		}
	}
}

func TestRejectionStatus(t *testing.T) {
	t.Parallel()
	for kind, want := range map[error]int{
		ErrUnauthorized: http.StatusUnauthorized, ErrForbidden: http.StatusForbidden, ErrKeysUnavailable: http.StatusServiceUnavailable,
	} {
		r := &Rejection{Kind: kind, Reason: "r"}
		if r.Status() != want || !errors.Is(r, kind) {
			t.Errorf("%v: got status %d, want %d", kind, r.Status(), want)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	m := newMicrosoft(b)
	v := m.verifier(b)
	header := "Bearer " + m.token(b, nil)
	body := []byte(strings.ReplaceAll(channelMessage, "https://smba.trafficmanager.net/emea/", m.serviceURL()))
	b.ReportAllocs()
	for b.Loop() {
		a, err := DecodeActivity(body)
		if err != nil {
			b.Fatal(err)
		}
		if err := a.Check(); err != nil {
			b.Fatal(err)
		}
		if _, err := v.AuthenticateRequest(b.Context(), a.Activity, header, nil, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewToken(b *testing.B) {
	m := newMicrosoft(b)
	v := m.verifier(b)
	token, a := m.token(b, nil), m.activity()
	b.ReportAllocs()
	for b.Loop() {
		if _, rejection := v.verify(b.Context(), token, a); rejection != nil {
			b.Fatal(rejection)
		}
	}
}
