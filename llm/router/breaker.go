package router

import "time"

// maxCooldown is the longest time that a deployment is left alone before it is
// tried again, unless the file says longer: past it, asking is cheaper than
// guessing.
const maxCooldown = 5 * time.Minute

// breaker leaves a deployment alone for a while. After that one call at a time
// passes, a probe: if it goes well the breaker is closed, if not it is open
// again for twice as long. Probes have numbers, so that one that ends late says
// nothing of a cool-down that began after it was through, and takes no other
// probe's place.
type breaker struct {
	open    bool
	until   time.Time
	length  time.Duration // of the present cool-down
	probing int64         // the probe that is on its way; 0: none
	probes  int64         // how many there ever were
	// soft says that it was opened by a count of failures although nobody else
	// was left: where a request has no other way its call may pass as a probe.
	soft bool
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
	case b.probing != 0:
		return probing
	case now.Before(b.until):
		return cooling
	}
	return halfOpen
}

// early is the state for a request that has no other way.
func (b *breaker) early(now time.Time) int {
	if s := b.state(now); s != cooling || !b.soft {
		return s
	}
	return halfOpen
}

// probe lets a call pass and returns its number.
func (b *breaker) probe() int64 {
	b.probes++
	b.probing = b.probes
	return b.probing
}

// is tells whether a call is the probe that is on its way. A number of 0 is that
// of a call that is none.
func (b *breaker) is(probe int64) bool { return probe != 0 && b.probing == probe }

// free gives the place of a probe back.
func (b *breaker) free(probe int64) {
	if b.is(probe) {
		b.probing = 0
	}
}

// trip opens the breaker for d, or for longer if its probe has failed. A failure
// while it is open already extends it and never shortens it.
func (b *breaker) trip(d time.Duration, now time.Time, probe int64) time.Duration {
	if b.is(probe) {
		d = max(d, min(2*b.length, maxCooldown))
		b.probing = 0
	}
	b.open, b.length = true, max(d, b.length)
	if until := now.Add(d); until.After(b.until) {
		b.until = until
	}
	return b.until.Sub(now)
}

// close ends the cool-down whose probe this is; any other call leaves it as it is.
func (b *breaker) close(probe int64) {
	if b.is(probe) {
		*b = breaker{probes: b.probes}
	}
}
