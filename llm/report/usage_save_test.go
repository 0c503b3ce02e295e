package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// TestTwoProcesses has two of them write to the same days at the same time.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	book := newShelf()
	one, two := NewUsage(UsageOptions{Book: book, Now: usageClock(usageNoon)}), NewUsage(UsageOptions{Book: book, Now: usageClock(usageNoon)})
	var both sync.WaitGroup
	for _, u := range []*Usage{one, two} {
		both.Go(func() {
			for range 50 {
				u.Observe(t.Context(), paidCall(nil))
				if err := u.Save(t.Context()); err != nil && !errors.Is(err, errShelf) {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	one.Observe(t.Context(), paidCall(nil)) // not saved yet
	for _, u := range []*Usage{two, one} {
		if err := u.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := usageTotal(t, u); got.Calls != 100 && got.Calls != 101 {
			t.Errorf("%d calls", got.Calls)
		}
	}
	if got := usageTotal(t, two); got.Calls != 101 || got.CostNanoUSD != 101*500_000_000 || got.PromptTokens != 10100 {
		t.Errorf("got %+v", got)
	}
}

func TestWritesThatMayHaveArrivedCountOnce(t *testing.T) {
	t.Parallel()
	book := newShelf()
	u := NewUsage(UsageOptions{Book: book, Now: usageClock(usageNoon)})
	// Every try of a write arrives and is said to have failed.
	book.set(func(s *shelf) { s.lossy = 1 })
	u.Observe(t.Context(), paidCall(nil))
	if err := u.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if book.puts != 1 {
		t.Errorf("%d writes", book.puts)
	}
	// It arrives, and the book is gone before that can be seen.
	u.Observe(t.Context(), paidCall(nil))
	book.set(func(s *shelf) { s.down = true })
	if err := u.Save(t.Context()); !errors.Is(err, errShelf) || !strings.Contains(err.Error(), "2026-11-23") {
		t.Fatalf("got %v", err)
	}
	stuck := u.pending["2026-11-23"]
	p, err := readPage(book.values["2026-11-23"])
	if err != nil {
		t.Fatal(err)
	}
	p.take(u.writer, stuck, 100)
	arrived, err := p.bytes()
	if err != nil {
		t.Fatal(err)
	}
	book.set(func(s *shelf) { s.down, s.values["2026-11-23"], s.at["2026-11-23"] = false, arrived, 2 })
	u.Observe(t.Context(), paidCall(nil))
	if got := usageTotal(t, u); got.Calls != 3 {
		t.Errorf("%d calls while one may have been saved", got.Calls)
	}
	if err := u.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := usageTotal(t, u); got.Calls != 3 || u.waiting != 0 {
		t.Errorf("%d calls, %d rows waiting", got.Calls, u.waiting)
	}
}

func TestUsageAfterARestart(t *testing.T) {
	t.Parallel()
	book := newShelf()
	for range 3 {
		u := NewUsage(UsageOptions{Book: book, Now: usageClock(usageNoon)})
		u.Observe(t.Context(), paidCall(nil))
		if err := u.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := usageTotal(t, NewUsage(UsageOptions{Book: book, Now: usageClock(usageNoon)})); got.Calls != 3 {
		t.Errorf("%d calls", got.Calls)
	}
}

// TestRunSaves runs on a clock of its own: saves on time, rides out a failure,
// saves at the end, and drops old days.
func TestRunSaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := newShelf()
		old := time.Now().AddDate(0, 0, -3)
		u := NewUsage(UsageOptions{Book: book, Days: 2, Every: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		u.Observe(ctx, paidCall(func(c *llm.Call) { c.Ended = old }))
		if err := u.Save(ctx); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { ended <- u.Run(ctx) }()
		heard := func() { u.Observe(ctx, paidCall(func(c *llm.Call) { c.Ended = time.Now() })) }
		saved := func() int64 {
			synctest.Wait()
			rows, err := NewUsage(UsageOptions{Book: book, Days: 2}).Query(ctx, UsageQuery{})
			if err != nil || len(rows) == 0 {
				return 0
			}
			return rows[0].Calls
		}
		heard()
		usagePass(1100 * time.Millisecond)
		if got := saved(); got != 1 {
			t.Errorf("%d calls saved after a second", got)
		}
		if got := book.values[old.UTC().Format(dayForm)]; len(got) > 0 {
			t.Error("an old day was kept")
		}
		book.set(func(s *shelf) { s.down = true })
		heard()
		usagePass(3 * time.Second)
		book.set(func(s *shelf) { s.down = false })
		usagePass(time.Second)
		if got := saved(); got != 2 {
			t.Errorf("%d calls saved after a failure", got)
		}
		heard()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := u.waiting; got != 0 {
			t.Errorf("%d rows were not saved at the end", got)
		}
	})
}

func TestRunSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := newShelf()
		book.down = true
		u := NewUsage(UsageOptions{Book: book})
		ctx, cancel := context.WithCancel(t.Context())
		u.Observe(ctx, paidCall(func(c *llm.Call) { c.Ended = time.Time{} }))
		cancel()
		if err := u.Run(ctx); !errors.Is(err, errShelf) {
			t.Errorf("got %v", err)
		}
	})
}

func TestUsageIsBounded(t *testing.T) {
	t.Parallel()
	book := newShelf()
	u := NewUsage(UsageOptions{Book: book, Now: usageClock(usageNoon), Rows: 10})
	observe := func(n int, group string) {
		for i := range n {
			u.Observe(t.Context(), paidCall(func(c *llm.Call) {
				c.Labels = map[string]string{llm.LabelUser: fmt.Sprintf("%s-%d", group, i)}
				c.Served.Group = group
			}))
		}
	}
	observe(100, "a")
	observe(100, "b")
	if err := u.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	observe(100, "b")
	if got := len(u.fresh["2026-11-23"]); got > 11 {
		t.Errorf("%d rows wait", got)
	}
	if err := u.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := usageTotal(t, u); got.Calls != 300 {
		t.Errorf("%d calls", got.Calls)
	}
	if rows := usageBy(t, u, "user"); len(rows) > 12 {
		t.Errorf("%d users", len(rows))
	}
	got := map[string]int64{}
	for _, r := range usageBy(t, u, "group", "user") {
		if r.User == folded {
			got[r.Group] = r.Calls
		}
	}
	if got["a"] < 90 || got["a"] > 92 || got["b"] != 200 { // what is summed up may take a place itself
		t.Errorf("summed up: %v", got)
	}
	// Days that can't be saved share the bound, and so do groups without end.
	for i := range 2 * spare {
		observe(1, fmt.Sprint("g", i))
	}
	if got := len(u.fresh["2026-11-23"]); got > 10+spare+1 {
		t.Errorf("%d rows wait", got)
	}
}
