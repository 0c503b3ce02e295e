package index

import (
	"cmp"
	"slices"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// hit is one passage by its number in the snapshot.
type hit struct {
	number uint64
	score  float32
}

// sums are the scores of all passages, most of them none.
type sums struct {
	scores  []float32
	touched []uint32 // the numbers of those that have one
}

// borrow returns sums for every passage, all zero, of memory used before.
func (x *Index) borrow(r *scorch.IndexSnapshot) *sums {
	size := 0
	for _, seg := range r.Segments() {
		size += int(seg.FullSize())
	}
	s, ok := x.sums.Get().(*sums)
	if !ok || cap(s.scores) < size {
		return &sums{scores: make([]float32, size)}
	}
	s.scores = s.scores[:size]
	return s
}

// giveBack gives sums back, all zero again.
func (x *Index) giveBack(s *sums) {
	s.scores = s.scores[:cap(s.scores)]
	for _, i := range s.touched {
		s.scores[i] = 0
	}
	s.touched = s.touched[:0]
	x.sums.Put(s)
}

// add adds to a passage's score, which is above zero.
func (s *sums) add(number uint64, score float32) {
	if s.scores[number] == 0 {
		s.touched = append(s.touched, uint32(number))
	}
	s.scores[number] += score
}

// bins is how finely scores are told apart before they are sorted.
const bins = 4096

// top returns the n best scores, best first, less those that are far below the
// best. Most passages score little: counting how many there are of each size
// finds where the best n begin without a heap, and without sorting them all.
func (s *sums) top(n int) []hit {
	best := float32(0)
	for _, i := range s.touched {
		best = max(best, s.scores[i])
	}
	if best <= 0 || n <= 0 {
		return nil
	}
	least := s.threshold(best, n)
	found := make([]hit, 0, min(len(s.touched), n+n/4))
	for _, i := range s.touched {
		if score := s.scores[i]; score >= least {
			found = append(found, hit{uint64(i), score})
		}
	}
	slices.SortFunc(found, better)
	found = found[:min(n, len(found))]
	worth, _ := slices.BinarySearchFunc(found, best*worthShare, func(h hit, least float32) int {
		return cmp.Compare(least, h.score)
	})
	return found[:max(worth, min(len(found), worthLeast))]
}

// better puts the better score first, and of equal ones the lower number.
func better(a, b hit) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	return cmp.Compare(a.number, b.number)
}

// threshold is a score that at least n of the scores reach, and few more, or 0.
func (s *sums) threshold(best float32, n int) float32 {
	var counts [bins]int
	scale := (bins - 1) / best
	for _, i := range s.touched {
		counts[min(int(s.scores[i]*scale), bins-1)]++
	}
	for bin := bins - 1; bin > 0; bin-- {
		if n -= counts[bin]; n <= 0 {
			// What is rounded at the edge of a bin belongs to the one below.
			return float32(bin-1) / scale
		}
	}
	return 0
}
