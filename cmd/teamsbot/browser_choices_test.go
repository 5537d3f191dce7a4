//go:build browser

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// TestBrowserFindsAChoiceByTyping uses a list that is too long for the usual
// playground, from a bot that has nothing else.
func TestBrowserFindsAChoiceByTyping(t *testing.T) {
	sent := make(chan string, 1)
	w := newBrowser(t, listSite(t, sent)).opens(t, desktop, "light", "dana/apono")
	const box, list = `#dialog [data-input="cluster"] input`, `#dialog .choices`
	w.clicks("#plus")
	w.clicks("#extension-request")
	w.clicks(box)
	w.does("see the list", chromedp.WaitVisible(list))
	w.until(`document.querySelector("` + list + `").getBoundingClientRect().height > 200`)
	w.shot("choices-open")
	w.does("type", chromedp.SendKeys(box, "er 3"))
	w.until(`document.querySelectorAll("` + list + ` [role=option]").length === 11`)
	w.shot("choices-typed")

	// Escape closes the list and not the dialog, and what is no choice goes.
	w.does("press Escape", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible(list))
	w.does("leave", chromedp.KeyEvent(kb.Tab))
	w.holds("cluster", "")
	w.does("choose", chromedp.SendKeys(box, "er 3"), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	w.holds("cluster", "Cluster 30")
	w.answers("Next")
	w.sees("#dialog", "Thank you")
	if got := <-sent; got != "30" {
		t.Errorf("the bot got %q, want the value of Cluster 30", got)
	}
}

// TestBrowserAsksOnAMessage uses the menu that every message has. It shows where
// the mouse or the focus is, as in Teams, and always where there is no mouse.
func TestBrowserAsksOnAMessage(t *testing.T) {
	site := listSite(t, nil)
	w := newBrowser(t, site).opens(t, desktop, "light", "dana/apono")
	const menu = ".message .message-options"
	shows := func(want string) {
		t.Helper()
		w.until(`getComputedStyle(document.querySelector("` + menu + `")).opacity === "` + want + `"`)
	}
	shows("0")
	w.does("focus", chromedp.Focus(menu+" > button"))
	shows("1")
	w.does("leave", chromedp.Focus("#compose"))
	shows("0")
	w.clicks(menu + " > button") // the mouse comes over the message
	shows("1")
	w.shot("message-menu")
	w.clicks(".message-options li button")
	w.sees("#dialog", "Cluster")
	w.clicks("#dialog-close")
	w.wears("dark", phone)
	shows("1")
	w.shot("message-menu-phone-dark")
}

// listSite is the page of a Teams in which Dana has listBot and said hello.
func listSite(t *testing.T, sent chan<- string) string {
	t.Helper()
	bot := httptest.NewServer(listBot(t, sent))
	t.Cleanup(bot.Close)
	teams, err := teamstest.Serve(t.Context(), teamstest.Config{BotURL: bot.URL})
	must(t, err)
	t.Cleanup(func() { must(t, teams.Close()) })
	_, err = teams.Person("Dana").Installs(t.Context())
	must(t, err)
	_, err = teams.Person("Dana").Says(t.Context(), "hello")
	must(t, err)
	page, err := teams.Page(t.Context())
	must(t, err)
	site := httptest.NewServer(page)
	t.Cleanup(site.Close)
	return site.URL
}

// listBot answers the message extension with a dialog of 60 choices, and notes
// what was chosen.
func listBot(t *testing.T, sent chan<- string) http.HandlerFunc {
	var choices []map[string]string
	for i := range 60 {
		choices = append(choices, map[string]string{"title": fmt.Sprintf("Cluster %d", i), "value": fmt.Sprint(i)})
	}
	card := map[string]any{
		"type": "AdaptiveCard", "version": "1.5",
		"body": []any{map[string]any{
			"type": "Input.ChoiceSet", "id": "cluster", "label": "Cluster", "style": "filtered", "choices": choices,
			"placeholder": "Choose one, or type to find it",
		}},
		"actions": []any{map[string]any{"type": "Action.Submit", "title": "Next"}},
	}
	return func(w http.ResponseWriter, r *http.Request) {
		var a struct {
			Name  string
			Value struct{ Data struct{ Cluster string } }
		}
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Error(err)
		}
		task := map[string]any{"type": "message", "value": "Thank you"}
		switch a.Name {
		case "composeExtension/fetchTask":
			task = map[string]any{"type": "continue", "value": map[string]any{
				"title": "Request access", "width": "medium", "height": "medium",
				"card": map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "content": card},
			}}
		case "composeExtension/submitAction":
			sent <- a.Value.Data.Cluster
		case "":
			w.WriteHeader(http.StatusOK)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]any{"task": task}); err != nil {
			t.Error(err)
		}
	}
}
