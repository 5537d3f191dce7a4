package teamsbot

import (
	"github.com/apono-teams/teamsbot/db"
)

// remembered is what the bot remembers of a request.
func (w *world) remembered(name string) db.Request {
	w.t.Helper()
	r, err := w.store.Request(w.t.Context(), name)
	must(w.t, err)
	return r
}
