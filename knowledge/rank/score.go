package rank

import (
	"math"
	"strings"

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
	titles map[string][]int32 // terms of titles and sections already read, and their length
	tf     [][fields]float32  // memory for the passages to come
	parts  []float32
}

// newReader returns a reader of n passages, with memory for all of them.
func newReader(q *question, n int, cutter *cut.Cutter) *reader {
	size := n * len(q.terms)
	return &reader{
		q: q, cutter: cutter, titles: map[string][]int32{},
		tf: make([][fields]float32, size), parts: make([]float32, size),
	}
}

// read counts the terms of a passage.
func (r *reader) read(p knowledge.Passage) *found {
	n := len(r.q.terms)
	f := &found{passage: p, tf: r.tf[:n:n], parts: r.parts[:n:n]}
	r.tf, r.parts = r.tf[n:], r.parts[n:]
	f.length[inTitle] = r.head(f, inTitle, p.Title)
	f.length[inSection] = r.head(f, inSection, p.Section)
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

// head counts the terms of a title or section; many passages share one.
func (r *reader) head(f *found, field int, text string) float64 {
	list, ok := r.titles[text]
	if !ok {
		end := r.cutter.Each(text, func(t cut.Term) {
			if i, ok := r.q.at[t.Text]; ok {
				list = append(list, int32(i))
			}
		})
		list = append(list, int32(end))
		r.titles[text] = list
	}
	last := len(list) - 1
	for _, i := range list[:last] {
		f.tf[i][field]++
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

// addGroups adds to every passage a share of what its group has as a whole:
// each term counts as in the passage of the group that has most of it. A group
// is a document, or the folder of documents: the statute of an article.
func addGroups(all []*found, group func(*found) string, share float64) {
	best := map[string][]float32{}
	for _, f := range all {
		name := group(f)
		b := best[name]
		if b == nil {
			b = make([]float32, len(f.parts))
			best[name] = b
		}
		for i, v := range f.parts {
			b[i] = max(b[i], v)
		}
	}
	sums := make(map[string]float64, len(best))
	for name, b := range best {
		for _, v := range b {
			sums[name] += float64(v)
		}
	}
	for _, f := range all {
		f.score += share * sums[group(f)]
	}
}

func byDocument(f *found) string { return f.passage.Collection + "\x1f" + f.passage.Document }

// byFolder is the part of a document's id before its last slash.
func byFolder(f *found) string {
	id := f.passage.Document
	return f.passage.Collection + "\x1f" + id[:max(strings.LastIndexByte(id, '/'), 0)]
}

// idf is how much a term says, by the passages that have it.
func idf(frequency, total int) float64 {
	n := float64(min(frequency, total))
	return math.Log(1 + (float64(total)-n+.5)/(n+.5))
}
