package deploy

import (
	"go/version"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instructions are the lines of a Dockerfile, without what is said about them.
func instructions(t *testing.T, name string) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(read(t, name), "\\\n", "")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// The image cannot be built in a test. What it promises is written in it.
func TestTheImageHasNoRootAndNoShell(t *testing.T) {
	t.Parallel()
	lines := instructions(t, "docker/Dockerfile")
	last := 0
	for i, line := range lines {
		if strings.HasPrefix(line, "FROM ") {
			last = i
		}
	}
	if got, want := lines[last], "FROM gcr.io/distroless/static-debian12:nonroot"; got != want {
		t.Errorf("the image is %q, want %q", got, want)
	}
	for _, want := range []string{"USER 65532:65532", "EXPOSE 3978", `ENTRYPOINT ["/teamsbot"]`, "COPY --from=build /src/bin/teamsbot /teamsbot"} {
		if !slices.Contains(lines[last:], want) {
			t.Errorf("there is no %s", want)
		}
	}
	if strings.Contains(strings.Join(lines[last:], "\n"), "\nRUN ") {
		t.Error("something is run in it, which has no shell")
	}
	build := regexp.MustCompile(`(?m)^\tCGO_ENABLED=0 go build .*-o bin/teamsbot `)
	if !build.MatchString(read(t, "../Makefile")) {
		t.Error("make build makes no static file")
	}
}

func TestTheImageIsBuiltWithAGoThatIsNewEnough(t *testing.T) {
	t.Parallel()
	wanted := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "../go.mod"))
	pinned := regexp.MustCompile(`(?m)^FROM .*golang:(\d+\.\d+\.\d+)-\S+ AS build$`).FindStringSubmatch(read(t, "docker/Dockerfile"))
	if wanted == nil || pinned == nil || version.Compare("go"+pinned[1], "go"+wanted[1]) < 0 {
		t.Errorf("pinned is %q, go.mod wants %q", pinned, wanted)
	}
}

// A file of the commit that is kept from the build would mark the program as
// changed.
func TestTheImageLeavesOutWhatGitDoes(t *testing.T) {
	t.Parallel()
	var want []string
	for line := range strings.Lines(read(t, "../.gitignore")) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "/") {
			line = "**/" + line
		}
		want = append(want, line)
	}
	if got := instructions(t, "../.dockerignore"); !slices.Equal(got, want) {
		t.Errorf(".dockerignore has %q, want %q", got, want)
	}
}
