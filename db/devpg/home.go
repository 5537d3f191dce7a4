package devpg

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// home is where one Postgres lives.
type home struct {
	dir   string // Config.Dir: the lock, the password, the log
	place string // the data and, if need be, binaries: dir, or outside where the account cannot enter dir
	as    account
}

func findHome(dir string, as account) (home, error) {
	ok, err := as.enters(dir)
	if err != nil {
		return home{}, err
	}
	if ok {
		return home{dir: dir, place: dir, as: as}, nil
	}
	return home{dir: dir, place: outside(dir), as: as}, nil
}

// outside is the folder that stands in for dir where everybody can enter. It
// is found again at the next start, after a reboot too.
func outside(dir string) string {
	base := "/var/tmp"
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		base = os.TempDir()
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(base, fmt.Sprintf("apono-teamsbot-%x", sum[:8]))
}

func (h home) data() string { return filepath.Join(h.place, "data") }

// link is where a person looks for the data when they are outside.
func (h home) link() string { return filepath.Join(h.dir, "data") }

// settled reports whether there is a database. Data appear under this name
// only when they are complete.
func (h home) settled() bool {
	_, err := os.Stat(filepath.Join(h.data(), "PG_VERSION"))
	return err == nil
}

// settle makes the home ready for a start: nobody else's, nobody in it, and
// empty if that is wanted.
func (h home) settle(ctx context.Context, c Config) error {
	if err := h.claim(); err != nil {
		return err
	}
	if err := h.stopOrphan(ctx, c.Say); err != nil {
		return err
	}
	if c.Fresh {
		if err := errors.Join(h.clear(), h.claim()); err != nil {
			return err
		}
	}
	return h.check()
}

// claim makes the folder outside, for the account alone.
func (h home) claim() error {
	if h.place == h.dir {
		return nil
	}
	err := os.Mkdir(h.place, 0o700)
	if errors.Is(err, fs.ErrExist) {
		err = h.as.owns(h.place)
	}
	if err != nil {
		return err
	}
	return h.as.own(h.place)
}

// check refuses data that the account could not use.
func (h home) check() error {
	link, err := os.Lstat(h.link())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		// Data outside are what is left of a dir that somebody deleted.
		return os.RemoveAll(h.data())
	case err != nil:
		return err
	case h.place != h.dir && link.IsDir():
		return fmt.Errorf("user %s cannot enter %s: start with --fresh", h.as.name, h.link())
	}
	data, err := filepath.EvalSymlinks(h.data())
	if errors.Is(err, fs.ErrNotExist) {
		return os.RemoveAll(h.link())
	}
	if err != nil {
		return err
	}
	return h.as.owns(data)
}

// clear removes the data and all that belongs to them.
func (h home) clear() error {
	err := os.RemoveAll(h.link())
	if h.as.other { // even if the account can enter dir now, it may once not have
		err = errors.Join(err, os.RemoveAll(outside(h.dir)))
	}
	return err
}

// major is the version of Postgres that made the data; 0: there are none.
func (h home) major() (int, error) {
	content, err := os.ReadFile(filepath.Join(h.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(content)))
}

func (h home) passwordFile() string { return filepath.Join(h.dir, "password") }

func (h home) password() (string, error) {
	content, err := os.ReadFile(h.passwordFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the password of the data is missing (%s): start with --fresh", h.passwordFile())
	}
	return string(content), err
}

// initialize makes the data. They are made beside their place and renamed, so
// that a start cut short leaves nothing that looks like a database.
func (h home) initialize(ctx context.Context, bin string, durable bool) error {
	password := rand.Text()
	if err := os.WriteFile(h.passwordFile(), []byte(password), 0o600); err != nil {
		return err
	}
	leftovers, err := filepath.Glob(filepath.Join(h.place, "new-*"))
	if err != nil {
		return err
	}
	for _, path := range leftovers {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	work, err := os.MkdirTemp(h.place, "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // if it cannot be removed now, the next start does it
	if err := h.initdb(ctx, bin, work, password, durable); err != nil {
		return err
	}
	if err := os.RemoveAll(h.data()); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(work, "data"), h.data()); err != nil {
		return err
	}
	if h.place == h.dir {
		return nil
	}
	if err := os.RemoveAll(h.link()); err != nil {
		return err
	}
	return os.Symlink(h.data(), h.link())
}

func (h home) initdb(ctx context.Context, bin, work, password string, durable bool) error {
	// initdb, running as the account, must be able to read it.
	secret := filepath.Join(work, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return err
	}
	if err := h.as.ownAll(work); err != nil {
		return err
	}
	args := []string{
		"--pgdata=" + filepath.Join(work, "data"), "--username=" + role, "--pwfile=" + secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-instructions",
	}
	if !durable {
		args = append(args, "--no-sync")
	}
	cmd := h.command(ctx, filepath.Join(bin, "initdb"), args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd.Path, err, lastLines(out))
	}
	return nil
}
