package router

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota"
)

// choice is a deployment that may be called now, with what it needs reserved.
type choice struct {
	node  *node
	hold  *quota.Hold
	probe int64  // its number, if it is the one call that is let through after a cool-down
	by    string // the strategy, where it had a choice
}

// refusal says why no deployment of a pool can be called now.
type refusal struct {
	err   *llm.Error    // nothing will change that
	until time.Time     // the first that cools down is back; zero: none does
	probe bool          // somebody is finding out whether one is back
	overs []*quota.Over // deployments' limits without room
	mine  *quota.Over   // a limit of the caller's own without room
}

// choose finds a deployment to call, and waits for one if that is worth it.
func (u *run) choose(ctx context.Context, p *pool) (choice, error) {
	if ctx.Err() != nil {
		return choice{}, u.stopped(ctx)
	}
	c, no := u.look(ctx, p)
	if no == nil {
		return c, nil
	}
	return u.wait(ctx, p)
}

// look finds a deployment to call at once: one that was not asked yet, and only
// where there is none, or anew is set, one that was. The refusal is good until the
// next look.
func (u *run) look(ctx context.Context, p *pool) (choice, *refusal) {
	now := u.r.now()
	u.refusal = refusal{}
	no := &u.refusal
	fresh, asked := u.split(u.ready(p, now))
	if c, ok := u.claim(ctx, fresh, now, no); ok {
		return c, nil
	}
	if (len(fresh) == 0 || u.anew) && no.err == nil && no.mine == nil {
		if c, ok := u.claim(ctx, asked, now, no); ok {
			return c, nil
		}
	}
	u.absent(p, now, no)
	return choice{}, no
}

// split parts deployments into those that were not asked yet and the others.
func (u *run) split(nodes []*node) (fresh, asked []*node) {
	if len(u.tried) == 0 {
		return nodes, nil
	}
	for _, n := range nodes {
		if u.spent(n) {
			asked = append(asked, n)
		} else {
			fresh = append(fresh, n)
		}
	}
	return fresh, asked
}

// claim takes the best of these deployments that has room; where none has, no
// says why. The slice is changed.
func (u *run) claim(ctx context.Context, nodes []*node, now time.Time, no *refusal) (choice, bool) {
	for len(nodes) > 0 {
		i, by := u.pick(nodes, now)
		n := nodes[i]
		c, over, err := u.take(ctx, n, now)
		switch {
		case err != nil:
			no.err = err
			return choice{}, false
		case over == nil && c.node != nil:
			c.by = by
			return c, true
		case over == nil:
			no.probe = true
		case over.Quota.ID == n.Quota.ID:
			no.overs = append(no.overs, over)
		case over.Limit != quota.Budget:
			no.mine = over
			return choice{}, false
		default: // the money may reach for another deployment
			no.mine = over
			u.short = u.short || over.Quota.Cheaper
		}
		nodes = slices.Delete(nodes, i, i+1)
	}
	return choice{}, false
}

// take claims a deployment for one call; a choice without a node means that
// somebody else probes it.
func (u *run) take(ctx context.Context, n *node, now time.Time) (choice, *quota.Over, *llm.Error) {
	probe, ok := int64(0), true
	if !u.t.health.off {
		probe, ok = n.claim(now, u.pressed)
	}
	if !ok && !u.pool.direct {
		return choice{}, nil, nil
	}
	hold, err := u.reserve(ctx, n)
	if err == nil {
		return choice{node: n, hold: hold, probe: probe}, nil, nil
	}
	if probe != 0 {
		n.unclaim(probe)
		u.r.back.ring()
	}
	if over, ok := errors.AsType[*quota.Over](err); ok {
		return choice{}, over, nil
	}
	return choice{}, nil, u.unreserved(ctx, err)
}

// ready are the deployments that suit the request and are not left alone. The
// slice may be changed, and is good until the next call.
func (u *run) ready(p *pool, now time.Time) []*node {
	list := u.readyArray[:0]
	for _, n := range p.nodes {
		if u.suits(n, p) && u.open(n, p, now) {
			list = append(list, n)
		}
	}
	return list
}

// absent adds those that are left alone to a refusal, or that none suits the
// request at all.
func (u *run) absent(p *pool, now time.Time, no *refusal) {
	suited := false
	for _, n := range p.nodes {
		if !u.suits(n, p) {
			continue
		}
		suited = true
		switch n.state(now) {
		case probing:
			no.probe = true
		case cooling:
			no.until = earlier(no.until, n.until())
		}
	}
	if !suited {
		no.err = u.unsuited(p)
	}
}

// open tells whether a node is not left alone. One that was named by its id is
// asked in any case.
func (u *run) open(n *node, p *pool, now time.Time) bool {
	if u.t.health.off || p.direct {
		return true
	}
	s := n.state(now)
	if u.pressed {
		s = n.early(now)
	}
	return s == closed || s == halfOpen
}

// pick asks the strategy for one of those that have the lowest order.
func (u *run) pick(nodes []*node, now time.Time) (index int, by string) {
	if len(nodes) == 1 {
		return 0, ""
	}
	least := slices.MinFunc(nodes, func(a, b *node) int { return a.Order - b.Order }).Order
	of, at := make([]Candidate, 0, len(nodes)), make([]int, 0, len(nodes))
	since := u.t.since(now)
	for i, n := range nodes {
		if n.Order == least {
			of, at = append(of, n.candidate(now, since, u.mode.streams())), append(at, i)
		}
	}
	if len(of) == 1 {
		return at[0], ""
	}
	return at[u.t.strategy.Pick(of, u.r.rand)], u.t.Strategy
}

// suits tells whether a deployment can serve the request at all.
func (u *run) suits(n *node, p *pool) bool {
	return (!u.t.TagFiltering || u.tagged(n, p)) && (!u.t.PreCallChecks || u.fits(n)) && u.payable(n)
}

// fits tells whether the prompt is within the model's context window, as far as
// either is known.
func (u *run) fits(n *node) bool {
	return n.Price.Context == 0 || u.bill.promptOf(u.req.Body) <= int64(n.Price.Context)
}

// defaultTag marks the deployments for requests without tags, and for those
// whose tags nobody has.
const defaultTag = "default"

// tagged tells whether a deployment serves the request's tags, as LiteLLM's tag
// filtering has it.
func (u *run) tagged(n *node, p *pool) bool {
	wanted := strings.FieldsFunc(u.req.Labels[llm.LabelTags], func(r rune) bool { return r == ',' || r == ' ' })
	has := func(n *node) bool {
		return slices.ContainsFunc(wanted, func(tag string) bool { return slices.Contains(n.Tags, tag) })
	}
	isDefault := func(n *node) bool { return slices.Contains(n.Tags, defaultTag) }
	if slices.ContainsFunc(p.nodes, has) {
		return has(n)
	}
	return isDefault(n) || len(wanted) == 0 && !slices.ContainsFunc(p.nodes, isDefault)
}

// unsuited is the error of a pool in which nothing suits the request.
func (u *run) unsuited(p *pool) *llm.Error {
	if u.t.TagFiltering && !slices.ContainsFunc(p.nodes, func(n *node) bool { return u.tagged(n, p) }) {
		return &llm.Error{
			Kind: llm.NoDeployment, Status: http.StatusBadRequest, Provider: "router",
			Err: fmt.Errorf("no deployment of %s has one of the request's tags, or is a default", shortened(p.name)),
		}
	}
	if !slices.ContainsFunc(p.nodes, u.payable) {
		return u.unpriced(p)
	}
	return &llm.Error{
		Kind: llm.ContextWindow, Status: http.StatusBadRequest, Provider: "router",
		Err: fmt.Errorf("about %d tokens of prompt are more than any deployment of %s can read",
			u.bill.promptOf(u.req.Body), shortened(p.name)),
	}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
