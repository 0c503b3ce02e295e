package rank

import (
	"cmp"
	"context"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

// nearest is how many passages are asked for by meaning. Reciprocal ranks
// beyond a hundred move nothing, and the engine fetches each by its name.
const nearest = 100

// fusion is the constant of reciprocal rank fusion, 1/(fusion+rank) for each
// list that has a passage (Cormack, Clarke, Büttcher: Reciprocal Rank Fusion
// outperforms Condorcet and Individual Rank Learning Methods, SIGIR 2009). With
// their 60 the first of one list alone stands beside the first of the other, and
// behind what both have among their first sixty.
const fusion = 60

// meaning is what vectors say about a question. Nil: nothing.
type meaning struct {
	refs    []knowledge.Ref
	ranks   map[knowledge.Ref]int // from 1
	similar map[knowledge.Ref]float64
	typical float64 // similarity of what is near without being the answer
	known   bool    // whether typical could be told
}

// near asks for the passages that mean what the question means. Where that fails
// words alone decide, and Degraded says so.
func (r *Ranker) near(ctx context.Context, q knowledge.Query) *meaning {
	if r.o.Nearby == nil || !r.state.tries(r.now()) {
		return nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, patience, errLate)
	defer cancel()
	near, err := r.o.Nearby.Nearest(limited, q.Text, q.Collections, nearest)
	if ctx.Err() != nil {
		return nil // whoever asked has left: that says nothing about vectors
	}
	if err != nil {
		r.state.failed(ctx, r.now(), cause(limited, err), r.o.Log)
		return nil
	}
	r.state.worked(ctx, r.now(), r.o.Log)
	return understand(near, q.Collections)
}

// understand keeps what was found in the collections that were asked for.
func understand(near []knowledge.Near, collections []string) *meaning {
	near = slices.DeleteFunc(slices.Clone(near), func(n knowledge.Near) bool {
		return !slices.Contains(collections, n.Collection)
	})
	if len(near) == 0 {
		return nil
	}
	slices.SortStableFunc(near, func(a, b knowledge.Near) int { return cmp.Compare(b.Similarity, a.Similarity) })
	m := &meaning{ranks: map[knowledge.Ref]int{}, similar: map[knowledge.Ref]float64{}}
	for _, n := range near[:min(len(near), nearest)] {
		if _, ok := m.ranks[n.Ref]; ok {
			continue
		}
		m.refs = append(m.refs, n.Ref)
		m.ranks[n.Ref] = len(m.refs)
		m.similar[n.Ref] = n.Similarity
	}
	m.typical, m.known = typical(near)
	return m
}

// also are the passages that belong among the candidates.
func (m *meaning) also() []knowledge.Ref {
	if m == nil {
		return nil
	}
	return m.refs
}

// fuse puts passages that are sorted by their words into the order of both
// lists. Scores stay on the scale that words gave them: the first has the
// highest of them, and so on.
func (m *meaning) fuse(q *question, sorted []*found) {
	if m == nil || len(sorted) == 0 {
		return
	}
	first := q.meant(sorted)
	scores := scoresOf(sorted)
	fused := make(map[*found]float64, len(sorted))
	for i, f := range sorted {
		fused[f] = 1 / float64(fusion+i+1)
		if rank, ok := m.ranks[refOf(f.passage)]; ok {
			fused[f] += 1 / float64(fusion+rank)
		}
	}
	slices.SortStableFunc(sorted[first:], func(a, b *found) int { return cmp.Compare(fused[b], fused[a]) })
	for i, f := range sorted {
		f.score = scores[i]
	}
}

// pointed is how well a heading must be what the question names exactly for
// nothing to be put before it: half is what a bare "section 5" earns anywhere.
const pointed = .5

// meant is how many passages at the head of the order are there because the
// question names them exactly: they stay.
func (q *question) meant(sorted []*found) int {
	for i, f := range sorted {
		if q.named(f) <= pointed {
			return i
		}
	}
	return len(sorted)
}

func scoresOf(all []*found) []float64 {
	scores := make([]float64, len(all))
	for i, f := range all {
		scores[i] = f.score
	}
	return scores
}

func refOf(p knowledge.Passage) knowledge.Ref {
	return knowledge.Ref{Collection: p.Collection, ID: p.ID}
}
