package quota

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// logEvery keeps counters that stay out of reach from filling the log.
const logEvery = time.Minute

// uncounted decides what becomes of a call whose counters cannot be reached.
// Counters of another store (see Split) may still work, so those that need not
// last are asked once more on their own.
func (b *Book) uncounted(ctx context.Context, h *Hold, quotas []llm.Quota, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("while the limits were asked: %w", context.Cause(ctx))
	}
	b.complain(ctx, "the limits' counters cannot be reached", err)
	if h.money && b.outOfReach() {
		return fmt.Errorf("%w, its counters have been out of reach for more than %s: %w", ErrUncounted, BudgetGrace, err)
	}
	rates := slices.DeleteFunc(slices.Clone(h.asks), func(a llm.Ask) bool { return a.Durable })
	if h.money && len(rates) > 0 {
		err = b.Counters.Take(ctx, rates)
		if limit, over := errors.AsType[*llm.OverLimit](err); over {
			return h.refused(quotas, limit, b.Counters.Freed())
		}
	}
	for i := range h.parts {
		if err != nil || h.asks[i].Durable {
			h.parts[i].taken = 0
		}
	}
	return nil
}

// outOfReach notes that money cannot be counted, and tells whether that has
// been so for longer than BudgetGrace.
func (b *Book) outOfReach() bool {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failing.IsZero() {
		b.failing = now
	}
	return now.Sub(b.failing) > BudgetGrace
}

// counted notes that counters, and money among them, can be reached.
func (b *Book) counted(h *Hold) {
	if !h.money {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failing = time.Time{}
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
