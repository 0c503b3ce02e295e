package quota

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// shared are counters that cannot tell when something is given back.
type shared struct{ llm.Counters }

func (shared) Freed() <-chan struct{} { return nil }

func TestWaitEndsWithTheMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &Book{Counters: shared{NewMemory(nil)}}
		q := llm.Quota{ID: "q", RPM: 1}
		reserve(t, b, Need{}, q)
		over := refuse(t, b, Need{}, q)
		if err := b.Wait(t.Context(), over); err != nil {
			t.Fatal(err)
		}
		if now := time.Now(); now.Before(over.Until) || now.After(over.Until.Add(time.Second)) {
			t.Errorf("waited until %s, want %s", now, over.Until)
		}
		reserve(t, b, Need{}, q)
		if err := b.Wait(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitEndsWhenAPlaceIsFree(t *testing.T) {
	t.Parallel()
	for name, counters := range map[string]func() llm.Counters{
		"told":  func() llm.Counters { return NewMemory(nil) },
		"asked": func() llm.Counters { return shared{NewMemory(nil)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &Book{Counters: counters()}
				q := llm.Quota{ID: "q", Parallel: 1}
				h := reserve(t, b, Need{}, q)
				begun := time.Now()
				time.AfterFunc(time.Second, func() { h.Settle(context.Background(), Need{}) })
				for {
					_, err := b.Reserve(t.Context(), []llm.Quota{q}, Need{})
					if err == nil {
						break
					}
					over, _ := errors.AsType[*Over](err)
					if err := b.Wait(t.Context(), over); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(begun); took < time.Second || took > time.Second+pollEvery {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &Book{Counters: NewMemory(nil)}
		q := llm.Quota{ID: "q", Parallel: 1}
		reserve(t, b, Need{}, q)
		for _, parent := range []context.Context{t.Context(), WithTurn(t.Context())} {
			ctx, cancel := context.WithTimeoutCause(parent, time.Second, errors.New("time is up"))
			err := b.Wait(ctx, refuse(t, b, Need{}, q))
			cancel()
			if err == nil || err.Error() != "while waiting for room (1 of 1 places are taken): time is up" {
				t.Errorf("%v", err)
			}
		}
	})
}

// inLine begins a caller that waits for its place, notes that it has it, and
// holds it for a second.
func inLine(t *testing.T, b *Book, q llm.Quota, note func()) {
	t.Helper()
	ctx := WithTurn(t.Context())
	for {
		h, err := b.Reserve(ctx, []llm.Quota{q}, Need{})
		if err == nil {
			note()
			time.AfterFunc(time.Second, func() { h.Settle(ctx, Need{}) })
			return
		}
		over, _ := errors.AsType[*Over](err)
		if err := b.Wait(ctx, over); err != nil {
			t.Error(err)
			return
		}
	}
}

// TestFirstComeFirstServed: also where newcomers arrive all the time.
func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	for name, counters := range map[string]func() llm.Counters{
		"told":  func() llm.Counters { return NewMemory(nil) },
		"asked": func() llm.Counters { return shared{NewMemory(nil)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &Book{Counters: counters()}
				q := llm.Quota{ID: "q", Parallel: 2}
				var mu sync.Mutex
				var order []int
				var all sync.WaitGroup
				for i := range 40 {
					all.Go(func() {
						inLine(t, b, q, func() {
							mu.Lock()
							defer mu.Unlock()
							order = append(order, i)
						})
					})
					timer := time.NewTimer(10 * time.Millisecond)
					<-timer.C
				}
				all.Wait()
				if !slices.IsSorted(order) || len(order) != 40 {
					t.Errorf("served in the order %v", order)
				}
			})
		})
	}
}

// TestWhoGoesElsewhereHoldsNobodyUp: the first in the line is told that there
// is room, and never comes.
func TestWhoGoesElsewhereHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &Book{Counters: NewMemory(nil)}
		q := llm.Quota{ID: "q", Parallel: 1}
		h := reserve(t, b, Need{}, q)
		gone := WithTurn(t.Context())
		_, err := b.Reserve(gone, []llm.Quota{q}, Need{})
		over, _ := errors.AsType[*Over](err)
		var all sync.WaitGroup
		all.Go(func() {
			if err := b.Wait(gone, over); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		served := time.Time{}
		all.Go(func() { inLine(t, b, q, func() { served = time.Now() }) })
		synctest.Wait()
		freed := time.Now()
		h.Settle(t.Context(), Need{})
		all.Wait()
		if took := served.Sub(freed); took > 3*turnLasts {
			t.Errorf("the second was held up for %s", took)
		}
	})
}

// TestNobodyPushesIn: one without a turn gets no place before those who wait.
func TestNobodyPushesIn(t *testing.T) {
	t.Parallel()
	b, _ := newBook()
	q := llm.Quota{ID: "q", Parallel: 1}
	first := WithTurn(t.Context())
	b.join("q/parallel", turnOf(first))
	if over := refuse(t, b, Need{}, q); over.Limit != Parallel {
		t.Errorf("refused by %+v", over)
	}
	reserve(t, b, Need{}, llm.Quota{ID: "other", Parallel: 1})
	if _, err := b.Reserve(first, []llm.Quota{q}, Need{}); err != nil {
		t.Error(err)
	}
	if len(b.lines) != 0 {
		t.Error("the line is not empty")
	}
}
