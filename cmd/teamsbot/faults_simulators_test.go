package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// asSimulator is the variable that makes this test binary one of the other ends
// of the wires, in a process of its own, which no fault of the bot's touches.
const asSimulator = "TEAMSBOT_TEST_AS_SIMULATOR"

// What a simulator finds in its environment.
const (
	simulatorListen = "SIMULATOR_LISTEN" // address of its control
	simulatorBot    = "SIMULATOR_BOT"    // URL of what stands before the bots
)

// The secrets of the simulation.
const (
	faultsToken  = "service-token"
	faultsSecret = "a webhook secret of more than 32 characters"
)

// crowd is how many people there are.
const crowd = 60

// somebody is the first name of one of them; their last is Person.
func somebody(person int) string { return fmt.Sprintf("P%02d", person) }

// simulate runs a simulator until it is told to end.
func simulate(name string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := simulateTeams
	if name == "apono" {
		run = simulateApono
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}

// simulateApono is an Apono with a crowd, and its control under /control/.
func simulateApono(ctx context.Context) error {
	apono, err := aponotest.New(aponotest.Config{
		ServiceToken: faultsToken, World: crowdedWorld(),
		WebhookURL: os.Getenv(simulatorBot) + "/api/apono/events", WebhookSecret: faultsSecret,
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/control/", http.StripPrefix("/control", apono.Control()))
	mux.Handle("/", apono)
	listener, err := listen(ctx, os.Getenv(simulatorListen))
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { apono.Run(ctx); return nil })
	group.Go(func() error { return serveHTTP(ctx, listener, mux) })
	return cmp.Or(group.Wait(), apono.Close())
}

// crowdedWorld is the usual company with a crowd of developers, where Apono is
// quick.
func crowdedWorld() *aponotest.World {
	w := aponotest.DefaultWorld()
	w.Bundles = nil
	for person := range crowd {
		p := aponotest.NewPerson(somebody(person), "Person")
		w.People = append(w.People, p)
		for i := range w.Flows {
			w.Flows[i].Requesters = append(w.Flows[i].Requesters, p.Email)
		}
	}
	for i := range w.Flows {
		f := &w.Flows[i]
		f.Bundles = nil
		f.StartAfter, f.GrantAfter, f.RevokeAfter = min(f.StartAfter, time.Second), time.Second, time.Second
	}
	return w
}

// teamsPlace is what the test has to know of the simulated Teams.
type teamsPlace struct {
	AppID, AppPassword, TenantID, OpenIDURL, LoginURL, Host, CAFile string
}

// simulateTeams is a Teams with a crowd, whose people do what its control says.
func simulateTeams(ctx context.Context) error {
	teams, err := teamstest.Serve(ctx, teamstest.Config{
		People: crowdInTeams(), BotURL: os.Getenv(simulatorBot) + "/api/messages",
	})
	if err != nil {
		return err
	}
	listener, err := listen(ctx, os.Getenv(simulatorListen))
	if err != nil {
		return err
	}
	return cmp.Or(serveHTTP(ctx, listener, teamsControl(teams)), teams.Close())
}

func crowdInTeams() []teamstest.Person {
	var people []teamstest.Person
	for person := range crowd {
		name := somebody(person)
		people = append(people, teamstest.Person{
			Name: name + " Person", Email: strings.ToLower(name) + "@acme.example",
			ObjectID: fmt.Sprintf("a0000000-0000-4000-8000-%012d", person),
		})
	}
	return people
}

func teamsControl(teams *teamstest.Server) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /place", answered(func(context.Context, struct{}) (teamsPlace, error) {
		return teamsPlace{
			teams.AppID(), teams.AppPassword(), teams.TenantID(), teams.OpenIDURL(), teams.LoginURL(), teams.Host(), teams.CAFile(),
		}, nil
	}))
	mux.Handle("POST /fault", answered(func(_ context.Context, f teamstest.Fault) (struct{}, error) {
		teams.Fail(f)
		return struct{}{}, nil
	}))
	mux.Handle("POST /calm", answered(func(context.Context, struct{}) (struct{}, error) {
		teams.ClearFaults()
		return struct{}{}, nil
	}))
	mux.Handle("GET /messages", answered(func(context.Context, struct{}) ([]shownMessage, error) {
		return shownMessages(teams), nil
	}))
	mux.Handle("POST /install", answered(func(ctx context.Context, person string) (bool, error) {
		p := teams.Person(person)
		_, err := p.Installs(ctx)
		return err == nil, cmp.Or(err, teams.Await(ctx, func() bool { return len(p.Chat()) > 0 }))
	}))
	mux.Handle("POST /ask", answered(func(ctx context.Context, w wish) (outcome, error) {
		return (&asker{teams.Person(w.Person), w}).ask(ctx)
	}))
	mux.Handle("POST /end", answered(func(ctx context.Context, w wish) (string, error) {
		return (&asker{teams.Person(w.Person), w}).end(ctx)
	}))
	mux.Handle("POST /press", answered(func(ctx context.Context, shown shownMessage) (string, error) {
		return pressIn(ctx, teams, shown)
	}))
	return mux
}

// pressIn presses the first button of a message, as whose chat it is.
func pressIn(ctx context.Context, teams *teamstest.Server, shown shownMessage) (told string, err error) {
	for _, p := range teams.People() {
		if m, ok := p.Message(shown.ID); ok && p.ChatID() == shown.Chat {
			d, err := p.Presses(ctx, m, m.Buttons()[0])
			if err != nil {
				return "", err
			}
			return d.Text(), nil
		}
	}
	return "", errors.New("nobody has this message")
}

// shownMessage is a message of the bot's as it stands in a chat.
type shownMessage struct {
	ID, Chat, Summary, Text string
	Buttons                 []string
}

func shownMessages(teams *teamstest.Server) []shownMessage {
	shown := []shownMessage{}
	for _, m := range teams.Messages() {
		if m.From == "bot" {
			shown = append(shown, shownMessage{m.ID, m.Conversation, m.Summary, m.Visible(), m.Buttons()})
		}
	}
	return shown
}

// answered is an endpoint that takes and gives JSON.
func answered[In, Out any](do func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in In
		if r.Method == http.MethodPost {
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		out, err := do(r.Context(), in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out) // the test has gone: nobody to tell
	})
}
