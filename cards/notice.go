package cards

// Welcome greets a person who has just installed the bot.
func Welcome() Card {
	return newCard("Welcome to Apono",
		heading("Welcome to Apono"),
		say("Ask here for access to databases, cloud accounts and other systems. Apono grants it for the time you need, and this chat tells you how your request stands."),
		aside("Write **help** at any time to see this again."),
	).with(append([]element{newRequest().positive()}, lists()...)...)
}

// Help says what the bot does and what can be written to it.
func Help() Card {
	return newCard("What Apono can do here",
		heading("What you can do here"),
		say("Ask for access to databases, cloud accounts and other systems. Apono grants it for the time you need, and your own chat with me tells how your request stands."),
		say("- **request**: ask for access\n- **my requests**, **my access**: see what you asked for and what you have\n- **help**: see this message"),
	).with(append([]element{newRequest().positive()}, lists()...)...)
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

// Told says why something that was written cannot be done. The words may be
// Apono's.
func Told(words string) Card {
	return newCard("Not possible just now", quote(Paragraph(words, 600)))
}
