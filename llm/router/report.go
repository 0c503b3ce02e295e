package router

import (
	"context"
	"errors"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// start tells the observers that want to know that a request began.
func (u *run) start(ctx context.Context) {
	for _, o := range u.r.observers {
		if s, ok := o.(llm.Starter); ok {
			s.Start(ctx, llm.Call{Request: u.req, Stream: u.mode.streams(), Began: u.began})
		}
	}
}

// report tells the observers how a request went.
func (u *run) report(ctx context.Context, err error) {
	if len(u.r.observers) == 0 {
		return
	}
	call := llm.Call{
		Request: u.req, Stream: u.mode.streams(), Began: u.began, First: u.first, Ended: u.r.now(),
		Served: u.served, Tries: u.tries,
	}
	call.Answer, call.Chunks = u.mode.answer()
	switch {
	case errors.Is(err, edge.ErrLeft):
		call.Err = &llm.Error{Kind: llm.Cancelled, Provider: "router", Err: err}
	case err != nil:
		call.Err = llm.AsError(err)
	}
	for _, o := range u.r.observers {
		o.Observe(ctx, call)
	}
}
