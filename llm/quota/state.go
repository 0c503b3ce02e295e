package quota

import (
	"context"
	"fmt"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// State is how a quota stands. A limit that it does not have is nil.
type State struct {
	Requests *Level `json:"requests,omitempty"` // of this minute
	Tokens   *Level `json:"tokens,omitempty"`   // of this minute
	Parallel *Level `json:"parallel,omitempty"` // places
	Budget   *Money `json:"budget,omitempty"`
}

// Level is how one limit stands.
type Level struct {
	Limit     int64     `json:"limit"`
	Used      int64     `json:"used"` // may be above Limit: calls used more than they had reserved
	Remaining int64     `json:"remaining"`
	Reset     time.Time `json:"reset,omitzero"` // when Used is 0 again; zero for places
}

// Money is how a budget stands, in dollars.
type Money struct {
	Limit     float64   `json:"limit_usd"`
	Used      float64   `json:"used_usd"` // what running calls have reserved included
	Remaining float64   `json:"remaining_usd"`
	Reset     time.Time `json:"reset,omitzero"` // zero: never
}

// State tells how a quota stands just now.
func (b *Book) State(ctx context.Context, q llm.Quota) (State, error) {
	var p plan
	p.make([]llm.Quota{q}, Need{}, b.now())
	var s State
	if len(p.asks) == 0 {
		return s, nil
	}
	used, err := b.Counters.Used(ctx, p.asks)
	if err != nil {
		return s, fmt.Errorf("asking how the limits of %s stand: %w", q.Name, err)
	}
	for i, a := range p.asks {
		level := &Level{Limit: a.Limit, Used: used[i], Remaining: max(a.Limit-used[i], 0), Reset: a.Until}
		switch p.parts[i].limit {
		case RPM:
			s.Requests = level
		case TPM:
			s.Tokens = level
		case Parallel:
			s.Parallel = level
		default:
			s.Budget = &Money{dollars(level.Limit), dollars(level.Used), dollars(level.Remaining), a.Until}
		}
	}
	return s, nil
}
