package rank

import (
	"context"

	"github.com/tribunebot/tribune/knowledge"
)

// recalled is how many answered questions a question is compared with.
const recalled = 50

// learned is what is known of a question from those that were answered before;
// nil is nothing.
type learned struct {
	lessons []knowledge.Recalled
}

// recall looks for answered questions. Where that fails there are none: the
// passages' own words still are.
func (r *Ranker) recall(ctx context.Context, q *question, collections []string) *learned {
	if r.o.Lessons == nil {
		return nil
	}
	var terms []knowledge.Term
	for _, t := range q.terms {
		if t.own {
			terms = append(terms, knowledge.Term{Text: t.text, Weight: t.weight * r.w.kind(t.kind)})
		}
	}
	lessons, err := r.o.Lessons.Recall(ctx, terms, collections, recalled)
	if err != nil && r.o.Log != nil {
		r.o.Log.WarnContext(ctx, "answered questions cannot be used, their passages' words still are", "error", err)
	}
	if len(lessons) == 0 {
		return nil
	}
	return &learned{lessons: lessons}
}

// also names the passages that like questions were answered from.
func (l *learned) also() []knowledge.Ref {
	if l == nil {
		return nil
	}
	var out []knowledge.Ref
	for _, lesson := range l.lessons {
		for _, id := range lesson.Refs {
			out = append(out, knowledge.Ref{Collection: lesson.Collection, ID: id})
		}
	}
	return out
}

// raise adds to the scores of passages what the lessons say for them.
func (l *learned) raise(all []*found) {
	if l == nil || len(all) == 0 {
		return
	}
	best := 0.0
	for _, f := range all {
		best = max(best, f.score)
	}
	for _, f := range all {
		f.score += best * l.likeness(f)
	}
}

// likeness is that of the likest lesson that a passage answered.
func (l *learned) likeness(f *found) float64 {
	if l == nil {
		return 0
	}
	like := 0.0
	for _, lesson := range l.lessons {
		if lesson.Collection != f.passage.Collection {
			continue
		}
		for _, id := range lesson.Refs {
			if id == f.passage.ID || id == f.passage.Document {
				like = max(like, lesson.Likeness)
			}
		}
	}
	return like
}

// coverage is that of a passage's own words, or how like the question is to one
// that it answered.
func (l *learned) coverage(f *found, own float64) float64 {
	return max(own, l.likeness(f))
}
