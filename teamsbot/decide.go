package teamsbot

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// decideLasts bounds a decision, which goes on after its press was answered.
const decideLasts = 10 * time.Second

const (
	wordsNotApprover  texts.English = "Apono does not show you this request: you are not one of those who can decide on it. The card stays for them."
	wordsMayNotDecide texts.English = "Apono does not let you decide on this request. The card stays for those who can."
	wordsOwnRequest   texts.English = "This request is your own. Somebody else has to decide on it."
	wordsDeciding     texts.English = "Apono has not answered yet. The card shows what comes of it; nothing is decided twice."
)

// decide asks for the last word on a request, and then says it to Apono as the
// person who pressed: with their own token, so that Apono knows who decides and
// whether they may.
func (t *turn) decide(ctx context.Context) (teams.Answer, error) {
	k, err := t.toDecide(ctx)
	switch {
	case errors.Is(err, errNotConnected):
		return t.askConnect(ctx)
	case errors.Is(err, errDisconnected):
		return t.reconnect(ctx)
	case err != nil:
		return teams.Answer{}, err
	}
	d := decision{approve: t.press.Verb == cards.VerbApprove}
	if k.told.Status != aponoapi.Pending {
		t.bot.follow(ctx, k.told)
		return t.tell(standing(k.told))
	}
	if t.press.Do != cards.DoDecide {
		return t.askDecision(k, d, nil)
	}
	d.reason = cards.Paragraph(t.press.Inputs[cards.FieldReason], 4000)
	switch n := utf8.RuneCountInString(d.reason); {
	case n > cards.DecisionLimit:
		return t.askDecision(k, d, texts.English("The reason has %d characters. Apono takes %d.").With(n, cards.DecisionLimit))
	case k.told.ReasonRequired && d.reason == "":
		return t.askDecision(k, d, texts.English("Apono wants a reason for this decision."))
	}
	return t.say(ctx, k, d)
}

// task is a request that waits for the word of the person who pressed.
type task struct {
	own   *aponoapi.Client // acts as the person
	told  told             // as Apono shows it to them
	known db.ToReview      // as the bot remembers it; zero if it does not
}

// errDisconnected says that Apono does not take the person's own token any more.
var errDisconnected = errors.New("the person's own token is not accepted")

// decision is an approver's word.
type decision struct {
	approve bool
	reason  string
}

// toDecide is the request that the press names, as Apono shows it to the person
// themselves.
func (t *turn) toDecide(ctx context.Context) (k task, err error) {
	name := t.press.Request
	if name == "" || name != cards.Line(name, 200) {
		return k, sorry(errors.New("no request has such a name"), wordsNoRequest)
	}
	if k.own, err = t.own(ctx); err != nil {
		return k, err
	}
	k.known, err = t.bot.Store.ToReview(ctx, name)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return k, err
	}
	k.told, err = t.bot.tell(ctx, k.own, cmp.Or(k.known.FriendlyID, name))
	switch {
	case errors.Is(err, aponoapi.ErrUnauthorized):
		return k, errDisconnected
	case errors.Is(err, aponoapi.ErrNotFound), errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrInvalid):
		return k, sorry(err, wordsNotApprover)
	case err != nil:
		return k, sorry(err, t.bot.wordsOf(err))
	case isOwn(k.told.AccessRequest, t.person.AponoID),
		strings.EqualFold(k.known.Submission.Asked.AponoUserID, t.person.AponoID), k.known.Submission.Person == t.person.PersonKey:
		// With the service token Apono takes the bot for who asks.
		return k, sorry(errors.New("the request is their own"), wordsOwnRequest)
	}
	k.told.FriendlyID = cmp.Or(k.told.FriendlyID, k.known.FriendlyID)
	return k, nil
}

// isOwn says that an Apono user made a request, or receives the access.
func isOwn(r aponoapi.AccessRequest, aponoID string) bool {
	return strings.EqualFold(r.Grantee.ID, aponoID) || strings.EqualFold(r.Requester.ID, aponoID)
}

// askDecision is the dialog that repeats what is decided. Wrong says what was
// wrong with the reason.
func (t *turn) askDecision(k task, d decision, wrong texts.Text) (teams.Answer, error) {
	v := t.bot.reviewTold(k.told, k.known, t.person)
	v.Of.Requests[0].Name = t.press.Request
	var title texts.English = "Reject"
	if d.approve {
		title = "Approve"
	}
	return t.dialog(title, cards.AskDecision(v, d.approve, d.reason, wrong), teams.Medium)
}

// say says the person's word to Apono. It is said once: what comes of it is
// looked up, and never said again.
func (t *turn) say(ctx context.Context, k task, d decision) (teams.Answer, error) {
	b, who := t.bot, t.person
	if err := b.Store.Audit(ctx, who.PersonKey, db.AuditEntry{Action: d.action(), Request: k.told.ID, Outcome: "begun"}); err != nil {
		return teams.Answer{}, err
	}
	var o outcome
	var gone atomic.Bool // the press has been answered
	said := b.goOn(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, decideLasts)
		defer cancel()
		o = b.decideAs(ctx, k.own, k.told, d)
		err := errors.Join(b.noteDecision(context.WithoutCancel(ctx), who, o), o.err)
		if gone.Load() && !o.counts {
			err = errors.Join(err, b.tellLate(context.WithoutCancel(ctx), who, k, o))
		}
		return err
	})
	select {
	case err := <-said:
		t.err = err
	case <-ctx.Done():
		gone.Store(true)
		t.err = ctx.Err()
		return t.tell(wordsDeciding)
	}
	switch {
	case o.unsaid != nil:
		return t.askDecision(k, d, o.unsaid)
	case errors.Is(o.err, aponoapi.ErrUnauthorized):
		return t.reconnect(ctx)
	}
	return t.tell(o.words)
}

// tellLate tells an approver in their own chat that their word did not count,
// whose press had to be answered before Apono said so. What counts, the card
// shows.
func (b *Bot) tellLate(ctx context.Context, who db.Person, k task, o outcome) error {
	ctx, cancel := context.WithTimeout(ctx, decideLasts)
	defer cancel()
	name := cmp.Or(k.told.FriendlyID, k.told.ID)
	_, err := b.Teams.Send(ctx, conversationOf(who.Chat), messageOf(cards.DecisionCameToNothing(name, cmp.Or(o.unsaid, o.words)), texts.For(who.Locale)))
	return err
}

// action is what the audit calls a decision.
func (d decision) action() db.AuditAction {
	if d.approve {
		return db.AuditApprove
	}
	return db.AuditReject
}

// outcome is what came of an approver's word.
type outcome struct {
	decision
	now    told
	counts bool       // Apono has the person's word
	words  texts.Text // for the person
	unsaid texts.Text // why Apono does not have it, and that it can be said again
	err    error      // for the log
}

// audited is the outcome as the audit tells it.
func (o outcome) audited() string {
	is := func(kind error) bool { return errors.Is(o.err, kind) }
	switch {
	case o.counts:
		return "done"
	case o.words == wordsDeciding:
		return "unknown"
	case is(aponoapi.ErrForbidden), is(aponoapi.ErrNotFound), is(aponoapi.ErrInvalid), is(aponoapi.ErrUnauthorized):
		return "refused"
	case o.unsaid == nil && (is(aponoapi.ErrConflict) || is(aponoapi.ErrUnknownOutcome)):
		return "too late"
	}
	return "failed"
}

// decideAs says a word to Apono with an approver's own token, and finds out how
// the request stands then.
func (b *Bot) decideAs(ctx context.Context, own *aponoapi.Client, r told, d decision) outcome {
	say := own.Reject
	if d.approve {
		say = own.Approve
	}
	err := say(ctx, r.ID, d.reason)
	o := outcome{decision: d, now: r, counts: err == nil, err: err}
	switch {
	case errors.Is(err, aponoapi.ErrForbidden), errors.Is(err, aponoapi.ErrNotFound):
		o.words = wordsMayNotDecide
		if said := aponoSays(err); said != nil {
			o.words = sentences(o.words, said)
		}
		return o
	case errors.Is(err, aponoapi.ErrInvalid):
		o.unsaid = cmp.Or(aponoSays(err), texts.Text(texts.English("Apono does not accept this decision as it is.")))
		return o
	case err != nil && !errors.Is(err, aponoapi.ErrConflict) && !errors.Is(err, aponoapi.ErrUnknownOutcome):
		o.words = b.wordsOf(err)
		return o
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), decideLasts)
	defer cancel()
	now, failed := b.tell(look, own, r.ID)
	if failed != nil {
		o.err = errors.Join(err, failed)
		o.words = texts.English("Apono took your decision. The card follows.")
		if err != nil {
			o.words = wordsDeciding
		}
		return o
	}
	now.FriendlyID = cmp.Or(now.FriendlyID, r.FriendlyID)
	o.now = now
	return b.weigh(look, own, o)
}

// weigh says what came of a word by how the request stands now.
func (b *Bot) weigh(ctx context.Context, own *aponoapi.Client, o outcome) outcome {
	if o.now.Status == aponoapi.Pending && !o.counts {
		// Whoever has said their word is not asked any more.
		asked, err := isAsked(ctx, own, o.now.ID)
		switch {
		case err != nil:
			o.err, o.words = errors.Join(o.err, err), wordsDeciding
			return o
		case asked:
			o.unsaid = texts.English("Apono did not answer, and does not have your decision. Press the button again.")
			return o
		}
		o.counts = true
	}
	o.words = standing(o.now)
	if o.counts && o.now.Status != aponoapi.Pending && o.approve != (o.now.Status == aponoapi.Rejected) {
		o.words = texts.English("You approved it. Everybody sees it on the card.")
		if !o.approve {
			o.words = texts.English("You rejected it. Everybody sees it on the card.")
		}
	}
	return o
}

// isAsked says that Apono still waits for the word of the token's owner.
func isAsked(ctx context.Context, own *aponoapi.Client, id string) (bool, error) {
	for r, err := range own.ClientRequests(ctx, aponoapi.ClientFilter{Scope: aponoapi.MyTasks, RequestIDs: []string{id}}) {
		if err != nil || r.ID == id {
			return err == nil, err
		}
	}
	return false, nil
}

// standing says how a request stands that somebody wanted to decide on.
func standing(r told) texts.Text {
	said := func(d aponoapi.Decision, alone, by texts.English) texts.Text {
		var names []string
		for _, a := range r.Approvers {
			if a.Decision == d && a.Name != "" {
				names = append(names, a.Name)
			}
		}
		if len(names) == 0 {
			return alone
		}
		return by.With(cards.Names(names, 3))
	}
	switch s := r.Status; {
	case s == aponoapi.Pending:
		done := 0
		for _, a := range r.Approvers {
			if a.Decision == aponoapi.Approved {
				done++
			}
		}
		return texts.English("Apono has your decision, and waits for the others: %d of %d have approved so far.").With(done, len(r.Approvers))
	case s == aponoapi.Rejected:
		return said(aponoapi.Refused, "It is rejected already.", "It is rejected already: %s.")
	case s == aponoapi.Granting, s.Active():
		return said(aponoapi.Approved, "It is approved already.", "It is approved already: %s.")
	case s == aponoapi.PendingMFA:
		return texts.English("Apono waits for the requester to pass MFA. Decide when that is done.")
	}
	return texts.English("There is nothing to decide any more. The request: %s.").With(cards.StatusText(r.Status))
}

// noteDecision records what came of an approver's word, so that every card
// shows it, and who said it.
func (b *Bot) noteDecision(ctx context.Context, who db.Person, o outcome) error {
	ctx, cancel := context.WithTimeout(ctx, decideLasts)
	defer cancel()
	err := b.Store.Audit(ctx, who.PersonKey, db.AuditEntry{Action: o.action(), Request: o.now.ID, Outcome: o.audited()})
	by := who.Name
	if !o.counts || o.now.Status == aponoapi.Pending {
		by = ""
	}
	return errors.Join(err, b.decided(ctx, o.now, by, o.reason))
}

// follow brings every card of a request to how it stands, beside the press that
// found it out.
func (b *Bot) follow(ctx context.Context, r told) {
	b.goOn(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, decideLasts)
		defer cancel()
		err := b.decided(ctx, r, "", "")
		if err != nil {
			b.Log.Warn().Err(loggable(err)).Str("request_id", r.ID).Msg("cards do not follow a decision yet")
		}
		return err
	})
}

// decided records how a request stands that an approver has just been told of,
// and who decided if that was them.
func (b *Bot) decided(ctx context.Context, r told, by, reason string) error {
	known, err := b.known(ctx, r.AccessRequest)
	if err != nil || known.ID == "" {
		return err
	}
	err = b.nameAsTold(ctx, known, r)
	if _, owed := b.Store.OweRefresh(ctx, known.ID, b.Now()); owed != nil {
		return errors.Join(err, owed)
	}
	err = errors.Join(err, b.refresh(ctx, db.RefreshRequest{RequestID: known.ID}))
	if by == "" {
		return err
	}
	return errors.Join(err, b.Store.Explained(ctx, db.Request{ID: known.ID, DecidedBy: by, Reason: cards.Line(reason, reasonLimit)}))
}

// known is the request that the bot remembers by any of a request's names; zero
// if it remembers none.
func (b *Bot) known(ctx context.Context, r aponoapi.AccessRequest) (db.Request, error) {
	for _, name := range append(r.IDs(), r.FriendlyID) {
		if name == "" {
			continue
		}
		known, err := b.Store.Request(ctx, name)
		if err == nil || !errors.Is(err, db.ErrNotFound) {
			return known, err
		}
	}
	return db.Request{}, nil
}
