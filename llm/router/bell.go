package router

import (
	"context"
	"sync"
	"time"
)

// bell wakes all who wait for a change.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

// heard returns a channel that is closed at the next ring. Ask for it before
// looking at what may change.
func (b *bell) heard() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// pause waits for d, for the bell if there is one, or for the end of ctx, which
// alone is an error.
func pause(ctx context.Context, d time.Duration, bell <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-bell:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
