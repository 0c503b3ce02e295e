package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// Work says what is done with questions, and how often. A zero number means
// the default.
type Work struct {
	// Handler answers a question; Claimed gives it the question's record.
	Handler worker.Handler[bots.Question]
	// GiveUp tells the asker that there will be no answer, because of the
	// error; Claimed works here too. It may be called again for the same
	// question after a failure or a crash. May be nil.
	GiveUp func(ctx context.Context, q bots.Question, reason error) error

	Parallel int           // questions worked on at once; 64
	MaxTries int           // tries before a question is given up; 5
	Deadline time.Duration // how old a question may be when its turn comes; 12 h
	Grace    time.Duration // what running handlers get at the end; 30 s
	// Backoff is the wait after each failed try, the last one repeated; 2 s,
	// 10 s, 1 min, 5 min.
	Backoff []time.Duration
}

func (w Work) withDefaults() Work {
	if w.Parallel <= 0 {
		w.Parallel = 64
	}
	if w.MaxTries <= 0 {
		w.MaxTries = 5
	}
	if w.Deadline <= 0 {
		w.Deadline = 12 * time.Hour
	}
	if w.Grace <= 0 {
		w.Grace = 30 * time.Second
	}
	if len(w.Backoff) == 0 {
		w.Backoff = []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, 5 * time.Minute}
	}
	return w
}

const (
	// holdPerSlot is how many questions a worker takes for each that it can
	// run: enough to always have another thread's at hand, few enough that a
	// second worker finds some too.
	holdPerSlot = 4
	// pullBatch is how many questions come with one request.
	pullBatch = 32
	// stepLimit bounds each exchange with the server around a question.
	stepLimit = 10 * time.Second
	// unwind is what a handler gets to return after its context was cancelled.
	unwind = 5 * time.Second
)

// ErrGrace is the cause with which a handler's context is cancelled when the
// grace period is over. Its question goes to another worker.
var ErrGrace = errors.New("the worker is stopping and its grace period is over")

// crew is one Consume at work.
type crew struct {
	q     *Queue
	work  Work
	slots chan struct{} // one for each running question
	stop  chan struct{} // closed when no new question may be begun

	mu       sync.Mutex
	stopping bool
	held     map[messageKey]*delivery // running or in a mailbox
	boxes    map[string]*box          // by thread
	room     chan struct{}            // gets a token when held shrinks
	running  sync.WaitGroup           // a count for each box
}

// Consume works on questions until ctx is done. Then it takes no more, gives
// back those whose turn has not come, and lets running handlers finish within
// Grace; what is still running then is cancelled (ErrGrace) and given back. It
// returns nil after that, and an error where the queue was closed under it or
// a handler does not return.
func (q *Queue) Consume(ctx context.Context, w Work) error {
	if w.Handler == nil {
		return errors.New("nothing to do with the questions: Work.Handler is missing")
	}
	w = w.withDefaults()
	c := &crew{
		q: q, work: w, slots: make(chan struct{}, w.Parallel), stop: make(chan struct{}),
		held: map[messageKey]*delivery{}, boxes: map[string]*box{}, room: make(chan struct{}, 1),
	}
	hard, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)

	q.enlist(c, true)
	defer q.enlist(c, false)
	var alive sync.WaitGroup
	beating, endBeat := context.WithCancel(hard)
	alive.Go(func() { c.beat(beating) })
	err := c.pullAll(ctx, hard)
	err = errors.Join(err, c.finish(hard, cancel, err != nil))
	endBeat()
	alive.Wait()
	return err
}

// pullAll pulls from both streams until ctx is done or the connection closed.
func (c *crew) pullAll(ctx, hard context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, 2)
	for _, stream := range []string{questionsStream, waitsStream} {
		go func() { errs <- c.pull(ctx, hard, stream) }()
	}
	first := <-errs
	cancel()
	return errors.Join(first, <-errs)
}

// pull takes questions from one stream while there is room for them.
func (c *crew) pull(ctx, hard context.Context, stream string) error {
	for c.awaitRoom(ctx) {
		err := c.pullSome(ctx, hard, stream)
		switch {
		case err == nil, ctx.Err() != nil:
		case errors.Is(err, jetstream.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionClosed):
			return fmt.Errorf("the queue was closed while questions were worked on: %w", err)
		default:
			c.q.log.WarnContext(ctx, "pulling questions failed", "stream", stream, "error", err)
			pause(ctx, time.Second)
			if err := c.q.ensure(ctx); err != nil {
				c.q.log.WarnContext(ctx, "the queue's streams cannot be made", "error", err)
			}
		}
	}
	return nil
}

// pullSome pulls until ctx is done or the crew holds enough.
func (c *crew) pullSome(ctx, hard context.Context, stream string) error {
	consumer, err := c.q.js.Consumer(ctx, stream, workers)
	if err != nil {
		return err
	}
	it, err := consumer.Messages(jetstream.PullMaxMessages(min(pullBatch, c.most())), jetstream.WithMessagesErrOnMissingHeartbeat(false))
	if err != nil {
		return err
	}
	for ctx.Err() == nil && c.holding() < c.most() {
		msg, err := it.Next(jetstream.NextContext(ctx))
		if err != nil && ctx.Err() == nil {
			it.Stop()
			return err
		}
		if err == nil {
			c.take(hard, msg)
		}
	}
	// What the server has sent already is taken too: left lying, it would
	// come again only after its time for an acknowledgement.
	it.Drain()
	for msg, err := it.Next(jetstream.NextMaxWait(drainWait)); err == nil; msg, err = it.Next(jetstream.NextMaxWait(drainWait)) {
		c.take(hard, msg)
	}
	return nil
}

// drainWait bounds how long the last messages of a pull are waited for.
const drainWait = 2 * time.Second

// most is how many questions the crew takes before it stops pulling. What the
// server has sent by then comes on top: at most pullBatch from each stream.
func (c *crew) most() int { return c.work.Parallel * holdPerSlot }

func (c *crew) holding() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.held)
}

// awaitRoom waits until the crew may hold a good number more, so that a pull
// is worth its while; false when ctx is done.
func (c *crew) awaitRoom(ctx context.Context) bool {
	for ctx.Err() == nil {
		if c.holding() <= c.most()*3/4 {
			return true
		}
		select {
		case <-c.room:
		case <-ctx.Done():
		}
	}
	return false
}

// take puts a message into its thread's mailbox.
func (c *crew) take(hard context.Context, msg jetstream.Msg) {
	d, err := accept(msg)
	if err != nil {
		c.q.log.ErrorContext(hard, "a message of the queue cannot be read", "error", err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping {
		c.nak(hard, d, 0)
		return
	}
	if known := c.held[d.key()]; known != nil {
		known.msg.Store(d.msg.Load()) // it came again while we have it: answer to the latest
		return
	}
	c.held[d.key()] = d
	b := c.boxes[d.thread]
	if b == nil {
		b = &box{thread: d.thread, lease: c.q.newLease(d.thread)}
		c.boxes[d.thread] = b
		c.running.Go(func() { c.serve(hard, b) })
	}
	b.add(d)
}

// forget ends holding a question.
func (c *crew) forget(d *delivery) {
	c.mu.Lock()
	delete(c.held, d.key())
	c.mu.Unlock()
	select {
	case c.room <- struct{}{}:
	default:
	}
}

// nak gives a message back to the server, for at least d.
func (c *crew) nak(ctx context.Context, d *delivery, wait time.Duration) {
	if err := d.message().NakWithDelay(max(wait, 0)); err != nil {
		c.q.log.WarnContext(ctx, "a question could not be given back and comes again by itself", "id", d.question.ID, "error", err)
	}
}
