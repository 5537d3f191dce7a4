package aponotest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

func TestDetailsAreShownOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	dana := w.as("dana")
	r := w.create(t, "Orders database")
	if _, err := w.bot.DetailsV3(t.Context(), r.ID); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("before it is granted: %v", err)
	}
	w.Advance(4 * time.Second)
	open := all(t, dana.Sessions(t.Context(), aponoapi.SessionFilter{RequestIDs: []string{r.FriendlyID}}))
	if len(open) != 1 || open[0].Credentials != aponoapi.Available || !open[0].CanReset || len(open[0].RequestIDs) != 1 {
		t.Fatalf("sessions: %+v", open)
	}
	id := open[0].ID
	for _, client := range []*aponoapi.Client{w.as("devin"), w.bot} {
		if _, err := client.SessionDetails(t.Context(), id); !errors.Is(err, aponoapi.ErrNotFound) {
			t.Errorf("somebody else's: %v", err)
		}
	}
	first, err := dana.SessionDetails(t.Context(), id)
	if err != nil || first.Masked() || !strings.Contains(first.Instructions.Reveal(), w.Secrets()[0]) {
		t.Fatalf("first look: masked %v, %v", first.Masked(), err)
	}
	if text := fmt.Sprintf("%+v %v %#v", first, first, first); strings.Contains(text, w.Secrets()[0]) {
		t.Errorf("printing tells the secret: %s", text)
	}
	second, err := dana.SessionDetails(t.Context(), id)
	if err != nil || !second.Masked() || strings.Contains(second.CLI.Reveal(), w.Secrets()[0]) {
		t.Errorf("second look: masked %v, %v", second.Masked(), err)
	}
	now, err := dana.Session(t.Context(), id)
	if err != nil || now.Credentials != aponoapi.Viewed || now.Credentials.Readable() {
		t.Errorf("viewed: %+v, %v", now, err)
	}
	if _, err := dana.ResetSession(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := dana.ResetSession(t.Context(), id); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("reset twice: %v", err)
	}
	if now, err = dana.Session(t.Context(), id); err != nil || now.Credentials != aponoapi.Resetting {
		t.Errorf("resetting: %+v, %v", now, err)
	}
	w.Advance(4 * time.Second)
	third, err := w.bot.DetailsV3(t.Context(), r.FriendlyID)
	if err != nil || third.Masked() || !strings.Contains(third.Instructions.Reveal(), w.Secrets()[1]) {
		t.Errorf("after the reset: masked %v, %v", third.Masked(), err)
	}
	if fourth, err := w.bot.DetailsV3(t.Context(), r.ID); err != nil || !fourth.Masked() {
		t.Errorf("v3 again: masked %v, %v", fourth.Masked(), err)
	}
	if _, err := w.bot.ResetV3(t.Context(), r.ID); err != nil {
		t.Error(err)
	}
	if err := w.Expire(r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := dana.Session(t.Context(), id); !errors.Is(err, aponoapi.ErrNotFound) {
		t.Errorf("after the end: %v", err)
	}
}

func TestDetailsWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r := w.create(t, "AWS production")
	if err := w.Approve(r.ID, "", ""); err != nil {
		t.Fatal(err)
	}
	w.Advance(3 * time.Second)
	open := all(t, w.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{IntegrationIDs: []string{w.ids["AWS production"]}}))
	if len(open) != 1 || open[0].Credentials != aponoapi.NotApplicable || open[0].CanReset {
		t.Fatalf("sessions: %+v", open)
	}
	for range 2 {
		d, err := w.as("dana").SessionDetails(t.Context(), open[0].ID)
		if err != nil || d.Masked() || d.LinkURL.Reveal() == "" || d.LinkTitle == "" {
			t.Errorf("got %+v, %v", d, err)
		}
	}
	if _, err := w.as("dana").ResetSession(t.Context(), open[0].ID); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("reset: %v", err)
	}
	if _, err := w.bot.ResetV3(t.Context(), r.ID); !errors.Is(err, aponoapi.ErrInvalid) {
		t.Errorf("v3 reset: %v", err)
	}
}

func TestLostDetailsAreNotAskedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	r := w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	w.Fault(aponotest.Fault{Path: "/api/v3/access-requests/*/access-details", CutAfter: true})
	if _, err := w.bot.DetailsV3(t.Context(), r.ID); !errors.Is(err, aponoapi.ErrUnknownOutcome) {
		t.Errorf("got %v, want ErrUnknownOutcome", err)
	}
	reads := 0
	for _, e := range w.Events() {
		if e.Kind == "call" && strings.HasSuffix(e.Path, "/access-details") {
			reads++
		}
		if strings.Contains(fmt.Sprint(e), w.Secrets()[0]) {
			t.Errorf("the event log tells the secret: %+v", e)
		}
	}
	if reads != 1 {
		t.Errorf("asked %d times, want once", reads)
	}
	w.ClearFaults()
	if d, err := w.bot.DetailsV3(t.Context(), r.ID); err != nil || !d.Masked() {
		t.Errorf("the look is used up: masked %v, %v", d.Masked(), err)
	}
}

func TestSessionServesSeveralRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	first, second := w.create(t, "Orders database"), w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	open := all(t, w.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{}))
	if len(open) != 1 || len(open[0].RequestIDs) != 2 {
		t.Fatalf("sessions: %+v", open)
	}
	if _, err := w.bot.RevokeV3(t.Context(), first.ID, second.FriendlyID); err != nil {
		t.Fatal(err)
	}
	if open := all(t, w.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{})); len(open) != 0 {
		t.Errorf("after the revoke: %+v", open)
	}
	if _, err := w.bot.RevokeV3(t.Context(), first.ID); !errors.Is(err, aponoapi.ErrConflict) {
		t.Errorf("again: %v", err)
	}
	if _, err := w.bot.RevokeV3(t.Context(), "nothing"); !errors.Is(err, aponoapi.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	w.Advance(3 * time.Second)
	v3, err := w.bot.RequestV3(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	// v3 does not know Revoked; the delegated request does.
	wantStatus(t, v3.Status, aponoapi.Expired)
	wantStatus(t, w.status(t, first.ID), aponoapi.Revoked)
}

// One long step of the clock must do what many short ones do.
func TestLongStepsKeepTheOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aponotest.Config{})
	w.create(t, "Orders database")
	w.Advance(4 * time.Second)
	session := all(t, w.as("dana").Sessions(t.Context(), aponoapi.SessionFilter{}))[0]
	if _, err := w.as("dana").SessionDetails(t.Context(), session.ID); err != nil {
		t.Fatal(err)
	}
	w.Advance(59 * time.Minute)
	w.create(t, "Orders database")
	w.Advance(30 * time.Minute)
	shared, err := w.as("dana").Session(t.Context(), session.ID)
	if err != nil || shared.Credentials != aponoapi.Viewed || len(shared.RequestIDs) != 1 {
		t.Errorf("the second request joins the first one's session: got %+v, %v", shared, err)
	}
}
