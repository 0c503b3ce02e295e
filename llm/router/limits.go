package router

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota"
)

// reserve takes what one call of a node may need, from its limits and from the
// caller's, or from none of them.
func (u *run) reserve(ctx context.Context, n *node) (*quota.Hold, error) {
	var array [4]llm.Quota
	quotas := array[:0]
	if limits(n.Quota) {
		quotas = append(quotas, n.Quota)
	}
	for _, q := range u.callers {
		if u.counted {
			q.RPM = 0 // a request is one for its caller, however many calls it takes
		}
		quotas = append(quotas, q)
	}
	if len(quotas) == 0 {
		return nil, nil //nolint:nilnil // nothing is limited: there is nothing to give back
	}
	var need quota.Need
	if slices.ContainsFunc(quotas, counts) {
		need = u.need(n)
	}
	hold, err := u.r.book.Reserve(ctx, quotas, need)
	u.counted = u.counted || err == nil
	return hold, err
}

func limits(q llm.Quota) bool {
	return q.RPM > 0 || q.TPM > 0 || q.Parallel > 0 || q.BudgetUSD != nil
}

// counts tells whether a quota wants to know what a call needs.
func counts(q llm.Quota) bool { return q.TPM > 0 || q.BudgetUSD != nil }

// budgetsOf adds to a request's own quotas those that its labels call for.
func (t *table) budgetsOf(req llm.Request) []llm.Quota {
	if len(t.Budgets) == 0 {
		return req.Quotas
	}
	list := slices.Clone(req.Quotas)
	for _, b := range t.Budgets {
		if b.Label == "" {
			b.Quota.ID, b.Quota.Name = cmp.Or(b.Quota.ID, "budget/all"), cmp.Or(b.Quota.Name, "all calls together")
			list = append(list, b.Quota)
			continue
		}
		value := req.Labels[b.Label]
		if value == "" || b.Value != value && (b.Value != "*" || t.hasOwn(b.Label, value)) {
			continue
		}
		q := b.Quota
		q.ID = cmp.Or(q.ID, "budget/"+b.Label)
		if b.Value == "*" {
			q.ID += "/" + counterName(value)
		}
		q.Name = cmp.Or(q.Name, b.Label+" "+shortened(value))
		list = append(list, q)
	}
	return list
}

// hasOwn tells whether a label's value has a budget of its own, which then
// stands for the one that everybody has.
func (t *table) hasOwn(label, value string) bool {
	return slices.ContainsFunc(t.Budgets, func(b Budget) bool { return b.Label == label && b.Value == value })
}

// counterName is a label's value in the name of a counter: values come from
// outside and may be of any length.
func counterName(value string) string {
	const longest = 100
	if len(value) <= longest {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// unreserved is the error of limits that could not be asked.
func (u *run) unreserved(ctx context.Context, err error) *llm.Error {
	if ctx.Err() != nil {
		return u.stopped(ctx)
	}
	return &llm.Error{Kind: llm.NoDeployment, Status: http.StatusServiceUnavailable, Provider: "router", Err: err}
}

// wait looks for a deployment until there is one or waiting is no use any more.
// Its context carries the request's turn in the lines for places; who gives up
// leaves the line.
func (u *run) wait(ctx context.Context, p *pool) (choice, error) {
	turn, leave := context.WithCancel(ctx)
	defer leave()
	turn = quota.WithTurn(turn)
	began := u.r.now()
	for {
		back := u.r.back.heard()
		c, no := u.look(turn, p)
		if no == nil {
			return c, nil
		}
		if no.err != nil {
			return choice{}, no.err
		}
		if !u.pressed && no.cooling() && !u.fallbackLeft(p, llm.NoDeployment) {
			u.pressed = true
			continue
		}
		d, err := u.patience(ctx, p, no, began)
		if d, err = u.insist(p, no, d, err); err != nil {
			return choice{}, err
		}
		if err := u.await(ctx, turn, p, d, no, back); err != nil {
			return choice{}, err
		}
	}
}

// insist asks a deployment once more that has failed in this request, where
// those that were not asked yet have no room: after the usual wait.
func (u *run) insist(p *pool, no *refusal, d time.Duration, err error) (time.Duration, error) {
	if u.anew || no.mine != nil || len(no.overs) == 0 || !u.stale(p) {
		return d, err
	}
	again := max(u.backoff(0), u.t.RetryAfter)
	if err == nil && d < again {
		return d, nil
	}
	u.anew = true
	return again, nil
}

// await waits without a place in the process, which others may have meanwhile.
func (u *run) await(ctx, turn context.Context, p *pool, d time.Duration, no *refusal, back <-chan struct{}) error {
	u.leave()
	u.pause(turn, d, no, back)
	if ctx.Err() != nil {
		return u.inVain(ctx, p, no)
	}
	return u.enter(ctx)
}

// soon is when to ask again where nobody can tell when a place is free.
const soon = time.Second

// inVain is the error of a request whose time ran out while it waited. Where it
// waited for room, that is the reason, and worth trying again.
func (u *run) inVain(ctx context.Context, p *pool, no *refusal) *llm.Error {
	stopped := u.stopped(ctx)
	if stopped.Kind != llm.Timeout || no.mine == nil && len(no.overs) == 0 {
		return stopped
	}
	e := no.error(p, u.r.now())
	e.After = max(e.After, soon)
	return e
}

// pause waits for room, for a deployment that is back, or for d.
func (u *run) pause(ctx context.Context, d time.Duration, no *refusal, back <-chan struct{}) {
	over := no.mine
	if over == nil && len(no.overs) > 0 {
		over = no.overs[0]
		for _, o := range no.overs[1:] {
			if o.Limit == quota.Parallel || over.Limit != quota.Parallel && o.Until.Before(over.Until) {
				over = o
			}
		}
	}
	if over == nil {
		_ = pause(ctx, d, back) // the caller looks at its context
		return
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	_ = u.r.book.Wait(ctx, over) // the caller looks again in any case
}

// moment is how long to wait where something has changed while it was looked at.
const moment = 10 * time.Millisecond

// patience is how long to wait before looking again; an error when it is no use:
// what is waited for comes too late, or a fallback can be had sooner.
func (u *run) patience(ctx context.Context, p *pool, no *refusal, began time.Time) (time.Duration, error) {
	err := no.error(p, u.r.now())
	if no.mine != nil && no.mine.Limit == quota.Budget {
		return 0, err
	}
	now := u.r.now()
	left := time.Duration(1<<63 - 1)
	if deadline, ok := ctx.Deadline(); ok {
		left = deadline.Sub(now)
	}
	if no.mine == nil && u.fallbackLeft(p, err.Kind) {
		if len(no.overs) == 0 {
			return 0, err // all are cooling down: the fallback is there at once
		}
		left = min(left, began.Add(u.t.LimitWait).Sub(now))
	}
	next := no.next()
	switch {
	case left <= 0: // the wait for room ended a moment before its context did
		err.After = max(err.After, soon)
		return 0, err
	case !no.anyTime() && !next.IsZero() && next.Sub(now) >= left:
		return 0, err
	case next.IsZero() && !no.anyTime():
		return min(moment, left), nil // it has just changed
	case next.IsZero():
		return left, nil
	}
	return min(max(next.Sub(now), 0), left), nil
}

// cooling tells whether that all are left alone is the whole reason.
func (no *refusal) cooling() bool { return no.err == nil && no.mine == nil && len(no.overs) == 0 }

// next is when something changes for certain; zero: that is not known.
func (no *refusal) next() time.Time {
	if no.mine != nil {
		return no.mine.Until
	}
	at := no.until
	for _, o := range no.overs {
		at = earlier(at, o.Until)
	}
	return at
}

// anyTime tells whether something may change at any time: a place is given back,
// a probe ends.
func (no *refusal) anyTime() bool {
	if no.mine != nil {
		return no.mine.Limit == quota.Parallel
	}
	return no.probe || slices.ContainsFunc(no.overs, func(o *quota.Over) bool { return o.Limit == quota.Parallel })
}

// error is what the caller gets when nothing is waited for.
func (no *refusal) error(p *pool, now time.Time) *llm.Error {
	e := &llm.Error{Kind: llm.RateLimited, Status: http.StatusTooManyRequests, Provider: "router"}
	at := no.next()
	switch {
	case no.mine != nil:
		if no.mine.Limit == quota.Budget {
			e.Kind = llm.OverBudget
		}
		e.Err = fmt.Errorf("over a limit: %w", no.mine)
	case len(no.overs) > 0:
		e.Err = fmt.Errorf("%s %s: %w", noneAvailable, shortened(p.name), no.overs[0])
	default:
		e.Kind = llm.NoDeployment
		e.Err = fmt.Errorf("%s %s: all are left alone after failures", noneAvailable, shortened(p.name))
	}
	if !at.IsZero() {
		e.After = max(at.Sub(now), 0)
	}
	return e
}

// noneAvailable opens LiteLLM's text for the same case; clients look for it.
const noneAvailable = "No deployments available for selected model"
