package aponoapi

import (
	"context"
	"iter"
)

// Entitlement is one permission on one resource. What a family does not tell
// is zero.
type Entitlement struct {
	// ID names the pair in the client API, which calls it an access unit.
	ID               string
	Integration      Integration
	ResourceType     ResourceType
	Resource         Resource
	ResourceSourceID string // the resource's name in its own system
	ResourcePath     string // client API only
	Permission       Permission
	// AllowMultiple says that one request may name several permissions of
	// this resource type (client API only).
	AllowMultiple bool
	// Status is how this one stands in a request: partial grants exist.
	Status Status
	// Note explains the status (client API only).
	Note string
}

// Permission is what can be done with a resource. Only the user API tells
// the source id, and a request's entitlements only the name.
type Permission struct {
	ID       string `json:"id"`
	SourceID string `json:"source_id"`
	Name     string `json:"name"`
}

// Ref is how CreateRequestV4 names an available entitlement.
func (e Entitlement) Ref() EntitlementRef {
	return EntitlementRef{ResourceID: e.Resource.ID, PermissionID: e.Permission.ID}
}

// entitlementV4 is Apono's AvailableEntitlementV1 and
// AccessRequestEntitlementV4.
type entitlementV4 struct {
	Integration Integration `json:"integration"`
	Resource    struct {
		ID       string `json:"id"`
		SourceID string `json:"source_id"`
		Name     string `json:"name"`
		Type     struct {
			ID    string `json:"id"`
			Label string `json:"label"`
		} `json:"type"`
	} `json:"resource"`
	Permission Permission `json:"permission"`
	Status     string     `json:"status"`
}

func (w entitlementV4) entitlement() Entitlement {
	return Entitlement{
		Integration:      w.Integration,
		ResourceType:     ResourceType{ID: w.Resource.Type.ID, Name: w.Resource.Type.Label},
		Resource:         Resource{ID: w.Resource.ID, Type: w.Resource.Type.ID, Name: w.Resource.Name},
		ResourceSourceID: w.Resource.SourceID, Permission: w.Permission, Status: ParseStatus(w.Status),
	}
}

// EntitlementFilter narrows EntitlementsV4; the zero filter takes all.
type EntitlementFilter struct {
	IntegrationIDs []string
	ResourceTypes  []string
	Statuses       []string // as Apono spells them
	PageSize       int      // 0: Apono's 100
}

// EntitlementsV4 lists what one's own request id is made of
// (GET /api/user/v4/access-requests/{id}/entitlements).
func (c *Client) EntitlementsV4(ctx context.Context, id string, f EntitlementFilter) iter.Seq2[Entitlement, error] {
	query := arguments{}.texts("integration_ids", f.IntegrationIDs).texts("resource_types", f.ResourceTypes).
		texts("statuses", f.Statuses).number("limit", f.PageSize)
	return tokenPages(ctx, c, "list entitlements", query.values(), entitlementV4.entitlement,
		"api", "user", "v4", "access-requests", id, "entitlements")
}

// EntitlementSearch narrows AvailableEntitlements; the zero search takes all.
type EntitlementSearch struct {
	Grantee         string // id or address; "" means the token's owner
	IntegrationID   string
	IntegrationName string
	ResourceTypeIDs []string
	ResourceName    string
	PermissionNames []string
	PageSize        int // 0: Apono's 100
}

// AvailableEntitlements lists what may be requested, for the token's owner or
// on behalf of s.Grantee (GET /api/user/v1/available-access/entitlements).
func (c *Client) AvailableEntitlements(ctx context.Context, s EntitlementSearch) iter.Seq2[Entitlement, error] {
	query := arguments{}.text("grantee", s.Grantee).text("integration_id", s.IntegrationID).
		text("integration_name", s.IntegrationName).texts("resource_type_id", s.ResourceTypeIDs).
		text("resource_name", s.ResourceName).texts("permission_name", s.PermissionNames).number("limit", s.PageSize)
	return tokenPages(ctx, c, "list available entitlements", query.values(), entitlementV4.entitlement,
		"api", "user", "v1", "available-access", "entitlements")
}

// BundleFilter narrows AvailableBundles; the zero filter takes all.
type BundleFilter struct {
	Grantee  string   // id or address; "" means the token's owner
	Names    []string // *x* contains, x* begins, *x ends
	PageSize int      // 0: Apono's 100
}

// AvailableBundles lists the bundles that may be requested, for the token's
// owner or on behalf of f.Grantee (GET /api/user/v1/available-access/bundles).
func (c *Client) AvailableBundles(ctx context.Context, f BundleFilter) iter.Seq2[Bundle, error] {
	query := arguments{}.text("grantee", f.Grantee).texts("name", f.Names).number("limit", f.PageSize)
	return tokenPages(ctx, c, "list available bundles", query.values(), func(b Bundle) Bundle { return b },
		"api", "user", "v1", "available-access", "bundles")
}

// UnitFilter narrows AccessUnits; the zero filter takes all.
type UnitFilter struct {
	BundleIDs        []string
	IntegrationIDs   []string
	ResourceTypeIDs  []string
	ResourceIDs      []string
	PermissionIDs    []string
	Search           string // in the resource
	PermissionSearch string
	GranteeID        string // "" means the token's owner
	PageSize         int    // 0: Apono's 100
}

// AccessUnits lists what may be requested, or with f.BundleIDs what bundles
// contain (GET /api/client/v1/inventory/access-units).
func (c *Client) AccessUnits(ctx context.Context, f UnitFilter) iter.Seq2[Entitlement, error] {
	query := arguments{}.texts("bundle-ids", f.BundleIDs).texts("integration-ids", f.IntegrationIDs).
		texts("resource-type-ids", f.ResourceTypeIDs).texts("resource-ids", f.ResourceIDs).
		texts("permission-ids", f.PermissionIDs).text("search", f.Search).
		text("permission-search", f.PermissionSearch).text("grantee_id", f.GranteeID).number("limit", f.PageSize)
	return skipPages(ctx, c, "list access units", query.values(), accessUnit.entitlement,
		"api", "client", "v1", "inventory", "access-units")
}

// accessUnit is Apono's AccessUnitClientModel.
type accessUnit struct {
	ID       string `json:"id"`
	Resource struct {
		ID          string             `json:"id"`
		SourceID    string             `json:"source_id"`
		Name        string             `json:"name"`
		Path        string             `json:"path"`
		Type        resourceTypeClient `json:"type"`
		Integration Integration        `json:"integration"`
	} `json:"resource"`
	Permission Permission `json:"permission"`
	Status     struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	} `json:"status"`
}

type resourceTypeClient struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	AllowMultiple bool   `json:"allow_multiple_permissions"`
}

func (w accessUnit) entitlement() Entitlement {
	return Entitlement{
		ID: w.ID, Integration: w.Resource.Integration,
		ResourceType:     ResourceType{ID: w.Resource.Type.ID, Name: w.Resource.Type.Name},
		Resource:         Resource{ID: w.Resource.ID, Type: w.Resource.Type.ID, Name: w.Resource.Name},
		ResourceSourceID: w.Resource.SourceID, ResourcePath: w.Resource.Path, Permission: w.Permission,
		AllowMultiple: w.Resource.Type.AllowMultiple, Status: ParseStatus(w.Status.Status), Note: w.Status.Message,
	}
}
