package aponoapi

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// Capability is a kind of call that the service token is needed for, and
// whether Apono lets it be made.
type Capability struct {
	// Name is a stable word for it.
	Name string
	// Call is how Apono's reference writes the call.
	Call string
	// Need is what it is for, as the end of "it is needed to …".
	Need string
	// Essential is true for what nothing works without.
	Essential bool
	// Allowed says that Apono answered.
	Allowed bool
	// Err is what came instead of an answer. It is ErrUnauthorized,
	// ErrForbidden or ErrNotFound if the token may not; anything else leaves
	// open whether it may.
	Err error
}

// Denied says that Apono refused the call to this token, and not that it could
// not be asked.
func (c Capability) Denied() bool { return !c.Allowed && isDenial(c.Err) }

func isDenial(err error) bool {
	return errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrNotFound)
}

// activityTried is how much of the activity report is asked for to see whether
// it may be.
const activityTried = time.Minute

// probe tries one capability. owner is the token's owner by Apono id, "" if
// they are not known.
type probe struct {
	Capability
	try func(ctx context.Context, c *Client, owner string) error
}

// session is tried first: it tells the owner.
var session = Capability{
	Name: "session", Call: "GET /api/client/v1/session",
	Need: "know what the company asks with a request, and whose token this is",
}

// probes are reads that change and consume nothing. What else the token is
// needed for (to create, revoke, reset, and to read access details) cannot be
// tried without doing it; Apono grants it with the same role.
var probes = []probe{
	{Capability{Name: "people", Call: "GET /api/v2/users/{id}", Need: "find in Apono who writes to the bot", Essential: true}, tryPeople},
	{
		Capability{Name: "forms", Call: "GET /api/v3/selectable-integrations", Need: "offer what people may request", Essential: true},
		func(ctx context.Context, c *Client, owner string) error {
			_, err := c.SelectableIntegrations(ctx, owner)
			return err
		},
	},
	{
		Capability{Name: "integrations", Call: "GET /api/v2/integrations", Need: "name the integrations", Essential: true},
		func(ctx context.Context, c *Client, _ string) error {
			_, err := c.Integrations(ctx)
			return err
		},
	},
	{
		Capability{Name: "requests", Call: "GET /api/v3/access-requests", Need: "follow requests, and list those that were made elsewhere", Essential: true},
		func(ctx context.Context, c *Client, owner string) error {
			_, err := c.RequestsV3(ctx, owner, 1)
			return err
		},
	},
	{
		Capability{Name: "activity", Call: "GET /api/v3/activity", Need: "tell who decided, for what reason, and when access began"},
		func(ctx context.Context, c *Client, _ string) error {
			_, err := c.Activity(ctx, ActivityFilter{From: c.now().Add(-activityTried), To: c.now()})
			return err
		},
	},
	{
		Capability{Name: "all bundles", Call: "GET /api/admin/v2/bundles", Need: "let a channel watch a bundle"},
		func(ctx context.Context, c *Client, _ string) error { return first(c.Bundles(ctx, 1)) },
	},
	{
		Capability{Name: "delegated requests", Call: "GET /api/user/v1/delegated-access-requests", Need: "follow requests for bundles, and tell times"},
		func(ctx context.Context, c *Client, _ string) error {
			return first(c.DelegatedRequests(ctx, DelegatedFilter{PageSize: 1}))
		},
	},
	{
		Capability{Name: "bundles", Call: "GET /api/user/v1/available-access/bundles", Need: "offer bundles"},
		func(ctx context.Context, c *Client, owner string) error {
			return first(c.AvailableBundles(ctx, BundleFilter{Grantee: owner, PageSize: 1}))
		},
	},
	{
		Capability{Name: "entitlements", Call: "GET /api/user/v1/available-access/entitlements", Need: "request a part of a bundle"},
		func(ctx context.Context, c *Client, owner string) error {
			return first(c.AvailableEntitlements(ctx, EntitlementSearch{Grantee: owner, PageSize: 1}))
		},
	},
	{
		Capability{Name: "bundle contents", Call: "GET /api/client/v1/inventory/access-units", Need: "show what a bundle contains"},
		func(ctx context.Context, c *Client, owner string) error {
			return first(c.AccessUnits(ctx, UnitFilter{GranteeID: owner, PageSize: 1}))
		},
	},
}

// Capabilities tries, with harmless reads, what the bot needs its service
// token for, and tells of each whether Apono lets it. The error is that of the
// first call if Apono allowed none of them: then the token is not taken, or
// Apono does not answer.
func (c *Client) Capabilities(ctx context.Context) ([]Capability, error) {
	me, err := c.Me(ctx)
	all := make([]Capability, 1+len(probes))
	all[0] = session.tried(err)
	var group sync.WaitGroup
	for i, p := range probes {
		group.Go(func() { all[i+1] = p.tried(p.try(ctx, c, me.User.ID)) })
	}
	group.Wait()
	for _, one := range all {
		if one.Allowed {
			return all, nil
		}
	}
	return all, fmt.Errorf("try what the token may do: %w", all[0].Err)
}

func (c Capability) tried(err error) Capability {
	c.Allowed, c.Err = err == nil, err
	return c
}

// tryPeople looks for the owner. If they are not known it looks for nobody, and
// that Apono knows of nobody is an answer.
func tryPeople(ctx context.Context, c *Client, owner string) error {
	if owner != "" {
		_, err := c.User(ctx, owner)
		return err
	}
	_, err := c.User(ctx, "nobody@invalid")
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// first reads the first page of a list.
func first[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		return err
	}
	return nil
}
