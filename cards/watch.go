package cards

import "github.com/apono-teams/teamsbot/texts"

// Watched is of what a channel is shown the requests. The name may come from
// outside.
type Watched struct {
	Of   WatchOf
	Name string
}

// WatchOf is a kind of thing that a channel can watch.
type WatchOf string

// What a channel can watch.
const (
	OfAll         WatchOf = "all"
	OfIntegration WatchOf = "integration"
	OfBundle      WatchOf = "bundle"
	OfRequester   WatchOf = "requester"
)

// watchedLimit is how much of a name of what is watched is shown.
const watchedLimit = 100

// requests names what is watched, in the middle of a sentence.
func (w Watched) requests() texts.Text {
	name := Name(w.Name, watchedLimit)
	switch w.Of {
	case OfIntegration:
		return texts.English("requests for %s").With(name)
	case OfBundle:
		return texts.English("requests for the bundle %s").With(name)
	case OfRequester:
		return texts.English("requests of %s").With(name)
	}
	return texts.English("all requests")
}

// sentence is words of ours with what is watched in their one place: text runs,
// no Markdown.
func (w Watched) sentence(text texts.English) element {
	return quoteOf(texts.Cut(text.With(w.requests()), upper))
}

func upper(text string) string {
	if text != "" && 'a' <= text[0] && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}

// Watching says that a channel is shown requests from now on. waiting is how
// many match that wait for a decision, of which atOnce are shown; -1 if that is
// not known.
func Watching(w Watched, waiting, atOnce int) Card {
	return w.shown("%s are shown here from now on: who asks for what, and why.", waiting, atOnce)
}

// WatchingAlready says that it was shown them before.
func WatchingAlready(w Watched, waiting int) Card {
	return w.shown("%s are shown here already: who asks for what, and why.", waiting, waiting)
}

func (w Watched) shown(how texts.English, waiting, atOnce int) Card {
	body := []element{w.sentence(how)}
	switch {
	case waiting == 0:
		body = append(body, say("No open request matches now."))
	case waiting > atOnce:
		body = append(body, say("%d open requests match now. The oldest %d follow.", waiting, atOnce))
	case waiting > 0:
		body = append(body, say("%d open requests match now.", waiting))
	}
	return newCard("What is shown here", append(body, aside("**watch** tells what is shown here, **unwatch** ends it."))...)
}

// Watches lists what a channel watches, or says how to begin.
func Watches(all []Watched) Card {
	if len(all) == 0 {
		return newCard("Nothing is shown here", say("No requests are shown in this channel. Mention me and write one of these:"), waysToWatch())
	}
	body := []element{heading("Shown in this channel")}
	for _, w := range all {
		body = append(body, w.sentence("%s"))
	}
	return newCard("What is shown here", append(body,
		aside("**unwatch** ends all of it; **unwatch integration** *name*, **unwatch bundle** *name* and **unwatch** *requester@example.com* end one."))...)
}

// waysToWatch are the four forms of the command.
func waysToWatch() element {
	return say("- **watch all**: every request\n- **watch integration** *name*: those for an integration of Apono's\n" +
		"- **watch bundle** *name*: those for a bundle\n- **watch** *requester@example.com*: those of one person")
}

// NotAWatch says that what was written after watch or unwatch is none of the
// forms.
func NotAWatch() Card {
	return newCard("What is to be shown here?", say("I did not understand what is to be shown here. Mention me and write one of these:"), waysToWatch())
}

// Suggested is something of Apono's that may have been meant.
type Suggested struct{ ID, Name string }

// WatchNotFound says that Apono has nothing of that name, and what may have been
// meant. of is an integration or a bundle.
func WatchNotFound(of WatchOf, name string, like []Suggested) Card {
	var told texts.English = "Apono has no integration called “%s”."
	if of == OfBundle {
		told = "Apono has no bundle called “%s”."
	}
	return newCard("Not found", append([]element{quoteOf(told.With(Name(name, watchedLimit)))}, suggest(like)...)...)
}

// NotWatched says that what is to end is not watched, and what of its kind is.
func NotWatched(w Watched, like []Suggested) Card {
	return newCard("Not shown here", append([]element{w.sentence("%s are not shown here.")}, suggest(like)...)...)
}

func suggest(like []Suggested) (all []element) {
	if len(like) > 0 {
		all = append(all, say("Did you mean one of these?"))
	}
	for _, s := range like {
		all = append(all, quote("• "+Name(s.Name, watchedLimit)))
	}
	return all
}

// WatchNotUnique says that several are called so. They differ in their ids.
func WatchNotUnique(of WatchOf, name string, all []Suggested) Card {
	body := []element{
		quoteOf(texts.English("Apono has several called “%s”.").With(Name(name, watchedLimit))),
		say("Write the id of one in place of its name, as in **watch %s** *id*:", string(of)),
	}
	for _, s := range all {
		body = append(body, quote("• "+Line(s.ID, watchedLimit)))
	}
	return newCard("Not unique", body...)
}

// Unwatched says what is not shown any more: all that a channel watched, or one
// thing. None was watched if there is nothing in it.
func Unwatched(ended []Watched, rest int) Card {
	var body []element
	switch {
	case len(ended) == 0:
		body = []element{say("No requests are shown in this channel.")}
	case rest == 0:
		body = []element{say("No requests are shown here any more. Cards that stand here stay.")}
	default:
		for _, w := range ended {
			body = append(body, w.sentence("not shown here any more: %s. Cards that stand here stay."))
		}
		body = append(body, aside("**watch** tells what is still shown here."))
	}
	return newCard("What is shown here", body...)
}

// WatchIsForChannels says outside of channels where the command belongs.
func WatchIsForChannels() Card {
	return newCard("For channels only",
		say("Requests are shown in channels of a team. Add me to the team, then mention me in the channel and write **watch** there."))
}

// Readers are who reads what a channel is shown.
type Readers struct {
	Guests     int
	Looked     int  // at so many people
	Incomplete bool // and there are more, or nobody knows
	Untold     bool // Teams does not tell what type of channel it is
}

// words say who reads it, as far as it is known.
func (r Readers) words() (all []element) {
	if r.Guests > 0 {
		all = append(all, say("**%d guests** are members here and will read who asks for what, and why.", r.Guests))
	}
	switch {
	case r.Incomplete && r.Looked == 0:
		all = append(all, say("Teams does not tell just now who is here. There may be guests, who will read who asks for what, and why."))
	case r.Incomplete && r.Guests == 0:
		all = append(all, say("Among the first %d members there are no guests, but there are more members. Guests will read who asks for what, and why.", r.Looked))
	case r.Incomplete:
		all = append(all, say("These are among the first %d members. There are more.", r.Looked))
	}
	if r.Untold {
		all = append(all, say("Teams does not tell whether this channel is shared with other teams, whose people would read it too."))
	}
	if len(all) == 0 {
		all = append(all, say("There are no guests here now."))
	}
	return all
}

// AskWatch says in a channel that who reads there has to be weighed first.
func AskWatch(w Watched, r Readers, at Data) Card {
	var title texts.English = "Who would read this?"
	if r.Guests > 0 {
		title = "Guests would read this"
	}
	body := append([]element{heading(title)}, r.words()...)
	at.Verb = VerbWatch
	return newCard("Nothing is shown here yet", append(body, w.sentence("not shown here yet: %s."))...).
		with(button("Watch anyway…", at).opens())
}

// ConfirmWatch asks, in a dialog, whether a channel is to be shown requests
// although others read them.
func ConfirmWatch(w Watched, r Readers, at Data) Card {
	body := append([]element{heading("Show requests here?"), w.sentence("%s would be shown in this channel.")}, r.words()...)
	at.Verb = VerbWatchNow
	return newCard("Watch anyway?", append(body,
		aside("Guests who are added later read them too; I do not notice that."))...).
		with(button("Watch anyway", at).destructive())
}
