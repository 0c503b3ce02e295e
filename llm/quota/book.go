package quota

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// BudgetGrace is how long budgets let calls through although their counters
// cannot be reached: longer than the election of a new leader among queue
// servers takes (4 to 9 s), and too short to spend much.
const BudgetGrace = time.Minute

// ErrUncounted says that a budget's counters have been out of reach for longer
// than BudgetGrace, or have no room for one more.
var ErrUncounted = errors.New("the budget cannot be checked")

// Book reserves what calls need. It is safe for concurrent use; it must not be
// copied.
type Book struct {
	Counters llm.Counters
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: nothing is logged

	mu      sync.Mutex
	failing map[string]time.Time // since when money cannot be counted, by a quota's id or its kind
	logged  time.Time
	lines   map[string][]*turn // of callers that wait for a place, by its counter's key
}

// Need is what a call needs, estimated before it and known after it.
type Need struct {
	Tokens int64   // both ways
	USD    float64 // 0: not known, or nothing
	// Free says that the call is known to cost nothing: it passes budgets that
	// are used up, but not those of 0.
	Free bool
}

// Over says which limit a call does not fit into.
type Over struct {
	Quota llm.Quota
	Limit string // RPM, TPM, Parallel or Budget
	// Max, Used and Need are in requests, tokens, places or billionths of a
	// dollar (llm.Dollar).
	Max, Used, Need int64
	// Until is when the window ends; zero for places and for money for ever.
	Until time.Time

	key    string          // of the counter
	freed  <-chan struct{} // closed when something was given back since
	behind bool            // refused because others wait already
}

// Error names whose limit it is, and when there is room again.
func (o *Over) Error() string {
	text := fmt.Sprintf("%s: %s", o.Quota.Name, o.usage())
	if o.Quota.Name == "" {
		text = o.Quota.ID + text
	}
	if !o.Until.IsZero() {
		text += ", until " + o.Until.UTC().Format(time.DateTime) + " UTC"
	}
	return text
}

func (o *Over) usage() string {
	switch o.Limit {
	case RPM:
		return fmt.Sprintf("%d of %d requests of this minute are used", o.Used, o.Max)
	case TPM:
		return fmt.Sprintf("%d of %d tokens of this minute are used, %d more are needed", o.Used, o.Max, o.Need)
	case Parallel:
		return fmt.Sprintf("%d of %d places are taken", o.Used, o.Max)
	default:
		return fmt.Sprintf("$%.4f of a budget of $%.4f are used, $%.4f more are needed", dollars(o.Used), dollars(o.Max), dollars(o.Need))
	}
}

func dollars(nano int64) float64 { return float64(nano) / llm.Dollar }

// Reserve takes what a call needs from all quotas, or from none. The error is
// an *Over where one does not have it, ErrUncounted where a budget's counters
// cannot be reached for long, or the context's. A need that is larger than a
// whole limit is let in when nobody else uses it.
func (b *Book) Reserve(ctx context.Context, quotas []llm.Quota, n Need) (*Hold, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("before the limits were asked: %w", context.Cause(ctx))
	}
	h := &Hold{book: b}
	h.make(quotas, n, b.now())
	if len(h.asks) == 0 {
		return h, nil
	}
	if over := h.nothing(quotas); over != nil {
		return nil, over
	}
	if over := b.behind(ctx, &h.plan, quotas); over != nil {
		return nil, over
	}
	if err := b.take(ctx, h, quotas); err != nil {
		return nil, err
	}
	b.served(ctx)
	return h, nil
}

// nothing finds a budget of 0.
func (p *plan) nothing(quotas []llm.Quota) *Over {
	for i := range p.asks {
		if p.parts[i].limit == Budget && p.asks[i].Limit <= 0 {
			return p.over(quotas, i, 0)
		}
	}
	return nil
}

func (p *plan) over(quotas []llm.Quota, i int, used int64) *Over {
	a := &p.asks[i]
	return &Over{
		Quota: quotas[p.parts[i].quota], Limit: p.parts[i].limit,
		Max: a.Limit, Used: used, Need: a.Amount, Until: a.Until, key: a.Key,
	}
}

func (b *Book) take(ctx context.Context, h *Hold, quotas []llm.Quota) error {
	err := b.Counters.Take(ctx, h.asks)
	limit, over := errors.AsType[*llm.OverLimit](err)
	if over {
		// Once more, with a channel that tells of everything that is given
		// back from now on: Wait must not miss it.
		freed := b.Counters.Freed()
		if freed != nil {
			err = b.Counters.Take(ctx, h.asks)
			limit, over = errors.AsType[*llm.OverLimit](err)
		}
		if over {
			return h.refused(quotas, limit, freed)
		}
	}
	if err != nil {
		return b.uncounted(ctx, h, quotas, err)
	}
	b.counted(h, quotas)
	return nil
}

func (p *plan) refused(quotas []llm.Quota, limit *llm.OverLimit, freed <-chan struct{}) *Over {
	for i := range p.asks {
		if p.asks[i].Key == limit.Ask.Key {
			over := p.over(quotas, i, limit.Used)
			over.freed = freed
			return over
		}
	}
	return &Over{Max: limit.Ask.Limit, Used: limit.Used, Need: limit.Ask.Amount, Until: limit.Ask.Until, key: limit.Ask.Key, freed: freed}
}

func (b *Book) now() time.Time {
	if b.Now == nil {
		return time.Now()
	}
	return b.Now()
}
