package learn

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

const (
	// recallLimit is the number of lessons where a caller names none.
	recallLimit = 20
	// maxTerms bounds the work of one question.
	maxTerms = 400
	// assumed is how many questions a book is taken to have besides its own,
	// that have none of the terms: with few lessons no word is rare.
	assumed = 100
	// maxPostings is how many entries are looked at through a question's rarer
	// terms in one collection. The commoner ones then only score what the others
	// found: over 100,000 lessons this takes a fifth of the time.
	maxPostings = 20_000
	// scored is how many entries the commoner terms then score, and longPaste
	// the number of terms from which a lesson's question counts less: whoever
	// pasted a log into a question has every word in it.
	scored    = 256
	longPaste = 128
)

// sought is one term of a question.
type sought struct {
	text   string
	place  int     // among the question's terms
	says   float64 // natural logarithm of how rare it is among the lessons
	weight float64 // of the question's term, times that
	count  int     // lessons that have it
}

// Recall implements knowledge.Lessons. What a term says is counted over the
// named collections alone. The lessons of one question come as one, with the
// references of all; its ID, Origin and At are those of the latest.
func (b *Book) Recall(ctx context.Context, terms []knowledge.Term, collections []string, limit int) ([]knowledge.Recalled, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = recallLimit
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	shelves := b.named(collections)
	if len(shelves) == 0 {
		return nil, nil
	}
	look, all := weighed(terms, shelves)
	if all <= 0 {
		return nil, nil
	}
	var best []hit
	for _, s := range shelves {
		best = append(best, b.search(s, look, limit)...)
	}
	slices.SortFunc(best, betterHit)
	best = best[:min(len(best), limit)]
	out := make([]knowledge.Recalled, len(best))
	for i, h := range best {
		shared := h.shelf.shared(h.entry, look, h.numbers)
		out[i] = knowledge.Recalled{
			Lesson: united(h.entry.lessons), Likeness: min(1, h.score/all), Same: h.same(look, shared), Shared: shared,
		}
	}
	return out, nil
}

// named are the shelves of the collections, each once, in one order.
func (b *Book) named(collections []string) []*shelf {
	var out []*shelf
	for _, name := range slices.Compact(slices.Sorted(slices.Values(collections))) {
		if s := b.shelves[name]; s != nil {
			out = append(out, s)
		}
	}
	return out
}

// weighed are the terms of a question, rarest first, and what all of them weigh.
func weighed(terms []knowledge.Term, shelves []*shelf) (look []sought, all float64) {
	total := 0
	for _, s := range shelves {
		total += s.live
	}
	have := make(map[string]bool, len(terms))
	for i, t := range terms[:min(len(terms), maxTerms)] {
		if t.Text == "" || have[t.Text] || t.Weight <= 0 {
			continue
		}
		have[t.Text] = true
		n := 0
		for _, s := range shelves {
			n += s.count(t.Text)
		}
		says := rare(n, total)
		look = append(look, sought{text: t.Text, place: i, says: says, weight: t.Weight * says, count: n})
		all += t.Weight * says
	}
	slices.SortStableFunc(look, func(a, b sought) int { return cmp.Compare(a.count, b.count) })
	return look, all
}

// hit is an entry with what it shares with a question.
type hit struct {
	shelf   *shelf
	entry   *entry
	numbers []int32 // of the question's terms in the shelf
	score   float64
}

// shared are the terms that an entry has of a question's.
func (s *shelf) shared(e *entry, look []sought, numbers []int32) []knowledge.Shared {
	out := make([]knowledge.Shared, 0, len(look)/2)
	for i, t := range look {
		if _, ok := slices.BinarySearch(e.terms, numbers[i]); ok {
			out = append(out, knowledge.Shared{Term: t.place, Says: t.says})
		}
	}
	return out
}

// numbersOf are the numbers of terms, -1 for one that no entry ever had.
func (s *shelf) numbersOf(look []sought) []int32 {
	out := make([]int32, len(look))
	for i, t := range look {
		n, ok := s.numbers[t.text]
		if !ok {
			n = -1
		}
		out[i] = n
	}
	return out
}

func betterHit(a, b hit) int {
	return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.entry.lessons[0].ID, b.entry.lessons[0].ID))
}

// search returns the best of one shelf.
func (b *Book) search(s *shelf, look []sought, limit int) []hit {
	scores := b.borrow(len(s.entries))
	defer b.scores.Put(scores)
	terms := s.numbersOf(look)
	touched, counted := s.accumulate(*scores, look, terms)
	keep := max(scored, 2*limit)
	numbers := best(*scores, touched, keep)
	out := make([]hit, 0, len(numbers))
	for _, n := range numbers {
		e := &s.entries[n]
		h := hit{shelf: s, entry: e, numbers: terms, score: float64((*scores)[n])}
		for i, t := range look[counted:] {
			if _, ok := slices.BinarySearch(e.terms, terms[counted+i]); ok {
				h.score += t.weight
			}
		}
		h.score *= min(1, longPaste/float64(len(e.terms)))
		out = append(out, h)
	}
	slices.SortFunc(out, betterHit)
	return out[:min(len(out), limit)]
}

// borrow returns zeroed scores, of memory used before.
func (b *Book) borrow(n int) *[]float32 {
	buf, ok := b.scores.Get().(*[]float32)
	if !ok || cap(*buf) < n {
		fresh := make([]float32, n+n/8)
		buf = &fresh
	}
	*buf = (*buf)[:n]
	clear(*buf)
	return buf
}

// accumulate adds the rarer terms to the scores of the entries that have them,
// and returns those entries and how many terms that were.
func (s *shelf) accumulate(scores []float32, look []sought, numbers []int32) (touched []int32, counted int) {
	looked := 0
	for i, n := range numbers {
		if n < 0 {
			continue
		}
		list, weight := s.postings[n], float32(look[i].weight)
		if looked += len(list); looked > maxPostings && len(touched) > 0 {
			return touched, i
		}
		for _, e := range list {
			if scores[e] == 0 {
				if s.entries[e].lessons == nil {
					continue
				}
				touched = append(touched, e)
			}
			scores[e] += weight
		}
	}
	return touched, len(look)
}

// best returns the n entries with the highest scores, in no order.
func best(scores []float32, touched []int32, n int) []int32 {
	if len(touched) <= n {
		return touched
	}
	// The n highest by a bound that is raised: a few passes over what is left.
	heap := touched[:n]
	down := func(i int) {
		for {
			c := 2*i + 1
			if c >= n {
				return
			}
			if c+1 < n && scores[heap[c+1]] < scores[heap[c]] {
				c++
			}
			if scores[heap[i]] <= scores[heap[c]] {
				return
			}
			heap[i], heap[c] = heap[c], heap[i]
			i = c
		}
	}
	for i := n/2 - 1; i >= 0; i-- {
		down(i)
	}
	for _, e := range touched[n:] {
		if scores[e] > scores[heap[0]] {
			heap[0] = e
			down(0)
		}
	}
	return heap
}

// united is one lesson with the references of all.
func united(lessons []knowledge.Lesson) knowledge.Lesson {
	out := lessons[0]
	if len(lessons) == 1 {
		return out
	}
	var refs []string
	for _, l := range lessons {
		if l.At.After(out.At) {
			out = l
		}
		for _, r := range l.Refs {
			if !slices.Contains(refs, r) {
				refs = append(refs, r)
			}
		}
	}
	out.Refs = refs
	return out
}
