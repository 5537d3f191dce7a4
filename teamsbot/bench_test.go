package teamsbot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/cards"
)

// post hands an activity to the bot's own handler, signed and under a new id.
func (w *world) post(b *testing.B, token string, a map[string]any, id int) {
	b.Helper()
	if code, body := w.posted(b, token, a, id); code != http.StatusOK {
		b.Fatalf("got %d: %s", code, body)
	}
}

// posted is post, with the bot's answer.
func (w *world) posted(b *testing.B, token string, a map[string]any, id int) (code int, body string) {
	a["id"] = fmt.Sprintf("f:bench-%d", id)
	activity, err := json.Marshal(a)
	must(b, err)
	req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/api/messages", strings.NewReader(string(activity)))
	req.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	w.bot.Handler().ServeHTTP(rec, req)
	return rec.Code, rec.Body.String()
}

// BenchmarkMessage is one authenticated text message and its reply, which goes
// out over HTTP.
func BenchmarkMessage(b *testing.B) {
	w := newWorld(b)
	a := w.person("Dana").Activity("message")
	a["text"] = "help"
	token := w.teams.SignToken(w.teams.Claims())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.post(b, token, a, i)
	}
}

// BenchmarkInvoke is one authenticated press that opens the form: a new draft
// and the first list, from the cache.
func BenchmarkInvoke(b *testing.B) {
	w := newWorld(b)
	a := w.person("Dana").Activity("invoke")
	a["name"] = "task/fetch"
	a["value"] = map[string]any{"data": map[string]any{"apono": cards.Data{Verb: cards.VerbRequest}}}
	token := w.teams.SignToken(w.teams.Claims())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.post(b, token, a, i)
	}
}

// BenchmarkSearchStep is one authenticated search in the form among 5,000
// resources.
func BenchmarkSearchStep(b *testing.B) {
	w := newWorld(b)
	dana := w.person("Dana")
	form := dana.presses("New request").fill("integration", "Data lake").press("Next")
	data := draftOf(b, form)
	data.Do = cards.DoSearch
	a := dana.Activity("invoke")
	a["name"] = "task/submit"
	token := w.teams.SignToken(w.teams.Claims())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		a["value"] = map[string]any{"data": map[string]any{"apono": data, "search": []string{"orders", "daily"}[i%2]}}
		w.post(b, token, a, i)
		data.Revision++
	}
}

// BenchmarkBundleSearch is one authenticated search in the contents of a bundle
// of 2,003 units, filtered, with 25 chosen elsewhere: the slowest press.
func BenchmarkBundleSearch(b *testing.B) {
	w := newWorld(b, bigBundle)
	dana := w.person("Dana")
	form := dana.opensBundle("Everything")
	form = form.fill("units", form.titles("units")...).press("Filter").fill("types", "Database").press("Show")
	data := draftOf(b, form)
	data.Do = cards.DoSearch
	var chosen []string
	for i := range cards.ShownChosen {
		chosen = append(chosen, strconv.Itoa(i))
	}
	a := dana.Activity("invoke")
	a["name"] = "task/submit"
	token := w.teams.SignToken(w.teams.Claims())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		a["value"] = map[string]any{"data": map[string]any{
			"apono": data, "take": "some", "chosen": strings.Join(chosen, ","), "search": []string{"shard-4 own", "backup"}[i%2],
		}}
		w.post(b, token, a, i)
		data.Revision++
	}
}

// BenchmarkBundleContents lists and searches the 2,000 units of a bundle that
// Apono has just told: what the first press pays beside the calls.
func BenchmarkBundleContents(b *testing.B) {
	units := make([]aponoapi.Entitlement, 2000)
	b.ReportAllocs()
	for b.Loop() {
		for i := range units {
			name := strconv.Itoa(i * 7919 % 2000)
			units[i] = aponoapi.Entitlement{
				ID: name, Integration: aponoapi.Integration{ID: "shards", Name: "Shards"},
				ResourceType: aponoapi.ResourceType{ID: "db", Name: "Database"},
				Resource:     aponoapi.Resource{ID: name, Name: "shard-" + name + ".eu-central-1.rds.amazonaws.com/customers-of-the-biggest-tenant"},
				Permission:   aponoapi.Permission{ID: "own", Name: "own"},
			}
		}
		listingOfUnits(units).find("shard-4", 0, cards.PageSize)
	}
}
