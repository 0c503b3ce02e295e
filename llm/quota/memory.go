package quota

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
)

const (
	// maxCounters bounds a Memory: at some 150 bytes each, 30 MB. Only
	// somebody who invents a new user for every call comes near it.
	maxCounters = 200_000
	// firstSweep is how many counters there are before the first look for
	// those whose window is over.
	firstSweep = 1024
	// sweepPause is the least time between two looks at counters that are all in
	// use: one takes some milliseconds, and every call would have to wait for it.
	sweepPause = time.Second
)

// errFull is returned when maxCounters are all in use.
var errFull = errors.New("there are too many counters in memory")

// Memory counts in this process: for a gateway that is alone, and for tests.
// It is safe for concurrent use.
type Memory struct {
	now func() time.Time

	mu     sync.Mutex
	counts map[string]*count
	sweep  int           // the size at which to look for what is over
	swept  time.Time     // when that was done last
	freed  chan struct{} // nil: nobody waits
}

// count is one counter.
type count struct {
	used   int64
	until  time.Time // zero: no end
	places bool      // it may go as soon as it is 0
}

// NewMemory makes counters in memory. now nil means time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, counts: map[string]*count{}, sweep: firstSweep}
}

// Take implements llm.Counters.
func (m *Memory) Take(_ context.Context, asks []llm.Ask) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range asks {
		if err := m.take(&asks[i]); err != nil {
			for j := range asks[:i] {
				m.counts[asks[j].Key].add(-asks[j].Amount)
			}
			return err
		}
	}
	return nil
}

func (m *Memory) take(a *llm.Ask) error {
	c, err := m.count(a)
	if err != nil {
		return err
	}
	if a.Limit > 0 && a.Amount > a.Limit-c.used {
		return &llm.OverLimit{Ask: *a, Used: c.used}
	}
	c.add(a.Amount)
	return nil
}

// count finds a counter, or makes it. The caller has m.mu.
func (m *Memory) count(a *llm.Ask) (*count, error) {
	if c := m.counts[a.Key]; c != nil {
		return c, nil
	}
	if len(m.counts) >= m.sweep {
		m.forget()
	}
	if len(m.counts) >= maxCounters {
		return nil, errFull
	}
	c := &count{until: a.Until, places: a.Until.IsZero() && !a.Forever}
	m.counts[a.Key] = c
	return c, nil
}

// forget drops counters whose window is over and places that nobody holds.
// The next look is at twice the size that is left, so that on average a new
// counter pays for looking at two.
func (m *Memory) forget() {
	now := m.now()
	if len(m.counts) >= maxCounters && now.Sub(m.swept) < sweepPause {
		return
	}
	m.swept = now
	for key, c := range m.counts {
		if c.places && c.used == 0 || !c.until.IsZero() && c.until.Before(now) {
			delete(m.counts, key)
		}
	}
	m.sweep = min(max(firstSweep, 2*len(m.counts)), maxCounters)
}

// add changes a counter; it stays between 0 and the largest number.
func (c *count) add(amount int64) {
	if amount > math.MaxInt64-c.used {
		c.used = math.MaxInt64
		return
	}
	c.used = max(c.used+amount, 0)
}

// Settle implements llm.Counters.
func (m *Memory) Settle(_ context.Context, asks []llm.Ask) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	freed := false
	for i := range asks {
		a := &asks[i]
		c := m.counts[a.Key]
		if c == nil && a.Amount <= 0 {
			continue // forgotten: nothing to give back to
		}
		if c == nil {
			var err error
			if c, err = m.count(a); err != nil {
				return err
			}
		}
		c.add(a.Amount)
		freed = freed || a.Amount < 0
	}
	if freed && m.freed != nil {
		close(m.freed)
		m.freed = nil
	}
	return nil
}

func (m *Memory) quick([]llm.Ask) bool { return true }

// Used implements llm.Counters.
func (m *Memory) Used(_ context.Context, asks []llm.Ask) ([]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	used := make([]int64, len(asks))
	for i := range asks {
		if c := m.counts[asks[i].Key]; c != nil {
			used[i] = c.used
		}
	}
	return used, nil
}

// Freed implements llm.Counters.
func (m *Memory) Freed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.freed == nil {
		m.freed = make(chan struct{})
	}
	return m.freed
}
