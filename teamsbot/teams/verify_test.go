package teams

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

// believes asks a verifier in the two ways there are: at once, and before and
// after the activity is read. They must agree.
func believes(t testing.TB, v *Verifier, a schema.Activity, header string) error {
	t.Helper()
	token, apart := v.Screen(t.Context(), header)
	if apart == nil {
		apart = token.Fits(&Activity{Activity: a})
	}
	who, err := v.AuthenticateRequest(t.Context(), a, header, nil, "")
	if (err == nil) != (apart == nil) || err != nil && statusOf(err) != statusOf(apart) {
		t.Errorf("at once: %v, apart: %v", err, apart)
	}
	if (who == nil) != (err != nil) || who != nil && !who.IsAuthenticated() {
		t.Errorf("got %v and %v", who, err)
	}
	return apart
}

func statusOf(err error) int {
	var r *Rejection
	if !errors.As(err, &r) {
		return 0
	}
	return r.Status()
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
			// The first time at once, and then both again.
			_, err := m.verifier(t).AuthenticateRequest(t.Context(), a, header, nil, "")
			if again := believes(t, m.verifier(t), a, header); (again == nil) != (err == nil) || statusOf(again) != statusOf(err) {
				t.Errorf("got %v, and with a verifier of its own %v", err, again)
			}
			if row.want == 0 {
				if err != nil {
					t.Fatalf("got %v, want welcome", err)
				}
				return
			}
			if statusOf(err) != row.want {
				t.Fatalf("got %v, want status %d", err, row.want)
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
		set("aud", "x"), set("iss", "x"), without("exp"), off("exp", -time.Hour), without("serviceurl"),
	} {
		if _, err := v.Screen(t.Context(), "Bearer "+m.token(t, claims)); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("got %v, want ErrUnauthorized", err)
		}
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
		return believes(t, v, a, header)
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
			if err := believes(t, v, m.activity(), header); err != nil {
				t.Fatal(err)
			}
			m.setKeys(keys...)
			m.clock.Add(keysMaxAge)
			v.keys.step(t.Context())
			if err := believes(t, v, m.activity(), header); err == nil {
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
		token, err := v.Screen(b.Context(), header)
		if err != nil {
			b.Fatal(err)
		}
		a, err := DecodeActivity(body)
		if err != nil {
			b.Fatal(err)
		}
		if err := token.Fits(a); err != nil {
			b.Fatal(err)
		}
		if err := a.Check(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkKnownToken is what authentication costs of nearly every request.
func BenchmarkKnownToken(b *testing.B) {
	m := newMicrosoft(b)
	v := m.verifier(b)
	// Microsoft's are of about 1 KB.
	header := "Bearer " + m.token(b, set("other", strings.Repeat("x", 400)))
	a := &Activity{Activity: m.activity()}
	b.ReportAllocs()
	for b.Loop() {
		token, err := v.Screen(b.Context(), header)
		if err != nil {
			b.Fatal(err)
		}
		if err := token.Fits(a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewToken(b *testing.B) {
	m := newMicrosoft(b)
	v := m.verifier(b)
	token := m.token(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, rejection := v.verify(b.Context(), token); rejection != nil {
			b.Fatal(rejection)
		}
	}
}
