package router

import (
	"math"
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// vitals are what is known of a deployment while the process runs. They outlive
// a reload of the configuration.
type vitals struct {
	mu       sync.Mutex
	inFlight int
	calls    int64 // that have ended, since the process began
	failures int64
	last     *llm.Error // of the last call; nil when it went well

	minute int64  // the clock minute of this, counted from 1970
	this   window // the current clock minute
	before window // the one before it

	perToken samples // seconds for each completion token
	first    samples // seconds until a stream's first word
	outputs  samples // tokens of an answer

	breaker breaker
}

// window is what happened in one clock minute.
type window struct {
	calls  int   // that ended, but for those that the caller left
	failed int   // of them, those that count against the deployment
	tokens int64 // used, both ways
	kinds  map[llm.Kind]int
}

// sample is one measurement.
type sample struct {
	value float64
	at    time.Time
}

// samples are the most recent measurements, oldest first.
type samples struct{ list []sample }

// add keeps a measurement among the n most recent ones.
func (s *samples) add(value float64, at time.Time, n int) {
	if drop := len(s.list) + 1 - n; drop > 0 {
		s.list = append(s.list[:0], s.list[drop:]...)
	}
	s.list = append(s.list, sample{value, at})
}

// mean of what was measured since; 0 for nothing.
func (s *samples) mean(since time.Time) float64 {
	sum, n := 0.0, 0
	for _, m := range s.list {
		if m.at.After(since) {
			sum += m.value
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

func (s *samples) max() float64 {
	most := 0.0
	for _, m := range s.list {
		most = max(most, m.value)
	}
	return most
}

// roll moves on to the clock minute of now. It is called under the lock.
func (v *vitals) roll(now time.Time) {
	minute := now.Unix() / 60
	if minute == v.minute {
		return
	}
	v.before = window{}
	if minute == v.minute+1 {
		v.before = v.this
	}
	v.minute, v.this = minute, window{}
}

func (v *vitals) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.inFlight++
}

// end notes that a call is over, with whatever outcome.
func (v *vitals) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.inFlight--
}

// success is a call that went well, as it is remembered.
type success struct {
	tokens int64 // used, both ways
	output int   // of them in the completion; 0: not known
	// answers is how many the completion has; 0: one.
	answers int64
	took    time.Duration
	first   time.Duration // until a stream's first word; 0: it was no stream
	probe   int64         // its number, if it was made to see whether the deployment is back
}

// outputSamples is how many of the most recent completions are looked at for the
// longest answer.
const outputSamples = 32

// succeeded notes a call that went well; keep is how many latencies are kept.
// What had begun before a cool-down does not end it: only a probe does.
func (v *vitals) succeeded(s success, now time.Time, keep int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.roll(now)
	v.calls++
	v.this.calls++
	v.this.tokens += s.tokens
	v.last = nil
	switch {
	case s.first > 0:
		v.first.add(s.first.Seconds(), now, keep)
	case s.output > 0:
		v.perToken.add(s.took.Seconds()/float64(s.output), now, keep)
	}
	if s.output > 0 {
		v.outputs.add(float64(s.output)/float64(max(s.answers, 1)), now, outputSamples)
	}
	v.breaker.close(s.probe)
}

// spent notes tokens of a call that did not end well.
func (v *vitals) spent(tokens int64, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.roll(now)
	v.this.tokens += tokens
}

// failed notes a failure; blamed tells whether it counts against the deployment.
// It is called under the lock.
func (v *vitals) failed(e *llm.Error, now time.Time, blamed bool) {
	v.roll(now)
	v.calls++
	v.failures++
	v.this.calls++
	v.last = e
	if blamed {
		v.this.failed++
	}
	if v.this.kinds == nil {
		v.this.kinds = map[llm.Kind]int{}
	}
	v.this.kinds[e.Kind]++
}

// longest is how many tokens the longest answer had of late; 0: none is known.
func (v *vitals) longest() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return int64(math.Ceil(v.outputs.max()))
}
