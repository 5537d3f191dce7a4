package cards

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Line makes one line of text from outside fit to be shown: no control or
// direction-changing characters, no line breaks, at most limit characters.
func Line(text string, limit int) string {
	return shortened(text, limit, func(text string) string { return strings.Join(strings.Fields(visible(text, ' ')), " ") })
}

// Name is Line for a name: one that is too long is cut in the middle, since names
// often differ in the end alone.
func Name(text string, limit int) string {
	return cutMiddle(Line(text, longestName), limit, asLetter)
}

// Paragraph is Line for text that may have line breaks.
func Paragraph(text string, limit int) string {
	return shortened(text, limit, func(text string) string { return strings.TrimSpace(visible(text, '\n')) })
}

// shortened is a text made clean and cut. Of one that is far too long only the
// beginning is looked at: whoever wrote it decides how long it is.
func shortened(text string, limit int, clean func(string) string) string {
	for n := 8 * limit; n < len(text); n *= 4 {
		end := n
		for end > n-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		if start := clean(text[:end]); utf8.RuneCountInString(start) > limit {
			return cut(start, limit)
		}
	}
	return cut(clean(text), limit)
}

// visible drops what cannot be seen but changes what is, and puts lineBreak
// where a line ends.
func visible(text string, lineBreak rune) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return lineBreak
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
}

func cut(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}

// Hours tells a duration as people say it: "30 minutes", "1 hour 30 minutes".
func Hours(d time.Duration) string {
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case d < time.Minute:
		return "less than a minute"
	case h == 0:
		return plural(m, "minute")
	case m == 0:
		return plural(h, "hour")
	}
	return plural(h, "hour") + " " + plural(m, "minute")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// clock tells a moment in the zone that it carries.
func clock(t time.Time) string { return t.Format("Mon 2 Jan, 15:04 MST") }
