package quota

import (
	"errors"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota/quotatest"
)

func TestMemoryKeepsThePromises(t *testing.T) {
	t.Parallel()
	quotatest.Test(t, func(*testing.T) llm.Counters { return NewMemory(nil) })
}

func TestMemorySharedKeepsThePromises(t *testing.T) {
	t.Parallel()
	quotatest.TestShared(t, func(*testing.T) (llm.Counters, llm.Counters) {
		m := NewMemory(nil)
		return m, m
	})
}

func TestSplitKeepsThePromises(t *testing.T) {
	t.Parallel()
	quotatest.Test(t, func(*testing.T) llm.Counters { return Split(NewMemory(nil), NewMemory(nil)) })
}

func TestKeysInMemoryKeepThePromises(t *testing.T) {
	t.Parallel()
	quotatest.TestKeys(t, func(*testing.T) (llm.Keys, llm.Keys) {
		keys := quotatest.NewKeys()
		return keys, keys
	})
}

func TestCachedKeysKeepThePromises(t *testing.T) {
	t.Parallel()
	quotatest.TestKeys(t, func(*testing.T) (llm.Keys, llm.Keys) {
		keys := Cached(quotatest.NewKeys(), time.Minute, 100, nil)
		return keys, keys
	})
}

// TestMemoryForgets lets a million windows go by.
func TestMemoryForgets(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	m := NewMemory(c.now)
	live := llm.Ask{Key: "for ever", Amount: 1, Forever: true}
	if err := m.Take(t.Context(), []llm.Ask{live}); err != nil {
		t.Fatal(err)
	}
	most := 0
	for i := range 1_000_000 {
		c.at = c.at.Add(time.Second)
		name := strconv.Itoa(i)
		asks := []llm.Ask{{Key: name, Amount: 1, Limit: 5, Until: c.at.Add(time.Minute)}, {Key: "place" + name, Amount: 1, Limit: 1}}
		if err := m.Take(t.Context(), asks); err != nil {
			t.Fatal(err)
		}
		asks[1].Amount = -1
		if err := m.Settle(t.Context(), asks[1:]); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(m.counts))
	}
	if most > 2*firstSweep {
		t.Errorf("%d counters were kept at a time", most)
	}
	if used, _ := m.Used(t.Context(), []llm.Ask{live}); used[0] != 1 {
		t.Error("the counter without a window was forgotten")
	}
}

// TestMemoryIsBounded has somebody invent a new name for every call.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	m := NewMemory(c.now)
	take := func(i int) error {
		return m.Take(t.Context(), []llm.Ask{{Key: strconv.Itoa(i), Amount: 1, Limit: 1, Until: start.Add(sweepPause / 4)}})
	}
	var err error
	for i := 0; i <= maxCounters && err == nil; i++ {
		err = take(i)
	}
	if !errors.Is(err, errFull) || len(m.counts) != maxCounters {
		t.Errorf("%d counters, %v; want a refusal after %d", len(m.counts), err, maxCounters)
	}
	c.at = c.at.Add(sweepPause / 2)
	if err := take(-1); !errors.Is(err, errFull) {
		t.Errorf("%v: all counters were looked at twice in %s", err, sweepPause)
	}
	c.at = c.at.Add(sweepPause / 2)
	if err := take(-1); err != nil || len(m.counts) != 1 {
		t.Errorf("%d counters, %v, although all others are over", len(m.counts), err)
	}
}

func TestACountDoesNotTurnOver(t *testing.T) {
	t.Parallel()
	c := &count{used: math.MaxInt64 - 5}
	c.add(10)
	if c.used != math.MaxInt64 {
		t.Errorf("%d", c.used)
	}
	c.add(-math.MaxInt64)
	c.add(-10)
	if c.used != 0 {
		t.Errorf("%d", c.used)
	}
}
