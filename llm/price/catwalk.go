package price

import (
	"math"
	"strings"

	"charm.land/catwalk/pkg/catwalk"
	"charm.land/catwalk/pkg/embedded"
)

// perToken turns a price as it is published, in dollars per million tokens,
// into one per token. Some tables have 0.39999999999999997 for 0.4: a millionth
// of a dollar per million is as fine as prices get.
func perToken(perMillion float64) float64 { return math.Round(perMillion*1e6) / 1e12 }

// addCatwalk takes the numbers out of catwalk's tables; the rest of what they
// decode to is let go.
func (x *index) addCatwalk() {
	for _, provider := range embedded.GetAll() {
		prefix := ours(string(provider.ID))
		for _, m := range provider.Models {
			name := strings.ToLower(m.ID)
			x.add(prefix+"/"+name, fromCatwalk(name, m))
		}
	}
}

// ours is our prefix for a provider of catwalk's.
func ours(id string) string {
	if prefix, ok := prefixes[id]; ok {
		return prefix
	}
	return id
}

// fromCatwalk reads one model. A price of 0 both ways means that catwalk does
// not know it (subscriptions, new models) and stays unknown, but for the models
// that OpenRouter marks ":free". catwalk's default_max_tokens is what Charm's
// own program asks for and often below the model's limit, so it is not taken
// for one.
func fromCatwalk(name string, m catwalk.Model) Price {
	p := Price{Context: int(m.ContextWindow)}
	if m.CostPer1MIn > 0 || m.CostPer1MOut > 0 || strings.HasSuffix(name, ":free") {
		p.Known = true
		p.Source = SourceCatwalk
		p.In = perToken(m.CostPer1MIn)
		p.Out = perToken(m.CostPer1MOut)
		p.CachedIn = perToken(cachedRead(m))
	}
	return p
}

// cachedRead finds the price of reading from the cache among catwalk's two
// cached prices: for Anthropic's models the first is that of writing to the
// cache and the second that of reading, for DeepSeek's and MiniMax's the other
// way round, for others only one is set, or one is a price by the hour. Reading
// is always the lower one, and always below the uncached price.
func cachedRead(m catwalk.Model) float64 {
	read := 0.0
	for _, cost := range []float64{m.CostPer1MInCached, m.CostPer1MOutCached} {
		if cost > 0 && cost < m.CostPer1MIn && (read == 0 || cost < read) {
			read = cost
		}
	}
	return read
}
