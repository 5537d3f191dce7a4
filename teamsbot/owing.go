package teamsbot

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// How long the database may take to say what is owed, and how long what it said
// is told again.
const (
	owingLasts      = 2 * time.Second
	owingRemembered = 5 * time.Second
)

// owing tells what is owed over all replicas whenever it is asked for.
type owing struct {
	bot *Bot

	mu     sync.Mutex
	readAt time.Time
	last   []prometheus.Metric

	up, cardsDue, cardsLate, overdue, swept, jobs *prometheus.Desc
}

func newOwing(b *Bot) *owing {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("teamsbot_"+name, help, labels, nil)
	}
	return &owing{
		bot:       b,
		up:        desc("database_up", "1 if the database says what is owed, else 0 and nothing of the rest."),
		cardsDue:  desc("cards_due", "Cards that do not show the newest state, those included that wait for a person."),
		cardsLate: desc("cards_late", "Cards that have been owed for more than 10 s."),
		overdue:   desc("look_overdue_seconds", "How long the longest-waiting look at Apono has been due."),
		swept:     desc("sweep_age_seconds", "Time since any replica last completed a sweep; missing if none has."),
		jobs:      desc("jobs", "Jobs that have not been done, by kind and state.", "kind", "state"),
	}
}

// Describe implements prometheus.Collector.
func (o *owing) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{o.up, o.cardsDue, o.cardsLate, o.overdue, o.swept, o.jobs} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (o *owing) Collect(c chan<- prometheus.Metric) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last == nil || time.Since(o.readAt) > owingRemembered {
		o.last = o.read()
		o.readAt = time.Now()
	}
	for _, m := range o.last {
		c <- m
	}
}

func (o *owing) read() []prometheus.Metric {
	// A scrape has no context here.
	ctx, cancel := context.WithTimeout(context.Background(), o.bot.within(owingLasts))
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
		return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	all, err := o.bot.Store.Owing(ctx, o.bot.Now())
	if err != nil {
		o.bot.Log.Warn().Err(err).Msg("what is owed is not known")
		return []prometheus.Metric{gauge(o.up, 0)}
	}
	told := []prometheus.Metric{
		gauge(o.up, 1), gauge(o.cardsDue, float64(all.CardsDue)), gauge(o.cardsLate, float64(all.CardsLate)),
		gauge(o.overdue, all.Overdue.Seconds()),
	}
	if age, ever, err := o.bot.Store.SinceTurn(ctx, turnSweep); err == nil && ever {
		told = append(told, gauge(o.swept, age.Seconds()))
	}
	for _, j := range all.Jobs {
		told = append(told, gauge(o.jobs, float64(j.Count), j.Kind, j.State))
	}
	return told
}
