package aponoapi

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// List is an answer of Apono's older families (v1 to v3), which have no
// paging: what is not in it cannot be asked for.
type List[T any] struct {
	Items []T
	// Total is how many there are, as Apono counts them.
	Total int
}

// Cut is how many items exist that Apono did not tell; 0 if the list is
// whole. Absence from a cut list means unknown, not gone.
func (l List[T]) Cut() int { return max(0, l.Total-len(l.Items)) }

// offsetPage is the envelope of those answers.
type offsetPage[T any] struct {
	Data       []T `json:"data"`
	Pagination struct {
		Total int `json:"total"`
	} `json:"pagination"`
}

func (p offsetPage[T]) list() List[T] { return List[T]{Items: p.Data, Total: p.Pagination.Total} }

// Integration is a system that Apono gives access to.
type Integration struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// Integrations tells every integration of the tenant with its name
// (GET /api/v2/integrations), whoever may request it. It needs an admin's
// token.
func (c *Client) Integrations(ctx context.Context) (List[Integration], error) {
	return getList[Integration](ctx, c, "list integrations", nil, "api", "v2", "integrations")
}

// Bundles lists every bundle of the tenant (GET /api/admin/v2/bundles), whoever
// may request it. It needs an admin's token. pageSize 0 is Apono's 100.
func (c *Client) Bundles(ctx context.Context, pageSize int) iter.Seq2[Bundle, error] {
	return tokenPages(ctx, c, "list bundles", arguments{}.number("limit", pageSize).values(), func(b Bundle) Bundle { return b },
		"api", "admin", "v2", "bundles")
}

// SelectableIntegrations tells the ids of the integrations in which the
// person may request something (GET /api/v3/selectable-integrations). Apono
// tells no names here: see Integrations.
func (c *Client) SelectableIntegrations(ctx context.Context, userID string) (List[string], error) {
	found, err := getList[struct {
		ID string `json:"id"`
	}](ctx, c, "list selectable integrations", of(userID), "api", "v3", "selectable-integrations")
	ids := List[string]{Total: found.Total, Items: make([]string, len(found.Items))}
	for i, item := range found.Items {
		ids.Items[i] = item.ID
	}
	return ids, err
}

// ResourceType is a kind of thing in an integration: databases, buckets.
type ResourceType struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// SelectableResourceTypes tells what kinds of things the person may request
// in an integration.
func (c *Client) SelectableResourceTypes(ctx context.Context, userID, integrationID string) (List[ResourceType], error) {
	return getList[ResourceType](ctx, c, "list selectable resource types", of(userID),
		"api", "v3", "selectable-integrations", integrationID, "resource-types")
}

// Resource is one thing that can be requested. Type is the id of its
// ResourceType.
type Resource struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

// SelectableResources tells the things of one type that the person may
// request. There may be tens of thousands, and Apono has no search here.
func (c *Client) SelectableResources(ctx context.Context, userID, integrationID, resourceType string) (List[Resource], error) {
	found, err := getList[Resource](ctx, c, "list selectable resources", of(userID),
		"api", "v3", "selectable-integrations", integrationID, resourceType, "resources")
	for i := range found.Items {
		// One copy of the type's id instead of thousands: callers keep these lists.
		if found.Items[i].Type == resourceType {
			found.Items[i].Type = resourceType
		}
	}
	return found, err
}

// Permissions is what can be asked for on resources of one type.
type Permissions struct {
	Names []string
	// Total is how many there are; more than len(Names) if Apono cut the list.
	Total int
	// AllowMultiple says that one request may name several.
	AllowMultiple bool
}

// SelectablePermissions tells the permissions that the person may request on
// resources of one type, by the names that CreateRequestV3 takes.
func (c *Client) SelectablePermissions(ctx context.Context, userID, integrationID, resourceType string) (Permissions, error) {
	var page struct {
		offsetPage[string]
		AllowMultiple bool `json:"allow_multiple"`
	}
	err := c.do(ctx, call{
		op: "list selectable permissions", method: http.MethodGet, query: of(userID), out: &page,
		parts: []string{"api", "v3", "selectable-integrations", integrationID, resourceType, "permissions"},
	})
	return Permissions{Names: page.Data, Total: page.Pagination.Total, AllowMultiple: page.AllowMultiple}, err
}

// of asks for a person other than the token's owner; "" means the owner.
func of(userID string) url.Values {
	if userID == "" {
		return nil
	}
	return url.Values{"user_id": {userID}}
}

func getList[T any](ctx context.Context, c *Client, op string, query url.Values, parts ...string) (List[T], error) {
	var page offsetPage[T]
	err := c.do(ctx, call{op: op, method: http.MethodGet, parts: parts, query: query, out: &page})
	return page.list(), err
}
