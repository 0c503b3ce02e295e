package quota

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// settleWait bounds Settle, which runs after the caller may have left.
const settleWait = 5 * time.Second

// Hold is what a call has reserved, until it is settled.
type Hold struct {
	plan

	book    *Book
	settled atomic.Bool
}

// Settle corrects what was reserved to what was used and gives the places
// back. Only the first call does anything. It works after ctx is done, within
// settleWait. A failed call that used nothing settles Need{}; its request still
// counts.
func (h *Hold) Settle(ctx context.Context, used Need) {
	if h == nil || h.settled.Swap(true) || len(h.asks) == 0 {
		return
	}
	asks, counters := h.corrections(used), h.book.Counters
	if q, ok := counters.(quick); !ok || !q.quick(asks) {
		limited, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), settleWait, errSettle)
		defer cancel()
		ctx = limited
	}
	if err := counters.Settle(ctx, asks); err != nil {
		h.book.complain(ctx, "what a call used could not be written down", err)
	}
}

// quick is said by counters that need no time limit for these asks, and do not
// look whether their context is done: making another one takes longer than
// counting in memory.
type quick interface{ quick(asks []llm.Ask) bool }

// errSettle is the cause that Settle's own time limit has.
var errSettle = errors.New("the limits' counters did not answer in time")

// corrections turns the asks into what is to be added to each. The plan's own
// array is used again: nobody needs the asks any more.
func (h *Hold) corrections(used Need) []llm.Ask {
	asks := h.asks[:0]
	for i := range h.parts {
		ask := h.asks[i]
		switch p := h.parts[i]; p.limit {
		case TPM:
			ask.Amount = min(max(used.Tokens, 0), maxTokens) - p.taken
		case Budget:
			ask.Amount = nano(used.USD) - p.taken
		case Parallel:
			ask.Amount = -p.taken
		default:
			continue
		}
		if ask.Amount != 0 {
			asks = append(asks, ask)
		}
	}
	return asks
}
