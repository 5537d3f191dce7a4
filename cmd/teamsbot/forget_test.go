package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/db/pgtest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// forget runs the command with nothing configured but the database.
func (o *outside) forget(args ...string) *program {
	o.t.Helper()
	return start(o.t, []string{"DATABASE_URL=" + o.dbURL}, append([]string{"forget"}, args...)...)
}

func TestForgetErasesAPersonWhileTheBotRuns(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.serve()
	dana, devin := o.installs("Dana"), o.installs("Devin")
	for _, p := range []*teamstest.Person{dana, devin} {
		_, err := o.form(p).Press(t.Context(), "Submit")
		must(t, err)
		o.until(p.Name+" sees the request", func() bool { return p.LastCard().Has("AR-") })
	}

	p := o.forget(strings.ToUpper(dana.Email))
	if code := p.waits(); code != 0 {
		t.Fatalf("ended with %d", code)
	}
	for _, want := range []string{
		`Erased Dana Developer <` + dana.Email + `>, Entra object id ` + dana.ObjectID, `\n  1 form that`, `\n  1 request, `,
		`\n  1 note`, `\n  1 draft\n`, `\n  0 favorites\n`, `\n1 of the requests had not ended`,
	} {
		if !regexp.MustCompile(want).MatchString(p.output()) {
			t.Errorf("does not say %q", want)
		}
	}
	if strings.Contains(p.output(), "Devin") {
		t.Error("speaks of somebody else")
	}
	again := o.forget(dana.Email)
	again.fails("nobody with the address", dana.Email)

	// She is new to the bot, and can ask again; Devin is not.
	old := dana.LastCard()
	for _, title := range old.Buttons() {
		d, err := dana.Presses(t.Context(), old, title)
		must(t, err)
		if d.Notice != "" {
			t.Errorf("%s: Teams told Dana: %s", title, d.Notice)
		}
	}
	_, err := dana.Says(t.Context(), "help")
	must(t, err)
	o.until("Dana is answered", func() bool { return dana.LastCard().Has("New request") })
	_, err = o.form(dana).Press(t.Context(), "Submit")
	must(t, err)
	o.until("Dana sees the new request", func() bool { return dana.LastCard().Has("AR-") && dana.LastCard().ID != old.ID })
	if n := len(o.apono.Requests()); n != 3 {
		t.Errorf("Apono has %d requests, want 3", n)
	}
}

func TestForgetIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	o := &outside{t: t, dbURL: pgtest.URL(t)}
	o.forget("nobody@acme.example").fails("nobody with the address", "nobody@acme.example")
	o.forget("").fails("nobody with the address")
	o.forget().fails("email")
	start(t, nil, "forget", "dana@acme.example").fails("DATABASE_URL is missing")
}

func TestForgettingIsAgreedTo(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, "YES\r\n": true, "yes": true, "": false, "\n": false, "no\n": false, "dana": false} {
		var out bytes.Buffer
		if got := agrees(strings.NewReader(answer), &terminal{out: &out}, 2); got != want {
			t.Errorf("%q agrees: %t, want %t", answer, got, want)
		}
		if !strings.Contains(out.String(), "these 2 people") {
			t.Errorf("asks %q", out.String())
		}
	}
}
