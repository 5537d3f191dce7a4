package migrations

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// A step that comes in below one that is there already would stop every
// database that has been migrated.
func TestStepsAreNumberedWithoutAGap(t *testing.T) {
	t.Parallel()
	steps, err := Files.ReadDir(".")
	if err != nil || len(steps) == 0 {
		t.Fatalf("got %d steps, %v", len(steps), err)
	}
	for i, step := range steps {
		if want := fmt.Sprintf("%05d_", i+1); !strings.HasPrefix(step.Name(), want) {
			t.Errorf("%s does not begin with %s", step.Name(), want)
		}
	}
}

// breaking is what the version before might trip over: it may use what is gone
// or called otherwise, or leave out what is asked for.
var breaking = regexp.MustCompile(`(?i)\bDROP (TABLE|COLUMN|SEQUENCE|FUNCTION|CONSTRAINT)\b|\bRENAME\b|\bSET NOT NULL\b|\bALTER COLUMN \w+ (SET DATA )?TYPE\b|` +
	`\bDROP DEFAULT\b|\bDROP NOT NULL\b|\bADD (CONSTRAINT|CHECK|UNIQUE|FOREIGN)\b|\bCREATE UNIQUE INDEX\b|\bTRUNCATE\b`)

// newColumn is a column with what is said of it.
var newColumn = regexp.MustCompile(`\bADD COLUMN\b[^,;]*`)

// unreleased are the steps of before the first release: there is no version
// before that could trip.
const unreleased = 19

func TestTheVersionBeforeGoesOnWorking(t *testing.T) {
	t.Parallel()
	steps, err := Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps[unreleased:] {
		content, err := Files.ReadFile(step.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range trips(string(content)) {
			t.Errorf("%s: the version before may trip over %q", step.Name(), wrong)
		}
	}
}

func TestWhatTripsTheVersionBefore(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"CREATE TABLE a (b text NOT NULL);":                                              false,
		"CREATE TABLE a (b text); CREATE UNIQUE INDEX a_b ON a (b);":                     false, // its own table
		"ALTER TABLE a ADD COLUMN b text;":                                               false,
		"ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT '';":                           false,
		"CREATE INDEX a_b ON a (b);":                                                     false,
		"-- unused: since 1.4\nALTER TABLE a DROP COLUMN b;":                             false,
		"-- It may DROP TABLE a.\nSELECT 1;":                                             false,
		"ALTER TABLE a DROP COLUMN b;":                                                   true,
		"-- unused: since 1.4\nALTER TABLE a DROP COLUMN b;\nDROP TABLE c;":              true,
		"ALTER TABLE a ADD COLUMN b text NOT NULL;":                                      true,
		"ALTER TABLE a ADD COLUMN c int NOT NULL DEFAULT 0, ADD COLUMN b text NOT NULL;": true,
		"ALTER TABLE a RENAME COLUMN b TO c;":                                            true,
		"ALTER TABLE a ALTER COLUMN b SET NOT NULL;":                                     true,
		"ALTER TABLE a ALTER COLUMN b TYPE bigint;":                                      true,
		"CREATE UNIQUE INDEX a_b ON a (b);":                                              true,
		"ALTER TABLE a ADD CONSTRAINT c CHECK (b <> '');":                                true,
	} {
		if got := trips(sql); (len(got) > 0) != want {
			t.Errorf("%s: got %q, want any: %t", sql, got, want)
		}
	}
}

// trips are the statements of a step over which the version before may trip.
func trips(sql string) (wrong []string) {
	comment := regexp.MustCompile(`--[^\n]*`)
	made := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?i)\bCREATE TABLE (\w+)`).FindAllStringSubmatch(comment.ReplaceAllString(sql, ""), -1) {
		made[m[1]] = true
	}
	on := regexp.MustCompile(`(?i)\b(?:ON|ALTER TABLE) (\w+)`)
	for statement := range strings.SplitSeq(sql, ";") {
		bare := strings.TrimSpace(comment.ReplaceAllString(statement, ""))
		table := on.FindStringSubmatch(bare)
		if strings.Contains(statement, "-- unused: ") || table != nil && made[table[1]] {
			continue
		}
		bad := breaking.MatchString(bare)
		for _, column := range newColumn.FindAllString(strings.ToUpper(bare), -1) {
			bad = bad || strings.Contains(column, "NOT NULL") && !strings.Contains(column, "DEFAULT")
		}
		if bad {
			wrong = append(wrong, bare)
		}
	}
	return wrong
}
