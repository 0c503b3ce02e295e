package price

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

func TestCost(t *testing.T) {
	t.Parallel()
	known := Price{Known: true, In: 2e-6, Out: 8e-6, CachedIn: 0.5e-6}
	thinker := Price{Known: true, In: 1e-6, Out: 2e-6, Reasoning: 10e-6}
	steps := Price{Known: true, In: 1e-6, Out: 2e-6, CachedIn: 0.1e-6, Reasoning: 3e-6, Long: Tier{Over: 100, In: 5e-6, Out: 10e-6}}
	for name, c := range map[string]struct {
		price Price
		usage *llm.Usage
		want  float64 // dollars
	}{
		"prompt and completion":                {known, &llm.Usage{Prompt: 1000, Completion: 100}, 0.0028},
		"cached tokens are part of the prompt": {known, &llm.Usage{Prompt: 1000, Cached: 400, Completion: 100}, 0.0022},
		"no more cached than there were":       {known, &llm.Usage{Prompt: 100, Cached: 400}, 0.00005},
		"reasoning is part of the completion":  {known, &llm.Usage{Completion: 100, Reasoning: 90}, 0.0008},
		"reasoning at a price of its own":      {thinker, &llm.Usage{Completion: 100, Reasoning: 90}, 0.00092},
		"cached at no price of its own":        {thinker, &llm.Usage{Prompt: 100, Cached: 50}, 0.0001},
		"just no long prompt":                  {steps, &llm.Usage{Prompt: 100, Completion: 10}, 0.00012},
		"a long prompt costs more as a whole":  {steps, &llm.Usage{Prompt: 101, Cached: 1, Completion: 10, Reasoning: 5}, 0.000605},
		"nothing used":                         {known, &llm.Usage{}, 0},
		"nonsense from a provider":             {known, &llm.Usage{Prompt: -5, Completion: -5, Cached: -1, Reasoning: -1}, 0},
		"known to be free":                     {Price{Known: true}, &llm.Usage{Prompt: 10, Completion: 10}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.price.Cost(c.usage)
			if got == nil {
				t.Fatal("got nil")
			}
			if math.Abs(*got-c.want) > 1e-12 {
				t.Errorf("got %v, want %v", *got, c.want)
			}
		})
	}
}

func TestCostOfTheUnknownIsUnknown(t *testing.T) {
	t.Parallel()
	if got := (Price{In: 1, Out: 1}).Cost(&llm.Usage{Prompt: 1}); got != nil {
		t.Errorf("an unknown price gave %v", *got)
	}
	if got := (Price{Known: true, In: 1}).Cost(nil); got != nil {
		t.Errorf("an unknown usage gave %v", *got)
	}
}

// near compares prices up to the rounding of floats.
func near() cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-12 })
}
