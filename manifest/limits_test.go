package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/db/devpg/npm"
)

const botID = "11111111-1111-4111-8111-111111111111"

// draft is a package before it is checked.
type draft struct {
	app    app
	german language
	icons  map[string][]byte
	limits limits
}

func newDraft(t *testing.T, version string) *draft {
	t.Helper()
	a, german, err := read()
	if err != nil {
		t.Fatal(err)
	}
	Config{BotID: botID, ManifestVersion: version}.fill(&a, &german)
	d := &draft{app: a, german: german, icons: make(map[string][]byte), limits: limitsOf[version]}
	d.app.speak(d.limits)
	for _, name := range []string{"color.png", "outline.png"} {
		if d.icons[name], err = files.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *draft) problems() []Problem {
	return check(d.app, []language{d.german}, d.icons, d.limits)
}

// long is so many characters, more bytes, and not one word.
func long(n int) string { return strings.Repeat("ü", n) }

// some are so many commands.
func some(n int) (all []command) {
	for i := range n {
		all = append(all, command{Title: fmt.Sprint("command ", i), Description: "does something"})
	}
	return all
}

func hosts(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("host-%d.example.com", i))
	}
	return all
}

func actions(n int) (all []action) {
	for i := range n {
		all = append(all, action{ID: fmt.Sprint("action", i), Type: "action", Title: "T", Description: "D", Context: []string{"compose"}, FetchTask: true})
	}
	return all
}

// limit is how much there may be of something, by what sets it, and whether
// Microsoft's schema has the same limit.
type limit struct {
	field string
	most  func(limits) int
	set   func(d *draft, n int)
	same  bool
}

func is(n int) func(limits) int { return func(limits) int { return n } }

var allLimits = []limit{
	{"name.short", is(30), func(d *draft, n int) { d.app.Name.Short = long(n) }, true},
	{"name.full", is(100), func(d *draft, n int) { d.app.Name.Full = long(n) }, true},
	{"description.short", is(80), func(d *draft, n int) { d.app.Description.Short = long(n) }, true},
	{"description.full", is(4000), func(d *draft, n int) { d.app.Description.Full = long(n) }, true},
	{"developer.name", is(32), func(d *draft, n int) { d.app.Developer.Name = long(n) }, true},
	{"developer.websiteUrl", is(2048), func(d *draft, n int) { d.app.Developer.WebsiteURL = "https://example.com/" + long(n-20) }, true},
	{"developer.privacyUrl", is(2048), func(d *draft, n int) { d.app.Developer.PrivacyURL = "https://example.com/" + long(n-20) }, true},
	{"developer.termsOfUseUrl", is(2048), func(d *draft, n int) { d.app.Developer.TermsOfUseURL = "https://example.com/" + long(n-20) }, true},
	{"validDomains", func(l limits) int { return l.domains }, func(d *draft, n int) { d.app.ValidDomains = hosts(n) }, true},
	{"bots[0].commandLists[2].commands", func(l limits) int { return l.commands }, func(d *draft, n int) {
		d.app.Bots[0].CommandLists[2].Commands = some(n)
	}, true},
	{"bots[0].commandLists[0].commands[0].title", func(l limits) int { return l.title }, func(d *draft, n int) {
		d.app.Bots[0].CommandLists[0].Commands[0].Title = long(n)
	}, true},
	{"bots[0].commandLists[1].commands[4].description", func(l limits) int { return l.description }, func(d *draft, n int) {
		d.app.Bots[0].CommandLists[1].Commands[4].Description = long(n)
	}, true},
	{"bots", is(1), func(d *draft, n int) { d.app.Bots = slices.Repeat(d.app.Bots, n) }, true},
	{"bots[0].commandLists", is(3), func(d *draft, n int) {
		d.app.Bots[0].CommandLists = slices.Repeat(d.app.Bots[0].CommandLists, 2)[:n]
	}, true},
	{"composeExtensions", is(1), func(d *draft, n int) { d.app.ComposeExtensions = slices.Repeat(d.app.ComposeExtensions, n) }, true},
	{"composeExtensions[0].commands", is(10), func(d *draft, n int) { d.app.ComposeExtensions[0].Commands = actions(n) }, true},
	{"composeExtensions[0].commands[0].id", is(64), func(d *draft, n int) { d.app.ComposeExtensions[0].Commands[0].ID = long(n) }, true},
	{"composeExtensions[0].commands[0].title", is(32), func(d *draft, n int) { d.app.ComposeExtensions[0].Commands[0].Title = long(n) }, true},
	{"composeExtensions[0].commands[0].description", is(128), func(d *draft, n int) {
		d.app.ComposeExtensions[0].Commands[0].Description = long(n)
	}, true},
	{"de.json: name.short", is(30), func(d *draft, n int) { d.german.words["name.short"] = long(n) }, true},
	{"de.json: description.short", is(80), func(d *draft, n int) { d.german.words["description.short"] = long(n) }, true},
	{"de.json: bots[0].commandLists[0].commands[1].description", func(l limits) int { return l.description }, func(d *draft, n int) {
		d.german.words["bots[0].commandLists[0].commands[1].description"] = long(n)
	}, true},
	{"de.json: composeExtensions[0].commands[0].title", is(32), func(d *draft, n int) {
		d.german.words["composeExtensions[0].commands[0].title"] = long(n)
	}, true},
}

// Whatever Microsoft's schemas limit is limited alike here: as much as they take
// is taken by both, and one more by neither.
func TestLimitsAreMicrosofts(t *testing.T) {
	t.Parallel()
	drafts := make(map[string]*draft)
	want := make(map[string]string) // the field that is wrong, if any
	for version, l := range limitsOf {
		drafts[version] = newDraft(t, version)
		for _, limit := range allLimits {
			most := limit.most(l)
			for n, field := range map[int]string{most: "", most + 1: limit.field} {
				name := fmt.Sprintf("%s %s %d", version, limit.field, n)
				drafts[name], want[name] = newDraft(t, version), field
				limit.set(drafts[name], n)
			}
		}
		for _, w := range wrongs {
			name := version + " " + w.name
			drafts[name], want[name] = newDraft(t, version), w.field
			w.breaks(drafts[name])
		}
	}
	microsoft := microsoftFaults(t, drafts)
	lenient := make(map[string]bool)
	for _, w := range wrongs {
		for version := range limitsOf {
			lenient[version+" "+w.name] = w.ours
		}
	}
	for name, d := range drafts {
		field, found := want[name], d.problems()
		named := slices.ContainsFunc(found, func(p Problem) bool { return p.Field == field })
		if (len(found) > 0) != (field != "") || field != "" && !named {
			t.Errorf("%s: found %q, want a problem with %q", name, (&Invalid{found}).Error(), field)
		}
		if refused := len(microsoft[name]) > 0; refused != (field != "" && !lenient[name]) {
			t.Errorf("%s: Microsoft's schema says %q", name, microsoft[name])
		}
	}
}

// wrongs are other things that Teams does not take, or not well. ours: the
// schema does not know.
var wrongs = []struct {
	name   string
	breaks func(*draft)
	field  string
	ours   bool
}{
	{"a bot without an id", func(d *draft) { d.app.Bots[0].BotID = "" }, "bots[0].botId", false},
	{"a bot's id that is none", func(d *draft) { d.app.Bots[0].BotID = "apono-bot" }, "bots[0].botId", false},
	{"a bot's id in braces", func(d *draft) { d.app.Bots[0].BotID = "{" + botID + "}" }, "bots[0].botId", false},
	{"nobody's id", func(d *draft) { d.app.Bots[0].BotID = zeroGUID }, "bots[0].botId", true},
	{"two bots in one", func(d *draft) { d.app.ComposeExtensions[0].BotID = AppID(botID) }, "composeExtensions[0].botId", true},
	{"no bot", func(d *draft) { d.app.Bots = nil }, "bots", false},
	{"an app's id that is none", func(d *draft) { d.app.ID = "com.example.bot" }, "id", false},
	{"an unknown version", func(d *draft) { d.app.ManifestVersion = "1.18" }, "manifestVersion", false},
	{"a version of two numbers", func(d *draft) { d.app.Version = "1.0" }, "version", true},
	{"a version with a suffix", func(d *draft) { d.app.Version = "1.0.0-beta" }, "version", true},
	{"a version with a zero before", func(d *draft) { d.app.Version = "01.0.0" }, "version", true},
	{"no version", func(d *draft) { d.app.Version = "" }, "version", true},
	{"a named colour", func(d *draft) { d.app.AccentColor = "purple" }, "accentColor", false},
	{"a page without TLS", func(d *draft) { d.app.Developer.WebsiteURL = "http://example.com" }, "developer.websiteUrl", true},
	{"no URL", func(d *draft) { d.app.Developer.PrivacyURL = "example.com/privacy" }, "developer.privacyUrl", false},
	{"a URL without a host", func(d *draft) { d.app.Developer.TermsOfUseURL = "https:///terms" }, "developer.termsOfUseUrl", true},
	{"a URL with a password", func(d *draft) { d.app.Developer.TermsOfUseURL = "https://me:secret@example.com" }, "developer.termsOfUseUrl", true},
	{"a URL with a space", func(d *draft) { d.app.Developer.TermsOfUseURL = "https://example.com/terms of use" }, "developer.termsOfUseUrl", true},
	{"an empty name", func(d *draft) { d.app.Name.Short = " " }, "name.short", true},
	{"a name of two lines", func(d *draft) { d.app.Name.Short = "Apono\nbot" }, "name.short", true},
	{"a name in no encoding", func(d *draft) { d.app.Developer.Name = "Acme \xff" }, "developer.name", true},
	{"a domain with a scheme", func(d *draft) { d.app.ValidDomains = []string{"https://example.com"} }, "validDomains", true},
	{"a domain with a path", func(d *draft) { d.app.ValidDomains = []string{"example.com/bot"} }, "validDomains", true},
	{"everything under the top", func(d *draft) { d.app.ValidDomains = []string{"*.com"} }, "validDomains", true},
	{"an unknown scope", func(d *draft) { d.app.Bots[0].Scopes = []string{"meeting"} }, "bots[0].scopes", false},
	{"no scope", func(d *draft) { d.app.Bots[0].Scopes = nil }, "bots[0].scopes", false},
	{"commands where the bot is not", func(d *draft) {
		d.app.Bots[0].Scopes = []string{"personal", "team"}
	}, "bots[0].commandLists[2].scopes", true},
	{"no commands", func(d *draft) { d.app.Bots[0].CommandLists[0].Commands = nil }, "bots[0].commandLists[0].commands", false},
	{"a command twice", func(d *draft) {
		d.app.Bots[0].CommandLists[2].Commands[1] = d.app.Bots[0].CommandLists[2].Commands[0]
	}, "bots[0].commandLists[2].commands", true},
	{"an unknown context", func(d *draft) {
		d.app.ComposeExtensions[0].Commands[0].Context = []string{"channel"}
	}, "composeExtensions[0].commands[0].context", false},
	{"a language's file that is missing", func(d *draft) {
		d.app.LocalizationInfo.AdditionalLanguages = append(d.app.LocalizationInfo.AdditionalLanguages, languageInFile{"fr", "fr.json"})
	}, "fr.json", true},
	{"a language's file that is not named", func(d *draft) { d.app.LocalizationInfo.AdditionalLanguages = []languageInFile{} }, "de.json", true},
	{"no language", func(d *draft) { d.app.LocalizationInfo.DefaultLanguageTag = "" }, "localizationInfo.defaultLanguageTag", false},
	{"a language that is none", func(d *draft) {
		d.app.LocalizationInfo.AdditionalLanguages[0].LanguageTag = "de_DE"
	}, "localizationInfo.additionalLanguages", false},
	{"words for nothing", func(d *draft) { d.german.words["bots[0].commandLists[2].commands[7].title"] = "x" }, "de.json", true},
	{"words for what is not translated", func(d *draft) { d.german.words["developer.name"] = "x" }, "de.json", false},
	{"a description without translation", func(d *draft) { delete(d.german.words, "description.short") }, "de.json", false},
}

// An older schema does not know the newer one's words.
func TestSlashIsForNewerManifests(t *testing.T) {
	t.Parallel()
	d := newDraft(t, "1.19")
	d.app.ComposeExtensions[0].Commands[0].Triggers = []string{"slash"}
	if found := d.problems(); len(found) != 1 || found[0].Field != "composeExtensions[0].commands[0].triggers" {
		t.Errorf("found %v", found)
	}
	if faults := microsoftFaults(t, map[string]*draft{"slash": d}); len(faults["slash"]) == 0 {
		t.Error("Microsoft's schema takes it")
	}
}

// microsoftFaults is what Microsoft's own schemas say, by the drafts' names.
func microsoftFaults(t *testing.T, drafts map[string]*draft) map[string][]string {
	t.Helper()
	dir, err := npm.Install(t.Context(), "teams-manifest", os.DirFS("testdata"), func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	type asked struct {
		Version  string            `json:"version"`
		Manifest app               `json:"manifest"`
		Language map[string]string `json:"language"`
	}
	questions := make(map[string]asked)
	for name, d := range drafts {
		version, _, _ := strings.Cut(strings.TrimPrefix(d.app.Schema, "https://developer.microsoft.com/en-us/json-schemas/teams/v"), "/")
		questions[name] = asked{version, d.app, d.german.words}
	}
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "check.cjs"), filepath.Join(dir, "node_modules"))
	var out, complaints bytes.Buffer
	node.Stdin, node.Stdout, node.Stderr = bytes.NewReader(in), &out, &complaints
	if err := node.Run(); err != nil {
		t.Fatalf("%v\n%s", err, complaints.Bytes())
	}
	var found map[string][]string
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != len(drafts) {
		t.Fatalf("%d manifests were looked at, want %d", len(found), len(drafts))
	}
	return found
}
