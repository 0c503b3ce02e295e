package learn

import (
	"math"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

// rare is how much a term says that n of total questions have: the natural
// logarithm of how rare it is.
func rare(n, total int) float64 {
	return math.Log(1 + (float64(total-n)+assumed+.5)/(float64(n)+.5))
}

// same is how much two questions share of what both say: the cosine of their
// terms. Likeness asks only whether the lesson has the question's words, and so
// favours long lessons, which have the words of everything.
func (h hit) same(look []sought, shared []knowledge.Shared) float64 {
	both, asked := 0.0, 0.0
	for _, t := range look {
		asked += t.says
	}
	for _, s := range shared {
		both += s.Says
	}
	if both <= 0 {
		return 0
	}
	return both / math.Sqrt(asked*(both+h.besides()))
}

// besides is what the lesson's question says that the other does not. It is
// counted on the lesson's own shelf, which the question may look at.
func (h hit) besides() float64 {
	numbers := slices.Sorted(slices.Values(h.numbers))
	says := 0.0
	for _, n := range h.entry.terms {
		if _, ok := slices.BinarySearch(numbers, n); !ok {
			says += rare(int(h.shelf.counts[n]), h.shelf.live)
		}
	}
	return says
}
