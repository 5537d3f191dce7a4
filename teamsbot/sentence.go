package teamsbot

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// sentenceWords is how many words of a sentence are looked at.
const sentenceWords = 60

// sentence is what a person wrote after "request", and what of it is not yet
// understood. Nothing here knows Apono: the lists to find words in are given.
type sentence struct {
	words     []word
	duration  time.Duration   // 0 if none is said, or several
	durations []time.Duration // all that are said
	because   string          // the justification, as it was written
	longer    bool            // there are more words than are looked at
}

// word is one word, or several joined by hyphens and the like.
type word struct {
	text  string
	parts []string // in lower case, without what joins them
	taken bool     // understood, or known to be ambiguous
}

// ambiguity is words that fit several names.
type ambiguity struct {
	words string
	at    []int // places of the words
	names []int // places in the list
}

// readSentence finds what needs no list: because, durations and filler words.
func readSentence(text string) sentence {
	var r reader
	for text = strings.TrimSpace(text); text != ""; {
		var w string
		w, text = cutWord(text)
		if becauses[strings.ToLower(strings.TrimRight(w, ":,"))] {
			r.because = text
			break
		}
		r.read(w)
	}
	r.add(r.waiting)
	if same := slices.Compact(slices.Clone(r.durations)); len(same) == 1 && same[0] <= longestDuration {
		r.duration = same[0]
	}
	return r.sentence
}

// reader reads a sentence word by word.
type reader struct {
	sentence
	waiting string // a number, for its unit
	hours   bool   // the last word told hours, to which minutes may be added
}

func (r *reader) read(w string) {
	if r.waiting != "" && !unitWritten.MatchString(w) {
		r.add(r.waiting)
		r.waiting, r.hours = "", false
	}
	d, unit := durationOf(r.waiting + w)
	switch {
	case d > 0 && r.hours && unit == "m" && d < time.Hour:
		r.durations[len(r.durations)-1] += d
	case d > 0:
		r.durations = append(r.durations, d)
	case numberWritten.MatchString(w):
		r.waiting = w
		return
	default:
		r.add(r.waiting)
		r.add(w)
	}
	r.waiting, r.hours = "", unit == "h"
}

// cutWord cuts the first word off a text that begins with one.
func cutWord(text string) (w, after string) {
	at := strings.IndexFunc(text, unicode.IsSpace)
	if at < 0 {
		return text, ""
	}
	return text[:at], strings.TrimSpace(text[at:])
}

// add keeps a word that means nothing by itself.
func (s *sentence) add(text string) {
	parts := partsOf(text)
	switch {
	case len(parts) == 0, len(parts) == 1 && filler[parts[0]]:
	case len(s.words) == sentenceWords:
		s.longer = true
	default:
		s.words = append(s.words, word{text: text, parts: parts})
	}
}

// Words that are not the name of anything, in every language that the bot speaks.
var (
	becauses = map[string]bool{"because": true, "weil": true, "wegen": true} // the justification follows
	filler   = map[string]bool{
		"for": true, "on": true, "to": true, "and": true, "für": true, "auf": true, "zu": true, "und": true,
	}
)

// partsOf splits a name or a word at all that is no letter and no digit.
func partsOf(text string) []string {
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if all := slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return filler[p] }); len(all) > 0 {
		return all
	}
	return parts
}

const unitPattern = `(m|mins?|minutes?|minuten?|h|hrs?|hours?|std|stunden?|d|days?|tage?)[.,;]?$`

var (
	durationWritten = regexp.MustCompile(`^(?i)([0-9]{1,6}(?:[.,][0-9]{1,6})?)` + unitPattern)
	unitWritten     = regexp.MustCompile(`^(?i)` + unitPattern)
	hoursAndMinutes = regexp.MustCompile(`^(?i)([0-9]{1,4})h([0-9]{1,2})m?[.,;]?$`)
	numberWritten   = regexp.MustCompile(`^[0-9]{1,6}(?:[.,][0-9]{1,6})?$`)
)

// durationOf reads a duration such as 30m, 1.5h or 2hours, and the unit that it
// is in: m, h, d, or "" for several. It is 0 if it is none that can be asked for.
func durationOf(w string) (d time.Duration, unit string) {
	minutes := 0.0
	if m := hoursAndMinutes.FindStringSubmatch(w); m != nil {
		minutes = 60*number(m[1]) + number(m[2])
	} else if m := durationWritten.FindStringSubmatch(w); m != nil {
		unit = map[string]string{"m": "m", "h": "h", "s": "h", "d": "d", "t": "d"}[strings.ToLower(m[2][:1])]
		minutes = number(m[1]) * map[string]float64{"m": 1, "h": 60, "d": 24 * 60}[unit]
	}
	if minutes <= 0 || minutes > longestDuration.Minutes() {
		return 0, ""
	}
	return time.Duration(max(1, math.Round(minutes))) * time.Minute, unit
}

// number is a number that a pattern has found.
func number(text string) float64 {
	n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil {
		return 0
	}
	return n
}

// rest is what is not understood, as it was written.
func (s *sentence) rest() string {
	var left []string
	for _, w := range s.words {
		if !w.taken {
			left = append(left, w.text)
		}
	}
	if s.longer {
		left = append(left, "…")
	}
	return strings.Join(left, " ")
}

// hit is a run of words that fits a name. It is small, for there may be as many
// as words times names.
type hit struct {
	name     int32
	from, to int8 // the words, of which there are sentenceWords at most
	full     bool // they are the whole name
}

func (h hit) overlaps(o hit) bool { return h.from < o.to && o.from < h.to }

func (h hit) span() [2]int8 { return [2]int8{h.from, h.to} }

// covers says that h explains all that o does, and more.
func (h hit) covers(o hit) bool { return h.from <= o.from && h.to >= o.to && h.to-h.from > o.to-o.from }

// hits finds every name that words fit which are not taken: whole names first,
// then those that explain more words, then in the order of the sentence. They
// are put in that order as they are found.
func (s *sentence) hits(names []string) []hit {
	parts, whole := make([][]string, len(names)), make([]string, len(names))
	for n, name := range names {
		parts[n] = partsOf(name)
		whole[n] = strings.Join(parts[n], "")
	}
	byRank := make([][]hit, 2*sentenceWords+1)
	for from, w := range s.words {
		if w.taken {
			continue
		}
		joined := strings.Join(w.parts, "")
		for n := range names {
			best := s.longest(from, parts[n])
			if joined == whole[n] && int(best.to) <= from+1 {
				best.to, best.full = best.from+1, true
			}
			if best.name = int32(n); best.to > best.from {
				byRank[rank(best)] = append(byRank[rank(best)], best)
			}
		}
	}
	slices.Reverse(byRank)
	return slices.Concat(byRank...)
}

// longest is the longest run of words from one on that fits a name, wherever in
// it that begins.
func (s *sentence) longest(from int, parts []string) hit {
	best := hit{from: int8(from), to: int8(from)}
	for p := range parts {
		if h := s.run(from, parts, p); h.to > best.to || h.to == best.to && h.full {
			best = h
		}
	}
	return best
}

// run is the longest run of words from one on that fits a name's parts from p on.
func (s *sentence) run(from int, parts []string, p int) hit {
	h := hit{from: int8(from), to: int8(from)}
	at, equal := p, true
	for i := from; i < len(s.words) && !s.words[i].taken; i++ {
		same, ok := begins(parts[at:], s.words[i].parts)
		if !ok {
			break
		}
		at += len(s.words[i].parts)
		h.to, equal = int8(i+1), equal && same
	}
	h.full = equal && p == 0 && at == len(parts) && h.to > h.from
	return h
}

// begins says that each part of a word is, or at three letters begins, the part
// of a name at the same place.
func begins(name, parts []string) (equal, ok bool) {
	if len(parts) > len(name) {
		return false, false
	}
	equal = true
	for i, p := range parts {
		switch {
		case name[i] == p:
		case len(p) >= 3 && strings.HasPrefix(name[i], p):
			equal = false
		default:
			return false, false
		}
	}
	return equal, true
}

// one takes the name that the words mean, if they mean one: -1 if not. Words
// that fit several are taken as well, and told.
func (s *sentence) one(names []string) (int, *ambiguity) {
	hits := s.hits(names)
	if len(hits) == 0 {
		return -1, nil
	}
	outer := outermost(hits)
	rivals := []hit{}
	for _, h := range hits {
		if h.full && outer[h.span()] || rank(h) == rank(hits[0]) || hits[0].full && h.covers(hits[0]) {
			rivals = append(rivals, h)
		}
	}
	found := s.take(rivals)
	if len(found.names) > 1 {
		return -1, &found
	}
	return found.names[0], nil
}

// outermost are the places of whole names, and whether no longer one covers
// them. There are fewer places than hits: many names can fit the same words.
func outermost(hits []hit) map[[2]int8]bool {
	outer := make(map[[2]int8]bool)
	var whole []hit // one for each place
	for _, h := range hits {
		if !h.full {
			continue
		}
		if _, known := outer[h.span()]; !known {
			outer[h.span()] = true
			whole = append(whole, h)
		}
	}
	for _, h := range whole {
		outer[h.span()] = !slices.ContainsFunc(whole, func(o hit) bool { return o.covers(h) })
	}
	return outer
}

// several takes all names that the words mean. With fullOnly only whole names
// count.
func (s *sentence) several(names []string, fullOnly bool) (found []int, unclear []ambiguity) {
	hits := s.hits(names)
	if fullOnly {
		hits = slices.DeleteFunc(hits, func(h hit) bool { return !h.full })
	}
	for len(hits) > 0 {
		best := hits[0]
		var rivals []hit
		for _, h := range hits {
			if h.overlaps(best) && rank(h) == rank(best) || best.full && h.covers(best) {
				rivals = append(rivals, h)
			}
		}
		a := s.take(rivals)
		if len(a.names) > 1 {
			unclear = append(unclear, a)
		} else if !slices.Contains(found, a.names[0]) {
			found = append(found, a.names[0])
		}
		hits = slices.DeleteFunc(hits, func(h hit) bool {
			return slices.ContainsFunc(s.words[h.from:h.to], func(w word) bool { return w.taken })
		})
	}
	return found, unclear
}

// rank is what two hits have in common that are as good as each other.
func rank(h hit) int {
	if h.full {
		return sentenceWords + int(h.to-h.from)
	}
	return int(h.to - h.from)
}

// take takes the words of hits. A name that is said twice is taken once.
func (s *sentence) take(hits []hit) ambiguity {
	var a ambiguity
	named := make(map[int32]bool)
	for _, h := range hits {
		if !named[h.name] {
			named[h.name] = true
			a.names = append(a.names, int(h.name))
		}
	}
	if len(a.names) == 1 {
		hits = hits[:1]
	}
	var meant [sentenceWords]bool
	for _, h := range hits {
		for i := h.from; i < h.to; i++ {
			meant[i] = true
		}
	}
	var said []string
	for i := range s.words {
		if meant[i] {
			s.words[i].taken = true
			a.at = append(a.at, i)
			said = append(said, s.words[i].text)
		}
	}
	a.words = strings.Join(said, " ")
	return a
}

// clone is s, to try something.
func (s *sentence) clone() sentence {
	c := *s
	c.words = slices.Clone(s.words)
	return c
}

// takenBy are the words that a clone has taken since.
func (s *sentence) takenBy(clone sentence) string {
	var said []string
	for i, w := range clone.words {
		if w.taken && !s.words[i].taken {
			said = append(said, w.text)
		}
	}
	return strings.Join(said, " ")
}
