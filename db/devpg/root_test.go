package devpg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// locked is a folder below one that only its owner may enter.
func locked(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "checkout", ".playground")
}

func TestBelowAFolderOfRootAlone(t *testing.T) {
	t.Parallel()
	c := Config{Dir: locked(t)}
	s := start(t, c)
	remember(t, s)
	stop(t, s)
	s = start(t, c)
	wantMemory(t, s)
	stop(t, s)

	if os.Geteuid() == 0 {
		to, err := os.Readlink(filepath.Join(c.Dir, "data"))
		if err != nil || to != s.home.data() {
			t.Errorf("the link leads to %s (%v), want %s", to, err, s.home.data())
		}
		if err := s.home.as.owns(to); err != nil {
			t.Error(err)
		}
	}

	c.Fresh = true
	s = start(t, c)
	wantNoMemory(t, s)
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(outside(s.home.dir)); !os.IsNotExist(err) {
		t.Errorf("%s is left (%v)", outside(s.home.dir), err)
	}
}

func TestRefusesSomebodyElsesFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root needs a folder outside")
	}
	dir := locked(t)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	planted := outside(dir)
	if err := os.Mkdir(planted, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(planted) })
	if err := os.Chown(planted, 4242, 4242); err != nil {
		t.Fatal(err)
	}
	for _, fresh := range []bool{false, true} {
		_, err := Start(t.Context(), Config{Dir: dir, Fresh: fresh})
		if err == nil || !strings.Contains(err.Error(), "belongs to user 4242") {
			t.Errorf("fresh %t: got %v, want a refusal", fresh, err)
		}
	}
}

func TestMovesWithTheCheckout(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root's data move")
	}
	dir := enterable(t)
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Chmod(dir, 0o755)); err != nil { // whatever the umask
		t.Fatal(err)
	}
	s := start(t, Config{Dir: dir})
	stop(t, s)
	parent := filepath.Dir(s.home.dir)
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "cannot enter") {
		t.Errorf("got %v, want why the data cannot be used", err)
	}
	s = start(t, Config{Dir: dir, Fresh: true})
	remember(t, s)
	stop(t, s)
	if err := os.Chmod(parent, 0o711); err != nil {
		t.Fatal(err)
	}
	wantMemory(t, start(t, Config{Dir: dir})) // through the link
}
