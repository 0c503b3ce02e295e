package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota"
	"github.com/tribunebot/tribune/llm/report"
)

// keyBook is how the virtual keys stand, as of a moment ago: adding up what was
// spent reads all days, which no request should wait for.
type keyBook struct {
	app   *App
	state atomic.Pointer[keyStanding]
}

// keyStanding is one look at all keys.
type keyStanding struct {
	spent map[string]float64 // dollars by the key's hash
	keys  []report.KeyState
}

// Bounds of a look: how often, how long, and at how many keys.
const (
	keysEvery = 5 * time.Second
	keysLimit = 3 * time.Second
	keysShown = 1000
)

// run looks again and again until ctx is done.
func (b *keyBook) run(ctx context.Context) error {
	tick := time.NewTicker(keysEvery)
	defer tick.Stop()
	for {
		b.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// look takes a new look. What cannot be read stays as it was.
func (b *keyBook) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, keysLimit)
	defer cancel()
	keys, err := b.app.keys.List(ctx)
	if err != nil {
		return
	}
	rows, err := b.app.reports.usage.Query(ctx, report.UsageQuery{By: []string{"key"}})
	if err != nil {
		return
	}
	byAlias := map[string]float64{}
	for _, row := range rows {
		if row.CostUSD != nil {
			byAlias[row.Key] = *row.CostUSD
		}
	}
	next := &keyStanding{spent: make(map[string]float64, len(keys))}
	for i, k := range keys {
		next.spent[k.Hash] = byAlias[k.Alias]
		if i < keysShown {
			next.keys = append(next.keys, b.standing(ctx, k))
		}
	}
	b.state.Store(next)
}

// standing is what a key may still use.
func (b *keyBook) standing(ctx context.Context, k llm.Key) report.KeyState {
	s := report.KeyState{Hash: k.Hash, Alias: k.Alias, MaxUSD: k.Budget}
	state, err := b.app.book.State(ctx, k.Quota())
	if err != nil {
		return s
	}
	s.RemainingRequests, s.RemainingTokens = left(state.Requests), left(state.Tokens)
	if m := state.Budget; m != nil {
		s.RemainingUSD, s.ResetsIn = &m.Remaining, resetsIn(m, b.app.now())
	}
	return s
}

func resetsIn(m *quota.Money, now time.Time) time.Duration {
	if m.Reset.IsZero() {
		return 0
	}
	return m.Reset.Sub(now)
}

// spent returns what a key has spent in dollars, in the days that are kept.
func (b *keyBook) spent(_ context.Context, hash string) (float64, bool) {
	state := b.state.Load()
	if state == nil {
		return 0, false
	}
	usd, known := state.spent[hash]
	return usd, known
}

// keyStates tells the metrics how the keys stand.
func (a *App) keyStates() []report.KeyState {
	if state := a.keyBook.state.Load(); state != nil {
		return state.keys
	}
	return nil
}
