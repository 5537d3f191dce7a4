//go:build !linux

package pgtest

// inMemory says that a folder is in memory and has plenty of room.
func inMemory(string) bool { return false }
