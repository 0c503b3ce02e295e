package rank

import (
	"fmt"
	"math"

	"github.com/tribunebot/tribune/knowledge"
)

// checkWeigh finds a weight that would turn an order upside down.
func checkWeigh(weigh map[string]Weight) error {
	for name, w := range weigh {
		if !(w.Authority >= 0) || math.IsInf(w.Authority, 1) {
			return fmt.Errorf("weight of collection %q: authority is %v, want a number from 0", name, w.Authority)
		}
		if w.HalfLife < 0 {
			return fmt.Errorf("weight of collection %q: half-life is %s, want none or more than 0", name, w.HalfLife)
		}
	}
	return nil
}

// source is the factor of a passage for where it comes from and how old it is.
// A document of unknown age, or from the future, counts as new.
func (r *Ranker) source(p knowledge.Passage) float64 {
	w, ok := r.o.Weigh[p.Collection]
	if !ok {
		return 1
	}
	factor := w.Authority
	if factor == 0 {
		factor = 1
	}
	if w.HalfLife == 0 || p.UpdatedAt.IsZero() {
		return factor
	}
	age := max(r.o.Now().Sub(p.UpdatedAt), 0)
	return factor * math.Exp2(-float64(age)/float64(w.HalfLife))
}
