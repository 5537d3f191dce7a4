package devpg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lock makes one process the only user of a folder. The kernel lets go of it
// when the process dies, so it cannot be stale.
type lock struct{ file *os.File }

// take locks dir, or says who has it.
func take(dir string) (*lock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(fmt.Errorf("another playground%s is using %s", holder(f), dir), f.Close())
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
	}
	return &lock{file: f}, nil
}

func (l *lock) release() error { return l.file.Close() }

// holder is the process that wrote its number into f, for a person to read;
// empty while it has not written it yet.
func holder(f *os.File) string {
	content := make([]byte, 20)
	n, _ := f.ReadAt(content, 0) // a short file ends in io.EOF
	pid := strings.TrimSpace(string(content[:n]))
	if pid == "" {
		return ""
	}
	return " (process " + pid + ")"
}
