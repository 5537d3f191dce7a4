package cards

import (
	"time"

	"github.com/apono-teams/teamsbot/texts"
)

// Overview is how the bot stands, for admins.
type Overview struct {
	Replicas []Replica

	CardsDue, CardsLate int // cards that do not show the newest state, and those that should by now
	JobsDue, JobsLater  int // jobs to be done now, and at a set time
	JobsFailed          int // jobs that are not tried any more
	Swept               time.Duration
	NeverSwept          bool // Swept is not known
	Capabilities        []Capability
	CapabilitiesUntold  bool // Apono did not answer in time
}

// Replica is one running program.
type Replica struct {
	Version string // from outside: the program's own
	Since   time.Time
}

// Capability is something that Apono lets the bot do, or not.
type Capability struct {
	Name    string // as aponoapi.Capability names it
	Allowed bool
	Unclear bool // Apono did not say
}

// BotStatus tells an admin how the bot stands.
func BotStatus(o Overview) Card {
	body := []element{heading("How the bot stands")}
	for _, r := range o.Replicas {
		body = append(body, factOf(texts.English("Replica"), texts.English("%s, since %s").With(Line(r.Version, 80), texts.Clock(r.Since))))
	}
	body = append(body,
		factOf(texts.English("Cards to draw"), texts.English("%d, of which %d are late").With(o.CardsDue, o.CardsLate)),
		factOf(texts.English("Jobs"), texts.English("%d due, %d later, %d failed").With(o.JobsDue, o.JobsLater, o.JobsFailed)))
	var swept texts.Text = texts.English("not yet")
	if !o.NeverSwept {
		swept = texts.English("%d seconds ago").With(int(o.Swept / time.Second))
	}
	body = append(body, factOf(texts.English("Last look at Apono"), swept), part("What Apono lets this bot do"))
	if o.CapabilitiesUntold {
		body = append(body, say("Apono has not told in time. Write **status** again in a moment."))
	}
	for _, c := range o.Capabilities {
		body = append(body, c.line())
	}
	return newCard("How the bot stands", body...)
}

// capabilities are what Apono can let the bot do, by their names.
var capabilities = map[string]texts.English{
	"session":            "know what the company asks with a request",
	"people":             "find in Apono who writes to the bot",
	"forms":              "offer what people may request",
	"integrations":       "name the integrations",
	"requests":           "follow requests, and list those that were made elsewhere",
	"activity":           "tell who decided, for what reason, and when access began",
	"all bundles":        "let a channel watch a bundle",
	"delegated requests": "follow requests for bundles, and tell times",
	"bundles":            "offer bundles",
	"entitlements":       "request a part of a bundle",
	"bundle contents":    "show what a bundle contains",
}

// line is one capability. The sign does not carry the meaning alone.
func (c Capability) line() element {
	var name texts.Text = texts.Outside(Line(c.Name, 60))
	if known, ok := capabilities[c.Name]; ok {
		name = known
	}
	var words texts.English = "✗ Not allowed: %s"
	color := attention
	switch {
	case c.Allowed:
		words, color = "✓ %s", ""
	case c.Unclear:
		words, color = "? Not known: %s", warning
	}
	r := runOf(words.With(name))
	r.Color = color
	e := runs(r)
	e.Spacing = "small"
	return e
}

// Someone is what an admin is told of a mail address.
type Someone struct {
	Address string
	Apono   InApono
	Name    string // in Apono
	Met     []Met
}

// InApono is how an address stands in Apono.
type InApono string

// How an address stands in Apono.
const (
	AponoActive   InApono = "active"
	AponoInactive InApono = "inactive"
	AponoUnknown  InApono = "unknown"
	AponoUntold   InApono = "untold" // it could not be asked
)

// Met is somebody of that address whom the bot has met in Teams.
type Met struct {
	Name      string
	Guest     bool
	Connected time.Time // zero: they are not
	Chat      bool      // the bot has a chat with them
	Closed    string    // why Teams does not take messages for them, by db's words; "" if it does
}

// Who tells an admin what is known of an address.
func Who(s Someone) Card {
	body := []element{fact("Address", Line(s.Address, 200)), factOf(texts.English("In Apono"), s.inApono())}
	if len(s.Met) == 0 {
		body = append(body, say("The bot has not met this person: nobody of this address has written to it or pressed a button."))
	}
	for _, m := range s.Met {
		body = append(body, group(m.lines()...))
	}
	return newCard("Who this is", body...)
}

func (s Someone) inApono() texts.Text {
	switch s.Apono {
	case AponoActive:
		return texts.English("%s, active").With(Line(s.Name, 100))
	case AponoInactive:
		return texts.English("%s, inactive: may request nothing").With(Line(s.Name, 100))
	case AponoUnknown:
		return texts.English("no account of this address")
	}
	return texts.English("not known: Apono could not be asked")
}

func (m Met) lines() []element {
	lines := []element{fact("In Teams", Line(m.Name, 100))}
	if m.Guest {
		lines = append(lines, say("A guest: may not use this bot."))
	}
	var connected texts.Text = texts.English("no")
	if !m.Connected.IsZero() {
		connected = texts.English("since %s").With(texts.Clock(m.Connected))
	}
	return append(lines, factOf(texts.English("Connected to Apono"), connected), factOf(texts.English("Gets messages"), m.reach()))
}

// closedBy says why Teams takes no messages for somebody.
var closedBy = map[string]texts.English{
	"removed by the person": "no: has removed the app",
	"blocked by the person": "no: has blocked the bot",
	"not installed":         "no: does not have the app",
	"not allowed":           "no: the company's Teams policy does not let the bot write",
}

func (m Met) reach() texts.Text {
	switch {
	case !m.Chat:
		return texts.English("no: the bot has no chat with them yet")
	case m.Closed == "":
		return texts.English("yes")
	}
	if why, ok := closedBy[m.Closed]; ok {
		return why
	}
	return texts.English("no: %s").With(Line(m.Closed, 100))
}

// NotAWho says how to ask for somebody.
func NotAWho() Card {
	return newCard("Whom do you mean?", say("Write **who** and a mail address, such as **who** *dana@example.com*."))
}
