package teamsbot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadSentence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		rest    string
		lasts   time.Duration
		because string
	}{
		"prod-postgres orders read-only 4h because INC-123": {"prod-postgres orders read-only", 4 * time.Hour, "INC-123"},
		"orders for 30m":                        {"orders", 30 * time.Minute, ""},
		"1.5h on orders":                        {"orders", 90 * time.Minute, ""},
		"orders 1,5 hours":                      {"orders", 90 * time.Minute, ""},
		"orders for 90 min, please":             {"orders please", 90 * time.Minute, ""},
		"access to orders for 2 hours":          {"access orders", 2 * time.Hour, ""},
		"1h30m":                                 {"", 90 * time.Minute, ""},
		"1h 30 min":                             {"", 90 * time.Minute, ""},
		"1 hr 5 minutes orders":                 {"orders", 65 * time.Minute, ""},
		"1 day":                                 {"", 24 * time.Hour, ""},
		"4h orders 4h":                          {"orders", 4 * time.Hour, ""},
		"4h orders 8h":                          {"orders", 0, ""},
		"1h orders 30m":                         {"orders", 0, ""},
		"0h orders":                             {"0h orders", 0, ""},
		"999999h":                               {"999999h", 0, ""},
		"web 1 5h":                              {"web 1", 5 * time.Hour, ""},
		"1 2 3":                                 {"1 2 3", 0, ""},
		"4 horses":                              {"4 horses", 0, ""},
		"orders 4":                              {"orders 4", 0, ""},
		"BECAUSE of me":                         {"", 0, "of me"},
		"orders because: 8h because <b>why</b>": {"orders", 0, "8h because <b>why</b>"},
		"because":                               {"", 0, ""},
		"":                                      {"", 0, ""},
		"on-call for on to":                     {"on-call", 0, ""},
		"— · 🔑":                                 {"", 0, ""},
		strings.Repeat("w ", 100):               {strings.Repeat("w ", sentenceWords) + "…", 0, ""},
	} {
		s := readSentence(text)
		if s.rest() != want.rest || s.duration != want.lasts || s.because != want.because {
			t.Errorf("%.60q: got %q, %v, because %q", text, s.rest(), s.duration, s.because)
		}
	}
}

func TestOneNameOfASentence(t *testing.T) {
	t.Parallel()
	postgres := []string{"prod-postgres", "stage-postgres", "AWS production", "Orders database", "Orders", "Access for billing"}
	for text, want := range map[string]struct {
		name  string // "" if none is meant
		rest  string
		among []string // that the words fit
	}{
		"prod-postgres orders.lines": {"prod-postgres", "orders.lines", nil},
		"PROD_POSTGRES x":            {"prod-postgres", "x", nil},
		"prod postgres x":            {"prod-postgres", "x", nil},
		"prodpostgres x":             {"prod-postgres", "x", nil},
		"aws x":                      {"AWS production", "x", nil},
		"aws prod x":                 {"AWS production", "x", nil},
		"orders database x":          {"Orders database", "x", nil},
		"access to billing":          {"Access for billing", "", nil},
		"stage x":                    {"stage-postgres", "x", nil},
		"postgres x":                 {"", "x", []string{"prod-postgres", "stage-postgres"}},
		"prod x":                     {"", "x", []string{"prod-postgres", "AWS production"}},
		"prod-postgres orders":       {"", "", []string{"prod-postgres", "Orders"}},
		"aws stage x":                {"", "x", []string{"AWS production", "stage-postgres"}},
		"orders data":                {"", "", []string{"Orders database", "Orders"}},
		"mysql":                      {"", "mysql", nil},
		"or":                         {"", "or", nil},
		"":                           {"", "", nil},
	} {
		s := readSentence(text)
		place, unclear := s.one(postgres)
		name, among := "", []string(nil)
		if place >= 0 {
			name = postgres[place]
		}
		if unclear != nil {
			for _, n := range unclear.names {
				among = append(among, postgres[n])
			}
		}
		slices.Sort(among)
		slices.Sort(want.among)
		if name != want.name || s.rest() != want.rest || !slices.Equal(among, want.among) {
			t.Errorf("%q: got %q among %q, and the rest %q", text, name, among, s.rest())
		}
	}
}

func TestSeveralNamesOfASentence(t *testing.T) {
	t.Parallel()
	tables := []string{"orders", "orders.lines", "orders.refunds", "customers", "billing-db", "billing_db", "archive.billing", "漢字", "مستخدم"}
	for text, want := range map[string]struct {
		names, rest, unclear string
	}{
		"orders customers read-only": {"customers orders", "read-only", ""},
		"orders.lines, orders":       {"orders orders.lines", "", ""},
		"lines and refunds":          {"orders.lines orders.refunds", "", ""},
		"orders orders":              {"orders", "", ""},
		"billing-db":                 {"", "", "billing-db: billing-db billing_db"},
		"archive customers":          {"archive.billing customers", "", ""},
		"ref cust":                   {"customers orders.refunds", "", ""},
		"漢字 مستخدم x":                {"مستخدم 漢字", "x", ""},
		"nothing here":               {"", "nothing here", ""},
	} {
		s := readSentence(text)
		places, unclear := s.several(tables, false)
		var names, open []string
		for _, p := range places {
			names = append(names, tables[p])
		}
		for _, a := range unclear {
			line := a.words + ":"
			for _, n := range a.names {
				line += " " + tables[n]
			}
			open = append(open, line)
		}
		slices.Sort(names)
		if diff := cmp.Diff(want.names+"|"+want.rest+"|"+want.unclear, strings.Join(names, " ")+"|"+s.rest()+"|"+strings.Join(open, ";")); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// TestManyNamesFitOneWordManyTimes counts what is compared: places of words,
// however many names fit them.
func TestManyNamesFitOneWordManyTimes(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"prod-%d", "prod"} {
		names := manyNames(format)
		s := readSentence(strings.Repeat("prod ", 500))
		if !s.longer || len(s.words) != sentenceWords {
			t.Fatalf("%d words are looked at", len(s.words))
		}
		hits := s.hits(names)
		if want := len(names) * sentenceWords; len(hits) != want {
			t.Errorf("%s: %d hits, want %d", format, len(hits), want)
		}
		if places := len(outermost(hits)); places > sentenceWords {
			t.Errorf("%s: %d places of whole names are compared, want at most %d", format, places, sentenceWords)
		}
		place, unclear := s.one(names)
		if place >= 0 || unclear == nil || len(unclear.names) != len(names) || s.rest() != "…" {
			t.Errorf("%s: got %d, and the rest %q", format, place, s.rest())
		}
	}
}

// manyNames are 2,000 names with a number in each, if the format has one.
func manyNames(format string) []string {
	names := make([]string, 2000)
	for i := range names {
		names[i] = strings.ReplaceAll(format, "%d", strconv.Itoa(i))
	}
	return names
}

func FuzzSentence(f *testing.F) {
	f.Add("prod-postgres orders read-only 4h because INC-123", "prod-postgres\nstage-postgres\norders\nread-only")
	f.Add("1h 30 min web 1 5h because because", "web-1\nweb 1\n\n·")
	f.Add("orders orders database", "orders\norders database\norders database eu\nOrders")
	f.Fuzz(func(t *testing.T, text, list string) {
		names := strings.Split(list, "\n")
		s := readSentence(text)
		if s.duration < 0 || s.duration > longestDuration || s.duration%time.Minute != 0 {
			t.Errorf("the duration is %v", s.duration)
		}
		if !strings.HasSuffix(strings.TrimSpace(text), s.because) {
			t.Errorf("the justification %q is not the end of %q", s.because, text)
		}
		if len(s.words) > sentenceWords {
			t.Errorf("%d words are looked at", len(s.words))
		}
		for _, w := range s.words {
			if !strings.Contains(text, w.text) || len(w.parts) == 0 {
				t.Errorf("the word %q of %q is not there", w.text, text)
			}
		}
		alone, all := s.clone(), s.clone()
		if place, unclear := alone.one(names); place >= len(names) || place >= 0 && unclear != nil {
			t.Errorf("one is %d, and %+v", place, unclear)
		}
		found, unclear := all.several(names, false)
		for _, a := range unclear {
			if len(a.names) < 2 || a.words == "" || len(a.at) == 0 {
				t.Errorf("unclear is %+v", a)
			}
			found = append(found, a.names...)
		}
		for _, place := range found {
			if place < 0 || place >= len(names) || len(partsOf(names[place])) == 0 {
				t.Errorf("found %d of %q", place, names)
			}
		}
		if again, _ := all.several(names, false); len(again) > 0 {
			t.Errorf("%q is found a second time", names[again[0]])
		}
	})
}

func BenchmarkSentence(b *testing.B) {
	var names []string
	for i := range 5000 {
		names = append(names, fmt.Sprintf("curated.sales.orders_%04d", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		s := readSentence("prod-postgres curated.sales.orders_1234 read-only 4h because INC-123")
		if found, _ := s.several(names, false); len(found) != 1 {
			b.Fatal(found)
		}
	}
}

func BenchmarkSentenceOfOneWord(b *testing.B) {
	names, text := manyNames("prod-%d"), strings.Repeat("prod ", sentenceWords)
	b.ReportAllocs()
	for b.Loop() {
		s := readSentence(text)
		if place, unclear := s.one(names); place >= 0 || unclear == nil {
			b.Fatal(place)
		}
	}
}
