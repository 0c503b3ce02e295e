package queue

import (
	"sync/atomic"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota/quotatest"
)

// BenchmarkCounters is what a grant costs on one key with four callers: asked
// of the server each time, and out of what was taken ahead.
func BenchmarkCounters(b *testing.B) {
	const plenty = 1 << 60
	for name, asks := range map[string][]llm.Ask{
		"memory/exact":                {quotatest.Rate("exact", 1, 0)},
		"memory/exact, two processes": {quotatest.Rate("exact", 1, 0)},
		"memory/ahead":                {quotatest.Rate("ahead", 1, plenty)},
		"place":                       {quotatest.Place("place", 1, plenty)},
		"synced/exact":                {quotatest.Money("exact", 1, 0)},
		"synced/ahead":                {quotatest.Money("ahead", llm.Dollar/100, 100*llm.Dollar)},
	} {
		b.Run(name, func(b *testing.B) {
			q := benchQueue(b)
			one, _ := counters(b, q)
			two, _ := counters(b, q)
			var n atomic.Int64
			b.SetParallelism(2)
			b.RunParallel(func(pb *testing.PB) {
				c := one
				if name == "memory/exact, two processes" && n.Add(1)%2 == 0 {
					c = two
				}
				back := []llm.Ask{asks[0]}
				back[0].Amount = -back[0].Amount
				for pb.Next() {
					if err := c.Take(b.Context(), asks); err != nil {
						b.Error(err)
						return
					}
					if name != "synced/ahead" {
						continue
					}
					if err := c.Settle(b.Context(), back); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "grants/s")
		})
	}
}
