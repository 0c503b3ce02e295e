package router

import (
	"context"
	"slices"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// The wait before the same deployment is asked again, where the provider names
// none: half a second at first, as in OpenAI's own clients, doubled after each
// failure; jitter shortens it by up to half, so that callers that failed
// together do not come back together.
const (
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 10 * time.Second
	// maxAfter is the longest Retry-After that is waited for: past it somebody
	// else, or an error, is the better answer.
	maxAfter = time.Minute
)

// attempts asks a pool's deployments until one answers or there is no point in
// asking on.
func (u *run) attempts(ctx context.Context, p *pool) error {
	u.pool, u.anew, u.pressed = p, false, false
	for retry := 0; ; retry++ {
		c, err := u.choose(ctx, p)
		if err != nil {
			return err
		}
		if err = u.try(ctx, c); u.final(err) || ctx.Err() != nil {
			return err
		}
		wait, again := u.again(ctx, p, c.node, llm.AsError(err), retry)
		if !again {
			return err
		}
		if err := u.rest(ctx, wait); err != nil {
			return err
		}
	}
}

// rest waits before the same deployment is asked again.
func (u *run) rest(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	u.leave()
	if pause(ctx, wait, nil) != nil {
		return u.stopped(ctx)
	}
	return u.enter(ctx)
}

// again tells whether the pool is asked once more, and after what wait: none if
// there is a deployment left that was not asked yet.
func (u *run) again(ctx context.Context, p *pool, n *node, e *llm.Error, retry int) (time.Duration, bool) {
	times, explicit := u.retries(p, n, e.Kind)
	if retry >= times {
		return 0, false
	}
	if u.fresh(p) {
		return 0, explicit || u.elsewhere(e.Kind)
	}
	left := u.fallbackLeft(p, e.Kind)
	switch {
	case !explicit && !e.Retryable(), e.After >= maxAfter:
		return 0, false
	case e.Kind == llm.Timeout && left:
		// Who was waited for in vain is not waited for again.
		return 0, false
	}
	wait := max(e.After, u.t.RetryAfter)
	if e.After <= 0 {
		wait = max(u.backoff(retry), u.t.RetryAfter)
	}
	return wait, u.worth(ctx, wait, left)
}

// worth tells whether a wait may be made: it fits the caller's deadline, and is
// not long where a fallback is left.
func (u *run) worth(ctx context.Context, wait time.Duration, fallback bool) bool {
	if deadline, ok := ctx.Deadline(); ok && !u.r.now().Add(wait).Before(deadline) {
		return false
	}
	return !fallback || wait <= u.t.LimitWait
}

func (u *run) backoff(retry int) time.Duration {
	d := firstBackoff
	for range retry {
		d = min(2*d, maxBackoff)
	}
	return d - time.Duration(u.r.rand()*float64(d)/2)
}

// retries is how often a failure of this kind is tried again: what the
// deployment says, else a retry policy (explicit), else the request, else the
// router.
func (u *run) retries(p *pool, n *node, kind llm.Kind) (times int, explicit bool) {
	if n.Retries != nil {
		return *n.Retries, false
	}
	for _, policy := range u.t.policies(p) {
		if times, ok := policy[kind]; ok {
			return times, true
		}
	}
	if u.req.Asks != nil && u.req.Asks.Retries != nil {
		return *u.req.Asks.Retries, false
	}
	return *u.t.Retries, false
}

// elsewhere tells whether another deployment of the same pool may do better,
// without a policy that says so. A model that is not there and a request that
// is wrong are so for all of them.
func (u *run) elsewhere(kind llm.Kind) bool {
	switch kind {
	case llm.NoSuchModel, llm.BadRequest, llm.Cancelled, llm.OverBudget, llm.NoDeployment:
		return false
	case llm.ContextWindow:
		return len(u.t.ContextWindowFallbacks) == 0
	case llm.ContentPolicy:
		return len(u.t.ContentPolicyFallbacks) == 0
	default:
		return true
	}
}

// fresh tells whether the pool has a deployment that may be asked and was not
// yet.
func (u *run) fresh(p *pool) bool {
	now := u.r.now()
	return slices.ContainsFunc(p.nodes, func(n *node) bool {
		return !u.spent(n) && u.suits(n, p) && u.open(n, p, now)
	})
}

// spent tells whether a deployment was asked already, or another one that is the
// same model and would not take the request.
func (u *run) spent(n *node) bool {
	return slices.ContainsFunc(u.tried, func(t tried) bool {
		return t.node == n || t.unfit() && t.node.Provider == n.Provider && t.node.Name == n.Name
	})
}

// stale tells whether a deployment that was asked already might well answer
// after a while.
func (u *run) stale(p *pool) bool {
	now := u.r.now()
	return slices.ContainsFunc(u.tried, func(t tried) bool {
		return slices.Contains(p.nodes, t.node) && (&llm.Error{Kind: t.kind}).Retryable() && u.open(t.node, p, now)
	})
}
