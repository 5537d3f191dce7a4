package teamsbot

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/riverqueue/river/rivertype"

	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// metrics is what those who run the bot see of it. Labels are words of ours:
// never an id, a name, or what somebody sent.
type metrics struct {
	registry *prometheus.Registry

	turns    *prometheus.CounterVec   // type, verb, outcome
	turnTook *prometheus.HistogramVec // type

	attempts *prometheus.CounterVec   // kind, outcome
	jobTook  *prometheus.HistogramVec // kind

	teams, apono calls

	failed    *prometheus.CounterVec // reason: cards that did not reach Teams
	throttled prometheus.Counter     // times that Teams, or our own limit for it, made a card wait
	drawn     prometheus.Histogram   // seconds from a change to the card that shows it
}

// calls are the calls to one of the other ends, each try by itself.
type calls struct {
	made *prometheus.CounterVec   // operation, status
	took *prometheus.HistogramVec // operation
}

// fine is where times differ that a person waits for: a press has 3 s.
var fine = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5, 10, 30}

// newMetrics makes a registry of its own, so that several bots in one process
// count apart.
func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		turns:    counters("turns_total", "What people did, by what they did and what came of it.", "type", "verb", "outcome"),
		turnTook: durations("turn_seconds", "Time to answer what people did.", fine, "type"),
		attempts: counters("job_attempts_total", "Attempts at jobs.", "kind", "outcome"),
		jobTook:  durations("job_seconds", "Time that an attempt at a job took.", fine, "kind"),
		teams:    newCalls("teams", "Teams"),
		apono:    newCalls("apono", "Apono"),
		failed:   counters("pushes_failed_total", "Cards that did not reach Teams.", "reason"),
		throttled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "teamsbot_pushes_throttled_total", Help: "Cards that had to wait for Teams' limits.",
		}),
		drawn: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "teamsbot_change_to_drawn_seconds", Help: "Time from a change to the card that shows it.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60, 300, 1800},
		}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.turns, m.turnTook, m.attempts, m.jobTook, m.teams.made, m.teams.took, m.apono.made, m.apono.took,
		m.failed, m.throttled, m.drawn,
	)
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "teamsbot_" + name, Help: help}, labels)
}

func durations(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "teamsbot_" + name, Help: help, Buckets: buckets}, labels)
}

func newCalls(to, name string) calls {
	return calls{
		made: counters(to+"_calls_total", "Calls to "+name+", each try by itself.", "operation", "status"),
		took: durations(to+"_call_seconds", "Time until "+name+" answered a try.", fine, "operation"),
	}
}

// handler tells the metrics. What cannot be read is left out.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// done counts one try of a call; status 0 is no answer.
func (c calls) done(operation string, status int, took time.Duration) {
	class := "none"
	switch {
	case status == http.StatusTooManyRequests:
		class = "429"
	case status >= 100 && status <= 599:
		class = strconv.Itoa(status/100) + "xx"
	}
	c.made.WithLabelValues(operation, class).Inc()
	c.took.WithLabelValues(operation).Observe(took.Seconds())
}

// attempted counts an attempt at a job.
func (m *metrics) attempted(kind string, err error, took time.Duration) {
	outcome := "failed"
	var snooze *rivertype.JobSnoozeError
	var cancel *rivertype.JobCancelError
	switch {
	case err == nil:
		outcome = "done"
	case errors.As(err, &snooze):
		outcome = "snoozed"
	case errors.As(err, &cancel):
		outcome = "cancelled"
	}
	m.attempts.WithLabelValues(kind, outcome).Inc()
	m.jobTook.WithLabelValues(kind).Observe(took.Seconds())
}

// turned counts a turn that has been answered.
func (m *metrics) turned(t *turn, answer teams.Answer, took time.Duration) {
	outcome := "answered"
	switch {
	case answer.Status >= http.StatusInternalServerError:
		outcome = "failed"
	case answer.Status >= http.StatusBadRequest:
		outcome = "rejected"
	case t.err != nil:
		outcome = "sorry" // with words about what went wrong
	}
	kind := activityType(t.activity)
	m.turns.WithLabelValues(kind, t.intent, outcome).Inc()
	m.turnTook.WithLabelValues(kind).Observe(took.Seconds())
}

// activityType is an activity's type, of those that the bot knows: anybody can send
// any other.
func activityType(a *teams.Activity) string {
	if a == nil {
		return "none"
	}
	switch a.Type {
	case schema.Message, schema.Invoke, schema.ConversationUpdate, schema.InstallationUpdate:
		return string(a.Type)
	}
	return "other"
}
