package aponotest

import (
	"slices"
	"strings"
	"time"
)

// wish is a request before Apono has decided whether to take it.
type wish struct {
	requester, grantee *Person
	bundle             *Bundle // nil: units of any integrations
	units              []unit
	justification      string
	duration           time.Duration // 0: not said
	fields             map[string]string
	v3                 bool // an admin's word counts, and there are no fields
}

// part is what of a wish goes through one access flow.
type part struct {
	flow  *Flow
	units []unit
}

// submit takes a wish as one request per access flow, or says why it takes
// none of it.
func (s *Server) submit(w wish) ([]*record, error) {
	parts, err := s.split(w)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if problems := s.objections(p.flow, w); len(problems) > 0 {
			return nil, invalid("%s", problems[0].Message)
		}
	}
	var opened []*record
	for _, p := range parts {
		r := &record{
			Requester: w.requester.ID, Grantee: w.grantee.ID, Units: p.units, Flow: p.flow.Name,
			Justification: w.justification, Duration: w.duration, CustomFields: w.fields,
		}
		if w.bundle != nil {
			r.Bundle = w.bundle.Name
		}
		if r.Duration == 0 {
			r.Duration = p.flow.MaxDuration
		}
		s.open(r)
		opened = append(opened, r)
	}
	return opened, nil
}

// split finds the flows of a wish, in the order of its units.
func (s *Server) split(w wish) ([]part, error) {
	if w.grantee.Inactive {
		return nil, forbidden("The user is not active")
	}
	if w.bundle != nil {
		f := s.world.flowForBundle(w.grantee, w.bundle)
		if err := w.permitted(f, w.bundle.Name); err != nil {
			return nil, err
		}
		return []part{{flow: f, units: w.units}}, nil
	}
	var parts []part
	for _, u := range w.units {
		in := s.world.integration(u.Integration)
		f := s.world.flowFor(w.grantee, in)
		if err := w.permitted(f, in.Name); err != nil {
			return nil, err
		}
		at := slices.IndexFunc(parts, func(p part) bool { return p.flow == f })
		if at < 0 {
			at = len(parts)
			parts = append(parts, part{flow: f})
		}
		parts[at].units = append(parts[at].units, u)
	}
	return parts, nil
}

func (w wish) permitted(f *Flow, what string) error {
	switch {
	case f == nil:
		return forbidden("The user is not entitled to request access to " + what)
	case !w.v3 && !f.allows(w.requester, w.grantee):
		return forbidden("You are not allowed to request access to " + what + " on behalf of this user")
	}
	return nil
}

// objection is what a dry-run says about a field.
type objection struct {
	Code    string         `json:"code"`
	Field   string         `json:"field"`
	Message string         `json:"message,omitempty"`
	Details map[string]any `json:"details"`
}

// objections checks a wish against a flow's settings and the company's
// custom fields.
func (s *Server) objections(f *Flow, w wish) []objection {
	list := []objection{}
	object := func(code, field, message string, details map[string]any) {
		list = append(list, objection{code, field, message, details})
	}
	if f.JustificationRequired && strings.TrimSpace(w.justification) == "" {
		object("FIELD_MISSING", "justification", "Justification is required", map[string]any{})
	}
	if f.MaxDuration > 0 && w.duration > f.MaxDuration {
		object("INVALID_DURATION", "duration_in_sec",
			invalid("Requested duration exceeds the maximum allowed duration of %g hours", f.MaxDuration.Hours()).Error(),
			map[string]any{"max_duration": int64(f.MaxDuration.Seconds())})
	}
	if w.v3 {
		return list
	}
	for _, field := range s.world.CustomFields {
		value := w.fields[field.ID]
		switch {
		case field.Required && strings.TrimSpace(value) == "":
			object("FIELD_MISSING", field.ID, field.Label+" is required", map[string]any{})
		case value != "" && len(field.Options) > 0 && !slices.Contains(field.Options, value):
			object("INVALID_VALUE", field.ID, field.Label+" must be one of "+strings.Join(field.Options, ", "), map[string]any{})
		}
	}
	return list
}

const maxResources = 1000 // in one request, as the portal has it

// unitsOf expands resources and permission names of one integration.
func (s *Server) unitsOf(in *Integration, resources, permissions []string) ([]unit, error) {
	if len(resources) == 0 || len(permissions) == 0 {
		return nil, invalid("At least one resource and one permission are required")
	}
	if len(resources) > maxResources {
		return nil, invalid("At most %d resources can be requested at once", maxResources)
	}
	var units []unit
	for _, id := range resources {
		at, ok := s.index.resources[id]
		if !ok || at.in != in {
			return nil, invalid("Unknown resource %q", id)
		}
		if len(permissions) > 1 && !at.kind.AllowMultiple {
			return nil, invalid("Only one permission can be requested for %s", at.kind.Name)
		}
		for _, name := range permissions {
			if !slices.Contains(at.kind.Permissions, name) {
				return nil, invalid("Unknown permission %q", name)
			}
			units = append(units, unit{Integration: in.ID, Type: at.kind.ID, Resource: id, Permission: name})
		}
	}
	return units, nil
}
