package teamsbot

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// exposedMetrics are the bot's own, with their labels: "name{label,label}".
func exposedMetrics() []string {
	m := newMetrics()
	m.registry.MustRegister(newOwing(&Bot{}))
	told := make(chan *prometheus.Desc)
	go func() {
		m.registry.Describe(told)
		close(told)
	}()
	var exposed []string
	for d := range told {
		parts := regexp.MustCompile(`fqName: "(teamsbot_\w+)".*variableLabels: \{([^}]*)\}`).FindStringSubmatch(d.String())
		if parts == nil {
			continue // of Go, of the process
		}
		name := parts[1]
		if parts[2] != "" {
			name += "{" + parts[2] + "}"
		}
		exposed = append(exposed, name)
	}
	slices.Sort(exposed)
	return exposed
}

// Every metric of the bot is in the docs, by name and labels, and no other.
func TestEveryMetricIsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Metrics\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(teamsbot_[^`]+)` \\|").FindAllStringSubmatch(section, -1) {
		documented = append(documented, row[1])
	}
	slices.Sort(documented)
	exposed := exposedMetrics()
	if !slices.Equal(documented, exposed) {
		t.Errorf("docs/operate.md tells of\n%s\nthe bot exposes\n%s", strings.Join(documented, "\n"), strings.Join(exposed, "\n"))
	}
	for _, used := range regexp.MustCompile(`\b(teamsbot_\w+)(?:\{([^}]*)\})?`).FindAllStringSubmatch(string(page), -1) {
		name := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(used[1], "")
		at := slices.IndexFunc(exposed, func(e string) bool { return e == name || strings.HasPrefix(e, name+"{") })
		if at < 0 {
			t.Errorf("docs/operate.md uses %s, which the bot does not expose", used[0])
			continue
		}
		for _, label := range regexp.MustCompile(`(\w+)!?=~?"`).FindAllStringSubmatch(used[2], -1) {
			if !regexp.MustCompile(`[{,]` + label[1] + `[,}]`).MatchString(exposed[at]) {
				t.Errorf("docs/operate.md uses %s, which has no label %s", used[0], label[1])
			}
		}
	}
}
