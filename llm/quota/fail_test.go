package quota

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
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
