package router

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// deployment is a plain one in a group; its id is also the model's name.
func deployment(id, group string, m llm.Model) Deployment {
	return Deployment{ID: id, Group: group, Provider: "test", Name: id, APIBase: "http://" + id, Model: m}
}

// none is the lowest of random numbers: the first of all choices, and no jitter.
func none() float64 { return 0 }

func newRouter(tb testing.TB, o Options) *Router {
	tb.Helper()
	if o.Rand == nil {
		o.Rand = none
	}
	r, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func fail(k llm.Kind) llmtest.Step {
	return llmtest.Step{Err: &llm.Error{Kind: k, Status: statusOf(k), Provider: "x", Err: errors.New("it said " + string(k))}}
}

func limited(after time.Duration) llmtest.Step {
	return llmtest.Step{Err: &llm.Error{Kind: llm.RateLimited, Status: 429, Provider: "x", After: after, Err: errors.New("slow down")}}
}

func ask(tb testing.TB, group string) llm.Request {
	tb.Helper()
	r := llmtest.Ask(tb, "Really?")
	r.Group = group
	return r
}

// modes runs the same test as a completion and as a stream.
func modes(t *testing.T, test func(*testing.T, func(context.Context, llm.Model, llm.Request) (llm.Response, error))) {
	t.Helper()
	for mode, call := range map[string]func(context.Context, llm.Model, llm.Request) (llm.Response, error){
		"complete": func(ctx context.Context, m llm.Model, r llm.Request) (llm.Response, error) { return m.Complete(ctx, r) },
		"stream": func(ctx context.Context, m llm.Model, r llm.Request) (llm.Response, error) {
			return llm.Collect(m.Stream(ctx, r))
		},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			test(t, call)
		})
	}
}
