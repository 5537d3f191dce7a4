package teamsbot

import (
	"context"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/teamsbot/teams"
	"github.com/apono-teams/teamsbot/texts"
)

// openWish opens the last step of the form with all of a wish that can
// still be asked for. follows is the submission that it repeats, if any.
func (t *turn) openWish(ctx context.Context, w db.Wish, follows string) (teams.Answer, error) {
	return t.openForm(ctx, wishForm(w, follows))
}

// wishForm is the form for a wish.
func wishForm(w db.Wish, follows string) form {
	if w.Bundle.ID != "" {
		return bundleWish(w, follows)
	}
	f := newForm()
	f.Follows = follows
	if w.Integration.ID != "" && w.ResourceType.ID != "" {
		f.Step, f.Unchecked = stepFinish, true
		f.Integration, f.ResourceType, f.Resources = w.Integration, w.ResourceType, w.Resources
	}
	for _, p := range w.Permissions {
		f.Permissions = append(f.Permissions, db.Named{ID: p, Name: p})
	}
	if w.Duration > 0 {
		f.sayDuration(w.Duration)
	}
	return f
}

// bundleWish is the form that asks for a wish for a bundle.
func bundleWish(w db.Wish, follows string) form {
	f := newBundleForm()
	f.Step, f.Unchecked, f.Follows = stepFinish, true, follows
	f.Bundle, f.Some, f.Units = w.Bundle, len(w.Units) > 0, w.Units
	if w.Duration > 0 {
		f.sayDuration(w.Duration)
	}
	return f
}

// wish is what the form asks for, without the reason.
func (f *form) wish() db.Wish {
	d, _ := f.duration()
	if f.ForBundle {
		w := db.Wish{Bundle: f.Bundle, Duration: d}
		if f.Some {
			w.Units = f.Units
		}
		return w
	}
	return db.Wish{
		Integration: f.Integration, ResourceType: f.ResourceType, Resources: f.Resources,
		Permissions: namesOf(f.Permissions), Duration: d,
	}
}

// review drops from a form what the person cannot ask for any more, says so in
// it, and leaves it at the step at which something must be chosen. What has
// another name now gets that.
func (t *turn) review(ctx context.Context, f form) (form, error) {
	c, user, err := t.offers(ctx, &f)
	if err != nil {
		return f, err
	}
	f.Unchecked, f.Step = false, stepFinish
	if f.ForBundle {
		return t.reviewBundle(ctx, c, user, f)
	}
	l, err := c.integrations(ctx, user)
	if err != nil {
		return f, err
	}
	if kept := l.still(f.Integration); len(kept) == 1 {
		f.Integration = kept[0]
		return t.reviewType(ctx, c, user, f)
	}
	f.left("integration %s", f.Integration)
	f.Step, f.Integration, f.ResourceType, f.Resources, f.Permissions = stepIntegration, db.Named{}, db.Named{}, nil, nil
	return f, nil
}

// reviewType is review for an integration that is still there.
func (t *turn) reviewType(ctx context.Context, c *catalog, user string, f form) (form, error) {
	l, err := c.resourceTypes(ctx, user, f.Integration.ID)
	if err != nil {
		return f, err
	}
	if kept := l.still(f.ResourceType); len(kept) == 1 {
		f.ResourceType = kept[0]
		return t.reviewRest(ctx, c, user, f)
	}
	f.left("resource type %s", f.ResourceType)
	f.Step, f.ResourceType, f.Resources, f.Permissions = stepResourceType, db.Named{}, nil, nil
	return f, nil
}

// reviewRest is review for a resource type that is still there.
func (t *turn) reviewRest(ctx context.Context, c *catalog, user string, f form) (form, error) {
	resources, err := c.resources(ctx, user, f.Integration.ID, f.ResourceType.ID)
	if err != nil {
		return f, err
	}
	permissions, err := c.permissions(ctx, user, f.Integration.ID, f.ResourceType.ID)
	if err != nil {
		return f, err
	}
	kept := resources.still(f.Resources...)
	f.left("resources %s", without(f.Resources, kept)...)
	if f.Resources = kept; len(kept) == 0 {
		f.Step = stepResources
	}
	kept = permissions.still(f.Permissions...)
	if !permissions.several && len(kept) > 1 {
		kept = kept[:1]
	}
	f.left("permissions %s", without(f.Permissions, kept)...)
	f.Permissions = kept
	return f, nil
}

// reviewBundle is review for a bundle. A part of it never becomes the whole by
// itself.
func (t *turn) reviewBundle(ctx context.Context, c *catalog, user string, f form) (form, error) {
	l, err := t.bundles(ctx, c, user)
	if err != nil {
		return f, err
	}
	kept := l.still(f.Bundle)
	if len(kept) == 0 {
		f.left("bundle %s", f.Bundle)
		f.Step, f.Bundle, f.Some, f.Units = stepBundle, db.Named{}, false, nil
		return f, nil
	}
	if f.Bundle = kept[0]; !f.Some {
		return f, nil
	}
	if l, err = c.units(ctx, user, f.Bundle.ID); err != nil {
		return f, err
	}
	units := l.still(f.Units...)
	f.left("resources %s", without(f.Units, units)...)
	f.Units = units
	switch {
	case l.untold: // Next would ask for the whole
		f.Step, f.Some = stepBundle, false
	case len(units) == 0:
		f.Step = stepContents
	}
	return f, nil
}

// leftOut is what is not available any more, of one kind.
type leftOut struct {
	Kind  texts.English `json:"kind"`
	Names []string      `json:"names"`
}

// left notes in the form that these are left out of it.
func (f *form) left(kind texts.English, gone ...db.Named) {
	if len(gone) > 0 {
		f.Left = append(f.Left, leftOut{kind, namesOf(gone)})
	}
}

// leftOut says what is left out of the form; nil if nothing is.
func (f *form) leftOut() texts.Text {
	if len(f.Left) == 0 {
		return nil
	}
	kinds := make([]texts.Text, len(f.Left))
	for i, l := range f.Left {
		kinds[i] = l.Kind.With(cards.Names(l.Names, 3))
	}
	return texts.English("Not available to you any more, and left out: %s.").With(texts.Join(texts.Outside("; "), kinds...))
}

// still are those of the items that the list has, as it names them now. Where
// Apono does not tell all, absence proves nothing.
func (l *listing) still(items ...db.Named) []db.Named {
	byID := make(map[string]db.Named, len(l.items))
	for _, it := range l.items {
		byID[it.ID] = it
	}
	var kept []db.Named
	for _, it := range items {
		now, ok := byID[it.ID]
		switch {
		case ok:
			kept = append(kept, now)
		case l.cut > 0:
			kept = append(kept, it)
		}
	}
	return kept
}

// without are the items that are not among the others, by id.
func without(items, others []db.Named) []db.Named {
	among := make(map[string]bool, len(others))
	for _, it := range others {
		among[it.ID] = true
	}
	var rest []db.Named
	for _, it := range items {
		if !among[it.ID] {
			rest = append(rest, it)
		}
	}
	return rest
}
