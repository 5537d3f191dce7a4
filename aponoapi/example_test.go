package aponoapi_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http/httptest"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// simulated is an Apono to show things on, with the bot's client for it and
// people's tokens by their first names.
func simulated() (apono *aponotest.Server, bot *aponoapi.Client, tokens map[string]aponoapi.Secret, stop func()) {
	world := aponotest.DefaultWorld()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	apono = must(aponotest.New(aponotest.Config{
		ServiceToken: token, World: world, Seed: "example", Now: func() time.Time { return start },
	}))
	server := httptest.NewServer(apono)
	bot = must(aponoapi.New(aponoapi.Config{URL: server.URL, Token: token}))
	tokens = make(map[string]aponoapi.Secret)
	for _, p := range world.People {
		tokens[p.FirstName] = p.Token
	}
	return apono, bot, tokens, server.Close
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// collect reads a list to its end.
func collect[T any](list iter.Seq2[T, error]) (items []T) {
	for item, err := range list {
		check(err)
		items = append(items, item)
	}
	return items
}

// A person asks for a resource; the bot acts for them with its own token.
func ExampleClient_CreateRequestV3() {
	apono, bot, _, stop := simulated()
	defer stop()
	ctx := context.Background()

	dana := must(bot.User(ctx, "dana@acme.example"))
	names := must(bot.Integrations(ctx))
	ids := must(bot.SelectableIntegrations(ctx, dana.ID))
	types := must(bot.SelectableResourceTypes(ctx, dana.ID, ids.Items[0]))
	resources := must(bot.SelectableResources(ctx, dana.ID, ids.Items[0], types.Items[0].ID))
	permissions := must(bot.SelectablePermissions(ctx, dana.ID, ids.Items[0], types.Items[0].ID))
	fmt.Println(dana.Name(), "may ask for", permissions.Names, "on", resources.Items[0].Name, "of", names.Items[0].Name)
	fmt.Println("more than told:", resources.Cut(), "several permissions:", permissions.AllowMultiple)

	request := must(bot.CreateRequestV3(ctx, aponoapi.NewRequest{
		UserID: dana.ID, IntegrationID: ids.Items[0], ResourceIDs: []string{resources.Items[0].ID},
		Permissions: permissions.Names[:1], Justification: "INC-1", Duration: time.Hour,
	}))
	fmt.Println(request.FriendlyID, request.Status, request.Status.Waiting())

	apono.Advance(4 * time.Second)
	request = must(bot.Request(ctx, request.ID))
	fmt.Println(request.Status, "for", request.Duration, request.Status.Active(), len(request.IDs()), "ids")
	fmt.Println(must(bot.RevokeV3(ctx, request.V3ID)))
	fmt.Println(must(bot.RequestV3(ctx, request.V3ID)).Status, must(bot.RequestsV3(ctx, dana.ID, 7)).Total)
	// Output:
	// Dana Developer may ask for [read-only read-write admin] on orders of Orders database
	// more than told: 0 several permissions: false
	// AR-1001 Pending approval true
	// Granted for 1h0m0s true 3 ids
	// Access revocation has started
	// Revoking 1
}

// A person asks for a bundle, then again, with their own token.
func ExampleClient_CreateRequestV4() {
	apono, bot, tokens, stop := simulated()
	defer stop()
	ctx := context.Background()
	dana := bot.As(tokens["Dana"])

	bundle := collect(dana.AvailableBundles(ctx, aponoapi.BundleFilter{Names: []string{"rep*"}}))[0]
	inside := collect(dana.AccessUnits(ctx, aponoapi.UnitFilter{BundleIDs: []string{bundle.ID}}))
	fmt.Println(bundle.Name, "gives", inside[0].Permission.Name, "on", inside[0].Resource.Name)
	created := must(dana.CreateRequestV4(ctx, aponoapi.NewRequestV4{Bundle: bundle.ID, Duration: time.Hour}))
	id := created[0].ID

	apono.Advance(4 * time.Second)
	fmt.Println(must(dana.RequestV4(ctx, id)).Status, len(collect(dana.EntitlementsV4(ctx, id, aponoapi.EntitlementFilter{}))))
	check(dana.Extend(ctx, id))
	fmt.Println(must(dana.RevokeV4(ctx, id)))
	apono.Advance(3 * time.Second)
	again := must(dana.RequestAgain(ctx, id, "still needed", nil))
	fmt.Println(len(again), len(collect(dana.RequestsV4(ctx, aponoapi.RequestFilterV4{}))))
	// Output:
	// Reporting gives read-only on orders
	// Granted 3
	// Access revocation has started
	// 1 2
}

// Somebody asks for somebody else, where the access flow allows it.
func ExampleClient_DelegatedRequests() {
	_, bot, tokens, stop := simulated()
	defer stop()
	ctx := context.Background()
	devin := bot.As(tokens["Devin"])

	grantee := collect(devin.Grantees(ctx, aponoapi.GranteeFilter{Search: "dana"}))[0]
	offer := collect(devin.AvailableEntitlements(ctx, aponoapi.EntitlementSearch{
		Grantee: grantee.ID, ResourceName: "orders", PermissionNames: []string{"read-only"},
	}))[0]
	created := must(devin.CreateRequestV4(ctx, aponoapi.NewRequestV4{
		Grantee: grantee.ID, Entitlements: []aponoapi.EntitlementRef{offer.Ref()},
	}))
	for r, err := range devin.DelegatedRequests(ctx, aponoapi.DelegatedFilter{Grantee: grantee.ID}) {
		check(err)
		fmt.Println(r.Requester.Email, "asked for", r.Grantee.Email, r.Groups[0].Integration.Name)
	}
	fmt.Println(must(devin.DelegatedRequest(ctx, created[0].ID)).Status)
	// Output:
	// devin@acme.example asked for dana@acme.example Orders database
	// Pending approval
}

// Approvers decide with their own tokens; Apono decides who may.
func ExampleClient_Approve() {
	_, bot, tokens, stop := simulated()
	defer stop()
	ctx := context.Background()
	dana, omar := bot.As(tokens["Dana"]), bot.As(tokens["Omar"])

	units := collect(dana.AccessUnits(ctx, aponoapi.UnitFilter{Search: "billing", PermissionSearch: "get"}))
	verdict := must(dana.DryRun(ctx, aponoapi.Trial{AccessUnitIDs: []string{units[0].ID}}))
	fmt.Println(verdict.Problems[0].Field, verdict.Problems[0].Code, "at most", verdict.MaxDuration)
	for range 2 {
		must(dana.CreateRequestV4(ctx, aponoapi.NewRequestV4{
			Entitlements: []aponoapi.EntitlementRef{units[0].Ref()}, Justification: "INC-2",
		}))
	}
	tasks := collect(omar.ClientRequests(ctx, aponoapi.ClientFilter{Scope: aponoapi.MyTasks}))
	fmt.Println(must(omar.Me(ctx)).User.Name, "has", len(tasks), "tasks")
	check(omar.Approve(ctx, tasks[0].ID, "go ahead"))
	check(omar.Reject(ctx, tasks[1].ID, "once is enough"))
	fmt.Println(errors.Is(bot.As(tokens["Ava"]).Approve(ctx, tasks[0].ID, ""), aponoapi.ErrConflict))

	rejected := must(dana.ClientRequest(ctx, tasks[1].ID, 0))
	fmt.Println(rejected.Status, rejected.Status.Over(), rejected.Approvers[0].Decision, rejected.Note)
	report := must(bot.Activity(ctx, aponoapi.ActivityFilter{RequestIDs: []string{tasks[1].ID}}))
	fmt.Println(report.Items[0].RequestID, report.Items[0].Approvers, report.Items[0].ApproverReason)
	// Output:
	// justification FIELD_MISSING at most 12h0m0s
	// Omar Approver has 2 tasks
	// true
	// Rejected true Rejected once is enough
	// AR-1001 [Omar Approver] once is enough
}

// Access details are shown once, and then again after a reset.
func ExampleClient_SessionDetails() {
	apono, bot, tokens, stop := simulated()
	defer stop()
	ctx := context.Background()
	dana := bot.As(tokens["Dana"])
	request := must(dana.CreateRequestV4(ctx, aponoapi.NewRequestV4{Bundle: "Reporting"}))[0]
	apono.Advance(4 * time.Second)

	session := collect(dana.Sessions(ctx, aponoapi.SessionFilter{RequestIDs: []string{request.ID}}))[0]
	fmt.Println(session.Name, session.Credentials, session.Credentials.Readable())
	details := must(dana.SessionDetails(ctx, session.ID))
	fmt.Println(details.Instructions, len(details.Instructions.Reveal()) > 20, details.Masked())
	fmt.Println(must(dana.SessionDetails(ctx, session.ID)).Masked())

	fmt.Println(must(dana.ResetSession(ctx, session.ID)))
	fmt.Println(must(dana.Session(ctx, session.ID)).Credentials)
	apono.Advance(4 * time.Second)
	fmt.Println(must(dana.Session(ctx, session.ID)).Credentials)

	// An admin's token reads them by the request.
	fmt.Println(must(bot.DetailsV3(ctx, "AR-1001")).Masked())
	fmt.Println(must(bot.ResetV3(ctx, "AR-1001")))
	// Output:
	// Orders database / Database AVAILABLE true
	// ••• true false
	// true
	// Credentials reset has started
	// RESETTING
	// AVAILABLE
	// false
	// Credentials reset has started
}

// Apono spells statuses differently in each family.
func ExampleParseStatus() {
	for _, raw := range []string{"APPROVED", "Active", "PENDING_MFA", "Hibernating"} {
		fmt.Println(aponoapi.ParseStatus(raw))
	}
	// Output:
	// Granting
	// Granted
	// Pending MFA
	// Hibernating
}
