// Package rank orders the candidates of any engine. What makes an order good
// lives here and nowhere else: which words of a question count, what everyday
// words mean in rules, how a term in a title compares with one in the text, and
// how much the document around a passage says about it.
package rank

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// Ranker is a knowledge.Retriever over an engine.
type Ranker struct {
	engine  knowledge.Engine
	words   *words
	w       weights
	o       Options
	cutters sync.Pool // *cut.Cutter, which know the stems of words seen before
	state   state     // of the vectors
}

// Options are what a ranker may have besides an engine. The zero value is usable.
type Options struct {
	// Words are more rules in the form of words.txt, a team's own.
	Words string
	// Weigh says how much the documents of a collection count.
	Weigh map[string]Weight
	// Lessons finds answered questions; nil: there are none.
	Lessons knowledge.Lessons
	// Nearby finds passages by meaning; nil: words alone decide.
	Nearby knowledge.Nearby
	// Reranker reads the best passages again; nil: their order stays.
	Reranker knowledge.Reranker
	// Without are features that are left out, which is how they are measured.
	Without []Feature
	Now     func() time.Time // nil: the real clock
	Log     *slog.Logger     // nil: no logging
}

// Weight is how much the documents of a collection count beside those of others.
type Weight struct {
	// Authority is the factor of their scores; 0: 1.
	Authority float64
	// HalfLife is the age at which a document counts half as much as a new one
	// does; 0: age does not matter.
	HalfLife time.Duration
}

// New returns a ranker over an engine. An error names the line of Options.Words
// or the collection of Options.Weigh that can't be used.
func New(engine knowledge.Engine, o Options) (*Ranker, error) {
	w, err := readWords(wordsFile, o.Words)
	if err != nil {
		return nil, err
	}
	if err := checkWeigh(o.Weigh); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Ranker{engine: engine, words: w, w: measured().without(o.Without), o: o}, nil
}

// weights are the numbers of the order.
type weights struct {
	k1       float64
	field, b [fields]float64
	fillers  bool // are taken out
	// substitutes: words of rules count more where documents lack the everyday ones.
	substitutes bool
	again       float64 // for a word that the question repeats, by the logarithm of how often
	gram        float64 // of a single character, against a pair or word
	synonym     float64
	context     float64
	near        float64 // for words that are neighbours as in the question
	document    float64 // share of the document's score
	folder      float64 // share of the score of the documents beside it
	title       float64 // authority of the title's kind
	exact       float64 // for what the question names exactly, in shares of the best score
	counts      float64 // of an English word that says how much, not what about
	foreign     float64 // factor for passages in another language than the question's
}

// measured are the weights as tuned on the development questions (988 about
// Chinese statutes, 40 about English manuals): k1, b and the synonyms' weight
// are flat around these values.
func measured() weights {
	return weights{
		k1:      .8,
		field:   [fields]float64{inTitle: 2, inSection: 1, inText: 1},
		b:       [fields]float64{inTitle: .3, inSection: .3, inText: .6},
		fillers: true, substitutes: true, again: .7, gram: 1, synonym: .3, context: .3, near: .1, document: .3, folder: .6, title: .4,
		exact: 1, counts: .5, foreign: .6,
	}
}

func (w weights) kind(k cut.Kind) float64 {
	if k == cut.Gram {
		return w.gram
	}
	return 1
}

// How many passages the engine is asked for. A thousand hold nearly all that an
// exhaustive search finds among its first hundred. Where ten are wanted six
// hundred do at three quarters of the time: MRR@10 on statutes is .490, not .491.
// English words say more than pairs of characters, and English passages are
// longer: three hundred do (MRR@10 on manuals is .726, not .722) at half the time.
const (
	candidates = 1000
	fewChinese = 600
	fewEnglish = 300
	few        = 25 // up to so many passages that are wanted
)

// depth is how many passages the engine is asked for where limit are wanted for
// a question in a language.
func depth(limit int, language string) int {
	switch {
	case limit > few:
		return max(candidates, limit)
	case language == cut.Chinese:
		return fewChinese
	}
	return fewEnglish
}

// defaultLimit is the number of passages where a query names none.
const defaultLimit = 10

// Retrieve implements knowledge.Retriever.
func (r *Ranker) Retrieve(ctx context.Context, q knowledge.Query) ([]knowledge.Passage, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	question := r.words.read(q, r.w)
	if len(question.terms) == 0 || len(q.Collections) == 0 {
		return []knowledge.Passage{}, nil
	}
	near := r.near(ctx, q)
	learned := r.recall(ctx, question, q.Collections)
	lookup := question.lookup(q.Collections, depth(q.Limit, question.language), r.w)
	lookup.Also = slices.Concat(near.also(), learned.also())
	got, err := r.engine.Candidates(ctx, lookup)
	if err != nil {
		return nil, fmt.Errorf("retrieve: %w", err)
	}
	all := r.score(question, got)
	learned.raise(all)
	slices.SortFunc(all, better)
	near.fuse(question, all)
	all = r.apart(all, r.reads(q.Limit))
	out := make([]knowledge.Passage, len(all))
	for i, f := range all {
		out[i] = f.passage
		out[i].Score = f.score
		out[i].Coverage = near.coverage(question, f, learned.coverage(f, coverage(question, f)))
	}
	out = r.rerank(ctx, q.Text, out, question.meant(all))
	return out[:min(len(out), q.Limit)], nil
}

// better orders by score; ties by name, so that the order is the same each time.
func better(a, b *found) int {
	return cmp.Or(
		cmp.Compare(b.score, a.score),
		cmp.Compare(a.passage.Collection, b.passage.Collection),
		cmp.Compare(a.passage.ID, b.passage.ID),
	)
}

// score reads the candidates and gives each its score.
func (r *Ranker) score(q *question, got knowledge.Candidates) []*found {
	cutter := r.cutter()
	cutter.Filter = &q.filter
	defer r.cutters.Put(cutter)
	read := newReader(q, len(got.Passages), cutter)
	all := make([]*found, len(got.Passages))
	for i, p := range got.Passages {
		all[i] = read.read(p)
	}
	q.count(got, all)
	if r.w.substitutes {
		q.replace()
	}
	r.order(q, all)
	return all
}

// apart are the first n passages, those that say something new first.
func (r *Ranker) apart(sorted []*found, n int) []*found {
	cutter := r.cutter()
	defer r.cutters.Put(cutter)
	return unlike(sorted, n, cutter)
}

// cutter borrows a cutter without a filter.
func (r *Ranker) cutter() *cut.Cutter {
	c, ok := r.cutters.Get().(*cut.Cutter)
	if !ok {
		return new(cut.Cutter)
	}
	c.Filter = nil // that of an earlier question
	return c
}

// order scores passages that have been read.
func (r *Ranker) order(q *question, all []*found) {
	weigh(q, all, r.w)
	base := make([]float64, len(all))
	best := 0.0
	for i, f := range all {
		base[i] = f.score
		best = max(best, f.score)
	}
	addGroups(all, documentOf, r.w.document)
	addGroups(all, folderOf, r.w.folder)
	for i, f := range all {
		f.score += base[i] * r.w.title * r.words.weight(f.passage.Title)
		f.lexical = f.score
		f.score += best * r.w.exact * q.named(f)
		if r.w.foreign != 1 && cut.Language(start(f.passage.Text)) != q.language {
			f.score *= r.w.foreign
		}
		f.score *= r.source(f.passage)
	}
}

// start is as much of a text as tells its language. A character that is cut
// through counts as no letter.
func start(text string) string { return text[:min(len(text), 240)] }

// count sets how much every term says. An engine that does not count leaves it
// to the candidates, which have the rarer words more often than all passages
// do; their order among themselves is kept.
func (q *question) count(got knowledge.Candidates, all []*found) {
	q.total = got.Total
	for i := range q.terms {
		t := &q.terms[i]
		if got.Frequencies != nil {
			t.frequency = got.Frequencies[i]
		} else {
			for _, f := range all {
				if f.has(i) {
					t.frequency++
				}
			}
		}
		t.idf = idf(t.frequency, got.Total)
	}
}
