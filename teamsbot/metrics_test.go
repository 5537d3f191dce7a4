package teamsbot

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// scraped is what a look at /metrics tells.
func (w *world) scraped() string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+"/metrics", nil)
	must(w.t, err)
	res, err := http.DefaultTransport.RoundTrip(req)
	must(w.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(w.t, err)
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("/metrics answers %d %s", res.StatusCode, body)
	}
	return string(body)
}

// tells wants the metrics to have these lines.
func (w *world) tells(lines ...string) {
	w.t.Helper()
	told := w.scraped()
	for _, line := range lines {
		if !strings.Contains(told, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, "{")
			var near []string
			for l := range strings.Lines(told) {
				if strings.HasPrefix(l, name) {
					near = append(near, l)
				}
			}
			w.t.Errorf("the metrics do not have %s, but\n%s", line, strings.Join(near, ""))
		}
	}
}

func TestMetricsTellOfAJourney(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.apono.Fault(aponotest.Fault{Method: http.MethodGet, Path: "/api/v3/access-requests/", Status: 503, Times: 1})
	form := dana.presses("New request").atLastStep().press("Submit")
	if !form.Closed {
		t.Fatalf("not submitted:\n%s", form.Text())
	}
	w.settle()
	w.pass(time.Hour)
	dana.sees("Granted")
	dana.says("help")
	dana.says("what?")
	dana.invoke(map[string]any{"apono": map[string]any{"verb": "access.grant"}})
	_, _, err := w.teams.Post(t.Context(), "", nil)
	must(t, err)

	w.tells(
		`teamsbot_turns_total{outcome="answered",type="installationUpdate",verb=""} 1`,
		`teamsbot_turns_total{outcome="answered",type="invoke",verb="request.open"} 1`,
		`teamsbot_turns_total{outcome="answered",type="invoke",verb="unknown"} 1`,
		`teamsbot_turns_total{outcome="answered",type="message",verb="help"} 1`,
		`teamsbot_turns_total{outcome="answered",type="message",verb="not_understood"} 1`,
		`teamsbot_turns_total{outcome="rejected",type="none",verb=""} 1`,
		`teamsbot_turn_seconds_count{type="message"} 2`,
		`teamsbot_job_attempts_total{kind="welcome",outcome="done"} 1`,
		`teamsbot_job_seconds_count{kind="welcome"} 1`,
		`teamsbot_apono_calls_total{operation="create request",status="2xx"} 1`,
		`teamsbot_apono_calls_total{operation="get request",status="5xx"} 1`,
		`teamsbot_apono_call_seconds_count{operation="create request"} 1`,
		`teamsbot_teams_calls_total{operation="send",status="2xx"} 5`,
		`teamsbot_cards_due 0`, `teamsbot_cards_late 0`, `teamsbot_database_up 1`,
		`teamsbot_jobs{kind="settle_submission",state="later"} 1`,
		`teamsbot_pushes_throttled_total 0`,
	)
	told := w.scraped()
	for _, private := range []string{dana.ObjectID, dana.TenantID, "dana@", "Dana", w.requests()[0].V3ID, "access.grant", "INC-42"} {
		if strings.Contains(told, private) {
			t.Errorf("the metrics tell %q", private)
		}
	}
}

func TestMetricsTellHowTeamsAnswers(t *testing.T) {
	w := newWorld(t)
	dana := w.person("Dana")
	w.teams.Fail(teamstest.Fault{Op: teamstest.OpSend, Status: 429, Times: 1})
	dana.says("help")
	w.settle()
	w.teams.Fail(teamstest.Fault{Op: teamstest.OpSend, Drop: true, Times: 1})
	dana.says("help")
	w.settle()
	w.tells(
		`teamsbot_teams_calls_total{operation="send",status="429"} 1`,
		`teamsbot_teams_calls_total{operation="send",status="none"} 1`,
	)
}

// Without its database the bot still tells the rest, and that.
func TestMetricsWithoutADatabase(t *testing.T) {
	t.Parallel()
	store, err := db.Open(t.Context(), db.Config{URL: pgtest.URL(t)})
	must(t, err)
	store.Close()
	m := newMetrics()
	m.registry.MustRegister(newOwing(&Bot{Config: Config{Store: store, Now: time.Now, Log: zerolog.Nop()}}))
	server := httptest.NewServer(m.handler())
	t.Cleanup(server.Close)
	w := &world{t: t, url: server.URL}
	w.tells(`teamsbot_database_up 0`)
	if told := w.scraped(); strings.Contains(told, "teamsbot_cards_due ") || !strings.Contains(told, "go_goroutines ") {
		t.Errorf("got\n%s", told)
	}
}
