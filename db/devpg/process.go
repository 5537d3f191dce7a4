package devpg

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a running postgres.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// launch starts cmd, so that it ends with us, from a thread that lives as long
// as it does: to Linux, the thread is the parent.
func launch(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	dieWithParent(cmd.SysProcAttr)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, <-started
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *process) stop() error {
	signal := func(s syscall.Signal) error {
		if err := p.cmd.Process.Signal(s); !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		return nil
	}
	return shutDown(signal, func(patience time.Duration) bool {
		select {
		case <-p.done:
			return true
		case <-time.After(patience):
			return false
		}
	})
}

// shutDown asks Postgres to end, first in order (SIGINT: fast shutdown), then
// less and less politely. over waits and reports whether it has ended.
func shutDown(signal func(syscall.Signal) error, over func(time.Duration) bool) error {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := signal(s); err != nil {
			return err
		}
		if over(15 * time.Second) {
			return nil
		}
	}
	return errors.New("Postgres does not end")
}
