package manifest

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Invalid says what Teams would refuse.
type Invalid struct{ Problems []Problem }

// Problem is what is wrong with one field.
type Problem struct {
	Field string // as the manifest spells it: "developer.name"; or a file's name
	Words string // "has 33 characters, and may have 32"
}

// Error has a line for each problem.
func (i *Invalid) Error() string {
	lines := make([]string, len(i.Problems))
	for n, p := range i.Problems {
		lines[n] = p.Field + " " + p.Words
	}
	return strings.Join(lines, "\n")
}

// How some fields are spelled. Three numbers are Microsoft's idea of semver.
var (
	guidForm     = regexp.MustCompile(`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)
	versionForm  = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})$`)
	colorForm    = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
	languageForm = regexp.MustCompile(`^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8}){0,2}$`)
	domainForm   = regexp.MustCompile(`^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`)
)

const (
	zeroGUID = "00000000-0000-0000-0000-000000000000"
	urlLimit = 2048
)

// checker gathers problems.
type checker struct{ problems []Problem }

func (c *checker) must(ok bool, field, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, Problem{field, fmt.Sprintf(format, args...)})
	}
}

// check is everything that is wrong with a package.
func check(a app, languages []language, icons map[string][]byte, l limits) []Problem {
	var c checker
	_, known := limitsOf[a.ManifestVersion]
	c.must(known, "manifestVersion", "is %q, and must be 1.29 or 1.19", a.ManifestVersion)
	c.ids(a)
	c.must(versionForm.MatchString(a.Version), "version", "is %q, and must be three numbers such as 1.0.0", a.Version)
	c.must(colorForm.MatchString(a.AccentColor), "accentColor", "is %q, and must be like #3B2FA3", a.AccentColor)
	c.url("developer.websiteUrl", a.Developer.WebsiteURL)
	c.url("developer.privacyUrl", a.Developer.PrivacyURL)
	c.url("developer.termsOfUseUrl", a.Developer.TermsOfUseURL)
	c.domains(a.ValidDomains, l.domains)
	c.lists(a, l)
	all := texts(a, l)
	for _, t := range all {
		c.text(t.field, t.words, t.limit)
	}
	c.languages(a, languages, all)
	c.icons(a, icons)
	return c.problems
}

func (c *checker) ids(a app) {
	isGUID := func(id string) bool { return guidForm.MatchString(strings.ToLower(id)) && id != zeroGUID }
	c.must(isGUID(a.ID), "id", "is %q, and must be a GUID", a.ID)
	c.must(len(a.Bots) == 1, "bots", "are %d, and must be one", len(a.Bots))
	c.must(len(a.ComposeExtensions) <= 1, "composeExtensions", "are %d, and may be one", len(a.ComposeExtensions))
	for _, b := range a.Bots {
		c.must(isGUID(b.BotID), "bots[0].botId", "is %q, and must be a GUID: the bot's Microsoft app id", b.BotID)
	}
	for _, e := range a.ComposeExtensions {
		c.must(len(a.Bots) == 0 || e.BotID == a.Bots[0].BotID, "composeExtensions[0].botId", "is another than the bot's")
	}
}

// url takes https only: Teams shows the link to everybody who adds the app.
func (c *checker) url(field, raw string) {
	u, err := url.Parse(raw)
	ok := err == nil && strings.EqualFold(u.Scheme, "https") && u.Hostname() != "" && u.User == nil
	c.must(ok && !strings.ContainsFunc(raw, unicode.IsSpace), field, "is %q, and must be an https URL", raw)
	n := utf8.RuneCountInString(raw)
	c.must(n <= urlLimit, field, "has %d characters, and may have %d", n, urlLimit)
}

func (c *checker) domains(names []string, limit int) {
	c.must(len(names) <= limit, "validDomains", "are %d, and may be %d", len(names), limit)
	for _, name := range names {
		c.must(domainForm.MatchString(name) && len(name) <= 253, "validDomains",
			"has %q, and takes host names such as bot.example.com or *.example.com, without https://", name)
	}
}

// lists checks how many commands there are, and where.
func (c *checker) lists(a app, l limits) {
	for _, b := range a.Bots {
		c.must(len(b.CommandLists) <= 3, "bots[0].commandLists", "are %d, and may be 3", len(b.CommandLists))
		c.among("bots[0].scopes", b.Scopes, "personal", "team", "groupChat")
		for i, list := range b.CommandLists {
			field := fmt.Sprintf("bots[0].commandLists[%d]", i)
			n := len(list.Commands)
			c.must(n > 0 && n <= l.commands, field+".commands", "are %d, and may be 1 to %d", n, l.commands)
			c.among(field+".scopes", list.Scopes, b.Scopes...)
			taken := make(map[string]bool)
			for _, one := range list.Commands {
				c.must(!taken[one.Title], field+".commands", "has %q twice", one.Title)
				taken[one.Title] = true
			}
		}
	}
	for _, e := range a.ComposeExtensions {
		n := len(e.Commands)
		c.must(n > 0 && n <= 10, "composeExtensions[0].commands", "are %d, and may be 1 to 10", n)
		for i, one := range e.Commands {
			field := fmt.Sprintf("composeExtensions[0].commands[%d]", i)
			c.among(field+".context", one.Context, "compose", "commandBox", "message")
			c.must(len(one.Triggers) == 0 || l.slash, field+".triggers", "are not known to manifest %s", a.ManifestVersion)
		}
	}
}

// among wants at least one value, and none but these.
func (c *checker) among(field string, values []string, known ...string) {
	c.must(len(values) > 0, field, "are missing")
	for _, v := range values {
		c.must(slices.Contains(known, v), field, "has %q, and takes %s", v, strings.Join(known, ", "))
	}
}

// text wants words that are there, can be shown and are not too long. Microsoft
// counts characters, not bytes.
func (c *checker) text(field, words string, limit int) {
	n := utf8.RuneCountInString(words)
	c.must(strings.TrimSpace(words) != "", field, "is empty")
	c.must(n <= limit, field, "has %d characters, and may have %d", n, limit)
	odd := func(r rune) bool {
		return unicode.IsControl(r) && (r != '\n' || !strings.HasSuffix(field, "description.full"))
	}
	c.must(utf8.ValidString(words) && !strings.ContainsFunc(words, odd), field, "has characters that cannot be shown")
}

// languages wants every file that is named, with words for what is there only.
func (c *checker) languages(a app, languages []language, all []text) {
	named := make(map[string]bool)
	c.must(languageForm.MatchString(a.LocalizationInfo.DefaultLanguageTag), "localizationInfo.defaultLanguageTag", "is not a language such as en")
	for _, l := range a.LocalizationInfo.AdditionalLanguages {
		c.must(languageForm.MatchString(l.LanguageTag), "localizationInfo.additionalLanguages", "has %q, which is not a language such as de", l.LanguageTag)
		named[l.File] = true
	}
	for _, l := range languages {
		c.must(named[l.file], l.file, "is not named in localizationInfo")
		delete(named, l.file)
		for _, field := range slices.Sorted(maps.Keys(l.words)) {
			i := slices.IndexFunc(all, func(t text) bool { return t.field == field && t.translated })
			if field == "$schema" {
				continue
			}
			c.must(i >= 0, l.file, "translates %s, which is not there", field)
			if i >= 0 && l.words[field] != all[i].words { // else it is said already
				c.text(l.file+": "+field, l.words[field], all[i].limit)
			}
		}
		for _, field := range []string{"name.short", "name.full", "description.short", "description.full"} {
			_, there := l.words[field]
			c.must(there, l.file, "does not translate %s", field)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(named)) {
		c.must(false, file, "is named in localizationInfo and missing")
	}
}
