package teamsbot

import (
	"context"
	"regexp"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/apono-teams/teamsbot/cards"
)

// tokenInside finds Apono's personal tokens in a text.
var tokenInside = regexp.MustCompile(`(?i)aup_[a-z0-9_.-]{8,}`)

// withoutTokens is a text in which Apono's personal tokens cannot be read.
func withoutTokens(text string) string { return tokenInside.ReplaceAllString(text, "•••") }

// hasToken says that a text has an Apono token in it, or is nothing but what
// looks like a token of whatever kind.
func hasToken(text string) bool {
	words := strings.Fields(text)
	if tokenInside.MatchString(text) {
		return true
	}
	if len(words) == 2 {
		if c, _ := commandWritten(words[0]); c.name == "connect" {
			words = words[1:]
		}
	}
	return len(words) == 1 && isTokenLike(words[0])
}

// isTokenLike says that a word is long, and somewhere in it so random that nobody
// gives such names to anything.
func isTokenLike(word string) bool {
	if len(word) < 30 || uuid.Validate(word) == nil || strings.ContainsFunc(word, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.=+/~", r)
	}) {
		return false
	}
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(part) >= 20 && strings.ContainsFunc(part, unicode.IsLetter) && strings.ContainsFunc(part, unicode.IsDigit) {
			return true
		}
	}
	return false
}

// tokenTyped answers a token that was written where it does not belong.
var tokenTyped = command{name: "token_typed", card: func(t *turn, _ context.Context) (cards.Card, error) {
	return cards.TokenTyped(t.bot.tokensURL()), nil
}}
