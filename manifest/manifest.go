package manifest

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

//go:embed manifest.json de.json color.png outline.png
var files embed.FS

// Config is what differs from company to company. Zero fields mean the default.
type Config struct {
	BotID           string   // the bot's Microsoft app id; the one field without a default
	AppID           string   // the app's id in Teams; default: AppID(BotID)
	ManifestVersion string   // of Microsoft's schema: "1.29" (default) or "1.19"
	Version         string   // of the package, to be raised at each upload; default "1.0.0"
	Name            string   // what people see and mention, up to 30 characters; default "Apono"
	Developer       string   // who offers the app, up to 32 characters; default: this project
	WebsiteURL      string   // https; default: this project's page
	PrivacyURL      string   // https; default: what this project says about what is kept
	TermsURL        string   // https; default: this project's licence
	ValidDomains    []string // host names whose pages Teams may show within the app; the bot needs none
}

// Package is an app package without faults.
type Package struct {
	Version, ManifestVersion string
	AppID, BotID             string
	Name                     string

	content []file
}

// language is a file of words in another language, by where they belong.
type language struct {
	file  string
	words map[string]string
}

// New makes a package. If something is wrong with it, the error is an *Invalid
// with every problem.
func New(c Config) (*Package, error) {
	a, german, err := read()
	if err != nil {
		return nil, err
	}
	newest := limitsOf[a.ManifestVersion]
	c.fill(&a, &german)
	limits, known := limitsOf[a.ManifestVersion]
	if !known {
		limits = newest
	}
	a.speak(limits)
	german.words["$schema"] = strings.Replace(a.Schema, ".schema.json", ".Localization.schema.json", 1)
	icons := make(map[string][]byte)
	for _, name := range []string{a.Icons.Color, a.Icons.Outline} {
		if icons[name], err = files.ReadFile(name); err != nil {
			return nil, err
		}
	}
	if found := check(a, []language{german}, icons, limits); len(found) > 0 {
		return nil, &Invalid{found}
	}
	p := &Package{Version: a.Version, ManifestVersion: a.ManifestVersion, AppID: a.ID, BotID: a.Bots[0].BotID, Name: a.Name.Short}
	p.content, err = contentOf(a, []language{german}, icons)
	return p, err
}

// AppID is the id of the app of a bot: always the same one, so that Teams takes
// a later package for an update. It is a UUID of version 5 made of the bot's id.
func AppID(botID string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/apono-teams/teamsbot/app/"+strings.ToLower(botID))).String()
}

// read is what every package begins with.
func read() (a app, german language, err error) {
	german.file = "de.json"
	for name, into := range map[string]any{"manifest.json": &a, german.file: &german.words} {
		content, err := files.ReadFile(name)
		if err != nil {
			return a, german, err
		}
		if err := json.Unmarshal(content, into); err != nil {
			return a, german, fmt.Errorf("read the built-in %s: %w", name, err)
		}
	}
	return a, german, nil
}

// fill puts into the manifest what the company says.
func (c Config) fill(a *app, german *language) {
	set := func(field *string, given string) { *field = cmp.Or(given, *field) }
	// GUIDs mean the same in any case; the file is to be the same, too.
	botID := strings.ToLower(c.BotID)
	a.Bots[0].BotID, a.ComposeExtensions[0].BotID = botID, botID
	a.ID = strings.ToLower(cmp.Or(c.AppID, AppID(botID)))
	set(&a.ManifestVersion, c.ManifestVersion)
	set(&a.Version, c.Version)
	set(&a.Developer.Name, c.Developer)
	set(&a.Developer.WebsiteURL, c.WebsiteURL)
	set(&a.Developer.PrivacyURL, c.PrivacyURL)
	set(&a.Developer.TermsOfUseURL, c.TermsURL)
	a.ValidDomains = append(a.ValidDomains, c.ValidDomains...)
	if c.Name == "" {
		return
	}
	a.Name.Full = strings.Replace(a.Name.Full, a.Name.Short, c.Name, 1)
	german.words["name.full"] = strings.Replace(german.words["name.full"], a.Name.Short, c.Name, 1)
	a.Name.Short, german.words["name.short"] = c.Name, c.Name
}
