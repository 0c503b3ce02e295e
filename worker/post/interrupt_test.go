package post_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/worker"
)

// calls counts what an undisturbed delivery calls.
func calls(t *testing.T) int {
	t.Helper()
	n := 0
	bubble(t, func(r *rig) {
		t := r.t
		r.finishes(t)
		n = len(r.kinds())
	})
	if n < 10 {
		t.Fatalf("a delivery makes %d calls: this test looks at nothing", n)
	}
	return n
}

// eachCall runs f once for each call that a delivery makes, before the call
// takes effect and after it.
func eachCall(t *testing.T, f func(t *testing.T, r *rig, strike func(do func()))) {
	t.Helper()
	for n := 1; n <= calls(t); n++ {
		for name, before := range map[string]bool{" before": true, " after": false} {
			t.Run(strconv.Itoa(n)+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t)
					f(t, r, func(do func()) {
						hook := at(n, func() error { do(); return nil })
						if before {
							r.before = hook
						} else {
							r.after = hook
						}
					})
				})
			})
		}
	}
}

// TestTakenOverAtEachCall: from the moment in which another worker claims the
// question, nothing more is posted. Only between the look at the claim and the
// call that follows it there is a gap, which no store can close; one call fits
// into it.
func TestTakenOverAtEachCall(t *testing.T) {
	t.Parallel()
	eachCall(t, func(t *testing.T, r *rig, strike func(do func())) {
		t.Helper()
		posted, took, final, struck := 0, false, false, ""
		strike(func() {
			r.records.claim(r.q.ID)
			posted, took = len(r.posted()), true
			final = r.records.of(r.q.ID).State == worker.Final
			all := r.kinds()
			struck = all[len(all)-1]
		})
		err := r.deliver(t.Context())
		switch {
		case !took:
			t.Fatal("the question was not taken over")
		case final && err != nil, !final && !errors.Is(err, worker.ErrLost):
			t.Errorf("verdict %v (the record was final: %v)", err, final)
		}
		gap := 0
		if strings.HasSuffix(t.Name(), "after") && struck == "load" {
			gap = 1
		}
		if after := r.posted()[posted:]; len(after) > gap {
			t.Errorf("posted after that: %q", after)
		}
		if _, later := worker.IsLater(err); later || worker.IsNever(err) {
			t.Errorf("verdict %v", err)
		}
		if !final {
			r.finishes(t)
		}
		r.shows(t, theAnswer)
	})
}

// TestCancelledAtEachCall: the handler returns at once, says why, and posts
// nothing more.
func TestCancelledAtEachCall(t *testing.T) {
	t.Parallel()
	eachCall(t, func(t *testing.T, r *rig, strike func(do func())) {
		t.Helper()
		ctx, cancel := context.WithCancelCause(t.Context())
		posted, when, done := 0, time.Time{}, false
		strike(func() {
			cancel(errGrace)
			posted, when = len(r.posted()), time.Now()
			done = r.records.of(r.q.ID).State == worker.Final
		})
		err := r.deliver(ctx)
		if when.IsZero() {
			t.Fatal("nothing was cancelled")
		}
		if took := time.Since(when); took > 0 {
			t.Errorf("returned after %s", took)
		}
		if done != (err == nil) || err != nil && !errors.Is(err, errGrace) {
			t.Errorf("returned %v (the record was final: %v)", err, done)
		}
		if after := r.posted()[posted:]; len(after) > 0 {
			t.Errorf("posted after that: %q", after)
		}
		if !done {
			r.records.amend(r.q.ID, func(rec *worker.Record) { rec.Tries-- }) // as the queue gives it back
			r.finishes(t)
		}
		r.shows(t, theAnswer)
	})
}

// TestCancelledWhileWaiting: the waits for a platform end with the context.
func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"open", "write", "final", "save"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				ctx, cancel := context.WithCancelCause(t.Context())
				r.before = func(_ int, k string) error {
					if k == kind && kind == "save" {
						time.AfterFunc(saveSoon, func() { cancel(errGrace) })
						return errBroken
					}
					if k == kind {
						time.AfterFunc(5*time.Second, func() { cancel(errGrace) })
						return tooFast(15 * time.Second)
					}
					return nil
				}
				r.answerer.script = counts(1000, time.Second)
				if kind == "final" {
					r.answerer.script = counts(1, time.Second)
				}
				began := time.Now()
				if err := r.deliver(ctx); !errors.Is(err, errGrace) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took > 8*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// saveSoon is within the pause between two saves.
const saveSoon = time.Second / 2
