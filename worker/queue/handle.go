package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/tribunebot/tribune/worker"
)

// retryStep is the wait after a step of the queue's own failed (not the
// handler): long enough not to spin, short enough that nobody notices.
const retryStep = time.Second

// handle brings one question as far as it goes now: it is answered, comes
// again later, or is given up.
func (c *crew) handle(hard context.Context, b *box, d *delivery) {
	if d.junk != "" {
		c.buryJunk(hard, d)
		return
	}
	done, err := c.begin(hard, d)
	switch {
	case errors.Is(err, errGone):
		c.dropPointer(hard, d)
	case err != nil:
		c.q.log.WarnContext(hard, "a question could not be begun", "id", d.question.ID, "error", err)
		c.nak(hard, d, retryStep)
	case done:
		c.settle(hard, d)
	default:
		if reason := c.hopeless(d); reason != nil {
			c.giveUp(hard, d, reason)
			return
		}
		verdict, cause := c.run(hard, b, d)
		c.conclude(hard, d, verdict, cause)
	}
}

// begin fetches the question if need be, and claims its record.
func (c *crew) begin(hard context.Context, d *delivery) (done bool, err error) {
	ctx, cancel := bounded(hard)
	defer cancel()
	if err := c.q.load(ctx, d); err != nil {
		return false, err
	}
	d.rec, done, err = c.q.claim(ctx, d.question)
	return done, err
}

// ErrExpired is why a question is given up whose deadline has passed.
var ErrExpired = errors.New("the question's deadline has passed")

// hopeless says why a question is not worth another try.
func (c *crew) hopeless(d *delivery) error {
	if age := d.age(c.q.now()); age > c.work.Deadline {
		return fmt.Errorf("%w: it waited %s, and its deadline was %s", ErrExpired, age.Truncate(time.Second), c.work.Deadline)
	}
	if d.rec.Tries > c.work.MaxTries {
		return fmt.Errorf("it was begun %d times, and the last worker ended in the middle of it", d.rec.Tries-1)
	}
	return nil
}

// run calls the handler. cause says why its context was cancelled, if it was.
func (c *crew) run(hard context.Context, b *box, d *delivery) (verdict, cause error) {
	ctx, cancel := context.WithCancelCause(withClaim(hard, d.rec))
	defer cancel(nil)
	b.setInterrupt(d.question.ID, cancel)
	defer b.setInterrupt("", nil)
	verdict = c.guard(ctx, d, func() error { return c.work.Handler(ctx, d.question) })
	return verdict, context.Cause(ctx)
}

func (b *box) setInterrupt(id string, cancel context.CancelCauseFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running, b.interrupt = id, cancel
}

// guard turns a panic into an error. What was panicked with may quote the
// question, so only the runtime's own panics are told in words.
func (c *crew) guard(ctx context.Context, d *delivery, f func() error) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		err = fmt.Errorf("the handler panicked (%T)", p)
		if fault, ok := p.(runtime.Error); ok {
			err = fmt.Errorf("the handler panicked: %w", fault)
		}
		c.q.log.ErrorContext(ctx, "a handler panicked", "id", d.question.ID, "error", err, "stack", string(debug.Stack()))
	}()
	return f()
}

// conclude turns a handler's verdict into what happens to the message.
func (c *crew) conclude(hard context.Context, d *delivery, verdict, cause error) {
	wait, later := worker.IsLater(verdict)
	switch {
	case errors.Is(cause, errWithdrawn):
		c.end(hard, d)
	case errors.Is(verdict, worker.ErrLost), verdict != nil && errors.Is(cause, worker.ErrLost):
		_ = c.kept(hard, d, worker.ErrLost)
	case verdict == nil:
		c.complete(hard, d)
	case later:
		c.putOff(hard, d, wait)
	case worker.IsNever(verdict):
		c.giveUp(hard, d, verdict)
	case errors.Is(cause, ErrGrace):
		c.putOff(hard, d, 0)
	case d.rec.Tries >= c.work.MaxTries:
		c.giveUp(hard, d, verdict)
	default:
		c.q.log.WarnContext(hard, "a question failed and is tried again", "id", d.question.ID, "try", d.rec.Tries, "error", verdict)
		if c.mine(hard, d) {
			c.again(hard, d, c.backoff(d.rec.Tries))
		}
	}
}

// putOff brings a question back after wait, with its try.
func (c *crew) putOff(hard context.Context, d *delivery, wait time.Duration) {
	if c.gift(hard, d) {
		c.again(hard, d, wait)
	}
}

func (c *crew) backoff(tries int) time.Duration {
	return c.work.Backoff[min(max(tries-1, 0), len(c.work.Backoff)-1)]
}

// complete marks the question as answered. A handler that keeps the record
// itself has done so already.
func (c *crew) complete(hard context.Context, d *delivery) {
	if c.note(hard, d, worker.Final) {
		c.settle(hard, d)
	}
}

// note brings the record to its last state; false where that could not be
// done, and the message has been dealt with accordingly.
func (c *crew) note(hard context.Context, d *delivery, last worker.State) bool {
	ctx, cancel := bounded(hard)
	defer cancel()
	return c.kept(hard, d, c.q.amend(ctx, d, func(rec *worker.Record) { rec.State = last }))
}

// kept sorts the outcome of a look at the record: true where the question is
// still this worker's. Otherwise nothing more may be done with it: somebody
// else has it, or the record cannot be had and the message comes again.
func (c *crew) kept(ctx context.Context, d *delivery, err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, worker.ErrLost):
		c.q.log.InfoContext(ctx, "a question was taken over by another worker", "id", d.question.ID)
	default:
		c.q.log.WarnContext(ctx, "a question's record could not be had", "id", d.question.ID, "error", err)
		c.nak(ctx, d, retryStep)
	}
	return false
}

// mine tells whether the question is still this worker's.
func (c *crew) mine(hard context.Context, d *delivery) bool {
	ctx, cancel := bounded(hard)
	defer cancel()
	_, err := c.q.owned(ctx, d)
	return c.kept(hard, d, err)
}

// gift returns the try that a question was claimed with: what happened was not
// the question's fault. False where it is not this worker's any more.
func (c *crew) gift(hard context.Context, d *delivery) bool {
	ctx, cancel := bounded(hard)
	defer cancel()
	return c.kept(hard, d, c.q.amend(ctx, d, func(rec *worker.Record) { rec.Tries = max(rec.Tries-1, 0) }))
}

// settle lets go of a question that nothing is left to do for: first its
// secret is erased, then its message is acknowledged.
func (c *crew) settle(hard context.Context, d *delivery) {
	ctx, cancel := bounded(hard)
	defer cancel()
	if err := c.q.erase(ctx, d); err != nil {
		c.q.log.WarnContext(ctx, "a question's secret could not be erased yet", "id", d.question.ID, "error", err)
		c.nak(ctx, d, retryStep)
		return
	}
	if err := d.message().DoubleAck(ctx); err != nil {
		c.q.log.WarnContext(ctx, "a question that is done may come again, and will be recognised", "id", d.question.ID, "error", err)
	}
}

// again brings a question back after wait: by a schedule, which outlives a
// restart, or for less than a second by the server's own delay.
func (c *crew) again(hard context.Context, d *delivery, wait time.Duration) {
	ctx, cancel := bounded(hard)
	defer cancel()
	left := c.work.Deadline - d.age(c.q.now())
	if left < 0 {
		left += keepQuestions - c.work.Deadline - lastCall // only its asker is still to be told
	}
	wait = max(min(wait, left+time.Second), 0)
	if wait < time.Second {
		c.nak(ctx, d, wait)
		return
	}
	if err := c.q.schedule(ctx, d.pointer(), wait); err != nil {
		c.q.log.WarnContext(ctx, "a return could not be scheduled, the server's own delay must do", "id", d.question.ID, "error", err)
		c.nak(ctx, d, wait)
		return
	}
	if err := d.message().DoubleAck(ctx); err != nil {
		c.q.log.WarnContext(ctx, "a question that waits may come early", "id", d.question.ID, "error", err)
	}
}

// dropPointer acknowledges a pointer to a question that was erased meanwhile,
// which happens to questions that are done. Anything else is a loss, and said.
func (c *crew) dropPointer(hard context.Context, d *delivery) {
	ctx, cancel := bounded(hard)
	defer cancel()
	rec, err := c.q.records.Load(ctx, d.question.ID)
	if err != nil {
		c.nak(ctx, d, retryStep)
		return
	}
	if rec.State != worker.Final && rec.State != worker.Dead {
		c.q.log.ErrorContext(ctx, "a question was removed from the queue while it waited", "id", d.question.ID, "state", rec.State)
	}
	if err := d.message().DoubleAck(ctx); err != nil {
		c.q.log.WarnContext(ctx, "a pointer to a question that is gone may come again", "id", d.question.ID, "error", err)
	}
}
