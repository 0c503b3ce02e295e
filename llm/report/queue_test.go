package report

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inbox is a Send that remembers what it got and fails as it is told.
type inbox struct {
	mu      sync.Mutex
	batches [][]int
	at      []time.Duration
	began   time.Time
	fail    func(batch []int, nth int) error
}

func (b *inbox) send(_ context.Context, batch []int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.batches = append(b.batches, append([]int(nil), batch...))
	b.at = append(b.at, time.Since(b.began))
	if b.fail != nil {
		return b.fail(batch, len(b.batches))
	}
	return nil
}

// got returns the batches and when they came.
func (b *inbox) got() ([][]int, []time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([][]int(nil), b.batches...), append([]time.Duration(nil), b.at...)
}

func testQueue(l Limits, send func(context.Context, []int) error, log *strings.Builder) *Queue[int] {
	o := QueueOptions[int]{Name: "test", Limits: l, Size: func(int) int { return 10 }, Send: send}
	if log != nil {
		o.Log = slog.New(slog.NewTextHandler(log, nil))
	}
	return NewQueue(o)
}

// elapse lets time pass on a bubble's clock, and all that is due by then happen.
func elapse(d time.Duration) {
	<-time.NewTimer(d).C
	synctest.Wait()
}

// runQueue runs a queue; what it returns ends it and waits until it has ended.
func runQueue[T any](t *testing.T, q *Queue[T]) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
	}
}

func addAll(q *Queue[int], from, to int) {
	for i := from; i <= to; i++ {
		q.Add(i)
	}
}

func TestQueueSendsBySizeAndByTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := &inbox{began: time.Now()}
		q := testQueue(Limits{Batch: 3, Interval: 5 * time.Second}, got.send, nil)
		stop := runQueue(t, q)
		addAll(q, 1, 4)
		synctest.Wait()
		batches, _ := got.got()
		if diff := cmp.Diff([][]int{{1, 2, 3}, {4}}, batches); diff != "" {
			t.Errorf("a full batch takes along what waits: %s", diff)
		}
		addAll(q, 5, 6)
		synctest.Wait()
		if batches, _ = got.got(); len(batches) != 2 {
			t.Fatalf("%d batches before the interval is over", len(batches))
		}
		elapse(6 * time.Second)
		if batches, _ = got.got(); len(batches) != 3 || !slices.Equal(batches[2], []int{5, 6}) {
			t.Error(batches)
		}
		stop()
		want := QueueState{Callback: "test", Sent: 6}
		if diff := cmp.Diff(want, q.State()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQueueKeepsBatchesSmall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := &inbox{began: time.Now()}
		q := testQueue(Limits{BatchBytes: 25}, got.send, nil) // two items of ten bytes
		addAll(q, 1, 5)
		runQueue(t, q)()
		batches, _ := got.got()
		if diff := cmp.Diff([][]int{{1, 2}, {3, 4}, {5}}, batches); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]Limits{"items": {Items: 7}, "bytes": {Bytes: 75}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := testQueue(l, nil, nil)
			addAll(q, 1, 1000)
			want := QueueState{Callback: "test", Waiting: 7, Bytes: 70, Dropped: 993}
			if diff := cmp.Diff(want, q.State()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is being sent counts too: a callback that hangs must not double the memory.
func TestQueueCountsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		q := testQueue(Limits{Items: 10, Batch: 10, Grace: time.Second}, func(ctx context.Context, _ []int) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}, &log)
		stop := runQueue(t, q)
		addAll(q, 1, 10)
		synctest.Wait() // all ten are with the callback now
		before := time.Now()
		addAll(q, 11, 500)
		if took := time.Since(before); took != 0 {
			t.Errorf("Add took %v of the clock while the callback hung", took)
		}
		if diff := cmp.Diff(QueueState{Callback: "test", Waiting: 10, Bytes: 100, Dropped: 490}, q.State()); diff != "" {
			t.Error(diff)
		}
		stop()
		if took := time.Since(before); took != time.Second {
			t.Errorf("the end took %v, not the grace period", took)
		}
		state := q.State()
		if state.Dropped != 500 || state.Waiting != 0 || state.Bytes != 0 {
			t.Errorf("at the end: %+v", state)
		}
		if q.Add(1) || q.State().Dropped != 501 {
			t.Error("a report after the end must be dropped and counted")
		}
		if !strings.Contains(log.String(), "callback=test dropped=500") {
			t.Errorf("the log does not tell of the drops: %s", log.String())
		}
	})
}

func TestQueueRetries(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	tests := map[string]struct {
		fail    func(batch []int, nth int) error
		batches [][]int
		at      []time.Duration
		state   QueueState
	}{
		"until it works": {
			fail: func(_ []int, nth int) error {
				if nth < 3 {
					return down
				}
				return nil
			},
			batches: [][]int{{1, 2}, {1, 2}, {1, 2}},
			at:      []time.Duration{0, time.Second, 3 * time.Second},
			state:   QueueState{Sent: 2, Failures: 2},
		},
		"until it gives up": {
			fail:    func([]int, int) error { return down },
			batches: [][]int{{1, 2}, {1, 2}, {1, 2}, {1, 2}},
			at:      []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second},
			state:   QueueState{Dropped: 2, Failures: 4},
		},
		"not where it is in vain": {
			fail:    func([]int, int) error { return &SendError{Err: down} },
			batches: [][]int{{1, 2}}, at: []time.Duration{0},
			state: QueueState{Dropped: 2, Failures: 1},
		},
		"when the server says": {
			fail: func(_ []int, nth int) error {
				if nth == 1 {
					return &SendError{Err: down, Retry: true, After: 20 * time.Second}
				}
				return nil
			},
			batches: [][]int{{1, 2}, {1, 2}}, at: []time.Duration{0, 20 * time.Second},
			state: QueueState{Sent: 2, Failures: 1},
		},
		"a server is believed for a minute at most": {
			fail: func(_ []int, nth int) error {
				if nth == 1 {
					return &SendError{Err: down, Retry: true, After: 24 * time.Hour}
				}
				return nil
			},
			batches: [][]int{{1, 2}, {1, 2}}, at: []time.Duration{0, time.Minute},
			state: QueueState{Sent: 2, Failures: 1},
		},
		"in halves": {
			fail: func(batch []int, _ int) error {
				if batch[len(batch)-1] == 2 {
					return &SendError{Err: down, Split: true}
				}
				return nil
			},
			batches: [][]int{{1, 2}, {1}, {2}}, at: []time.Duration{0, 0, 0},
			state: QueueState{Sent: 1, Dropped: 1, Failures: 2},
		},
		"not what was lost on the way": {
			fail:    func([]int, int) error { return &SendError{Err: down, Lost: 1} },
			batches: [][]int{{1, 2}}, at: []time.Duration{0},
			state: QueueState{Sent: 1, Dropped: 1, Failures: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := &inbox{began: time.Now(), fail: test.fail}
				q := testQueue(Limits{Batch: 2, Attempts: 4}, got.send, nil)
				stop := runQueue(t, q)
				addAll(q, 1, 2)
				elapse(2 * time.Minute)
				stop()
				test.state.Callback = "test"
				if diff := cmp.Diff(test.state, q.State()); diff != "" {
					t.Error(diff)
				}
				batches, at := got.got()
				if diff := cmp.Diff(test.batches, batches); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(test.at, at); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestQueueEndsAtOnceWhereNobodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := &inbox{began: time.Now(), fail: func([]int, int) error { return errors.New("refused") }}
		q := testQueue(Limits{Batch: 10, Backoff: 30 * time.Second}, got.send, nil)
		stop := runQueue(t, q)
		addAll(q, 1, 10)
		synctest.Wait() // it waits for its second attempt
		addAll(q, 11, 25)
		before := time.Now()
		stop()
		if took := time.Since(before); took != 0 {
			t.Errorf("the end took %v", took)
		}
		if state := q.State(); state.Dropped != 25 {
			t.Errorf("%+v", state)
		}
		if batches, _ := got.got(); len(batches) != 6 { // two of each batch
			t.Errorf("%d sendings", len(batches))
		}
	})
}

func TestQueueFlushesAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context, _ []int) error {
			select {
			case <-time.NewTimer(time.Second).C:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		q := testQueue(Limits{Batch: 10, Grace: 3500 * time.Millisecond}, slow, nil)
		addAll(q, 1, 50)
		runQueue(t, q)()
		want := QueueState{Callback: "test", Sent: 30, Dropped: 20, Failures: 2}
		if diff := cmp.Diff(want, q.State()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQueueLogsOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		got := &inbox{began: time.Now(), fail: func([]int, int) error { return &SendError{Err: errors.New("no")} }}
		q := testQueue(Limits{Batch: 1}, got.send, &log)
		stop := runQueue(t, q)
		for range 150 { // two and a half minutes of failures
			q.Add(1)
			elapse(time.Second)
		}
		synctest.Wait()
		if n := strings.Count(log.String(), "\n"); n != 3 {
			t.Errorf("%d lines in 150 seconds:\n%s", n, log.String())
		}
		stop()
	})
}

func TestQueueFromManyGoroutines(t *testing.T) {
	t.Parallel()
	got := &inbox{began: time.Now()}
	q := testQueue(Limits{Items: 1 << 20, Bytes: 1 << 30, Batch: 64}, got.send, nil)
	stop := runQueue(t, q)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { addAll(q, 1, 500) })
	}
	wg.Wait()
	stop()
	if state := q.State(); state.Sent != 4000 || state.Dropped != 0 || state.Waiting != 0 || state.Bytes != 0 {
		t.Errorf("%+v", state)
	}
}
