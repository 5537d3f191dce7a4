package teamsbot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

const (
	// showLasts bounds the press that shows details, which Apono may need long
	// for: Teams sends a press again after 15 s.
	showLasts = 9500 * time.Millisecond
	// beforeLasts is what may pass before Apono is asked, so that enough is left
	// for reading.
	beforeLasts = 4 * time.Second
	// readLasts bounds the reading itself, and answerLasts is left of the time
	// to note what came of it and to answer.
	readLasts   = 8 * time.Second
	answerLasts = 700 * time.Millisecond
	// leastLasts is what must be left for it to be begun at all.
	leastLasts = 4 * time.Second
	// shownLasts is how long an answer with details is kept in memory for a
	// repeat of the same press.
	shownLasts = 30 * time.Second
)

// errLate says that Apono did not tell details in time. They may be used up.
var errLate = errors.New("the details did not come in time")

// errEmpty says that Apono answered with no details that the bot can read. They
// may be used up.
var errEmpty = errors.New("there are no details in the answer")

// showDetails shows the details of one system, which uses up the one look that
// there is. Who claims it first goes on; the others are told how it stands.
func (t *turn) showDetails(ctx context.Context) (teams.Answer, error) {
	soon, cancel := context.WithTimeout(ctx, t.bot.within(beforeLasts))
	defer cancel()
	g, err := t.granted(soon)
	if err != nil {
		return t.notGranted(ctx, tooLate(err))
	}
	x, ok := g.system(t.press.Session)
	switch {
	case !ok:
		return t.detailsDialog(g, texts.English("This has changed meanwhile."))
	case x.State != cards.DetailsOpen && !x.Free:
		return t.detailsDialog(g, wordsShownBefore)
	}
	read, err := t.reader(soon, g, x)
	if err != nil {
		return teams.Answer{}, tooLate(err)
	}
	if x.Free {
		return t.showAgain(ctx, g, x, read)
	}
	return t.showOnce(ctx, g, x, read)
}

// showOnce claims the look and, if nobody else has, has it.
func (t *turn) showOnce(ctx context.Context, g *grant, x cards.System, read func(context.Context) (aponoapi.Details, error)) (teams.Answer, error) {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < t.bot.within(leastLasts) {
		return t.detailsDialog(g, nil) // as after connecting: Show is to be pressed once more
	}
	at := db.System{RequestID: g.request.ID, SessionID: x.Session}
	claim, ok, err := t.bot.Store.ClaimDetails(ctx, at, t.person.PersonKey, t.bot.Now())
	if err != nil {
		return teams.Answer{}, tooLate(err)
	}
	g.stands(systemView(claim, zoneOf(t.person)))
	if !ok {
		return t.detailsDialog(g, wordsShownBefore)
	}
	details, err := t.look(ctx, at, claim.Number, read)
	if err != nil {
		return t.notShown(ctx, g, claim, err)
	}
	return t.shown(g, claim, details)
}

// tooLate says what to do when the time was up before Apono was asked.
func tooLate(err error) error {
	var s *sorryError
	if errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &s) {
		return sorry(err, wordsTookTooLong)
	}
	return err
}

// showAgain shows details in which there is no secret. They are not stored
// either: Apono may be wrong.
func (t *turn) showAgain(ctx context.Context, g *grant, x cards.System, read func(context.Context) (aponoapi.Details, error)) (teams.Answer, error) {
	reading, cancel := context.WithTimeout(ctx, t.bot.within(beforeLasts))
	defer cancel()
	d, err := read(reading)
	if err != nil {
		t.err = err
		return t.detailsDialog(g, t.bot.wordsOfDetails(err))
	}
	entry := db.AuditEntry{
		Action: db.AuditDetails, Request: g.request.ID, Outcome: "done", Detail: map[string]string{"session": x.Session, "secret": "none"},
	}
	if err := t.bot.Store.Audit(ctx, t.person.PersonKey, entry); err != nil {
		return teams.Answer{}, err
	}
	repeat, err := t.detailsDialog(g, nil)
	if err != nil {
		return teams.Answer{}, err
	}
	t.repeat = &repeat
	card := cards.AccessDetails(cards.Shown{System: x.Name, Session: x.Session, Admin: t.bot.admin()}, d).JSON(t.reads())
	defer clear(card)
	return teams.TaskCard(wordsDetails.In(t.reads()), card, teams.Large)
}

// reader is what reads the details of a system, once.
func (t *turn) reader(ctx context.Context, g *grant, x cards.System) (func(context.Context) (aponoapi.Details, error), error) {
	if g.own != nil {
		return func(ctx context.Context) (aponoapi.Details, error) { return g.own.SessionDetails(ctx, x.Session) }, nil
	}
	id, err := t.bot.v3ID(ctx, g.request, g.told)
	switch {
	case errors.Is(err, errUnnamed):
		return nil, sorry(err, wordsDetailsInPortal)
	case err != nil:
		return nil, sorry(err, t.bot.wordsOf(err))
	}
	return func(ctx context.Context) (aponoapi.Details, error) { return t.bot.Apono.DetailsV3(ctx, id) }, nil
}

// look reads details beside the press, which Teams may give up, and notes what
// came of it. What comes too late is dropped.
func (t *turn) look(ctx context.Context, x db.System, claim int64, read func(context.Context) (aponoapi.Details, error)) (aponoapi.Details, error) {
	type result struct {
		details aponoapi.Details
		err     error
	}
	end, _ := ctx.Deadline() // take has set one
	got := make(chan result, 1)
	var gone atomic.Bool // nobody waits any more
	b, by := t.bot, t.person.PersonKey
	noted := b.goOn(ctx, func(ctx context.Context) error {
		reading, cancel := context.WithTimeout(ctx, min(b.within(readLasts), time.Until(end)-answerLasts))
		defer cancel()
		d, err := read(reading)
		if err == nil && isEmpty(d) {
			err = errEmpty
		}
		got <- result{d, err}
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return b.noteLook(late, x, claim, by, lookedAt(d, err, gone.Load()))
	})
	select {
	case err := <-noted:
		t.err = err // that the look is gone stays claimed, at least
	case <-ctx.Done():
		gone.Store(true)
	}
	select {
	case r := <-got:
		return r.details, r.err
	default:
		return aponoapi.Details{}, errLate
	}
}

// seen is what came of a look.
type seen struct {
	released bool // nothing was shown, and nothing is used up
	note     db.DetailsNote
}

// lookedAt weighs what Apono answered. Where nobody can know, the look counts
// as used up: it is never tried again.
func lookedAt(d aponoapi.Details, err error, gone bool) seen {
	switch {
	case err != nil && !unclear(err):
		return seen{released: true}
	case err != nil, gone:
		return seen{note: db.DetailsUnclear}
	case d.Masked():
		return seen{note: db.DetailsMasked}
	}
	return seen{}
}

// refusals are how Apono says that it has shown nothing.
var refusals = []error{
	aponoapi.ErrUnauthorized, aponoapi.ErrForbidden, aponoapi.ErrNotFound, aponoapi.ErrConflict,
	aponoapi.ErrInvalid, aponoapi.ErrUnavailable,
}

// unclear says that the details may be used up although they did not come, for
// example because something sends us elsewhere for them.
func unclear(err error) bool {
	return !slices.ContainsFunc(refusals, func(refusal error) bool { return errors.Is(err, refusal) })
}

func isEmpty(d aponoapi.Details) bool {
	return d.Instructions == "" && len(d.Parameters) == 0 && d.CLI == "" && d.LinkURL == ""
}

func (b *Bot) noteLook(ctx context.Context, x db.System, claim int64, by db.PersonKey, o seen) error {
	if o.released {
		return b.Store.ReleaseDetails(ctx, x, claim, by, b.Now())
	}
	return b.Store.DetailsShown(ctx, x, claim, o.note, by, b.Now())
}

// shown is the answer with the details in it. It is not stored: whoever sends
// the press again gets it from memory, once, or is told that it was shown.
func (t *turn) shown(g *grant, claim db.Details, d aponoapi.Details) (teams.Answer, error) {
	now := claim
	now.State, now.At = db.DetailsViewed, t.bot.Now()
	g.stands(systemView(now, zoneOf(t.person)))
	repeat, err := t.detailsDialog(g, texts.English("These details were shown before, and cannot be shown again."))
	if err != nil {
		return teams.Answer{}, err
	}
	t.repeat = &repeat
	card := cards.AccessDetails(cards.Shown{
		System: claim.Name, Session: claim.SessionID, Once: true, Masked: d.Masked(), Admin: t.bot.admin(),
	}, d).JSON(t.reads())
	defer clear(card)
	return teams.TaskCard(wordsDetails.In(t.reads()), card, teams.Large)
}

// notShown says why there is nothing to see, and what to do.
func (t *turn) notShown(ctx context.Context, g *grant, claim db.Details, err error) (teams.Answer, error) {
	t.err = err
	if g.own != nil && errors.Is(err, aponoapi.ErrUnauthorized) {
		return t.reconnect(ctx)
	}
	now := claim
	now.At = t.bot.Now()
	var problem texts.Text = texts.English("Apono did not answer in time, and what comes now is thrown away. The details may be used up: reset the credentials.")
	if errors.Is(err, errEmpty) {
		problem = texts.English("Apono answered, and there was nothing in it. The details may be used up: reset the credentials.")
	}
	now.State, now.Note = db.DetailsViewed, db.DetailsUnclear
	if !unclear(err) {
		problem = sentences(t.bot.wordsOfDetails(err), texts.English("Nothing was shown, and nothing is lost: press Show again."))
		now.State, now.Note = db.DetailsOpen, ""
	}
	g.stands(systemView(now, zoneOf(t.person)))
	return t.detailsDialog(g, problem)
}

// shownAnswers are answers with details in them, for a repeat of the very press
// that they answer. They are in memory only, each for one repeat and not for
// long.
type shownAnswers struct {
	mu  sync.Mutex
	all map[pressKey][]byte
}

// pressKey names a press.
type pressKey struct {
	person       db.PersonKey
	conversation string
	activity     string
}

// keep keeps a copy of an answer.
func (s *shownAnswers) keep(k pressKey, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[pressKey][]byte)
	}
	s.all[k] = append([]byte(nil), body...)
	time.AfterFunc(shownLasts, func() { clear(s.take(k)) })
}

// take gives an answer away; nil if there is none.
func (s *shownAnswers) take(k pressKey) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := s.all[k]
	delete(s.all, k)
	return body
}
