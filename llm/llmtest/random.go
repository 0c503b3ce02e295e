package llmtest

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Flaky answers with good, but for a share of the calls (0 to 1), each of which
// takes one of the failures. The seed decides which: the same calls in the same
// order have the same fate.
func Flaky(seed uint64, share float64, good Step, failures ...Step) Step {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a test repeats itself
	return Respond(func(r Request) Step {
		mu.Lock()
		fails, which := random.Float64() < share, random.IntN(max(len(failures), 1))
		mu.Unlock()
		step := good
		if fails && len(failures) > 0 {
			step = failures[which]
		}
		return step.resolve(r)
	})
}

// Failures are the ways in which a provider really fails, for Flaky: refusals,
// broken streams, errors inside of them, and answers that are none.
func Failures() []Step {
	inside := Step{Pieces: []string{"So ", "far"}, Fault: ErrorEvent, Code: "overloaded_error", Message: "Overloaded"}
	later := inside
	later.After = 1
	return []Step{
		Refuse(500, "internal error"), Refuse(503, "come back later"), TooMany("1"),
		CutAfter(0, "So ", "far"), CutAfter(1, "So ", "far"), inside, later,
		Fail(Garbage), Fail(Empty),
	}
}

// Slow makes the first piece of the answer come after d, by the clock; in a
// testing/synctest bubble that takes no time.
func (s Step) Slow(d time.Duration) Step {
	s.delay = d
	return s
}

// With adds a header to the answer: Retry-After, x-ratelimit-remaining-requests
// and the like.
func (s Step) With(name, value string) Step {
	s.Header = s.Header.Clone()
	if s.Header == nil {
		s.Header = map[string][]string{}
	}
	s.Header.Add(name, value)
	return s
}

// Uncounted says nothing of usage.
func (s Step) Uncounted() Step {
	s.NoUsage = true
	return s
}

// sleep waits for the step's delay; false when one of the others came first.
func (s Step) sleep(left, stop <-chan struct{}) bool {
	if s.delay <= 0 {
		return true
	}
	timer := time.NewTimer(s.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-left:
	case <-stop:
	}
	return false
}
