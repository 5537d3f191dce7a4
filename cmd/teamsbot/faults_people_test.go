package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// wish is one request of somebody's, and what is to become of it.
type wish struct {
	Person      string
	Integration string
	Hours       string
	Because     string // unlike that of all others
	Fate        fate
	Request     string // its id, once somebody wants to end it
}

// outcome is what a person was told when they had pressed Submit.
type outcome struct {
	Accepted bool   // the bot has taken it, or says that it did before
	Told     string // what they read last
	Tries    int    // presses of Submit
}

// asker is a person who asks for something, and presses again what did not work.
type asker struct {
	*teamstest.Person
	wish wish
}

// patienceOfPeople is how often somebody presses the same button, and pause how
// long they hesitate before they do it again.
const (
	patienceOfPeople = 200
	pause            = 500 * time.Millisecond
)

// hesitate is a person's time between two presses.
func hesitate(ctx context.Context) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// ask fills in the request form and submits it.
func (a *asker) ask(ctx context.Context) (outcome, error) {
	d, err := a.until(ctx, "integration", func() (*teamstest.Dialog, error) {
		return a.Presses(ctx, a.Chat()[0], "New request")
	})
	if err != nil {
		return outcome{}, err
	}
	for _, step := range []string{"integration", "resource_type", "resources"} {
		in, ok := d.Input(step)
		if !ok {
			return outcome{}, fmt.Errorf("no %s in %q", step, d.Text())
		}
		choice := a.wish.Integration
		if step != "integration" {
			choice = in.Choices[0].Title
		}
		next := map[string]string{"integration": "resource_type", "resource_type": "resources", "resources": "permissions"}[step]
		if err := d.Fill(step, choice); err != nil {
			return outcome{}, err
		}
		open := d
		if d, err = a.until(ctx, next, func() (*teamstest.Dialog, error) { return open.Press(ctx, "Next") }); err != nil {
			return outcome{}, err
		}
	}
	return a.submit(ctx, d)
}

// until presses until a dialog has the field.
func (a *asker) until(ctx context.Context, field string, press func() (*teamstest.Dialog, error)) (*teamstest.Dialog, error) {
	told := ""
	for range patienceOfPeople {
		d, err := press()
		if err != nil {
			return nil, fmt.Errorf("on the way to %s, told %q: %w", field, told, err)
		}
		if _, ok := d.Input(field); ok && d.Notice == "" {
			return d, nil
		}
		told = d.Text()
		if slices.Contains(d.Buttons(), "Try again") {
			open := d
			press = func() (*teamstest.Dialog, error) { return open.Press(ctx, "Try again") }
		}
		if err := hesitate(ctx); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s never comes to %s: %s", a.Name, field, told)
}

// patiently tries again until a list is there that Submit had to wait for.
func (a *asker) patiently(ctx context.Context, d *teamstest.Dialog) (*teamstest.Dialog, error) {
	if !slices.Contains(d.Buttons(), "Try again") {
		return d, nil
	}
	return a.until(ctx, "permissions", func() (*teamstest.Dialog, error) { return d.Press(ctx, "Try again") })
}

// submit presses Submit until the bot has taken the request.
func (a *asker) submit(ctx context.Context, d *teamstest.Dialog) (outcome, error) {
	var o outcome
	for o.Tries < patienceOfPeople {
		in, ok := d.Input("permissions")
		if !ok || len(in.Choices) == 0 {
			return o, fmt.Errorf("no permissions in %q", d.Text())
		}
		if err := errors.Join(d.Fill("permissions", in.Choices[0].Title), d.Fill("duration"), d.Fill("hours", a.wish.Hours),
			d.Fill("justification", a.wish.Because)); err != nil {
			return o, err
		}
		o.Tries++
		after, err := d.Press(ctx, "Submit")
		if err != nil {
			return o, err
		}
		switch o.Told = after.Text(); {
		case after.Notice != "":
		case strings.Contains(after.Message, "has already been submitted"), strings.Contains(after.Message, "Apono has not answered yet"),
			after.Closed && after.Message == "":
			o.Accepted = true
			return o, nil
		case after.Closed:
			return o, nil
		default:
			if d, err = a.patiently(ctx, after); err != nil {
				return o, err
			}
		}
		if err := hesitate(ctx); err != nil {
			return o, err
		}
	}
	return o, nil
}

// end presses the button that ends the request, once, wherever a card offers it.
func (a *asker) end(ctx context.Context) (told string, err error) {
	chat := a.Chat()
	slices.Reverse(chat)
	for _, m := range chat {
		for _, title := range []string{"Revoke access", "Cancel request"} {
			if !m.Has(a.wish.Request) || !slices.Contains(m.Buttons(), title) {
				continue
			}
			d, err := a.Presses(ctx, m, title)
			if err != nil || !slices.Contains(d.Buttons(), title) {
				return "", err
			}
			d, err = d.Press(ctx, title)
			if err != nil {
				return "", err
			}
			return d.Text(), nil
		}
	}
	return "no card offers it", nil
}
