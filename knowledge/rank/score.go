package rank

import (
	"math"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// The three fields of a passage.
const (
	inTitle = iota
	inSection
	inText
	fields
)

// nearQuestion and nearText are how far apart two words may stand, in words, to
// count as neighbours.
const (
	nearQuestion = 2
	nearText     = 3
)

// found is what a passage has of the question.
type found struct {
	passage knowledge.Passage
	tf      [][fields]float32 // by term
	length  [fields]float64
	near    int // neighbours of the question that are neighbours here
	score   float64
	lexical float64   // the part of its words and of what surrounds it
	parts   []float32 // score by term
}

// has reports whether the passage has term i anywhere.
func (f *found) has(i int) bool { return f.heads(i) || f.tf[i][inText] > 0 }

// heads reports whether term i stands in the title or section.
func (f *found) heads(i int) bool { return f.tf[i][inTitle] > 0 || f.tf[i][inSection] > 0 }

// reader reads passages for the terms of one question.
type reader struct {
	q      *question
	cutter *cut.Cutter
	heads  map[string][]int32 // terms of sections already read, and their length
	tf     [][fields]float32  // memory for the passages to come
	parts  []float32
}

// newReader returns a reader of n passages, with memory for all of them.
func newReader(q *question, n int, cutter *cut.Cutter) *reader {
	size := n * len(q.terms)
	return &reader{
		q: q, cutter: cutter, heads: map[string][]int32{},
		tf: make([][fields]float32, size), parts: make([]float32, size),
	}
}

// read counts the terms of a passage.
func (r *reader) read(p knowledge.Passage) *found {
	n := len(r.q.terms)
	f := &found{passage: p, tf: r.tf[:n:n], parts: r.parts[:n:n]}
	r.tf, r.parts = r.tf[n:], r.parts[n:]
	f.length[inTitle] = r.title(f)
	f.length[inSection] = r.section(f)
	last, lastPos := -1, 0
	var seen map[[2]int]bool
	end := r.cutter.Each(p.Text, func(t cut.Term) {
		i, ok := r.q.at[t.Text]
		if !ok {
			return
		}
		f.tf[i][inText]++
		if t.Kind == cut.Gram || t.Kind == cut.Pair || len(r.q.pairs) == 0 {
			return
		}
		if pair := [2]int{last, i}; last >= 0 && t.Pos-lastPos <= nearText && r.q.pairs[pair] && !seen[pair] {
			if seen == nil {
				seen = map[[2]int]bool{}
			}
			seen[pair] = true
			f.near++
		}
		last, lastPos = i, t.Pos
	})
	f.length[inText] = float64(end)
	return f
}

// title counts the terms of a title. Titles are short and most of them differ.
func (r *reader) title(f *found) float64 {
	return float64(r.cutter.Each(f.passage.Title, func(t cut.Term) {
		if i, ok := r.q.at[t.Text]; ok {
			f.tf[i][inTitle]++
		}
	}))
}

// section counts the terms of a section; many passages share one.
func (r *reader) section(f *found) float64 {
	list, ok := r.heads[f.passage.Section]
	if !ok {
		end := r.cutter.Each(f.passage.Section, func(t cut.Term) {
			if i, ok := r.q.at[t.Text]; ok {
				list = append(list, int32(i))
			}
		})
		list = append(list, int32(end))
		r.heads[f.passage.Section] = list
	}
	last := len(list) - 1
	for _, i := range list[:last] {
		f.tf[i][inSection]++
	}
	return float64(list[last])
}

// weigh gives every passage its BM25F score (Robertson, Zaragoza: The
// Probabilistic Relevance Framework, 2009), with the bonus for neighbours.
func weigh(q *question, all []*found, o weights) {
	var mean [fields]float64
	for _, f := range all {
		for i, n := range f.length {
			mean[i] += n / float64(len(all))
		}
	}
	for _, f := range all {
		f.score = 0
		var norm [fields]float64
		for i := range norm {
			norm[i] = o.field[i] / (1 - o.b[i] + o.b[i]*f.length[i]/max(mean[i], 1))
		}
		for i, t := range q.terms {
			tf := 0.0
			for k, n := range f.tf[i] {
				tf += float64(n) * norm[k]
			}
			if tf == 0 {
				f.parts[i] = 0
				continue
			}
			part := t.weight * o.kind(t.kind) * t.idf * tf * (o.k1 + 1) / (tf + o.k1)
			f.parts[i] = float32(part)
			f.score += part
		}
		f.score *= 1 + o.near*float64(f.near)/float64(max(len(q.pairs), 1))
	}
}

// idf is how much a term says, by the passages that have it.
func idf(frequency, total int) float64 {
	n := float64(min(frequency, total))
	return math.Log(1 + (float64(total)-n+.5)/(n+.5))
}
