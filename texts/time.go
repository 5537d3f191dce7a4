package texts

import (
	"strings"
	"time"
)

// Duration tells a duration as people say it, to the minute: "30 minutes",
// "1 hour 30 minutes".
type Duration time.Duration

// In is the duration in a language.
func (d Duration) In(l *Language) string {
	h, m := int(time.Duration(d)/time.Hour), int(time.Duration(d)%time.Hour/time.Minute)
	switch {
	case time.Duration(d) < time.Minute:
		return English("less than a minute").In(l)
	case h == 0:
		return minutes(m).In(l)
	case m == 0:
		return hours(h).In(l)
	}
	return English("%s %s").With(hours(h), minutes(m)).In(l)
}

func minutes(n int) Text { return English("%d minutes").With(n) }

func hours(n int) Text { return English("%d hours").With(n) }

// Clock tells a moment in the zone that it carries: "Mon 2 Jan, 15:04 CET".
func Clock(t time.Time) Text { return moment{t, "Mon 2 Jan, 15:04 MST"} }

// Timely is Clock with the time first.
func Timely(t time.Time) Text { return moment{t, "15:04 MST, Mon 2 Jan"} }

// moment is written as its layout says, for which time.Layout's names are used
// and which is itself translated.
type moment struct {
	at     time.Time
	layout English
}

func (m moment) In(l *Language) string {
	told := m.at.Format(m.layout.In(l))
	for _, name := range []string{m.at.Format("Mon"), m.at.Format("Jan")} {
		told = strings.Replace(told, name, English(name).In(l), 1)
	}
	return told
}
