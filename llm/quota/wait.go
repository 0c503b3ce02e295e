package quota

import (
	"context"
	"fmt"
	"time"
)

// pollEvery is how often shared counters, which cannot tell when something was
// given back elsewhere, are asked again.
const pollEvery = 100 * time.Millisecond

type line struct{}

// Wait returns when there may be room again: the window has ended, or something
// was given back. Its error is the context's.
func (b *Book) Wait(ctx context.Context, o *Over) error {
	if o == nil {
		return nil
	}
	timer := time.NewTimer(b.pause(o))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-o.freed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("while waiting for room (%s): %w", o.usage(), context.Cause(ctx))
	}
}

// pause is how long to wait at most before asking again.
func (b *Book) pause(o *Over) time.Duration {
	const long = time.Hour
	wait := long
	if !o.Until.IsZero() {
		wait = max(o.Until.Sub(b.now()), 0)
	}
	if o.freed == nil && o.Limit != RPM { // requests are never given back
		wait = min(wait, pollEvery)
	}
	return wait
}
