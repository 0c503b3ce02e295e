package answer

import (
	"slices"

	"github.com/tribunebot/tribune/knowledge/extract"
)

// weighing compares one sentence with the passages, with each at most once.
type weighing struct {
	gate     *gate
	claim    *extract.Claim
	backings map[int]extract.Backing
}

func (g *gate) weigh(body string) *weighing {
	return &weighing{gate: g, claim: extract.ReadClaim(body), backings: map[int]extract.Backing{}}
}

// by is how far passage i bears the sentence out.
func (w *weighing) by(i int) extract.Backing {
	b, ok := w.backings[i]
	if !ok {
		b = w.claim.Support(w.gate.passages[i])
		w.backings[i] = b
	}
	return b
}

// missing are the figures that stand in none of these passages. A sentence that
// gets a mark needs its figures from the passages alone: a mark below the asker's
// own wrong figure would lend it their authority.
func (w *weighing) missing(passages []int) []string {
	var out []string
	for n, i := range passages {
		lacks := w.by(i).MissingNumbers
		if n == 0 {
			out = slices.Clone(lacks)
		}
		out = slices.DeleteFunc(out, func(figure string) bool { return !slices.Contains(lacks, figure) })
	}
	return out
}

// figuresKnown tells whether every figure stands in one of these passages, by
// default any, or in what people said.
func (w *weighing) figuresKnown(passages ...int) bool {
	if len(passages) == 0 {
		for i := range w.gate.passages {
			passages = append(passages, i)
		}
	}
	lacks := w.claim.Support(w.gate.known).MissingNumbers
	if len(passages) == 0 {
		return len(lacks) == 0
	}
	return len(slices.DeleteFunc(w.missing(passages), func(figure string) bool { return !slices.Contains(lacks, figure) })) == 0
}
