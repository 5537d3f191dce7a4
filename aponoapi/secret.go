package aponoapi

import "fmt"

const hidden = "•••"

// Secret is text that must not reach a log, an error, a card or a file: a
// token, or access details. However it is printed or marshalled it shows •••;
// Reveal is the only way to the text. One exception is fmt's: of a struct it
// prints unexported fields without asking them, so a type that keeps a secret
// in one needs a Format of its own, as Client has.
type Secret string

// Reveal returns the text itself, for the one place that must have it.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret.
func (s Secret) String() string { return hidden }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return hidden }

// Format hides the secret from every verb, %x and %q included.
func (s Secret) Format(f fmt.State, _ rune) {
	// A Formatter has no way to return the error of its writer.
	_, _ = f.Write([]byte(hidden))
}

// MarshalText hides the secret from encoders that ask for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON hides the secret from encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
