package main

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	platform := " go1.26.0 " + runtime.GOOS + "/" + runtime.GOARCH
	for _, tt := range []struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{
			"v1.2.3",
			[]debug.BuildSetting{{Key: "vcs.revision", Value: "5f0c1a2b"}, {Key: "vcs.time", Value: "2026-11-22T04:00:00Z"}, {Key: "vcs.modified", Value: "false"}},
			"v1.2.3 (commit 5f0c1a2b, 2026-11-22T04:00:00Z)",
		},
		{
			"v1.2.4-0.20261122040000-5f0c1a2b+dirty",
			[]debug.BuildSetting{{Key: "vcs.revision", Value: "5f0c1a2b"}, {Key: "vcs.modified", Value: "true"}},
			"v1.2.4-0.20261122040000-5f0c1a2b+dirty (commit 5f0c1a2b, modified)",
		},
		{"(devel)", nil, "devel (commit unknown)"},
		{"", nil, "devel (commit unknown)"},
	} {
		got := buildOf(&debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: tt.version}, Settings: tt.settings}).String()
		if got != tt.want+platform {
			t.Errorf("got %q, want %q", got, tt.want+platform)
		}
	}
}

// The flag of the whole program and that of manifest, which is the package's
// version, are two.
func TestVersionIsAlsoAFlag(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"--version"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, &out); err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		if got := out.String(); !strings.HasPrefix(got, "teamsbot ") || !strings.Contains(got, runtime.Version()) || strings.Count(got, "\n") != 1 {
			t.Errorf("%q: got %q, want one line with the Go version", args, got)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"manifest", "--version", "1.0.1"}, &out, &out); err == nil || !strings.Contains(err.Error(), "--output") {
		t.Errorf("got %v, want --output to be missing", err)
	}
}
