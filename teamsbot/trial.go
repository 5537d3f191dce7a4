package teamsbot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/texts"
)

const (
	// trialLasts bounds a trial before a submit: the submit needs time, too.
	trialLasts = 900 * time.Millisecond
	// limitLasts bounds a trial that only makes a step tell more.
	limitLasts = 500 * time.Millisecond
)

// tried asks Apono what it would say to a request, with the person's own token
// if they have connected one, and tells what is wrong at which field. Whatever
// it says about anything else, or keeps to itself, Apono says when it is asked
// in earnest.
func (t *turn) tried(ctx context.Context, f *form, a db.Asked) problems {
	ctx, cancel := context.WithTimeout(ctx, t.bot.within(trialLasts))
	defer cancel()
	l, own, err := t.bot.link(ctx, t.person)
	if err != nil {
		return nil
	}
	trial, ok := t.trialOf(ctx, own, a)
	if !ok {
		return nil
	}
	verdict, err := own.DryRun(ctx, trial)
	if err != nil {
		t.trialFailed(ctx, l, err)
		return nil
	}
	f.Longest, f.LongestOf = verdict.MaxDuration, f.fingerprint()
	wrong := problems{}
	for _, p := range verdict.Problems {
		if field, words := judged(p, verdict, a); field != "" && wrong[field] == nil {
			wrong[field] = words
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return wrong
}

// trialFailed forgets a token that Apono does not take any more. Nothing else
// that becomes of a trial is of interest.
func (t *turn) trialFailed(ctx context.Context, l db.Link, err error) {
	if !errors.Is(err, aponoapi.ErrUnauthorized) {
		return
	}
	late, cancel := t.bot.grace(ctx)
	defer cancel()
	if _, err := t.bot.Store.DropLink(late, l.Person, l.Sealed, db.DroppedByApono); err != nil {
		t.err = errors.Join(t.err, err)
	}
}

// trialOf is a request as the client API names its parts; not ok where that is
// not known. A trial of something else would refuse what may be had.
func (t *turn) trialOf(ctx context.Context, own *aponoapi.Client, a db.Asked) (trial aponoapi.Trial, ok bool) {
	trial = aponoapi.Trial{GranteeID: a.For.ID, Justification: a.Justification, Duration: a.Duration, CustomFields: make(map[string]string)}
	for _, answer := range a.Answers {
		if answer.Value != "" {
			trial.CustomFields[answer.FieldID] = answer.Value
		}
	}
	switch {
	case a.Bundle.ID != "" && len(a.Units) == 0:
		trial.BundleIDs = []string{a.Bundle.ID}
		return trial, true
	case a.Bundle.ID != "":
		// v4 is asked for a part without naming the bundle.
		for _, u := range a.Units {
			if u.ID == "" || u.ID == u.Resource.ID+" "+u.Permission.ID { // not told, see unitID
				return trial, false
			}
			trial.AccessUnitIDs = append(trial.AccessUnitIDs, u.ID)
		}
		return trial, true
	}
	trial.IntegrationIDs, trial.ResourceTypeIDs = []string{a.Integration.ID}, []string{a.ResourceType.ID}
	trial.ResourceIDs = idsOf(a.Resources)
	trial.PermissionIDs, ok = t.permissionIDs(ctx, own, a)
	return trial, ok
}

// permissionIDs are the permissions that are asked for by the names that the
// client API has for them; v3 knows them by those that people read.
func (t *turn) permissionIDs(ctx context.Context, own *aponoapi.Client, a db.Asked) (ids []string, ok bool) {
	if len(a.Resources) == 0 {
		return nil, false
	}
	l, err := t.bot.catalog.unitsOf(ctx, own, a.AponoUserID, a.For.ID, a.Integration.ID, a.Resources[0].ID)
	if err != nil {
		return nil, false
	}
	for _, name := range a.Permissions {
		i := slices.IndexFunc(l.units, func(u aponoapi.Entitlement) bool {
			return u.Resource.ID == a.Resources[0].ID && u.Permission.Name == name && u.Permission.ID != ""
		})
		if i < 0 {
			return nil, false
		}
		ids = append(ids, l.units[i].Permission.ID)
	}
	return ids, len(ids) > 0
}

// unitsOf are a person's permissions on one resource, as the client API tells
// their own token.
func (c *catalog) unitsOf(ctx context.Context, own *aponoapi.Client, user, grantee, integration, resource string) (*listing, error) {
	key := listingKey{"own units of " + grantee, user, integration, resource}
	return c.get(ctx, key, func(ctx context.Context) (*listing, error) {
		all, err := collect(own.AccessUnits(ctx, aponoapi.UnitFilter{
			IntegrationIDs: []string{integration}, ResourceIDs: []string{resource}, GranteeID: grantee, PageSize: listPage,
		}))
		if err != nil {
			return nil, err
		}
		return listingOfUnits(all), nil
	})
}

// judged is the field of the form at which a problem is said, and the words;
// "" and nil for what the form has no field for.
func judged(p aponoapi.Problem, v aponoapi.Verdict, a db.Asked) (field string, words texts.Text) {
	for _, answer := range a.Answers {
		if answer.FieldID == p.Field {
			return fieldAnswer(p.Field), orElse(p.Message, "This has to be answered otherwise.")
		}
	}
	switch {
	case p.Field == "justification":
		return cards.FieldJustification, orElse(p.Message, "Apono needs a justification for this.")
	case p.Field == "duration_in_sec" && v.MaxDuration > 0 && a.Duration > v.MaxDuration:
		return cards.FieldDuration, texts.English("Apono gives this for %s at most.").With(v.MaxDuration)
	case p.Field == "duration_in_sec":
		return cards.FieldDuration, orElse(p.Message, "Apono does not give this for so long.")
	}
	return "", nil
}

// orElse is what Apono says as a sentence, or our words where it says nothing.
func orElse(said string, words texts.English) texts.Text {
	if said = strings.TrimRight(strings.TrimSpace(said), "."); said == "" {
		return words
	}
	return texts.English("Apono says: %s.").With(said)
}

// learnLongest finds out for how long Apono gives what is chosen so far, if it
// tells the person's own token soon enough.
func (t *turn) learnLongest(ctx context.Context, f *form) {
	if f.LongestOf == f.fingerprint() {
		return
	}
	f.Longest, f.LongestOf = 0, ""
	ctx, cancel := context.WithTimeout(ctx, t.bot.within(limitLasts))
	defer cancel()
	l, own, err := t.bot.link(ctx, t.person)
	if err != nil {
		return
	}
	trial := aponoapi.Trial{
		IntegrationIDs: []string{f.Integration.ID}, ResourceTypeIDs: []string{f.ResourceType.ID}, ResourceIDs: idsOf(f.Resources),
	}
	switch {
	case f.ForBundle && f.Some:
		trial = aponoapi.Trial{AccessUnitIDs: idsOf(f.Units)}
	case f.ForBundle:
		trial = aponoapi.Trial{BundleIDs: []string{f.Bundle.ID}}
	}
	trial.GranteeID = f.For.ID
	verdict, err := own.DryRun(ctx, trial)
	if err != nil {
		t.trialFailed(ctx, l, err)
		return
	}
	f.Longest, f.LongestOf = verdict.MaxDuration, f.fingerprint()
}

// fingerprint tells apart what is chosen.
func (f *form) fingerprint() string {
	var all []string
	for _, items := range [][]db.Named{{f.For, f.Bundle, f.Integration, f.ResourceType}, f.Resources, f.Permissions, f.Units} {
		all = append(all, strings.Join(idsOf(items), "\x00"))
	}
	sum := sha256.Sum256([]byte(fmt.Sprint(f.Some, strings.Join(all, "\x00\x00"))))
	return hex.EncodeToString(sum[:8])
}
