package teamsbot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// extensionLasts bounds what is asked of Apono to draw a warning.
const extensionLasts = 2 * time.Second

// errNotExtendable says that Apono does not extend an access, as far as it tells.
var errNotExtendable = errors.New("the access cannot be extended")

// extendable is a person's access as the client API tells it, if Apono extends
// it. Only a person's own token is told that.
func (b *Bot) extendable(ctx context.Context, own *aponoapi.Client, aponoID string, r db.Request, a db.Asked) (aponoapi.AccessRequest, error) {
	names := []string{r.ID}
	if r.FriendlyID != "" && r.FriendlyID != r.ID {
		names = append(names, r.FriendlyID)
	}
	all, err := collect(own.ClientRequests(ctx, aponoapi.ClientFilter{Scope: aponoapi.MyRequests, RequestIDs: names}))
	if err != nil {
		return aponoapi.AccessRequest{}, err
	}
	// Should Apono not filter by these names, it tells of others, too.
	if len(all) != 1 || !strings.EqualFold(all[0].Grantee.ID, aponoID) || all[0].Justification != a.Justification {
		return aponoapi.AccessRequest{}, errNotExtendable
	}
	if told := all[0]; !told.Extension.Possible || !told.Status.Active() || told.Extension.By <= 0 {
		return told, errNotExtendable
	}
	return all[0], nil
}

// extendsBy is by how much the person of a warning can extend the access; 0
// where they cannot, or it is not known in time.
func (b *Bot) extendsBy(ctx context.Context, c *db.CardToDraw, r db.Request) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, b.within(extensionLasts))
	defer cancel()
	own, err := b.as(ctx, c.Person)
	if err != nil {
		return 0
	}
	told, err := b.extendable(ctx, own, c.Person.AponoID, r, c.Submission.Asked)
	if err != nil {
		return 0
	}
	return told.Extension.By
}

// askExtend asks whether to extend an access, and says by how much.
func (t *turn) askExtend(ctx context.Context) (teams.Answer, error) {
	x, answer, err := t.toExtend(ctx)
	if err != nil || x == nil {
		return answer, err
	}
	return t.dialog("Extend access", cards.Extend(x.view(t), x.told.Extension.Used), teams.Medium)
}

// extension is an access of the person that Apono extends.
type extension struct {
	own  ownRequest
	told aponoapi.AccessRequest
	as   *aponoapi.Client
}

func (x *extension) view(t *turn) cards.Submission {
	v := t.bot.ownView(t.person, x.own)
	v.Requests[0].ExtendBy = x.told.Extension.By
	return v
}

// toExtend is what the press is about; nil where there is another answer.
func (t *turn) toExtend(ctx context.Context) (*extension, teams.Answer, error) {
	o, err := t.ownRequest(ctx, t.press.Request)
	if err != nil {
		return nil, teams.Answer{}, err
	}
	own, err := t.own(ctx)
	switch {
	case errors.Is(err, errNotConnected):
		answer, err := t.askConnect(ctx)
		return nil, answer, err
	case err != nil:
		return nil, teams.Answer{}, err
	}
	told, err := t.bot.extendable(ctx, own, t.person.AponoID, o.request, o.sub.Asked)
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized):
		answer, err := t.reconnect(ctx)
		return nil, answer, err
	case errors.Is(err, errNotExtendable):
		t.err = err
		answer, err := t.dialog("Extend access", cards.NotExtended(t.bot.ownView(t.person, o)), teams.Medium)
		return nil, answer, err
	case err != nil:
		return nil, teams.Answer{}, sorry(err, t.bot.wordsOf(err))
	}
	return &extension{o, told, own}, teams.Answer{}, nil
}

// extend extends an access, once for each dialog that asked.
func (t *turn) extend(ctx context.Context) (teams.Answer, error) {
	x, answer, err := t.toExtend(ctx)
	if err != nil || x == nil {
		return answer, err
	}
	used := x.told.Extension.Used
	if used != t.press.From {
		return t.extended(ctx, x, x.told, 0)
	}
	reading, err := t.bot.Store.NextReading(ctx)
	if err != nil {
		return teams.Answer{}, err
	}
	switch mine, err := t.bot.Store.ClaimExtension(ctx, x.own.request.ID, used); {
	case err != nil:
		return teams.Answer{}, err
	case !mine: // somebody is at it
		return teams.TaskDone(), nil
	}
	err = x.as.Extend(ctx, x.told.ID)
	if err == nil {
		now := x.told
		now.Duration += now.Extension.By
		return t.extended(ctx, x, now, reading)
	}
	return t.notExtended(ctx, x, used, err)
}

// extended records the new end of an access, and owes a look at it.
func (t *turn) extended(ctx context.Context, x *extension, now aponoapi.AccessRequest, reading int64) (teams.Answer, error) {
	late, cancel := t.bot.grace(ctx)
	defer cancel()
	if reading > 0 {
		if err := t.bot.Store.RecordStatus(late, t.bot.asTold(x.own.request, now, reading)); err != nil {
			return teams.Answer{}, err
		}
	}
	if _, err := t.bot.Store.OweRefresh(late, x.own.request.ID, t.bot.Now()); err != nil {
		return teams.Answer{}, err
	}
	return teams.TaskDone(), nil
}

// notExtended says why an access was not extended, if that is known.
func (t *turn) notExtended(ctx context.Context, x *extension, used int, err error) (teams.Answer, error) {
	late, cancel := t.bot.grace(ctx)
	defer cancel()
	if errors.Is(err, aponoapi.ErrUnknownOutcome) {
		_, owed := t.bot.Store.OweRefresh(late, x.own.request.ID, t.bot.Now())
		return teams.Answer{}, errors.Join(sorry(err, wordsExtendUnknown), owed)
	}
	if err := t.bot.Store.ReleaseExtension(late, x.own.request.ID, used); err != nil {
		return teams.Answer{}, err
	}
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized):
		return t.reconnect(ctx)
	case errors.Is(err, aponoapi.ErrConflict), errors.Is(err, aponoapi.ErrInvalid):
		t.err = err
		return t.dialog("Extend access", cards.NotExtended(x.view(t)), teams.Medium)
	}
	return teams.Answer{}, sorry(err, t.bot.wordsOf(err))
}
