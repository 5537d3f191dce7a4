package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// update writes the table instead of comparing it: go test ./cmd/teamsbot -run Variables -update
var update = flag.Bool("update", false, "write what is generated into the docs")

const (
	operatePage = "../../docs/operate.md"
	tableBegins = "<!-- variables: written by go test ./cmd/teamsbot -run Variables -update -->\n"
	tableEnds   = "<!-- end of variables -->\n"
)

// setting is one variable of serve, as its flag tells it.
type setting struct {
	name, otherwise, help string
	secret                bool
}

// serveOf is the command serve, with nothing told, and its flags.
func serveOf(t *testing.T) (*serveCommand, []*kong.Flag) {
	t.Helper()
	var c commands
	parser, err := kong.New(&c, kong.Name("teamsbot"))
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "serve" })
	flags := parser.Model.Children[at].Flags
	for _, f := range flags {
		for _, name := range f.Envs {
			t.Setenv(name, "") // put back in the end
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := parser.Parse([]string{"serve"}); err != nil {
		t.Fatal(err)
	}
	return &c.Serve, flags
}

// settings are all that serve can be told, in the order of its help.
func settings(t *testing.T) []setting {
	t.Helper()
	serve, flags := serveOf(t)
	needed := neededVariables(serve)
	var all []setting
	for _, f := range flags {
		if f.Hidden {
			continue // for tests
		}
		if len(f.Envs) != 1 || "--"+f.Name != flagOfVariable(f.Envs[0]) {
			t.Errorf("the flag --%s has the variables %q, want one of the same name", f.Name, f.Envs)
			continue
		}
		v := setting{name: f.Envs[0], help: f.Help, otherwise: needed[f.Envs[0]]}
		if f.Default != "" {
			v.otherwise = "`" + f.Default + "`"
		}
		switch f.Target.Type() {
		case reflect.TypeFor[aponoapi.Secret](), reflect.TypeFor[[]aponoapi.Secret]():
			v.secret = true
		}
		v.secret = v.secret || v.name == "DATABASE_URL" // its password is
		all = append(all, v)
	}
	return all
}

// flagOfVariable is the flag that says the same.
func flagOfVariable(name string) string {
	return "--" + strings.ToLower(strings.ReplaceAll(name, "_", "-"))
}

// neededVariables are those without which serve does not start: it says so.
func neededVariables(s *serveCommand) map[string]string {
	_, err := s.check()
	needed := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)(?: or ([A-Z_]+))? is `).FindAllStringSubmatch(fmt.Sprint(err), -1) {
		needed[m[1]] = "**required**"
		if m[2] != "" {
			needed[m[1]], needed[m[2]] = "**one of the two**", "**one of the two**"
		}
	}
	return needed
}

// variablesTable is the table for the docs.
func variablesTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| Variable | Default | What it says |\n|---|---|---|\n")
	for _, v := range settings(t) {
		help := strings.ReplaceAll(v.help, "|", `\|`)
		if v.secret {
			help += " **Secret.**"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.name, cmp.Or(v.otherwise, "–"), help)
	}
	return b.String()
}

func TestVariablesAreInTheDocs(t *testing.T) {
	page, err := os.ReadFile(operatePage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegins)
	got, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no place for the table", operatePage)
	}
	want := variablesTable(t)
	if *update {
		if err := os.WriteFile(operatePage, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("the table of variables in %s is stale: go test ./cmd/teamsbot -run Variables -update\ngot\n%s\nwant\n%s", operatePage, got, want)
	}
}

// A variable that the docs name and the program does not know is set in vain.
func TestNoOtherVariablesAreInTheDocs(t *testing.T) {
	known := map[string]bool{}
	for _, v := range settings(t) {
		known[v.name] = true
	}
	named := regexp.MustCompile("`([A-Z]+(?:_[A-Z]+)+)[`=]")
	for name, page := range pages(t) {
		for _, m := range named.FindAllStringSubmatch(page, -1) {
			if !known[m[1]] && !slices.Contains(othersVariables, m[1]) {
				t.Errorf("%s names %s, which the program does not know", name, m[1])
			}
		}
	}
}

// othersVariables are not the bot's, though it heeds them.
var othersVariables = []string{"HTTPS_PROXY", "NO_PROXY", "TEAMSBOT_FAULTS_SEED"}
