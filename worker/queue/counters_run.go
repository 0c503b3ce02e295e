package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// tendEvery is how often Run looks after the counters.
const tendEvery = time.Second

// round is what a look after the counters is for.
type round int

const (
	usual round = iota
	again       // the server may have forgotten what this process holds
	last        // the process is about to end
)

// Run looks after the counters until ctx is done: it says that this process
// still holds its places, tells the server what it could not be told before,
// and gives back what was taken ahead and is not used. In the end it gives
// everything back; call it off when no call is left.
func (c *Counters) Run(ctx context.Context) error {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := c.tend(ctx, c.round()); err != nil && ctx.Err() == nil {
				c.q.log.WarnContext(ctx, "the counters cannot be looked after", "error", err)
			}
		case <-ctx.Done():
			return c.end(ctx)
		}
	}
}

// round tells what the next look is for: a server that was restarted forgot
// what it had in memory, and a process that was frozen was taken for dead.
func (c *Counters) round() round {
	connected := c.q.conn.Stats().Reconnects
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connected != connected || c.alive.lapsed() {
		c.connected = connected
		return again
	}
	return usual
}

// lapsed tells whether a lease that was held has run out.
func (l *lease) lapsed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq != 0 && time.Since(l.renewed) >= l.ttl
}

// end gives everything back; what cannot be is lost to the counters until
// their windows end.
func (c *Counters) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), closeWait, errAway)
	defer cancel()
	err := errors.Join(c.tend(ctx, last), c.q.release(ctx, c.alive))
	if err != nil {
		return fmt.Errorf("giving back what the limits' counters hold: %w", err)
	}
	return nil
}

// tend looks after each counter. It stops at the first that the server does
// not answer for: the others would fare no better.
func (c *Counters) tend(ctx context.Context, r round) error {
	c.mu.Lock()
	c.forget()
	all := slices.Collect(maps.Values(c.meters))
	names := slices.Collect(maps.Keys(c.meters))
	for _, name := range names {
		c.users[name]++
	}
	c.mu.Unlock()
	defer c.let(names)

	ctx, cancel := context.WithTimeoutCause(ctx, closeWait, errAway)
	defer cancel()
	if r != last && anyPlaces(names) {
		if err := c.q.hold(ctx, c.alive); err != nil {
			return err
		}
	}
	for _, t := range all {
		if err := t.tend(ctx, r); err != nil {
			return withCause(ctx, err)
		}
	}
	return nil
}

// anyPlaces tells whether there are places among the counters.
func anyPlaces(names []counter) bool {
	return slices.ContainsFunc(names, func(name counter) bool { return name.kind == place })
}

func (c *Counters) let(names []counter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range names {
		if c.users[name]--; c.users[name] == 0 {
			delete(c.users, name)
		}
	}
}
