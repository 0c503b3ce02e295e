package rank

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// wanted is one term that passages are scored by.
type wanted struct {
	text   string
	kind   cut.Kind
	weight float64
	idf    float64
	// frequency is how many passages have it.
	frequency int
	own       bool // of the question itself, not of its context or a synonym
	about     bool // counts for coverage
	common    bool // says little wherever it stands
	// pairs are the numbers of the informative pairs that a character is in.
	pairs []int
	// others are phrases, as numbers of terms, each of which stands for this
	// one when coverage is counted.
	others [][]int
}

// question is a query made ready.
type question struct {
	terms    []wanted
	at       map[string]int
	filter   cut.Filter      // how its terms begin
	pairs    map[[2]int]bool // neighbours among its words
	han      bool            // has Chinese characters
	language string
	exact    []exact
	places   [][]int  // countries that are named, as numbers of terms
	longer   []longer // words that longer ones hide
	total    int      // passages that were looked at
	synonym  float64  // weight of the words of rules
	// substitutes are the rules that fit, unless they are not to take the place
	// of everyday words.
	substitutes []substitute
}

// read cuts a query into what is looked for.
func (w *words) read(q knowledge.Query, o weights) *question {
	out := &question{at: map[string]int{}, pairs: map[[2]int]bool{}, language: cut.Language(q.Text)}
	own := w.terms(q.Text, o.fillers)
	for _, t := range own {
		out.han = out.han || t.Kind == cut.Gram
		weight := 1.0
		if t.Kind == cut.Word && t.Counts() {
			weight = o.counts
		}
		out.add(t.Text, t.Kind, weight, true)
	}
	out.repeats(own, o.again)
	out.informative(own, w.common)
	w.abroad(out, own)
	out.longer = w.shorter(q.Text)
	out.neighbours(own)
	out.references(own)
	w.expand(out, w.whole(q.Text), o.synonym)
	for _, t := range w.terms(q.Context, o.fillers) {
		out.add(t.Text, t.Kind, o.context, false)
	}
	return out
}

func isParticle(gram string) bool {
	r, _ := utf8.DecodeRuneInString(gram)
	return cut.Particle(r)
}

// maxTerms bounds the work of one query: more terms than this are the log file
// or the contract that somebody pasted into a question.
const maxTerms = 400

// maxText bounds the text of a question or its context, in bytes.
const maxText = 8 << 10

// whole cuts a text with its fillers: everyday phrases may hold some, and what
// is asked for ("what is", "in which cases") is itself one.
func (w *words) whole(text string) []cut.Term {
	return cut.Terms(w.negations.Replace(cut.Fold(text[:min(len(text), maxText)])))
}

// terms cuts a text, without its fillers where they are to go.
func (w *words) terms(text string, fillers bool) []cut.Term {
	if !fillers {
		return w.whole(text)
	}
	terms := cut.Terms(w.replace.Replace(cut.Fold(text[:min(len(text), maxText)])))
	return slices.DeleteFunc(terms, func(t cut.Term) bool {
		return t.Kind == cut.Word && w.fillers[t.Text] || t.Kind == cut.Gram && isParticle(t.Text)
	})
}

func (q *question) add(text string, kind cut.Kind, weight float64, own bool) int {
	if i, ok := q.at[text]; ok {
		return i
	}
	if len(q.terms) >= maxTerms {
		return -1
	}
	q.at[text] = len(q.terms)
	q.filter.Add(text)
	q.terms = append(q.terms, wanted{text: text, kind: kind, weight: weight, own: own})
	return len(q.terms) - 1
}

// repeats lets terms weigh more that the question repeats: what it says in two
// ways is what it is about.
func (q *question) repeats(own []cut.Term, weight float64) {
	times := make([]int, len(q.terms))
	for _, t := range own {
		if i, ok := q.at[t.Text]; ok {
			times[i]++
		}
	}
	for i, n := range times {
		q.terms[i].weight *= 1 + weight*math.Log(float64(max(n, 1)))
	}
}

// neighbours notes which words stand next to each other, with at most one
// between them. Pairs of characters need no such note: they are one.
func (q *question) neighbours(terms []cut.Term) {
	last, lastPos := -1, 0
	for _, t := range terms {
		if t.Kind == cut.Gram || t.Kind == cut.Pair {
			continue
		}
		i := q.at[t.Text]
		if last >= 0 && last != i && t.Pos-lastPos <= nearQuestion {
			q.pairs[[2]int{last, i}] = true
		}
		last, lastPos = i, t.Pos
	}
}

// expand adds the words of rules for everyday phrases.
func (w *words) expand(q *question, asked []cut.Term, weight float64) {
	if weight == 0 {
		return
	}
	q.synonym = weight
	line := withoutGrams(asked)
	for i, text := range line {
		for _, p := range w.phrases[text] {
			if len(p.terms) > len(line)-i || !slices.Equal(p.terms, line[i:i+len(p.terms)]) {
				continue
			}
			w.apply(q, p, weight)
		}
	}
}

func (w *words) apply(q *question, p phrase, weight float64) {
	for _, side := range w.rules[p.rule] {
		var numbers []int
		for _, text := range side {
			i := q.add(text, cut.Pair, weight, false)
			if i < 0 {
				return
			}
			numbers = append(numbers, i)
		}
		q.substitutes = append(q.substitutes, substitute{q.numbers(p.terms), numbers})
		for _, text := range p.all {
			if i, ok := q.at[text]; ok && !slices.Contains(numbers, i) {
				q.terms[i].others = append(q.terms[i].others, numbers)
			}
		}
	}
}

// numbers are those of the terms that the question has.
func (q *question) numbers(texts []string) []int {
	var out []int
	for _, text := range texts {
		if i, ok := q.at[text]; ok {
			out = append(out, i)
		}
	}
	return out
}

// lookup is what the engine is asked for.
func (q *question) lookup(collections []string, limit int, o weights) knowledge.Lookup {
	l := knowledge.Lookup{Collections: collections, Limit: limit, Terms: make([]knowledge.Term, len(q.terms))}
	for i, t := range q.terms {
		l.Terms[i] = knowledge.Term{Text: t.text, Weight: t.weight * o.kind(t.kind)}
	}
	return l
}
