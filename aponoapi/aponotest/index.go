package aponotest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// place is where a resource or a permission belongs.
type place struct {
	in   *Integration
	kind *ResourceType
	res  *Resource // nil for a permission
	name string    // of the permission
}

// index finds things of a world by their ids, which are unique in it, and the
// ids of permissions.
type index struct {
	resources     map[string]place
	permissions   map[string]place
	permissionIDs map[permission]string
}

type permission struct {
	kind *ResourceType
	name string
}

func newIndex(w *World) index {
	x := index{
		resources: make(map[string]place), permissions: make(map[string]place), permissionIDs: make(map[permission]string),
	}
	for i := range w.Integrations {
		in := &w.Integrations[i]
		for t := range in.ResourceTypes {
			kind := &in.ResourceTypes[t]
			for r := range kind.Resources {
				x.resources[kind.Resources[r].ID] = place{in: in, kind: kind, res: &kind.Resources[r]}
			}
			for _, name := range kind.Permissions {
				id := id("permission", in.ID, kind.ID, name)
				x.permissions[id] = place{in: in, kind: kind, name: name}
				x.permissionIDs[permission{kind, name}] = id
			}
		}
	}
	return x
}

func (x index) permissionID(kind *ResourceType, name string) string {
	return x.permissionIDs[permission{kind, name}]
}

// check refuses a world that contradicts itself.
func (w *World) check() error {
	wrong := w.twice()
	for _, f := range w.Flows {
		for _, address := range slices.Concat(append(slices.Clone(f.Approvers), f.Requesters, f.OnBehalf)...) {
			if w.person(address) == nil {
				wrong = append(wrong, fmt.Errorf("flow %q: nobody is %s", f.Name, address))
			}
		}
		for _, name := range f.Integrations {
			if w.integrationNamed(name) == nil {
				wrong = append(wrong, fmt.Errorf("flow %q: no integration %s", f.Name, name))
			}
		}
		for _, name := range f.Bundles {
			if w.bundle(name) == nil {
				wrong = append(wrong, fmt.Errorf("flow %q: no bundle %s", f.Name, name))
			}
		}
	}
	for _, b := range w.Bundles {
		if len(w.contents(&b)) == 0 {
			wrong = append(wrong, fmt.Errorf("bundle %q: contains nothing", b.Name))
		}
	}
	return errors.Join(wrong...)
}

// twice tells the names of a world that do not say which of two is meant.
func (w *World) twice() (wrong []error) {
	seen := make(map[string]bool)
	once := func(kind string, names ...string) {
		for _, name := range names {
			key := kind + " " + strings.ToLower(name)
			if seen[key] {
				wrong = append(wrong, fmt.Errorf("there are two of %s %s", kind, name))
			}
			seen[key] = true
		}
	}
	for _, p := range w.People {
		once("person", p.ID, p.Email)
	}
	for _, in := range w.Integrations {
		once("integration", in.ID, in.Name)
		for _, t := range in.ResourceTypes {
			once("resource type of "+in.Name, t.ID)
			for _, r := range t.Resources {
				once("resource", r.ID)
			}
		}
	}
	for _, b := range w.Bundles {
		once("bundle", b.ID, b.Name)
	}
	for _, f := range w.Flows {
		once("flow", f.Name)
	}
	return wrong
}

// person finds by id or mail address.
func (w *World) person(idOrEmail string) *Person {
	i := slices.IndexFunc(w.People, func(p Person) bool {
		return p.ID == idOrEmail || strings.EqualFold(p.Email, idOrEmail)
	})
	if i < 0 {
		return nil
	}
	return &w.People[i]
}

func (w *World) integration(id string) *Integration {
	i := slices.IndexFunc(w.Integrations, func(in Integration) bool { return in.ID == id })
	if i < 0 {
		return nil
	}
	return &w.Integrations[i]
}

func (w *World) integrationNamed(name string) *Integration {
	i := slices.IndexFunc(w.Integrations, func(in Integration) bool { return in.Name == name })
	if i < 0 {
		return nil
	}
	return &w.Integrations[i]
}

// bundle finds by id or display name.
func (w *World) bundle(reference string) *Bundle {
	i := slices.IndexFunc(w.Bundles, func(b Bundle) bool { return b.ID == reference || b.Name == reference })
	if i < 0 {
		return nil
	}
	return &w.Bundles[i]
}

func (w *World) flow(name string) *Flow {
	i := slices.IndexFunc(w.Flows, func(f Flow) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &w.Flows[i]
}

// contents is what a bundle gives.
func (w *World) contents(b *Bundle) []unit {
	var units []unit
	for _, part := range b.Parts {
		in := w.integrationNamed(part.Integration)
		if in == nil || in.resourceType(part.ResourceType) == nil {
			continue
		}
		for _, res := range in.resourceType(part.ResourceType).Resources {
			if len(part.Resources) > 0 && !slices.Contains(part.Resources, res.Name) {
				continue
			}
			for _, name := range part.Permissions {
				units = append(units, unit{Integration: in.ID, Type: part.ResourceType, Resource: res.ID, Permission: name})
			}
		}
	}
	return units
}

func (in *Integration) resourceType(id string) *ResourceType {
	i := slices.IndexFunc(in.ResourceTypes, func(t ResourceType) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return &in.ResourceTypes[i]
}

// flowFor is the flow by which a person may request an integration.
func (w *World) flowFor(p *Person, in *Integration) *Flow {
	return w.flowThat(p, func(f *Flow) bool { return slices.Contains(f.Integrations, in.Name) })
}

// flowForBundle is the flow by which a person may request a bundle.
func (w *World) flowForBundle(p *Person, b *Bundle) *Flow {
	return w.flowThat(p, func(f *Flow) bool { return slices.Contains(f.Bundles, b.Name) })
}

func (w *World) flowThat(p *Person, fits func(*Flow) bool) *Flow {
	if p.Inactive {
		return nil
	}
	for i := range w.Flows {
		if f := &w.Flows[i]; slices.Contains(f.Requesters, p.Email) && fits(f) {
			return f
		}
	}
	return nil
}

// allows says that p may request for grantee by this flow.
func (f *Flow) allows(p, grantee *Person) bool {
	return p.ID == grantee.ID || slices.Contains(f.OnBehalf, p.Email)
}
