package teams

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// What operators are told of a cloud is what the bot does there.
func TestTheCloudsAreInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Government clouds\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|.*$").FindAllStringSubmatch(section, -1)
	if len(rows) != 4 {
		t.Errorf("%d clouds are documented, want 4", len(rows))
	}
	for _, row := range rows {
		c, err := CloudNamed(row[1])
		if err != nil {
			t.Error(err)
			continue
		}
		want := fmt.Sprintf("| `%s` | `%s` | `%s` | `%s` | `%s` |", c.LoginURL, c.Scope, c.OpenIDURL, c.Issuer, strings.Join(c.ServiceHosts, "`, `"))
		if !strings.HasSuffix(row[0], want) {
			t.Errorf("documented is\n%s\nand it is\n%s", row[0], want)
		}
	}
}
