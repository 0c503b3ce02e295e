package router

import (
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// node is a deployment with what is known of it.
type node struct {
	Deployment

	vitals *vitals
	peers  *peers
	// pattern is the vitals of the deployment whose pattern this one was opened
	// for; nil for a plain one.
	pattern *vitals
	// chosen says that the model is whatever name fitted the pattern, rather than
	// one that the operator listed.
	chosen bool
}

// peers are the deployments of one group.
type peers struct {
	mu    sync.Mutex // held while it is decided who is left alone
	nodes []*node
}

// lastHealthy tells whether all but n are left alone.
func (p *peers) lastHealthy(n *node, now time.Time) bool {
	for _, other := range p.nodes {
		if other != n && other.state(now) == closed {
			return false
		}
	}
	return true
}

func (n *node) state(now time.Time) int {
	n.vitals.mu.Lock()
	defer n.vitals.mu.Unlock()
	return n.vitals.breaker.state(now)
}

// early is state for a request that has no other way.
func (n *node) early(now time.Time) int {
	n.vitals.mu.Lock()
	defer n.vitals.mu.Unlock()
	return n.vitals.breaker.early(now)
}

// until is when a node that is left alone may be tried again.
func (n *node) until() time.Time {
	n.vitals.mu.Lock()
	defer n.vitals.mu.Unlock()
	return n.vitals.breaker.until
}

// claim takes the one place of a probe, if the node is to be probed, and returns
// the probe's number. ok is false when another call has it. early is said by a
// request that has no other way.
func (n *node) claim(now time.Time, early bool) (probe int64, ok bool) {
	v := n.vitals
	v.mu.Lock()
	defer v.mu.Unlock()
	state := v.breaker.state(now)
	if early {
		state = v.breaker.early(now)
	}
	switch state {
	case halfOpen:
		return v.breaker.probe(), true
	case probing:
		return 0, false
	}
	return 0, true
}

// unclaim gives the place of a probe back that has shown nothing.
func (n *node) unclaim(probe int64) {
	n.vitals.mu.Lock()
	defer n.vitals.mu.Unlock()
	n.vitals.breaker.free(probe)
}

// alive ends a node's cool-down: its probe has begun to answer.
func (n *node) alive(probe int64) {
	n.vitals.mu.Lock()
	defer n.vitals.mu.Unlock()
	n.vitals.breaker.close(probe)
}

func (n *node) begin() {
	n.vitals.begin()
	if n.pattern != nil {
		n.pattern.begin()
	}
}

func (n *node) end() {
	n.vitals.end()
	if n.pattern != nil {
		n.pattern.end()
	}
}

func (n *node) succeeded(s success, now time.Time, keep int) {
	n.vitals.succeeded(s, now, keep)
	if n.pattern != nil {
		n.pattern.succeeded(s, now, keep)
	}
}

func (n *node) spent(tokens int64, now time.Time) {
	n.vitals.spent(tokens, now)
	if n.pattern != nil {
		n.pattern.spent(tokens, now)
	}
}

// failed notes a failure; see health.failed.
func (n *node) failed(h *health, e *llm.Error, now time.Time, probe int64) time.Duration {
	if n.pattern != nil {
		n.pattern.mu.Lock()
		n.pattern.failed(e, now, h.blames(e))
		n.pattern.mu.Unlock()
	}
	return h.failed(n, e, now, probe)
}

// candidate is how a strategy sees the node; latencies are those since.
func (n *node) candidate(now, since time.Time, stream bool) Candidate {
	c := Candidate{ID: n.ID, Weight: n.Weight, RPM: n.Quota.RPM, TPM: n.Quota.TPM, Price: n.Price}
	v := n.vitals
	v.mu.Lock()
	defer v.mu.Unlock()
	v.roll(now)
	c.InFlight, c.Tokens = v.inFlight, v.this.tokens
	if stream {
		c.Latency = v.first.mean(since)
	} else {
		c.Latency = v.perToken.mean(since)
	}
	return c
}
