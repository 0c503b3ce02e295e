package queue

import (
	"context"
	"errors"
	"time"
)

// errStuck says that a handler ignores its cancelled context.
var errStuck = errors.New("a handler does not return although its context was cancelled")

// finish ends the crew's work in two steps. abrupt skips the first: there is
// no queue any more to finish anything with.
func (c *crew) finish(hard context.Context, cancel context.CancelCauseFunc, abrupt bool) error {
	c.giveBack(hard)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.running.Wait()
	}()
	if !abrupt && within(done, c.work.Grace) {
		return nil
	}
	cancel(ErrGrace)
	if within(done, unwind) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.held {
		c.nak(hard, d, 0)
	}
	return errStuck
}

// giveBack stops the beginning of questions, and returns those in mailboxes
// to the server, in their order.
func (c *crew) giveBack(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	close(c.stop)
	for _, b := range c.boxes {
		c.returnAll(ctx, b, 0)
	}
}

// returnAll gives a mailbox's questions back. The caller has c.mu.
func (c *crew) returnAll(ctx context.Context, b *box, wait time.Duration) {
	for _, d := range b.queue {
		delete(c.held, d.key())
		c.nak(ctx, d, wait)
	}
	b.queue = nil
}

// within waits for done, at most d.
func within(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
