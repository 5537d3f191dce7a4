package teamsbot

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/cards"
)

const listPath = "/api/v3/access-requests"

// A list that comes too late for its press is there for the next one, at the
// place where the person stood.
func TestSlowListGoesOnLoading(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	for range 6 {
		w.elsewhere(dana, "Data lake")
	}
	list := dana.mine("My requests").press("Open")
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Path: listPath, Latency: 3 * time.Second, Times: 1})
	w.hurries(func() { list = list.press("Next page").shows("Still loading") })
	asked := w.calls(listPath)
	list = list.press("Try again")
	if n := strings.Count(list.Text(), "View resources"); n != 1 {
		t.Errorf("the second page has %d requests, want 1:\n%s", n, list.Text())
	}
	list.press("Previous page").shows("1 to 5 of 6")
	if n := w.calls(listPath) - asked; n != 1 {
		t.Errorf("Apono was asked %d times, want the slow one alone", n)
	}
}

// What a person changes themselves is not hidden by a list that came late.
func TestChangeEndsLateList(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.elsewhere(dana, "Orders database")
	w.pass(time.Minute)
	w.pass(time.Minute)
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Path: listPath, Latency: 3 * time.Second, Times: 1})
	var list *dialogue
	w.hurries(func() { list = dana.mine("My access").shows("Still loading") })
	list = list.press("Try again").shows("Granted: Orders database")
	list.press("Revoke access").press("Revoke access").shows("The access is ending")
	dana.mine("My access").shows("You have no access")
}

// However often a person turns the pages, one look is owed at a request that
// has gone on.
func TestTurningPagesOwesOneLook(t *testing.T) {
	w := newWorld(t)
	dana := w.granted("Dana")
	w.apono.Advance(2 * time.Second)
	must(t, w.apono.Revoke(w.requests()[0].FriendlyID))
	w.apono.Advance(20 * time.Second)
	before := w.looks()
	for range 5 {
		_, body := dana.invoke(map[string]any{"apono": cards.Data{Verb: cards.VerbMine, List: cards.ListAll}})
		if !strings.Contains(body, "Orders database") {
			t.Fatalf("the list shows %s", body)
		}
	}
	must(t, w.bot.Sweep(t.Context()))
	w.settle()
	if n := w.looks() - before; n != 1 {
		t.Errorf("%d looks were owed, want 1", n)
	}
	dana.sees("Revoked")
}

// looks counts the looks at requests.
func (w *world) looks() int { return strings.Count(w.log.String(), `"job":"refresh_request"`) }
