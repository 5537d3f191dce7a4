package devpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that Postgres runs as.
type account struct {
	name     string
	uid, gid uint32
	other    bool // somebody else than this process
}

// whoRuns chooses the account: ourselves, or for root, as whom Postgres
// refuses to run, postgres or nobody.
func whoRuns() (account, error) {
	if os.Geteuid() != 0 {
		return account{name: "this user", uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		return account{name: name, uid: uint32(uid), gid: uint32(gid), other: true}, nil
	}
	return account{}, errors.New("root needs a user postgres or nobody, since Postgres refuses to run as root")
}

// enters reports whether the account may enter path and everything above it
// (for a file: run it). path must be free of links.
func (a account) enters(path string) (bool, error) {
	if !a.other {
		return true, nil
	}
	for {
		info, err := os.Stat(path)
		if err != nil {
			return false, err
		}
		bit := fs.FileMode(0o001)
		switch owner := info.Sys().(*syscall.Stat_t); {
		case owner.Uid == a.uid:
			bit = 0o100
		case owner.Gid == a.gid:
			bit = 0o010
		}
		if info.Mode()&bit == 0 {
			return false, nil
		}
		if path == filepath.Dir(path) {
			return true, nil
		}
		path = filepath.Dir(path)
	}
}

// own gives path to the account.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// ownAll gives path and everything below it to the account.
func (a account) ownAll(path string) error {
	return filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return a.own(path)
	})
}

// owns refuses a path that belongs to somebody else, or that is not a folder
// of the account's alone: below a folder that everybody can write to, somebody
// else may have put it there.
func (a account) owns(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	uid := info.Sys().(*syscall.Stat_t).Uid
	if uid != a.uid && uid != uint32(os.Geteuid()) {
		return fmt.Errorf("%s belongs to user %d, but Postgres runs as %s (%d): remove it or start with --fresh", path, uid, a.name, a.uid)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a folder of %s alone (%s): remove it", path, a.name, info.Mode())
	}
	return nil
}

// credential makes a child process run as the account; nil: as we do.
func (a account) credential() *syscall.Credential {
	if !a.other {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}
