package queue

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota/quotatest"
)

func mustTake(t *testing.T, c *Counters, asks ...llm.Ask) {
	t.Helper()
	if err := c.Take(t.Context(), asks); err != nil {
		t.Fatal(err)
	}
}

func usedOf(t *testing.T, c *Counters, ask llm.Ask) int64 {
	t.Helper()
	used, err := c.Used(t.Context(), []llm.Ask{ask})
	if err != nil {
		t.Fatal(err)
	}
	return used[0]
}

// TestMoneyOutlivesARestart: what was taken ahead goes back at the end, and
// what was spent stays.
func TestMoneyOutlivesARestart(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q := open(t, o)
	c, stop := counters(t, q)
	ask := quotatest.Forever("m", llm.Dollar/3, 1000*llm.Dollar)
	mustTake(t, c, ask)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	shut(t, q)
	c, _ = counters(t, open(t, o))
	if used := usedOf(t, c, ask); used != ask.Amount {
		t.Errorf("%d are used after a restart, want %d", used, ask.Amount)
	}
}

// TestAProcessThatIsKilledForgetsNoMoney: at most what it had taken ahead is
// counted too much.
func TestAProcessThatIsKilledForgetsNoMoney(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q := open(t, o)
	c, err := q.Counters(t.Context()) // without Run, which would give back
	if err != nil {
		t.Fatal(err)
	}
	const limit = 100 * llm.Dollar
	ask := quotatest.Forever("m", llm.Dollar/10, limit)
	for range 50 {
		mustTake(t, c, ask)
	}
	shut(t, q)
	c, _ = counters(t, open(t, o))
	if used := usedOf(t, c, ask); used < 50*ask.Amount || used > 50*ask.Amount+limit/aheadShare {
		t.Errorf("$%.3f are used, want 5 and at most %.3f more", float64(used)/llm.Dollar, float64(limit)/llm.Dollar/aheadShare)
	}
}

// TestWhatIsNotUsedGoesBack: another process must not miss it for long.
func TestWhatIsNotUsedGoesBack(t *testing.T) {
	t.Parallel()
	_, o := cluster(t, t.TempDir(), 0)
	a, _ := counters(t, open(t, o))
	b, _ := counters(t, open(t, o))
	ask := quotatest.Rate("r", 1, 6400)
	mustTake(t, a, ask)
	if used := usedOf(t, b, ask); used != 1+6400/aheadShare {
		t.Errorf("%d are taken at first, want 1 and 1/%d of the limit", used, aheadShare)
	}
	eventually(t, "the rest goes back", func() bool { return usedOf(t, b, ask) == 1 })
}

// TestCountersWithoutAServer: calls fail at once, what was used meanwhile is
// told later, and places that are held are known again.
func TestCountersWithoutAServer(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	s, o := cluster(t, dir, port)
	c, _ := counters(t, open(t, o))
	money, place := quotatest.Forever("m", 5, 100), quotatest.Place("p", 2, 3)
	mustTake(t, c, money, place)
	s.Shutdown()
	s.WaitForShutdown()

	var err error
	eventually(t, "it is noticed", func() bool {
		err = c.Take(t.Context(), []llm.Ask{quotatest.Rate("r", 1, 5)})
		return err != nil
	})
	if _, over := errors.AsType[*llm.OverLimit](err); over {
		t.Errorf("a limit is passed without a server: %v", err)
	}
	begun := time.Now()
	for range 1000 {
		if err := c.Take(t.Context(), []llm.Ask{place}); err == nil {
			t.Fatal("a place was taken without a server")
		}
	}
	if took := time.Since(begun); took > countWait {
		t.Errorf("a thousand takes without a server took %s", took)
	}
	more := money
	more.Amount = 7
	if err := c.Settle(t.Context(), []llm.Ask{more}); err == nil {
		t.Error("what was used was written down without a server")
	}

	cluster(t, dir, port)
	other, _ := counters(t, open(t, o))
	eventually(t, "the debt is told", func() bool { return usedOf(t, other, money) == 12 })
	eventually(t, "the places are known", func() bool { return usedOf(t, other, place) == 2 })
}

// TestAFrozenProcessTellsAgain: its places were given away, but it has them.
func TestAFrozenProcessTellsAgain(t *testing.T) {
	t.Parallel()
	_, o := cluster(t, t.TempDir(), 0)
	frozen, err := open(t, o).Counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, _ := counters(t, open(t, o))
	ask := quotatest.Place("p", 2, 3)
	mustTake(t, frozen, ask)
	if err := other.Take(t.Context(), []llm.Ask{ask}); err == nil {
		t.Fatal("a place of a living process was given away")
	}
	eventually(t, "its places are given away", func() bool { return other.Take(t.Context(), []llm.Ask{ask}) == nil })
	running(t, "Run", frozen.Run)
	eventually(t, "all are counted", func() bool { return usedOf(t, other, ask) == 4 })
	ask.Amount = -2
	if err := errors.Join(frozen.Settle(t.Context(), []llm.Ask{ask}), other.Settle(t.Context(), []llm.Ask{ask})); err != nil {
		t.Fatal(err)
	}
	if used := usedOf(t, other, ask); used != 0 {
		t.Errorf("%d places are held in the end", used)
	}
}

// TestCountersForget lets many windows go by.
func TestCountersForget(t *testing.T) {
	t.Parallel()
	c, err := open(t, Options{}).Counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 * firstSweep {
		name := strconv.Itoa(i)
		mustTake(t, c, quotatest.Rate(name, 1, 5), quotatest.Place("p"+name, 1, 1))
		if err := c.Settle(t.Context(), []llm.Ask{quotatest.Place("p"+name, -1, 1)}); err != nil {
			t.Fatal(err)
		}
		if len(c.meters) > 2*firstSweep || len(c.users) > 0 {
			t.Fatalf("%d counters are known, %d in use", len(c.meters), len(c.users))
		}
	}
	if used := usedOf(t, c, quotatest.Rate("0", 0, 5)); used != 1 {
		t.Errorf("the first counter is %d on the server, want 1", used)
	}
}

// TestWindowsEndOnTheServer: it forgets a counter by itself.
func TestWindowsEndOnTheServer(t *testing.T) {
	t.Parallel()
	now := time.Now()
	// This client's clock is past the window's end but for a moment.
	q := open(t, Options{Now: func() time.Time { return now.Add(sumGrace) }})
	c, err := q.Counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []llm.Ask{quotatest.Rate("r", 3, 5), quotatest.Money("m", 3, 5)} {
		ask.Until = now.Add(-sumGrace)
		s := &sum{guard: newGuard(), until: ask.Until, cell: cell{ledger: c.rates, subject: rateSubject(ask.Key)}}
		if ttl := s.ttl(); ttl != sumGrace {
			t.Errorf("a window that is over is kept for %s", ttl)
		}
	}
	cell := cell{ledger: c.rates, subject: rateSubject("short")}
	if _, err := cell.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := cell.write(t.Context(), []byte("3"), time.Second); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is forgotten", func() bool {
		value, err := cell.read(t.Context())
		return err == nil && value == nil
	})
	if err := cell.write(t.Context(), []byte("4"), 0); err != nil {
		t.Errorf("a counter cannot begin again: %v", err)
	}
}

// TestDamagedCountersBeginAgain: what is no number of ours counts as nothing.
func TestDamagedCountersBeginAgain(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	c, err := q.Counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asks := []llm.Ask{quotatest.Rate("r", 2, 5), quotatest.Place("p", 2, 5)}
	for _, subject := range []string{rateSubject("r"), placeSubject("p")} {
		if _, err := q.js.Publish(t.Context(), subject, []byte("{junk")); err != nil {
			t.Fatal(err)
		}
	}
	mustTake(t, c, asks...)
	for _, ask := range asks {
		if used := usedOf(t, c, ask); used != 2 {
			t.Errorf("%s is %d, want 2", ask.Key, used)
		}
	}
}
