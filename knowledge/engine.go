package knowledge

import "context"

// Term is one unit that text was cut into, with the weight it has in a lookup:
// 1 for a word of the question, less for a synonym or for earlier turns.
type Term struct {
	Text   string
	Weight float64
}

// Lookup asks an Engine for candidates.
type Lookup struct {
	// Terms come from package cut, the same cutter that an Engine indexes with.
	Terms []Term
	// Collections are the only ones that may be looked at. Empty finds nothing.
	Collections []string
	Limit       int // 0: one thousand
	// Also names passages and documents that belong among the candidates
	// whatever words they have. Those outside Collections are not looked at,
	// those that do not exist are left out. They come on top of Limit.
	Also []Ref
}

// Candidates is what an Engine gives for a Lookup.
type Candidates struct {
	// Passages are whole, in the engine's own rough order (Score is its own
	// too): a ranker orders them again.
	Passages []Passage
	// Total counts the passages of the collections that were looked at.
	Total int
	// Frequencies says, for each term of the lookup in its order, how many of
	// those passages have it. Nil where an engine can't tell: the ranker then
	// counts in the candidates.
	Frequencies []int
}

// Engine keeps passages and gives candidates. The filter by collection is part
// of the search, never something that is done to its result. A collection that
// does not exist holds nothing.
type Engine interface {
	Candidates(ctx context.Context, l Lookup) (Candidates, error)
}
