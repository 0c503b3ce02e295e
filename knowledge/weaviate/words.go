package weaviate

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// The cluster does not say how many passages have a term, and asking it costs a
// search for each. So Follow counts the terms of a sample, and keeps the counts
// of those that are not rare beside the copy. Terms that are not among them are
// in so few passages that the candidates have nearly all of those.
const (
	sampleSize  = 8192  // passages, and up to twice as many
	sampleLeast = 4     // counts below say nothing
	tableTerms  = 40000 // terms of a table: some 400 KB
)

// From these numbers of passages on a term is not looked for, as in the embedded
// engine: it costs most of the time and finds nothing.
const (
	commonGram    = 2000
	commonShare   = .2
	fewPassages   = 5000
	fallbackTerms = 3
)

// sample is some of a collection's passages: those with the lowest ids, which
// are as good as drawn by lot.
type sample struct {
	end      uint64 // of the ids that are in it, of 1<<32; 0: all
	passages []sampled
}

type sampled struct {
	at      uint64
	passage knowledge.Passage
}

func (s *sample) add(id uuid.UUID, p knowledge.Passage) {
	if s.end == 0 {
		s.end = 1 << 32
	}
	at := uint64(binary.BigEndian.Uint32(id[:]))
	if at >= s.end {
		return
	}
	s.passages = append(s.passages, sampled{at, p})
	for len(s.passages) > 2*sampleSize && s.end > 1 {
		s.end /= 2
		s.passages = slices.DeleteFunc(s.passages, func(p sampled) bool { return p.at >= s.end })
	}
}

// counts says how many passages have a term.
type counts struct {
	tag   string
	terms map[string]int
}

// table counts the terms of the sample, made as large as the whole collection.
func (s *sample) table(total int) map[string]int {
	var (
		c    cut.Cutter
		all  = map[string]int{}
		last = map[string]int{} // the passage that a term was counted in, from 1
	)
	for i, p := range s.passages {
		each := func(t cut.Term) {
			if last[t.Text] != i+1 {
				last[t.Text] = i + 1
				all[t.Text]++
			}
		}
		c.Each(p.passage.Title, each)
		c.Each(p.passage.Section, each)
		c.Each(p.passage.Text, each)
	}
	maps.DeleteFunc(all, func(_ string, n int) bool { return n < sampleLeast })
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(cmp.Compare(all[b], all[a]), cmp.Compare(a, b)) })
	out := make(map[string]int, min(len(names), tableTerms))
	for _, name := range names[:min(len(names), tableTerms)] {
		out[name] = all[name] * total / len(s.passages)
	}
	return out
}

// tableKey names the object that a collection's table is kept in.
func tableKey(collection string) uuid.UUID { return key("table", collection) }

// writeTable keeps the counts of a collection under the tag of its copy.
func (e *Engine) writeTable(ctx context.Context, collection, tag string, s *sample, total int) error {
	var b strings.Builder
	if total > 0 {
		for term, n := range s.table(total) {
			if word(term) == term { // nothing in it that would part the lines
				fmt.Fprintf(&b, "%s %d\n", term, n)
			}
		}
	}
	return e.write(ctx, []object{{Class: e.state, ID: tableKey(collection), Properties: map[string]string{
		propName: collection, propTag: tag, propTable: b.String(),
	}}})
}

// readTable returns the counts of a collection's copy, nil where they can't be
// had: they make an order better, but none wrong.
func (e *Engine) readTable(ctx context.Context, collection string, s collectionState) map[string]int {
	if s.tag == "" {
		return nil
	}
	if c, ok := e.known.table(collection); ok && c.tag == s.tag {
		return c.terms
	}
	var o object
	path := "/v1/objects/" + e.state + "/" + tableKey(collection).String()
	if err := e.cluster.do(ctx, request{method: http.MethodGet, path: path, timeout: e.o.Timeout}, &o); err != nil {
		return nil
	}
	c := counts{tag: s.tag} // none if it is of another copy: asked for again when the tag changes
	if o.Properties[propTag] == s.tag {
		c.terms = parseTable(o.Properties[propTable])
	}
	e.known.putTable(collection, c)
	return c.terms
}

func parseTable(text string) map[string]int {
	out := make(map[string]int, strings.Count(text, "\n"))
	for l := range strings.Lines(text) {
		term, count, ok := strings.Cut(strings.TrimSuffix(l, "\n"), " ")
		n, err := strconv.Atoi(count)
		if ok && err == nil && n > 0 {
			out[term] = n
		}
	}
	return out
}

// frequencies are those that the tables know, in the order of a lookup's terms;
// 0 for those of rare terms. Nil where a collection has no table.
func (e *Engine) frequencies(ctx context.Context, l knowledge.Lookup, states []collectionState) []int {
	out := make([]int, len(l.Terms))
	for i, c := range l.Collections {
		if states[i].passages == 0 {
			continue
		}
		table := e.readTable(ctx, c, states[i])
		if table == nil {
			return nil
		}
		for k, t := range l.Terms {
			out[k] += table[t.Text]
		}
	}
	return out
}

// useful leaves the terms that are worth looking for.
func useful(terms []knowledge.Term, frequencies []int, total int) []knowledge.Term {
	if frequencies == nil || total < fewPassages {
		return terms
	}
	order := make([]int, len(terms))
	for i := range order {
		order[i] = i
	}
	use := slices.DeleteFunc(slices.Clone(order), func(i int) bool { return common(terms[i].Text, frequencies[i], total) })
	if len(use) == 0 {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(frequencies[a], frequencies[b]) })
		use = order[:min(len(order), fallbackTerms)]
	}
	out := make([]knowledge.Term, len(use))
	for i, k := range use {
		out[i] = terms[k]
	}
	return out
}

func common(term string, n, total int) bool {
	if r, size := utf8.DecodeRuneInString(term); size == len(term) && cut.Han(r) {
		return n >= commonGram
	}
	return float64(n) > commonShare*float64(total)
}

// complete counts the rare terms in the candidates, which have nearly all the
// passages with them.
func complete(frequencies []int, terms []knowledge.Term, found []knowledge.Passage) {
	var (
		c      = cut.Cutter{Filter: new(cut.Filter)}
		places = map[string]int{}
		last   = map[int]int{}
	)
	for i, t := range terms {
		if frequencies[i] == 0 && t.Text != "" {
			places[t.Text] = i
			c.Filter.Add(t.Text)
		}
	}
	if len(places) == 0 {
		return
	}
	for n, p := range found {
		each := func(t cut.Term) {
			if i, ok := places[t.Text]; ok && last[i] != n+1 {
				last[i] = n + 1
				frequencies[i]++
			}
		}
		c.Each(p.Title, each)
		c.Each(p.Section, each)
		c.Each(p.Text, each)
	}
}
