package teams

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// KeysFound is what Microsoft's metadata tells of who signs activities.
type KeysFound struct {
	Issuer string // of the tokens
	Usable int    // keys that a signature can be checked with
	// Endorsed are those that may speak for Teams: the only ones that count.
	Endorsed int
}

// ExamineKeys reads the metadata and the keys at openIDURL, as a Verifier does.
func ExamineKeys(ctx context.Context, openIDURL string, client *http.Client) (KeysFound, error) {
	metadata, err := url.Parse(openIDURL)
	if err != nil {
		return KeysFound{}, fmt.Errorf("teams: keys: %w", err)
	}
	store := newKeyStore(metadata, client, time.Now)
	var document struct {
		Issuer string `json:"issuer"`
	}
	if err := store.get(ctx, metadata, &document); err != nil {
		return KeysFound{}, fmt.Errorf("OpenID metadata: %w", err)
	}
	keys, err := store.fetch(ctx)
	if err != nil {
		return KeysFound{}, err
	}
	found := KeysFound{Issuer: document.Issuer, Usable: len(keys)}
	for _, k := range keys {
		if k.endorses(ChannelTeams) {
			found.Endorsed++
		}
	}
	return found, nil
}

// SignInError is a sign-in that came to nothing.
type SignInError struct {
	// Code is Entra's number for what is wrong, such as 7000215 of
	// "AADSTS7000215"; 0 if it named none.
	Code int
	// Status is the answer's; 0 if nothing answered.
	Status int

	cause error
}

// Error tells the number, and not the rest of what Entra says: that is a page
// of text and repeats what was sent.
func (e *SignInError) Error() string {
	switch {
	case e.Code != 0:
		return fmt.Sprintf("teams: sign-in: AADSTS%d", e.Code)
	case e.Status != 0:
		return fmt.Sprintf("teams: sign-in: status %d", e.Status)
	}
	return "teams: sign-in: " + printable(e.cause.Error())
}

// Unwrap is the failure below, such as context.DeadlineExceeded.
func (e *SignInError) Unwrap() error { return e.cause }

// entraCode is how Entra names an error. Microsoft Entra: "Microsoft Entra
// authentication and authorization error codes".
var entraCode = regexp.MustCompile(`AADSTS(\d{4,9})\b`)

// ExamineSignIn signs in once and says until when the token is good. What it
// returns instead is a *SignInError.
func ExamineSignIn(ctx context.Context, credential azcore.TokenCredential, scope string) (time.Time, error) {
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	if err == nil {
		return token.ExpiresOn, nil
	}
	failed := &SignInError{cause: err}
	if found := entraCode.FindStringSubmatch(err.Error()); found != nil {
		failed.Code, _ = strconv.Atoi(found[1]) // at most nine digits
	}
	var answered *azidentity.AuthenticationFailedError
	if errors.As(err, &answered) && answered.RawResponse != nil {
		failed.Status = answered.RawResponse.StatusCode
	}
	return time.Time{}, failed
}
