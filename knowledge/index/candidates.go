package index

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// Limits of the search for candidates, as measured on 58,542 statute articles:
// single characters that stand in many passages cost most of the time and find
// nothing, and a thousand candidates hold all but .004 of what an exhaustive
// search has among its first hundred.
const (
	defaultLimit  = 1000
	commonGram    = 2000 // passages with a single character from which it is not looked for
	commonShare   = .2   // share of the passages from which any term is not looked for
	fewPassages   = 5000 // below this every term is looked for
	fallbackTerms = 3    // the rarest terms, where all are common
	worthShare    = .18  // of the best rough score, below which a passage is left out
	worthLeast    = 500  // passages that are not left out for that
)

// bm25 parameters of the rough order.
const (
	roughK1 = .8
	roughB  = .5
)

// posting is one term of a lookup in one collection.
type posting struct {
	term  int // its place in the lookup
	field int
	// lists add what its passages score, segment by segment.
	lists []func(w weight, sums *sums) error
}

// weight is what a term counts for in one collection, by BM25: boost times
// f / (f + base + slope * length), f being how often a passage has the term.
type weight struct{ boost, base, slope float64 }

func newWeight(boost, meanLength float64) weight {
	return weight{boost * (roughK1 + 1), roughK1 * (1 - roughB), roughK1 * roughB / meanLength}
}

// search is the state of one lookup.
type search struct {
	snapshot *scorch.IndexSnapshot
	lookup   knowledge.Lookup
	postings []posting
	counts   []int     // passages that have the term, per term of the lookup
	lengths  []float64 // mean length of a passage, per collection
	total    int
	sums     *sums
}

// Candidates implements knowledge.Engine.
func (x *Index) Candidates(ctx context.Context, l knowledge.Lookup) (knowledge.Candidates, error) {
	if l.Limit <= 0 {
		l.Limit = defaultLimit
	}
	l.Collections = slices.Compact(slices.Sorted(slices.Values(l.Collections)))
	snapshot, err := x.reader()
	if err != nil {
		return knowledge.Candidates{}, err
	}
	defer release(snapshot)
	s := search{snapshot: snapshot, lookup: l, counts: make([]int, len(l.Terms))}
	if err := s.openPostings(ctx); err != nil {
		return knowledge.Candidates{}, fmt.Errorf("search: %w", err)
	}
	s.sums = x.borrow(snapshot)
	defer x.giveBack(s.sums)
	best, err := s.best(ctx)
	if err != nil {
		return knowledge.Candidates{}, fmt.Errorf("search: %w", err)
	}
	if best, err = also(snapshot, l, best); err != nil {
		return knowledge.Candidates{}, fmt.Errorf("search: %w", err)
	}
	passages, err := x.load(snapshot, best)
	if err != nil {
		return knowledge.Candidates{}, fmt.Errorf("search: %w", err)
	}
	return knowledge.Candidates{Passages: passages, Total: s.total, Frequencies: s.counts}, nil
}

// openPostings opens the postings of every term in every collection and counts.
func (s *search) openPostings(ctx context.Context) error {
	for f, name := range s.lookup.Collections {
		n, err := count(ctx, s.snapshot, name, markPassage)
		if err != nil {
			return err
		}
		s.lengths = append(s.lengths, 1)
		if n == 0 {
			continue
		}
		s.total += n
		if s.lengths[f], err = meanLength(ctx, s.snapshot, name); err != nil {
			return err
		}
		if err := s.openField(f); err != nil {
			return err
		}
	}
	return nil
}

// lengthSample is how many passages the mean length is taken from: the rough
// order needs no more, and a hundred costs some microseconds.
const lengthSample = 256

// meanLength is the mean number of terms of a collection's passages.
func meanLength(ctx context.Context, r *scorch.IndexSnapshot, collection string) (float64, error) {
	t, err := r.TermFieldReader(ctx, []byte(markPassage), field(collection), false, true, false)
	if err != nil {
		return 0, err
	}
	defer release(t)
	var (
		doc bleve.TermFieldDoc
		sum float64
		n   int
	)
	for ; n < lengthSample; n++ {
		d, err := t.Next(&doc)
		if err != nil {
			return 0, err
		}
		if d == nil {
			break
		}
		sum += 1 / (d.Norm * d.Norm)
	}
	return max(sum, 1) / float64(max(n, 1)), nil
}

// openField opens the terms' postings in one collection. They are read from the
// segments themselves: what bleve puts around them costs as much again.
func (s *search) openField(f int) error {
	opened := make([]posting, len(s.lookup.Terms))
	start := uint64(0)
	for _, seg := range s.snapshot.Segments() {
		if err := s.openSegment(seg, start, field(s.lookup.Collections[f]), opened); err != nil {
			return err
		}
		start += uint64(seg.FullSize())
	}
	for i, p := range opened {
		if len(p.lists) > 0 {
			p.term, p.field = i, f
			s.postings = append(s.postings, p)
		}
	}
	return nil
}

func (s *search) openSegment(seg *scorch.SegmentSnapshot, start uint64, name string, opened []posting) error {
	dictionary, err := seg.Segment().Dictionary(name)
	if err != nil {
		return err
	}
	for i, t := range s.lookup.Terms {
		if t.Text == "" || t.Text[0] == 0 { // the marks are not for asking
			continue
		}
		list, err := dictionary.PostingsList([]byte(t.Text), seg.Deleted(), nil)
		if err != nil {
			return err
		}
		n := int(list.Count())
		if n == 0 {
			continue
		}
		s.counts[i] += n
		opened[i].lists = append(opened[i].lists, func(w weight, sums *sums) error {
			postings := list.Iterator(true, true, false, nil)
			for {
				p, err := postings.Next()
				if err != nil || p == nil {
					return err
				}
				norm := p.Norm() // 1/sqrt(length)
				sums.add(start+p.Number(), w.score(float64(p.Frequency()), 1/(norm*norm)))
			}
		})
	}
	return nil
}

func (w weight) score(frequency, length float64) float32 {
	return float32(w.boost * frequency / (frequency + w.base + w.slope*length))
}

// useful leaves the postings that are worth reading.
func (s *search) useful() []posting {
	var use []posting
	for _, p := range s.postings {
		if !s.common(p.term) {
			use = append(use, p)
		}
	}
	if len(use) > 0 {
		return use
	}
	rare := slices.Clone(s.postings)
	slices.SortStableFunc(rare, func(a, b posting) int { return cmp.Compare(s.counts[a.term], s.counts[b.term]) })
	return rare[:min(len(rare), fallbackTerms*len(s.lookup.Collections))]
}

func (s *search) common(term int) bool {
	n := s.counts[term]
	if s.total < fewPassages {
		return false
	}
	r, size := utf8.DecodeRuneInString(s.lookup.Terms[term].Text)
	if size == len(s.lookup.Terms[term].Text) && cut.Han(r) {
		return n >= commonGram
	}
	return float64(n) > commonShare*float64(s.total)
}

// best adds up the scores of all passages and returns the best of them.
func (s *search) best(ctx context.Context) ([]hit, error) {
	for _, p := range s.useful() {
		if s.lookup.Terms[p.term].Weight <= 0 {
			continue
		}
		n := float64(s.counts[p.term])
		idf := math.Log(1 + (float64(s.total)-n+.5)/(n+.5))
		w := newWeight(idf*s.lookup.Terms[p.term].Weight, s.lengths[p.field])
		for _, add := range p.lists {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := add(w, s.sums); err != nil {
				return nil, err
			}
		}
	}
	return s.sums.top(s.lookup.Limit), nil
}
