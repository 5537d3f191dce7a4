package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apono-teams/teamsbot/manifest"
)

// manifestCommand writes the package by which people find the bot in Teams.
type manifestCommand struct {
	Output string `required:"" short:"o" help:"File to write, for example app.zip; one that is there is replaced." placeholder:"FILE"`

	BotID           string   `name:"bot-id" env:"MICROSOFT_APP_ID" help:"Application (client) id of the bot's app registration." placeholder:"GUID"`
	AppID           string   `name:"app-id" help:"The app's own id in Teams; default: always the same one for a bot." placeholder:"GUID"`
	ManifestVersion string   `default:"1.29" help:"Version of Microsoft's schema: 1.29, or 1.19 for tenants that refuse it." placeholder:"VERSION"`
	Version         string   `default:"1.0.0" help:"Version of the package; Teams takes an update only if it is another." placeholder:"VERSION"`
	Name            string   `default:"Apono" help:"What the bot is called in Teams, up to 30 characters." placeholder:"NAME"`
	Developer       string   `help:"Who offers it, up to 32 characters; default: this project, and so with the three URLs." placeholder:"NAME"`
	WebsiteURL      string   `name:"website-url" help:"Page about it." placeholder:"URL"`
	PrivacyURL      string   `name:"privacy-url" help:"Page about what it keeps." placeholder:"URL"`
	TermsURL        string   `name:"terms-url" help:"Page with the terms of use." placeholder:"URL"`
	ValidDomain     []string `help:"Host whose pages Teams may show within the app; the bot needs none." placeholder:"HOST"`
}

// flagOf is where a field of the manifest comes from.
var flagOf = map[string]string{
	"bots[0].botId":           "--bot-id (MICROSOFT_APP_ID)",
	"id":                      "--app-id",
	"manifestVersion":         "--manifest-version",
	"version":                 "--version",
	"name.short":              "--name",
	"developer.name":          "--developer",
	"developer.websiteUrl":    "--website-url",
	"developer.privacyUrl":    "--privacy-url",
	"developer.termsOfUseUrl": "--terms-url",
	"validDomains":            "--valid-domain",
}

// Run implements the command.
func (m *manifestCommand) Run(t *terminal) error {
	p, err := manifest.New(manifest.Config{
		BotID: m.BotID, AppID: m.AppID, ManifestVersion: m.ManifestVersion, Version: m.Version, Name: m.Name, Developer: m.Developer,
		WebsiteURL: m.WebsiteURL, PrivacyURL: m.PrivacyURL, TermsURL: m.TermsURL, ValidDomains: m.ValidDomain,
	})
	if err != nil {
		return byFlag(err)
	}
	content, err := p.Zip()
	if err != nil {
		return err
	}
	if err := replaceFile(m.Output, content); err != nil {
		return fmt.Errorf("write %s: %w", m.Output, err)
	}
	t.say("%s is the Teams app %q in version %s, as manifest %s.\n  app id %s\n  bot id %s", m.Output, p.Name, p.Version, p.ManifestVersion, p.AppID, p.BotID)
	t.say("Upload it in the Teams admin center: Teams apps, Manage apps, Upload new app.")
	return nil
}

// byFlag tells what is wrong by what the operator wrote.
func byFlag(err error) error {
	var invalid *manifest.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	wrong := []error{errors.New("nothing is written, since Teams would not take it")}
	for _, p := range invalid.Problems {
		wrong = append(wrong, fmt.Errorf("  %s %s", cmp.Or(flagOf[p.Field], p.Field), p.Words))
	}
	return errors.Join(wrong...)
}

// replaceFile writes a file that is whole, or is not touched.
func replaceFile(name string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
