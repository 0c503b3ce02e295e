package rank

import (
	"context"
	"math"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

// How lessons count, as measured on 988 judged questions in five parts, each
// found with what was learned from the other four.
const (
	// recalled is how many answered questions a question is compared with: 30
	// lose some of what stands far down, 300 gain nothing.
	recalled = 100
	// askedField is what a word counts that stands in a question which the
	// passage answered, against one that stands in its text. More finds more of
	// what was asked before, and puts it before more of what never was: .8 gains
	// .006 of Recall@5 over all questions and takes .010 of MRR@10 from those no
	// document of which was learned.
	askedField = .6
	// askedPower weighs a lesson down that is little like the question: its
	// words count by this power of its likeness. A half gives back a third of
	// what lessons cost the questions that they are of no use to, and takes as
	// much of what they gain the others.
	askedPower = .1
	// askedShare is how much of a passage's whole score its own words make: the
	// rest is its document's and its title's.
	askedShare = 1.5
)

// learned is what is known of a question from those that were answered before;
// nil is nothing.
type learned struct {
	q       *question
	w       weights
	lessons []knowledge.Recalled
	places  []int                   // of the terms that were looked for, in the question
	answers map[knowledge.Ref][]int // lessons by what they were answered from
	by      map[*found][]int        // and by the passages that were found
}

// recall looks for answered questions. Where that fails there are none: the
// passages' own words still are.
func (r *Ranker) recall(ctx context.Context, q *question, collections []string) *learned {
	if r.o.Lessons == nil {
		return nil
	}
	l := &learned{q: q, w: r.w, answers: map[knowledge.Ref][]int{}}
	var terms []knowledge.Term
	for i, t := range q.terms {
		if t.own {
			terms = append(terms, knowledge.Term{Text: t.text, Weight: t.weight * r.w.kind(t.kind)})
			l.places = append(l.places, i)
		}
	}
	var err error
	if l.lessons, err = r.o.Lessons.Recall(ctx, terms, collections, recalled); err != nil && r.o.Log != nil {
		r.o.Log.WarnContext(ctx, "answered questions cannot be used, the passages' own words still are", "error", err)
	}
	if err != nil || len(l.lessons) == 0 {
		return nil
	}
	for i, lesson := range l.lessons {
		for _, id := range lesson.Refs {
			ref := knowledge.Ref{Collection: lesson.Collection, ID: id}
			l.answers[ref] = append(l.answers[ref], i)
		}
	}
	return l
}

// also names the passages that like questions were answered from.
func (l *learned) also() []knowledge.Ref {
	if l == nil {
		return nil
	}
	out := make([]knowledge.Ref, 0, len(l.answers))
	have := make(map[knowledge.Ref]bool, len(l.answers))
	for _, lesson := range l.lessons {
		for _, id := range lesson.Refs {
			if ref := (knowledge.Ref{Collection: lesson.Collection, ID: id}); !have[ref] {
				have[ref] = true
				out = append(out, ref)
			}
		}
	}
	return out
}

// attach finds the lessons of every passage that answered one, by its own name
// or by its document's.
func (l *learned) attach(all []*found) {
	l.by = map[*found][]int{}
	for _, f := range all {
		ref := refOf(f.passage)
		list := l.answers[ref]
		if ref.ID = f.passage.Document; ref.ID != f.passage.ID {
			list = slices.Concat(list, l.answers[ref])
			slices.Sort(list)
			list = slices.Compact(list)
		}
		if len(list) > 0 {
			l.by[f] = list
		}
	}
}

// raise adds to the scores of passages what the lessons say for them. What the
// question names exactly stays before what they say.
func (l *learned) raise(all []*found) {
	if l == nil || len(all) == 0 {
		return
	}
	best, most := 0.0, 0.0
	for _, f := range all {
		best = max(best, f.score)
	}
	l.attach(all)
	voted := l.poll(all)
	gains := make([]float64, len(all))
	for i, f := range all {
		gains[i] = askedShare*l.asked(f) + best*voted.share(f)
		most = max(most, gains[i])
	}
	for i, f := range all {
		if l.q.named(f) > pointed {
			gains[i] = most
		}
		f.score += gains[i]
	}
}

// asked is what a passage gains by the questions that it answered: they are one
// more field of its text, so that a word which both have counts little more than
// once. A word says no more than it says among questions.
func (l *learned) asked(f *found) float64 {
	lessons := l.by[f]
	if len(lessons) == 0 {
		return 0
	}
	times, says := make([]float64, len(l.q.terms)), make([]float64, len(l.q.terms))
	for _, n := range lessons {
		lesson := &l.lessons[n]
		weight := askedField * math.Pow(lesson.Likeness, askedPower)
		for _, s := range lesson.Shared {
			if s.Term < 0 || s.Term >= len(l.places) {
				continue
			}
			times[l.places[s.Term]] += weight
			says[l.places[s.Term]] = s.Says
		}
	}
	gain := 0.0
	for i, n := range times {
		if n > 0 {
			gain += l.gain(&l.q.terms[i], float64(f.parts[i]), n, says[i])
		}
	}
	return gain
}

// gain is what a term gains that stands in a passage some times more than in its
// text, by which it already has a part of the score.
func (l *learned) gain(t *wanted, part, times, says float64) float64 {
	k1 := l.w.k1
	whole := t.weight * l.w.kind(t.kind) * t.idf * (k1 + 1)
	if whole <= 0 {
		return 0
	}
	own := min(part/whole, 1-1e-9) // tf/(tf+k1)
	tf := own*k1/(1-own) + times
	return whole * (tf/(tf+k1) - own) * min(1, says/t.idf)
}

// likeness is that of the likest lesson that a passage answered.
func (l *learned) likeness(f *found) float64 {
	like := 0.0
	for _, n := range l.by[f] {
		like = max(like, l.lessons[n].Likeness)
	}
	return like
}

// coverage is that of a passage's own words, or how like the question is to one
// that it answered.
func (l *learned) coverage(f *found, own float64) float64 {
	if l == nil {
		return own
	}
	return max(own, l.likeness(f))
}
