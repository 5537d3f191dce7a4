package cards

import (
	"cmp"
	"maps"
	"slices"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/texts"
)

// Access is one permission on one resource of a request. Names are from
// outside; Status is empty where Apono tells none of its own.
type Access struct {
	Integration          string // its name; "" where all is in one
	Resource, Permission string
	Status               aponoapi.Status
}

// Resources is a page of what a request is for.
type Resources struct {
	Of     Submission // with its one request
	Page   []Access
	Search string
	From   int
	Found  int
	Total  int
	Stands map[aponoapi.Status]int // how many stand how; none where Apono does not tell

	// Permissions are those of the request where Apono does not tell which of
	// them is on which resource: then Page has resources only.
	Permissions []string

	ForReview bool // an approver looks at it

	Whole bool // it cannot be told apart from what else was submitted with it
	Late  bool // Apono has not told in time how each stands
}

// ViewResources shows every resource and permission of a request, and how each
// stands.
func ViewResources(v Resources) Card {
	at := Data{Verb: VerbResources, Request: v.Of.Requests[0].Name}
	if v.ForReview {
		at.Verb = VerbReviewResources
	}
	body := v.about()
	if v.Total > PageSize {
		body = append(body, input(FieldSearch, searchOf(v.Total), texts.English("Part of a name"), v.Search, 100), buttons(button("Search", at)))
	}
	switch {
	case v.Total == 0:
		body = append(body, say("Apono does not tell what this request is for. Look in the Apono portal."))
	case v.Found == 0:
		body = append(body, say("Nothing matches. Try a shorter part of the name."))
	case v.Found > len(v.Page):
		body = append(body, aside("%d to %d of %d", v.From+1, v.From+len(v.Page), v.Found))
	}
	for _, a := range v.Page {
		body = append(body, a.line())
	}
	if more := v.pages(at); more != nil {
		body = append(body, buttons(more...))
	}
	c := newCard("Resources", body...)
	if v.Late {
		at.From = v.From
		c = c.with(button("Try again", at))
	}
	if v.ForReview {
		return c
	}
	return c.with(button("My requests", Data{Verb: VerbMine, List: ListAll}))
}

// about is what stands above the list.
func (v Resources) about() []element {
	r := v.Of.Requests[0]
	body := []element{
		fact("Access to", Line(cmp.Or(v.Of.Bundle, v.Of.Integration), 100)+v.Of.kind()),
		factOf(texts.English("Status"), StatusText(r.Status)),
		fact("Request ID", Line(r.ID, 80)),
	}
	if stands := v.stands(); stands != nil {
		body = append(body, factOf(texts.English("Resources and permissions"), stands))
	}
	if len(v.Permissions) > 0 {
		body = append(body, say("Apono does not tell which permission is on which resource. Here are all permissions, then all resources."),
			factOf(texts.English("Permissions"), Names(v.Permissions, PageSize)))
	}
	if v.Whole {
		body = append(body, say("Apono does not tell which part of your submission this request is for. Here is the whole submission."))
	}
	if v.Late {
		body = append(body, aside("Apono has not told in time how each of them stands."))
	}
	return body
}

// shownStatuses is how many statuses are counted.
const shownStatuses = 6

// stands counts how many stand how, the most urgent first; nil if Apono does not
// tell.
func (v Resources) stands() texts.Text {
	rank := func(s aponoapi.Status) int {
		switch i := slices.Index(urgency, s); {
		case s == aponoapi.Failed: // what one wants to know of a partial grant
			return -1
		case i < 0:
			return len(urgency)
		default:
			return i
		}
	}
	all := slices.SortedFunc(maps.Keys(v.Stands), func(a, b aponoapi.Status) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	var words []texts.Text
	for _, s := range all[:min(len(all), shownStatuses)] {
		words = append(words, texts.English("%d %s").With(v.Stands[s], StatusText(s)))
	}
	if len(all) > shownStatuses {
		words = append(words, texts.English("and others"))
	}
	if words == nil {
		return nil
	}
	return texts.Join(texts.Outside(", "), words...)
}

// line is one permission on one resource, and how it stands.
func (a Access) line() element {
	line := Name(a.Resource, titleLimit)
	if a.Permission != "" {
		line += " – " + Name(a.Permission, titleLimit)
	}
	if a.Integration != "" {
		line += " (" + Name(a.Integration, titleLimit) + ")"
	}
	if a.Status == "" {
		return quote(line)
	}
	status := runOf(StatusText(a.Status))
	status.Color, status.Weight = colorOf(a.Status), "bolder"
	return runs(run(line+" · "), status)
}

// pages are the buttons to the neighbouring pages that exist.
func (v Resources) pages(at Data) (more []element) {
	if v.From > 0 {
		at.From = max(0, v.From-PageSize)
		more = append(more, button("Previous page", at))
	}
	if v.From+len(v.Page) < v.Found {
		at.From = v.From + PageSize
		more = append(more, button("Next page", at))
	}
	return more
}
