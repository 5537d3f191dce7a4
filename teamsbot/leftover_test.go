package teamsbot

import (
	"net/http"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

// What follows an integration that is not clear is looked up when the person
// has chosen it.
func TestLeftoverWordsAreReadAgain(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.says("request data reporting read-only 30m please")
	dana.sees("Not clear", "data (Data lake, Orders database)")
	form := dana.presses("Open the form").fill("integration", "Orders database").press("Next").
		shows("For how long, and why?", "Orders database", "Database", "reporting")
	if form.Has("Not understood") {
		t.Errorf("it is told once more:\n%s", form.Text())
	}
	if got := form.value("permissions"); got != "0" {
		t.Errorf("the permission is %q, want the first", got)
	}
	if got := form.value("duration"); got != "30" {
		t.Errorf("the duration is %q", got)
	}

	// Going back does not bring the person forward again, a change does.
	form = form.press("Back").shows("Which resources?").press("Back").shows("What kind of resource?").press("Back")
	form = form.shows("What do you need access to?").press("Next").shows("What kind of resource?").press("Next").shows("Which resources?")
	form = form.press("Back").fill("resource_type", "Table").press("Next").shows("Which resources?")
	form.press("Back").fill("resource_type", "Database").press("Next").shows("For how long, and why?")
	if n := len(w.requests()); n != 0 {
		t.Errorf("Apono has %d requests", n)
	}
}

// A resource that several types have is found when the type is chosen.
func TestLeftoverWordsAreReadAgainForTheType(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.says("request orders database cust read-only")
	dana.sees("Not clear", "customers (Database)")
	form := dana.presses("Open the form").shows("What kind of resource?").fill("resource_type", "Table").press("Next")
	form.shows("For how long, and why?", "customers.public.addresses")
	if got := form.value("permissions"); got != "0" {
		t.Errorf("the permission is %q", got)
	}
}

// What is still not clear is said, and left open.
func TestLeftoverWordsThatStayUnclear(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.says("request data cust")
	form := dana.presses("Open the form").fill("integration", "Orders database").press("Next")
	form.shows("What kind of resource?", "Not clear: cust")
}

// A list that is slow is waited for, and the words are not forgotten.
func TestLeftoverWordsWhileAponoIsSlow(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	dana.says("request data reporting")
	form := dana.presses("Open the form").fill("integration", "Orders database")
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Latency: 3 * time.Second, Times: 1})
	w.hurries(func() { form = form.press("Next").shows("Still loading") })
	form.press("Try again").shows("For how long, and why?", "reporting")
}
