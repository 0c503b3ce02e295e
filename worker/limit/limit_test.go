package limit

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots/botstest"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func limiter(now *time.Time) *Limiter {
	return &Limiter{Store: botstest.NewStore(), Now: func() time.Time { return *now }}
}

func reserve(t *testing.T, l *Limiter, id string, r Rate) time.Duration {
	t.Helper()
	wait, err := l.Reserve(t.Context(), "c", id, r)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestReserveKeepsToTheRate(t *testing.T) {
	t.Parallel()

	now := start
	l, r := limiter(&now), Rate{Every: 3 * time.Second, Burst: 2}
	for i, want := range []time.Duration{0, 0, 3 * time.Second, 6 * time.Second} {
		if got := reserve(t, l, strconv.Itoa(i), r); got != want {
			t.Errorf("question %d waits %s, want %s", i, got, want)
		}
	}
}

func TestReserveAgainGivesTheSameSlot(t *testing.T) {
	t.Parallel()

	now := start
	l, r := limiter(&now), Rate{Every: 10 * time.Second, Burst: 1}
	reserve(t, l, "a", r)
	if got := reserve(t, l, "b", r); got != 10*time.Second {
		t.Fatalf("b waits %s", got)
	}
	now = now.Add(10 * time.Second)
	if got := reserve(t, l, "b", r); got != 0 {
		t.Errorf("b came back at its time and waits %s", got)
	}
	if got := reserve(t, l, "c", r); got != 10*time.Second {
		t.Errorf("c waits %s: b took two slots", got)
	}
}

func TestQuietTimeGivesTheBurstBack(t *testing.T) {
	t.Parallel()

	now := start
	l, r := limiter(&now), Rate{Every: time.Second, Burst: 3}
	for i := range 3 {
		reserve(t, l, strconv.Itoa(i), r)
	}
	now = now.Add(time.Hour)
	for i := range 3 {
		if got := reserve(t, l, fmt.Sprint("later", i), r); got != 0 {
			t.Errorf("question %d after an hour waits %s", i, got)
		}
	}
	if got := reserve(t, l, "fourth", r); got != time.Second {
		t.Errorf("the fourth waits %s: an hour gives no more than the burst", got)
	}
}

func TestTryTakesNoSlotWhenItMustWait(t *testing.T) {
	t.Parallel()

	now := start
	l, r := limiter(&now), Rate{Every: time.Minute, Burst: 1}
	for i, want := range []time.Duration{0, time.Minute, time.Minute} {
		got, err := l.Try(t.Context(), "c", strconv.Itoa(i), r)
		if err != nil || got != want {
			t.Errorf("try %d: %s, %v; want %s", i, got, err, want)
		}
	}
}

// TestAClockThatRanAheadShutsNobodyOut has a worker an hour ahead take a slot.
func TestAClockThatRanAheadShutsNobodyOut(t *testing.T) {
	t.Parallel()

	now := start.Add(time.Hour)
	l, r := limiter(&now), Rate{Every: 10 * time.Second, Burst: 1}
	reserve(t, l, "ahead", r)
	now = start
	if got := reserve(t, l, "next", r); got > 20*time.Second {
		t.Errorf("the next question waits %s", got)
	}
}

func TestNoRateIsNoLimit(t *testing.T) {
	t.Parallel()

	now := start
	l := limiter(&now)
	for i := range 100 {
		if got := reserve(t, l, strconv.Itoa(i), Rate{}); got != 0 {
			t.Fatalf("question %d waits %s without a limit", i, got)
		}
	}
}

func TestMemoryOfAChannelIsBounded(t *testing.T) {
	t.Parallel()

	now := start
	l, r := limiter(&now), Rate{Every: time.Hour, Burst: 1}
	for i := range MaxSlots {
		reserve(t, l, strconv.Itoa(i), r)
	}
	if _, err := l.Reserve(t.Context(), "c", "one more", r); err == nil {
		t.Error("one more than MaxSlots was taken in")
	}
}

func TestUnreadableStateStartsAfresh(t *testing.T) {
	t.Parallel()

	now := start
	l := limiter(&now)
	if _, err := l.Store.Put(t.Context(), "c", []byte("{not json"), 0); err != nil {
		t.Fatal(err)
	}
	if got := reserve(t, l, "a", Rate{Every: time.Second}); got != 0 {
		t.Errorf("waits %s", got)
	}
}

// TestWorkersShareOneLimit lets many take at once: exactly the burst goes
// through at one moment, and every other gets a slot of its own.
func TestWorkersShareOneLimit(t *testing.T) {
	t.Parallel()

	now := start
	l, r := limiter(&now), Rate{Every: time.Second, Burst: 5}
	const askers = 20
	waits := make([]time.Duration, askers)
	var all sync.WaitGroup
	for i := range askers {
		all.Go(func() {
			wait, err := l.Reserve(t.Context(), "c", strconv.Itoa(i), r)
			if err != nil {
				t.Error(err)
			}
			waits[i] = wait
		})
	}
	all.Wait()
	seen := map[time.Duration]int{}
	for _, w := range waits {
		seen[w]++
	}
	if seen[0] != 5 {
		t.Errorf("%d went through at once, want the burst of 5", seen[0])
	}
	for i := 1; i <= askers-5; i++ {
		if n := seen[time.Duration(i)*time.Second]; n != 1 {
			t.Errorf("%d questions share the slot at %d s", n, i)
		}
	}
}
