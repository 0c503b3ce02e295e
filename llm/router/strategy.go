package router

import (
	"maps"
	"slices"

	"github.com/tribunebot/tribune/llm/price"
)

// The names of the strategies, as LiteLLM's routing_strategy has them.
const (
	SimpleShuffle = "simple-shuffle"
	LeastBusy     = "least-busy"
	UsageBased    = "usage-based-routing"
	UsageBasedV2  = "usage-based-routing-v2"
	LatencyBased  = "latency-based-routing"
	CostBased     = "cost-based-routing"
)

// Strategy picks one of several deployments that could all serve a request.
type Strategy interface {
	// Pick returns an index into of, which has at least two entries. random
	// gives numbers in [0, 1).
	Pick(of []Candidate, random func() float64) int
}

// Candidate is what a strategy sees of a deployment at the moment.
type Candidate struct {
	ID     string
	Weight *float64
	RPM    int64 // its limits; 0: none
	TPM    int64
	Price  price.Price

	InFlight int   // calls that run now
	Tokens   int64 // used in this clock minute, both ways
	// Latency is the mean of its recent answers, in seconds: for each token of
	// a completion, or for a stream until its first word. 0: none was seen.
	Latency float64
}

// strategies are all there are. A new one is a type with Pick and a line here.
func strategies() map[string]func(StrategyArgs) Strategy {
	return map[string]func(StrategyArgs) Strategy{
		SimpleShuffle: func(StrategyArgs) Strategy { return shuffle{} },
		LeastBusy:     func(StrategyArgs) Strategy { return leastBusy{} },
		UsageBased:    func(StrategyArgs) Strategy { return leastUsed{} },
		UsageBasedV2:  func(StrategyArgs) Strategy { return leastUsed{} },
		LatencyBased:  func(a StrategyArgs) Strategy { return fastest{buffer: a.LatencyBuffer} },
		CostBased:     func(StrategyArgs) Strategy { return cheapest{} },
	}
}

// Strategies returns the names that Settings.Strategy may have, in order.
func Strategies() []string { return slices.Sorted(maps.Keys(strategies())) }

// shuffle takes one at random, each as often as its weight says: the given
// weight, else the limit of requests, else of tokens, else all the same. LiteLLM
// asks only the first deployment which of them is set; here one that has it is
// enough, and those without it get no share.
type shuffle struct{}

// Pick implements Strategy.
func (shuffle) Pick(of []Candidate, random func() float64) int {
	for _, share := range []func(Candidate) float64{
		func(c Candidate) float64 {
			if c.Weight == nil {
				return 0
			}
			return *c.Weight
		},
		func(c Candidate) float64 { return float64(c.RPM) },
		func(c Candidate) float64 { return float64(c.TPM) },
	} {
		if i := weighted(of, share, random); i >= 0 {
			return i
		}
	}
	return uniform(len(of), random)
}

// weighted picks by share; -1 where nobody has any.
func weighted(of []Candidate, share func(Candidate) float64, random func() float64) int {
	sum := 0.0
	for _, c := range of {
		sum += max(share(c), 0)
	}
	if sum <= 0 {
		return -1
	}
	at, last := random()*sum, -1
	for i, c := range of {
		s := max(share(c), 0)
		if s == 0 {
			continue
		}
		last = i
		if at -= s; at < 0 {
			break
		}
	}
	return last
}

func uniform(n int, random func() float64) int { return min(int(random()*float64(n)), n-1) }

// leastBusy takes the one with the fewest calls running in this process.
type leastBusy struct{}

// Pick implements Strategy.
func (leastBusy) Pick(of []Candidate, random func() float64) int {
	return lowest(of, 0, random, func(c Candidate) float64 { return float64(c.InFlight) })
}

// leastUsed takes the one with the fewest tokens used in this clock minute. The
// count is this process's own: asking others before each call would cost more
// than an even spread is worth, and the limits are shared in any case.
type leastUsed struct{}

// Pick implements Strategy.
func (leastUsed) Pick(of []Candidate, random func() float64) int {
	return lowest(of, 0, random, func(c Candidate) float64 { return float64(c.Tokens) })
}

// fastest takes one of those that answered fastest of late; those that nobody
// has seen yet come first.
type fastest struct{ buffer float64 }

// Pick implements Strategy.
func (f fastest) Pick(of []Candidate, random func() float64) int {
	return lowest(of, f.buffer, random, func(c Candidate) float64 { return c.Latency })
}

// unknownPrice is what LiteLLM takes for a model that it knows no price of, in
// dollars for a token each way: more than any costs, so that it comes last.
const unknownPrice = 5.0 + 5.0

// cheapest takes the one whose tokens cost least, both ways.
type cheapest struct{}

// Pick implements Strategy.
func (cheapest) Pick(of []Candidate, random func() float64) int {
	return lowest(of, 0, random, func(c Candidate) float64 { return perToken(c.Price) })
}

func perToken(p price.Price) float64 {
	if !p.Known {
		return unknownPrice
	}
	return p.In + p.Out
}

// lowest picks at random among those whose value is the lowest, or above it by
// no more than this share of it.
func lowest(of []Candidate, buffer float64, random func() float64, value func(Candidate) float64) int {
	least := value(of[0])
	for _, c := range of[1:] {
		least = min(least, value(c))
	}
	limit, n := least+buffer*least, 0
	for _, c := range of {
		if value(c) <= limit {
			n++
		}
	}
	nth := uniform(n, random)
	for i, c := range of {
		if value(c) > limit {
			continue
		}
		if nth == 0 {
			return i
		}
		nth--
	}
	return 0
}
