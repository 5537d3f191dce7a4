package devpg

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dieWithParent has Linux shut the child down in order when the thread that
// started it ends, as it does when we are killed.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGINT }

// serving reports whether process pid is the Postgres of these data: Postgres
// makes its data folder the working directory. A zombie has none.
func (h home) serving(_ context.Context, pid int) bool {
	data, err := filepath.EvalSymlinks(h.data())
	if err != nil {
		return false
	}
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && cwd == data
}
