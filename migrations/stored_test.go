package migrations

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What is remembered about people is told table by table.
func TestEveryTableIsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, told, _ := strings.Cut(string(page), "## What is kept about people")
	var documented []string
	for _, cell := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(told, -1) {
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cell[1], -1) {
			documented = append(documented, name[1])
		}
	}
	tables := []string{"river_job"} // River's own; its others are about no person
	names, err := fs.Glob(Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`).FindAllStringSubmatch(string(content), -1) {
			tables = append(tables, m[1])
		}
	}
	slices.Sort(documented)
	slices.Sort(tables)
	if !slices.Equal(documented, tables) {
		t.Errorf("docs/operate.md tells of\n%q\nthere are\n%q", documented, tables)
	}
}
