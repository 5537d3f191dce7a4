package aponotest

import (
	"slices"
	"strings"
	"time"
)

// wish is a request before Apono has decided whether to take it.
type wish struct {
	requester, grantee *Person
	units              []unit
	justification      string
	duration           time.Duration // 0: not said
	fields             map[string]string
}

// submit takes a wish, or says why not.
func (s *Server) submit(w wish) (*record, error) {
	f, err := s.flowOf(w)
	if err != nil {
		return nil, err
	}
	if err := f.accepts(w); err != nil {
		return nil, err
	}
	if w.duration == 0 {
		w.duration = f.MaxDuration
	}
	r := &record{
		Requester: w.requester.ID, Grantee: w.grantee.ID, Units: w.units, Flow: f.Name,
		Justification: w.justification, Duration: w.duration, CustomFields: w.fields,
	}
	s.open(r)
	return r, nil
}

func (s *Server) flowOf(w wish) (*Flow, error) {
	if w.grantee.Inactive {
		return nil, forbidden("The user is not active")
	}
	in := s.world.integration(w.units[0].Integration)
	f := s.world.flowFor(w.grantee, in)
	if f == nil {
		return nil, forbidden("The user is not entitled to request access to " + in.Name)
	}
	return f, nil
}

// accepts checks a wish against the flow's settings.
func (f *Flow) accepts(w wish) error {
	switch {
	case f.JustificationRequired && strings.TrimSpace(w.justification) == "":
		return invalid("Justification is required")
	case w.duration < 0:
		return invalid("Duration must be positive")
	case f.MaxDuration > 0 && w.duration > f.MaxDuration:
		return invalid("Requested duration exceeds the maximum allowed duration of %g hours", f.MaxDuration.Hours())
	}
	return nil
}

// units expands resources and permission names of one integration.
func (in *Integration) units(resources, permissions []string) ([]unit, error) {
	if len(resources) == 0 || len(permissions) == 0 {
		return nil, invalid("At least one resource and one permission are required")
	}
	if len(resources) > 1000 {
		return nil, invalid("At most 1000 resources can be requested at once")
	}
	var units []unit
	for _, id := range resources {
		t, _ := in.find(id)
		if t == nil {
			return nil, invalid("Unknown resource %q", id)
		}
		if len(permissions) > 1 && !t.AllowMultiple {
			return nil, invalid("Only one permission can be requested for %s", t.Name)
		}
		for _, name := range permissions {
			if !slices.Contains(t.Permissions, name) {
				return nil, invalid("Unknown permission %q", name)
			}
			units = append(units, unit{Integration: in.ID, Type: t.ID, Resource: id, Permission: name})
		}
	}
	return units, nil
}
