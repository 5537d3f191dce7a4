package cards

import (
	"cmp"
	"strconv"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/texts"
)

// MinePage is how many requests a page of a person's list has.
const MinePage = 5

// FieldRevoke is the input in which access is ticked that is to end.
const FieldRevoke = "revoke"

// Mine is a page of a person's requests, newest first.
type Mine struct {
	List  ListOf
	Page  []Submission // each with its one request
	From  int
	Found int
	Cut   int        // how many Apono has but did not tell
	Note  texts.Text // in our own words; nil if there is nothing to say
}

// OpenMine answers the typed command: a bot cannot open a dialog by itself.
func OpenMine() Card {
	return newCard("My requests",
		say("Your requests of the last seven days and all that are open, or what you have access to now."),
	).with(lists()...)
}

// lists open what a person has asked for and what they have.
func lists() []element {
	return []element{
		myRequests(),
		button("My access", Data{Verb: VerbMine, List: ListAccess}).opens(),
	}
}

// Title is what the list is called.
func (m Mine) Title() texts.English {
	if m.List == ListAccess {
		return "My access"
	}
	return "My requests"
}

// MineLoading says that Apono has not told the list yet. The place in it is
// kept.
func MineLoading(m Mine) Card {
	return newCard(m.Title(), heading("Still loading"),
		say("Apono has not answered yet. Try again in a few seconds."),
	).with(button("Try again", Data{Verb: VerbMine, List: m.List, From: m.From}).positive())
}

// MyRequests shows a page of a person's requests.
func MyRequests(m Mine, now time.Time) Card {
	body := []element{buttons(m.filter("Open", ListOpen), m.filter("Closed", ListClosed), m.filter("All", ListAll))}
	body = append(body, m.notes("You have no requests here. Press New request in your chat to ask for access.")...)
	for _, s := range m.Page {
		body = append(body, group(s.entry(now)...))
	}
	return newCard("My requests", append(body, m.pages()...)...)
}

// MyAccess shows what a person has access to now, to be ended one by one or
// several at once.
func MyAccess(m Mine, now time.Time) Card {
	body := m.notes("You have no access through Apono now.")
	for _, s := range m.Page {
		body = append(body, group(s.entry(now)...))
	}
	body = append(body, m.pages()...)
	c := newCard("My access", body...)
	if len(m.Page) < 2 {
		return c
	}
	var choices []option
	var ids []string
	for i, s := range m.Page {
		title := clip(texts.English("%s · %s").With(s.Requests[0].ID, s.named()), titleLimit) // some look alike but for the id
		choices = append(choices, option{Title: title, Value: strconv.Itoa(i)})
		ids = append(ids, s.Requests[0].Name)
	}
	c.body = append(c.body, group(someOf(FieldRevoke, texts.English("End several at once"), choices, nil)))
	return c.with(button("Revoke access", Data{Verb: VerbRevoke, Requests: ids}).destructive())
}

// named tells in few words what the access is to.
func (s Submission) named() texts.Text {
	if s.Bundle != "" {
		return texts.English("%s: %s").With(s.Bundle, s.parts(3))
	}
	return texts.English("%s: %s").With(s.Integration, s.resources(3))
}

// entry is one request in a list, with what can be done about it.
func (s Submission) entry(now time.Time) []element {
	r := s.Requests[0]
	state := runOf(StatusText(r.Status))
	state.Weight, state.Color = "bolder", colorOf(r.Status)
	id := run(" · " + Line(r.ID, 80))
	id.IsSubtle = true
	lines := []element{runs(state, run(": "+Line(cmp.Or(s.Bundle, s.Integration), 80)+s.kind()), id)}
	if len(s.Resources) > 0 || s.Unnamed > 0 {
		lines = append(lines, factOf(texts.English("Resources"), s.resources(3)))
	}
	if s.Bundle != "" {
		lines = append(lines, factOf(texts.English("Resources"), s.parts(3)))
		if r.About != "" {
			lines = append(lines, fact("In", Line(r.About, 120)))
		}
	}
	switch {
	case r.Status.Active() && r.EndsAt.After(now):
		lines = append(lines, factOf(texts.English("Time left"), texts.English("about %s, until %s").With(r.EndsAt.Sub(now).Round(time.Minute), texts.Clock(r.EndsAt))))
	case !s.AskedAt.IsZero():
		lines = append(lines, factOf(texts.English("Requested"), texts.Clock(s.AskedAt)))
	}
	about := Data{Request: r.Name}
	view, again, end, favorite := about, about, about, about
	view.Verb, again.Verb, end.Verb, favorite.Verb = VerbResources, VerbAgain, VerbRevoke, VerbFavoriteName
	end.Do = DoOne
	lines = append(lines, r.detailsLines()...)
	does := append(r.detailsButtons(DoOne), button("View resources", view))
	switch {
	case r.Status.Active(), r.Status == aponoapi.Granting:
		does = append(does, button("Revoke access", end))
	case r.Status.Waiting():
		does = append(does, button("Cancel request", end))
	case r.Status.Over():
		does = append(does, button("Request again", again))
	}
	does = append(does, button("Add to favorites", favorite))
	return append(lines, buttons(does...))
}

func (m Mine) filter(title texts.English, of ListOf) element {
	b := button(title, Data{Verb: VerbMine, List: of})
	if m.List == of {
		b.Style = "positive"
	}
	return b
}

// notes tell what is special about the page.
func (m Mine) notes(empty texts.English) []element {
	var body []element
	if m.Note != nil {
		body = append(body, sayOf(m.Note))
	}
	switch {
	case m.Found == 0:
		body = append(body, say(empty))
	case m.Found > len(m.Page):
		body = append(body, aside("%d to %d of %d", m.From+1, m.From+len(m.Page), m.Found))
	}
	if m.Cut > 0 {
		body = append(body, aside("Apono has %d more that it does not list here. See them in the Apono portal.", m.Cut))
	}
	return body
}

func (m Mine) pages() []element {
	var more []element
	if m.From > 0 {
		more = append(more, button("Previous page", Data{Verb: VerbMine, List: m.List, From: max(0, m.From-MinePage)}))
	}
	if m.From+len(m.Page) < m.Found {
		more = append(more, button("Next page", Data{Verb: VerbMine, List: m.List, From: m.From + MinePage}))
	}
	if more == nil {
		return nil
	}
	return []element{buttons(more...)}
}

func myRequests() element { return button("My requests", Data{Verb: VerbMine, List: ListAll}).opens() }
