package router

import (
	"net/http"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// LiteLLM's rules of failure (its constants DEFAULT_FAILURE_THRESHOLD_PERCENT,
// DEFAULT_FAILURE_THRESHOLD_MINIMUM_REQUESTS,
// SINGLE_DEPLOYMENT_TRAFFIC_FAILURE_THRESHOLD and DEFAULT_ALLOWED_FAILS).
const (
	failureShare = 0.5  // of a minute's calls: more than this
	shareCalls   = 5    // fewer calls than this say nothing
	loneCalls    = 1000 // a lone deployment: all of so many have failed
	allowedFails = 3
)

// health are the rules by which deployments are left alone.
type health struct {
	off     bool
	allowed *int
	policy  map[llm.Kind]int
	length  time.Duration
}

func newHealth(s Settings) health {
	return health{off: s.DisableCooldowns, allowed: s.AllowedFails, policy: s.AllowedFailsPolicy, length: s.Cooldown}
}

// counted tells whether failures are counted instead of weighed. As in LiteLLM
// the default number, written out, changes nothing.
func (h *health) counted() bool {
	return h.allowed != nil && *h.allowed != allowedFails || len(h.policy) > 0
}

// blames tells whether a failure counts against the deployment. A request that
// nobody could serve does not; nor does 403, as in LiteLLM: it is as often about
// what was asked as about the key.
func (h *health) blames(e *llm.Error) bool {
	if _, named := h.policy[e.Kind]; named {
		return true
	}
	switch e.Kind {
	case llm.Unreachable, llm.Timeout, llm.RateLimited, llm.Overloaded, llm.NoSuchModel, llm.BadResponse, llm.NoFunds:
		return true
	case llm.Unauthorised:
		return e.Status != http.StatusForbidden
	default:
		return false
	}
}

// failed notes a node's failure and returns how long it is left alone for it; 0:
// it is not. probe is the number of the call if it was one let through after a
// cool-down.
func (h *health) failed(n *node, e *llm.Error, now time.Time, probe int64) time.Duration {
	blamed := h.blames(e)
	// Two that fail at the same moment must not both count on the other.
	n.peers.mu.Lock()
	defer n.peers.mu.Unlock()
	last := blamed && n.peers.lastHealthy(n, now)
	v := n.vitals
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failed(e, now, blamed)
	if !blamed {
		v.breaker.close(probe) // it answered, if only with a no
		return 0
	}
	d := h.lengthFor(n, e)
	if h.off || d <= 0 {
		v.breaker.free(probe)
		return 0
	}
	if !v.breaker.open {
		if !h.trips(n, e, last) {
			return 0
		}
		v.breaker.soft = last && h.counted()
	}
	return v.breaker.trip(d, now, probe)
}

// trips tells whether a failure is one too many. It is called under the lock.
func (h *health) trips(n *node, e *llm.Error, last bool) bool {
	w := &n.vitals.this
	if h.counted() {
		return h.tooMany(w, e) && (!last || w.failed > 1)
	}
	all := w.failed == w.calls
	switch {
	case len(n.peers.nodes) < 2:
		return all && w.calls >= loneCalls
	case last:
		return all && w.calls >= shareCalls
	}
	switch e.Kind {
	case llm.RateLimited, llm.Unauthorised, llm.NoSuchModel, llm.NoFunds:
		return true
	default:
		return w.calls >= shareCalls && float64(w.failed) > failureShare*float64(w.calls)
	}
}

// tooMany is allowed_fails: a policy for this kind, or else the number for all.
func (h *health) tooMany(w *window, e *llm.Error) bool {
	if most, named := h.policy[e.Kind]; named {
		return w.kinds[e.Kind] > most
	}
	if h.allowed != nil {
		return w.failed > *h.allowed
	}
	return w.failed > allowedFails
}

// lengthFor is how long a failure is worth: the deployment's own time, else what
// the provider asked for, else the router's.
func (h *health) lengthFor(n *node, e *llm.Error) time.Duration {
	switch {
	case n.Cooldown != nil:
		return *n.Cooldown
	case e.After > 0:
		return min(e.After, max(maxCooldown, h.length))
	}
	return h.length
}
