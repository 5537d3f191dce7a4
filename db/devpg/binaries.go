package devpg

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the first major version of Postgres that the bot supports.
const oldest = 14

// installation is a folder with initdb and postgres.
type installation struct {
	dir          string
	major, minor int
}

// binaries chooses the programs for the data: of the version that made them,
// else the newest installed, else npm's.
func (h home) binaries(ctx context.Context, say func(string)) (dir string, err error) {
	want, err := h.major()
	if err != nil {
		return "", err
	}
	var found []installation
	if os.Getenv("DEVPG_INSTALLED") != "no" {
		found = installed(ctx, h.as)
	}
	for _, i := range found {
		if want == 0 || want == i.major {
			return i.dir, nil
		}
	}
	if want != 0 && want != npmMajor {
		return "", fmt.Errorf("the data were made by Postgres %d, which is not here any more: start with --fresh", want)
	}
	return h.npmBinaries(ctx, say)
}

// installed lists what this machine has and the account can run, newest first.
func installed(ctx context.Context, as account) []installation {
	folders := filepath.SplitList(os.Getenv("PATH"))
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian
		"/usr/pgsql-*/bin",          // Red Hat
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
	} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			panic(err) // a bad pattern
		}
		folders = append(folders, more...)
	}
	var found []installation
	for _, folder := range folders {
		i, ok := inspect(ctx, folder, as)
		if ok && !slices.Contains(found, i) {
			found = append(found, i)
		}
	}
	slices.SortStableFunc(found, func(a, b installation) int {
		return cmp.Or(cmp.Compare(b.major, a.major), cmp.Compare(b.minor, a.minor))
	})
	return found
}

var version = regexp.MustCompile(`\(PostgreSQL\) (\d+)(?:\.(\d+))?`)

// inspect looks into a folder of programs. Both must be there: some folders on
// PATH have a link to initdb only, and initdb needs postgres beside itself.
func inspect(ctx context.Context, folder string, as account) (installation, bool) {
	postgres, err := filepath.EvalSymlinks(filepath.Join(folder, "postgres"))
	if err != nil {
		return installation{}, false
	}
	dir := filepath.Dir(postgres)
	for _, path := range []string{postgres, filepath.Join(dir, "initdb")} {
		if ok, err := as.enters(path); err != nil || !ok {
			return installation{}, false
		}
		if _, err := exec.LookPath(path); err != nil {
			return installation{}, false
		}
	}
	out, err := exec.CommandContext(ctx, postgres, "--version").Output()
	if err != nil {
		return installation{}, false
	}
	match := version.FindSubmatch(out)
	if match == nil {
		return installation{}, false
	}
	major, err := strconv.Atoi(string(match[1]))
	if err != nil || major < oldest {
		return installation{}, false
	}
	minor, _ := strconv.Atoi(string(match[2])) // a beta has none
	return installation{dir: dir, major: major, minor: minor}, true
}
