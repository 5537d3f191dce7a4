package cards

import (
	"time"

	"github.com/apono-teams/teamsbot/texts"
)

// Home is what the home card tells: how a person's requests stand.
type Home struct {
	Shared    bool // others read it too: nothing of the person's own is told
	Admin     bool // the person is an admin of the bot
	Waiting   int
	Active    int
	FirstEnds time.Duration // until the first of the active ones ends; 0 if nobody knows
}

// buttons open what there is.
func (h Home) buttons() []element {
	all := []element{newRequest().positive(), newBundle()} // and what else may be asked for in a channel
	if h.Shared {
		return all
	}
	return append(append(all, lists()...), favorites())
}

// Welcome greets a person who has just installed the bot.
func Welcome(h Home) Card {
	body := []element{
		heading("Welcome to Apono"),
		say("Ask here for access to databases, cloud accounts and other systems. Apono grants it for the time you need, and this chat tells you how your request stands."),
	}
	return newCard("Welcome to Apono", append(append(body, h.now()...),
		aside("Write **help** at any time to see this again."))...).with(h.buttons()...)
}

// usualHelp is the help for people with nothing open, who are many: made once.
var usualHelp = func() map[Home]Card {
	all := make(map[Home]Card)
	for _, h := range []Home{{}, {Admin: true}, {Shared: true}, {Shared: true, Admin: true}} {
		all[h] = help(h)
	}
	return all
}()

// Help says what the bot does and what can be written to it.
func Help(h Home) Card {
	if usual, ok := usualHelp[h]; ok {
		return usual
	}
	return help(h)
}

func help(h Home) Card {
	body := []element{
		heading("What you can do here"),
		say("Ask for access to databases, cloud accounts and other systems. Apono grants it for the time you need, and your own chat with me tells how your request stands."),
	}
	const written texts.English = "- **request**: ask for access, also in one line such as *request prod-postgres orders read-only 4h because INC-123*\n- **bundle**: ask for a bundle of access\n- **my requests**, **my access**: see what you asked for and what you have\n- **favorites**: what you have saved to ask for again\n- **notifications off**, **notifications on**: whether I warn you before an access ends\n- **approvals**: what waits for your decision; **approvals on** brings it here as it comes\n- **connect**, **disconnect**: let me do in your name what Apono lets nobody but you do\n- **help**: see this message"
	body = append(append(body, h.now()...), say(written))
	switch {
	case h.Admin && h.Shared:
		body = append(body, part("For admins, in this channel"), waysToWatch(),
			say("- **watch**: see what is shown here\n- **unwatch**: end all of it, or one with what follows **watch** above"))
	case h.Admin:
		body = append(body, part("For admins"),
			say("- **status**: how the bot stands, and what Apono lets it do\n- **who** *dana@example.com*: whom an address leads to, and whether messages reach them"))
	}
	return newCard("What Apono can do here", body...).with(h.buttons()...)
}

// now tells the numbers that are not 0.
func (h Home) now() []element {
	var all []texts.Text
	if h.Waiting > 0 {
		all = append(all, texts.English("%d waiting").With(h.Waiting))
	}
	if h.Active > 0 {
		all = append(all, h.active())
	}
	if len(all) == 0 {
		return nil
	}
	return []element{factOf(texts.English("Now"), texts.Join(texts.Outside(", "), all...))}
}

func (h Home) active() texts.Text {
	switch {
	case h.FirstEnds <= 0:
		return texts.English("%d active").With(h.Active)
	case h.Active == 1:
		return texts.English("%d active, which ends in %s").With(h.Active, h.FirstEnds)
	}
	return texts.English("%d active, the first ends in %s").With(h.Active, h.FirstEnds)
}

// NotUnderstood answers what the bot cannot make sense of.
func NotUnderstood() Card {
	return newCard("I did not understand that",
		say("I did not understand that. Press **New request** to ask for access, or write **help**."),
	).with(newRequest().positive())
}

// OpenRequest answers the typed command: a bot cannot open a dialog by itself.
func OpenRequest() Card {
	return newCard("Request access",
		say("Press **New request** to fill in what you need."),
	).with(newRequest().positive())
}

// OpenBundle answers the typed command for bundles.
func OpenBundle() Card {
	return newCard("Request bundle",
		say("Press **Request bundle** to choose one."),
	).with(newBundle().positive())
}

func newBundle() element { return button("Request bundle", Data{Verb: VerbBundle}).opens() }

// InOwnChat says in a channel that the answer is in the person's own chat.
func InOwnChat() Card {
	return newCard("I answered in your own chat", say("I answered in your own chat with me."))
}

// AddForAnswer says in a channel that the answer has nowhere to go yet.
func AddForAnswer(appURL string) Card {
	return newCard("Add Apono first",
		say("I answer that in your own chat with me only, and Teams does not let me open it yet. Add the app, then write it there."),
	).with(link("Add Apono", appURL))
}

// Notifications says whether the person is warned before an access ends.
func Notifications(on, changed bool) Card {
	var words texts.English = "I warn you before an access ends. To change that, write **notifications off**."
	if !on {
		words = "I do not warn you before an access ends. To change that, write **notifications on**."
	}
	told := say(words)
	if changed {
		told = say("Done. %s", words)
	}
	return newCard("Notifications", told, aside("What is granted, rejected, failed or over I tell you in any case."))
}

// Told says why something that was written cannot be done. The words may be
// Apono's.
func Told(words texts.Text) Card {
	return newCard("Not possible just now", quoteOf(paragraph(words, 600)))
}

// OpenFavorites answers the typed command for the favorites.
func OpenFavorites() Card {
	return newCard("Favorites",
		say("Press **Favorites** to see what you have saved to ask for again, and your last requests."),
	).with(favorites().positive())
}
