package router

import "time"

// maxCooldown is the longest time that a deployment is left alone before it is
// tried again, unless the file says longer: past it, asking is cheaper than
// guessing.
const maxCooldown = 5 * time.Minute

// breaker leaves a deployment alone for a while. After that one call at a time
// passes, a probe: if it goes well the breaker is closed, if not it is open
// again for twice as long.
type breaker struct {
	open    bool
	until   time.Time
	length  time.Duration // of the present cool-down
	probing bool
}

// The states of a breaker.
const (
	closed = iota
	cooling
	halfOpen // a probe may pass
	probing  // a probe is on its way
)

func (b *breaker) state(now time.Time) int {
	switch {
	case !b.open:
		return closed
	case now.Before(b.until):
		return cooling
	case b.probing:
		return probing
	}
	return halfOpen
}

// trip opens the breaker for d, or for longer if a probe has failed. A failure
// while it is open already extends it and never shortens it.
func (b *breaker) trip(d time.Duration, now time.Time, probe bool) time.Duration {
	if probe {
		d = max(d, min(2*b.length, maxCooldown))
		b.probing = false
	}
	b.open, b.length = true, max(d, b.length)
	if until := now.Add(d); until.After(b.until) {
		b.until = until
	}
	return b.until.Sub(now)
}

func (b *breaker) close() { *b = breaker{} }
