package teamsbot

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

// sorryError is what keeps a person from what they wanted, in words for them.
type sorryError struct {
	words texts.Text
	err   error // for the log
}

// sorry tells the person why it cannot be done now, and what to do.
func sorry(err error, words texts.Text) error { return &sorryError{words, err} }

// Error leaves the words out: they may name the person.
func (s *sorryError) Error() string { return "told why not: " + s.err.Error() }

func (s *sorryError) Unwrap() error { return s.err }

const (
	wordsDetailsInPortal texts.English = "Apono does not let this bot show these details. View them in the Apono portal."

	wordsDetails texts.English = "Access details" // the title of their dialogs

	wordsOldButton     texts.English = "This button is from an older version of the bot. Write help to get new ones."
	wordsNoDraft       texts.English = "This form is no longer there. Close it and press New request again."
	wordsSubmitted     texts.English = "This request has already been submitted. Your own chat with Apono shows how it stands."
	wordsWaiting       texts.English = "Apono has not answered yet. Your own chat with Apono shows how it goes on; nothing is sent twice."
	wordsNoRequest     texts.English = "This request is not one of yours, or it is no longer there."
	wordsNotActive     texts.English = "This access is not active any more. Your own chat with Apono shows how it stands."
	wordsNotHere       texts.English = "Apono does not let this bot end this access. Revoke it in the Apono portal."
	wordsNotYet        texts.English = "This access is not there yet. Your own chat with Apono shows how it stands."
	wordsOwnChat       texts.English = "Access details are for your eyes only: open your own chat with Apono and press the button there."
	wordsBeingShown    texts.English = "These details are being shown just now, perhaps in another window. Try again in a few seconds."
	wordsShownBefore   texts.English = "Show was pressed before, perhaps in another window."
	wordsTookTooLong   texts.English = "That took too long, and nothing was shown. Open the details again."
	wordsLookAgain     texts.English = "Apono has only just told of this access. Try again in a minute."
	wordsElsewhere     texts.English = "Submitted. Your own chat with Apono shows how it stands."
	wordsRevokeUnknown texts.English = "Apono has not answered yet. Your own chat with Apono shows whether the access has ended."
	wordsExtendUnknown texts.English = "Apono has not answered yet. Your own chat with Apono shows when the access ends."
	wordsOpenTwice     texts.English = "This form has just been changed by another press. Your own chat with Apono shows what became of it."
)

// admin is whom people are told to ask, in the middle of a sentence.
func (b *Bot) admin() texts.Text {
	if b.AdminContact == "" {
		return texts.English("your Apono admin")
	}
	return texts.Outside(b.AdminContact)
}

func (b *Bot) wordsForeign() texts.Text {
	return texts.English("Apono is not available for your organisation here. Ask %s if you need access.").With(b.admin())
}

func (b *Bot) wordsGuest() texts.Text {
	return texts.English("Guests cannot request access with this bot. Ask %s if you need access.").With(b.admin())
}

func (b *Bot) wordsNoAccount(address string) texts.Text {
	return texts.English("Apono has no account for %s. Ask %s to add you.").With(cards.Line(address, 100), b.admin())
}

func (b *Bot) wordsInactive() texts.Text {
	return texts.English("Your Apono account is inactive. Ask %s to activate it.").With(b.admin())
}

func (b *Bot) wordsNoFlow() texts.Text {
	return texts.English("There is nothing that you may request in Apono: you are in no access flow. Ask %s to add you to one.").With(b.admin())
}

func (b *Bot) wordsNoBundle() texts.Text {
	return texts.English("There is no bundle that you may request in Apono. Press New request for single resources, or ask %s.").With(b.admin())
}

func (b *Bot) wordsNoConnect() texts.Text {
	return texts.English("Connecting your Apono account is not set up here. Ask %s if you need it.").With(b.admin())
}

func (b *Bot) wordsNoTokens() texts.Text {
	return texts.English("Apono does not take people's own tokens: its support enables them for a company. Ask %s to have that done.").With(b.admin())
}

func (b *Bot) wordsAdminsOnly() texts.Text {
	return texts.English("Only an admin of this bot can do that. Ask %s.").With(b.admin())
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
func (b *Bot) wordsOf(err error) texts.Text {
	if errors.Is(err, errNotConnected) {
		return texts.English("You are not connected to Apono any more. Write connect in your own chat with Apono, then try again.")
	}
	var e *aponoapi.Error
	if !errors.As(err, &e) {
		return texts.English("Apono could not be asked. Try again in a moment.")
	}
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized):
		return texts.English("Apono does not accept this bot's own token. Tell %s.").With(b.admin())
	case errors.Is(err, aponoapi.ErrUnavailable) && e.RetryAfter > 0:
		return texts.English("Apono is busy. Try again in %s.").With(wait(e.RetryAfter))
	case errors.Is(err, aponoapi.ErrUnavailable):
		return texts.English("Apono cannot be reached just now. Try again in a minute.")
	case aponoSays(err) != nil:
		return aponoSays(err)
	case errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrNotFound):
		return texts.English("You may not request this in Apono. Ask %s if you need it.").With(b.admin())
	case errors.Is(err, aponoapi.ErrInvalid):
		return texts.English("Apono does not accept this request as it is. Change it, or ask %s.").With(b.admin())
	}
	return texts.English("Apono answered in a way that this bot does not understand. Try again in a moment.")
}

// wordsOfDetails is wordsOf for access details and their reset.
func (b *Bot) wordsOfDetails(err error) texts.Text {
	switch {
	case errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrNotFound):
		return wordsDetailsInPortal
	case aponoSays(err) != nil:
		return b.wordsOf(err)
	case errors.Is(err, aponoapi.ErrConflict), errors.Is(err, aponoapi.ErrInvalid):
		return texts.English("Apono says that this is not possible just now, perhaps because the credentials are being reset.")
	}
	return b.wordsOf(err)
}

// aponoSays quotes Apono's reason; nil if it gives none but its status.
func aponoSays(err error) texts.Text {
	var e *aponoapi.Error
	if !errors.As(err, &e) || e.Message == "" || strings.EqualFold(spaceless(e.Message), spaceless(http.StatusText(e.Status))) {
		return nil
	}
	return texts.English("Apono says: %s.").With(strings.TrimRight(e.Message, "."))
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

func wait(d time.Duration) texts.Text {
	if d < time.Minute {
		return texts.English("%d seconds").With(max(1, int(d.Round(time.Second)/time.Second)))
	}
	return texts.Duration(d.Round(time.Minute))
}
