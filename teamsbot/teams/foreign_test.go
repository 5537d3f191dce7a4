package teams

import (
	"encoding/base64"
	"strings"
	"testing"
)

// What is refused at a glance would be refused anyway, and nothing of
// Microsoft's is.
func TestForeign(t *testing.T) {
	t.Parallel()
	v, err := NewVerifier(VerifierConfig{AppID: testApp, OpenIDURL: "https://login.example/keys", ServiceHosts: []string{"smba.example"}})
	if err != nil {
		t.Fatal(err)
	}
	own := `{"serviceurl":"https://smba.example/","nbf":1,"exp":2,"iss":"` + defaultIssuer + `","aud":"` + testApp + `"}`
	token := func(claims string) string {
		return "Bearer eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2lnbmF0dXJl"
	}
	for header, want := range map[string]bool{
		token(own): false,
		token(strings.ReplaceAll(own, `":`, `": `)):                                     false, // spelled in another way
		token(strings.ReplaceAll(own, "/", `\/`)):                                       false,
		token(strings.Replace(own, "{", `{"long":"`+strings.Repeat("x", 3000)+`",`, 1)): false,
		token(strings.Replace(own, testApp, "somebody-else", 1)):                        true,
		token(strings.Replace(own, defaultIssuer, defaultIssuer+"/", 1)):                true,
		token(`{}`):        true,
		token(``):          true,
		token(`[` + own):   true,
		"Bearer abc.de!.x": true,
		"Bearer x":         true,
		"Basic x":          true,
		"":                 true,
	} {
		if got := v.Foreign(header); got != want {
			t.Errorf("%.60s: got %v, want %v", header, got, want)
		}
	}
}
