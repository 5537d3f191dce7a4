package main

import (
	"fmt"
	"syscall"
)

// writeNoCores keeps the memory of this process, in which there may be access
// details and tokens, from being written to a disk when it dies.
func writeNoCores() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("do without core dumps: %w", err)
	}
	return nil
}
