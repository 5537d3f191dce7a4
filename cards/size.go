package cards

import (
	"slices"
	"unicode/utf8"
)

// heaviest is how many bytes a card may weigh. Teams refuses messages from
// 28 KB and dialogs from about 25 KB on, with what is around the card.
const heaviest = 24 << 10

// shorter are elements whose words from outside have at most limit bytes. Names
// have a limit in letters, and a card that is full of long ones in letters of
// four bytes would not be shown at all. What a person typed stays as it is.
func shorter(elements []element, limit int) []element {
	out := slices.Clone(elements)
	for i := range out {
		e := &out[i]
		if e.Type == "TextRun" {
			e.Text = cutBytes(e.Text, limit)
		}
		e.Choices = slices.Clone(e.Choices)
		for n := range e.Choices {
			e.Choices[n].Title = cutBytes(e.Choices[n].Title, limit)
		}
		e.Inlines, e.Items = shorter(e.Inlines, limit), shorter(e.Items, limit)
	}
	return out
}

// cutBytes is cut for a limit in bytes.
func cutBytes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := limit - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
