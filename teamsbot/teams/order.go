package teams

import (
	"context"
	"sync"
)

// order lets one call at a time through for each conversation, in the order
// they came. Teams answers 412 to calls that meet in one conversation, and a
// status must not overtake the one before it.
type order struct {
	mu    sync.Mutex
	lines map[string]*line
}

// line is the queue of one conversation; who holds it has put the one value in.
type line struct {
	turn    chan struct{}
	waiting int // including who holds it
}

// wait returns when it is the caller's turn; leave must then be called.
func (o *order) wait(ctx context.Context, conversation string) (leave func(), err error) {
	l := o.join(conversation)
	select {
	case l.turn <- struct{}{}:
		return func() {
			<-l.turn
			o.quit(conversation, l)
		}, nil
	case <-ctx.Done():
		o.quit(conversation, l)
		return nil, ctx.Err()
	}
}

func (o *order) join(conversation string) *line {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lines == nil {
		o.lines = make(map[string]*line)
	}
	l := o.lines[conversation]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		o.lines[conversation] = l
	}
	l.waiting++
	return l
}

func (o *order) quit(conversation string, l *line) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l.waiting--; l.waiting == 0 {
		delete(o.lines, conversation)
	}
}
