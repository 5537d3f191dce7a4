// Package npm installs the few npm packages that the playground and the tests
// need, once per machine and lock file, into the user's cache folder.
package npm

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// marker is written when everything else is in place.
const marker = ".installed"

// Install makes the packages that files asks for (package.json,
// package-lock.json and .npmrc) available and returns the folder that contains
// node_modules. It installs once: later calls, of other processes too, find
// what the first one made. No package's script runs. say (or nil) gets a line
// before an installation; name is what the folder and that line call it.
func Install(ctx context.Context, name string, files fs.FS, say func(string)) (dir string, err error) {
	lock, err := fs.ReadFile(files, "package-lock.json")
	if err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	sum := sha256.Sum256(lock)
	dir = filepath.Join(cache, "apono-teamsbot", "npm", fmt.Sprintf("%s-%x", name, sum[:6]))
	if installed(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	release, err := hold(ctx, dir+".lock")
	if err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	defer release()
	if installed(dir) {
		return dir, nil
	}
	if say != nil {
		say("installing " + name + " with npm (once)…")
	}
	if err := install(ctx, dir, files); err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	return dir, nil
}

func installed(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, marker))
	return err == nil
}

// hold waits until no other process holds the lock file at path.
func hold(ctx context.Context, path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	release = func() { _ = f.Close() } // nothing was written; closing lets go of the lock
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return release, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			release()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			release()
			return nil, fmt.Errorf("wait for another installation (%s): %w", path, ctx.Err())
		case <-again.C:
		}
	}
}

func install(ctx context.Context, dir string, files fs.FS) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("Node.js with npm is needed: %w", err)
	}
	// What stands there without the marker is an installation cut short.
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	// A person's own settings may leave optional packages out; ours are chosen
	// by platform and needed.
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--include=optional", "--loglevel=error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in %s: %w\n%s", dir, err, firstLines(string(out), 12))
	}
	return os.WriteFile(filepath.Join(dir, marker), nil, 0o644)
}

// firstLines shortens what npm said: the cause first, its usage last.
func firstLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[:min(n, len(lines))], "\n")
}
