package post_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/worker"
)

// schedule is a run of bad luck: what happens to each call, and to each
// delivery. It ends after so many strikes, so that a delivery gets through.
type schedule struct {
	mu      sync.Mutex
	next    func() byte
	strikes int

	dead  error // set: this process has crashed, no call of it works any more
	stop  context.CancelCauseFunc
	crash bool // the delivery ended by a crash, so its try counts
}

var errCrash = errors.New("the process is gone")

// strike decides what happens to one call, before or after its effect.
func (s *schedule) strike(r *rig, effect bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead != nil {
		return s.dead
	}
	dice := s.next()
	if s.strikes <= 0 || dice >= 80 {
		return nil
	}
	s.strikes--
	switch dice % 8 {
	case 0: // the worker dies
		s.dead, s.crash = errCrash, true
		s.stop(errCrash)
		return s.dead
	case 1: // its grace period ends
		s.stop(errGrace)
		return nil
	case 2: // another worker takes the question over
		r.records.claim(r.q.ID)
		return nil
	case 3, 4:
		if !effect { // a refusal says that there was none
			return tooFast(time.Duration(dice) * time.Second / 2)
		}
	}
	return errBroken
}

// run delivers the question until it is answered, as the queue does.
func (s *schedule) run(t *testing.T, r *rig) {
	t.Helper()
	r.before = func(int, string) error { return s.strike(r, false) }
	r.after = func(int, string) error { return s.strike(r, true) }
	for range 300 {
		ctx, cancel := context.WithCancelCause(t.Context())
		s.dead, s.stop, s.crash = nil, cancel, false
		answered := len(r.kinds("answer"))
		paid := len(r.records.of(r.q.ID).Answer) > 0
		err := r.deliver(ctx)
		cancel(nil)
		if paid && len(r.kinds("answer")) > answered {
			t.Fatal("an answer that was stored was made again")
		}
		if err == nil {
			return
		}
		if worker.IsNever(err) {
			t.Fatalf("given up by %v", err)
		}
		if _, later := worker.IsLater(err); (later || errors.Is(err, errGrace)) && !s.crash {
			r.records.amend(r.q.ID, func(rec *worker.Record) { rec.Tries-- })
		}
	}
	t.Fatal("never answered")
}

// check runs a schedule and looks at its end.
func check(t *testing.T, strikes int, next func() byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		(&schedule{next: next, strikes: strikes}).run(t, r)
		r.shows(t, theAnswer)
		if state := r.records.of(r.q.ID).State; state != worker.Final {
			t.Errorf("the record is %q", state)
		}
		final := false
		for i, c := range r.room.Writes(r.q.ID) {
			if final && !c.Final {
				t.Errorf("the write %d, %q, came after the final one", i, c.Text)
			}
			final = final || c.Final
		}
		synctest.Wait()
	})
}

// TestAnySchedule: whatever fails and whenever, the end is one message that
// shows the answer.
func TestAnySchedule(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(seed, 1))
			check(t, 1+int(seed%25), func() byte { return byte(dice.UintN(256)) })
		})
	}
}

// FuzzSchedule lets the fuzzer choose.
func FuzzSchedule(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{200, 200, 0, 200, 1, 200, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Add([]byte{200, 200, 200, 200, 200, 200, 1, 200, 200, 200, 1})
	f.Fuzz(func(t *testing.T, choices []byte) {
		check(t, 30, func() byte {
			if len(choices) == 0 {
				return 255
			}
			c := choices[0]
			choices = choices[1:]
			return c
		})
	})
}

// TestScheduleStrikes: the runs above are not all fair weather.
func TestScheduleStrikes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		dice := rand.New(rand.NewPCG(7, 7))
		s := &schedule{next: func() byte { return byte(dice.UintN(256)) }, strikes: 20}
		s.run(t, r)
		if s.strikes > 15 {
			t.Errorf("%d of 20 strikes are left", s.strikes)
		}
	})
}
