package queue

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/worker"
)

// box is a thread's mailbox: its questions in the order in which they were
// asked, and the right to work on the thread. It lives while there is something
// in it. crew.mu guards queue.
type box struct {
	thread string
	lease  *lease
	queue  []*delivery

	renewing atomic.Bool

	mu        sync.Mutex
	interrupt context.CancelCauseFunc // ends the running handler; nil while none runs
	running   string                  // the id of its question
}

// add puts a question in its place: one that was asked earlier and comes back
// goes before those that were asked after it.
func (b *box) add(d *delivery) {
	at, _ := slices.BinarySearchFunc(b.queue, d.seq, func(e *delivery, seq uint64) int {
		if e.seq <= seq {
			return -1
		}
		return 1
	})
	b.queue = slices.Insert(b.queue, at, d)
}

// serve works on a mailbox until it is empty or the crew stops.
func (c *crew) serve(hard context.Context, b *box) {
	for {
		select {
		case c.slots <- struct{}{}:
		case <-c.stop:
		}
		if c.ended() {
			c.close(hard, b)
			return
		}
		more := c.step(hard, b)
		<-c.slots
		if !more {
			return
		}
	}
}

func (c *crew) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopping
}

// step works on the next question of a mailbox; false when the mailbox is gone.
func (c *crew) step(hard context.Context, b *box) bool {
	if !c.own(hard, b) {
		return false
	}
	c.mu.Lock()
	if len(b.queue) == 0 {
		c.mu.Unlock()
		return !c.close(hard, b)
	}
	d := b.queue[0]
	b.queue = b.queue[1:]
	c.mu.Unlock()
	defer c.forget(d)
	c.handle(hard, b, d)
	return true
}

// own makes sure that this worker has the thread. Where another has it, the
// mailbox's questions go back for a moment and the mailbox is gone.
func (c *crew) own(hard context.Context, b *box) bool {
	ctx, cancel := bounded(hard)
	defer cancel()
	err := c.q.hold(ctx, b.lease)
	if err == nil {
		return true
	}
	if !errors.Is(err, errHeld) {
		c.q.log.WarnContext(ctx, "a thread could not be leased", "thread", b.thread, "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := busyFirst
	if len(b.queue) > 0 {
		wait = busyWait(b.queue[0].tries)
	}
	c.returnAll(hard, b, wait)
	delete(c.boxes, b.thread)
	return false
}

// How long a question stays away while another worker has its thread: longer
// each time, so that a long answer costs few deliveries, but never so long
// that the follow-up waits noticeably after it.
const (
	busyFirst = 100 * time.Millisecond
	busyMost  = time.Second
)

func busyWait(deliveries uint64) time.Duration {
	return min(busyFirst*time.Duration(min(deliveries, 10)), busyMost)
}

// close lets the thread go, and then removes the mailbox if nothing came in
// meanwhile; false where something did.
func (c *crew) close(hard context.Context, b *box) bool {
	ctx, cancel := bounded(hard)
	defer cancel()
	if err := c.q.release(ctx, b.lease); err != nil {
		c.q.log.WarnContext(ctx, "a thread's lease was not released and runs out by itself", "thread", b.thread, "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(b.queue) > 0 && !c.stopping {
		return false
	}
	delete(c.boxes, b.thread)
	return true
}

// beat tells the server, three times in each ackWait, that the questions held
// here are being looked after, and prolongs the leases of their threads.
func (c *crew) beat(ctx context.Context) {
	ticker := time.NewTicker(c.q.ackWait / 3)
	defer ticker.Stop()
	var renewals sync.WaitGroup
	defer renewals.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, b := range c.keepAlive(ctx) {
			renewals.Go(func() { c.prolong(ctx, b) })
		}
		if c.q.stalled.Load() >= stalledTooOften {
			renewals.Go(func() { c.q.heal(ctx) })
		}
	}
}

// keepAlive reports on every message, and returns the mailboxes whose lease
// is not being renewed at this moment.
func (c *crew) keepAlive(ctx context.Context) []*box {
	c.mu.Lock()
	held, boxes := slices.Collect(maps.Values(c.held)), slices.Collect(maps.Values(c.boxes))
	c.mu.Unlock()
	for _, d := range held {
		if err := d.message().InProgress(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
			c.q.log.DebugContext(ctx, "a question could not be reported as held", "id", d.question.ID, "error", err)
		}
	}
	return slices.DeleteFunc(boxes, func(b *box) bool { return !b.renewing.CompareAndSwap(false, true) })
}

// prolong renews a mailbox's lease. Only the certainty that another worker has
// the thread ends the running handler; a server that is silent for a while
// does not: the record keeps two workers apart then.
func (c *crew) prolong(ctx context.Context, b *box) {
	defer b.renewing.Store(false)
	limited, cancel := context.WithTimeoutCause(ctx, c.q.ackWait/3, errors.New("the lease was not renewed in time"))
	defer cancel()
	err := c.q.renew(limited, b.lease)
	if err == nil {
		return
	}
	c.q.log.WarnContext(ctx, "a thread's lease was not renewed", "thread", b.thread, "error", err)
	b.mu.Lock()
	defer b.mu.Unlock()
	if errors.Is(err, errHeld) && b.interrupt != nil {
		b.interrupt(worker.ErrLost)
	}
}

// bounded is a context for one exchange with the server that goes on even
// when the handlers' context is cancelled.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(ctx), stepLimit, errors.New("the queue's server did not answer in time"))
}
