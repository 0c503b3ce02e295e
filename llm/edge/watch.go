package edge

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"
)

// Limits bound one call. Zero fields take the defaults.
type Limits struct {
	Total time.Duration // for the whole call; default 10 minutes
	First time.Duration // until the first token of a stream; default 60 seconds
	Idle  time.Duration // between two tokens of a stream; default 60 seconds
	Bytes int64         // of an answer; default 32 MiB
	Room  *Room         // that large answers share with those of other calls; nil: no bound in common
}

// OrDefault fills in the defaults. Ten minutes is what OpenAI's own clients
// wait; LiteLLM's 100 minutes would outlive any asker.
func (l Limits) OrDefault() Limits {
	l.Total = cmp.Or(l.Total, 10*time.Minute)
	l.First = cmp.Or(l.First, time.Minute)
	l.Idle = cmp.Or(l.Idle, time.Minute)
	l.Bytes = cmp.Or(l.Bytes, 32<<20)
	return l
}

// tail is how long the usage may take to come once the answer is whole: long
// enough for a slow proxy, too short for a reader to mind.
const tail = 5 * time.Second

// linger is how long the end of a body may take after its last event.
const linger = 100 * time.Millisecond

// The phases of a stream.
const (
	beforeFirst = iota
	between
	whole
	ended
)

// Watch ends a call when one of its time limits passes. The limits of a stream
// run only between Await and the next Got, so that a slow reader is not held against the
// model.
//
// One timer serves all limits. It is set anew only where it would come too
// late; where it comes too early it sets itself again. So a chunk costs a look
// at the clock, and no timer.
type Watch struct {
	limits Limits
	name   string
	cancel context.CancelCauseFunc
	total  time.Time // when the whole call is over

	mu      sync.Mutex
	timer   *time.Timer
	fires   time.Time // when the timer does
	phase   int
	waiting bool
	until   time.Time // when the wait is over
	stopped bool
}

// Start returns the context to make a call in. The name says whose limits these
// are in the cause of a context that they ended. Stop must be called.
func (l Limits) Start(ctx context.Context, name string) (context.Context, *Watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &Watch{limits: l, name: name, cancel: cancel, total: time.Now().Add(l.Total)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fires = w.total
	w.timer = time.AfterFunc(l.Total, w.expire)
	return ctx, w
}

// Await starts to wait for the next token, unless the wait already runs.
func (w *Watch) Await() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting || w.stopped {
		return
	}
	now := time.Now()
	w.waiting, w.until = true, now.Add(w.wait())
	if w.until.Before(w.fires) {
		w.fires = w.until
		w.timer.Reset(w.until.Sub(now))
	}
}

// Got ends the wait for a token: from now on the limit between tokens holds.
func (w *Watch) Got() { w.enter(between) }

// Whole tells that the answer is whole and only its usage is still to come.
func (w *Watch) Whole() { w.enter(whole) }

// Ended tells that nothing is to come but the end of the body, which is worth
// a short wait: it lets the connection be used again.
func (w *Watch) Ended() { w.enter(ended) }

// enter ends the wait. A phase is never left for an earlier one.
func (w *Watch) enter(phase int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = false
	w.phase = max(w.phase, phase)
}

// Stop ends the call and lets go of all that it holds.
func (w *Watch) Stop() {
	w.mu.Lock()
	w.stopped = true
	w.timer.Stop()
	w.mu.Unlock()
	w.cancel(context.Canceled)
}

func (w *Watch) wait() time.Duration {
	switch w.phase {
	case beforeFirst:
		return w.limits.First
	case between:
		return w.limits.Idle
	case ended:
		return linger
	}
	return min(tail, w.limits.Idle)
}

// expire is what the timer does.
func (w *Watch) expire() {
	w.mu.Lock()
	cause, now := error(nil), time.Now()
	switch next := w.next(); {
	case w.stopped:
	case next.After(now):
		w.fires = next
		w.timer.Reset(next.Sub(now))
	case !w.total.After(now):
		cause = fmt.Errorf("%s did not finish within %s", w.name, w.limits.Total)
	default:
		cause = w.silence()
	}
	w.mu.Unlock()
	if cause != nil {
		w.cancel(cause)
	}
}

// next is when the first of the limits that run now passes.
func (w *Watch) next() time.Time {
	if w.waiting && w.until.Before(w.total) {
		return w.until
	}
	return w.total
}

func (w *Watch) silence() error {
	switch d := w.wait(); w.phase {
	case beforeFirst:
		return fmt.Errorf("%s said nothing within %s", w.name, d)
	case between:
		return fmt.Errorf("%s fell silent for %s in mid-answer", w.name, d)
	default:
		return fmt.Errorf("%s did not close its answer within %s", w.name, d)
	}
}
