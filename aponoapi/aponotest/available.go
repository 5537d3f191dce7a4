package aponotest

import (
	"net/http"
	"strings"

	"github.com/apono-teams/teamsbot/aponoapi"
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

func (s *Server) wireEntitlement(u unit) entitlementWire {
	at := s.index.resources[u.Resource]
	return entitlementWire{
		Integration: namedWire{at.in.ID, at.in.Name},
		Resource: entitlementResource{
			ID: at.res.ID, SourceID: sourceID(at.in, at.res), Type: labelWire{at.kind.ID, at.kind.Name}, Name: at.res.Name,
		},
		Permission: permissionWire{ID: s.index.permissionID(at.kind, u.Permission), SourceID: u.Permission, Name: u.Permission},
	}
}

// sourceID is what a resource is called in its own system.
func sourceID(in *Integration, res *Resource) string { return in.Type + "/" + res.Name }

// listEntitlements tells what a request is made of, and how each part stands.
func (s *Server) listEntitlements(c caller, req *http.Request) (any, error) {
	r, err := s.lookupV4(req.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if r.Grantee != c.person.ID && !(s.world.TellsRequestors && r.delegatedBy(c.person)) {
		return nil, notFound("Access request not found")
	}
	query := req.URL.Query()
	status := func(u unit) string {
		if r.failed(u) {
			return aponoapi.Failed.String()
		}
		return statusV4(r)
	}
	var all []unit
	for _, u := range r.Units {
		if among(query["integration_ids"], u.Integration) && among(query["resource_types"], u.Type) &&
			takes(query["statuses"], aponoapi.ParseStatus(status(u))) {
			all = append(all, u)
		}
	}
	return tokenPaged(req, all, func(u unit) entitlementWire {
		w := s.wireEntitlement(u)
		w.Permission, w.Status = permissionWire{Name: u.Permission}, status(u)
		return w
	})
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
	return tokenPaged(req, all, itself)
}

func (s *Server) availableEntitlements(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	p, may, err := s.granteeOf(c, query.Get("grantee"))
	if err != nil {
		return nil, err
	}
	var all []unit
	for _, u := range s.unitsFor(p, may, nil) {
		at := s.index.resources[u.Resource]
		if among(query["integration_id"], u.Integration) && alike(query["integration_name"], at.in.Name) &&
			among(query["resource_type_id"], u.Type) && alike(query["resource_name"], at.res.Name) &&
			alike(query["permission_name"], u.Permission) {
			all = append(all, u)
		}
	}
	return tokenPaged(req, all, s.wireEntitlement)
}

// accessUnits tells what may be requested, or what bundles contain, to the
// client API.
func (s *Server) accessUnits(c caller, req *http.Request) (any, error) {
	query := req.URL.Query()
	p, may, err := s.granteeOf(c, query.Get("grantee_id"))
	if err != nil {
		return nil, err
	}
	var all []unit
	for _, u := range s.unitsFor(p, may, query["bundle-ids"]) {
		at := s.index.resources[u.Resource]
		if among(query["integration-ids"], u.Integration) && among(query["resource-type-ids"], u.Type) &&
			among(query["resource-ids"], u.Resource) && among(query["permission-ids"], s.index.permissionID(at.kind, u.Permission)) &&
			contains(at.res.Name, query.Get("search")) && contains(u.Permission, query.Get("permission-search")) {
			all = append(all, u)
		}
	}
	return skipPaged(req, all, s.wireUnit)
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
