package teamsbot

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// pressOf is the activity of a press of a dialog's button, with an id of its own.
func (s *someone) pressOf(f *dialogue, title string) map[string]any {
	s.w.t.Helper()
	a := s.Activity("invoke")
	a["name"] = "task/submit"
	if f != nil {
		a["value"] = map[string]any{"data": dataOf(s.w.t, f.Card(), title)}
	}
	return a
}

// dataOf is what the first button of that title carries.
func dataOf(t testing.TB, card json.RawMessage, title string) (data any) {
	t.Helper()
	var whole any
	must(t, json.Unmarshal(card, &whole))
	var find func(any)
	find = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, part := range v {
				find(part)
			}
		case map[string]any:
			if v["title"] == title && v["type"] == "Action.Submit" && data == nil {
				data = v["data"]
			}
			for _, part := range v {
				find(part)
			}
		}
	}
	if find(whole); data == nil {
		t.Fatalf("there is no button %q in %s", title, card)
	}
	return data
}

// sendTo sends an activity to one of several replicas.
func (w *world) sendTo(url string, activity any) (status int, body string) {
	w.t.Helper()
	data, err := json.Marshal(activity)
	if err != nil {
		w.t.Error(err)
		return 0, ""
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, url+"/api/messages", bytes.NewReader(data))
	if err != nil {
		w.t.Error(err)
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+w.teams.SignToken(w.teams.Claims()))
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Error(err)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		w.t.Errorf("Cache-Control is %q", got)
	}
	return res.StatusCode, string(answer)
}

// jobsOf are the jobs of a kind that there are, done or not, the oldest first.
func jobsOf[J river.JobArgs](w *world) (all []J) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.dbURL)
	must(w.t, err)
	defer func() { must(w.t, conn.Close(w.t.Context())) }()
	var j J
	rows, err := conn.Query(w.t.Context(), `SELECT args FROM river_job WHERE kind = $1 ORDER BY id`, j.Kind())
	must(w.t, err)
	raw, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	must(w.t, err)
	for _, args := range raw {
		var j J
		must(w.t, json.Unmarshal(args, &j))
		all = append(all, j)
	}
	return all
}

func isSnooze(err error) bool {
	var snooze *river.JobSnoozeError
	return errors.As(err, &snooze)
}
