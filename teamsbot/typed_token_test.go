package teamsbot

import (
	"strings"
	"testing"
)

func TestTokensInTextAreSeen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		tokenOf("Omar Approver"): true, "AUP_12345678": true, "my token is aup_0123456789abcdef, thanks": true,
		"connect aup_0123456789abcdef": true, "request orders because aup_0123456789abcdef": true, "token=aup_0123456789abcdef": true,
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N": true,
		"connect ghp_16C7e42F292c6912E7710c838347Ae178B4a":                        true,

		"": false, "connect": false, "help": false, "aup_": false, "aup_team": false, "AR-1001": false,
		"8f14e45f-ceea-467f-a0e6-3f1c2b9d7c11":                          false,
		"request prod-postgres orders read-only 4h because INC-123":     false,
		"prod-eu-central-1-orders-db-replica-2":                         false,
		"arn:aws:iam::123456789012:role/production-support-engineer2":   false,
		"https://portal.example/requests/0123456789abcdef0123456789abc": false,
		"internationalizationconfigurationmanager":                      false,
		"00000000000000000000000000000000":                              false,
		"request 16C7e42F292c6912E7710c838347Ae178B4a":                  false,
		"watch integration Production-Postgres-Frankfurt-2026-primary":  false,
		"Донаудампфшиффартсгезельшафт1234567890123":                     false,
	} {
		if got := hasToken(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestATypedTokenIsToBeRevoked(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	channel := w.inChannel()
	token := tokenOf("Omar Approver")
	for _, text := range []string{token, "connect " + token, "request orders " + token} {
		answer := omar.says(text)
		if len(answer) != 1 || !answer[0].Has("revoke it", "have not used or kept it") || strings.Contains(string(answer[0].Activity), token) {
			t.Errorf("%.10q… is answered by %v", text, answer)
		}
	}
	if m := omar.saysIn(channel, token); !m.Has("revoke it") || strings.Contains(string(m.Activity), token) {
		t.Errorf("in a channel: %s", m.Visible())
	}
	w.settle()
	w.hasNowhere(token)
}
