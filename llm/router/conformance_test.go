package router

import (
	"context"
	"iter"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestConformance holds that a router in front of a real adapter and a server
// keeps all that the port promises of a model.
func TestConformance(t *testing.T) {
	t.Parallel()
	llmtest.TestModel(t, llmtest.Harness{KeepsUnknown: true, New: func(tb testing.TB, s llmtest.Setup) llm.Model {
		tb.Helper()
		m, err := compat.New(compat.Options{
			ID: "a", Model: "scripted", BaseURL: s.URL + "/v1", Key: s.Key, HTTPClient: s.Client,
			Timeout: s.Timeout, FirstToken: s.FirstToken, Idle: s.Idle, MaxBytes: s.MaxBytes,
		})
		if err != nil {
			tb.Fatal(err)
		}
		return modest{newRouter(tb, Options{
			Deployments: []Deployment{deployment("a", "g", m)}, Settings: Settings{Retries: new(0)},
		})}
	}})
}

// modest leaves out what a router adds to what an adapter knows: tokens that it
// has counted itself, and how long it took.
type modest struct{ *Router }

func without(s llm.Served) llm.Served {
	if s.Counted {
		s.Usage, s.Counted = nil, false
	}
	s.Took = 0
	return s
}

func (m modest) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	resp, err := m.Router.Complete(ctx, r)
	resp.Served = without(resp.Served)
	return resp, err
}

func (m modest) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for c, err := range m.Router.Stream(ctx, r) {
			if c.Served != nil {
				s := without(*c.Served)
				c.Served = &s
			}
			if !yield(c, err) {
				return
			}
		}
	}
}
