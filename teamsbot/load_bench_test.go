package teamsbot

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
)

// BenchmarkStatusDrawn is 1,000 changes of status of requests of 500 people,
// recorded and drawn by one process whose pace Teams does not limit.
func BenchmarkStatusDrawn(b *testing.B) {
	const n = 1000
	w, all := crowded(b, n, 500, aponoapi.Pending)
	use, rounds, began := watchUsage(), 0, time.Now()
	for b.Loop() {
		rounds++
		w.stand(all, []aponoapi.Status{aponoapi.Pending, aponoapi.Granting}[rounds%2], "")
		w.connector.await(b, rounds*n)
	}
	took := time.Since(began)
	use.tell(b, rounds*n, "change")
	b.ReportMetric(float64(rounds*n)/took.Seconds(), "changes/s")
	w.settle()
	if taken := len(w.connector.messages()); taken != rounds*n {
		b.Errorf("%d changes are %d updates", rounds*n, taken)
	}
}

// BenchmarkWebhookToCard is the time from an event of Apono's until Teams has
// the card that shows the change: 50 events a second, each after a change of
// another request. Teams' pace is lifted. All events are one operation.
func BenchmarkWebhookToCard(b *testing.B) {
	const n, aSecond = 500, 50
	w, all := crowded(b, n, 250, aponoapi.Granted)
	use, sent := watchUsage(), make(map[string]time.Time)
	b.ResetTimer()
	began := time.Now()
	tick := time.NewTicker(time.Second / aSecond)
	var events sync.WaitGroup
	for i := range all {
		<-tick.C
		must(b, w.apono.Fail(all[i].FriendlyID, "no such role"))
		sent[all[i].FriendlyID] = time.Now()
		events.Go(func() {
			if code := w.event(webhookSecret, fmt.Sprintf(`{"event_type": "RequestFailed", "data": {"id": %q}}`, all[i].V3ID)); code != http.StatusAccepted {
				b.Errorf("an event is answered with %d", code)
			}
		})
	}
	tick.Stop()
	events.Wait()
	b.ReportMetric(n/time.Since(began).Seconds(), "events/s")
	w.connector.await(b, 2*n) // the story and the message of each
	b.StopTimer()
	use.tell(b, n, "change")
	var times []time.Duration
	for _, m := range w.connector.messages() {
		if at, ok := sent[m.activity]; ok { // the first time its story is drawn
			times = append(times, m.at.Sub(at))
			delete(sent, m.activity)
		}
	}
	if len(times) != n {
		b.Errorf("%d cards were drawn, want %d", len(times), n)
	}
	percentiles(b, "webhook-to-card", times)
}

// BenchmarkBacklog is ten seconds in which 10,000 changes of status are due at
// once, delivered at Teams' pace, while somebody presses a button ten times a
// second: they open the form. -benchtime=35x delivers them all.
func BenchmarkBacklog(b *testing.B) {
	const n = 10_000
	w, all := crowded(b, n, 2000, aponoapi.Pending)
	w.bot.TenantRate, w.bot.ConversationPause = 0, 0 // as it is by default
	a := w.person("Dana").Activity("invoke")
	a["name"] = "task/fetch"
	a["value"] = map[string]any{"data": map[string]any{"apono": cards.Data{Verb: cards.VerbRequest}}}
	token := w.teams.SignToken(w.teams.Claims())
	w.post(b, token, a, 0)
	w.stand(all, aponoapi.Granting, "")

	var times []time.Duration
	unanswered := 0
	use, began, before := watchUsage(), time.Now(), len(w.connector.messages())
	for b.Loop() {
		tick := time.NewTicker(100 * time.Millisecond)
		for range 100 {
			<-tick.C
			pressed := time.Now()
			if code, _ := w.posted(b, token, a, len(times)+1); code != http.StatusOK {
				unanswered++ // a busy machine can be too slow for anything
			}
			times = append(times, time.Since(pressed))
		}
		tick.Stop()
	}
	took := time.Since(began)
	messages := w.connector.messages()[before:]
	once := make(map[string]bool)
	for _, m := range messages {
		if once[m.activity] {
			b.Errorf("card %s was drawn twice", m.activity)
		}
		once[m.activity] = true
	}
	use.tell(b, len(messages), "card")
	percentiles(b, "press", times)
	b.ReportMetric(float64(unanswered), "presses-unanswered")
	b.ReportMetric(float64(len(messages))/took.Seconds(), "cards/s")
	b.ReportMetric(float64(mostInASecond(messages)), "most-cards-in-1s")
	o, err := w.store.Owing(b.Context(), w.bot.Now())
	must(b, err)
	b.ReportMetric(float64(o.CardsDue), "cards-left")
	w.sql(`UPDATE posted_cards SET drawn = wanted`) // so that the bot can end
}

// mostInASecond is how many messages were taken within a second, at most.
func mostInASecond(all []took) (most int) {
	from := 0
	for i := range all {
		for all[i].at.Sub(all[from].at) >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
