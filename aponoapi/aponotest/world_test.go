package aponotest_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

const serviceToken = aponoapi.Secret("service-token")

// world is a simulated Apono and the bot's client for it.
type world struct {
	*aponotest.Server
	URL  string
	bot  *aponoapi.Client
	ids  map[string]string // integrations and people by name
	tick time.Time
}

// tester is *testing.T, *testing.B or *rapid.T.
type tester interface {
	Helper()
	Error(args ...any)
	Fatal(args ...any)
	Cleanup(f func())
	Context() context.Context
}

func newWorld(t tester, c aponotest.Config) *world {
	t.Helper()
	w := &world{tick: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), ids: make(map[string]string)}
	c.ServiceToken = serviceToken
	if c.Now == nil {
		c.Now = func() time.Time { return w.tick }
	}
	if c.World == nil {
		c.World = aponotest.DefaultWorld()
	}
	var err error
	if w.Server, err = aponotest.New(c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(published(t, w.Server))
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	w.URL = server.URL
	if w.bot, err = aponoapi.New(aponoapi.Config{URL: server.URL, Token: serviceToken}); err != nil {
		t.Fatal(err)
	}
	for _, in := range c.World.Integrations {
		w.ids[in.Name] = in.ID
	}
	for _, p := range c.World.People {
		w.ids[p.Email] = p.ID
		w.ids[p.Email+"/token"] = p.Token.Reveal()
	}
	return w
}

func (w *world) as(name string) *aponoapi.Client {
	return w.bot.As(aponoapi.Secret(w.ids[name+"@acme.example/token"]))
}

// wish is what Dana asks for in an integration: the first resource of the
// first type with its first permission.
func (w *world) wish(t tester, integration string) aponoapi.NewRequest {
	t.Helper()
	dana, in := w.ids["dana@acme.example"], w.ids[integration]
	types, err := w.bot.SelectableResourceTypes(t.Context(), dana, in)
	if err != nil {
		t.Fatal(err)
	}
	kind := types.Items[0].ID
	resources, err := w.bot.SelectableResources(t.Context(), dana, in, kind)
	if err != nil {
		t.Fatal(err)
	}
	permissions, err := w.bot.SelectablePermissions(t.Context(), dana, in, kind)
	if err != nil {
		t.Fatal(err)
	}
	return aponoapi.NewRequest{
		UserID: dana, IntegrationID: in, ResourceIDs: []string{resources.Items[0].ID},
		Permissions: permissions.Names[:1], Justification: "INC-1", Duration: time.Hour,
	}
}

func (w *world) create(t tester, integration string) aponoapi.AccessRequest {
	t.Helper()
	r, err := w.bot.CreateRequestV3(t.Context(), w.wish(t, integration))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) status(t tester, id string) aponoapi.Status {
	t.Helper()
	r, err := w.bot.Request(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Status
}

func wantStatus(t *testing.T, got, want aponoapi.Status) {
	t.Helper()
	if got != want {
		t.Errorf("status: got %v, want %v", got, want)
	}
}
