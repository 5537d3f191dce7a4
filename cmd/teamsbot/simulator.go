package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// simulatorCommand runs the simulated Apono alone, for those who try the bot in
// a real Teams without touching a real Apono.
type simulatorCommand struct {
	Listen        string          `default:"127.0.0.1:8090" help:"Address to listen on." placeholder:"HOST:PORT"`
	Public        bool            `help:"Listen on an address that others can reach. Whoever reaches it and has a token is served; it is plain HTTP."`
	State         string          `help:"File that keeps requests and clock for the next start; none: they are forgotten." placeholder:"FILE"`
	ServiceToken  aponoapi.Secret `env:"APONO_API_TOKEN" help:"Token of the bot's own Apono user; none: one is made up at every start." placeholder:"TOKEN"`
	WebhookURL    string          `help:"Where to tell of changes, for example http://127.0.0.1:3978/api/apono/events; none: nowhere." placeholder:"URL"`
	WebhookSecret aponoapi.Secret `env:"APONO_WEBHOOK_SECRET" help:"Bearer token that the webhook sends; none: one is made up." placeholder:"SECRET"`
	People        []string        `help:"Mail addresses of people who exist as well and may request what Dana may: those of your real Teams." placeholder:"MAIL"`
	Integrations  int             `help:"So many more integrations than the usual three." placeholder:"N"`
	Resources     int             `default:"25" help:"Resources in each of these." placeholder:"N"`
}

// Run implements the command.
func (s *simulatorCommand) Run(ctx context.Context, t *terminal) error {
	if !isAddress(s.Listen) {
		return fmt.Errorf("--listen %s is not an address such as 127.0.0.1:8090", s.Listen)
	}
	if !isLoopbackHost(s.Listen) && !s.Public {
		return fmt.Errorf("--listen %s is not on loopback: others could reach it. Say --public if that is meant", s.Listen)
	}
	if s.Integrations < 0 || s.Resources < 0 {
		return fmt.Errorf("--integrations and --resources cannot be below 0")
	}
	s.ServiceToken = cmp.Or(s.ServiceToken, aponoapi.Secret("service-"+rand.Text()))
	s.WebhookSecret = cmp.Or(s.WebhookSecret, aponoapi.Secret(rand.Text()+rand.Text()))
	world, err := s.world()
	if err != nil {
		return err
	}
	listener, err := listen(ctx, s.Listen)
	if err != nil {
		return err
	}
	apono, err := aponotest.New(aponotest.Config{
		ServiceToken: s.ServiceToken, World: world, StateFile: s.State, WebhookURL: s.WebhookURL, WebhookSecret: s.WebhookSecret,
	})
	if err != nil {
		listener.Close()
		return fmt.Errorf("start the simulated Apono: %w", err)
	}
	s.greet(t, listener.Addr(), world)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { apono.Run(ctx); return nil })
	group.Go(func() error { return serveHTTP(ctx, listener, apono) })
	return cmp.Or(group.Wait(), apono.Close())
}

// world is the usual company, as large as was asked for.
func (s *simulatorCommand) world() (*aponotest.World, error) {
	world := aponotest.DefaultWorld()
	for _, address := range s.People {
		mail, err := mail.ParseAddress(address)
		if err != nil {
			return nil, fmt.Errorf("--people %s is not a mail address", address)
		}
		person := aponotest.NewPerson(mail.Address, "") // its ids are made of it
		person.Email = mail.Address
		person.FirstName, _, _ = strings.Cut(mail.Address, "@")
		world.People = append(world.People, person)
		for i, flow := range world.Flows {
			if slices.Contains(flow.Requesters, aponotest.NewPerson("Dana", "Developer").Email) {
				world.Flows[i].Requesters = append(flow.Requesters, person.Email)
			}
		}
	}
	if s.Integrations > 0 {
		world.Grow(s.Integrations, s.Resources)
	}
	for i, p := range world.People {
		if s.Public && p.Token != "" { // the usual ones follow from the addresses
			world.People[i].Token = aponoapi.Secret("aup_" + rand.Text())
		}
	}
	return world, nil
}

// greet tells what to configure. The tokens open this simulation only.
func (s *simulatorCommand) greet(t *terminal, addr net.Addr, world *aponotest.World) {
	t.say("A simulated Apono answers at http://%s. Configure the bot with:\n", addr)
	t.say("  APONO_API_URL=http://%s", addr)
	t.say("  APONO_API_TOKEN=%s", s.ServiceToken.Reveal())
	if s.WebhookURL != "" {
		t.say("  APONO_WEBHOOK_SECRETS=%s", s.WebhookSecret.Reveal())
	}
	t.say("\nPeople and their personal tokens:\n")
	for _, p := range world.People {
		note := ""
		if p.Inactive {
			note = " (inactive)"
		}
		t.say("  %-22s %s%s", p.Email, p.Token.Reveal(), note)
	}
	t.say("\nCtrl-C stops it.")
}
