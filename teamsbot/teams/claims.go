package teams

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenClaims is what Teams puts into a token. Bot Framework spells the claim
// serviceurl on the wire and serviceUrl in its documents.
type tokenClaims struct {
	jwt.RegisteredClaims
	ServiceURL string
}

// lastSecond is a time that no honest token names: the year 5138.
const lastSecond = 1e11

// UnmarshalJSON takes claims by their exact names and types, as Microsoft's own
// libraries do. The packages json and jwt would do with "AUD" for aud, with a
// list, and with a number in quotes.
func (c *tokenClaims) UnmarshalJSON(text []byte) error {
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	var audience string
	for name, into := range map[string]*string{"iss": &c.Issuer, "aud": &audience, "serviceurl": &c.ServiceURL} {
		value, there := all[name]
		said, ok := value.(string)
		if there && !ok {
			return errors.New("a claim is not a text")
		}
		*into = said
	}
	for name, into := range map[string]**jwt.NumericDate{"exp": &c.ExpiresAt, "nbf": &c.NotBefore} {
		value, there := all[name]
		if !there {
			continue
		}
		seconds, ok := value.(float64)
		if !ok || seconds < 0 || seconds > lastSecond {
			return errors.New("a claim is not a time")
		}
		*into = jwt.NewNumericDate(time.Unix(int64(seconds), 0))
	}
	if audience != "" {
		c.Audience = jwt.ClaimStrings{audience}
	}
	return nil
}
