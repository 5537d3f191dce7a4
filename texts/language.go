package texts

import (
	"embed"
	"encoding/json"
	"fmt"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Language is one that the bot speaks.
type Language struct {
	tag     language.Tag
	printer *message.Printer
	texts   map[English]forms
}

// forms are a text as it is for one and for more; most have no other form.
type forms struct{ One, Other string }

// UnmarshalJSON reads a text, or the two forms of one that tells a number.
func (f *forms) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &f.Other) == nil {
		return nil
	}
	type fields forms
	return json.Unmarshal(data, (*fields)(f))
}

//go:embed en.json en-US.json de.json
var files embed.FS

// The languages. American English differs from English in how dates are written.
var (
	InEnglish = speak("en")
	all       = []*Language{InEnglish, speak("en-US"), speak("de")}
	matcher   = match()
)

// longestLocale is more than any has: a locale comes from outside, and one of
// 200 KB takes a tenth of a second to read.
const longestLocale = 500

// For is the language to use for somebody with a locale such as "de-AT", as
// Teams tells it; English where the bot does not speak theirs.
func For(locale string) *Language {
	if len(locale) > longestLocale {
		return InEnglish
	}
	_, i := language.MatchStrings(matcher, locale)
	return all[i]
}

// String is the language's own tag, such as "de".
func (l *Language) String() string { return l.tag.String() }

// printThousands is fmt.Sprintf with thousands apart, for several times the time.
func (l *Language) printThousands(format string, args ...any) string {
	return l.printer.Sprintf(format, args...)
}

func (l *Language) translate(e English, number int) string {
	f, ok := l.texts[e]
	switch {
	case !ok:
		return string(e)
	case f.One != "" && plural.Cardinal.MatchPlural(l.tag, number, 0, 0, 0, 0) == plural.One:
		return f.One
	}
	return f.Other
}

// speak reads a language's file; the program does not start without it.
func speak(tag string) *Language {
	l := &Language{tag: language.MustParse(tag)}
	l.printer = message.NewPrinter(l.tag)
	data, err := files.ReadFile(tag + ".json")
	if err == nil {
		err = json.Unmarshal(data, &l.texts)
	}
	if err != nil {
		panic(fmt.Sprintf("texts: read %s: %v", tag, err)) // it is part of the program
	}
	return l
}

func match() language.Matcher {
	tags := make([]language.Tag, len(all))
	for i, l := range all {
		tags[i] = l.tag
	}
	return language.NewMatcher(tags)
}
