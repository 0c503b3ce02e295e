package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tribunebot/tribune/llm"
)

const (
	// countWait bounds one Take, Settle or Used: a synced write takes some
	// 0.6 ms, and under load one in a hundred 0.1 to 0.4 s.
	countWait = 2 * time.Second
	// awayFor is how long counters that did not answer are not asked again, so
	// that not every call waits for countWait.
	awayFor = time.Second
	// placesAlive is how many ackWaits (30 s by default) a process keeps its
	// places without a sign of life: longer than the election of a new leader
	// among servers takes, in which nobody can give one (4 to 9 s).
	placesAlive = 3
	// firstSweep is how many counters a process knows before it looks for
	// those it can forget.
	firstSweep = 1024
)

// errAway says that the counters cannot be asked just now.
var errAway = errors.New("the queue's server does not answer")

// Counters are limits that all processes on one server share; see
// Queue.Counters. They implement llm.Counters.
//
// Each counter is one message, changed by compare-and-set. A process takes a
// little more than it was asked for, up to 1/64 of the limit and less the nearer
// the limit is (see ahead), and grants what follows out of that without asking
// the server. What it has taken ahead goes back when a counter was not used for
// a second, when there is no room otherwise, and when Run ends; a process that is
// killed loses it to the counter until the window ends. So a limit is never
// passed and money is never forgotten, but what one process has in hand may be
// missing to another for a second. Places, and limits under 512, are exact.
//
// Measured on two busy cores with an embedded server and four callers of one
// key (BenchmarkCounters): 12,000 to 15,000 exact grants a second in memory, in
// one process or in two; 630 to 690 with synced writes; 90,000 and more out of
// what was taken ahead, synced or not.
type Counters struct {
	q     *Queue
	alive *lease // tells others that this process still holds its places
	rates ledger
	money ledger

	mu     sync.Mutex
	meters map[counter]meter
	users  map[counter]int // calls that have its meter in hand: it may not be forgotten
	sweep  int
	away   time.Time // do not ask before this
	// connected counts reconnects when tend last looked.
	connected uint64
}

// counter names one counter.
type counter struct {
	kind kind
	key  string
}

// kind is where a counter is kept, and how.
type kind byte

const (
	rate kind = iota
	place
	money
)

func kindOf(a *llm.Ask) kind {
	switch {
	case a.Durable:
		return money
	case a.Until.IsZero() && !a.Forever:
		return place
	default:
		return rate
	}
}

// meter is a counter as this process knows it.
type meter interface {
	take(ctx context.Context, a *llm.Ask) error
	settle(ctx context.Context, a *llm.Ask) error
	used(ctx context.Context) (int64, error)
	// tend writes what the server does not know yet and gives back what is
	// not in use.
	tend(ctx context.Context, r round) error
	// done tells whether nothing would be lost by forgetting it.
	done(now time.Time) bool
}

// Counters makes the counters' streams where there are none, and returns a
// process's view of them. Its Run must run beside it: else other processes take
// the places of long calls for lost after half a minute.
func (q *Queue) Counters(ctx context.Context) (*Counters, error) {
	rates, err := q.addStream(ctx, q.ratesConfig())
	if err != nil {
		return nil, err
	}
	money, err := q.addStream(ctx, q.moneyConfig())
	if err != nil {
		return nil, err
	}
	id := rand.Text()
	return &Counters{
		q:     q,
		alive: &lease{subject: aliveSubject(id), owner: id, ttl: max((placesAlive * q.ackWait).Truncate(time.Second), time.Second)},
		rates: ledger{q: q, stream: rates}, money: ledger{q: q, stream: money},
		meters: map[counter]meter{}, users: map[counter]int{}, sweep: firstSweep,
	}, nil
}

// Take implements llm.Counters. The counters are raised in the order of their
// keys; where one refuses, those before it are lowered again.
func (c *Counters) Take(ctx context.Context, asks []llm.Ask) error {
	ctx, cancel, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	order := make([]*llm.Ask, len(asks))
	for i := range asks {
		order[i] = &asks[i]
	}
	slices.SortStableFunc(order, func(a, b *llm.Ask) int { return cmp.Compare(a.Key, b.Key) })
	for i, a := range order {
		if err := c.with(a, func(t meter) error { return t.take(ctx, a) }); err != nil {
			c.lower(ctx, order[:i])
			return c.failed(ctx, err)
		}
	}
	return nil
}

// lower takes back what a refused Take has raised. What the server cannot be
// told now is told by Run.
func (c *Counters) lower(ctx context.Context, asks []*llm.Ask) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), countWait, errAway)
	defer cancel()
	for _, a := range asks {
		back := *a
		back.Amount = -a.Amount
		if err := c.with(&back, func(t meter) error { return t.settle(ctx, &back) }); err != nil {
			c.q.log.WarnContext(ctx, "a counter could not be lowered yet", "error", err)
		}
	}
}

// Settle implements llm.Counters. After an error the corrections are known in
// this process, and Run tells the server.
func (c *Counters) Settle(ctx context.Context, asks []llm.Ask) error {
	ctx, cancel := context.WithTimeoutCause(ctx, countWait, errAway)
	defer cancel()
	var err error
	for i := range asks {
		a := &asks[i]
		err = errors.Join(err, c.with(a, func(t meter) error { return t.settle(ctx, a) }))
	}
	return c.failed(ctx, err)
}

// Used implements llm.Counters. What other processes have taken ahead counts.
func (c *Counters) Used(ctx context.Context, asks []llm.Ask) ([]int64, error) {
	ctx, cancel, err := c.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	used := make([]int64, len(asks))
	for i := range asks {
		err := c.with(&asks[i], func(t meter) (err error) {
			used[i], err = t.used(ctx)
			return err
		})
		if err != nil {
			return nil, c.failed(ctx, err)
		}
	}
	return used, nil
}

// Freed implements llm.Counters: what other processes give back is not told.
func (c *Counters) Freed() <-chan struct{} { return nil }

// begin bounds a call, or refuses it where the server does not answer anyway.
func (c *Counters) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	c.mu.Lock()
	away := c.q.now().Before(c.away)
	c.mu.Unlock()
	if away || !c.q.conn.IsConnected() {
		return nil, nil, errAway
	}
	ctx, cancel := context.WithTimeoutCause(ctx, countWait, errAway)
	return ctx, cancel, nil
}

// failed notes that the server did not answer.
func (c *Counters) failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(context.Cause(ctx), errAway) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders) {
		c.mu.Lock()
		c.away = c.q.now().Add(awayFor)
		c.mu.Unlock()
	}
	if _, over := errors.AsType[*llm.OverLimit](err); over {
		return err
	}
	return fmt.Errorf("counting: %w", withCause(ctx, err))
}

// with calls do with an ask's counter.
func (c *Counters) with(a *llm.Ask, do func(meter) error) error {
	name := counter{kindOf(a), a.Key}
	c.mu.Lock()
	t := c.meters[name]
	if t == nil {
		t = c.open(name, a)
	}
	c.users[name]++
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.users[name]--; c.users[name] == 0 {
			delete(c.users, name)
		}
	}()
	return do(t)
}

// open makes a counter known to this process. The caller has c.mu.
func (c *Counters) open(name counter, a *llm.Ask) meter {
	if len(c.meters) >= c.sweep {
		c.forget()
	}
	var t meter
	switch name.kind {
	case place:
		t = &places{guard: newGuard(), counters: c, cell: cell{ledger: c.rates, subject: placeSubject(a.Key)}}
	case money:
		t = &sum{guard: newGuard(), until: a.Until, cell: cell{ledger: c.money, subject: moneySubject(a.Key)}}
	case rate:
		t = &sum{guard: newGuard(), until: a.Until, cell: cell{ledger: c.rates, subject: rateSubject(a.Key)}}
	}
	c.meters[name] = t
	return t
}

// forget drops what this process need not remember. The caller has c.mu.
func (c *Counters) forget() {
	now := c.q.now()
	for name, t := range c.meters {
		if c.users[name] == 0 && t.done(now) {
			delete(c.meters, name)
		}
	}
	c.sweep = max(firstSweep, 2*len(c.meters))
}
