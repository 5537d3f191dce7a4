package teamsbot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// busyLasts is how long a look at details may last. A claim that is older has
// been left behind by a bot that died, and nobody knows what was seen.
const busyLasts = 15 * time.Second

// grant is a request whose access a person has now, as Apono has just told.
type grant struct {
	request db.Request
	sub     db.Submission
	told    aponoapi.AccessRequest
	systems []cards.System // whose details can be viewed

	// Of a connected person whom Apono tells about their sessions.
	own      *aponoapi.Client
	sessions []aponoapi.Session
}

// viewDetails shows how the access details of a request stand, and nothing of
// what is in them.
func (t *turn) viewDetails(ctx context.Context) (teams.Answer, error) {
	g, err := t.granted(ctx)
	if err != nil {
		return t.notGranted(ctx, err)
	}
	if t.press.Do != cards.DoOne {
		all, err := t.bot.Store.RequestsOf(ctx, g.sub.ID)
		if err != nil {
			return teams.Answer{}, err
		}
		if len(all) > 1 {
			view := t.bot.submissionView(t.person, g.sub, all...)
			return t.dialog(wordsDetails, cards.WhichDetails(view), teams.Medium)
		}
	}
	return t.detailsDialog(g, nil)
}

// detailsDialog is how the details of a request stand, below a problem if there
// is one.
func (t *turn) detailsDialog(g *grant, problem texts.Text) (teams.Answer, error) {
	return t.dialog(wordsDetails, cards.ViewDetails(t.grantView(g), problem), teams.Medium)
}

// grantView is a granted request as a card shows it.
func (t *turn) grantView(g *grant) cards.Submission {
	view := t.bot.submissionView(t.person, g.sub, g.request)
	view.Requests[0].Status, view.Requests[0].Systems = g.told.Status, g.systems
	return view
}

// granted is the request of a press, if it is made in the person's own chat and
// they have the access now. With the service token Apono checks the bot's rights
// only, so Apono is asked each time for whom the access is. Whoever forges a name
// learns nothing.
func (t *turn) granted(ctx context.Context) (*grant, error) {
	name := t.press.Request
	if t.activity.Kind() != teams.Personal || !strings.HasPrefix(t.activity.ConversationID(), "a:") {
		return nil, sorry(errors.New("not in the person's own chat"), wordsOwnChat)
	}
	if name == "" || name != cards.Line(name, 200) {
		return nil, sorry(errors.New("no request has such a name"), wordsNoRequest)
	}
	user, err := t.identify(ctx)
	if err != nil {
		return nil, t.unidentified(err)
	}
	r, err := t.bot.Store.Request(ctx, name)
	known := !errors.Is(err, db.ErrNotFound)
	if known && err != nil {
		return nil, err
	}
	if known {
		name = r.ID
	}
	told, err := t.bot.readRequest(ctx, name, r.FriendlyID)
	switch {
	case errors.Is(err, aponoapi.ErrNotFound), errors.Is(err, aponoapi.ErrInvalid):
		return nil, sorry(err, wordsNoRequest)
	case err != nil:
		return nil, sorry(err, t.bot.wordsOf(err))
	case told.Grantee.ID == "" || !strings.EqualFold(told.Grantee.ID, user):
		return nil, sorry(errOthers, wordsNoRequest)
	}
	if !known {
		if r, err = t.foundElsewhere(ctx, told); err != nil {
			return nil, err
		}
	}
	return t.active(ctx, &grant{request: r, told: told})
}

// active completes a grant, if the access is there.
func (t *turn) active(ctx context.Context, g *grant) (_ *grant, err error) {
	if s := g.told.Status; !s.Active() {
		if _, err := t.bot.Store.OweRefresh(ctx, g.request.ID, t.bot.Now()); err != nil {
			return nil, err
		}
		if s.Waiting() {
			return nil, sorry(errors.New("not granted yet"), wordsNotYet)
		}
		return nil, sorry(errors.New("not active"), wordsNotActive)
	}
	if g.sub, err = t.bot.Store.Submission(ctx, g.request.SubmissionID); err != nil {
		return nil, err
	}
	return g, t.readSystems(ctx, g)
}

// notGranted says why there is nothing to view. Whose own token has ended is
// asked for another, and goes on then.
func (t *turn) notGranted(ctx context.Context, err error) (teams.Answer, error) {
	if errors.Is(err, errTokenEnded) {
		t.err = err
		return t.reconnect(ctx)
	}
	return teams.Answer{}, err
}

// foundElsewhere remembers a request that was made elsewhere before the bot has
// come across it by itself: the look at its details is to be remembered.
func (t *turn) foundElsewhere(ctx context.Context, told aponoapi.AccessRequest) (db.Request, error) {
	reading, err := t.bot.Store.NextReading(ctx)
	if err != nil {
		return db.Request{}, err
	}
	if err := t.bot.rememberElsewhere(ctx, t.person.PersonKey, told, reading); err != nil {
		return db.Request{}, sorry(err, t.bot.wordsOf(err))
	}
	r, err := t.bot.Store.Request(ctx, told.ID)
	if errors.Is(err, db.ErrNotFound) {
		return db.Request{}, sorry(err, wordsLookAgain)
	}
	return r, err
}

// system is the one of that name, as a button carries it.
func (g *grant) system(session string) (cards.System, bool) {
	for _, x := range g.systems {
		if x.Session == session {
			return x, true
		}
	}
	return cards.System{}, false
}

// stands replaces what was thought of one of the systems.
func (g *grant) stands(now cards.System) {
	for i, x := range g.systems {
		if x.Session == now.Session {
			g.systems[i] = now
		}
	}
}

// systemView is how details stand as a card shows it.
func systemView(d db.Details, zone *time.Location) cards.System {
	return cards.System{
		Session: d.SessionID, Name: d.Name, State: cards.DetailsState(d.State), Note: cards.DetailsNote(d.Note),
		At: d.At.In(zone), Number: d.Number,
	}
}

// systemsView are the systems of a request for the card of somebody, of which
// only who receives the access has something to view.
func systemsView(p db.Person, sub db.Submission, r db.Request, zone *time.Location) (all []cards.System) {
	theirs := sub.Asked.AponoUserID == "" || sub.Asked.AponoUserID == p.AponoID
	if !r.Status.Active() || !theirs {
		return nil
	}
	for _, d := range r.Details {
		all = append(all, systemView(d, zone))
	}
	all = current(all)
	if len(all) == 0 {
		all = []cards.System{{State: cards.DetailsOpen}}
	}
	return all
}

// current are the systems as they were viewed or reset last: as one text, or each
// by itself. People connect and disconnect.
func current(all []cards.System) []cards.System {
	var last cards.System
	for _, x := range all {
		untouched := x.Session == "" && x.State == cards.DetailsOpen && x.Note == ""
		if x.Number > last.Number && (len(all) == 1 || !untouched) {
			last = x
		}
	}
	return slices.DeleteFunc(all, func(x cards.System) bool { return (x.Session == "") != (last.Session == "") })
}
