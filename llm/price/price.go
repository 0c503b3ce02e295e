// Package price knows what tokens cost and how many a model can read: from the
// tables of charm.land/catwalk, from a small table of our own for what those
// lack, and from whatever the operator's file says instead. A price that is not
// known stays unknown; it is never taken for 0.
//
// A wrong price is worse than an unknown one, so only what is certain is
// matched. An aggregator's "vendor/model" is not given the vendor's own price:
// many add a margin (Venice asks 6 dollars where Anthropic asks 5), and who
// serves open weights sets prices freely. Models that run on one's own machine
// (ollama, llamafile, lm_studio, hosted_vllm) are unknown too: they cost
// electricity and hardware, which only the operator knows, and a 0 would make
// cost-based routing send everything there. The file may say 0, and then it is.
//
// Prices in other currencies are not converted: a rate that was right when this
// was written is wrong today. Of prices that grow with the length of the
// prompt two steps are known at most (Price.Long), for models of our own table;
// catwalk's are those of short prompts. Both can be set right in the file.
package price

import (
	"math"

	"github.com/tribunebot/tribune/llm"
)

// Where a price is from.
const (
	SourceCatwalk = "catwalk" // the tables of charm.land/catwalk
	SourceOwn     = "tribune" // the table in this package
	SourceFile    = "file"    // the operator's
)

// Price is what a model costs, in dollars per token, and how much it can read.
// The zero value is unknown.
type Price struct {
	Known     bool
	In        float64 // a token of the prompt
	Out       float64 // a token of the completion
	CachedIn  float64 // a token of the prompt that the provider had cached; 0: as In
	Reasoning float64 // a token of the completion that was thought; 0: as Out
	Long      Tier    // other prices for long prompts; the zero value: none
	Context   int     // tokens the model can take, both ways; 0: unknown
	MaxOutput int     // tokens it writes at most; 0: unknown
	Source    string  // where the price is from: "catwalk", "tribune", "file"
}

// Tier is what a call costs whose prompt is longer than Over tokens, all of its
// tokens among them.
type Tier struct {
	Over              int
	In, Out, CachedIn float64 // dollars per token, as in Price
}

// Cost is what a call cost in dollars; nil where the price or the usage is not
// known. Cached and reasoning tokens are parts of the prompt and the completion
// and are counted once, however much of them a provider reports.
func (p Price) Cost(u *llm.Usage) *float64 {
	if !p.Known || u == nil {
		return nil
	}
	prompt, completion := max(u.Prompt, 0), max(u.Completion, 0)
	if t := p.Long; t.Over > 0 && prompt > t.Over {
		p.In, p.Out, p.CachedIn, p.Reasoning = t.In, t.Out, t.CachedIn, 0
	}
	cached := min(max(u.Cached, 0), prompt)
	thought := min(max(u.Reasoning, 0), completion)
	usd := float64(prompt-cached)*p.In + float64(cached)*or(p.CachedIn, p.In) +
		float64(completion-thought)*p.Out + float64(thought)*or(p.Reasoning, p.Out)
	usd = math.Round(usd*costUnits) / costUnits
	return &usd
}

// costUnits is what a dollar is told in: prices are products of floats, and have
// dust behind the digits that mean something.
const costUnits = 1e12

// or returns a price, or another where it is not set.
func or(price, otherwise float64) float64 {
	if price == 0 {
		return otherwise
	}
	return price
}

// over returns p, with what it leaves open filled in from below.
func (p Price) over(below Price) Price {
	merged := below
	if p.Known {
		merged = p
		merged.Context, merged.MaxOutput = below.Context, below.MaxOutput
		if merged.Source == "" {
			merged.Source = SourceFile
		}
	}
	if p.Context > 0 {
		merged.Context = p.Context
	}
	if p.MaxOutput > 0 {
		merged.MaxOutput = p.MaxOutput
	}
	return merged
}
