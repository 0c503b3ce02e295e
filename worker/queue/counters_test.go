package queue

import (
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota/quotatest"
)

// counters opens a queue's counters, and looks after them until stop is called
// or the test is over.
func counters(tb testing.TB, q *Queue) (c *Counters, stop func() error) {
	tb.Helper()
	c, err := q.Counters(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return c, running(tb, "Run", c.Run)
}

func TestCountersKeepThePromises(t *testing.T) {
	t.Parallel()
	quotatest.Test(t, func(t *testing.T) llm.Counters {
		t.Helper()
		c, _ := counters(t, open(t, Options{}))
		return c
	})
}

func TestCountersOfTwoClientsKeepThePromises(t *testing.T) {
	t.Parallel()
	quotatest.TestShared(t, func(t *testing.T) (llm.Counters, llm.Counters) {
		t.Helper()
		_, o := cluster(t, t.TempDir(), 0)
		a, _ := counters(t, open(t, o))
		b, _ := counters(t, open(t, o))
		return a, b
	})
}
