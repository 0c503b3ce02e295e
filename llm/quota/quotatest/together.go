package quotatest

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

const (
	workers = 32
	rounds  = 6
	// patience bounds what a test waits for; none should come near it.
	patience = 20 * time.Second
)

// TestShared checks counters that several processes share. open makes two
// clients of one store, empty.
func TestShared(t *testing.T, open func(t *testing.T) (a, b llm.Counters)) { //nolint:tparallel // its caller has called t.Parallel, and twice would panic
	t.Helper()
	for name, test := range map[string]func(*testing.T, llm.Counters, llm.Counters){
		"one sees what the other took": testSeen,
		"a limit for both":             testManyShared,
		"places for both":              testManyPlacesShared,
		"a large limit for both":       testLargeShared,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			test(t, a, b)
		})
	}
}

// together runs do in many goroutines, each of which has one of the clients.
func together(clients []llm.Counters, do func(llm.Counters)) {
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for range rounds {
				do(clients[i%len(clients)])
				runtime.Gosched()
			}
		})
	}
	all.Wait()
}

// granted tells whether a take went through; any error but a limit is one.
func granted(t *testing.T, c llm.Counters, asks []llm.Ask) bool {
	t.Helper()
	err := c.Take(t.Context(), asks)
	if _, over := errors.AsType[*llm.OverLimit](err); err != nil && !over {
		t.Error(err)
	}
	return err == nil
}

func testMany(t *testing.T, c llm.Counters) {
	t.Helper()
	manyNeverPass(t, c)
}

func testManyShared(t *testing.T, a, b llm.Counters) {
	t.Helper()
	manyNeverPass(t, a, b)
}

// manyNeverPass: the last counter in any order is the narrowest, so that
// exactly what it has is granted, however the takes fall.
func manyNeverPass(t *testing.T, clients ...llm.Counters) {
	t.Helper()
	const limit = 20
	asks := []llm.Ask{Rate("a", 3, 3*limit*2), Money("b", 2, 2*limit*2), Place("z", 1, limit)}
	var got atomic.Int64
	together(clients, func(c llm.Counters) {
		if granted(t, c, asks) {
			got.Add(1)
		}
	})
	for range limit { // takes that were given back may have refused others
		if granted(t, clients[0], asks) {
			got.Add(1)
		}
	}
	if got.Load() != limit {
		t.Errorf("%d were let in, want %d", got.Load(), limit)
	}
	used(t, clients[0], asks, 3*limit, 2*limit, limit)
}

func testManyPlaces(t *testing.T, c llm.Counters) {
	t.Helper()
	placesNeverPass(t, c)
}

func testManyPlacesShared(t *testing.T, a, b llm.Counters) {
	t.Helper()
	placesNeverPass(t, a, b)
}

// placesNeverPass holds places for a moment, and counts who holds one.
func placesNeverPass(t *testing.T, clients ...llm.Counters) {
	t.Helper()
	const limit = 3
	asks := []llm.Ask{Rate("r", 1, 10_000), Place("p", 1, limit)}
	var holding, most, got atomic.Int64
	together(clients, func(c llm.Counters) {
		if !granted(t, c, asks) {
			return
		}
		now := holding.Add(1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			runtime.Gosched()
		}
		got.Add(1)
		holding.Add(-1)
		settle(t, c, negative(asks[1:])...)
	})
	if most.Load() > limit || got.Load() < limit {
		t.Errorf("%d held a place at once, %d in all; want at most %d at once", most.Load(), got.Load(), limit)
	}
	used(t, clients[0], asks[1:], 0)
	for range limit {
		take(t, clients[0], asks...)
	}
	refused(t, clients[len(clients)-1], asks...)
}

// testLarge: counters that take more than they were asked for, to be quick,
// must still give all of it.
func testLarge(t *testing.T, c llm.Counters) {
	t.Helper()
	const limit, amount = 100_000, 100
	ask := []llm.Ask{Money("m", amount, limit)}
	var got atomic.Int64
	together([]llm.Counters{c}, func(c llm.Counters) {
		if granted(t, c, ask) {
			got.Add(amount)
		}
	})
	for granted(t, c, ask) {
		got.Add(amount)
	}
	if got.Load() != limit {
		t.Errorf("%d were given, want %d", got.Load(), limit)
	}
	used(t, c, ask, limit)
	settle(t, c, negative(ask)...)
	used(t, c, ask, limit-amount)
}

// testLargeShared: what one client has taken ahead may be missing to the other
// for a moment, but no more than the limit is ever given.
func testLargeShared(t *testing.T, a, b llm.Counters) {
	t.Helper()
	const limit, amount = 100_000, 100
	ask := []llm.Ask{Rate("r", amount, limit)}
	var got atomic.Int64
	take1 := func(c llm.Counters) {
		if granted(t, c, ask) {
			got.Add(amount)
		}
	}
	together([]llm.Counters{a, b}, take1)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); got.Load() < limit && time.Now().Before(end); <-tick.C {
		for range 100 {
			take1(a)
			take1(b)
		}
	}
	if granted(t, a, ask) || granted(t, b, ask) || got.Load() != limit {
		t.Errorf("%d were given, want %d", got.Load(), limit)
	}
}

func testSeen(t *testing.T, a, b llm.Counters) {
	t.Helper()
	for _, ask := range []llm.Ask{Rate("r", 3, 6), Place("p", 3, 6), Money("m", 3, 6), Forever("f", 3, 6)} {
		take(t, a, ask)
		take(t, b, ask)
		refused(t, a, ask)
		refused(t, b, ask)
		used(t, a, []llm.Ask{ask}, 6)
		used(t, b, []llm.Ask{ask}, 6)
		settle(t, a, negative([]llm.Ask{ask})...)
		used(t, b, []llm.Ask{ask}, 3)
		take(t, b, ask)
		refused(t, a, ask)
	}
}

// testCrossed: takes that need two counters each, in opposite orders, neither
// block each other nor leave anything behind.
func testCrossed(t *testing.T, c llm.Counters) {
	t.Helper()
	one := []llm.Ask{Place("a", 1, 2), Place("b", 1, 1)}
	two := []llm.Ask{Place("b", 1, 1), Place("a", 1, 2)}
	var n atomic.Int64
	together([]llm.Counters{c}, func(c llm.Counters) {
		asks := one
		if n.Add(1)%2 == 0 {
			asks = two
		}
		if granted(t, c, asks) {
			settle(t, c, negative(asks)...)
		}
	})
	used(t, c, one, 0, 0)
}
