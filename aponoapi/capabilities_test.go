package aponoapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// capableWorld is an Apono with a service account, and a client of the bot's
// own user there.
func capableWorld(t *testing.T, change func(*aponotest.World)) (*aponotest.Server, *aponoapi.Client) {
	t.Helper()
	world := aponotest.DefaultWorld()
	world.ServiceAccounts = []aponotest.ServiceAccount{{Name: "teams_bot", Token: "svc_token"}}
	change(world)
	apono, err := aponotest.New(aponotest.Config{ServiceToken: token, World: world})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(apono)
	t.Cleanup(server.Close)
	return apono, clientFor(t, server.URL)
}

// may are the names of what a token may do, and mayNot of what Apono denies.
func may(t *testing.T, all []aponoapi.Capability) (may, mayNot []string) {
	t.Helper()
	for _, c := range all {
		if c.Allowed == (c.Err != nil) || c.Name == "" || c.Call == "" || c.Need == "" {
			t.Errorf("%+v contradicts itself, or says too little", c)
		}
		switch {
		case c.Allowed:
			may = append(may, c.Name)
		case c.Denied():
			mayNot = append(mayNot, c.Name)
		}
	}
	return may, mayNot
}

var (
	ofAdmins = []string{"people", "forms", "integrations", "requests", "activity", "all bundles"}
	ofUsers  = []string{"session", "delegated requests", "bundles", "entitlements", "bundle contents"}
)

func TestCapabilities(t *testing.T) {
	t.Parallel()
	as := func(token aponoapi.Secret) func(*aponoapi.Client) *aponoapi.Client {
		return func(c *aponoapi.Client) *aponoapi.Client { return c.As(token) }
	}
	own := func(c *aponoapi.Client) *aponoapi.Client { return c }
	none := func(*aponotest.World) {}
	dana := aponotest.NewPerson("Dana", "Developer").Token
	for _, tt := range []struct {
		name        string
		as          func(*aponoapi.Client) *aponoapi.Client
		world       func(*aponotest.World)
		may, mayNot []string
		err         error
	}{
		{"an admin's personal token", own, none, slices.Concat(ofAdmins, ofUsers), nil, nil},
		{"no end-user tokens", own, func(w *aponotest.World) { w.NoEndUserTokens = true }, ofAdmins, ofUsers, nil},
		{"a service account's token", as("svc_token"), none, ofAdmins, ofUsers, nil},
		{"a token of somebody without a role", as(dana), none, ofUsers, ofAdmins, nil},
		{"a token that nobody has", as("aup_of_nobody"), none, nil, slices.Concat(ofAdmins, ofUsers), aponoapi.ErrUnauthorized},
	} {
		apono, client := capableWorld(t, tt.world)
		all, err := tt.as(client).Capabilities(t.Context())
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
		may, mayNot := may(t, all)
		slices.Sort(may)
		slices.Sort(mayNot)
		slices.Sort(tt.may)
		slices.Sort(tt.mayNot)
		if !slices.Equal(may, tt.may) || !slices.Equal(mayNot, tt.mayNot) {
			t.Errorf("%s: may %q, may not %q; want %q and %q", tt.name, may, mayNot, tt.may, tt.mayNot)
		}
		if n := len(apono.Requests()); n != 0 {
			t.Errorf("%s: %d requests were made", tt.name, n)
		}
		for _, e := range apono.Events() {
			if e.Kind == "call" && e.Method != http.MethodGet {
				t.Errorf("%s: %s %s is no read", tt.name, e.Method, e.Path)
			}
		}
	}
}

// What Apono does not answer is neither allowed nor denied, and costs nothing
// else.
func TestCapabilitiesWhileAponoHasTrouble(t *testing.T) {
	t.Parallel()
	apono, client := capableWorld(t, func(*aponotest.World) {})
	apono.Fault(aponotest.Fault{Path: "/api/v3/activity", Status: http.StatusBadGateway})
	apono.Fault(aponotest.Fault{Path: "/api/user/v1/available-access/bundles", Malformed: true})
	apono.Fault(aponotest.Fault{Path: "/api/v2/users", Status: http.StatusNotFound})
	all, err := client.Capabilities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		switch c.Name {
		case "activity":
			if c.Allowed || c.Denied() || c.Essential || !errors.Is(c.Err, aponoapi.ErrUnavailable) {
				t.Errorf("activity: %+v, want it unavailable", c)
			}
		case "bundles":
			if c.Allowed || c.Denied() || c.Err == nil {
				t.Errorf("bundles: %+v, want it open", c)
			}
		case "people":
			if !c.Denied() || !c.Essential {
				t.Errorf("people: %+v, want it denied: the owner is somebody", c)
			}
		default:
			if !c.Allowed {
				t.Errorf("%+v, want it allowed", c)
			}
		}
	}

	apono.ClearFaults()
	over, stop := context.WithCancel(t.Context())
	stop()
	if _, err := client.Capabilities(over); !errors.Is(err, aponoapi.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that Apono could not be asked", err)
	}
}
