package devpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// stopOrphan ends a Postgres that still serves the data although nobody holds
// the lock: the one of a predecessor that was killed.
func (h home) stopOrphan(ctx context.Context, say func(string)) error {
	file := filepath.Join(h.data(), "postmaster.pid")
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, _, _ := bytes.Cut(content, []byte("\n"))
	pid, err := strconv.Atoi(string(bytes.TrimSpace(first)))
	if err != nil || pid <= 0 {
		return fmt.Errorf("%s does not begin with a process number: remove it", file)
	}
	if !h.serving(ctx, pid) {
		say("the last run did not end in order; Postgres repairs its data…")
		return h.forget(file, pid)
	}
	say(fmt.Sprintf("stopping the Postgres that a killed playground left behind (process %d)…", pid))
	signal := func(s syscall.Signal) error {
		if err := syscall.Kill(pid, s); !errors.Is(err, syscall.ESRCH) {
			return err
		}
		return nil
	}
	err = shutDown(signal, func(patience time.Duration) bool { return h.gone(ctx, pid, patience) })
	if err != nil {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	return nil
}

// forget removes the file of a Postgres that is gone if its number now belongs
// to another process: Postgres would believe it to be alive. Otherwise
// Postgres checks the file itself, more closely than we could.
func (h home) forget(file string, pid int) error {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return os.Remove(file)
}

func (h home) gone(ctx context.Context, pid int, patience time.Duration) bool {
	limit := time.After(patience)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for h.serving(ctx, pid) {
		select {
		case <-limit:
			return false
		case <-again.C:
		}
	}
	return true
}
