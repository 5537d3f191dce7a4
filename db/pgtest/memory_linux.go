package pgtest

import "syscall"

// tmpfs is Linux' number for file systems in memory, and plenty what has to be
// free there for the databases of several test processes.
const (
	tmpfs  = 0x01021994
	plenty = 4 << 30
)

// inMemory says that a folder is in memory and has plenty of room.
func inMemory(dir string) bool {
	var fs syscall.Statfs_t
	err := syscall.Statfs(dir, &fs)
	return err == nil && fs.Type == tmpfs && fs.Bavail*uint64(fs.Bsize) >= plenty //nolint:gosec // sizes are not negative
}
