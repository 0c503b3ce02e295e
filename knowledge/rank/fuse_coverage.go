package rank

import "github.com/tribunebot/tribune/knowledge"

// What similarity counts for confidence. Models differ in what they call
// similar (two unrelated texts have .1 with one and .7 with another), so it is
// measured against what else the same question found.
const (
	// background is the rank from which passages are near without being the
	// answer: an answer stands in a few passages, not in twenty.
	background = 20
	// leastBackground is how many such passages there must be to tell what is
	// typical; a smaller collection is refused by its words alone.
	leastBackground = 20
	// outstanding is how far between the typical passage (0) and one that says
	// the same as the question (1) a passage must stand to count. What a team
	// writes about one subject is all alike, so that the passage nearest to a
	// question without an answer stands at a third of the way at most.
	outstanding = .5
	// convinced is what an outstanding passage has of full coverage. With it a
	// passage found by meaning alone passes where the threshold is just met.
	convinced = .9
)

// typical is the similarity of the passages that come after the nearest ones,
// which are sorted; false where there are too few to tell.
func typical(near []knowledge.Near) (float64, bool) {
	rest := near[min(len(near), background):]
	if len(rest) < leastBackground {
		return 0, false
	}
	return rest[len(rest)/2].Similarity, true
}

// coverage is what a passage has of the question, by its words or by what they
// mean. Where the question names a place, an article or a code that the passage
// does not have, meaning is no excuse.
func (m *meaning) coverage(q *question, f *found, byWords float64) float64 {
	if m == nil || !m.known || m.typical >= 1 {
		return byWords
	}
	similarity, ok := m.similar[refOf(f.passage)]
	if !ok || len(q.places) > 0 && byWords == 0 || len(q.exact) > 0 && q.named(f) == 0 {
		return byWords
	}
	stands := (similarity - m.typical) / (1 - m.typical)
	if stands < outstanding {
		return byWords
	}
	return max(byWords, convinced*min(stands, 1))
}
