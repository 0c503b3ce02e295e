package report

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"
)

// Limits bound a Queue. A value that is 0 or less takes its default.
type Limits struct {
	Items      int           // reports that wait or are being sent; default 4096
	Bytes      int           // their size together; default 8 MiB
	Batch      int           // reports in one sending; default 100
	BatchBytes int           // size of one sending, unless a single report is larger; default 1 MiB
	Interval   time.Duration // how long a report waits for others; default 2 s
	Attempts   int           // sendings of one batch before it is given up; default 5
	Backoff    time.Duration // before the second attempt, doubled each time up to 30 s; default 1 s
	Timeout    time.Duration // of one sending; default 10 s
	Grace      time.Duration // for what is left once Run's context has ended; default 5 s
}

func (l Limits) withDefaults() Limits {
	l.Items = positive(l.Items, 4096)
	l.Bytes = positive(l.Bytes, 8<<20)
	l.Batch = positive(l.Batch, 100)
	l.BatchBytes = positive(l.BatchBytes, 1<<20)
	l.Interval = positive(l.Interval, 2*time.Second)
	l.Attempts = positive(l.Attempts, 5)
	l.Backoff = positive(l.Backoff, time.Second)
	l.Timeout = positive(l.Timeout, 10*time.Second)
	l.Grace = positive(l.Grace, 5*time.Second)
	return l
}

func positive[N cmp.Ordered](value, otherwise N) N {
	var zero N
	if value > zero {
		return value
	}
	return otherwise
}

// QueueOptions make a Queue.
type QueueOptions[T any] struct {
	Name   string // of the callback, in logs and metrics
	Limits Limits
	Size   func(item T) int // in bytes, about
	// Send delivers a batch in the order in which it was added. It returns a
	// *SendError to say what a failure means; any other error is tried again.
	Send func(ctx context.Context, batch []T) error
	Log  *slog.Logger
	Now  func() time.Time
}

// QueueState is what a Queue has done so far.
type QueueState struct {
	Callback string
	Sent     uint64 // reports delivered
	Dropped  uint64 // reports refused because the queue was full, or given up
	Failures uint64 // sendings that failed, later tried again or not
	Waiting  int    // reports that wait or are being sent
	Bytes    int    // their size
}

// Queue collects reports and sends them in batches. Its memory is bounded and
// Add never blocks. Make one with NewQueue.
type Queue[T any] struct {
	o    QueueOptions[T]
	full chan struct{} // holds a value when a whole batch is there

	mu      sync.Mutex
	waiting []entry[T]
	ready   int // bytes of waiting
	closed  bool
	state   QueueState
	voice   voice
}

type entry[T any] struct {
	item T
	size int
}

// NewQueue makes a queue. Nothing is sent before Run is called.
func NewQueue[T any](o QueueOptions[T]) *Queue[T] {
	o.Limits = o.Limits.withDefaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Queue[T]{o: o, full: make(chan struct{}, 1), state: QueueState{Callback: o.Name}}
}

// Add puts a report into the queue and returns at once. Where there is no room,
// or Run has ended, the report is dropped and counted, and Add returns false.
func (q *Queue[T]) Add(item T) bool {
	size := q.o.Size(item)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.state.Waiting >= q.o.Limits.Items || q.state.Bytes+size > q.o.Limits.Bytes {
		q.state.Dropped++
		return false
	}
	q.waiting = append(q.waiting, entry[T]{item, size})
	q.ready += size
	q.state.Waiting++
	q.state.Bytes += size
	if len(q.waiting) >= q.o.Limits.Batch || q.ready >= q.o.Limits.BatchBytes {
		select {
		case q.full <- struct{}{}:
		default: // Run knows already
		}
	}
	return true
}

// State returns what the queue has done so far.
func (q *Queue[T]) State() QueueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.state
}

// Run sends what is added until ctx is done, then what is left, for as long as
// the grace period, and returns nil. It is called once. A report that is added
// afterwards is dropped.
func (q *Queue[T]) Run(ctx context.Context) error {
	defer q.close(ctx)
	sending, stop := q.sending(ctx)
	defer stop()
	ticker := time.NewTicker(q.o.Limits.Interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			q.flush(ctx, sending)
			q.say(ctx, nil)
		case <-q.full:
			q.flush(ctx, sending)
		}
	}
	q.flush(ctx, sending)
	return nil
}

// sending returns the context of the sendings: it outlives ctx by the grace
// period, so that a sending under way is not cut by a shutdown.
func (q *Queue[T]) sending(ctx context.Context) (context.Context, func()) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		time.AfterFunc(q.o.Limits.Grace, cancel)
	})
	return sending, func() { unhook(); cancel() }
}

// flush sends batch after batch until nothing waits.
func (q *Queue[T]) flush(ctx, sending context.Context) {
	for batch, size := q.take(); len(batch) > 0; batch, size = q.take() {
		q.deliver(ctx, sending, batch)
		q.release(len(batch), size)
	}
}

// take removes the next batch from those that wait. It still counts as waiting
// until it is released, so that the bounds hold for all that is in memory.
func (q *Queue[T]) take() ([]T, int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.waiting) && n < q.o.Limits.Batch {
		if next := q.waiting[n].size; n == 0 || size+next <= q.o.Limits.BatchBytes {
			size += next
			n++
			continue
		}
		break
	}
	batch := make([]T, n)
	for i := range batch {
		batch[i] = q.waiting[i].item
	}
	left := copy(q.waiting, q.waiting[n:])
	clear(q.waiting[left:])
	q.waiting = q.waiting[:left]
	q.ready -= size
	return batch, size
}

func (q *Queue[T]) release(n, size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.state.Waiting -= n
	q.state.Bytes -= size
}

// close refuses what is added from now on and counts what came too late to be sent.
func (q *Queue[T]) close(ctx context.Context) {
	q.mu.Lock()
	q.closed = true
	q.state.Dropped += uint64(len(q.waiting))
	q.state.Waiting -= len(q.waiting)
	q.state.Bytes -= q.ready
	q.waiting, q.ready = nil, 0
	q.voice.last = time.Time{} // the last word is said whenever the one before was
	q.mu.Unlock()
	q.say(ctx, nil)
}
