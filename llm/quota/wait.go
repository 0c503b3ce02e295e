package quota

import (
	"context"
	"fmt"
	"time"
)

// pollEvery is how often shared counters, which cannot tell when something was
// given back elsewhere, are asked again.
const pollEvery = 100 * time.Millisecond

// Wait returns when there may be room again: the window has ended, or something
// was given back. Then Reserve tells. Callers that wait for places with a turn
// (see WithTurn) come one after the other, in the order in which they began to
// wait. The error is the context's.
func (b *Book) Wait(ctx context.Context, o *Over) error {
	if o == nil {
		return nil
	}
	if t := turnOf(ctx); t != nil && o.Limit == Parallel {
		return b.waitInLine(ctx, o, t)
	}
	return b.waitForRoom(ctx, o)
}

func (b *Book) waitForRoom(ctx context.Context, o *Over) error {
	timer := time.NewTimer(b.pause(o))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-o.freed:
		return nil
	case <-ctx.Done():
		return leftWaiting(ctx, o)
	}
}

func leftWaiting(ctx context.Context, o *Over) error {
	return fmt.Errorf("while waiting for room (%s): %w", o.usage(), context.Cause(ctx))
}

// pause is how long to wait at most before asking again.
func (b *Book) pause(o *Over) time.Duration {
	wait := time.Hour
	if !o.Until.IsZero() {
		wait = max(o.Until.Sub(b.now()), 0)
	}
	if o.freed == nil && o.Limit != RPM { // requests are never given back
		wait = min(wait, pollEvery)
	}
	return wait
}
