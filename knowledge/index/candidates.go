package index

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
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
	reader bleve.TermFieldReader
	term   int // its place in the lookup
	field  int
}

// search is the state of one lookup.
type search struct {
	snapshot *scorch.IndexSnapshot
	lookup   knowledge.Lookup
	postings []posting
	counts   []int     // passages that have the term, per term of the lookup
	lengths  []float64 // mean length of a passage, per collection
	total    int
	scores   []float32
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
	defer s.close()
	if err := s.openPostings(ctx); err != nil {
		return knowledge.Candidates{}, fmt.Errorf("search: %w", err)
	}
	buf := x.borrow(snapshot)
	defer x.scores.Put(buf)
	s.scores = *buf
	best, err := s.best(ctx)
	if err != nil {
		return knowledge.Candidates{}, fmt.Errorf("search: %w", err)
	}
	if best, err = also(snapshot, l, best); err != nil {
		return knowledge.Candidates{}, fmt.Errorf("search: %w", err)
	}
	passages, err := load(snapshot, best)
	if err != nil {
		return knowledge.Candidates{}, fmt.Errorf("search: %w", err)
	}
	return knowledge.Candidates{Passages: passages, Total: s.total, Frequencies: s.counts}, nil
}

// borrow returns a zeroed score for every passage, of memory used before.
func (x *Index) borrow(r *scorch.IndexSnapshot) *[]float32 {
	size := 0
	for _, seg := range r.Segments() {
		size += int(seg.FullSize())
	}
	buf, ok := x.scores.Get().(*[]float32)
	if !ok || cap(*buf) < size {
		b := make([]float32, size)
		return &b
	}
	*buf = (*buf)[:size]
	clear(*buf)
	return buf
}

func (s *search) close() {
	for _, p := range s.postings {
		release(p.reader)
	}
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
		if err := s.openField(ctx, f); err != nil {
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

func (s *search) openField(ctx context.Context, f int) error {
	name := field(s.lookup.Collections[f])
	for i, t := range s.lookup.Terms {
		if t.Text == "" || t.Text[0] == 0 { // the marks are not for asking
			continue
		}
		r, err := s.snapshot.TermFieldReader(ctx, []byte(t.Text), name, true, true, false)
		if err != nil {
			return err
		}
		n := int(r.Count())
		if n == 0 {
			release(r)
			continue
		}
		s.counts[i] += n
		s.postings = append(s.postings, posting{r, i, f})
	}
	return nil
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

// hit is one passage by its number in the snapshot.
type hit struct {
	number uint64
	score  float32
}

// best adds up the scores of all passages and returns the best of them.
func (s *search) best(ctx context.Context) ([]hit, error) {
	for _, p := range s.useful() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.add(p); err != nil {
			return nil, err
		}
	}
	return top(s.scores, s.lookup.Limit), nil
}

func (s *search) add(p posting) error {
	var (
		n     = float64(s.counts[p.term])
		idf   = math.Log(1 + (float64(s.total)-n+.5)/(n+.5))
		boost = idf * s.lookup.Terms[p.term].Weight * (roughK1 + 1)
		mean  = s.lengths[p.field]
		doc   bleve.TermFieldDoc
	)
	for {
		d, err := p.reader.Next(&doc)
		if err != nil {
			return err
		}
		if d == nil {
			return nil
		}
		tf, length := float64(d.Freq), 1/(d.Norm*d.Norm) // bleve's norm is 1/sqrt(length)
		s.scores[d.ID.Value()] += float32(boost * tf / (tf + roughK1*(1-roughB+roughB*length/mean)))
	}
}

// worst is a heap with the worst hit on top.
type worst []hit

func (w worst) Len() int           { return len(w) }
func (w worst) Less(i, j int) bool { return w[i].score < w[j].score }
func (w worst) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }

// Push adds a hit.
func (w *worst) Push(v any) {
	if h, ok := v.(hit); ok {
		*w = append(*w, h)
	}
}

// Pop takes the last hit off.
func (w *worst) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}

// top returns the n best scores above zero, best first.
func top(scores []float32, n int) []hit {
	w := make(worst, 0, min(n, len(scores)))
	for i, score := range scores {
		switch {
		case score <= 0:
		case len(w) < n:
			heap.Push(&w, hit{uint64(i), score})
		case score > w[0].score:
			w[0] = hit{uint64(i), score}
			heap.Fix(&w, 0)
		}
	}
	slices.SortFunc(w, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.number, b.number))
	})
	if len(w) == 0 {
		return w
	}
	worth, _ := slices.BinarySearchFunc(w, w[0].score*worthShare, func(h hit, least float32) int {
		return cmp.Compare(least, h.score)
	})
	return w[:max(worth, min(len(w), worthLeast))]
}

// load reads the passages of hits, in their order.
func load(r *scorch.IndexSnapshot, hits []hit) ([]knowledge.Passage, error) {
	out := make([]knowledge.Passage, len(hits))
	order := make([]int, len(hits))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(hits[a].number, hits[b].number) })
	for _, i := range order {
		rec, err := fetch(r, hits[i].number)
		if err != nil {
			return nil, err
		}
		out[i] = rec.passage
		out[i].Score = float64(hits[i].score)
	}
	return out, nil
}

// fetch reads one stored passage by its number in the snapshot.
func fetch(r *scorch.IndexSnapshot, number uint64) (record, error) {
	var (
		rec  record
		fail = errRecord
	)
	for _, seg := range r.Segments() {
		if size := uint64(seg.FullSize()); number >= size {
			number -= size
			continue
		}
		err := seg.VisitDocument(number, func(name string, _ byte, value []byte, _ []uint64) bool {
			if name != stored {
				return true
			}
			rec, fail = decode(value)
			return false
		})
		return rec, errors.Join(err, fail)
	}
	return record{}, fmt.Errorf("%w: no number %d", errRecord, number)
}
