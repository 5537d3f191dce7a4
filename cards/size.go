package cards

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// heaviest is how many bytes a card may weigh. Teams refuses messages from
// 28 KB and dialogs from about 25 KB on, with what is around the card.
const heaviest = 24 << 10

// fewest is how many bytes of a name are always shown. It is enough for a start
// and an end in any letters.
const fewest = 36

// shorter are elements whose words from outside have at most limit bytes. Names
// have a limit in letters, and a card that is full of long ones in letters of
// four bytes would not be shown at all. What a person typed stays as it is.
func shorter(elements []drawn, limit int) []drawn {
	out := slices.Clone(elements)
	for i := range out {
		e := &out[i]
		if e.Type == "TextRun" {
			e.Text = cutMiddle(e.Text, limit, inJSON)
		}
		titles := make([]string, len(e.Choices))
		for n, c := range e.Choices {
			titles[n] = c.Title
		}
		e.Choices = slices.Clone(e.Choices)
		for n, title := range apart(titles, limit, inJSON) {
			e.Choices[n].Title = title
		}
		e.Inlines, e.Items = shorter(e.Inlines, limit), shorter(e.Items, limit)
	}
	return out
}

// measure is what a letter counts for in a limit.
type measure func(rune) int

// inJSON is the bytes of a letter in JSON, as it is sent.
func inJSON(r rune) int {
	if r == '"' || r == '\\' || r == '\n' {
		return 2
	}
	return utf8.RuneLen(r)
}

// asLetter counts letters.
func asLetter(rune) int { return 1 }

func (m measure) of(text string) (n int) {
	for _, r := range text {
		n += m(r)
	}
	return n
}

// apart cuts each of the names to limit, so that those which differ can still be
// told apart: in the middle, and where that is what differs, before it.
func apart(names []string, limit int, m measure) []string {
	out, all := make([]string, len(names)), make([]int, len(names))
	for i, n := range names {
		out[i], all[i] = cutMiddle(n, limit, m), i
	}
	tellApart(out, names, all, limit, m)
	number(out, names, limit, m)
	return out
}

// number tells by numbers what the letters that are left do not.
func number(out, names []string, limit int, m measure) {
	shown := make(map[string]string)
	for i, name := range names {
		for n := 2; ; n++ {
			if other, taken := shown[out[i]]; !taken || other == name {
				break
			}
			count := " (" + strconv.Itoa(n) + ")"
			out[i] = cutEnd(name, limit-m.of(count), m) + count
		}
		shown[out[i]] = name
	}
}

// tellApart cuts those of the names at places that look the same anew, around
// the first letter in which they differ.
func tellApart(out, names []string, places []int, limit int, m measure) {
	same := make(map[string][]int)
	for _, i := range places {
		same[out[i]] = append(same[out[i]], i)
	}
	for _, group := range same {
		start := names[group[0]]
		for _, i := range group {
			start = start[:commonStart(start, names[i])]
		}
		head := strings.TrimSuffix(cutEnd(start, limit/3, m), "…")
		if head == start || !slices.ContainsFunc(group, func(i int) bool { return names[i] != start }) {
			continue // they are the same
		}
		for _, i := range group {
			if rest := names[i][len(start):]; rest != "" {
				out[i] = head + "…" + cutEnd(rest, limit-m.of(head+"…"), m)
			}
		}
		tellApart(out, names, group, limit, m) // into smaller groups: the first letters of the rests differ
	}
}

// commonStart is how many bytes of whole letters a and b have in common from
// the start on.
func commonStart(a, b string) int {
	for i, r := range a {
		if !strings.HasPrefix(b[min(i, len(b)):], string(r)) {
			return i
		}
	}
	return len(a)
}

// cutMiddle leaves the start and the end of a text, within limit: names often
// differ in the end alone.
func cutMiddle(text string, limit int, m measure) string {
	if m.of(text) <= limit {
		return text
	}
	end, room := len(text), (limit-m('…'))/3
	for end > 0 {
		r, width := utf8.DecodeLastRuneInString(text[:end])
		if room -= m(r); room < 0 {
			break
		}
		end -= width
	}
	return cutEnd(text[:end], limit-m.of(text[end:]), m) + text[end:]
}

// cutEnd leaves the start of a text, within limit.
func cutEnd(text string, limit int, m measure) string {
	if m.of(text) <= limit {
		return text
	}
	room := limit - m('…')
	for i, r := range text {
		if room -= m(r); room < 0 {
			return text[:i] + "…"
		}
	}
	return text
}
