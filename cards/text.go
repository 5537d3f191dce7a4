package cards

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/texts"
)

// Line makes one line of text from outside fit to be shown: no control or
// direction-changing characters, no line breaks, at most limit characters.
func Line(text string, limit int) string {
	if len(text) <= limit && isPlainLine(text) {
		return text
	}
	return shortened(text, limit, func(text string) string { return strings.Join(strings.Fields(visible(text, ' ')), " ") })
}

// isPlainLine says that nothing is to be done about a text, as with nearly every
// id: letters of ASCII, and single spaces between them.
func isPlainLine(text string) bool {
	last := byte(' ')
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return text == "" || last != ' '
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

// clip is Line for a text in whatever language.
func clip(t texts.Text, limit int) texts.Text {
	return texts.Cut(t, func(s string) string { return Line(s, limit) })
}

// paragraph is Paragraph for a text in whatever language.
func paragraph(t texts.Text, limit int) texts.Text {
	return texts.Cut(t, func(s string) string { return Paragraph(s, limit) })
}

// StatusText is a request's status as people read it. One that the bot does not
// know is told as Apono tells it.
func StatusText(s aponoapi.Status) texts.Text {
	if text, ok := statuses[s]; ok {
		return text
	}
	return texts.Outside(Line(s.String(), 60))
}

var statuses = map[aponoapi.Status]texts.English{
	aponoapi.Pending: "Pending approval", aponoapi.PendingMFA: "Pending MFA", aponoapi.Granting: "Granting", aponoapi.Granted: "Granted",
	aponoapi.Revoking: "Revoking", aponoapi.Revoked: "Revoked", aponoapi.Expired: "Expired", aponoapi.Rejected: "Rejected",
	aponoapi.Failed: "Failed", aponoapi.Gone: "No longer in Apono", "": "Unknown",
}
