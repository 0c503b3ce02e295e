package embed

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// tries is how often a call is made: with the waits between them a failure
	// of some ten seconds is sat out. A longer one is for the next ingest, which
	// goes on from there.
	tries     = 5
	awayTries = 2
	firstWait = 500 * time.Millisecond
	maxWait   = 8 * time.Second
	// maxAfter bounds what an endpoint may ask to wait: limits are by the
	// minute.
	maxAfter = time.Minute
)

// again says whether a failed call is worth another try, and when.
func (c *Client) again(err error, try int) (time.Duration, bool) {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.final || try+1 >= c.triesOf(e) {
		return 0, false
	}
	wait := min(firstWait<<try, maxWait)
	wait += rand.N(wait/2 + 1) // so that several workers do not come back at once
	if e.After > 0 {
		wait = e.After
		c.pause.until(c.o.Now().Add(wait))
	}
	return wait, true
}

// triesOf is how often a call is made that fails so. An endpoint that never
// answered is hardly about to, and one that took all its time once takes it
// again.
func (c *Client) triesOf(e *Error) int {
	if e.away && (!c.worked.Load() || errors.Is(e, errSlow)) {
		return awayTries
	}
	return tries
}

// pause is what an endpoint asked for: all calls wait for it.
type pause struct {
	mu sync.Mutex
	at time.Time
}

func (p *pause) until(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.After(p.at) {
		p.at = at
	}
}

func (p *pause) left(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at.Sub(now)
}

// turn waits until a call may be made. A call for a single text is a question's,
// with a person behind it, and does not queue behind those of an ingest.
func (c *Client) turn(ctx context.Context, urgent bool) error {
	now := c.o.Now()
	wait := c.limit.ReserveN(now, 1).DelayFrom(now)
	if urgent {
		wait = 0
	}
	return c.wait(ctx, max(wait, c.pause.left(now)), errors.New("too many calls"))
}

// wait waits, or fails at once where ctx ends before that.
func (c *Client) wait(ctx context.Context, d time.Duration, why error) error {
	if d <= 0 {
		return ctx.Err()
	}
	if end, ok := ctx.Deadline(); ok && end.Sub(c.o.Now()) < d {
		return fmt.Errorf("%w: it would take %s until the next try", why, d.Round(time.Millisecond))
	}
	return c.o.Sleep(ctx, d)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// retryAfter reads how long an endpoint asks to be left alone, in seconds or as
// a date; 0 for nothing usable.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(value, 64); err == nil {
		if s >= maxAfter.Seconds() {
			return maxAfter
		}
		return max(0, time.Duration(s*float64(time.Second)))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date // a wrong clock here does no harm
	}
	return min(max(0, at.Sub(now)), maxAfter)
}
