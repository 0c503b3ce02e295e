package router

import (
	"cmp"
	"math"
	"slices"

	"github.com/tribunebot/tribune/llm"
)

// cheaper lists the groups to try when a caller's money does not reach for a
// pool: those that cost less, the dearest of them first, so that as little as
// possible is given up. A group costs what its cheapest deployment does; one
// without a known price is the dearest of all.
func (t *table) cheaper(p *pool) []string {
	most := costOf(p.nodes)
	var list []string
	for _, name := range t.names {
		nodes := t.groups[name].nodes
		if costOf(nodes) < most && writes(nodes) {
			list = append(list, name)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int {
		return cmp.Compare(costOf(t.groups[b].nodes), costOf(t.groups[a].nodes))
	})
	return list
}

func costOf(nodes []*node) float64 {
	least := math.Inf(1)
	for _, n := range nodes {
		if n.Price.Known {
			least = min(least, perToken(n.Price))
		}
	}
	return least
}

// writes tells whether a group's models write text. Those that make vectors cost
// something to read to and nothing for what they say.
func writes(nodes []*node) bool {
	return !slices.ContainsFunc(nodes, func(n *node) bool {
		return n.Price.Known && n.Price.In > 0 && n.Price.Out == 0
	})
}

// queueCheaper puts the cheaper groups next, once for each request.
func (u *run) queueCheaper(p *pool) {
	asks := u.req.Asks
	if !u.short || u.shifted || u.req.Endpoint != llm.ChatCompletions || asks != nil && asks.DisableFallbacks {
		return
	}
	u.shifted = true
	var steps []next
	for _, name := range u.untried(u.t.cheaper(p)) {
		steps = append(steps, next{name: name, depth: u.depth, why: name + " is cheaper, and the budget is short"})
	}
	u.pending = append(steps, u.pending...)
}
