package quota

import (
	"context"
	"errors"

	"github.com/tribunebot/tribune/llm"
)

// Split counts in two places: asks that are Durable in durable, all others in
// rates. That is how one process alone counts: rates in memory, and only money
// on disk.
func Split(rates, durable llm.Counters) llm.Counters { return &split{rates, durable} }

type split struct{ rates, durable llm.Counters }

// Take implements llm.Counters: where durable refuses, rates gets back what it
// gave.
func (s *split) Take(ctx context.Context, asks []llm.Ask) error {
	rates, durable := divide(asks)
	if len(rates) > 0 {
		if err := s.rates.Take(ctx, rates); err != nil {
			return err
		}
	}
	if len(durable) == 0 {
		return nil
	}
	err := s.durable.Take(ctx, durable)
	if err != nil && len(rates) > 0 {
		giveBack(ctx, s.rates, rates)
	}
	return err
}

// giveBack is best effort: the error that counts is the one that led here.
func giveBack(ctx context.Context, counters llm.Counters, asks []llm.Ask) {
	back := make([]llm.Ask, len(asks))
	for i, a := range asks {
		a.Amount = -a.Amount
		back[i] = a
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), settleWait, errSettle)
	defer cancel()
	_ = counters.Settle(ctx, back)
}

// Settle implements llm.Counters. What one place cannot write down does not
// keep the other from it.
func (s *split) Settle(ctx context.Context, asks []llm.Ask) error {
	rates, durable := divide(asks)
	var err error
	if len(rates) > 0 {
		err = s.rates.Settle(ctx, rates)
	}
	if len(durable) > 0 {
		err = errors.Join(err, s.durable.Settle(ctx, durable))
	}
	return err
}

func (s *split) quick(asks []llm.Ask) bool {
	_, durable := divide(asks)
	q, ok := s.rates.(quick)
	return len(durable) == 0 && ok && q.quick(asks)
}

// Used implements llm.Counters.
func (s *split) Used(ctx context.Context, asks []llm.Ask) ([]int64, error) {
	rates, durable := divide(asks)
	fromRates, err := s.rates.Used(ctx, rates)
	if err != nil {
		return nil, err
	}
	fromDurable, err := s.durable.Used(ctx, durable)
	if err != nil {
		return nil, err
	}
	used := make([]int64, 0, len(asks))
	for i := range asks {
		from := &fromRates
		if asks[i].Durable {
			from = &fromDurable
		}
		used = append(used, (*from)[0])
		*from = (*from)[1:]
	}
	return used, nil
}

// Freed implements llm.Counters: what is waited for are rates and places.
func (s *split) Freed() <-chan struct{} { return s.rates.Freed() }

// divide copies nothing where all asks belong to one side.
func divide(asks []llm.Ask) (rates, durable []llm.Ask) {
	n := 0
	for i := range asks {
		if asks[i].Durable {
			n++
		}
	}
	switch n {
	case 0:
		return asks, nil
	case len(asks):
		return nil, asks
	}
	rates, durable = make([]llm.Ask, 0, len(asks)-n), make([]llm.Ask, 0, n)
	for _, a := range asks {
		if a.Durable {
			durable = append(durable, a)
		} else {
			rates = append(rates, a)
		}
	}
	return rates, durable
}
