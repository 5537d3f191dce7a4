package cards

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/apono-teams/teamsbot/texts"
)

func TestLineAndParagraph(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, line, paragraph string }{
		{"", "", ""},
		{"orders-db", "orders-db", "orders-db"},
		{"  a \t b  ", "a b", "a   b"},
		{"one\ntwo", "one two", "one\ntwo"},
		{"one\r\n\r\ntwo\r", "one two", "one\n\ntwo"},
		{"one\u2028two\u2029three", "one two three", "one\ntwo\nthree"},
		{"a\x00b\x1b[1mc\u0085d", "ab[1mcd", "ab[1mcd"},
		{"abc\u202edef\u2067\u200e\u061c", "abcdef", "abcdef"},
		{"caf\xe9", "caf\ufffd", "caf\ufffd"},
		{"\xed\xa0\x80", "\ufffd", "\ufffd"},
		{"ทดสอบ 👩‍💻 שלום", "ทดสอบ 👩‍💻 שלום", "ทดสอบ 👩‍💻 שלום"},
		{"123456789012345678901234567890", "1234567890123456789…", "1234567890123456789…"},
		{"éééééééééééééééééééé", "éééééééééééééééééééé", "éééééééééééééééééééé"},
		{"[a](https://b)", "[a](https://b)", "[a](https://b)"},
	} {
		if got := Line(row.text, 20); got != row.line {
			t.Errorf("Line(%q) = %q, want %q", row.text, got, row.line)
		}
		if got := Paragraph(row.text, 20); got != row.paragraph {
			t.Errorf("Paragraph(%q) = %q, want %q", row.text, got, row.paragraph)
		}
	}
}

// Of a long text only the beginning is looked at, and that changes nothing.
func TestLongTextIsCutAsShortOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.OneOf(
			rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.SampledFrom([]string{"\r\n", "\r", "\n", " ", "\u202e", "\x00", "\xe2\x82", "€", "\U0001f511"}),
			rapid.Map(rapid.IntRange(1, 60), func(n int) string { return strings.Repeat("\u202e ", n) }),
		)
		text := strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "")
		limit := rapid.IntRange(1, 10).Draw(t, "limit")
		if got, want := Line(text, limit), cut(strings.Join(strings.Fields(visible(text, ' ')), " "), limit); got != want {
			t.Errorf("Line(%q, %d) = %q, want %q", text, limit, got, want)
		}
		if got, want := Paragraph(text, limit), cut(strings.TrimSpace(visible(text, '\n')), limit); got != want {
			t.Errorf("Paragraph(%q, %d) = %q, want %q", text, limit, got, want)
		}
	})
}

// What has been cleaned once stays as it is: the form keeps what a card shows.
func TestCleaningTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		for name, clean := range map[string]func(string, int) string{"Line": Line, "Paragraph": Paragraph} {
			once := clean(text, limit)
			if utf8.RuneCountInString(once) > limit || !utf8.ValidString(once) {
				t.Errorf("%s made %q of %q, with the limit %d", name, once, text, limit)
			}
			if twice := clean(once, limit); twice != once {
				t.Errorf("%s made %q, and of that %q", name, once, twice)
			}
		}
		if line := Line(text, limit); strings.ContainsAny(line, "\r\n") {
			t.Errorf("Line made %q", line)
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat("漢", 80)
	for _, row := range []struct {
		all   []string
		limit int
		want  string
	}{
		{nil, 2, ""},
		{[]string{"a"}, 2, "a"},
		{[]string{"a", "b\nc"}, 2, "a, b c"},
		{[]string{"a", "b", "c"}, 2, "a, b and 1 more"},
		{make([]string, 1500), 0, " and 1,500 more"},
		{[]string{strings.Repeat("x", 100)}, 2, strings.Repeat("x", 53) + "…" + strings.Repeat("x", 26)},
		{[]string{wide, wide, wide}, 2, wide + " and 2 more"},
		{[]string{wide, "a", "b"}, 3, wide + ", a, b"},
	} {
		if got := Names(row.all, row.limit).In(texts.InEnglish); got != row.want {
			t.Errorf("Names(%d names, %d) = %q, want %q", len(row.all), row.limit, got, row.want)
		}
	}
}

func TestCutMiddle(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "123456789012": "123456789012", "1234567890abcd": "123456…bcd", "漢漢漢漢漢漢": "漢漢…漢", `"""""""`: `"""…"`,
		"\U0001f511\U0001f511\U0001f511\U0001f511": "\U0001f511\U0001f511…",
	} {
		if got := cutMiddle(text, 12, inJSON); got != want {
			t.Errorf("cutMiddle(%q) = %q, want %q", text, got, want)
		}
	}
}

// Names that differ in one letter, wherever it is, stay different when they are
// cut, and within the limit.
func TestCutNamesStayApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		letter := rapid.SampledFrom([]string{"w", "漢", "\U0001f511", "<", `"`}).Draw(t, "letter")
		n := rapid.IntRange(30, 300).Draw(t, "length")
		base := []rune(strings.Repeat(letter, n))
		names := []string{string(base)}
		for _, place := range rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 1, 24, rapid.ID[int]).Draw(t, "places") {
			other := slices.Clone(base)
			other[place] = 'x'
			names = append(names, string(other))
		}
		limit := rapid.IntRange(fewest, 100).Draw(t, "limit")
		for kind, m := range map[string]measure{"bytes": inJSON, "letters": asLetter} {
			seen := make(map[string]string)
			for i, cut := range apart(names, limit, m) {
				if m.of(cut) > limit {
					t.Errorf("%s: %q weighs %d, want %d at most", kind, cut, m.of(cut), limit)
				}
				if other, twice := seen[cut]; twice {
					t.Errorf("%s: %q stands for %q and for %q", kind, cut, names[i], other)
				}
				seen[cut] = names[i]
			}
		}
	})
}
