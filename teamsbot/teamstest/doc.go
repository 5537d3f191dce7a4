// Package teamstest is a Teams: the Bot Connector, the sign-in and the keys
// that a bot talks to, and the people who talk to the bot.
//
// It signs what it sends, checks the tokens it receives and answers with the
// status codes of the real one, faults included, so a bot runs against it
// without knowing. People are driven from tests (see Person) or from a web page
// (see Page).
package teamstest
