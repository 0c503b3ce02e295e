package report

import (
	"context"

	"github.com/tribunebot/tribune/llm"
)

// Filter passes calls on to another observer: those that ended well, those that
// failed, or both (success_callback, failure_callback and callbacks of LiteLLM).
type Filter struct {
	To      llm.Observer
	Success bool
	Failure bool
}

// Observe passes the call on if it is of a kind that is asked for.
func (f Filter) Observe(ctx context.Context, c llm.Call) {
	if c.Err == nil && f.Success || c.Err != nil && f.Failure {
		f.To.Observe(ctx, c)
	}
}

// Start passes a beginning on where both endings are passed on too: whoever
// hears of a beginning must hear of its end, or the call looks unfinished for ever.
func (f Filter) Start(ctx context.Context, c llm.Call) {
	if starter, ok := f.To.(llm.Starter); ok && f.Success && f.Failure {
		starter.Start(ctx, c)
	}
}
