package router

import (
	"context"
	"iter"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/price"
)

// instant answers at once, so that what is measured is the router.
type instant struct {
	resp   llm.Response
	chunks []llm.Chunk
}

func newInstant() *instant {
	usage := &llm.Usage{Prompt: 11, Completion: 7}
	return &instant{
		resp: llm.Response{
			Served: llm.Served{Model: "m", Provider: "p", Usage: usage},
			Body:   []byte(`{"choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}]}`),
		},
		chunks: []llm.Chunk{
			{Body: []byte(`{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`)},
			{Body: []byte(`{"choices":[{"index":0,"delta":{"content":"Yes."},"finish_reason":null}]}`)},
			{Body: []byte(`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`)},
			{Served: &llm.Served{Model: "m", Provider: "p", Usage: usage}},
		},
	}
}

func (i *instant) Complete(context.Context, llm.Request) (llm.Response, error) { return i.resp, nil }

func (i *instant) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for _, c := range i.chunks {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// nobody observes and does nothing.
type nobody struct{}

func (nobody) Observe(context.Context, llm.Call) {}
func (nobody) Start(context.Context, llm.Call)   {}

// benchRouter has limits of both sides, a price and an observer, as a real one.
func benchRouter(b *testing.B) (*Router, llm.Request) {
	b.Helper()
	var list []Deployment
	for _, id := range []string{"a", "b"} {
		d := deployment(id, "g", newInstant())
		d.Quota = llm.Quota{RPM: 1 << 40, TPM: 1 << 50, Parallel: 1 << 20}
		d.Price = price.Price{Known: true, In: 1e-6, Out: 2e-6}
		list = append(list, d)
	}
	r, err := New(Options{Deployments: list, Observers: []llm.Observer{nobody{}}})
	if err != nil {
		b.Fatal(err)
	}
	req := ask(b, "g")
	budget := 1e9
	req.Quotas = []llm.Quota{{ID: "key/x", Name: "the key x", RPM: 1 << 40, TPM: 1 << 50, BudgetUSD: &budget}}
	return r, req
}

func BenchmarkRouter(b *testing.B) {
	b.Run("complete", func(b *testing.B) {
		r, req := benchRouter(b)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Complete(b.Context(), req); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("stream", func(b *testing.B) {
		r, req := benchRouter(b)
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range r.Stream(b.Context(), req) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
