package cards

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Verb is what a button asks for.
type Verb string

// The verbs that our buttons carry.
const (
	VerbRequest     Verb = "request.open" // opens the request form, new or where a draft stands
	VerbRequestStep Verb = "request.step" // one step inside the request form
	VerbBundle      Verb = "bundle.open"  // the same for a bundle
	VerbBundleStep  Verb = "bundle.step"
	VerbAgain       Verb = "request.again"
	VerbRevoke      Verb = "revoke.open" // asks whether to
	VerbRevokeNow   Verb = "revoke.now"
	VerbExtend      Verb = "extend.open"
	VerbExtendNow   Verb = "extend.now"
	VerbMine        Verb = "mine.open"    // a page of the person's requests
	VerbResources   Verb = "mine.request" // what one request is for

	VerbDetails     Verb = "details.open" // how access details stand, and nothing of what is in them
	VerbDetailsShow Verb = "details.show" // shows them, once
	VerbReset       Verb = "reset.open"   // asks whether to
	VerbResetNow    Verb = "reset.now"

	VerbFavorites     Verb = "favorites.open" // the list
	VerbFavoritesStep Verb = "favorites.step" // one step inside its dialog
	VerbFavoriteName  Verb = "favorites.name" // asks for a name for what a request asked for
	VerbFavoriteAdd   Verb = "favorites.add"

	VerbConnect       Verb = "connect.open" // asks for a personal token
	VerbConnectNow    Verb = "connect.now"
	VerbDisconnect    Verb = "disconnect.open" // asks whether to
	VerbDisconnectNow Verb = "disconnect.now"

	VerbWatch    Verb = "watch.open" // asks whether to, where guests read
	VerbWatchNow Verb = "watch.now"

	VerbApprove         Verb = "review.approve" // asks for the last word; with DoDecide it is said
	VerbReject          Verb = "review.reject"
	VerbReviewResources Verb = "review.resources" // what a request to decide on is for
	VerbApprovals       Verb = "review.open"      // what waits for the person
)

// Do is what a button inside the request form does with what was filled in.
type Do string

// The buttons of the request form.
const (
	DoNext     Do = "next"
	DoBack     Do = "back"
	DoSearch   Do = "search"
	DoEarlier  Do = "earlier" // the page before
	DoLater    Do = "later"   // the page after
	DoSubmit   Do = "submit"
	DoTryAgain Do = "again" // show the step once more
	DoFilter   Do = "filter"
	DoSelected Do = "selected" // show what is chosen
	DoAll      Do = "all"      // show all of it
	DoFavorite Do = "favorite"
	DoAdd      Do = "add" // the favorite that has just been named
	DoFor      Do = "for" // asks for whom it is
	DoOne      Do = "one" // of what was submitted together
	DoDecide   Do = "decide"
)

// The buttons of the favorites' dialog, beside those to search, turn the page
// and go back.
const (
	DoUse       Do = "use"
	DoRename    Do = "rename" // asks for the name
	DoRenameNow Do = "rename.now"
	DoDelete    Do = "delete" // asks whether to
	DoDeleteNow Do = "delete.now"
	DoName      Do = "name" // asks for a name for what a request asked for
)

// Data is what a button carries: names of things, and no rights. Whoever
// presses can have forged it.
type Data struct {
	Verb     Verb   `json:"verb"`
	Draft    string `json:"draft,omitempty"`
	Revision int    `json:"rev,omitempty"` // of the draft that the dialog shows
	Do       Do     `json:"do,omitempty"`
	Request  string `json:"request,omitempty"` // Apono's id
	Card     int64  `json:"card,omitempty"`    // the posted card that the button is on

	// Where a list stands.
	List     ListOf   `json:"list,omitempty"`
	From     int      `json:"from,omitempty"`     // place of the first entry shown; of an extension: how many there were
	Search   string   `json:"search,omitempty"`   // where no box takes it along
	Requests []string `json:"requests,omitempty"` // Apono's ids, of several
	Favorite string   `json:"favorite,omitempty"`
	Session  string   `json:"session,omitempty"` // one system of a request

	Then *Press `json:"then,omitempty"` // was pressed before, and goes on after this

	// What a channel is to watch: the words, as they were written there, and the
	// channel.
	Watch   string `json:"watch,omitempty"`
	Channel string `json:"channel,omitempty"`
}

// ListOf is which of a person's requests a list shows.
type ListOf string

// The lists of a person's requests.
const (
	ListAll    ListOf = "all"
	ListOpen   ListOf = "open"
	ListClosed ListOf = "closed"
	ListAccess ListOf = "access" // what is granted now
)

// payload is an action's data on the wire. Ours has a key of its own, since
// Teams merges the inputs' values into the same object.
type payload struct {
	MSTeams *msteams          `json:"msteams,omitempty"`
	Apono   Data              `json:"apono"`
	Filled  map[string]string `json:"filled,omitempty"` // of inputs that are not shown just now; see Wait
}

type msteams struct {
	Type string `json:"type"`
}

// Press is a button press that came back, with what was filled in by the
// inputs' ids.
type Press struct {
	Data
	Inputs map[string]string `json:"inputs,omitempty"`
}

// ErrNoPress says that data did not come from one of our buttons.
var ErrNoPress = errors.New("not a button press of this bot")

// ParsePress reads the data of a press. Inputs that are not text are ignored:
// clients send some that nobody asked for.
func ParsePress(data json.RawMessage) (Press, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return Press{}, fmt.Errorf("%w: %w", ErrNoPress, err)
	}
	var p Press
	if err := json.Unmarshal(fields["apono"], &p.Data); err != nil || p.Verb == "" {
		return Press{}, ErrNoPress
	}
	p.Inputs = make(map[string]string, len(fields))
	if raw, ok := fields["filled"]; ok {
		var before map[string]json.RawMessage
		_ = json.Unmarshal(raw, &before) // none, if it is something else
		p.take(before)
	}
	p.take(fields)
	return p, nil
}

// take adds the inputs that are text.
func (p *Press) take(fields map[string]json.RawMessage) {
	for id, raw := range fields {
		var value *string
		if json.Unmarshal(raw, &value) == nil && value != nil {
			p.Inputs[id] = *value
		}
	}
}
