package teamsbot

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

// inTime is a claim so long after now.
func inTime(claim string, by time.Duration) func(map[string]any) {
	return func(c map[string]any) { c[claim] = time.Now().Add(by).Unix() }
}

func timeKnocks() []knock {
	return []knock{
		{name: "ended an hour ago", want: 401, claims: inTime("exp", -time.Hour)},
		{name: "ended 6 minutes ago", want: 401, claims: inTime("exp", -6*time.Minute)},
		{name: "ended 4 minutes ago", want: 200, claims: inTime("exp", -4*time.Minute)},
		{name: "no exp", want: 401, claims: lacking("exp"), stricter: onlyHonest},
		{name: "exp is null", want: 401, claims: set("exp", nil)},
		{name: "exp is a text", want: 401, claims: set("exp", "tomorrow")},
		{name: "exp is a number in quotes", want: 401, claims: set("exp", "4102444800")},
		{name: "exp is true", want: 401, claims: set("exp", true)},
		{name: "exp is 0", want: 401, claims: set("exp", 0)},
		{name: "exp is below 0", want: 401, claims: set("exp", -1)},
		{name: "exp is a fraction", want: 200, claims: func(c map[string]any) { c["exp"] = float64(c["exp"].(int64)) + .5 }},
		{name: "ends in 6 days", want: 200, claims: inTime("exp", 6*24*time.Hour)},
		{name: "ends in 8 days", want: 401, claims: inTime("exp", 8*24*time.Hour), stricter: onlyHonest},
		{name: "ends in 100 years", want: 401, claims: inTime("exp", 100*365*24*time.Hour), stricter: onlyHonest},
		{name: "exp is 1e300", want: 401, claims: set("exp", 1e300), stricter: onlyHonest},
		{name: "exp is 1e400, which is no number", want: 401, stricter: onlyHonest, token: func(t testing.TB, d *door) string {
			c := d.claims()
			delete(c, "exp")
			return rawClaims(strings.TrimSuffix(string(marshal(t, c)), "}")+`,"exp":1e400}`)(t, d)
		}},
		{name: "valid in an hour", want: 401, claims: inTime("nbf", time.Hour)},
		{name: "valid in 6 minutes", want: 401, claims: inTime("nbf", 6*time.Minute)},
		{name: "valid in 4 minutes", want: 200, claims: inTime("nbf", 4*time.Minute)},
		{name: "no nbf", want: 200, claims: lacking("nbf")},
		{name: "nbf is null", want: 401, claims: set("nbf", nil)},
		{name: "nbf is a number in quotes", want: 401, claims: set("nbf", "0")},
		{name: "iat in a minute", want: 200, claims: inTime("iat", time.Minute)},
	}
}

func shapeKnocks() []knock {
	// as writes honest claims with one name spelled differently.
	as := func(name, spelled string) func(map[string]any) {
		return func(c map[string]any) {
			c[spelled] = c[name]
			delete(c, name)
		}
	}
	twice := func(first, last string) func(testing.TB, *door) string {
		return func(t testing.TB, d *door) string {
			c := d.claims()
			app := c["aud"].(string)
			delete(c, "aud")
			pair := strings.ReplaceAll(`,"aud":"`+first+`","aud":"`+last+`"}`, "APP", app)
			return rawClaims(strings.TrimSuffix(string(marshal(t, c)), "}")+pair)(t, d)
		}
	}
	altered := func(change func(token string) string) func(testing.TB, *door) string {
		return func(_ testing.TB, d *door) string { return change(d.token(d.claims())) }
	}
	return []knock{
		{name: "claims are null", want: 401, token: rawClaims(`null`)},
		{name: "claims are a list", want: 401, token: rawClaims(`[]`)},
		{name: "claims are a text", want: 401, token: rawClaims(`"claims"`)},
		{name: "claims are a number", want: 401, token: rawClaims(`7`)},
		{name: "claims are empty", want: 401, token: rawClaims(``)},
		{name: "claims are deep", want: 401, token: rawClaims(strings.Repeat(`{"a":`, 2000))},
		{name: "claims are no UTF-8", want: 401, token: rawClaims("{\"iss\":\"\xff\xfe\"}")},
		{name: "something after the claims", want: 401, token: func(t testing.TB, d *door) string {
			return rawClaims(string(marshal(t, d.claims()))+"{}")(t, d)
		}},
		{name: "header is a list", want: 401, token: rawHeader(`[]`)},
		{name: "header is null", want: 401, token: rawHeader(`null`)},
		{name: "aud twice, the last one wrong", want: 401, token: twice("APP", "somebody-else")},
		{name: "aud twice, the last one right", want: 200, token: twice("somebody-else", "APP")},
		{name: "aud is spelled AUD", want: 401, claims: as("aud", "AUD")},
		{name: "iss is spelled Iss", want: 401, claims: as("iss", "Iss")},
		{name: "exp is spelled EXP", want: 401, claims: as("exp", "EXP"), stricter: onlyHonest},
		{name: "serviceurl is spelled serviceUrl", want: 401, claims: as("serviceurl", "serviceUrl")},
		{name: "claims changed after signing", want: 401, token: altered(func(s string) string {
			parts := strings.Split(s, ".")
			claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), "{", `{"a":1,`, 1)))
			return strings.Join(parts, ".")
		})},
		{name: "no signature", want: 401, token: altered(func(s string) string { return s[:strings.LastIndex(s, ".")+1] })},
		{name: "half a signature", want: 401, token: altered(func(s string) string { return s[:len(s)-100] })},
		{name: "signature of zeros", want: 401, token: altered(func(s string) string {
			return s[:strings.LastIndex(s, ".")+1] + base64.RawURLEncoding.EncodeToString(make([]byte, 256))
		})},
		{name: "signature with padding", want: 401, token: altered(func(s string) string { return s + "==" })},
		{name: "signature with bits left over", want: 401, stricter: onlyCanonical, token: altered(func(s string) string {
			// 256 bytes leave 4 bits in the last of 342 letters, which are zero.
			const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
			last := strings.IndexByte(letters, s[len(s)-1])
			return s[:len(s)-1] + string(letters[last+1])
		})},
		{name: "four parts", want: 401, token: altered(func(s string) string { return s + ".x" })},
		{name: "five parts, as if encrypted", want: 401, token: altered(func(s string) string { return s + ".x.y" })},
		{name: "two parts", want: 401, token: altered(func(s string) string { return s[:strings.LastIndex(s, ".")] })},
		{name: "a line end in the token's code", want: 401, token: func(t testing.TB, d *door) string {
			return strings.Replace(d.token(d.claims()), ".", "%0a.", 1)
		}},
	}
}

func serviceKnocks() []knock {
	differs := func(name string, change func(address string) string) knock {
		return knock{name: name, want: 401, claims: func(c map[string]any) { c["serviceurl"] = change(c["serviceurl"].(string)) }}
	}
	return []knock{
		differs("claim of another service", func(string) string { return "https://smba.trafficmanager.net/teams/" }),
		differs("claim in capitals", strings.ToUpper),
		differs("claim without the slash", func(s string) string { return strings.TrimSuffix(s, "/") }),
		differs("claim with two slashes", func(s string) string { return s + "/" }),
		differs("claim with a port more", func(s string) string { return strings.Replace(s, "127.0.0.1", "127.0.0.1:443", 1) }),
		differs("claim with a query", func(s string) string { return s + "?" }),
		{name: "no service in the token", want: 401, claims: lacking("serviceurl")},
		{name: "service in the token is null", want: 401, claims: set("serviceurl", nil)},
		{name: "service in the token is a number", want: 401, claims: set("serviceurl", 7)},
		{name: "service in the token is a list", want: 401, claims: func(c map[string]any) { c["serviceurl"] = []any{c["serviceurl"]} }},
		{name: "no service in the activity", want: 401, activity: lacking("serviceUrl"), stricter: "the library compares only if the activity names one"},
		{name: "service in the activity is a number", want: 401, activity: set("serviceUrl", 7)},
		both("no service on either side", "", 401, "the library compares only if the activity names one"),
		both("service of plain http", "http://smba.trafficmanager.net/teams/", 403, onlyListed),
		both("service that begins alike", "https://smba.trafficmanager.net.example.com/teams/", 403, onlyListed),
		both("service after userinfo that looks like one", "https://smba.trafficmanager.net@example.com/teams/", 403, onlyListed),
		both("service with userinfo", "https://bot:token@smba.trafficmanager.net/teams/", 403, onlyListed),
		both("service at another port", "https://smba.trafficmanager.net:8443/teams/", 403, onlyListed),
		both("service with a dot at the end of its host", "https://smba.trafficmanager.net./teams/", 403, onlyListed),
		both("service with a letter that looks alike", "https://smba.trafficm\u0430nager.net/teams/", 403, onlyListed),
		both("service in Punycode", "https://smba.xn--trafficmnager-9jk.net/teams/", 403, onlyListed),
		both("service with a wide dot", "https://smba\u3002trafficmanager\u3002net/teams/", 403, onlyListed),
		both("service with a backslash", `https://smba.trafficmanager.net\@example.com/teams/`, 403, onlyListed),
		both("service with a query", "https://smba.trafficmanager.net/teams/?x=", 403, onlyListed),
		both("service with a fragment", "https://smba.trafficmanager.net/teams/#x", 403, onlyListed),
		both("service with an escaped slash", "https://smba.trafficmanager.net/teams%2f..%2f", 403, onlyListed),
		both("service of this machine", "https://127.0.0.1/teams/", 403, onlyListed),
		both("service of this machine, as a number", "https://2130706433/teams/", 403, onlyListed),
		both("service of the cloud's own metadata", "https://169.254.169.254/teams/", 403, onlyListed),
		both("service that is a file", "file:///etc/passwd", 403, onlyListed),
	}
}

func channelKnocks() []knock {
	channel := func(name string, id any, stricter string) knock {
		return knock{name: name, want: 403, activity: set("channelId", id), stricter: stricter}
	}
	return []knock{
		channel("channel directline", "directline", ""),
		channel("channel webchat, for which the key is endorsed", "webchat", onlyTeams),
		channel("channel emulator", "emulator", ""),
		channel("channel in capitals", "MSTEAMS", ""),
		channel("channel after a space", " msteams", ""),
		channel("channel is a number", 7, ""),
		channel("channel is null", nil, onlyTeams),
		channel("channel is empty", "", onlyTeams),
		channel("channel of App Service", "AseChannel", ""),
		{name: "no channel", want: 403, activity: lacking("channelId")},
		{name: "no tenant", want: 403, stricter: onlyOneTenant, activity: func(a map[string]any) {
			delete(a, "channelData")
			delete(a["conversation"].(map[string]any), "tenantId")
		}},
		{name: "two tenants", want: 403, stricter: onlyOneTenant, activity: func(a map[string]any) {
			a["conversation"].(map[string]any)["tenantId"] = "99999999-0000-4000-8000-000000000000"
		}},
		{name: "tenants are numbers", want: 403, stricter: onlyOneTenant, activity: func(a map[string]any) {
			a["channelData"] = map[string]any{"tenant": map[string]any{"id": 7}}
			a["conversation"].(map[string]any)["tenantId"] = 7
		}},
	}
}

func headerKnocks() []knock {
	line := func(name, text string, want int) knock {
		return knock{name: name, want: want, header: func(_ testing.TB, d *door) []string {
			return []string{strings.ReplaceAll(text, "TOKEN", d.token(d.claims()))}
		}}
	}
	more := func(name string, want int, stricter string, lines ...string) knock {
		return knock{name: name, want: want, stricter: stricter, header: func(_ testing.TB, d *door) []string {
			good := d.token(d.claims())
			out := make([]string, 0, len(lines))
			for _, l := range lines {
				out = append(out, strings.ReplaceAll(l, "TOKEN", good))
			}
			return out
		}}
	}
	const first = "Node.js takes the first of two headers; here it is none"
	return []knock{
		{name: "no header", want: 401, header: func(testing.TB, *door) []string { return nil }},
		line("empty header", "Authorization:", 401),
		line("only Bearer", "Authorization: Bearer", 401),
		line("token without Bearer", "Authorization: TOKEN", 401),
		line("Bearer in lower case", "Authorization: bearer TOKEN", 401),
		line("Bearer in capitals", "Authorization: BEARER TOKEN", 401),
		line("Basic", "Authorization: Basic dXNlcjpwYXNz", 401),
		line("Basic with a token", "Authorization: Basic TOKEN", 401),
		line("two spaces", "Authorization: Bearer  TOKEN", 401),
		line("a tab for the space", "Authorization: Bearer\tTOKEN", 401),
		line("a word after the token", "Authorization: Bearer TOKEN x", 401),
		line("a comma after the token", "Authorization: Bearer TOKEN,", 401),
		line("two tokens in one header", "Authorization: Bearer TOKEN, Bearer TOKEN", 401),
		line("Bearer twice", "Authorization: Bearer Bearer TOKEN", 401),
		line("garbage", "Authorization: Bearer garbage", 401),
		line("a.b.c", "Authorization: Bearer a.b.c", 401),
		line("two dots", "Authorization: Bearer ..", 401),
		line("letters that are not ASCII", "Authorization: Bearer \u00e4.\u00f6.\u00fc", 401),
		line("bytes that are no UTF-8", "Authorization: Bearer \xff.\xfe.\xfd", 401),
		line("NUL in the header", "Authorization: Bearer \x00.a.b", http.StatusBadRequest),
		line("token in another header", "Proxy-Authorization: Bearer TOKEN", 401),
		line("token in a cookie", "Cookie: Authorization=Bearer TOKEN", 401),
		more("two headers, both good", 401, first, "Authorization: Bearer TOKEN", "Authorization: Bearer TOKEN"),
		more("two headers, the first one good", 401, first, "Authorization: Bearer TOKEN", "authorization: Bearer a.b.c"),
		more("two headers, the last one good", 401, "", "Authorization: Bearer a.b.c", "Authorization: Bearer TOKEN"),
		line("16 KB of dots", "Authorization: Bearer "+strings.Repeat(".", 16<<10), 401),
		line("token of 24 KB", "Authorization: Bearer "+strings.Repeat("A", 24<<10)+".e30.c2ln", 401),
		line("token of 1 MB", "Authorization: Bearer "+strings.Repeat("A", 1<<20)+".e30.c2ln", http.StatusRequestHeaderFieldsTooLarge),
		more("another header of 1 MB", http.StatusRequestHeaderFieldsTooLarge, "the server reads 32 KB of a header",
			"Authorization: Bearer TOKEN", "X-Long: "+strings.Repeat("x", 1<<20)),
		{name: "no body", want: 400, stricter: "there is nothing to act on", body: func([]byte) []byte { return nil }},
		{name: "a second activity after the first", want: 400, stricter: "a body is one activity", body: func(a []byte) []byte { return append(a, a...) }},
		{name: "a body of 300 KB", want: 413, stricter: "activities are smaller", body: func(a []byte) []byte {
			return append(a, strings.Repeat(" ", 300<<10)...)
		}},
	}
}
