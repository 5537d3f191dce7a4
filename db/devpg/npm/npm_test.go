package npm

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"golang.org/x/sync/errgroup"
)

// empty is a package that needs nothing, so that npm need not ask a registry.
func empty() fstest.MapFS {
	return fstest.MapFS{
		"package.json":      {Data: []byte(`{"name": "empty", "private": true}`)},
		"package-lock.json": {Data: []byte(`{"name": "empty", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "empty"}}}`)},
		".npmrc":            {Data: []byte("omit-lockfile-registry-resolved=true\n")},
	}
}

// ownCache gives the test a cache folder of its own; tests that call it are
// not parallel, since the environment belongs to the process.
func ownCache(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
}

func TestInstallsOnceForAll(t *testing.T) {
	ownCache(t)
	var said atomic.Int32
	var group errgroup.Group
	var dirs [4]string
	for i := range dirs {
		group.Go(func() (err error) {
			dirs[i], err = Install(t.Context(), "empty", empty(), func(string) { said.Add(1) })
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := said.Load(); got != 1 {
		t.Errorf("said %d times that it installs, want once", got)
	}
	for _, dir := range dirs {
		if dir != dirs[0] {
			t.Errorf("installed into %s and %s, want one folder", dir, dirs[0])
		}
	}
	if _, err := os.Stat(filepath.Join(dirs[0], "package.json")); err != nil {
		t.Error(err)
	}
}

func TestAnInstallationCutShortIsDoneAgain(t *testing.T) {
	ownCache(t)
	dir, err := Install(t.Context(), "empty", empty(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, marker)); err != nil {
		t.Fatal(err)
	}
	said := ""
	if _, err := Install(t.Context(), "empty", empty(), func(s string) { said = s }); err != nil {
		t.Fatal(err)
	}
	if want := "installing empty"; !strings.Contains(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

func TestSaysThatNodeIsNeeded(t *testing.T) {
	ownCache(t)
	t.Setenv("PATH", t.TempDir())
	_, err := Install(t.Context(), "empty", empty(), nil)
	if want := "Node.js with npm is needed"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestShowsWhatNpmSaid(t *testing.T) {
	ownCache(t)
	files := empty()
	// A lock that does not fit its package.json.
	files["package.json"] = &fstest.MapFile{Data: []byte(`{"name": "empty", "dependencies": {"adaptivecards": "3.0.6"}}`)}
	_, err := Install(t.Context(), "empty", files, nil)
	if want := "adaptivecards@3.0.6"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want npm's own words with %q", err, want)
	}
}
