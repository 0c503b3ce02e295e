package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// Limits bound one call. Zero fields take the defaults.
type Limits struct {
	Total time.Duration // for the whole call; default 10 minutes
	First time.Duration // until the first token of a stream; default 60 seconds
	Idle  time.Duration // between two tokens of a stream; default 60 seconds
	Bytes int64         // of an answer; default 32 MiB
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
type Watch struct {
	limits Limits
	name   string
	cancel context.CancelCauseFunc
	stop   context.CancelFunc
	timer  *time.Timer
	phase  atomic.Int32 // read by the timer's own goroutine

	waiting bool
}

// Start returns the context to make a call in. The name says whose limits these
// are in the cause of a context that they ended. Stop must be called.
func (l Limits) Start(ctx context.Context, name string) (context.Context, *Watch) {
	ctx, stop := context.WithTimeoutCause(ctx, l.Total, fmt.Errorf("%s did not finish within %s", name, l.Total))
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &Watch{limits: l, name: name, cancel: cancel, stop: stop}
}

// Await starts to wait for the next token, unless the wait already runs.
func (w *Watch) Await() {
	switch {
	case w.waiting:
		return
	case w.timer == nil:
		w.timer = time.AfterFunc(w.wait(), w.expire)
	default:
		w.timer.Reset(w.wait())
	}
	w.waiting = true
}

// Got ends the wait for a token: from now on the limit between tokens holds.
func (w *Watch) Got() {
	w.pause()
	w.phase.CompareAndSwap(beforeFirst, between)
}

// Whole tells that the answer is whole and only its usage is still to come.
func (w *Watch) Whole() {
	w.pause()
	w.phase.Store(whole)
}

// Ended tells that nothing is to come but the end of the body, which is worth
// a short wait: it lets the connection be used again.
func (w *Watch) Ended() {
	w.pause()
	w.phase.Store(ended)
}

func (w *Watch) pause() {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.waiting = false
}

// Stop ends the call and lets go of all that it holds.
func (w *Watch) Stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.cancel(context.Canceled)
	w.stop()
}

func (w *Watch) wait() time.Duration {
	switch w.phase.Load() {
	case beforeFirst:
		return w.limits.First
	case between:
		return w.limits.Idle
	case ended:
		return linger
	}
	return min(tail, w.limits.Idle)
}

func (w *Watch) expire() {
	d := w.wait()
	switch w.phase.Load() {
	case beforeFirst:
		w.cancel(fmt.Errorf("%s said nothing within %s", w.name, d))
	case between:
		w.cancel(fmt.Errorf("%s fell silent for %s in mid-answer", w.name, d))
	default:
		w.cancel(fmt.Errorf("%s did not close its answer within %s", w.name, d))
	}
}

// ErrTooLong is what a bounded body gives when an answer does not end in time.
var ErrTooLong = errors.New("the answer is longer than allowed")

// Bounded reads at most limit bytes from body; more is ErrTooLong.
func Bounded(body io.ReadCloser, limit int64) io.ReadCloser {
	return &bounded{ReadCloser: body, left: limit}
}

type bounded struct {
	io.ReadCloser

	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// One byte more decides between an answer of exactly the limit and
		// one that goes on.
		n, err := b.ReadCloser.Read(make([]byte, 1))
		if n > 0 {
			return 0, ErrTooLong
		}
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
