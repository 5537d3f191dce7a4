package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// versionCommand tells which program this is.
type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(t *terminal) error {
	t.say("teamsbot %s", thisBuild())
	return nil
}

// build is what a program was made from. The go command notes it in the
// program; tests, and builds outside of a checkout, have no commit.
type build struct {
	Version  string // of the module: a tag, or one made of time and commit
	Commit   string
	At       string // when the commit was made
	Modified bool   // the checkout differed from the commit
	Go       string // the toolchain
	Platform string // system and processor
}

// thisBuild is of the program that runs.
func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) build {
	b := build{Version: strings.Trim(info.Main.Version, "()"), Go: cmp.Or(info.GoVersion, runtime.Version()), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.At = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String is one line.
func (b build) String() string {
	commit := cmp.Or(b.Commit, "unknown")
	if b.Modified {
		commit += ", modified"
	}
	if b.At != "" {
		commit += ", " + b.At
	}
	return fmt.Sprintf("%s (commit %s) %s %s", cmp.Or(b.Version, "devel"), commit, b.Go, b.Platform)
}
