package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/manifest"
)

const packageBot = "11111111-1111-4111-8111-111111111111"

// packs runs the command in a folder of its own, with this in its environment.
func packs(t *testing.T, dir string, env []string, args ...string) *program {
	t.Helper()
	return start(t, env, append([]string{"manifest", "--output", filepath.Join(dir, "app.zip")}, args...)...)
}

// unpacked is the manifest in a package.
func unpacked(t *testing.T, dir string) (m struct {
	ManifestVersion, Version, ID string
	Name, Developer              struct{ Short, Name, WebsiteURL string }
	Bots                         []struct{ BotID string }
	ValidDomains                 []string
},
) {
	t.Helper()
	z, err := zip.OpenReader(filepath.Join(dir, "app.zip"))
	must(t, err)
	t.Cleanup(func() { must(t, z.Close()) })
	f, err := z.Open("manifest.json")
	must(t, err)
	must(t, json.NewDecoder(f).Decode(&m))
	return m
}

func TestManifestWritesAPackage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := packs(t, dir, []string{"MICROSOFT_APP_ID=" + packageBot})
	if status := p.waits(); status != 0 {
		t.Fatalf("ended with %d", status)
	}
	p.says(manifest.AppID(packageBot))
	p.says(`"Apono" in version 1.0.0`)
	if m := unpacked(t, dir); m.ManifestVersion != "1.29" || m.Version != "1.0.0" || m.Bots[0].BotID != packageBot || m.ID != manifest.AppID(packageBot) {
		t.Errorf("wrote %+v", m)
	}
	first, err := os.ReadFile(filepath.Join(dir, "app.zip"))
	must(t, err)

	// A newer one takes its place.
	p = packs(t, dir, nil, "--bot-id", packageBot, "--app-id", packageBot, "--manifest-version", "1.19", "--version", "1.2.0", "--name", "Access",
		"--developer", "Acme", "--website-url", "https://acme.example", "--valid-domain", "a.acme.example", "--valid-domain", "b.acme.example")
	if status := p.waits(); status != 0 {
		t.Fatalf("ended with %d", status)
	}
	m := unpacked(t, dir)
	if m.ManifestVersion != "1.19" || m.Version != "1.2.0" || m.ID != packageBot || m.Name.Short != "Access" || m.Developer.Name != "Acme" ||
		m.Developer.WebsiteURL != "https://acme.example" || len(m.ValidDomains) != 2 {
		t.Errorf("wrote %+v", m)
	}

	// The first one can be made again, to the byte.
	packs(t, dir, nil, "--bot-id", strings.ToUpper(packageBot)).says("Upload it")
	again, err := os.ReadFile(filepath.Join(dir, "app.zip"))
	must(t, err)
	if !bytes.Equal(first, again) {
		t.Error("the same arguments make another package")
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) != 1 {
		t.Errorf("left %v there (%v)", found, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "app.zip")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file is %v (%v)", info.Mode(), err)
	}
}

func TestManifestWritesNothingThatTeamsRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "app.zip"), []byte("the one before"), 0o600))
	packs(t, dir, nil, "--manifest-version", "1.5", "--version", "1.0", "--name", strings.Repeat("ä", 31), "--developer", strings.Repeat("A", 33),
		"--website-url", "http://acme.example", "--privacy-url", "acme.example", "--terms-url", "https://", "--valid-domain", "https://acme.example",
		"--app-id", "apono").fails(
		"nothing is written", "--bot-id (MICROSOFT_APP_ID) is \"\"", "--app-id is", "--manifest-version is", "--version is", "--name has 31",
		"--developer has 33", "--website-url is", "--privacy-url is", "--terms-url is", "--valid-domain has",
	)
	if kept, err := os.ReadFile(filepath.Join(dir, "app.zip")); err != nil || string(kept) != "the one before" {
		t.Errorf("the one before is %q (%v)", kept, err)
	}
	start(t, []string{"MICROSOFT_APP_ID=" + packageBot}, "manifest").fails("--output")
	nowhere := filepath.Join(dir, "nowhere", "app.zip")
	start(t, []string{"MICROSOFT_APP_ID=" + packageBot}, "manifest", "--output", nowhere).fails("write "+nowhere, "no such file")
	// A folder cannot be replaced, and nothing half done is left beside it.
	must(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))
	start(t, []string{"MICROSOFT_APP_ID=" + packageBot}, "manifest", "--output", filepath.Join(dir, "folder")).fails("write ")
	if found, err := os.ReadDir(dir); err != nil || len(found) != 2 {
		t.Errorf("left %v there (%v)", found, err)
	}
}

// People add the app by its own id: Teams does not know the bot's for one.
func TestTheBotKnowsTheAppsID(t *testing.T) {
	t.Parallel()
	const catalog = "33333333-3333-4333-8333-333333333333"
	for given, want := range map[string]string{"": manifest.AppID(packageBot), catalog: catalog} {
		c := complete()
		c.MicrosoftAppID, c.TeamsAppID = packageBot, given
		where, err := c.check()
		must(t, err)
		bot, err := newBot(c, where, new(db.Store), zerolog.Nop())
		must(t, err)
		if bot.TeamsAppID != want {
			t.Errorf("with %q the app is %s, want %s", given, bot.TeamsAppID, want)
		}
	}
}
