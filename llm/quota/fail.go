package quota

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// logEvery keeps counters that stay out of reach from filling the log.
const logEvery = time.Minute

// maxFailing bounds for how many quotas it is known that their money cannot be
// counted: as many as can be told apart in a log. Past it only their kind is known.
const maxFailing = 1000

// uncounted decides what becomes of a call whose counters cannot be reached. Those
// of money may lie in another store than the others (see Split), so each are asked
// once more on their own.
func (b *Book) uncounted(ctx context.Context, h *Hold, quotas []llm.Quota, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("while the limits were asked: %w", context.Cause(ctx))
	}
	b.complain(ctx, "the limits' counters cannot be reached", err)
	rates, money := divide(h.asks)
	ratesErr, moneyErr := err, err
	if len(rates) > 0 && len(money) > 0 {
		ratesErr = b.Counters.Take(ctx, rates)
		if limit, over := errors.AsType[*llm.OverLimit](ratesErr); over {
			return h.refused(quotas, limit, b.Counters.Freed())
		}
		moneyErr = b.Counters.Take(ctx, money)
	}
	if err := b.unpaid(h, quotas, moneyErr); err != nil {
		if ratesErr == nil {
			giveBack(ctx, b.Counters, rates)
		}
		return err
	}
	for i := range h.parts {
		if h.asks[i].Durable && moneyErr != nil || !h.asks[i].Durable && ratesErr != nil {
			h.parts[i].taken = 0
		}
	}
	return nil
}

// unpaid decides about a call's budgets, if it has any: whether they have no room,
// or have been out of reach for too long. Counters that have no room for one more
// will not have it soon, and whoever filled them up must gain nothing by it.
func (b *Book) unpaid(h *Hold, quotas []llm.Quota, err error) error {
	if !h.money {
		return nil
	}
	if limit, over := errors.AsType[*llm.OverLimit](err); over {
		return h.refused(quotas, limit, b.Counters.Freed())
	}
	switch {
	case err == nil:
		b.counted(h, quotas)
		return nil
	case errors.Is(err, errFull):
		return fmt.Errorf("%w: %w", ErrUncounted, err)
	case b.outOfReach(h, quotas):
		return fmt.Errorf("%w, its counters have been out of reach for more than %s: %w", ErrUncounted, BudgetGrace, err)
	}
	return nil
}

// outOfReach notes that the money of a call's quotas cannot be counted, and tells
// whether that has been so for longer than BudgetGrace, of one of them or of their
// kind: that others' money can be counted says nothing about it, and in an outage
// not everybody has a grace of their own.
func (b *Book) outOfReach(h *Hold, quotas []llm.Quota) bool {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failing == nil {
		b.failing = map[string]time.Time{}
	}
	long := false
	for id := range h.budgets(quotas) {
		for _, name := range []string{id, kind(id)} {
			since, known := b.failing[name]
			if !known && (name != id || len(b.failing) < maxFailing) {
				b.failing[name] = now
			}
			long = long || known && now.Sub(since) > BudgetGrace
		}
	}
	return long
}

// counted notes that the money of a call's quotas can be counted.
func (b *Book) counted(h *Hold, quotas []llm.Quota) {
	if !h.money {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.failing) == 0 {
		return
	}
	for id := range h.budgets(quotas) {
		delete(b.failing, id)
		delete(b.failing, kind(id))
	}
}

// budgets yields the ids of the quotas whose money a plan asks for.
func (p *plan) budgets(quotas []llm.Quota) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range p.parts {
			if p.parts[i].limit == Budget && !yield(quotas[p.parts[i].quota].ID) {
				return
			}
		}
	}
}

// kind is what an id begins with: "key/" of "key/<hash>". It ends with its stroke,
// so that it is nobody's id.
func kind(id string) string {
	before, _, _ := strings.Cut(id, "/")
	return before + "/"
}

// complain logs at most once in logEvery.
func (b *Book) complain(ctx context.Context, reason string, err error) {
	if b.Log == nil {
		return
	}
	now := b.now()
	b.mu.Lock()
	quiet := !b.logged.IsZero() && now.Sub(b.logged) < logEvery
	if !quiet {
		b.logged = now
	}
	b.mu.Unlock()
	if quiet {
		return
	}
	b.Log.WarnContext(ctx, "the limits are not kept as they should be", "reason", reason, "error", err)
}
