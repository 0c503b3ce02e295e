package llmtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for something that ought to happen at once.
const patience = 20 * time.Second

// record is what calls came, what their steps are, and who left early.
type record struct {
	mu      sync.Mutex
	steps   []Step
	calls   []Request
	left    int
	ended   int
	most    int // calls at the same time
	changed chan struct{}
}

func newRecord(steps []Step) *record {
	return &record{steps: steps, changed: make(chan struct{})}
}

// take notes a call and returns its number and step: the next of the script,
// whose last is repeated; an empty script echoes.
func (r *record) take(call Request) (int, Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
	r.most = max(r.most, len(r.calls)-r.ended)
	r.notify()
	step := EchoPrompt()
	if len(r.steps) > 0 {
		step = r.steps[0]
	}
	if len(r.steps) > 1 {
		r.steps = r.steps[1:]
	}
	return len(r.calls), step
}

func (r *record) leave(early bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended++
	if early {
		r.left++
	}
	r.notify()
}

func (r *record) notify() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// wait blocks until the condition holds; it is asked under the lock.
func (r *record) wait(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for {
		r.mu.Lock()
		ok, changed := holds(), r.changed
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			tb.Fatalf("gave up waiting for %s", what)
		}
	}
}

// Next appends steps to the script.
func (r *record) Next(steps ...Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, steps...)
}

// Requests returns the calls that came so far.
func (r *record) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// InFlight is how many calls are being answered now, and the most that ever
// were at the same time.
func (r *record) InFlight() (now, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls) - r.ended, r.most
}

// Wait blocks until n calls have come, and returns them.
func (r *record) Wait(tb testing.TB, n int) []Request {
	tb.Helper()
	r.wait(tb, "calls to the model", func() bool { return len(r.calls) >= n })
	return r.Requests()
}

// WaitLeft blocks until n callers have left before their answer was whole.
func (r *record) WaitLeft(tb testing.TB, n int) {
	tb.Helper()
	r.wait(tb, "callers to leave", func() bool { return r.left >= n })
}

// WaitIdle blocks until every call that came has ended.
func (r *record) WaitIdle(tb testing.TB) {
	tb.Helper()
	r.wait(tb, "calls to end", func() bool { return r.ended == len(r.calls) })
}
