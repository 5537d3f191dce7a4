package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"

	"github.com/apono-teams/teamsbot/db"
)

// forgetCommand erases a person.
type forgetCommand struct {
	database

	Email string `arg:"" help:"The person's mail address (as the bot knows it) or Entra object id." placeholder:"EMAIL"`
	Yes   bool   `help:"Do not ask whether to."`
}

// Run implements the command. An address that people of several tenants share
// means all of them: whoever asks to be forgotten does not know of tenants.
func (f *forgetCommand) Run(ctx context.Context, t *terminal) error {
	if err := f.check(); err != nil {
		return err
	}
	store, err := db.Open(ctx, db.Config{URL: f.DatabaseURL, MaxConns: 2})
	if err != nil {
		return err
	}
	defer store.Close()
	address := strings.TrimSpace(f.Email)
	people, err := store.PeopleAt(ctx, address)
	if err != nil {
		return err
	}
	stranger, err := store.OfStranger(ctx, address)
	if err != nil {
		return err
	}
	if len(people) == 0 && stranger == 0 {
		return fmt.Errorf("nobody with the address %q is remembered. "+
			"Of those who never opened a form the bot has no address: name them by their Entra object id", f.Email)
	}
	for _, p := range people {
		t.say("%s", nameOf(p))
	}
	if stranger > 0 {
		t.say("%d of the requests that were made elsewhere, by somebody who never wrote to the bot, name %s", stranger, address)
	}
	if !f.Yes && isatty.IsTerminal(os.Stdin.Fd()) && !agrees(os.Stdin, t, max(1, len(people))) {
		return errors.New("nothing was erased")
	}
	for _, p := range people {
		erased, err := store.Erase(ctx, p)
		if err != nil {
			return err
		}
		report(t, p, erased)
	}
	if stranger, err = store.EraseStranger(ctx, address); err != nil {
		return err
	} else if stranger > 0 {
		t.say("\nErased %d of the requests that were made elsewhere.", stranger)
	}
	t.say("\nThe messages in Teams stay, and so does what Apono knows. Who writes to the bot again is new to it. " +
		"The audit keeps what was done, and not by whom.")
	return nil
}

// nameOf tells people apart.
func nameOf(p db.Person) string {
	return fmt.Sprintf("%s <%s>, Entra object id %s, tenant %s", p.Name, p.Email, p.ObjectID, p.TenantID)
}

// agrees asks whether to erase so many people.
func agrees(in io.Reader, t *terminal, n int) bool {
	whom := "this person"
	if n > 1 {
		whom = fmt.Sprintf("these %d people", n)
	}
	fmt.Fprintf(t.out, "Erase %s and everything that the bot remembers of them? [y/N] ", whom)
	answer, _ := bufio.NewReader(in).ReadString('\n') // nothing is a no
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

// report says what was deleted.
func report(t *terminal, p db.Person, e db.Erased) {
	t.say("\nErased %s, and with them:", nameOf(p))
	for _, line := range []struct {
		n          int
		one, other string
	}{
		{e.Submissions, "form that was submitted", "forms that were submitted"},
		{e.Requests, "request, with its names", "requests, with their names"},
		{e.Cards, "note of which message shows them", "notes of which message shows them"},
		{e.Drafts, "draft", "drafts"},
		{e.Favorites, "favorite", "favorites"},
		{e.Links, "connected Apono token", "connected Apono tokens"},
		{e.Activities, "answer to what they wrote or pressed", "answers to what they wrote or pressed"},
		{e.Jobs, "job about them", "jobs about them"},
		{e.Watches, "watch of a channel for their requests", "watches of channels for their requests"},
		{e.Parties, "mention as who asks or receives in a request of others", "mentions as who asks or receives in requests of others"},
		{e.Decisions, "mention as who decided about a request", "mentions as who decided about a request"},
	} {
		words := line.other
		if line.n == 1 {
			words = line.one
		}
		t.say("  %d %s", line.n, words)
	}
	if e.Open > 0 {
		t.say("%d of the requests had not ended. Apono goes on with them, and the bot tells nobody of it any more.", e.Open)
	}
}
