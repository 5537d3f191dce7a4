package texts

import (
	"fmt"
	"strings"
	"time"
)

// Text is words for a person, whose language is known only when they are shown.
type Text interface {
	// In is the text in a language.
	In(*Language) string
}

// English is a text of ours, as it is in English. It may have places to fill,
// written as for fmt.
type English string

// In is the text in a language; in English where there is no translation.
func (e English) In(l *Language) string { return l.translate(e, 0) }

// With fills the places of the text: with other texts, words, numbers (%d, which
// also chooses between the forms for one and for many), moments and durations
// (%s).
func (e English) With(args ...any) Text { return &filled{e, args} }

type filled struct {
	text English
	args []any
}

func (f *filled) In(l *Language) string {
	args, number, sprintf := make([]any, len(f.args)), 0, fmt.Sprintf
	for i, a := range f.args {
		switch v := a.(type) {
		case Text:
			args[i] = v.In(l)
		case time.Duration:
			args[i] = Duration(v).In(l)
		case int:
			if args[i], number = v, v; v >= 1000 {
				sprintf = l.printThousands
			}
		default:
			args[i] = v
		}
	}
	return sprintf(l.translate(f.text, number), args...)
}

// Outside is words that are not ours: names, and what people write. They are the
// same in every language.
type Outside string

// In is the words themselves.
func (o Outside) In(*Language) string { return string(o) }

// Join is several texts, one after the other.
func Join(between Text, all ...Text) Text { return &joined{between, all} }

type joined struct {
	between Text
	all     []Text
}

func (j *joined) In(l *Language) string {
	all := make([]string, len(j.all))
	for i, t := range j.all {
		all[i] = t.In(l)
	}
	return strings.Join(all, j.between.In(l))
}

// Cut is what a function leaves of a text when it is known in which language.
func Cut(t Text, cut func(string) string) Text { return &shortened{t, cut} }

type shortened struct {
	text Text
	cut  func(string) string
}

func (s *shortened) In(l *Language) string { return s.cut(s.text.In(l)) }
