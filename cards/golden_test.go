package cards_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/cards"
	"github.com/apono-teams/teamsbot/texts"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds every card in every state to its file, so that a change of
// what people see is seen in review. It does not run beside the other tests,
// since it may write what they read.
func TestGolden(t *testing.T) {
	all := states()
	for name, card := range all {
		got, path := indented(t, card), goldenFile(name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v (go test ./cards -update writes it)", err)
			continue
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, name := range goldenNames(t) {
		if _, ok := all[name]; ok {
			continue
		}
		if !*update {
			t.Errorf("%s shows no state that there is", goldenFile(name))
		} else if err := os.Remove(goldenFile(name)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGoldenFilesAreFitForTeams holds the files, and the same cards in German, to
// what Teams demands and to Microsoft's renderer.
func TestGoldenFilesAreFitForTeams(t *testing.T) {
	t.Parallel()
	all := make(map[string]json.RawMessage)
	for _, name := range goldenNames(t) {
		text, err := os.ReadFile(goldenFile(name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = text
	}
	for name, card := range states() {
		all[name+" in German"] = card.JSON(texts.For("de"))
	}
	found := rendererFaults(t, all)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, fault := range append(found[name], teamsFaults(t, all[name])...) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// The buttons that one state has and no other are worth a look of their own.
func TestButtons(t *testing.T) {
	t.Parallel()
	all := states()
	for name, want := range map[string]string{
		"welcome":                 "New request, Request bundle, My requests, My access, Favorites",
		"integration_few":         "Next",
		"integration_first_page":  "Search, Next page, Next",
		"integration_middle_page": "Search, Previous page, Next page, Next",
		"integration_none_found":  "Search, Next",
		"resource_type_few":       "Back, Next",
		"resources_first_page":    "Search, Next page, Back, Next",
		"resources_middle_page":   "Search, Previous page, Next page, Back, Next",
		"resources_last_page":     "Search, Previous page, Back, Next",
		"finish_one_permission":   "Back, Add to favorites, Submit",
		"form_loading":            "Try again",
		"form_stopped":            "Back, Try again",
		"form_add_app":            "Add Apono, Try again",
		"asking":                  "My requests",
		"refused":                 "Try again",
		"lost":                    "Try again",
		"status_pending":          "Cancel request",
		"status_pending_mfa_link": "Open in Apono, Cancel request",
		"status_granting":         "View resources, Revoke access, Add to favorites",
		"status_granted":          "View resources, Revoke access, Add to favorites",
		"status_revoking":         "My requests",
		"status_revoked":          "Request again, New request, Add to favorites",
		"status_expired":          "Request again, New request, Add to favorites",
		"status_rejected":         "Request again, New request, Add to favorites",
		"status_failed":           "Request again, New request, Add to favorites",
		"status_unknown":          "My requests",
		"status_over_many_mfa":    "Open in Apono, Open in Apono, Open in Apono, Open in Apono, Open in Apono, Cancel request",
		"revoke":                  "Revoke access",
		"open_favorites":          "Favorites",
		"favorites_none":          "",
		"favorites_one": "Use favorite, Rename, Delete, " +
			"Request again, Add to favorites, Request again, Add to favorites, Request again, Add to favorites",
		"favorites_none_found":    "Search",
		"favorite_name_draft":     "Back, Add to favorites",
		"favorite_name_request":   "Add to favorites",
		"favorite_name_recent":    "Back, Add to favorites",
		"favorite_rename":         "Back, Rename",
		"favorite_delete":         "Back, Delete",
		"contents_few":            "Back, Next",
		"contents_first_page":     "Search, Filter, Show selected, Next page, Back, Next",
		"contents_selected":       "Search, Show all, Back, Next",
		"bundle_filter":           "Show",
		"bundle_finish_questions": "Back, Add to favorites, Submit",
		"several_pending":         "Cancel request",
		"several_one_granted":     "Revoke access",
		"several_over":            "Request again, New request",
	} {
		var titles []string
		for o := range objects(t, all[name].JSON(texts.InEnglish)) {
			if kind, _ := o["type"].(string); strings.HasPrefix(kind, "Action.") {
				titles = append(titles, o["title"].(string))
			}
		}
		if got := strings.Join(titles, ", "); got != want {
			t.Errorf("%s has the buttons %q, want %q", name, got, want)
		}
	}
}

// The summary is what a notification shows.
func TestSummary(t *testing.T) {
	t.Parallel()
	all := states()
	for name, want := range map[string]string{
		"welcome":        "Welcome to Apono",
		"asking":         "Sending to Apono: AWS production",
		"status_granted": "Granted: AWS production",
		"status_unknown": "Thinking it over: AWS production",
	} {
		if got := all[name].Summary(texts.InEnglish); got != want {
			t.Errorf("%s: summary %q, want %q", name, got, want)
		}
	}
}

func indented(t *testing.T, c cards.Card) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, c.JSON(texts.InEnglish), "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func goldenFile(name string) string { return filepath.Join("testdata", name+".json") }

func goldenNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(goldenFile("*"))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(filepath.Base(f), ".json")
	}
	return names
}
