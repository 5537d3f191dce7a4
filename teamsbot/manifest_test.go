package teamsbot

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/manifest"
)

// offered is what the app package says can be written to the bot, by the kind of
// place, and the German words for it by their place in the package.
func offered(t *testing.T, version string) (titles map[string][]string, german map[string]string) {
	t.Helper()
	p, err := manifest.New(manifest.Config{BotID: "11111111-1111-4111-8111-111111111111", ManifestVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.Zip()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Bots []struct {
			CommandLists []struct {
				Scopes   []string
				Commands []struct{ Title string }
			}
		}
	}
	for name, into := range map[string]any{"manifest.json": &m, "de.json": &german} {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(f).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	titles = make(map[string][]string)
	for _, list := range m.Bots[0].CommandLists {
		for _, scope := range list.Scopes {
			for _, c := range list.Commands {
				titles[scope] = append(titles[scope], c.Title)
			}
		}
	}
	return titles, german
}

// Teams offers in each kind of place what the bot takes there, by the first way
// to write it: no command more, none less.
func TestTeamsOffersWhatCanBeWritten(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.29", "1.19"} {
		titles, german := offered(t, version)
		for scope, takes := range map[string]func(command) bool{
			"personal":  func(c command) bool { return c.audit == "" && !c.admins }, // watches are for channels
			"team":      func(c command) bool { return !c.private },
			"groupChat": func(c command) bool { return !c.private && c.audit == "" },
		} {
			var want []string
			for _, c := range commands {
				if takes(c) {
					want = append(want, c.written[0])
				}
			}
			got := slices.Sorted(slices.Values(titles[scope]))
			if slices.Sort(want); !slices.Equal(got, want) {
				t.Errorf("manifest %s offers %q (%s), want %q", version, got, scope, want)
			}
		}
		// Where a title is translated Teams sends the translation.
		for i, scope := range []string{"personal", "team", "groupChat"} {
			for j, title := range titles[scope] {
				written := german[fmt.Sprintf("bots[0].commandLists[%d].commands[%d].title", i, j)]
				meant, _ := commandWritten(title)
				if got, _ := commandWritten(strings.ToLower(written)); written != "" && got.name != meant.name {
					t.Errorf("%q is understood as %q, want %q", written, got.name, meant.name)
				}
			}
		}
	}
}

// Teams knows no app by its bot's id.
func TestPeopleAddTheAppByItsOwnID(t *testing.T) {
	t.Parallel()
	b := &Bot{Config: Config{AppID: "bot", TeamsAppID: "app", TeamsURL: "https://gov.teams.microsoft.us"}}
	if got, want := b.appURL(), "https://gov.teams.microsoft.us/l/app/app"; got != want {
		t.Errorf("the link is %s, want %s", got, want)
	}
}
