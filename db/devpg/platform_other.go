//go:build !linux

package devpg

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing: only Linux ends a child with its parent. What
// outlives us here is stopped at the next start.
func dieWithParent(*syscall.SysProcAttr) {}

// serving reports whether process pid is the Postgres of these data, by the
// command line that serve gave it.
func (h home) serving(ctx context.Context, pid int) bool {
	out, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "-D "+h.data()+" ")
}
