package cards

import (
	"time"

	"github.com/apono-teams/teamsbot/texts"
)

// FieldToken is where a person pastes their personal token. It is never filled
// in by the bot.
const FieldToken = "token"

// TokenLimit is how long a personal token may be, in characters.
const TokenLimit = 4096

// Connecting is the dialog in which a person connects their Apono account.
type Connecting struct {
	TokensURL string     // where Apono makes personal tokens
	Lead      texts.Text // why it is asked just now; nil if there is nothing to say
	Problem   texts.Text // what is wrong with the token; nil if nothing; it may be Apono's words
	Then      *Press     // what was pressed and goes on when it is done; nil if nothing
}

// Connect asks for a personal token.
func Connect(c Connecting) Card {
	var body []element
	if c.Lead != nil {
		body = append(body, quoteOf(c.Lead))
	}
	body = append(body,
		say("What Apono lets nobody but you do, such as approving a request or asking for somebody else, the bot does in your name, with a personal token of yours."),
		say("Press **Create a token** to make one in Apono, and paste it here. It is kept encrypted, and you can take it back at any time: write **disconnect**."),
	)
	token := input(FieldToken, texts.English("Personal token"), texts.English("Paste it here"), "", TokenLimit)
	token.Style = "password"
	body = append(body, token)
	if c.Problem != nil {
		body = append(body, problem(paragraph(c.Problem, 600)))
	}
	return newCard("Connect to Apono", body...).with(
		link("Create a token", c.TokensURL),
		button("Connect", Data{Verb: VerbConnectNow, Then: c.Then}).positive(),
	)
}

// OpenConnect answers the typed command of somebody who is not connected.
func OpenConnect() Card {
	return newCard("Connect to Apono",
		say("You are not connected. Press **Connect** to let the bot do in Apono what nobody but you may do, such as approving a request or asking for somebody else."),
	).with(button("Connect", Data{Verb: VerbConnect}).opens().positive())
}

// Connected answers the typed command of somebody who is.
func Connected(since time.Time) Card {
	return newCard("You are connected to Apono",
		say("You are connected to Apono. What nobody but you may do there, the bot does with your personal token."),
		factOf(texts.English("Since"), texts.Clock(since)),
	).with(
		button("Replace token", Data{Verb: VerbConnect}).opens(),
		button("Disconnect", Data{Verb: VerbDisconnect}).opens().destructive(),
	)
}

// Disconnect asks whether the token is to be forgotten.
func Disconnect() Card {
	return newCard("Disconnect from Apono",
		heading("Disconnect from Apono?"),
		say("The bot forgets your personal token. What you asked for stays as it is; to approve or to ask for somebody else here, you connect again."),
	).with(button("Disconnect", Data{Verb: VerbDisconnectNow}).destructive())
}

// Disconnected says that a token has been forgotten.
func Disconnected(tokensURL string) Card {
	return newCard("You are disconnected from Apono",
		say("Done. I have forgotten your personal token, and do nothing in your name any more. If you use it nowhere else, revoke it in Apono."),
	).with(link("Open your tokens in Apono", tokensURL), connectAgain())
}

// NotConnected answers who wants to be forgotten and is not known.
func NotConnected() Card {
	return newCard("You are not connected to Apono", say("You are not connected: I have no token of yours.")).with(connectAgain())
}

func connectAgain() element { return button("Connect", Data{Verb: VerbConnect}).opens() }

// TokenTyped answers a token that stands in the chat, where it does not belong.
func TokenTyped(tokensURL string) Card {
	return newCard("Revoke this token",
		say("That looks like a token. Messages are kept by Teams and can be read by others, so **revoke it** in Apono, and delete your message. I have not used or kept it."),
		say("To connect, make a new one and paste it only into the dialog that **connect** opens."),
	).with(link("Open your tokens in Apono", tokensURL))
}
