package texts

import (
	"go/ast"
	"go/constant"
	"go/types"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/go/packages"
)

// inUse are the texts that the program says, and where: every constant of type
// English in the packages that speak to people.
func inUse(t *testing.T) map[English]string {
	t.Helper()
	all, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports,
		Dir:  "..",
		Env:  append(os.Environ(), "CGO_ENABLED=0"), // as the program is compiled: what it needs may be compiled already
	}, "./texts", "./cards", "./teamsbot")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[English]string)
	for _, p := range all {
		for _, err := range p.Errors {
			t.Fatal(err)
		}
		for e, v := range p.TypesInfo.Types {
			if v.Value != nil && strings.HasSuffix(types.TypeString(v.Type, nil), "/texts.English") {
				used[English(constant.StringVal(v.Value))] = position(p, e)
			}
		}
	}
	for _, day := range []time.Weekday{0, 1, 2, 3, 4, 5, 6} {
		used[English(day.String()[:3])] = "time.go"
	}
	for month := time.January; month <= time.December; month++ {
		used[English(month.String()[:3])] = "time.go"
	}
	return used
}

func position(p *packages.Package, e ast.Expr) string { return p.Fset.Position(e.Pos()).String() }

var (
	verb   = regexp.MustCompile(`%(?:\[(\d)\])?([sd])`)
	letter = regexp.MustCompile(`\pL`)
)

// verbs are the places of a text, by the number of the argument.
func verbs(text string) []string {
	var all []string
	for i, m := range verb.FindAllStringSubmatch(text, -1) {
		place := string(rune('1' + i))
		if m[1] != "" {
			place = m[1]
		}
		all = append(all, place+m[2])
	}
	slices.Sort(all)
	return all
}

// No text is missing in a language, none is there that nobody says, and each has
// the places that its English has.
func TestEveryTextIsTranslated(t *testing.T) {
	t.Parallel()
	used := inUse(t)
	german := For("de").texts
	for e, where := range used {
		if !letter.MatchString(verb.ReplaceAllString(string(e), "")) {
			continue // nothing to translate
		}
		if german[e].Other == "" {
			t.Errorf("de.json does not have %q (%s)", e, where)
		}
	}
	if len(used) < 500 {
		t.Errorf("%d texts were found, fewer than there are", len(used))
	}
	for _, l := range all {
		for e, f := range l.texts {
			if _, ok := used[e]; !ok {
				t.Errorf("%s.json has %q, which nothing says", l, e)
			}
			for _, text := range []string{f.One, f.Other} {
				if got, want := verbs(text), verbs(string(e)); text != "" && !slices.Equal(got, want) {
					t.Errorf("%s.json: %q has the places %v, want %v", l, text, got, want)
				}
			}
		}
	}
}

func TestLanguageOfALocale(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"de": "de", "de-DE": "de", "de-AT": "de", "DE-ch": "de", "en": "en", "en-GB": "en", "en-US": "en-US", "en-us": "en-US",
		"": "en", "fr-FR": "en", "x": "en", "no such\x00": "en", strings.Repeat("de-", 100): "en",
		"de-x-" + strings.Repeat("a-", 50) + "a": "de", strings.Repeat("de,", 1000): "en",
	} {
		if got := For(locale).String(); got != want {
			t.Errorf("locale %q is spoken to in %s, want %s", locale, got, want)
		}
	}
}

func TestTextsAreFilled(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, time.March, 2, 14, 3, 0, 0, time.FixedZone("CET", 3600))
	for _, row := range []struct {
		text                Text
		english, us, german string
	}{
		{text: English("New request"), english: "New request", german: "Neue Anfrage"},
		{text: Outside("100% %s **x**"), english: "100% %s **x**", german: "100% %s **x**"},
		{text: English("%d resources").With(1), english: "1 resource", german: "1 Ressource"},
		{text: English("%d resources").With(12345), english: "12,345 resources", german: "12.345 Ressourcen"},
		{text: English("%s and %d more").With(Outside("a %d"), 1500), english: "a %d and 1,500 more", german: "a %d und 1.500 weitere"},
		{text: English("no such text %s").With(English("Granted")), english: "no such text Granted", german: "no such text Erteilt"},
		{text: Join(Outside(", "), Outside("a"), English("Granted")), english: "a, Granted", german: "a, Erteilt"},
		{text: Cut(English("Granted"), strings.ToUpper), english: "GRANTED", german: "ERTEILT"},
		{text: Duration(90 * time.Minute), english: "1 hour 30 minutes", german: "1 Stunde 30 Minuten"},
		{text: Clock(noon), english: "Mon 2 Mar, 14:03 CET", us: "Mon, Mar 2, 2:03 PM CET", german: "Mo 2. März, 14:03 CET"},
		{text: Timely(noon), english: "14:03 CET, Mon 2 Mar", us: "2:03 PM CET, Mon, Mar 2", german: "14:03 CET, Mo 2. März"},
	} {
		if row.us == "" {
			row.us = row.english
		}
		for locale, want := range map[string]string{"en-GB": row.english, "en-US": row.us, "de-DE": row.german} {
			if got := row.text.In(For(locale)); got != want {
				t.Errorf("in %s it is %q, want %q", locale, got, want)
			}
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Hour:                   "less than a minute",
		0:                            "less than a minute",
		59 * time.Second:             "less than a minute",
		time.Minute:                  "1 minute",
		119 * time.Second:            "1 minute",
		30 * time.Minute:             "30 minutes",
		time.Hour:                    "1 hour",
		61 * time.Minute:             "1 hour 1 minute",
		90 * time.Minute:             "1 hour 30 minutes",
		8 * time.Hour:                "8 hours",
		24*time.Hour + time.Second:   "24 hours",
		365 * 24 * time.Hour:         "8,760 hours",
		2*time.Hour - time.Second:    "1 hour 59 minutes",
		25*time.Hour + 1*time.Minute: "25 hours 1 minute",
	} {
		if got := Duration(d).In(InEnglish); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
