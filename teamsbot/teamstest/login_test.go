package teamstest

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"
)

func publicKey(n, e string) (*rsa.PublicKey, error) {
	modulus, err := base64.RawURLEncoding.DecodeString(n)
	if err != nil {
		return nil, err
	}
	exponent, err := base64.RawURLEncoding.DecodeString(e)
	if err != nil {
		return nil, err
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}, nil
}

func TestBotSignsInWithMicrosoftsLibrary(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	token, err := signIn(t, teams, teams.TenantID(), teams.AppID(), teams.AppPassword())
	if err != nil {
		t.Fatal(err)
	}
	if time.Until(token.ExpiresOn) < 50*time.Minute {
		t.Errorf("the token ends at %v", token.ExpiresOn)
	}
	b.token = token.Token
	status, answer, err := b.call(t.Context(), http.MethodGet, nil, "a:unknown", "pagedmembers")
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "a token that is good", status, answer, http.StatusNotFound, "ConversationNotFound")
	teams.ExpireTokens()
	status, answer, err = b.call(t.Context(), http.MethodGet, nil, "a:unknown", "pagedmembers")
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "a token that has expired", status, answer, http.StatusUnauthorized, "Unauthorized")
}

func TestSignInRefusesAsEntraDoes(t *testing.T) {
	t.Parallel()
	_, teams := newBot(t, Config{}, nil)
	other := "00000000-0000-4000-8000-000000000000"
	for want, credential := range map[string][3]string{
		"AADSTS7000215": {teams.TenantID(), teams.AppID(), "wrong"},
		"AADSTS700016":  {teams.TenantID(), other, teams.AppPassword()},
		"AADSTS90002":   {other, teams.AppID(), teams.AppPassword()},
	} {
		if _, err := signIn(t, teams, credential[0], credential[1], credential[2]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSignInFailsWhenTold(t *testing.T) {
	t.Parallel()
	_, teams := newBot(t, Config{}, nil)
	teams.Fail(Fault{Op: OpToken, Status: http.StatusServiceUnavailable, Times: 1})
	if _, err := signIn(t, teams, teams.TenantID(), teams.AppID(), teams.AppPassword()); err == nil {
		t.Error("signed in although the sign-in is down")
	}
	if teams.Calls(OpToken) != 1 {
		t.Errorf("got %d calls, want 1", teams.Calls(OpToken))
	}
	teams.Fail(Fault{Op: OpToken, Status: http.StatusUnauthorized, Code: "AADSTS7000222", Times: 1})
	if _, err := signIn(t, teams, teams.TenantID(), teams.AppID(), teams.AppPassword()); err == nil || !strings.Contains(err.Error(), "AADSTS7000222") {
		t.Errorf("got %v, want that the secret has expired", err)
	}
	if _, err := signIn(t, teams, teams.TenantID(), teams.AppID(), teams.AppPassword()); err != nil {
		t.Errorf("after the faults: %v", err)
	}
}

func TestActivitiesAreSigned(t *testing.T) {
	t.Parallel()
	b, teams := newBot(t, Config{}, nil)
	if _, err := teams.Person("dana").Installs(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := b.verified(t, b.tokens[0])
	if err != nil {
		t.Fatal(err)
	}
	if token.Header["x5t"] == nil || token.Header["typ"] != "JWT" {
		t.Errorf("header is %v", token.Header)
	}
	teams.RotateKey()
	status, _, err := teams.Send(t.Context(), teams.Person("dana").Activity("message"))
	if err != nil || status != http.StatusOK {
		t.Fatalf("send: %d %v", status, err)
	}
	if b.tokens[len(b.tokens)-1] == b.tokens[0] {
		t.Error("the key was not rotated")
	}
	for _, header := range []string{b.tokens[0], b.tokens[len(b.tokens)-1]} {
		if _, err := b.verified(t, header); err != nil {
			t.Errorf("after the rotation: %v", err)
		}
	}
	forged := teams.Claims()
	forged["aud"] = "someone else"
	if _, err := b.verified(t, "Bearer "+teams.SignToken(forged)); err == nil {
		t.Error("a token for somebody else was taken")
	}
}
