package aponotest

import (
	"net/http"
	"strings"
)

// entitlementWire is AvailableEntitlementV1, and with a status and without
// the permission's ids AccessRequestEntitlementV4.
type entitlementWire struct {
	Integration namedWire           `json:"integration"`
	Resource    entitlementResource `json:"resource"`
	Permission  permissionWire      `json:"permission"`
	Status      string              `json:"status,omitempty"`
}

type entitlementResource struct {
	ID       string    `json:"id"`
	SourceID string    `json:"source_id"`
	Type     labelWire `json:"type"`
	Name     string    `json:"name"`
}

type permissionWire struct {
	ID       string `json:"id,omitempty"`
	SourceID string `json:"source_id,omitempty"`
	Name     string `json:"name"`
}

func wireEntitlement(in *Integration, kind *ResourceType, res *Resource, permission string) entitlementWire {
	return entitlementWire{
		Integration: namedWire{in.ID, in.Name},
		Resource: entitlementResource{
			ID: res.ID, SourceID: sourceID(in, res), Type: labelWire{kind.ID, kind.Name}, Name: res.Name,
		},
		Permission: permissionWire{ID: permissionID(in, kind, permission), SourceID: permission, Name: permission},
	}
}

// sourceID is what a resource is called in its own system.
func sourceID(in *Integration, res *Resource) string { return in.Type + "/" + res.Name }

// listEntitlements tells what a request is made of.
func (s *Server) listEntitlements(r *record, _ caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	var all []entitlementWire
	for _, u := range r.Units {
		at, ok := s.index.resources[u.Resource]
		if !ok || !among(query["integration_ids"], u.Integration) || !among(query["resource_types"], u.Type) ||
			!inStatus(query["statuses"], r) {
			continue
		}
		w := wireEntitlement(at.in, at.kind, at.res, u.Permission)
		w.Permission = permissionWire{Name: u.Permission}
		w.Status = statusV4(r)
		all = append(all, w)
	}
	return tokenPaged(req, all)
}

// granteeOf is the person that a list of available access is for, and says
// by which flows the caller may ask for them.
func (s *Server) granteeOf(c caller, idOrEmail string) (p *Person, may func(*Flow) bool, err error) {
	p = c.person
	if idOrEmail != "" {
		if p = s.world.person(idOrEmail); p == nil {
			return nil, nil, notFound("User not found")
		}
	}
	return p, func(f *Flow) bool { return f != nil && f.allows(c.person, p) }, nil
}

func (s *Server) availableBundles(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	p, may, err := s.granteeOf(c, query.Get("grantee"))
	if err != nil {
		return nil, err
	}
	var all []namedWire
	for i := range s.world.Bundles {
		b := &s.world.Bundles[i]
		if may(s.world.flowForBundle(p, b)) && alike(query["name"], b.Name) {
			all = append(all, namedWire{b.ID, b.Name})
		}
	}
	return tokenPaged(req, all)
}

func (s *Server) availableEntitlements(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	p, may, err := s.granteeOf(c, query.Get("grantee"))
	if err != nil {
		return nil, err
	}
	var all []entitlementWire
	for i := range s.world.Integrations {
		in := &s.world.Integrations[i]
		if !may(s.world.flowFor(p, in)) || !among(query["integration_id"], in.ID) || !alike(query["integration_name"], in.Name) {
			continue
		}
		for t := range in.ResourceTypes {
			kind := &in.ResourceTypes[t]
			if !among(query["resource_type_id"], kind.ID) {
				continue
			}
			for r := range kind.Resources {
				if !alike(query["resource_name"], kind.Resources[r].Name) {
					continue
				}
				for _, name := range kind.Permissions {
					if alike(query["permission_name"], name) {
						all = append(all, wireEntitlement(in, kind, &kind.Resources[r], name))
					}
				}
			}
		}
	}
	return tokenPaged(req, all)
}

// accessUnits tells what may be requested, or what bundles contain, to the
// client API.
func (s *Server) accessUnits(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	p, may, err := s.granteeOf(c, query.Get("grantee_id"))
	if err != nil {
		return nil, err
	}
	var all []unitWire
	for _, u := range s.unitsFor(p, may, query["bundle-ids"]) {
		at := s.index.resources[u.Resource]
		w := wireUnit(at, u.Permission)
		if among(query["integration-ids"], at.in.ID) && among(query["resource-type-ids"], at.kind.ID) &&
			among(query["resource-ids"], at.res.ID) && among(query["permission-ids"], w.Permission.ID) &&
			contains(at.res.Name, query.Get("search")) && contains(u.Permission, query.Get("permission-search")) {
			all = append(all, w)
		}
	}
	return skipPaged(req, all)
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// unitsFor is everything that p may get, or what of it these bundles give.
func (s *Server) unitsFor(p *Person, may func(*Flow) bool, bundles []string) []unit {
	var units []unit
	for _, id := range bundles {
		if b := s.world.bundle(id); b != nil && may(s.world.flowForBundle(p, b)) {
			units = append(units, s.world.contents(b)...)
		}
	}
	if len(bundles) > 0 {
		return units
	}
	for i := range s.world.Integrations {
		in := &s.world.Integrations[i]
		if !may(s.world.flowFor(p, in)) {
			continue
		}
		for _, kind := range in.ResourceTypes {
			for _, res := range kind.Resources {
				for _, name := range kind.Permissions {
					units = append(units, unit{Integration: in.ID, Type: kind.ID, Resource: res.ID, Permission: name})
				}
			}
		}
	}
	return units
}
