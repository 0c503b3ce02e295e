// Package price knows what tokens cost and how many a model can read: from the
// tables of charm.land/catwalk, from a small table of our own for what those
// lack, and from whatever the operator's file says instead. A price that is not
// known stays unknown; it is never taken for 0.
package price

import "github.com/tribunebot/tribune/llm"

// Price is what a model costs, in dollars per token, and how much it can read.
// The zero value is unknown.
type Price struct {
	Known     bool
	In        float64 // a token of the prompt
	Out       float64 // a token of the completion, reasoning among them
	CachedIn  float64 // a token of the prompt that the provider had cached; as In where nothing else is known
	Context   int     // tokens the model can take, both ways; 0: unknown
	MaxOutput int     // tokens it writes at most; 0: unknown
	Source    string  // where the price is from: "catwalk", "tribune", "file"
}

// Cost is what a call cost in dollars; nil where the price or the usage is not
// known.
func (p Price) Cost(u *llm.Usage) *float64 {
	if !p.Known || u == nil {
		return nil
	}
	cached := min(max(u.Cached, 0), u.Prompt)
	usd := float64(u.Prompt-cached)*p.In + float64(cached)*p.CachedIn + float64(u.Completion)*p.Out
	return &usd
}
