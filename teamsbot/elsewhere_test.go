package teamsbot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
)

// inPortal is a request that somebody makes in Apono's portal.
func (w *world) inPortal(s *someone, integration, justification string) aponotest.Request {
	w.t.Helper()
	people := aponotest.DefaultWorld()
	var token aponoapi.Secret
	for _, p := range people.People {
		if p.FirstName == strings.Fields(s.Name)[0] {
			token = p.Token
		}
	}
	rows := w.bot.Apono.As(token).AvailableEntitlements(w.t.Context(), aponoapi.EntitlementSearch{IntegrationName: integration})
	for row, err := range rows {
		must(w.t, err)
		_, err := w.bot.Apono.As(token).CreateRequestV4(w.t.Context(), aponoapi.NewRequestV4{
			Entitlements:  []aponoapi.EntitlementRef{{ResourceID: row.Resource.ID, PermissionID: row.Permission.ID}},
			Justification: justification, Duration: time.Hour,
		})
		must(w.t, err)
		break
	}
	all := w.requests()
	return all[len(all)-1]
}

// known makes sure that the bot knows who somebody is in Apono.
func (w *world) known(s *someone) {
	w.t.Helper()
	s.says("my requests")
	s.presses("My requests")
}

// Several that are found at once stand in the list as they were made.
func TestWhatIsFoundAtOnceKeepsItsOrder(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.known(dana)
	var want []string
	for range 5 {
		want = append([]string{w.inPortal(dana, "Orders database", "from the portal").FriendlyID}, want...)
	}
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settle()
	text := dana.mine("My requests").shows(want...).Text()
	if !slices.IsSortedFunc(want, func(a, b string) int { return strings.Index(text, a) - strings.Index(text, b) }) {
		t.Errorf("the list is not %v:\n%s", want, text)
	}
}

func TestWhatIsMadeElsewhereIsFound(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.known(dana)
	r := w.inPortal(dana, "Orders database", "from the portal")
	messages := len(dana.Chat())
	for range 3 {
		must(t, w.bot.LookElsewhere(t.Context()))
	}
	w.settle()
	if n := len(dana.Chat()); n != messages {
		t.Errorf("finding it made %d messages", n-messages)
	}
	got := w.remembered(r.FriendlyID)
	if got.ID != r.V3ID || got.Status != r.Status {
		t.Errorf("remembered is %+v", got)
	}
	sub, err := w.store.Submission(t.Context(), got.SubmissionID)
	must(t, err)
	if sub.State != db.Elsewhere || sub.Person != w.keyOf(dana) || sub.Asked.Justification != "from the portal" || sub.Asked.Integration.Name != "Orders database" {
		t.Errorf("its submission is %+v", sub)
	}
	// It goes on there, and is found to have.
	w.apono.Advance(elsewhereEvery)
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settle()
	if got := w.remembered(r.FriendlyID).Status; got != aponoapi.Granted {
		t.Errorf("it stands at %s", got)
	}
	// My requests shows it once, and it can be ended and asked for again.
	dana.says("my requests")
	list := dana.presses("My requests").shows("Granted: Orders database")
	if n := strings.Count(list.Text(), "Orders database"); n != 1 {
		t.Errorf("it is in the list %d times:\n%s", n, list.Text())
	}
	list.press("Revoke access").press("Revoke access").shows("The access is ending.")
	w.apono.Advance(time.Minute)
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settle()
	if got := w.remembered(r.FriendlyID).Status; !got.Over() {
		t.Errorf("it stands at %s after it was revoked", got)
	}
	dana.says("my requests")
	form := dana.presses("My requests").press("Request again")
	if got := form.value("justification"); got != "" {
		t.Errorf("the justification is %q", got)
	}
}

// Nothing is remembered of people whom the bot does not know, of what is over,
// and of what the bot made itself.
func TestWhatIsNotFoundElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.known(dana)
	over := w.inPortal(dana, "Orders database", "over")
	must(t, w.apono.Fail(over.FriendlyID, "never mind"))
	stranger := w.inPortal(w.stranger("Omar"), "Orders database", "of a stranger")
	dana.says("request")
	w.submits(dana, "Orders database")
	must(t, w.bot.LookElsewhere(t.Context()))
	for _, r := range []aponotest.Request{over, stranger} {
		if known, err := w.store.KnownRequests(t.Context(), []string{r.FriendlyID}); err != nil || len(known) > 0 {
			t.Errorf("%s is remembered (%v)", r.Justification, err)
		}
	}
	own, err := w.store.OwnRequests(t.Context(), w.keyOf(dana), w.bot.Now())
	must(t, err)
	if len(own) != 1 || own[0].Submission.State != db.Created {
		t.Errorf("remembered are %+v", own)
	}
}

// What a person has just submitted is not taken for something made elsewhere,
// whenever Apono's answer comes.
func TestWhatIsUnderWayIsNotElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	form := dana.presses("New request").atLastStep()
	w.apono.Fault(aponotest.Fault{Method: http.MethodPost, Path: createPath, CutAfter: true})
	form.press("Submit").shows("Apono has not answered yet")
	w.apono.ClearFaults()
	must(t, w.bot.LookElsewhere(t.Context()))
	w.settleSubmissions()
	must(t, w.bot.LookElsewhere(t.Context()))
	own, err := w.store.OwnRequests(t.Context(), w.keyOf(dana), w.bot.Now())
	must(t, err)
	if len(own) != 1 || own[0].Submission.State != db.Created {
		t.Errorf("remembered are %+v", own)
	}
	dana.sees("AR-")
}

// What Apono tells of one request does not keep the others from being found,
// however odd it is.
func TestOddRequestElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.known(dana)
	odd := w.inPortal(dana, "Orders database", "zero \x00 and \u2028 lines")
	plain := w.inPortal(dana, "Orders database", "plain")
	w.instead.Store(new(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == requestsV3 {
			_, _ = fmt.Fprintf(rw, `{"data": [{"request_id": "a\u0000b", "friendly_request_id": "AR-\u0000", "status": "PENDING"}, {}, {"user_id": "x"},
				{"request_id": %q, "friendly_request_id": %q, "user_id": %q, "status": "PENDING", "justification": "zero \u0000", "permissions": ["\u0000"]},
				{"request_id": %q, "friendly_request_id": %q, "user_id": %q, "status": "PENDING", "justification": "plain"}], "pagination": {"total": 9000}}`,
				odd.V3ID, odd.FriendlyID, w.aponoID(dana), plain.V3ID, plain.FriendlyID, w.aponoID(dana))
		}
		return r.URL.Path == requestsV3
	}))
	must(t, w.bot.LookElsewhere(t.Context()))
	for _, r := range []aponotest.Request{odd, plain} {
		w.remembered(r.FriendlyID)
	}
}

// aponoID is who somebody is in Apono.
func (w *world) aponoID(s *someone) string {
	w.t.Helper()
	p, err := w.store.Person(w.t.Context(), w.keyOf(s))
	must(w.t, err)
	return p.AponoID
}

// However many events tell of requests that nobody knows, Apono is asked once a
// minute at most.
func TestEventsAboutNothingCostOneRead(t *testing.T) {
	w := newWorld(t)
	before, began := w.callsUnder("/"), time.Now()
	for i := range 1000 {
		if code := w.event(webhookSecret, fmt.Sprintf(`{"event_type": "RequestGranted", "data": {"id": "nobody-%d"}}`, i)); code != http.StatusAccepted {
			t.Fatalf("an event is answered with %d", code)
		}
		if i%250 == 0 {
			must(t, w.bot.inTurn(turnElsewhere, elsewhereEvery, w.bot.LookElsewhere)(t.Context()))
		}
	}
	must(t, w.bot.inTurn(turnElsewhere, elsewhereEvery, w.bot.LookElsewhere)(t.Context()))
	w.settle()
	most := 1 + int(time.Since(began)/elsewhereApart) // turns have the real clock
	if n := w.callsUnder("/") - before; n < 1 || n > most {
		t.Errorf("Apono was asked %d times, want once, or %d times at most", n, most)
	}
}

// An event about what was made elsewhere lets it be found soon.
func TestEventAboutWhatIsMadeElsewhere(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.known(dana)
	r := w.inPortal(dana, "AWS production", "from the portal")
	w.event(webhookSecret, `{"event_type": "RequestCreated", "data": {"id": "`+r.V3ID+`"}}`)
	must(t, w.bot.inTurn(turnElsewhere, elsewhereEvery, w.bot.LookElsewhere)(t.Context()))
	must(t, w.teams.Await(t.Context(), func() bool { // its own turn may have been faster
		known, err := w.store.KnownRequests(t.Context(), []string{r.FriendlyID})
		return err == nil && len(known) > 0
	}))
	must(t, w.apono.Approve(r.FriendlyID, "omar@acme.example", "go on"))
	w.apono.Advance(time.Minute)
	w.event(webhookSecret, `{"event_type": "RequestGranted", "data": {"id": "`+r.V3ID+`"}}`)
	w.settle()
	if got := w.remembered(r.FriendlyID); got.Status != aponoapi.Granted || got.Reason != "go on" {
		t.Errorf("remembered is %+v", got)
	}
}
