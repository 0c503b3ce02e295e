package quota

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

var errAway = errors.New("nobody answers")

// broken are counters that can be switched off.
type broken struct {
	llm.Counters

	err error
}

func (b *broken) Take(ctx context.Context, asks []llm.Ask) error {
	if b.err != nil {
		return b.err
	}
	return b.Counters.Take(ctx, asks)
}

func (b *broken) Settle(ctx context.Context, asks []llm.Ask) error {
	if b.err != nil {
		return b.err
	}
	return b.Counters.Settle(ctx, asks)
}

func (b *broken) Used(ctx context.Context, asks []llm.Ask) ([]int64, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.Counters.Used(ctx, asks)
}

func TestRatesAreNoOutage(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	var log bytes.Buffer
	counters := &broken{Counters: NewMemory(c.now), err: errAway}
	b := &Book{Counters: counters, Now: c.now, Log: slog.New(slog.NewTextHandler(&log, nil))}
	q := llm.Quota{ID: "q", RPM: 1, TPM: 10, Parallel: 1}
	var last *Hold
	for range 100 {
		last = reserve(t, b, Need{Tokens: 5}, q)
		c.at = c.at.Add(time.Second)
	}
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("%d lines were logged in 100 s, want 2:\n%s", n, log.String())
	}
	if _, err := b.State(t.Context(), q); !errors.Is(err, errAway) {
		t.Errorf("the state: %v", err)
	}
	counters.err = nil
	c.at = start
	last.Settle(t.Context(), Need{Tokens: 7}) // its place was never taken
	reserve(t, b, Need{}, q)
	refuse(t, b, Need{}, q)
}

func TestBudgetsHoldBackInTheEnd(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	money := &broken{Counters: NewMemory(c.now)}
	b := &Book{Counters: Split(NewMemory(c.now), money), Now: c.now}
	q := llm.Quota{ID: "q", RPM: 1, BudgetUSD: new(1.0)}
	money.err = errAway
	h := reserve(t, b, Need{USD: 0.1}, q)
	if over := refuse(t, b, Need{USD: 0.1}, q); over.Limit != RPM {
		t.Errorf("the rate is not kept any more: %+v", over)
	}
	c.at = c.at.Add(BudgetGrace + time.Second)
	if _, err := b.Reserve(t.Context(), []llm.Quota{q}, Need{USD: 0.1}); !errors.Is(err, ErrUncounted) || !errors.Is(err, errAway) {
		t.Errorf("after %s: %v", BudgetGrace, err)
	}
	reserve(t, b, Need{}, llm.Quota{ID: "no budget", RPM: 1})
	money.err = nil
	h.Settle(t.Context(), Need{USD: 0.3})
	reserve(t, b, Need{USD: 0.1}, q)
	if got := state(t, b, q).Budget; got.Used != 0.4 {
		t.Errorf("$%g are used, want 0.4", got.Used)
	}
	money.err = errAway
	c.at = c.at.Add(time.Hour)
	reserve(t, b, Need{USD: 0.1}, q) // the grace begins anew
}

func TestSplitGivesBack(t *testing.T) {
	t.Parallel()
	rates, money := NewMemory(nil), &broken{Counters: NewMemory(nil)}
	s := Split(rates, money)
	asks := []llm.Ask{{Key: "r", Amount: 1, Limit: 1}, {Key: "m", Amount: 2, Limit: 1, Durable: true, Forever: true}}
	for _, err := range []error{nil, errAway} {
		money.err = err
		if s.Take(t.Context(), asks) == nil {
			t.Fatal("it was taken")
		}
		if used, err := rates.Used(t.Context(), asks[:1]); err != nil || used[0] != 0 {
			t.Errorf("the rate keeps %v, %v", used, err)
		}
	}
	if _, err := s.Used(t.Context(), asks); !errors.Is(err, errAway) {
		t.Errorf("used: %v", err)
	}
	if err := s.Settle(t.Context(), asks); !errors.Is(err, errAway) {
		t.Errorf("settle: %v", err)
	}
}

// refusing counters fail for some keys, whatever becomes of others.
type refusing struct {
	llm.Counters

	errs map[string]error // by a part of the key
}

func (r *refusing) Take(ctx context.Context, asks []llm.Ask) error {
	for _, a := range asks {
		for part, err := range r.errs {
			if strings.Contains(a.Key, part) {
				return err
			}
		}
	}
	return r.Counters.Take(ctx, asks)
}

// TestFullCountersOpenNoBudget holds that a budget without room for its counter
// refuses at once, and takes nothing of the other limits.
func TestFullCountersOpenNoBudget(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	counters := &refusing{NewMemory(c.now), map[string]error{"new/usd": errFull}}
	b := &Book{Counters: counters, Now: c.now}
	known := llm.Quota{ID: "budget/user/old", BudgetUSD: new(1.0)}
	made := llm.Quota{ID: "budget/user/new", RPM: 1, BudgetUSD: new(1.0)}
	for range 3 {
		reserve(t, b, Need{USD: 0.1}, known)
		if _, err := b.Reserve(t.Context(), []llm.Quota{made}, Need{USD: 0.1}); !errors.Is(err, ErrUncounted) || !errors.Is(err, errFull) {
			t.Fatalf("a budget without a counter: %v", err)
		}
	}
	if got := state(t, b, made).Requests; got.Used != 0 {
		t.Errorf("%d requests are counted that were refused", got.Used)
	}
	reserve(t, b, Need{}, llm.Quota{ID: "new/usd", RPM: 1}) // a limit of rates is no outage
}

// TestFullRatesKeepBudgets holds that budgets are kept where only the counters of
// rates are full.
func TestFullRatesKeepBudgets(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	b := &Book{Counters: Split(&broken{Counters: NewMemory(c.now), err: errFull}, NewMemory(c.now)), Now: c.now}
	q := llm.Quota{ID: "q", RPM: 1, BudgetUSD: new(1.0)}
	reserve(t, b, Need{USD: 0.6}, q)
	if over := refuse(t, b, Need{USD: 0.6}, q); over.Limit != Budget {
		t.Errorf("%+v", over)
	}
}

// TestGraceIsEachBudgetsOwn holds that a budget which cannot be counted is not
// helped by others that can, and that in an outage nobody has a minute of their own.
func TestGraceIsEachBudgetsOwn(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	counters := &refusing{NewMemory(c.now), map[string]error{"mine": errAway}}
	b := &Book{Counters: counters, Now: c.now}
	mine, other := llm.Quota{ID: "key/mine", BudgetUSD: new(1.0)}, llm.Quota{ID: "key/other", BudgetUSD: new(1.0)}
	reserve(t, b, Need{USD: 0.1}, mine)
	c.at = c.at.Add(BudgetGrace + time.Second)
	reserve(t, b, Need{USD: 0.1}, other)
	if _, err := b.Reserve(t.Context(), []llm.Quota{mine}, Need{USD: 0.1}); !errors.Is(err, ErrUncounted) {
		t.Errorf("after %s, others being counted: %v", BudgetGrace, err)
	}
	counters.errs = map[string]error{"key": errAway}
	reserve(t, b, Need{USD: 0.1}, other)
	c.at = c.at.Add(BudgetGrace + time.Second)
	if _, err := b.Reserve(t.Context(), []llm.Quota{{ID: "key/third", BudgetUSD: new(1.0)}}, Need{USD: 0.1}); !errors.Is(err, ErrUncounted) {
		t.Errorf("a key that came during the outage: %v", err)
	}
	reserve(t, b, Need{USD: 0.1}, llm.Quota{ID: "channel/c", BudgetUSD: new(1.0)})
	counters.errs = nil
	reserve(t, b, Need{USD: 0.1}, mine)
	counters.errs = map[string]error{"key": errAway}
	reserve(t, b, Need{USD: 0.1}, mine) // the grace begins anew
}

// TestFailingBudgetsAreBounded holds that made-up names of quotas take no memory
// without end.
func TestFailingBudgetsAreBounded(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	b := &Book{Counters: &broken{Counters: NewMemory(c.now), err: errAway}, Now: c.now}
	for i := range 2 * maxFailing {
		reserve(t, b, Need{USD: 0.1}, llm.Quota{ID: "budget/user/" + strconv.Itoa(i), BudgetUSD: new(1.0)})
	}
	if len(b.failing) > maxFailing+1 {
		t.Errorf("%d are kept", len(b.failing))
	}
}
