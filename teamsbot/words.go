package teamsbot

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
)

// sorryError is what keeps a person from what they wanted, in words for them.
type sorryError struct {
	words string
	err   error // for the log
}

// sorry tells the person why it cannot be done now, and what to do.
func sorry(err error, words string) error { return &sorryError{words, err} }

// Error leaves the words out: they may name the person.
func (s *sorryError) Error() string { return "told why not: " + s.err.Error() }

func (s *sorryError) Unwrap() error { return s.err }

const (
	wordsDetailsInPortal = "Apono does not let this bot show these details. View them in the Apono portal."

	wordsOldButton     = "This button is from an older version of the bot. Write help to get new ones."
	wordsNoDraft       = "This form is no longer there. Close it and press New request again."
	wordsSubmitted     = "This request has already been submitted. Your own chat with Apono shows how it stands."
	wordsWaiting       = "Apono has not answered yet. Your own chat with Apono shows how it goes on; nothing is sent twice."
	wordsNoRequest     = "This request is not one of yours, or it is no longer there."
	wordsNotActive     = "This access is not active any more. Your own chat with Apono shows how it stands."
	wordsNotHere       = "Apono does not let this bot end this access. Revoke it in the Apono portal."
	wordsNotYet        = "This access is not there yet. Your own chat with Apono shows how it stands."
	wordsOwnChat       = "Access details are for your eyes only: open your own chat with Apono and press the button there."
	wordsBeingShown    = "These details are being shown just now, perhaps in another window. Try again in a few seconds."
	wordsShownBefore   = "Show was pressed before, perhaps in another window."
	wordsTookTooLong   = "That took too long, and nothing was shown. Open the details again."
	wordsLookAgain     = "Apono has only just told of this access. Try again in a minute."
	wordsElsewhere     = "Submitted. Your own chat with Apono shows how it stands."
	wordsRevokeUnknown = "Apono has not answered yet. Your own chat with Apono shows whether the access has ended."
	wordsExtendUnknown = "Apono has not answered yet. Your own chat with Apono shows when the access ends."
	wordsOpenTwice     = "This form has just been changed by another press. Your own chat with Apono shows what became of it."
)

func (b *Bot) wordsForeign() string {
	return "Apono is not available for your organisation here. Ask " + b.AdminContact + " if you need access."
}

func (b *Bot) wordsGuest() string {
	return "Guests cannot request access with this bot. Ask " + b.AdminContact + " if you need access."
}

func (b *Bot) wordsNoAccount(address string) string {
	return fmt.Sprintf("Apono has no account for %s. Ask %s to add you.", cards.Line(address, 100), b.AdminContact)
}

func (b *Bot) wordsInactive() string {
	return "Your Apono account is inactive. Ask " + b.AdminContact + " to activate it."
}

func (b *Bot) wordsNoFlow() string {
	return "There is nothing that you may request in Apono: you are in no access flow. Ask " + b.AdminContact + " to add you to one."
}

func (b *Bot) wordsNoBundle() string {
	return "There is no bundle that you may request in Apono. Press New request for single resources, or ask " + b.AdminContact + "."
}

func (b *Bot) wordsNoConnect() string {
	return "Connecting your Apono account is not set up here. Ask " + b.AdminContact + " if you need it."
}

func (b *Bot) wordsNoTokens() string {
	return "Apono does not take people's own tokens: its support enables them for a company. Ask " + b.AdminContact + " to have that done."
}

// loggable is what may be logged of an error. What Apono says may quote a
// person, so only what was tried and how it ended stays of it.
func loggable(err error) error {
	var e *aponoapi.Error
	if !errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: Apono answered %d: %w", e.Op, e.Status, kindOf(e))
}

func kindOf(err error) error {
	for _, kind := range []error{
		aponoapi.ErrNotFound, aponoapi.ErrForbidden, aponoapi.ErrUnauthorized, aponoapi.ErrConflict,
		aponoapi.ErrInvalid, aponoapi.ErrUnavailable, aponoapi.ErrUnknownOutcome,
	} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return errors.New("not understood")
}

// wordsOf says in a person's words why Apono did not do something.
func (b *Bot) wordsOf(err error) string {
	if errors.Is(err, errNotConnected) {
		return "You are not connected to Apono any more. Write connect in your own chat with Apono, then try again."
	}
	var e *aponoapi.Error
	if !errors.As(err, &e) {
		return "Apono could not be asked. Try again in a moment."
	}
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized):
		return "Apono does not accept this bot's own token. Tell " + b.AdminContact + "."
	case errors.Is(err, aponoapi.ErrUnavailable) && e.RetryAfter > 0:
		return fmt.Sprintf("Apono is busy. Try again in %s.", wait(e.RetryAfter))
	case errors.Is(err, aponoapi.ErrUnavailable):
		return "Apono cannot be reached just now. Try again in a minute."
	case aponoSays(err) != "":
		return aponoSays(err)
	case errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrNotFound):
		return "You may not request this in Apono. Ask " + b.AdminContact + " if you need it."
	case errors.Is(err, aponoapi.ErrInvalid):
		return "Apono does not accept this request as it is. Change it, or ask " + b.AdminContact + "."
	}
	return "Apono answered in a way that this bot does not understand. Try again in a moment."
}

// wordsOfDetails is wordsOf for access details and their reset.
func (b *Bot) wordsOfDetails(err error) string {
	switch {
	case errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrNotFound):
		return wordsDetailsInPortal
	case aponoSays(err) != "":
		return b.wordsOf(err)
	case errors.Is(err, aponoapi.ErrConflict), errors.Is(err, aponoapi.ErrInvalid):
		return "Apono says that this is not possible just now, perhaps because the credentials are being reset."
	}
	return b.wordsOf(err)
}

// aponoSays quotes Apono's reason; "" if it gives none but its status.
func aponoSays(err error) string {
	var e *aponoapi.Error
	if !errors.As(err, &e) || e.Message == "" || strings.EqualFold(spaceless(e.Message), spaceless(http.StatusText(e.Status))) {
		return ""
	}
	return "Apono says: " + strings.TrimRight(e.Message, ".") + "."
}

func spaceless(text string) string { return strings.ReplaceAll(text, " ", "") }

// fieldOf guesses which field of the form a refusal is about. Apono names the
// field in its words only.
func fieldOf(words string) string {
	words = strings.ToLower(words)
	switch {
	case strings.Contains(words, "justification"):
		return cards.FieldJustification
	case strings.Contains(words, "duration"):
		return cards.FieldDuration
	case strings.Contains(words, "permission"):
		return cards.FieldPermissions
	}
	return ""
}

func wait(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d seconds", max(1, int(d.Round(time.Second)/time.Second)))
	}
	return cards.Hours(d.Round(time.Minute))
}
